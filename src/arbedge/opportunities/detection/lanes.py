"""Screening by asset: one look at the best of all its books instead of one at every pair of them.

Among the books of an asset no pair earns more than the best bid over the cheapest ask and the best funding of a
short beside the best of a long. That bound costs two readings a book instead of one a pair (V books make V^2
pairs), over flat arrays in which the books of an asset lie in lanes. Only assets that pass are looked at by pairs.
"""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from arbedge.market.facts import Columns

__all__ = ["Lanes"]

_Floats = NDArray[np.float64]
_Indices = NDArray[np.intp]

_NEVER = -1


class _Block(NamedTuple):
    """Assets with about as many books each: `places` of the flat arrays, `shape` lanes by assets."""

    assets: slice
    places: slice
    shape: tuple[int, int]


class Lanes:
    """The books of every asset that has two or more, as lanes; made anew when instruments are added.

    `books[k]` are the slots of asset k and `pairs[k]` the positions of its pairs in the routes' columns.
    """

    def __init__(self, books: Sequence[Sequence[int]], pairs: Sequence[Sequence[int]], slot_count: int) -> None:
        order = sorted((k for k, slots in enumerate(books) if pairs[k]), key=lambda k: len(books[k]))
        self._slot_count = slot_count
        self._places, self._blocks = _laid_out([books[k] for k in order], slot_count)
        self._counts = np.array([len(pairs[k]) for k in order], dtype=np.intp)
        self._ends = np.cumsum(self._counts)
        self._pairs = np.fromiter((p for k in order for p in pairs[k]), dtype=np.intp, count=sum(self._counts))
        self._figures = np.full(slot_count + 1, np.nan)
        self._flat = np.empty(len(self._places))
        self._gains: _Floats = np.empty(0)
        self._gains_seen = _NEVER

    def near(self, columns: Columns, threshold: float) -> _Indices:
        """Positions of the pairs of every asset whose bound reaches `threshold` (a fraction); in no order."""
        if not len(self._counts):
            return self._pairs
        count, scale = self._slot_count, columns.scale[: self._slot_count]
        np.multiply(columns.bid[:count], scale, out=self._figures[:count])
        bound = self._best(np.fmax)
        np.multiply(columns.ask[:count], scale, out=self._figures[:count])
        bound /= self._best(np.fmin)
        bound -= 1
        np.maximum(bound, 0, out=bound)
        bound += self._best_gains(columns)
        return self._pairs_of(np.flatnonzero(bound >= threshold))

    def _best_gains(self, columns: Columns) -> _Floats:
        """The most funding any short and any long of each asset can gain by one horizon; renewed on change."""
        epoch = int(columns.gains_epoch[0])
        if epoch != self._gains_seen or not self._gains.size:
            of_pairs = np.full(len(self._counts), -np.inf)
            for short, long in zip(columns.short_gain, columns.long_gain, strict=True):
                self._figures[: self._slot_count] = short[: self._slot_count]
                both = self._best(np.fmax)
                self._figures[: self._slot_count] = long[: self._slot_count]
                both += self._best(np.fmax)
                np.fmax(of_pairs, both, out=of_pairs)
            self._gains, self._gains_seen = of_pairs, epoch
        return self._gains

    def _best(self, choice: np.ufunc) -> _Floats:
        """The best of the figures among each asset's books, unknown ones (NaN) apart."""
        self._figures.take(self._places, out=self._flat, mode="clip")
        best = np.empty(len(self._counts))
        for block in self._blocks:
            choice.reduce(self._flat[block.places].reshape(block.shape), axis=0, out=best[block.assets])
        return best

    def _pairs_of(self, assets: _Indices) -> _Indices:
        """The pairs of these assets, one stretch after another."""
        counts = self._counts[assets]
        if not counts.size:
            return self._pairs[:0]
        before = np.cumsum(counts) - counts
        starts = self._ends[assets] - counts
        places: _Indices = np.arange(counts.sum()) + np.repeat(starts - before, counts)
        return self._pairs.take(places)


def _laid_out(books: Sequence[Sequence[int]], slot_count: int) -> tuple[_Indices, tuple[_Block, ...]]:
    """Slots lane by lane, assets of like size together; what a lane lacks reads the unknown slot `slot_count`.

    `books` come smallest first: each block reaches to twice the size of its smallest.
    """
    parts: list[_Indices] = []
    blocks: list[_Block] = []
    first = place = 0
    while first < len(books):
        most = 2 * len(books[first])
        last = first
        while last < len(books) and len(books[last]) <= most:
            last += 1
        lanes = len(books[last - 1])
        matrix = np.full((lanes, last - first), slot_count, dtype=np.intp)
        for column, slots in enumerate(books[first:last]):
            matrix[: len(slots), column] = slots
        parts.append(matrix.ravel())
        blocks.append(_Block(slice(first, last), slice(place, place + matrix.size), (lanes, last - first)))
        first, place = last, place + matrix.size
    return (np.concatenate(parts) if parts else np.empty(0, dtype=np.intp)), tuple(blocks)
