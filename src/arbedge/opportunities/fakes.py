"""Stand-ins for the two ports of this stage, shipped as code: a market told what to quote, an archive in memory.

`ScriptedMarket` says exactly what it was told and nothing else; `MemoryArchive` keeps what it was given, in order.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any

import numpy as np

from arbedge.domain.events import OpportunityChange, OpportunityEvent
from arbedge.domain.fees import FeeAsset, FeeRate
from arbedge.domain.funding import Settlement
from arbedge.domain.instrument import Instrument, InstrumentId, InstrumentStatus, MarketKind
from arbedge.domain.network import TransferRoute
from arbedge.domain.opportunity import IdentityLevel, Opportunity, Rejection
from arbedge.domain.quote import Book, Level
from arbedge.errors import NotFound
from arbedge.foundation.runtime.clock import Clock
from arbedge.market.facts import Columns, ConversionRate, IdentityFinding, LegFacts
from arbedge.market.ports import Turnover

__all__ = ["MemoryArchive", "ScriptedMarket", "StoredOpportunity", "perp", "spot"]

_SPOT_FEE = FeeRate(Decimal("0.001"), FeeAsset.RECEIVED, "scripted", date(2026, 1, 1))
_PERP_FEE = FeeRate(Decimal("0.0005"), FeeAsset.QUOTE, "scripted", date(2026, 1, 1))
_BUSY = Turnover(quote_volume=Decimal(50_000_000), open_interest=Decimal(1_000_000))
_SAME = IdentityFinding(IdentityLevel.INDEX, "scripted")
_AT_PAR = ConversionRate(Decimal(1), Decimal(0))
_DEEP = "1000000"


class ScriptedMarket:
    """A `MarketView` that quotes what it is told; `add` instruments, `quote` them, change facts with `alter`.

    Books stay confirmed as of now unless `alter` pins `book_confirmed_ns`. The columns are kept as the port
    describes them; gains follow from the scripted settlements at the moment of `settle` or `refresh`.
    """

    def __init__(self, clock: Clock, horizons_h: Sequence[Decimal] = (Decimal(1), Decimal(8), Decimal(24))) -> None:
        self._clock = clock
        self._horizons = tuple(horizons_h)
        self._instruments: list[Instrument] = []
        self._facts: list[LegFacts] = []
        self._pinned: set[int] = set()
        self._settlements: dict[int, tuple[Settlement, ...]] = {}
        self._identities: dict[frozenset[int], IdentityFinding] = {}
        self._conversions: dict[str, ConversionRate] = {"USDT": _AT_PAR}
        self._transfers: dict[tuple[int, int], TransferRoute | str] = {}
        self._columns = self._grown(0)
        self.doubted: dict[tuple[int, int], str] = {}
        self.asked: list[int] = []
        """Slots whose facts were asked for, in order: what a real market would open depth for."""

    def add(self, instrument: Instrument) -> int:
        """List an instrument: alive, busy, at the usual fee, without a quote yet; returns its slot."""
        slot = len(self._instruments)
        is_spot = instrument.id.kind is MarketKind.SPOT
        self._instruments.append(instrument)
        self._facts.append(
            LegFacts(
                slot=slot,
                instrument=instrument,
                book=None,
                book_problem="no book yet",
                book_confirmed_ns=0,
                is_alive=True,
                alive_problem=None,
                turnover=_BUSY,
                fee=_SPOT_FEE if is_spot else _PERP_FEE,
                mark=None,
                borrow_rate_hourly=Decimal("0.000001") if is_spot else None,
            )
        )
        self._columns = self._grown(slot + 1)
        self._set_scale(slot)
        return slot

    def quote(self, slot: int, bids: Sequence[Level], asks: Sequence[Level]) -> None:
        """Set an instrument's book, and its best prices with it."""
        last = self._facts[slot].book
        book = Book(
            instrument=self._instruments[slot].id,
            bids=tuple(bids),
            asks=tuple(asks),
            sequence=last.sequence + 1 if last else 1,
            venue_at_ms=int(self._clock.now().timestamp() * 1000),
            received_ns=self._clock.monotonic_ns(),
        )
        self._facts[slot] = replace(self._facts[slot], book=book, book_problem=None)
        self._columns.bid[slot] = float(bids[0][0]) if bids else np.nan
        self._columns.ask[slot] = float(asks[0][0]) if asks else np.nan

    def quote_top(self, slot: int, bid: str, ask: str) -> None:
        """Set a deep one-level book at these prices."""
        self.quote(slot, [(bid, _DEEP)], [(ask, _DEEP)])

    def alter(self, slot: int, **facts: Any) -> None:
        """Replace facts of one leg (any field of `LegFacts`)."""
        self._facts[slot] = replace(self._facts[slot], **facts)
        if "book_confirmed_ns" in facts:
            self._pinned.add(slot)
        if "instrument" in facts:
            self._instruments[slot] = facts["instrument"]
            self._set_scale(slot)

    def settle(self, slot: int, settlements: Sequence[Settlement]) -> None:
        """Set a perpetual's expected settlements."""
        self._settlements[slot] = tuple(sorted(settlements, key=lambda settlement: settlement.at))
        self.refresh()

    def identify(self, first: int, second: int, finding: IdentityFinding) -> None:
        """Set what is known about two slots being the same asset; by default they are, at level `index`."""
        self._identities[frozenset((first, second))] = finding

    def convert(self, currency: str, rate: ConversionRate | None) -> None:
        """Set or forget a quote currency's rate."""
        if rate is None:
            self._conversions.pop(currency, None)
        else:
            self._conversions[currency] = rate
        for slot in range(len(self._instruments)):
            self._set_scale(slot)

    def move(self, bought: int, sold: int, route: TransferRoute | str) -> None:
        """Set how a coin gets from one slot's venue to the other's; by default nothing is known, so it does not."""
        self._transfers[bought, sold] = route

    def refresh(self) -> None:
        """Recompute the gains columns as of now."""
        self._columns.gains_epoch[0] += 1
        now = self._clock.now()
        for slot, settlements in self._settlements.items():
            for index, hours in enumerate(self._horizons):
                until = now + timedelta(hours=float(hours))
                rates = [float(s.rate) for s in settlements if now < s.at <= until]
                self._columns.short_gain[index, slot] = sum(rates)
                self._columns.long_gain[index, slot] = -sum(rates)

    def instruments(self) -> Sequence[Instrument]:
        """Everything listed so far."""
        return self._instruments

    def columns(self) -> Columns:
        """The live columns."""
        return self._columns

    def leg(self, slot: int) -> LegFacts:
        """The facts of one leg, as scripted."""
        self.asked.append(slot)
        facts = self._facts[slot]
        if slot in self._pinned or facts.book is None:
            return facts
        return replace(facts, book_confirmed_ns=self._clock.monotonic_ns())

    def identity(self, first: int, second: int) -> IdentityFinding:
        """The scripted finding."""
        return self._identities.get(frozenset((first, second)), _SAME)

    def doubt(self, first: int, second: int, basis: str) -> str | None:
        """Kept in `doubted`, under a name made of the slots."""
        self.doubted[first, second] = basis
        return f"case{first}{second}"

    def settlements(self, slot: int, until: datetime) -> tuple[Settlement, ...]:
        """The scripted settlements from now to `until`."""
        now = self._clock.now()
        return tuple(s for s in self._settlements.get(slot, ()) if now <= s.at <= until)

    def transfer(self, bought: int, sold: int, quantity: Decimal) -> TransferRoute | str:  # noqa: ARG002 - scripted
        """The scripted route."""
        return self._transfers.get((bought, sold), "networks are unknown (not scripted), and unknown is not open")

    def conversion(self, currency: str) -> ConversionRate | None:
        """The scripted rate."""
        return self._conversions.get(currency)

    def _set_scale(self, slot: int) -> None:
        instrument = self._instruments[slot]
        known = self._conversions.get(instrument.quote)
        self._columns.scale[slot] = float(known.rate / instrument.multiplier) if known else np.nan

    def _grown(self, count: int) -> Columns:
        prices = np.full((3, count), np.nan)
        gains = np.zeros((2, len(self._horizons), count))
        if count > 1:
            old = self._columns
            prices[:, :-1] = (old.bid, old.ask, old.scale)
            gains[:, :, :-1] = (old.short_gain, old.long_gain)
        return Columns(prices[0], prices[1], prices[2], gains[0], gains[1], np.zeros(1, dtype=np.int64))


