"""Which candidates exist: ordered pairs of instruments of one asset, and triangles, as flat index columns.

A route is a candidate before anything is known about its prices; its number is dense, never reused and never
reordered, so columns can be indexed by it. Nothing here assumes one venue. Two perpetuals are kept as `perp_perp`
until their prices say whether they are a `funding` pair.
"""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from arbedge.domain.instrument import Instrument, MarketKind
from arbedge.domain.opportunity import Candidate, Leg, OpportunityKind, Side
from arbedge.opportunities.detection.growing import GrowingColumns
from arbedge.opportunities.detection.lanes import Lanes
from arbedge.opportunities.detection.triangles import Triangle, TriangleFinder

__all__ = ["REPORTING_CURRENCY", "Route", "Routes"]

REPORTING_CURRENCY = "USDT"
"""What every figure is stated in, and where triangles start and end."""

_PAIR_KINDS = {
    (MarketKind.SPOT, MarketKind.SPOT): OpportunityKind.SPOT_SPOT,
    (MarketKind.SPOT, MarketKind.PERP): OpportunityKind.SPOT_PERP,
    (MarketKind.PERP, MarketKind.SPOT): OpportunityKind.PERP_SPOT,
    (MarketKind.PERP, MarketKind.PERP): OpportunityKind.PERP_PERP,
}


@dataclass(frozen=True, slots=True)
class Route:
    """One candidate by number: its slots in order (long, short; or three in turn) and the side of each."""

    number: int
    kind: OpportunityKind
    asset: str
    slots: tuple[int, ...]
    legs: tuple[Leg, ...]

    @property
    def is_triangle(self) -> bool:
        """Whether this is three trades in turn, not two legs."""
        return self.kind is OpportunityKind.TRIANGULAR

    def candidate(self, kind: OpportunityKind | None = None) -> Candidate:
        """The domain's name of this route; `kind` where prices decided it."""
        return Candidate(kind or self.kind, self.legs)


