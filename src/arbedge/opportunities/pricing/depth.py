"""Walking one side of a book: what a quantity costs or brings, and how much a budget buys.

A `Ladder` holds running totals of size and amount, read only as deep as asked for, so that pricing one book at
many sizes costs one walk. Amounts stay undivided until the end: an amount of whole levels is exact.
Runs inside `exact_arithmetic`.
"""

from bisect import bisect_left
from decimal import Decimal
from itertools import accumulate

from arbedge.domain.money import ZERO
from arbedge.opportunities.evidence.model import BookSide

__all__ = ["Ladder"]

_ONE = Decimal(1)
_LEVELS_AT_ONCE = 32


class Ladder:
    """One side of one book in base units and the leg's money.

    A level's size is `size * contract_size * multiplier`, its price `price * rate / multiplier`; `rate` is the
    quote rate, or whatever else every amount is to be multiplied by. Running amounts leave rate and multiplier
    out: they are applied once, to the sum. Not thread-safe: reading extends it.
    """

    __slots__ = ("_amounts", "_levels", "_multiplier", "_rate", "_sizes", "_unit", "best")

    def __init__(self, levels: BookSide, rate: Decimal, multiplier: Decimal, contract_size: Decimal) -> None:
        self._levels = levels
        self._rate = rate
        self._multiplier = multiplier
        self._unit = contract_size * multiplier
        self._sizes = [ZERO]
        self._amounts = [ZERO]
        self.best = levels[0][0] * rate / multiplier

    def at_most(self, qty: Decimal) -> Decimal:
        """The smaller of `qty` and all this side holds."""
        self._read_to(qty)
        return min(qty, self._sizes[-1])

    def amount(self, qty: Decimal) -> Decimal:
        """Money for trading `qty` (0 or more, at most what the side holds) from the best level down."""
        self._read_to(qty)
        index = bisect_left(self._sizes, qty)
        assert index < len(self._sizes), "more than this side holds"
        amount = self._amounts[index]
        over = self._sizes[index] - qty
        if over:
            amount -= self._levels[index - 1][0] * over
        amount *= self._rate
        return amount if self._multiplier == _ONE else amount / self._multiplier

    def affordable(self, budget: Decimal) -> Decimal:
        """The quantity that `budget` (0 or more) buys, at most what the side holds."""
        budget *= self._multiplier
        plain = budget / self._rate  # may be cut at the last digit: it only finds the level
        while self._amounts[-1] < plain and self._is_unread:
            self._read_more()
        before = bisect_left(self._amounts, plain) - 1
        if before < 0:
            return ZERO
        if before == len(self._levels):
            return self._sizes[-1]
        left = budget - self._amounts[before] * self._rate
        return self._sizes[before] + left / (self._levels[before][0] * self._rate)

    def steps(self) -> list[Decimal]:
        """The running quantity after each level, all of them: where the average price bends."""
        while self._is_unread:
            self._read_more()
        return self._sizes[1:]

    @property
    def _is_unread(self) -> bool:
        return len(self._sizes) <= len(self._levels)

    def _read_to(self, qty: Decimal) -> None:
        while self._sizes[-1] < qty and self._is_unread:
            self._read_more()

    def _read_more(self) -> None:
        """Read the next levels into the running totals."""
        read = len(self._sizes) - 1
        levels, unit = self._levels[read : read + _LEVELS_AT_ONCE], self._unit
        sizes = [size for _, size in levels] if unit == _ONE else [size * unit for _, size in levels]
        amounts = [price * size for (price, _), size in zip(levels, sizes, strict=True)]
        self._sizes.extend(accumulate(sizes, initial=self._sizes.pop()))
        self._amounts.extend(accumulate(amounts, initial=self._amounts.pop()))
