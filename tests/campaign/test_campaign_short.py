"""The campaign in short: two seeds, every kind of opportunity between and within four venues.

`make campaign` runs twenty and more, and writes docs/reference/accuracy.md.
"""

import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parents[2]))

from tests.campaign.judging import Leg, Market, Plant, Run, Shown, judge
from tests.campaign.page import table
from tests.campaign.running import STARVED_S, run_once

IGNORING_HOW_IT_STOPS = pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
"""On a machine without a processor to spare the program's time to stop runs out and it leaves connections to the
system; what is judged here is what it showed. Stopping has tests of its own."""

NOON = datetime(2026, 1, 1, 12, tzinfo=UTC)
SPOT, PERP, OTHER = (
    Market("okx", "spot", "A-USDT"),
    Market("bybit", "perp", "AUSDT"),
    Market("okx", "spot", "B-USDT"),
)
LEGS = (Leg("buy", SPOT), Leg("sell", PERP))


@pytest.mark.serial
@pytest.mark.timeout(300)
@IGNORING_HOW_IT_STOPS
@pytest.mark.parametrize(("seed", "scenario"), [(3, "cross"), (8, "steady")])
async def test_what_is_planted_is_found_and_what_is_shown_is_true(seed: int, scenario: str) -> None:
    for _ in range(2):
        run = await run_once(seed, scenario, "small", most_s=75, enough_s=10)
        verdict = judge(run)
        assert sum(tally.due for tally in verdict.tallies.values()) >= 6
        assert verdict.falses == []
        if not verdict.misses or run.lag_s <= STARVED_S:
            break
    assert verdict.misses == [], f"the loop woke {run.lag_s:.2f} s late on the mean"
    assert verdict.recall == verdict.precision == 1


def plant(*, is_decoy: bool = False, moved: Market = PERP, for_s: float = 60) -> Plant:
    return Plant("spot_perp", LEGS, NOON, NOON + timedelta(seconds=for_s), is_decoy, "planted", frozenset({moved}))


def row(*legs: Leg, at_s: float = 5) -> Shown:
    return Shown("spot_perp", legs or LEGS, NOON + timedelta(seconds=at_s), {}, 10.0)


def run(*plants: Plant, shown: tuple[Shown, ...] = (), untrue: dict[int, str] | None = None) -> Run:
    watched = (NOON, NOON + timedelta(seconds=30))
    return Run(1, "made up", plants, shown, watched, untrue or {}, {LEGS: ("net", "too little")}, 10.0)


def test_a_plant_that_nobody_was_shown_is_missed_with_its_gate() -> None:
    verdict = judge(run(plant()))
    assert (verdict.recall, [(miss.gate, miss.reason) for miss in verdict.misses]) == (0, [("net", "too little")])
    assert judge(run(plant(for_s=9))).misses == []


def test_a_decoy_shown_is_false_and_none_is_due() -> None:
    verdict = judge(run(plant(is_decoy=True), shown=(row(),)))
    assert (verdict.recall, verdict.precision, len(verdict.falses)) == (1, 0, 1)
    assert "decoy" in verdict.falses[0].why


def test_a_row_is_true_while_its_plant_is_open_or_moves_one_of_its_markets() -> None:
    beside = row(Leg("buy", OTHER), Leg("sell", PERP))
    assert judge(run(plant(), shown=(row(), beside))).precision == 1
    assert judge(run(plant(moved=SPOT), shown=(row(), beside))).precision == 0.5
    assert judge(run(plant(for_s=20), shown=(row(at_s=22), row(at_s=24)))).precision == 0.5


def test_a_row_made_from_prices_the_venue_never_quoted_is_false() -> None:
    verdict = judge(run(plant(), shown=(row(),), untrue={0: "stale"}))
    assert (verdict.precision, verdict.falses[0].why) == (0, "stale")
    assert "| `spot_perp` | 1 | 1 | 100.0% | 5.0 s | 1 | 0 | 0 | 1 | 0.0% |" in table(verdict)