def spot(symbol: str, base: str, quote: str = "USDT", *, venue: str = "binance", **fields: Any) -> Instrument:
    """A trading spot instrument with a fine tick and lot; any field may be given."""
    return _instrument(InstrumentId(venue, MarketKind.SPOT, symbol), base, quote, fields)


def perp(symbol: str, base: str, quote: str = "USDT", *, venue: str = "binance", **fields: Any) -> Instrument:
    """A trading linear perpetual with a fine tick and lot; any field may be given."""
    return _instrument(InstrumentId(venue, MarketKind.PERP, symbol), base, quote, {"settle": quote, **fields})


def _instrument(instrument: InstrumentId, base: str, quote: str, fields: Mapping[str, Any]) -> Instrument:
    usual = {
        "asset": base,
        "settle": None,
        "tick": Decimal("0.0001"),
        "lot": Decimal("0.0001"),
        "min_qty": Decimal("0.0001"),
        "min_notional": Decimal(5),
        "status": InstrumentStatus.TRADING,
    }
    return Instrument(id=instrument, base=base, quote=quote, **{**usual, **fields})


@dataclass(frozen=True, slots=True)
class StoredOpportunity:
    """An `OpportunityRecord`: the opportunity as last recorded, and its evidence."""

    opportunity: Opportunity
    evidence: Mapping[str, Any]


