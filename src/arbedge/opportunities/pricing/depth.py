"""Walking one side of a book: what a quantity costs or brings, and how much a budget buys.

A `Ladder` holds running totals of size and amount, read only as deep as asked for, so that pricing one book at
many sizes costs one walk. Amounts stay undivided until the end: an amount of whole levels is exact.
Runs inside `exact_arithmetic`.
"""

from bisect import bisect_left
from decimal import Decimal

from arbedge.domain.money import ZERO
from arbedge.opportunities.evidence.model import BookSide

__all__ = ["Ladder"]

_ONE = Decimal(1)


class Ladder:
    """One side of one book in base units and the leg's money.

    A level's size is `size * contract_size * multiplier`, its price `price * rate / multiplier`; `rate` is the
    quote rate, or whatever else every amount is to be multiplied by. Not thread-safe: reading extends it.
    """

    __slots__ = ("_amounts", "_levels", "_multiplier", "_prices", "_rate", "_sizes", "_unit", "best")

    def __init__(self, levels: BookSide, rate: Decimal, multiplier: Decimal, contract_size: Decimal) -> None:
        self._levels = levels
        self._rate = rate
        self._multiplier = multiplier
        self._unit = contract_size * multiplier
        self._prices: list[Decimal] = []
        self._sizes = [ZERO]
        self._amounts = [ZERO]
        self.best = levels[0][0] * rate / multiplier

    def at_most(self, qty: Decimal) -> Decimal:
        """The smaller of `qty` and all this side holds."""
        self._read(qty=qty)
        held = self._sizes[-1]
        return min(qty, held)

    def amount(self, qty: Decimal) -> Decimal:
        """Money for trading `qty` (0 or more, at most what the side holds) from the best level down."""
        self._read(qty=qty)
        index = bisect_left(self._sizes, qty)
        assert index < len(self._sizes), "more than this side holds"
        if self._sizes[index] == qty:
            return self._divided(self._amounts[index])
        before = index - 1
        return self._divided(self._amounts[before] + self._prices[before] * (qty - self._sizes[before]))

    def affordable(self, budget: Decimal) -> Decimal:
        """The quantity that `budget` (0 or more) buys, at most what the side holds."""
        budget *= self._multiplier
        self._read(amount=budget)
        index = bisect_left(self._amounts, budget)
        if index == len(self._amounts):
            return self._sizes[-1]
        if self._amounts[index] == budget:
            return self._sizes[index]
        before = index - 1
        return self._sizes[before] + (budget - self._amounts[before]) / self._prices[before]

    def steps(self) -> list[Decimal]:
        """The running quantity after each level, all of them: where the average price bends."""
        self._read(qty=Decimal("Infinity"))
        return self._sizes[1:]

    def _divided(self, amount: Decimal) -> Decimal:
        return amount if self._multiplier == _ONE else amount / self._multiplier

    def _read(self, *, qty: Decimal | None = None, amount: Decimal | None = None) -> None:
        """Read levels until the running size (or amount) reaches what is asked, or the side ends."""
        prices, sizes, amounts, levels = self._prices, self._sizes, self._amounts, self._levels
        rate, unit = self._rate, self._unit
        is_plain = rate == _ONE and unit == _ONE
        size_total, amount_total = sizes[-1], amounts[-1]
        for index in range(len(prices), len(levels)):
            if (size_total >= qty) if qty is not None else (amount is not None and amount_total >= amount):
                return
            price, size = levels[index]
            if not is_plain:
                price, size = price * rate, size * unit
            size_total += size
            amount_total += price * size
            prices.append(price)
            sizes.append(size_total)
            amounts.append(amount_total)
