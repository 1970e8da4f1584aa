"""What a candidate would send to its venues at entry, in their own units: enough to judge bands and order sizes.

Quantities are before rounding down to lots, so an order here is never smaller than the one priced.
"""

from collections.abc import Iterator, Sequence
from decimal import Decimal

from arbedge.domain.fees import FeeAsset
from arbedge.domain.money import ZERO
from arbedge.domain.opportunity import Side
from arbedge.domain.quote import Book, Level
from arbedge.market.facts import LegFacts
from arbedge.opportunities.detection.gates import Order

__all__ = ["mid_price", "pair_orders", "triangle_orders"]


def mid_price(book: Book) -> Decimal:
    """Halfway between the best bid and the best ask, a venue price."""
    return (Decimal(book.bids[0][0]) + Decimal(book.asks[0][0])) / 2


def pair_orders(long: LegFacts, short: LegFacts, long_rate: Decimal, notional: Decimal) -> tuple[Order, Order]:
    """Buy `notional` (reporting currency) on the long book, sell as many base units on the short one."""
    amount = notional / long_rate / long.instrument.contract_size
    bought = _spend(long, amount)
    base_units = bought.quantity * long.instrument.unit
    return bought, _trade(short, Side.SELL, base_units / short.instrument.unit)


def triangle_orders(legs: Sequence[LegFacts], sides: Sequence[Side], notional: Decimal) -> tuple[Order, ...]:
    """Three trades in turn, each with what the one before brought after its fee."""
    held, orders = notional, []
    for leg, side in zip(legs, sides, strict=True):
        kept = 1 - leg.fee.taker
        if side is Side.BUY:
            is_extra = leg.fee.asset is not FeeAsset.RECEIVED
            order = _spend(leg, held * kept if is_extra else held)
            held = order.quantity if is_extra else order.quantity * kept
        else:
            order = _trade(leg, side, held)
            held = _proceeds(leg, order.quantity) * kept
        orders.append(order)
    return tuple(orders)


def _spend(leg: LegFacts, amount: Decimal) -> Order:
    """Walk the asks until `amount` of price times size is spent."""
    quantity, left, worst = ZERO, amount, ZERO
    for price, size in _levels(_book(leg).asks):
        worst = price
        if price * size >= left:
            return _order(leg, Side.BUY, quantity + left / price, worst, is_filled=True)
        quantity, left = quantity + size, left - price * size
    return _order(leg, Side.BUY, quantity, worst, is_filled=left <= 0)


def _trade(leg: LegFacts, side: Side, quantity: Decimal) -> Order:
    """Walk one side until `quantity` is filled."""
    book, left, worst = _book(leg), quantity, ZERO
    for price, size in _levels(book.asks if side is Side.BUY else book.bids):
        worst, left = price, left - size
        if left <= 0:
            break
    return _order(leg, side, quantity, worst, is_filled=left <= 0)


def _proceeds(leg: LegFacts, quantity: Decimal) -> Decimal:
    amount, left = ZERO, quantity
    for price, size in _levels(_book(leg).bids):
        taken = min(left, size)
        amount, left = amount + price * taken, left - taken
        if left <= 0:
            break
    return amount


def _order(leg: LegFacts, side: Side, quantity: Decimal, worst: Decimal, *, is_filled: bool) -> Order:
    reference = leg.mark if leg.mark is not None else mid_price(_book(leg))
    return Order(str(leg.instrument.id), side, quantity, worst, reference, is_filled)


def _levels(levels: Sequence[Level]) -> Iterator[tuple[Decimal, Decimal]]:
    return ((Decimal(price), Decimal(size)) for price, size in levels)


def _book(leg: LegFacts) -> Book:
    assert leg.book is not None, "the gate `book` comes first"
    return leg.book
