from dataclasses import replace

import pytest

from arbedge.domain.opportunity import IdentityLevel
from arbedge.opportunities.ranking.score import WEIGHTS, ScoreInputs, score

PLAIN = ScoreInputs(
    return_on_capital=0.002,
    rate_difference_8h=0.0005,
    spread_bps=0.0,
    swing_bps=0.0,
    identity=IdentityLevel.ADDRESS,
    leg_count=2,
    least_volume_usd=1e7,
    capacity_usd=1000.0,
    notional=1000.0,
    age_s=0.0,
    next_settlement_s=None,
    live_share=1.0,
    calm=1.0,
)


def parts(inputs):
    return {name: value for name, value, _ in score(inputs).parts}


def test_every_part_has_its_documented_value():
    assert parts(PLAIN) == pytest.approx(
        {
            "return_on_capital": 0.5,
            "rate_difference": 0.5,
            "risk": 1.0,
            "liquidity": 0.5,
            "time_sensitivity": 1.0,
            "market_conditions": 1.0,
        }
    )


def test_the_total_is_the_weighted_mean_of_the_parts_there_are():
    for inputs in (PLAIN, replace(PLAIN, rate_difference_8h=None), replace(PLAIN, probability=0.25)):
        made = score(inputs)
        assert made.total == pytest.approx(
            sum(value * weight for _, value, weight in made.parts) / sum(weight for _, _, weight in made.parts)
        )
        assert all(weight == WEIGHTS[name] for name, _, weight in made.parts)


def test_an_absent_model_is_left_out_never_a_constant():
    assert "probability" not in parts(PLAIN)
    assert "rate_difference" not in parts(replace(PLAIN, rate_difference_8h=None))
    assert parts(replace(PLAIN, probability=0.7))["probability"] == 0.7


@pytest.mark.parametrize(
    ("field", "worse", "part"),
    [
        ("return_on_capital", 0.001, "return_on_capital"),
        ("rate_difference_8h", 0.0001, "rate_difference"),
        ("spread_bps", 5.0, "risk"),
        ("swing_bps", 5.0, "risk"),
        ("identity", IdentityLevel.RATIO, "risk"),
        ("leg_count", 3, "risk"),
        ("live_share", 0.5, "risk"),
        ("least_volume_usd", 2e5, "liquidity"),
        ("capacity_usd", 100.0, "liquidity"),
        ("age_s", 60.0, "time_sensitivity"),
        ("calm", 0.5, "market_conditions"),
    ],
)
def test_worse_inputs_lower_their_part_and_the_total(field, worse, part):
    before, after = score(PLAIN), score(replace(PLAIN, **{field: worse}))
    assert parts(replace(PLAIN, **{field: worse}))[part] < parts(PLAIN)[part]
    assert after.total < before.total


def test_a_settlement_coming_up_is_as_urgent_as_a_young_gap():
    old = replace(PLAIN, age_s=3600.0)
    assert parts(old)["time_sensitivity"] < 0.01
    assert parts(replace(old, next_settlement_s=3600.0))["time_sensitivity"] == pytest.approx(0.875)
    assert parts(replace(old, next_settlement_s=9 * 3600.0))["time_sensitivity"] < 0.01


@pytest.mark.parametrize("extreme", [-1e9, -1.0, 0.0, 1e-12, 1.0, 1e12])
def test_no_input_leaves_the_unit_interval(extreme):
    inputs = replace(
        PLAIN,
        return_on_capital=extreme,
        rate_difference_8h=extreme,
        spread_bps=extreme,
        swing_bps=extreme,
        least_volume_usd=extreme,
        capacity_usd=extreme,
        age_s=extreme,
        next_settlement_s=extreme,
        live_share=extreme,
        calm=extreme,
        probability=extreme,
    )
    made = score(inputs)
    assert all(0 <= value <= 1 for _, value, _ in made.parts)
    assert 0 <= made.total <= 1


def test_volume_nobody_states_leaves_depth_alone_to_speak():
    assert parts(replace(PLAIN, least_volume_usd=None))["liquidity"] == pytest.approx(0.5)


def test_what_will_not_live_long_is_urgent_whatever_its_age():
    old = replace(PLAIN, age_s=3600.0, expected_life_s=60.0)
    assert parts(old)["time_sensitivity"] == pytest.approx(0.5)
    assert parts(replace(old, expected_life_s=0.0))["time_sensitivity"] == 1
    assert parts(replace(old, expected_life_s=6000.0))["time_sensitivity"] < 0.01
