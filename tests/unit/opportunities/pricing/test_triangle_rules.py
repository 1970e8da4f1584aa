"""Each rule of triangular pricing with figures worked out by hand."""

import pytest

from arbedge.domain.priced import BelowMinimumSize, PricedTriangle
from arbedge.opportunities.evidence import parse
from arbedge.opportunities.pricing import price, render


def picked(document, *names):
    shown = render(price(parse(document)))
    return tuple(shown[name] for name in names)


def test_the_product_of_three_rates(make_triangle):
    assert render(price(parse(make_triangle()))) == {
        "verdict": "ok",
        "spent": "1000",
        "end": "1020",
        "net": "20",
        "net_bps": "200",
    }


def test_capital_is_what_the_first_leg_used(make_triangle):
    priced = price(parse(make_triangle()))
    assert isinstance(priced, PricedTriangle)
    assert (priced.capital, priced.return_on_capital) == (1000, priced.net / 1000)


def test_fees_shrink_what_arrives_and_lots_leave_dust(make_triangle):
    # 10 A less 1 % = 9.9; affords 19.8 B less 1 % = 19.602, sold 19.6 * 51 = 999.6 less 1 %.
    fees = {f"legs__{i}__taker_fee": "0.01" for i in range(3)}
    assert picked(make_triangle(**fees), "spent", "end") == ("1000", "989.604")


def test_a_fee_in_quote_must_be_afforded_too(make_triangle):
    # 1000 / (100 * 1.01) = 9.90099… → 9.9 for 990 + 9.9; then 9.9 / (0.5 * 1.01) = 19.6039… → 19.6.
    fees = {f"legs__{i}__taker_fee": "0.01" for i in range(2)} | {
        f"legs__{i}__fee_asset": "quote" for i in range(2)
    }
    assert picked(make_triangle(**fees), "spent", "end") == ("999.9", "999.6")


@pytest.mark.parametrize("asset", ["quote", "received"])
def test_a_sale_pays_its_fee_from_the_proceeds_either_way(asset, make_triangle):
    assert picked(make_triangle(legs__2__taker_fee="0.01", legs__2__fee_asset=asset), "end") == ("1009.8",)


def test_a_first_leg_that_sells_spends_what_it_sold(make_triangle):
    # From 7.77 A: sell 7.7 at 50, buy at 10 → 38.5 B, sell at 0.21 → 8.085 A.
    document = make_triangle(notional="7.77")
    document["legs"] = [
        {"side": "sell", "book": {"bids": [["50", "100"]]}, "lot": "0.1", "taker_fee": "0"},
        {"side": "buy", "book": {"asks": [["10", "100"]]}, "lot": "0.1", "taker_fee": "0"},
        {"side": "sell", "book": {"bids": [["0.21", "100"]]}, "lot": "0.1", "taker_fee": "0"},
    ]
    assert picked(document, "spent", "end", "net", "net_bps") == ("7.7", "8.085", "0.385", "500")


def test_walking_deeper_levels_costs_more(make_triangle):
    # 6 at 100, 4 more at 110 would cost 440: 400 buy 3.63; 6 * 100 + 3.63 * 110 = 999.3.
    document = make_triangle(legs__0__book={"asks": [["100", "6"], ["110", "50"]]})
    assert picked(document, "spent", "end") == ("999.3", "982.26")  # 9.63 A → 19.26 B * 51


@pytest.mark.parametrize(
    ("changes", "spent", "end"),
    [
        ({"legs__0__book__asks": [["100", "4.567"]]}, "456", "465.12"),
        ({"legs__1__book__asks": [["0.5", "8"]]}, "1000", "408"),
        ({"legs__2__book__bids": [["51", "3.999"]]}, "1000", "203.49"),
    ],
)
def test_depth_limits_each_leg_and_the_rest_is_dust(changes, spent, end, make_triangle):
    assert picked(make_triangle(**changes), "spent", "end") == (spent, end)


def test_units_apply_to_legs_of_thousands(make_triangle):
    # Venue units of 1,000 B: price 500 A for one, lots of 0.01 units are 10 B.
    document = make_triangle(
        legs__1__multiplier="1000",
        legs__1__book={"asks": [["500", "1"]], "bids": [["490", "1"]]},
        legs__1__lot="0.00001",
    )
    assert picked(document, "end") == ("1020",)


@pytest.mark.parametrize(
    "changes",
    [
        {"notional": "0"},
        {"notional": "0.99"},
        {"legs__0__lot": "10.01"},
        {"legs__0__min_qty": "10.01"},
        {"legs__1__min_qty": "20.01"},
        {"legs__2__min_qty": "20.01"},
        {"legs__0__min_notional": "1000.01"},
        {"legs__1__min_notional": "10.01"},
        {"legs__2__min_notional": "1020.01"},
        {"legs__2__lot": "21"},
    ],
)
def test_below_minimum_of_any_leg(changes, make_triangle):
    result = price(parse(make_triangle(**changes)))
    assert isinstance(result, BelowMinimumSize)
    assert result.reason
    assert render(result) == {"verdict": "below_minimum"}


def test_exactly_the_minima_are_enough(make_triangle):
    minima = {"legs__0__min_qty": "10", "legs__1__min_qty": "20", "legs__2__min_notional": "1020"}
    assert picked(make_triangle(**minima, legs__0__min_notional="1000"), "verdict") == ("ok",)


def test_a_minimum_notional_leaves_the_fee_on_top_out(make_triangle):
    document = make_triangle(
        notional="1010", legs__0__taker_fee="0.01", legs__0__fee_asset="quote", legs__0__min_notional="1000"
    )
    assert picked(document, "verdict", "spent") == ("ok", "1010")
    document["legs"][0]["min_notional"] = "1000.01"
    assert render(price(parse(document))) == {"verdict": "below_minimum"}
