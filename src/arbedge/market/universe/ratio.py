"""Identity by price: a day of agreement on three venues, or disagreement that refutes.

Rule (opportunities.md, "Identity"): ticker and class equal, and the ratio of the prices inside a band for 24 hours
on at least three venues. The hours and the venues are not settings: a weaker rule would not be this level.
"""

from collections import defaultdict
from dataclasses import dataclass
from typing import TypeAlias

from arbedge.domain.instrument import AssetClass, InstrumentStatus
from arbedge.market.universe.ports import PriceRecord
from arbedge.market.universe.registry import Universe

__all__ = ["HOURS", "VENUES", "PriceAgreement", "RatioFinding"]

HOURS = 24.0
"""Hours both prices must have been recorded, at the same moments, within the span of the record."""

VENUES = 3
"""Venues that must agree with one another, the two of the pair among them."""

_MOST_KEPT = 20_000
_ROUNDING_H = 1e-6

_Pair: TypeAlias = tuple[int, int]


@dataclass(frozen=True, slots=True)
class RatioFinding:
    """What the record says of a pair: hours both were known, the widest gap of those hours, and who agrees.

    `apart` is the largest factor between the two minus 1 (0.02 = 2 %), None where they were never both known.
    `venues` are those whose prices agreed with both for long enough, empty unless the pair itself did.
    """

    hours: float
    apart: float | None
    venues: tuple[str, ...]

    @property
    def is_proof(self) -> bool:
        """Whether the rule is met."""
        return len(self.venues) >= VENUES


_NOTHING = RatioFinding(0.0, None, ())


class PriceAgreement:
    """Findings from the price record, kept until the record or the listing moves on."""

    def __init__(self, universe: Universe, record: PriceRecord | None, *, band: float) -> None:
        self._universe = universe
        self._record = record
        self._band = band
        self._known: dict[_Pair, RatioFinding] = {}
        self._pairs: dict[_Pair, tuple[float, float | None]] = {}
        self._as_of: object = None
        self._peers: dict[tuple[str, AssetClass], list[int]] = defaultdict(list)
        self._seen_version = -1

    @property
    def band(self) -> float:
        """How far apart prices may be, as a fraction."""
        return self._band

    def find(self, first: int, second: int) -> RatioFinding:
        """What is recorded of two slots of one asset and class."""
        if self._record is None or self._record.latest_at is None:
            return _NOTHING
        self._renew()
        pair = (min(first, second), max(first, second))
        found = self._known.get(pair)
        if found is None:
            if len(self._known) >= _MOST_KEPT:
                self._known.clear()
            found = self._known[pair] = self._judge(pair)
        return found

    def forget(self, slot: int) -> None:
        """A symbol may stand for something else from now on: nothing recorded of it counts."""
        if self._record is not None:
            self._record.forget(slot)
        self._known.clear()
        self._pairs.clear()

    def _judge(self, pair: _Pair) -> RatioFinding:
        hours, apart = self._agreement(pair)
        if not self._agrees(pair):
            return RatioFinding(hours, apart, ())
        instruments = self._universe.instruments
        one = instruments[pair[0]]
        venues = {one.id.venue, instruments[pair[1]].id.venue}
        for third in self._peers[one.asset, one.asset_class]:
            venue = instruments[third].id.venue
            if len(venues) >= VENUES:
                break
            if venue not in venues and self._agrees((pair[0], third)) and self._agrees((pair[1], third)):
                venues.add(venue)
        return RatioFinding(hours, apart, tuple(sorted(venues)))

    def _agrees(self, pair: _Pair) -> bool:
        hours, apart = self._agreement((min(pair), max(pair)))
        return apart is not None and hours >= HOURS - _ROUNDING_H and apart <= self._band

    def _agreement(self, pair: _Pair) -> tuple[float, float | None]:
        known = self._pairs.get(pair)
        if known is None:
            assert self._record is not None
            if len(self._pairs) >= _MOST_KEPT:
                self._pairs.clear()
            span_h = self._span_h(pair)
            extremes = self._record.ratio_range(*pair, span_h) if span_h > 0 else None
            if extremes is None:
                known = (0.0, None)
            else:
                known = (self._record.covered_h(*pair, span_h), max(extremes[1], 1 / extremes[0]) - 1)
            self._pairs[pair] = known
        return known

    def _span_h(self, pair: _Pair) -> float:
        """How far back the record is about these listings: what was recorded before one began is of another."""
        assert self._record is not None
        latest_at = self._record.latest_at
        assert latest_at is not None
        listed = [self._universe.instruments[slot].listed_at for slot in pair]
        ages_h = [(latest_at - each).total_seconds() / 3600 for each in listed if each is not None]
        return min([self._record.span_h, *ages_h])

    def _renew(self) -> None:
        assert self._record is not None
        now = self._record.latest_at
        if self._seen_version == self._universe.version and self._as_of == now:
            return
        self._known.clear()
        self._pairs.clear()
        self._as_of = now
        if self._seen_version != self._universe.version:
            self._seen_version = self._universe.version
            self._peers.clear()
            for slot, each in enumerate(self._universe.instruments):
                if each.status is not InstrumentStatus.DELISTED:
                    self._peers[each.asset, each.asset_class].append(slot)
