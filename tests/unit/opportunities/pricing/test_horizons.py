"""The best horizon by return on capital, and the first settlement that pays for everything."""

from decimal import Decimal

import pytest

from arbedge.domain.priced import BelowMinimumSize
from arbedge.errors import Invalid
from arbedge.opportunities.evidence import parse
from arbedge.opportunities.pricing import price, price_horizons

HOURS = [Decimal(hours) for hours in (24, 1, 8)]


def settlements(*rates):
    return [{"at": f"2026-11-22T{12 + i + 1:02d}:00:00Z", "rate": rate} for i, rate in enumerate(rates)]


def test_each_horizon_is_priced_and_the_best_return_wins(make_pair):
    # Without funding the pair loses 12.02; one per cent of 102.5 * 5 = 5.125 an hour, then it turns.
    evidence = parse(make_pair("spot_perp", short__settlements=settlements(*["0.01"] * 8, "-0.02", "-0.02")))
    choice = price_horizons(evidence, HOURS)
    assert choice.evidence.horizon_hours == 8
    assert choice.priced == price(choice.evidence)
    assert choice.breakeven_hours == 3  # 3 * 5.125 > 12.02 > 2 * 5.125


def test_equal_returns_go_to_the_shortest_horizon(make_pair):
    assert price_horizons(parse(make_pair("spot_perp")), HOURS).evidence.horizon_hours == 1


def test_no_settlement_pays_for_a_losing_pair(make_pair):
    evidence = parse(make_pair("spot_perp", short__settlements=settlements("0.0001", "0.0001")))
    assert price_horizons(evidence, HOURS).breakeven_hours is None


def test_settlements_beyond_the_chosen_horizon_do_not_count(make_pair):
    evidence = parse(make_pair("spot_perp", short__settlements=settlements("-0.01", *["0.01"] * 9)))
    choice = price_horizons(evidence, [Decimal(1), Decimal(3)])
    assert (choice.evidence.horizon_hours, choice.breakeven_hours) == (3, None)


def test_two_settlements_at_one_moment_are_taken_together(make_pair):
    evidence = parse(
        make_pair(
            "perp_perp",
            long__settlements=settlements("-0.2", "-0.04"),
            short__settlements=settlements("-0.2", "0.02"),
        )
    )
    # 99.5 - 102.5 at one o'clock, 19.9 + 10.25 more at two; 12.02 to earn back.
    assert price_horizons(evidence, HOURS).breakeven_hours == 2


def test_interest_grows_until_the_settlement(make_pair):
    # Hours 1 and 2 cost 0.515 each for the hour running plus those begun: 12.02 + 1.03 at one, 1.545 at two.
    rates = settlements("-0.026", "-0.002")
    evidence = parse(make_pair("perp_spot", long__settlements=rates, short__borrow_rate_hourly="0.001"))
    assert price_horizons(evidence, [Decimal(2)]).breakeven_hours == 2
    cheaper = parse(make_pair("perp_spot", long__settlements=rates, short__borrow_rate_hourly="0.0001"))
    assert price_horizons(cheaper, [Decimal(2)]).breakeven_hours == 1


def test_each_horizon_may_have_its_own_convergence(make_pair):
    evidence = parse(make_pair("spot_perp", convergence="0.1"))
    choice = price_horizons(evidence, HOURS, {Decimal(8): Decimal("0.9")})
    assert (choice.evidence.horizon_hours, choice.evidence.convergence) == (8, Decimal("0.9"))
    assert choice.priced == price(choice.evidence)


def test_a_pair_that_is_not_held_is_priced_as_it_stands(make_pair):
    evidence = parse(make_pair())
    choice = price_horizons(evidence, HOURS)
    assert (choice.evidence, choice.priced, choice.breakeven_hours) == (evidence, price(evidence), None)


@pytest.mark.parametrize("kind", ["spot_spot", "spot_perp"])
def test_below_minimum_at_every_horizon(kind, make_pair):
    choice = price_horizons(parse(make_pair(kind, notional="1")), HOURS)
    assert isinstance(choice.priced, BelowMinimumSize)
    assert choice.breakeven_hours is None


@pytest.mark.parametrize("horizons", [[], [Decimal(8), Decimal(-1)]])
def test_horizons_are_required_and_not_negative(horizons, make_pair):
    with pytest.raises(Invalid, match="horizon_hours"):
        price_horizons(parse(make_pair("spot_perp")), horizons)
