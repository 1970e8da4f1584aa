"""Pitfall 25: paper fills walk the book, use it up, respect lots and minima, and meet the books of after the latency."""

from decimal import Decimal

import pytest

from arbedge.domain.instrument import MarketKind
from arbedge.domain.opportunity import Side
from arbedge.opportunities.evidence.model import LegEvidence
from arbedge.trading.paper.fills import TakenDepth, fill_order


def leg(asks, bids=(("99", "5"),), **fields):
    def levels(side):
        return tuple((Decimal(price), Decimal(size)) for price, size in side)

    plain = {"lot": Decimal("0.1"), "taker_fee": Decimal("0.001")}
    return LegEvidence(kind=MarketKind.SPOT, asks=levels(asks), bids=levels(bids), **{**plain, **fields})


def buy(of, qty, taken=None):
    return fill_order(of, Side.BUY, Decimal(qty), taken or TakenDepth())


def test_a_fill_walks_the_levels_and_never_gets_the_best_price_for_all():
    assert buy(leg([("100", "1"), ("101", "1"), ("110", "9")]), "3") == (3, 100 + 101 + 110)


def test_what_one_order_took_the_next_does_not_meet_again():
    book, taken = leg([("100", "1"), ("101", "1"), ("110", "9")]), TakenDepth()
    assert buy(book, "1.5", taken) == (Decimal("1.5"), 100 + Decimal("50.5"))
    assert buy(book, "1.5", taken) == (Decimal("1.5"), Decimal("50.5") + 110)
    moved = leg([("100", "2"), ("101", "1")])  # the first level changed: it is a new one
    assert buy(moved, "2.5", taken) == (2, 200)


def test_a_thin_book_fills_in_part_and_an_empty_one_nothing():
    assert buy(leg([("100", "1")]), "3") == (1, 100)
    taken = TakenDepth()
    buy(leg([("100", "1")]), "1", taken)
    assert buy(leg([("100", "1")]), "1", taken) == (0, 0)


def test_lots_and_minima_are_respected():
    assert buy(leg([("100", "0.57")]), "3") == (Decimal("0.5"), 50)
    assert buy(leg([("100", "9")], min_qty=Decimal(2)), "1.9") == (0, 0)
    assert buy(leg([("100", "9")], min_notional=Decimal(200)), "1.9") == (0, 0)
    contracts = leg([("100", "9")], contract_size=Decimal("0.01"), lot=Decimal(1))
    assert buy(contracts, "0.055") == (Decimal("0.05"), 5)


@pytest.mark.parametrize(("side", "price"), [(Side.BUY, 100), (Side.SELL, 99)])
def test_a_taker_crosses_the_spread(side, price):
    assert fill_order(leg([("100", "5")]), side, Decimal(1), TakenDepth()) == (1, price)
