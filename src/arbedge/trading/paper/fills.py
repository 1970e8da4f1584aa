"""What a paper order gets from the book it meets: walked level by level, in lots, over the minima, once.

What an order took stays taken while the level it came from stands unchanged, so a second order does not meet the
same size again. Each opportunity is judged as if it were traded alone: what one took, another may take too.
"""

from dataclasses import dataclass, field
from decimal import Decimal
from typing import NamedTuple

from arbedge.domain.money import ZERO, floor_to
from arbedge.domain.opportunity import Side
from arbedge.opportunities.evidence import BookSide
from arbedge.opportunities.evidence.model import LegEvidence
from arbedge.opportunities.pricing.depth import Ladder
from arbedge.opportunities.pricing.exactness import exact_arithmetic

__all__ = ["PaperFill", "TakenDepth", "fill_order"]


class PaperFill(NamedTuple):
    """What was traded: base units and the money they cost or brought, before fees; nothing is 0 and 0."""

    qty: Decimal
    amount: Decimal


@dataclass(slots=True)
class TakenDepth:
    """What paper orders have taken from one side of one book: by price, the level's size then, and how much."""

    levels: dict[Decimal, tuple[Decimal, Decimal]] = field(default_factory=dict)

    def left(self, side: BookSide) -> BookSide:
        """The side without what was taken; a level that changed since is whole again."""
        rest = []
        for price, size in side:
            seen, taken = self.levels.get(price, (size, ZERO))
            if seen != size:
                taken = ZERO
            if size > taken:
                rest.append((price, size - taken))
        return tuple(rest)

    def take(self, side: BookSide, size: Decimal) -> None:
        """So much (venue size units) was taken from what was left of this side, best first."""
        for price, whole in side:
            seen, taken = self.levels.get(price, (whole, ZERO))
            if seen != whole:
                taken = ZERO
            part = min(size, whole - taken)
            self.levels[price] = (whole, taken + part)
            size -= part
            if size <= 0:
                return


def fill_order(leg: LegEvidence, side: Side, qty: Decimal, taken: TakenDepth) -> PaperFill:
    """An immediate-or-cancel order of `qty` base units against the leg's book, without what was taken before."""
    levels = leg.asks if side is Side.BUY else leg.bids
    with exact_arithmetic():
        left = taken.left(levels)
        if not left:
            return PaperFill(ZERO, ZERO)
        unit = leg.contract_size * leg.multiplier
        ladder = Ladder(left, leg.quote_rate, leg.multiplier, leg.contract_size)
        filled = floor_to(ladder.at_most(qty), leg.lot * unit)
        if filled <= 0 or filled < leg.min_qty * unit:
            return PaperFill(ZERO, ZERO)
        amount = ladder.amount(filled)
        if amount < leg.min_notional * leg.quote_rate:
            return PaperFill(ZERO, ZERO)
        taken.take(levels, filled / unit)
        return PaperFill(filled, amount)
