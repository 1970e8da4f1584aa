"""The float pre-filter: which routes' gross edge may reach the threshold, over flat columns.

It is an upper bound: what it drops, exact arithmetic would drop too (the guard covers every rounding of a double
on the way). Nothing it returns is ever shown as a figure; `gross` orders work and explains rejections.
The gross edge of a pair at horizon h is max(0, short bid / long ask - 1) + expected funding up to h; of a triangle
the product of its three best rates - 1. Unknown prices are NaN and never pass.
"""

from collections.abc import Collection
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from arbedge.market.facts import Columns
from arbedge.opportunities.detection.routes import Routes
from arbedge.opportunities.ports import MarketView

__all__ = ["GUARD", "Hits", "Screen"]

GUARD = 1e-9
"""Added to every gross edge: far above what rounding loses, far below a basis point."""

_FULL_SCAN_SHARE, _FEW_SLOTS = 64, 32
"""With more than a 64th of the slots touched at once, scanning everything is cheaper (it is from a 33rd on of 3,000
slots, from a 70th on of 24,000); a few never are many.
"""

_MANY_PAIRS_SHARE = 4
"""With more than a quarter of the pairs near the threshold, one pass over all of them is cheaper."""

_Floats = NDArray[np.float64]
_Indices = NDArray[np.intp]
_NO_NUMBERS: _Indices = np.empty(0, dtype=np.intp)
_NO_GROSS: _Floats = np.empty(0)


@dataclass(frozen=True, slots=True)
class Hits:
    """Routes that may reach the threshold: their numbers and gross edges (fractions), in no order."""

    numbers: _Indices
    gross: _Floats


