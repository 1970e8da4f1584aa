"""The one list of instruments: every instrument keeps its slot (a dense index) for the life of the process.

Slots are never reused and never reordered, so flat columns, adjacency lists and open opportunities may hold them.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from operator import is_

from arbedge.domain.instrument import Instrument, InstrumentId, InstrumentStatus, MarketKind
from arbedge.errors import IntegrityError
from arbedge.market.config import MonitoredPair
from arbedge.market.ports import Watched
from arbedge.market.universe.tickers import as_claimed

__all__ = ["Universe", "UniverseChange"]


@dataclass(frozen=True, slots=True)
class UniverseChange:
    """What a listing changed: slots added, slots whose facts differ from before, slots no longer listed.

    `repeated` counts rows that named an instrument a second time; the first row counts. `identity_lost` are slots
    whose symbol may stand for something else from now on: delisted, listed again, or described as another thing.
    """

    added: tuple[int, ...]
    changed: tuple[int, ...]
    delisted: tuple[int, ...]
    repeated: int = 0
    identity_lost: tuple[int, ...] = ()

    @property
    def is_empty(self) -> bool:
        """Whether nothing at all changed."""
        return not (self.added or self.changed or self.delisted)


class Universe:
    """Every instrument ever listed since the start, by slot.

    `pairs`, when not empty, restricts what is taken in; `reporting` is the currency whose conversions are kept
    besides (a pair quoted in USDC needs USDC/USDT). One thread, no awaits.
    """

    def __init__(self, pairs: Sequence[MonitoredPair] = (), *, reporting: str = "USDT") -> None:
        self._pairs = tuple(pairs)
        self._reporting = reporting
        self._instruments: list[Instrument] = []
        self._slots: dict[InstrumentId, int] = {}
        self._by_market: dict[tuple[str, MarketKind], list[int]] = {}
        self._last: dict[tuple[str, MarketKind], tuple[tuple[Instrument, ...], int]] = {}
        self._version = 0

    @property
    def version(self) -> int:
        """Rises by one with every listing that changed anything."""
        return self._version

    @property
    def instruments(self) -> Sequence[Instrument]:
        """All instruments; the index is the slot. Live: grows in place."""
        return self._instruments

    @property
    def restriction(self) -> str | None:
        """The watch-list restriction in words, or None when everything listed is watched."""
        if not self._pairs:
            return None
        named = ", ".join(f"{pair.exchange_id}:{pair.base}/{pair.quote}" for pair in self._pairs[:5])
        more = f" and {len(self._pairs) - 5} more" if len(self._pairs) > 5 else ""
        return f"watch list restricted to {len(self._pairs)} pairs: {named}{more}"

    def __len__(self) -> int:
        return len(self._instruments)

    def slot_of(self, instrument: InstrumentId) -> int | None:
        """The slot of an instrument, or None where it was never listed (or is not on the watch list)."""
        return self._slots.get(instrument)

    def slots(self, venue: str, kind: MarketKind | None = None) -> tuple[int, ...]:
        """The slots of one venue, or of one of its kinds of market, in the order they were first listed."""
        if kind is not None:
            return tuple(self._by_market.get((venue, kind), ()))
        return tuple(sorted(slot for each in MarketKind for slot in self._by_market.get((venue, each), ())))

    def watched(self, venue: str) -> tuple[Watched, ...]:
        """What to stream from a venue: everything it lists that can be traded, or could become so."""
        return tuple(
            Watched(slot, self._instruments[slot])
            for slot in self.slots(venue)
            if self._instruments[slot].status is not InstrumentStatus.DELISTED
        )

    def merge(self, venue: str, kind: MarketKind, listed: Iterable[Instrument]) -> UniverseChange:
        """Take in a whole listing of one venue and kind.

        What it no longer names becomes `delisted` and keeps its slot. Raises `IntegrityError` for an instrument
        of another venue or kind, and for an empty listing where there was one before: a venue does not delist
        everything at once, so such an answer is a fault and nothing is taken from it.
        """
        listed = tuple(listed)
        last, repeated = self._last.get((venue, kind), ((), 0))
        if last and len(last) == len(listed) and all(map(is_, last, listed)):
            return UniverseChange((), (), (), repeated)  # the very objects of the last time change nothing
        rows: dict[InstrumentId, Instrument] = {}
        repeated = 0
        for instrument in listed:
            if instrument.id.venue != venue or instrument.id.kind is not kind:
                raise IntegrityError(f"{instrument.id} came in a listing of {venue} {kind}")
            repeated += instrument.id in rows
            rows.setdefault(instrument.id, as_claimed(instrument))
        known = self._by_market.setdefault((venue, kind), [])
        if known and not rows:
            raise IntegrityError(f"{venue} listed no {kind} instrument at all; keeping the {len(known)} known ones")
        wanted = self._keep(rows.values()) if self._pairs else set(rows)
        before = list(self._instruments)
        added, changed = self._take(known, (rows[each] for each in rows if each in wanted))
        delisted = self._drop(known, rows)
        lost = tuple(
            slot for slot in (*changed, *delisted) if _loses_identity(before[slot], self._instruments[slot])
        )
        change = UniverseChange(added, changed, delisted, repeated, lost)
        if not change.is_empty:
            self._version += 1
        self._last[venue, kind] = listed, repeated
        return change

    def _take(self, known: list[int], rows: Iterable[Instrument]) -> tuple[tuple[int, ...], tuple[int, ...]]:
        added: list[int] = []
        changed: list[int] = []
        for instrument in rows:
            slot = self._slots.get(instrument.id)
            if slot is None:
                slot = len(self._instruments)
                self._instruments.append(instrument)
                self._slots[instrument.id] = slot
                known.append(slot)
                added.append(slot)
            elif self._instruments[slot] != instrument:
                self._instruments[slot] = instrument
                changed.append(slot)
        return tuple(added), tuple(changed)

    def _drop(self, known: list[int], rows: dict[InstrumentId, Instrument]) -> tuple[int, ...]:
        gone = [
            slot
            for slot in known
            if self._instruments[slot].id not in rows
            and self._instruments[slot].status is not InstrumentStatus.DELISTED
        ]
        for slot in gone:
            self._instruments[slot] = replace(self._instruments[slot], status=InstrumentStatus.DELISTED)
        return tuple(gone)

    def _keep(self, rows: Iterable[Instrument]) -> set[InstrumentId]:
        """The ids the watch list names, by the venue's base and quote fields, never by gluing tickers."""
        listed = list(rows)
        named = {(pair.exchange_id, pair.base, pair.quote) for pair in self._pairs}
        quotes = {(pair.exchange_id, pair.quote) for pair in self._pairs if pair.quote != self._reporting}
        kept = set()
        for each in listed:
            venue = each.id.venue
            is_named = bool({(venue, each.base, each.quote), (venue, each.asset, each.quote)} & named)
            is_conversion = each.id.kind is MarketKind.SPOT and (
                (each.quote == self._reporting and (venue, each.base) in quotes)
                or (each.base == self._reporting and (venue, each.quote) in quotes)
            )
            if is_named or is_conversion:
                kept.add(each.id)
        return kept


def _loses_identity(before: Instrument, now: Instrument) -> bool:
    """Whether a symbol may stand for another asset than it did."""
    if (before.status is InstrumentStatus.DELISTED) is not (now.status is InstrumentStatus.DELISTED):
        return True
    return _described(before) != _described(now)


def _described(instrument: Instrument) -> tuple[object, ...]:
    each = instrument
    return (each.base, each.quote, each.asset, each.multiplier, each.asset_class, each.listed_at)
