"""Pitfall 20: both legs take the same number of base units, a multiple of both lots and above both minima, or none."""

import copy
from decimal import Decimal
from math import lcm

import pytest
from hypothesis import given
from hypothesis import strategies as st

from arbedge.domain.priced import BelowMinimumSize
from arbedge.opportunities.evidence import parse
from arbedge.opportunities.pricing import price

PAIR = {
    "schema": "arbedge.evidence/1", "kind": "spot_perp", "as_of": "2026-11-22T12:00:00Z", "notional": "1000",
    "long": {"kind": "spot", "lot": "0.03", "taker_fee": "0",
             "book": {"bids": [["99.9", "1000"]], "asks": [["100", "1000"]]}},
    "short": {"kind": "perp", "lot": "0.4", "taker_fee": "0",
              "book": {"bids": [["101", "1000"]], "asks": [["101.1", "1000"]]}},
}  # fmt: skip


def changed(**changes):
    document = copy.deepcopy(PAIR)
    for path, value in changes.items():
        leg, _, key = path.partition("__")
        if key:
            document[leg][key] = value
        else:
            document[leg] = value
    return price(parse(document))


def test_rounding_each_leg_by_itself_leaves_it_unhedged():
    wanted = Decimal(10)
    alone = [wanted // Decimal(lot) * Decimal(lot) for lot in ("0.03", "0.4")]
    assert alone[0] != alone[1]  # 9.99 bought and 10 sold
    found = changed()
    assert found.order_qty == found.qty == Decimal("9.6")  # eight times 1.2, the least common multiple
    assert found.residual_base == 0


@pytest.mark.parametrize(
    "spoilt",
    [
        {"notional": "50"},  # under the coarser lot of both
        {"short__min_qty": "9.7"},
        {"long__min_notional": "961"},
        {"short__min_notional": "970"},
    ],
)
def test_an_order_under_a_minimum_is_no_order(spoilt):
    assert isinstance(changed(**spoilt), BelowMinimumSize)


@given(
    long_lot=st.integers(1, 60), short_lot=st.integers(1, 60), notional=st.integers(1, 5000),
    long_min=st.integers(0, 900), short_min=st.integers(0, 900),
)  # fmt: skip
def test_whatever_the_lots_the_legs_agree_or_there_is_no_trade(long_lot, short_lot, notional, long_min, short_min):
    found = changed(
        notional=str(notional), long__lot=str(Decimal(long_lot) / 100), short__lot=str(Decimal(short_lot) / 100),
        long__min_qty=str(Decimal(long_min) / 100), short__min_qty=str(Decimal(short_min) / 100),
    )  # fmt: skip
    if isinstance(found, BelowMinimumSize):
        return
    assert found.order_qty == found.qty
    assert found.qty % (Decimal(lcm(long_lot, short_lot)) / 100) == 0
    assert found.qty >= max(long_min, short_min) / Decimal(100)