class Screen:
    """Screens the routes against the live columns of one market."""

    def __init__(self, market: MarketView, routes: Routes, threshold: float) -> None:
        self._market = market
        self._routes = routes
        self._threshold = threshold

    def touch(self, slots: Collection[int]) -> Hits:
        """The routes around these slots that may reach the threshold; each at most once."""
        if len(slots) > max(_FEW_SLOTS, self._routes.slot_count // _FULL_SCAN_SHARE):
            return self.scan()
        if len(slots) == 1:
            (slot,) = slots
            return self._pick(self._routes.pairs_at(slot), self._routes.triangles_at(slot))
        pairs = np.concatenate([self._routes.pairs_at(slot) for slot in slots], axis=1)
        triangles = np.concatenate([self._routes.triangles_at(slot) for slot in slots], axis=1)
        hits = self._pick(pairs, triangles)
        numbers, first = np.unique(hits.numbers, return_index=True)
        return Hits(numbers, hits.gross[first])

    def scan(self) -> Hits:
        """Every route that may reach the threshold."""
        numbers, gross = self._scan_pairs() if self._routes.pair_count else (_NO_NUMBERS, _NO_GROSS)
        if not self._routes.triangle_count:
            return Hits(numbers, gross)
        tri_numbers, *trades = self._routes.triangle_columns()
        tri_gross = self._rates_product(self._rates(), trades)
        (passing,) = (tri_gross >= self._threshold).nonzero()
        return Hits(np.concatenate([numbers, tri_numbers[passing]]), np.concatenate([gross, tri_gross[passing]]))

    def gross(self, number: int) -> float:
        """The gross edge of one route now, best horizon; NaN where a price is unknown."""
        slots = self._routes.route(number).slots
        if len(slots) == 3:
            columns = self._routes.triangles_at(slots[0])
            return float(self._near_rates(columns[:, columns[0] == number])[0])
        columns = np.array([[number], [slots[0]], [slots[1]]], dtype=np.intp)
        return float(self._pair_gross(columns)[0])

    def best(self) -> tuple[int, float] | None:
        """The route with the largest known gross edge, over the threshold or not; None while nothing is quoted."""
        pairs = np.stack(self._routes.pair_columns())
        tri_numbers, *trades = self._routes.triangle_columns()
        gross = np.concatenate([self._pair_gross(pairs), self._rates_product(self._rates(), trades)])
        known = np.flatnonzero(~np.isnan(gross))
        if not known.size:
            return None
        winner = known[np.argmax(gross[known])]
        return int(np.concatenate([pairs[0], tri_numbers])[winner]), float(gross[winner])

    def _pick(self, pairs: _Indices, triangles: _Indices) -> Hits:
        numbers, gross = _NO_NUMBERS, _NO_GROSS
        if pairs.shape[1]:
            edges = self._pair_gross(pairs)
            passing = edges >= self._threshold
            if passing.any():
                numbers, gross = pairs[0][passing], edges[passing]
        if triangles.shape[1]:
            edges = self._near_rates(triangles)
            passing = edges >= self._threshold
            if passing.any():
                numbers = np.concatenate([numbers, triangles[0][passing]])
                gross = np.concatenate([gross, edges[passing]])
        return Hits(numbers, gross)

    def _pair_gross(self, pairs: _Indices) -> _Floats:
        columns = self._market.columns()
        _, long, short = pairs
        gap: _Floats = columns.bid.take(short, mode="clip")
        gap *= columns.scale.take(short, mode="clip")
        gap /= columns.ask.take(long, mode="clip")
        gap /= columns.scale.take(long, mode="clip")
        gap -= 1
        np.maximum(gap, 0, out=gap)
        gap += _best_funding(columns, long, short)
        gap += GUARD
        return gap

    def _scan_pairs(self) -> tuple[_Indices, _Floats]:
        columns = self._market.columns()
        near = self._routes.lanes().near(columns, self._threshold - 2 * GUARD)
        if len(near) * _MANY_PAIRS_SHARE > self._routes.pair_count:
            return self._scan_every_pair()
        pairs = self._routes.pair_rows(near)
        gross = self._pair_gross(pairs)
        passing = gross >= self._threshold
        return pairs[0][passing], gross[passing]

    def _scan_every_pair(self) -> tuple[_Indices, _Floats]:
        columns, count = self._market.columns(), self._routes.slot_count
        numbers, longs, shorts = self._routes.pair_columns()
        scale = columns.scale[:count]
        proceeds = columns.bid[:count] * scale
        cost = 1 / (columns.ask[:count] * scale)
        # The best gain of each leg alone is at least the best of both at one horizon: few pairs need the latter.
        short_best = columns.short_gain[:, :count].max(axis=0)
        long_best = columns.long_gain[:, :count].max(axis=0) + 2 * GUARD
        loose = proceeds.take(shorts)
        loose *= cost.take(longs)
        loose -= 1
        np.maximum(loose, 0, out=loose)
        loose += short_best.take(shorts)
        loose += long_best.take(longs)
        near = np.flatnonzero(loose >= self._threshold)
        if not near.size:
            return near, loose[near]
        gross = self._pair_gross(np.stack([numbers[near], longs[near], shorts[near]]))
        passing = gross >= self._threshold
        return numbers[near][passing], gross[passing]

    def _rates(self) -> _Floats:
        columns, count = self._market.columns(), self._routes.slot_count
        rates = np.empty(2 * count)
        rates[0::2] = columns.bid[:count]
        np.divide(1, columns.ask[:count], out=rates[1::2])
        return rates

    def _rates_product(self, rates: _Floats, trades: list[_Indices]) -> _Floats:
        product = rates.take(trades[0], mode="clip")
        product *= rates.take(trades[1], mode="clip")
        product *= rates.take(trades[2], mode="clip")
        product -= 1 - GUARD
        return product

    def _near_rates(self, triangles: _Indices) -> _Floats:
        columns = self._market.columns()
        trades = triangles[1:]
        slots = trades >> 1
        rates = columns.ask.take(slots)
        np.divide(1, rates, out=rates)
        np.copyto(rates, columns.bid.take(slots), where=(trades & 1) == 0)
        gross: _Floats = np.multiply.reduce(rates, axis=0)
        gross -= 1 - GUARD
        return gross


def _best_funding(columns: Columns, long: _Indices, short: _Indices) -> _Floats:
    """The most both legs gain by one horizon; unknown (NaN) where the funding of one is."""
    best: _Floats | None = None
    for short_gain, long_gain in zip(columns.short_gain, columns.long_gain, strict=True):
        both = short_gain.take(short, mode="clip")
        both += long_gain.take(long, mode="clip")
        best = both if best is None else np.maximum(best, both, out=best)
    return np.zeros(len(long)) if best is None else best
