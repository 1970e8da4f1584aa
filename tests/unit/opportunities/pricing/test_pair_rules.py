"""Each rule of two-leg pricing with figures worked out by hand."""

from datetime import UTC, datetime, timedelta
from decimal import localcontext

import pytest

from arbedge.domain.priced import BelowMinimumSize
from arbedge.errors import Invalid
from arbedge.opportunities.evidence import parse
from arbedge.opportunities.pricing import price, render

AS_OF = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)
HEDGED = ("spot_perp", "perp_spot", "perp_perp", "funding")


def priced(document):
    return render(price(parse(document)))


def picked(document, *names):
    shown = priced(document)
    return tuple(shown[name] for name in names)


def test_spot_spot_earns_the_gap_less_both_fees(make_pair):
    assert priced(make_pair()) == {
        "verdict": "ok",
        "order_qty": "5",
        "qty": "5",
        "residual_base": "0",
        "long_vwap": "100",
        "short_vwap": "102",
        "entry_notional": "500",
        "price": "10",
        "fees_entry": "-1.01",
        "fees_exit": "0",
        "funding": "0",
        "borrow": "0",
        "transfer": "0",
        "conversion": "0",
        "net": "8.99",
        "net_bps": "179.8",
        "capital": "1010",
        "return_on_capital": "0.00890099009901",
    }


@pytest.mark.parametrize("kind", HEDGED)
def test_a_hedged_pair_pays_both_spreads_and_keeps_what_converges(kind, make_pair):
    # Exit: sell 5 at 99, buy 5 at 103; the mids are 99.5 and 102.5. 10 + 5 * (99 - 103) + 0.4 * 5 * 3 = -4.
    document = make_pair(kind, convergence="0.4", horizon_hours="8")
    assert picked(document, "price", "fees_entry", "fees_exit", "net") == ("-4", "-1.01", "-1.01", "-6.02")
    assert picked(document, "net_stay", "net_close", "carry_apr") == ("-12.02", "2.98", "0")


@pytest.mark.parametrize(
    ("kind", "capital"),
    [("spot_perp", "721"), ("perp_spot", "726.666666667"), ("perp_perp", "437.666666667"), ("spot_spot", "1010")],
)
def test_a_perp_ties_up_margin_and_spot_its_whole_amount(kind, capital, make_pair):
    assert picked(make_pair(kind), "capital") == (capital,)


def test_leverage_and_buffer_replace_their_defaults(make_pair):
    assert picked(make_pair("perp_perp", leverage="5", margin_buffer="0"), "capital") == ("202",)


def test_a_fee_taken_from_the_asset_leaves_less_to_sell(make_pair):
    # 4.995 arrive, 4.9 are sold, 0.095 stay: 4.9 * 2 + 0.095 * (99 - 100); fee 0.005 * 100 + 4.9 * 102 * 0.001.
    document = make_pair(long__fee_asset="received")
    assert picked(document, "order_qty", "qty", "residual_base") == ("5", "4.9", "0.095")
    assert picked(document, "price", "fees_entry") == ("9.705", "-0.9998")


def test_a_transfer_costs_its_fees_at_the_price_paid(make_pair):
    # 4.995 received - 0.05 - 0.01 * 4.995 = 4.89505 delivered, 4.8 sold.
    document = make_pair(
        mode="transfer", withdraw_fee_base="0.05", withdraw_fee_pct="0.01", long__fee_asset="received"
    )
    assert picked(document, "qty", "residual_base", "transfer") == ("4.8", "0.09505", "-9.995")
    assert picked(document, "price", "fees_entry", "net") == ("9.50495", "-0.9896", "-1.47965")


@pytest.mark.parametrize("kind", ["spot_perp", "perp_spot"])
def test_a_held_pair_moves_no_coin(kind, make_pair):
    document = make_pair(kind, mode="transfer", withdraw_fee_base="1", withdraw_fee_pct="0.1")
    assert picked(document, "qty", "transfer") == ("5", "0")


def test_prefunded_ignores_withdrawal_fees(make_pair):
    assert picked(make_pair(withdraw_fee_base="1"), "qty", "transfer") == ("5", "0")


