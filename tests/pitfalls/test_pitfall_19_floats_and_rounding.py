"""Pitfall 19: money is decided in decimals; a float only looks first, and never turns down what decimals would keep."""

import math
from decimal import ROUND_FLOOR, Decimal

from hypothesis import given
from hypothesis import strategies as st

from arbedge.opportunities.evidence import parse
from arbedge.opportunities.pricing import price
from arbedge.opportunities.pricing.bound import pair_bound
from arbedge.opportunities.pricing.pricer import gross_edge

THREE_LOTS = {
    "schema": "arbedge.evidence/1", "kind": "spot_spot", "as_of": "2026-11-22T12:00:00Z", "notional": "60",
    "long": {"kind": "spot", "lot": "0.1", "taker_fee": "0", "book": {"bids": [["99", "9"]], "asks": [["100", "0.3"]]}},
    "short": {"kind": "spot", "lot": "0.1", "taker_fee": "0", "book": {"bids": [["100", "0.6"]], "asks": [["101", "9"]]}},
}  # fmt: skip
prices = st.decimals("0.00000001", "200000", places=8)


def test_a_float_loses_a_lot_that_is_there():
    assert math.floor(0.3 / 0.1) == 2  # three lots, and a float sees two
    assert (Decimal("0.3") / Decimal("0.1")).to_integral_value(ROUND_FLOOR) == 3
    assert price(parse(THREE_LOTS)).order_qty == Decimal("0.3")


def test_a_tenth_three_times_is_three_tenths():
    assert 0.1 + 0.1 + 0.1 != 0.3
    levels = [["100", "0.1"], ["100.1", "0.1"], ["100.2", "0.1"]]
    document = {
        **THREE_LOTS,
        "long": {**THREE_LOTS["long"], "book": {"bids": [["99", "9"]], "asks": levels}},
        "notional": "1000",
    }
    found = price(parse(document))
    assert found.order_qty == Decimal("0.3")
    assert found.net == found.price == Decimal("30.00") - Decimal("30.03")


@given(ask=prices, bid=prices, gain=st.decimals("-0.05", "0.05", places=10))
def test_the_float_that_looks_first_never_says_less_than_the_decimal(ask, bid, gain):
    exact = gross_edge(ask, bid, gain)
    assert Decimal(pair_bound(float(ask), float(bid), float(gain))) >= exact