class Routes:
    """Every candidate among the instruments seen so far; grows with `extend`."""

    def __init__(self, kinds: Iterable[OpportunityKind]) -> None:
        enabled = frozenset(kinds)
        if OpportunityKind.FUNDING in enabled:
            enabled |= {OpportunityKind.PERP_PERP}
        self._kinds = enabled
        self._instruments: list[Instrument] = []
        self._by_asset: dict[str, list[int]] = defaultdict(list)
        self._finder = TriangleFinder(REPORTING_CURRENCY)
        self._legs_of: list[tuple[int, int]] = []
        self._pairs = GrowingColumns(3)
        self._triangles = GrowingColumns(4)
        self._pairs_at: dict[int, list[int]] = defaultdict(list)
        self._pairs_of: dict[str, list[int]] = defaultdict(list)
        self._lanes: Lanes | None = None
        self._triangles_at: dict[int, list[int]] = defaultdict(list)
        self._near: dict[int, NDArray[np.intp]] = {}
        self._near_triangles: dict[int, NDArray[np.intp]] = {}

    def __len__(self) -> int:
        return len(self._legs_of)

    @property
    def slot_count(self) -> int:
        """How many instruments have been taken in."""
        return len(self._instruments)

    @property
    def pair_count(self) -> int:
        """How many two-leg routes there are."""
        return len(self._pairs)

    @property
    def triangle_count(self) -> int:
        """How many triangles there are, counting both directions."""
        return len(self._triangles)

    def extend(self, instruments: Sequence[Instrument]) -> int:
        """Take in the instruments from the first unknown slot on; returns how many routes that made."""
        before = len(self._legs_of)
        self._lanes = None
        for slot in range(len(self._instruments), len(instruments)):
            instrument = instruments[slot]
            self._instruments.append(instrument)
            self._add_pairs(slot, instrument)
            if instrument.id.kind is MarketKind.SPOT and OpportunityKind.TRIANGULAR in self._kinds:
                for triangle in self._finder.add(slot, instrument):
                    self._add_triangle(triangle)
        return len(self._legs_of) - before

    def pair_columns(self) -> tuple[NDArray[np.intp], NDArray[np.intp], NDArray[np.intp]]:
        """(number, long slot, short slot) of every pair."""
        return self._pairs.column(0), self._pairs.column(1), self._pairs.column(2)

    def pair_rows(self, positions: NDArray[np.intp]) -> NDArray[np.intp]:
        """(number, long slot, short slot) of the pairs at these positions (3 x k)."""
        return self._pairs.rows(positions)

    def lanes(self) -> Lanes:
        """The books of every asset in lanes, to screen asset by asset; the same until instruments are added."""
        if self._lanes is None:
            books = list(self._by_asset.values())
            self._lanes = Lanes(books, [self._pairs_of[asset] for asset in self._by_asset], self.slot_count)
        return self._lanes

    def triangle_columns(self) -> tuple[NDArray[np.intp], ...]:
        """(number, and for each trade 2 * slot + 1 if it buys) of every triangle."""
        return tuple(self._triangles.column(k) for k in range(4))

    def pairs_at(self, slot: int) -> NDArray[np.intp]:
        """(number, long, short) columns of the pairs one slot is part of (3 x k)."""
        known = self._near.get(slot)
        if known is None:
            known = self._near[slot] = self._pairs.rows(np.array(self._pairs_at.get(slot, ()), dtype=np.intp))
        return known

    def triangles_at(self, slot: int) -> NDArray[np.intp]:
        """(number, three trades) columns of the triangles one slot is part of (4 x k)."""
        known = self._near_triangles.get(slot)
        if known is None:
            positions = np.array(self._triangles_at.get(slot, ()), dtype=np.intp)
            known = self._near_triangles[slot] = self._triangles.rows(positions)
        return known

    def route(self, number: int) -> Route:
        """One route by number."""
        family, position = self._legs_of[number]
        if family:
            codes = [int(self._triangles.column(k)[position]) for k in (1, 2, 3)]
            slots = tuple(code >> 1 for code in codes)
            sides = tuple(Side.BUY if code & 1 else Side.SELL for code in codes)
            first = self._instruments[slots[0]]
            asset = first.quote if sides[0] is Side.SELL else first.asset
            kind = OpportunityKind.TRIANGULAR
        else:
            slots = (int(self._pairs.column(1)[position]), int(self._pairs.column(2)[position]))
            sides = (Side.BUY, Side.SELL)
            long, short = self._instruments[slots[0]], self._instruments[slots[1]]
            asset = long.asset
            kind = _PAIR_KINDS[long.id.kind, short.id.kind]
        legs = tuple(Leg(self._instruments[slot].id, side) for slot, side in zip(slots, sides, strict=True))
        return Route(number, kind, asset, slots, legs)

    def _add_pairs(self, slot: int, instrument: Instrument) -> None:
        same_asset = self._by_asset[instrument.asset]
        for other in same_asset:
            self._add_pair(slot, other)
            self._add_pair(other, slot)
        same_asset.append(slot)

    def _add_pair(self, long: int, short: int) -> None:
        first, second = self._instruments[long].id, self._instruments[short].id
        kind = _PAIR_KINDS[first.kind, second.kind]
        if kind not in self._kinds:
            return
        if kind is OpportunityKind.SPOT_SPOT and first.venue == second.venue:
            return  # the same coin on one venue in two quotes is a triangle's business
        number = len(self._legs_of)
        position = self._pairs.append((number, long, short))
        self._legs_of.append((0, position))
        self._pairs_of[self._instruments[long].asset].append(position)
        for slot in (long, short):
            self._pairs_at[slot].append(position)
            self._near.pop(slot, None)

    def _add_triangle(self, triangle: Triangle) -> None:
        number = len(self._legs_of)
        codes = [2 * slot + (side is Side.BUY) for slot, side in zip(*triangle, strict=True)]
        position = self._triangles.append((number, *codes))
        self._legs_of.append((1, position))
        for slot in triangle.slots:
            self._triangles_at[slot].append(position)
            self._near_triangles.pop(slot, None)