class MemoryArchive:
    """An `OpportunityArchive` that lives as long as the process; grows until pruned."""

    def __init__(self) -> None:
        self._records: dict[str, StoredOpportunity] = {}
        self._rejections: dict[str, Rejection] = {}

    async def record(self, events: Sequence[OpportunityEvent]) -> None:
        """Keep the latest state of each opportunity; an older or equal event changes nothing."""
        for event in events:
            known = self._records.get(event.opportunity.id)
            if known is None or self._is_newer(event, known.opportunity):
                self._records[event.opportunity.id] = StoredOpportunity(event.opportunity, event.evidence)

    async def record_rejections(self, rejections: Sequence[Rejection]) -> None:
        """Keep the latest rejection of each candidate."""
        for rejection in rejections:
            key = str(rejection.candidate)
            known = self._rejections.get(key)
            if known is None or rejection.at >= known.at:
                self._rejections[key] = rejection

    async def find(self, opportunity_id: str) -> StoredOpportunity:
        """The latest state of one opportunity and its evidence."""
        try:
            return self._records[opportunity_id]
        except KeyError:
            raise NotFound(f"no opportunity {opportunity_id!r}") from None

    async def history(self, since: datetime, until: datetime, limit: int) -> tuple[StoredOpportunity, ...]:
        """Opportunities opened in [since, until), newest first."""
        found = [r for r in self._records.values() if since <= r.opportunity.opened_at < until]
        found.sort(key=lambda record: record.opportunity.opened_at, reverse=True)
        return tuple(found[:limit])

    async def rejections(self, text: str, limit: int) -> tuple[Rejection, ...]:
        """Latest rejections whose candidate or asset contains `text` (any case), newest first."""
        wanted = text.casefold()
        found = [
            rejection
            for key, rejection in self._rejections.items()
            if wanted in key.casefold() or wanted in rejection.asset.casefold()
        ]
        found.sort(key=lambda rejection: rejection.at, reverse=True)
        return tuple(found[:limit])

    async def unclosed(self, limit: int) -> tuple[StoredOpportunity, ...]:
        """Opportunities without a closing, in the order they were first recorded."""
        return tuple(r for r in self._records.values() if r.opportunity.closed_at is None)[:limit]

    async def prune(self, before: datetime) -> int:
        """Delete what closed or was rejected before then; returns how many went."""
        closed = [
            key
            for key, record in self._records.items()
            if record.opportunity.closed_at is not None and record.opportunity.closed_at < before
        ]
        rejected = [key for key, rejection in self._rejections.items() if rejection.at < before]
        for key in closed:
            del self._records[key]
        for key in rejected:
            del self._rejections[key]
        return len(closed) + len(rejected)

    @staticmethod
    def _is_newer(event: OpportunityEvent, known: Opportunity) -> bool:
        if known.closed_at is not None:
            return False
        return event.change is OpportunityChange.CLOSED or event.opportunity.updated_at >= known.updated_at