@pytest.mark.parametrize(
    ("as_of", "hours", "expected"),
    [
        ("2026-11-22T12:00:00Z", "0", "-0.0515"),  # the hour that runs
        ("2026-11-22T12:00:00Z", "1", "-0.103"),  # 13:00 begins within
        ("2026-11-22T12:30:00Z", "1.5", "-0.1545"),  # 13:00 and 14:00
        ("2026-11-22T12:30:00Z", "0.49", "-0.0515"),
        ("2026-11-22T18:00:00+05:30", "0.5", "-0.103"),  # 12:30 UTC: clock hours are UTC's
    ],
)
def test_borrowing_is_paid_by_the_clock_hour(as_of, hours, expected, make_pair):
    document = make_pair("perp_spot", as_of=as_of, horizon_hours=hours, short__borrow_rate_hourly="0.0001")
    assert picked(document, "borrow") == (expected,)


def test_a_borrowed_spot_sale_is_bought_back_in_any_kind(make_pair):
    assert picked(make_pair(short__borrow_rate_hourly="0.0001"), "borrow", "fees_exit") == ("-0.0515", "0")


@pytest.mark.parametrize(
    ("seconds", "rate", "counts"),
    [
        (30, "0.001", False),
        (60, "0.001", False),
        (61, "0.001", True),
        (3600, "0.001", True),
        (3601, "0.001", False),
        (-61, "-0.001", False),
        (-60, "-0.001", False),
        (-59, "-0.001", True),
        (30, "-0.001", True),
        (3600, "-0.001", True),
        (3601, "-0.001", False),
    ],
)
def test_the_guard_is_strict_on_income_and_kind_to_no_payment(seconds, rate, counts, make_pair):
    at = (AS_OF + timedelta(seconds=seconds)).isoformat()
    short = make_pair("perp_perp", horizon_hours="1", short__settlements=[{"at": at, "rate": rate}])
    opposite = rate.removeprefix("-") if rate.startswith("-") else f"-{rate}"
    long = make_pair("perp_perp", horizon_hours="1", long__settlements=[{"at": at, "rate": opposite}])
    sign = "-" if rate.startswith("-") else ""
    assert picked(short, "funding") == ((f"{sign}0.5125" if counts else "0"),)  # 0.001 * mid 102.5 * 5
    assert picked(long, "funding") == ((f"{sign}0.4975" if counts else "0"),)  # 0.001 * mid 99.5 * 5


def test_funding_is_paid_on_the_mark_and_only_by_perps(make_pair):
    settlement = [{"at": "2026-11-22T13:00:00Z", "rate": "0.001"}]
    document = make_pair(
        "spot_perp",
        horizon_hours="8",
        long__settlements=settlement,
        short__settlements=settlement,
        short__mark="101",
    )
    assert picked(document, "funding", "carry_apr") == ("0.505", "1.10595")  # 0.505 / 500 * 8760 / 8


def test_a_horizon_of_zero_has_no_yearly_carry(make_pair):
    settlement = [{"at": "2026-11-22T11:59:30Z", "rate": "-0.001"}]
    document = make_pair("spot_perp", short__settlements=settlement)
    assert picked(document, "funding", "carry_apr") == ("-0.5125", "0")


def test_conversion_is_paid_by_spot_legs_on_the_way_in_and_out(make_pair):
    held = make_pair("spot_perp", long__conversion_cost="0.0002", short__conversion_cost="0.1")
    assert picked(held, "conversion") == ("-0.199",)  # 0.0002 * (500 + 495)
    both = make_pair(long__conversion_cost="0.0002", short__conversion_cost="0.0001")
    assert picked(both, "conversion") == ("-0.151",)  # 0.0002 * 500 + 0.0001 * 510
    reverse = make_pair("perp_spot", short__conversion_cost="0.0002")
    assert picked(reverse, "conversion") == ("-0.205",)  # 0.0002 * (510 + 515)


def test_units_turn_contracts_and_thousands_into_base_units(make_pair):
    # 0.5 contracts of 10 thousands are 5,000 base units at 102 / 1000 * 0.5.
    document = make_pair(
        "perp_perp",
        notional="250",
        long__book={"asks": [["100", "1"]], "bids": [["99", "1"]]},
        long__multiplier="1000",
        long__contract_size="10",
        long__quote_rate="0.5",
        short__book={"bids": [["0.051", "9000"]], "asks": [["0.052", "9000"]]},
        short__lot="100",
    )
    assert picked(document, "order_qty", "long_vwap", "entry_notional") == ("5000", "0.05", "250")


def test_the_order_is_cut_to_both_lots(make_pair):
    assert picked(make_pair(long__lot="0.4", short__lot="0.7"), "order_qty") == ("2.8",)


