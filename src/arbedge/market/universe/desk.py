"""Identity as the market serves it: findings at present prices, doubts put into quarantine, indexes asked for.

What is found unknown for a reason a person can settle waits in the `QuarantineBook`; a listing that changes what a
symbol stands for ends everything that was known of it, decisions included.
"""

from collections.abc import Callable, Iterable
from dataclasses import replace
from datetime import datetime

from arbedge.domain.instrument import InstrumentId, MarketKind
from arbedge.domain.quarantine import Doubt, QuarantineCase
from arbedge.market.facts import IdentityFinding
from arbedge.market.universe.identity import AssetIdentity
from arbedge.market.universe.quarantine import QuarantineBook
from arbedge.market.universe.registry import Universe, UniverseChange

__all__ = ["IdentityDesk"]


class IdentityDesk:
    """Joins identity, quarantine and wishes for indexes; `price` gives a slot's price a base unit (NaN: none)."""

    def __init__(
        self,
        universe: Universe,
        identity: AssetIdentity,
        quarantine: QuarantineBook,
        price: Callable[[int], float],
    ) -> None:
        self._universe = universe
        self._identity = identity
        self._price = price
        self._wishes: dict[int, None] = {}
        self._decided: tuple[QuarantineCase, ...] = ()
        self.quarantine = quarantine

    def find(self, first: int, second: int) -> IdentityFinding:
        """Whether two slots stand for the same asset; a perpetual whose index is unread is read soon."""
        for slot in (first, second):
            is_perp = self._universe.instruments[slot].id.kind is MarketKind.PERP
            if is_perp and not self._identity.has_read(slot):
                self._wishes.setdefault(slot)
        finding = self._identity.find(first, second, (self._price(first), self._price(second)))
        if finding.doubt is None:
            return finding
        return replace(finding, case=self._hold(first, second, finding.doubt, finding.basis, finding.ratio))

    def doubt(self, first: int, second: int, basis: str) -> str | None:
        """A gap between two slots is too good to be true: it waits for a person. Returns the case's name."""
        prices = (self._price(first), self._price(second))
        names = [str(self._universe.instruments[slot].id) for slot in (first, second)]
        ratio = prices[0] / prices[1] if names[0] <= names[1] else prices[1] / prices[0]
        return self._hold(first, second, Doubt.IMPLAUSIBLE, basis, ratio if ratio > 0 else None)

    def next_index_wish(self, venue: str) -> int | None:
        """A perpetual of the venue whose index a candidate waits for, or None; asking takes it off the list."""
        for slot in self._wishes:
            if self._universe.instruments[slot].id.venue == venue:
                del self._wishes[slot]
                return slot
        return None

    def on_listing(self, change: UniverseChange) -> None:
        """A listing changed: where a symbol may stand for something else, what was known of it does not count."""
        if change.identity_lost:
            self._identity.forget(change.identity_lost)
            self.quarantine.expire([self._universe.instruments[slot].id for slot in change.identity_lost])
        if not change.is_empty:
            self.decide(self._decided)

    def decide(self, decided: Iterable[QuarantineCase]) -> bool:
        """Let exactly these decisions count; one about a listing that has ended since expires instead.

        True when that changed anything.
        """
        self._decided = tuple(decided)
        in_force: list[QuarantineCase] = []
        ended: list[QuarantineCase] = []
        for case in self._decided:
            if not self.quarantine.has_ended(case):
                (ended if self._is_over(case) else in_force).append(case)
        self.quarantine.decide([*in_force, *ended])
        for case in ended:
            self.quarantine.end(case)
        for case in in_force:
            known = (self._listed_at(case.first), self._listed_at(case.second))
            if None in case.listed_at and known not in {case.listed_at, (None, None)}:
                self.quarantine.stamp(case, known)
        return self._identity.decisions.replace(in_force)

    def _hold(self, first: int, second: int, doubt: Doubt, basis: str, ratio: float | None) -> str | None:
        one, two = sorted(
            (self._universe.instruments[slot] for slot in (first, second)), key=lambda each: str(each.id)
        )
        return self.quarantine.note(
            one.id,
            two.id,
            asset=one.asset,
            doubt=doubt,
            basis=basis,
            ratio=ratio,
            listed_at=(one.listed_at, two.listed_at),
        )

    def _is_over(self, case: QuarantineCase) -> bool:
        """Whether a symbol of the case was listed anew since the pair was last looked at."""
        return any(
            known is not None and self._listed_at(each) not in {None, known}
            for each, known in zip((case.first, case.second), case.listed_at, strict=True)
        )

    def _listed_at(self, instrument: InstrumentId) -> datetime | None:
        slot = self._universe.slot_of(instrument)
        return None if slot is None else self._universe.instruments[slot].listed_at
