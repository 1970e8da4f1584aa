"""`python -m tests.campaign`: run it over many seeds, print the table, write docs/reference/accuracy.md."""

import argparse
import asyncio
import sys
from datetime import UTC, datetime
from pathlib import Path

from tests.campaign.judging import Run, Verdict, judge
from tests.campaign.page import Ran, table, write_page
from tests.campaign.running import STARVED_S, run_once

PAGE = Path(__file__).parents[2] / "docs" / "reference" / "accuracy.md"
SCENARIOS = ("cross", "steady", "traps")


def run_and_judge(seed: int, scenario: str, wanted: argparse.Namespace) -> tuple[Run, Verdict]:
    """One run and its verdict."""
    run = asyncio.run(run_once(seed, scenario, wanted.universe, most_s=wanted.most_s, enough_s=10.0))
    return run, judge(run)


def main() -> int:
    """Exit code 1 when a plant was missed or something false shown."""
    parser = argparse.ArgumentParser(prog="python -m tests.campaign", description=__doc__)
    parser.add_argument("--seeds", type=int, default=20, help="how many seeds, from 1 (default: 20)")
    parser.add_argument("--first", type=int, default=1, help="the first seed (default: 1)")
    parser.add_argument("--scenarios", default=",".join(SCENARIOS), help=f"default: {','.join(SCENARIOS)}")
    parser.add_argument("--universe", default="demo")
    parser.add_argument("--most-s", type=float, default=45.0, help="longest watch of one run (default: 45)")
    parser.add_argument("--no-save", action="store_true", help="do not write the page")
    wanted = parser.parse_args()
    seeds = range(wanted.first, wanted.first + wanted.seeds)
    scenarios = wanted.scenarios.split(",")
    reruns: list[str] = []
    verdicts = {scenario: Verdict() for scenario in scenarios}
    for seed in seeds:
        for scenario in scenarios:
            run, found = run_and_judge(seed, scenario, wanted)
            if found.misses and run.lag_s > STARVED_S:
                print(f"seed {seed} {scenario}: the loop woke {run.lag_s:.2f} s late, run again", flush=True)
                reruns.append(f"{scenario} {seed}")
                run, found = run_and_judge(seed, scenario, wanted)
            verdicts[scenario].add(found)
            print(
                f"seed {seed} {scenario}: recall {found.recall:.0%} precision {found.precision:.0%} lag {run.lag_s:.3f} s",
                flush=True,
            )
            for miss in found.misses:
                print(f"  missed {miss.plant.kind} {miss.plant.legs}: {miss.gate} {miss.reason}", flush=True)
            for each in found.falses:
                print(f"  false {each.shown.kind} {each.shown.legs}: {each.why}", flush=True)
    for scenario, verdict in verdicts.items():
        print(f"\n{scenario}\n{table(verdict)}")
    if not wanted.no_save:
        write_page(PAGE, verdicts, Ran(seeds, wanted.universe, tuple(reruns), datetime.now(UTC)))
        print(f"saved: {PAGE}")
    return int(any(verdict.misses or verdict.falses for verdict in verdicts.values()))


if __name__ == "__main__":
    sys.exit(main())