@pytest.mark.parametrize(
    ("kind", "changes", "order_qty"),
    [
        ("spot_spot", {"notional": "1e9"}, "10"),
        ("spot_spot", {"short__book__bids": [["102", "3"], ["101", "0.25"]]}, "3.2"),
        ("spot_spot", {"long__book__bids": [["99", "2"]], "short__book__asks": [["103", "2"]]}, "5"),
        ("spot_perp", {"long__book__bids": [["99", "2.34"]]}, "2.3"),
        ("spot_perp", {"short__book__asks": [["103", "1.99"]]}, "1.9"),
    ],
)
def test_every_side_that_will_be_walked_limits_the_order(kind, changes, order_qty, make_pair):
    assert picked(make_pair(kind, **changes), "order_qty") == (order_qty,)


@pytest.mark.parametrize(
    "changes",
    [
        {"notional": "0"},
        {"notional": "9.99"},
        {"long__lot": "5.1"},
        {"long__min_qty": "5.1"},
        {"short__min_qty": "5.1"},
        {"long__min_notional": "500.01"},
        {"short__min_notional": "510.01"},
        {"long__fee_asset": "received", "short__lot": "5"},
        {"mode": "transfer", "withdraw_fee_base": "4.95"},
        {"mode": "transfer", "withdraw_fee_base": "7"},
        {"mode": "transfer", "withdraw_fee_pct": "1"},
    ],
)
def test_below_minimum_says_so_and_nothing_else(changes, make_pair):
    result = price(parse(make_pair(**changes)))
    assert isinstance(result, BelowMinimumSize)
    assert result.reason
    assert render(result) == {"verdict": "below_minimum"}


@pytest.mark.parametrize(
    "changes",
    [
        {"long__min_qty": "5"},
        {"short__min_qty": "5"},
        {"long__min_notional": "500"},
        {"short__min_notional": "510"},
        {"notional": "10"},
    ],
)
def test_exactly_the_minimum_is_enough(changes, make_pair):
    assert priced(make_pair(**changes))["verdict"] == "ok"


@pytest.mark.parametrize(("least", "verdict"), [("500", "ok"), ("500.1", "below_minimum")])
def test_a_minimum_notional_is_in_the_quote_currency(least, verdict, make_pair):
    document = make_pair(notional="250", long__quote_rate="0.5", long__min_notional=least)
    assert priced(document)["verdict"] == verdict


def test_minimum_quantities_are_in_venue_units(make_pair):
    document = make_pair(long__contract_size="0.5", long__min_qty="10.2", long__lot="0.2")
    assert priced(document)["verdict"] == "below_minimum"


def test_a_rebate_in_the_asset_sells_no_more_than_the_books_hold(make_pair):
    document = make_pair(long__fee_asset="received", long__taker_fee="-0.1", short__book__bids=[["102", "5"]])
    assert picked(document, "order_qty", "qty", "residual_base") == ("5", "5", "0.5")


def test_the_callers_decimal_context_changes_nothing(make_pair):
    evidence = parse(make_pair("spot_perp", convergence="0.333333333333", long__taker_fee="0.00123456789"))
    expected = render(price(evidence))
    with localcontext() as rough:
        rough.prec = 3
        assert render(price(evidence)) == expected


def test_a_net_that_ends_is_exact_although_two_of_its_lines_do_not(make_pair):
    # Thirteen digits ending in 5: half-even needs the exact sum, not the sum of two cut lines.
    document = make_pair(
        notional="12.4",
        mode="transfer",
        withdraw_fee_base="0.0133",
        long__book={"asks": [["98.00125", "0.001"], ["98.0025", "1"]], "bids": [["98", "1"]]},
        long__lot="0.001",
        long__taker_fee="0.0001",
        short__book={"bids": [["98", "1"]], "asks": [["98.01", "1"]]},
        short__lot="0.001",
        short__taker_fee="0",
    )
    assert picked(document, "net") == ("-1.30494858138",)


def test_figures_too_far_apart_are_refused_in_words(make_pair):
    document = make_pair(notional="1e29", long__lot="1e-60", long__book__asks=[["100", "1e29"]])
    document["short"]["book"]["bids"] = [["102", "1e29"]]
    document["short"]["lot"] = "1e-60"
    with pytest.raises(Invalid, match="too far apart"):
        price(parse(document))
