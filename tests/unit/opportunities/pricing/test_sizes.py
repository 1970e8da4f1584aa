"""Size curve, best size and capacity, on books whose answer can be worked out."""

from decimal import Decimal

import pytest

from arbedge.domain.priced import PricedPair
from arbedge.opportunities.evidence import parse
from arbedge.opportunities.pricing import best_size, capacity, price, size_curve

RISING = {"asks": [["100", "10"], ["101", "10"], ["104", "100"]], "bids": [["99", "200"]]}
FLAT = {"bids": [["102", "200"]], "asks": [["103", "200"]]}
FREE = {"long__taker_fee": "0", "short__taker_fee": "0", "long__lot": "0.0001", "short__lot": "0.0001"}


def test_the_curve_prices_each_notional_and_leaves_out_what_cannot_be_traded(make_pair):
    evidence = parse(make_pair())
    curve = size_curve(evidence, [Decimal(500), Decimal(5), Decimal(1000)])
    assert [point.notional for point in curve] == [500, 1000]
    first = price(evidence)
    assert isinstance(first, PricedPair)
    assert (curve[0].entry_notional, curve[0].net, curve[0].net_bps) == (
        first.entry_notional,
        first.net,
        first.net_bps,
    )


def test_the_curve_of_a_triangle_is_on_what_was_spent(make_triangle):
    (point,) = size_curve(parse(make_triangle()), [Decimal("1000.5")])
    assert (point.entry_notional, point.net) == (1000, 20)


def test_best_size_is_where_the_next_level_stops_paying(make_pair):
    best = best_size(parse(make_pair(long__book=RISING, short__book=FLAT, **FREE)))
    assert best is not None
    assert (best.entry_notional, best.net) == (2010, 30)  # 10 * 2 + 10 * 1, then 104 > 102


def test_capacity_is_where_the_losses_have_eaten_the_gain(make_pair):
    # 30 earned on the first 20, then 2 lost on each further unit: 15 more units at 104.
    found = capacity(parse(make_pair(long__book=RISING, short__book=FLAT, **FREE)))
    assert Decimal(0) <= 2010 + 15 * 104 - found < Decimal("0.02")


def test_capacity_of_books_that_always_pay_is_all_they_hold(make_pair):
    assert capacity(parse(make_pair())) == 1000


def test_a_net_of_exactly_zero_still_counts(make_pair):
    even = {"asks": [["102", "10"]], "bids": [["99", "10"]]}
    assert capacity(parse(make_pair(long__book=even, short__book=FLAT, **FREE))) == 1020


@pytest.mark.parametrize("notional", ["500", "9"])
def test_capacity_is_zero_when_no_size_pays(notional, make_pair):
    assert capacity(parse(make_pair("spot_perp", notional=notional))) == 0


def test_nothing_tradable_has_no_best_size(make_pair):
    evidence = parse(make_pair(long__min_qty="1000"))
    assert best_size(evidence) is None
    assert capacity(evidence) == 0


def test_a_fixed_cost_pays_only_above_a_size(make_pair):
    # 1 coin stays on the way (100): each unit earns 2, less 102 on the coin missing at the sale: pays from 51 units.
    wide = {"asks": [["100", "60"], ["110", "100"]], "bids": [["99", "300"]]}
    document = make_pair(long__book=wide, short__book=FLAT, mode="transfer", withdraw_fee_base="1", **FREE)
    best = best_size(parse(document))
    assert best is not None
    assert (best.entry_notional, best.net) == (6000, 18)  # 59 * 102 - 6000
    assert Decimal(0) <= 6000 + Decimal(18) / 8 * 110 - capacity(parse(document)) < Decimal("0.02")


def test_a_deep_book_is_searched_between_its_bends(make_pair):
    asks = [[f"{100 + i * Decimal('0.05')}", "1"] for i in range(200)]
    document = make_pair(long__book={"asks": asks, "bids": [["99", "1"]]}, short__book=FLAT, **FREE)
    best = best_size(parse(document))
    assert best is not None
    assert best.net == sum(2 - i * Decimal("0.05") for i in range(41))
    # Level i earns 2 - 0.05 i: the sum over the first n is zero at n = 81.
    assert Decimal(0) <= sum(Decimal(row[0]) for row in asks[:81]) - capacity(parse(document)) < Decimal("0.02")


def test_capacity_of_a_triangle(make_triangle):
    document = make_triangle(legs__0__book={"asks": [["100", "10"], ["104", "40"]]}, legs__0__lot="0.0001")
    document["legs"][1]["lot"] = document["legs"][2]["lot"] = "0.0001"
    # 20 earned on the first 10 A, 2 lost on each further one: 10 more at 104.
    assert Decimal(0) <= 2040 - capacity(parse(document)) < Decimal("0.05")
    best = best_size(parse(document))
    assert best is not None
    assert (best.entry_notional, best.net) == (1000, 20)


def test_capacity_of_a_triangle_that_sells_first(make_triangle):
    document = make_triangle(notional="7.7")
    document["legs"] = [
        {"side": "sell", "book": {"bids": [["50", "100"]]}, "lot": "0.1", "taker_fee": "0"},
        {"side": "buy", "book": {"asks": [["10", "1000"]]}, "lot": "0.1", "taker_fee": "0"},
        {"side": "sell", "book": {"bids": [["0.21", "1000"]]}, "lot": "0.1", "taker_fee": "0"},
    ]
    assert capacity(parse(document)) == 100
