"""A bad day of four venues, in the short form of `make badday`: nothing false is shown, everything comes back."""

import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parents[2]))

from tests.campaign.judging import Verdict
from tests.chaos.bad_day import BITGET_WAIT_S, RECOVERY_S, VENUES, Day, Recovery, live_through, long_day, short_day

GROWTH_MB = 25.0
"""What a minute may add: rings, caches and books filling up. `make badday` holds the slope of a long run to 0.2 MB."""


@pytest.mark.serial
@pytest.mark.timeout(300)
async def test_a_calm_market_stays_empty_through_a_bad_day_and_everything_comes_back() -> None:
    day = await live_through(short_day(), scenario="calm")
    assert day.shown == 0
    assert [each.missing for each in day.failed] == []
    assert max(each.seconds for each in day.recoveries) < RECOVERY_S + BITGET_WAIT_S
    assert day.recoveries[-1].rss_mb - day.recoveries[0].rss_mb < GROWTH_MB


@pytest.mark.serial
@pytest.mark.timeout(300)
async def test_beside_plants_only_what_is_true_is_shown_on_a_bad_day() -> None:
    day = await live_through(short_day()[:3:2], scenario="cross", universe="demo", seed=3)
    assert day.shown > 0
    assert [(false.shown.legs, false.why) for false in day.verdict.falses] == []
    assert [each.missing for each in day.failed] == []


def test_the_day_strikes_every_venue_in_every_way() -> None:
    def struck(acts, fault: str) -> set[str]:
        return {blow.venue for act in acts for blow in act.blows if blow.fault == fault}

    short, long = short_day(), long_day(1, 10)
    for fault in ("down", "slow", "reconnect_storm", "cut"):
        assert struck(short, fault) == struck(long, fault) == set(VENUES)
    refusals = [
        {blow.venue for act in acts for blow in act.blows if blow.fault in {"ban", "rate_limit"}}
        for acts in (short, long)
    ]
    assert refusals == [set(VENUES), set(VENUES)]
    for fault in ("crossed", "stale", "clock_skew", "gap", "garbage", "out_of_order", "silent", "truncated"):
        assert struck(long, fault) == set(VENUES)
    assert all(len(act.blows) == 4 for act in short[:4])
    assert any(len(act.blows) == 2 for act in long)
    assert long_day(1, 10) == long


def test_memory_that_climbs_is_seen_and_a_warm_up_is_not() -> None:
    def day(*levels_mb: float) -> Day:
        return Day([Recovery("act", 1.0, "", "", level) for level in levels_mb], Verdict(), 0, 60.0)

    assert day(100, 120, 130, 130, 130, 130, 130).growth_mb_per_act() == 0
    assert day(100, 101, 102, 103, 104, 105).growth_mb_per_act() == pytest.approx(1.0)
