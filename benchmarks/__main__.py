"""`python -m benchmarks [names] [--rounds N]`: measure, print, save; exit code 1 when a bar is missed."""

import argparse
import importlib
import pkgutil
import sys
import tomllib
from collections.abc import Sequence
from pathlib import Path

import benchmarks
from benchmarks.harness import MIN_ROUNDS, Case, Measured, judge, measure, save

HERE = Path(__file__).parent
INFRASTRUCTURE = {"__main__", "harness"}


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument(
        "names", nargs="*", help="modules or cases to run, by the start of their name; all by default"
    )
    parser.add_argument("--rounds", type=int, default=7, help=f"timed rounds a case, at least {MIN_ROUNDS} (7)")
    parser.add_argument("--no-save", action="store_true", help="do not write benchmarks/results/")
    parser.add_argument("--list", action="store_true", help="only name the cases")
    wanted = parser.parse_args(arguments)
    if wanted.rounds < MIN_ROUNDS:
        parser.error(f"--rounds {wanted.rounds}: at least {MIN_ROUNDS}")
    cases = discover(wanted.names)
    if not cases:
        parser.error(f"no case is called {', '.join(wanted.names) or 'anything'}; see --list")
    if wanted.list:
        print("\n".join(f"{case.name:34} {case.bar_text}" for case in cases))
        return 0
    budgets = tomllib.loads((HERE / "budgets.toml").read_text(encoding="utf-8"))
    measured = measure(cases, wanted.rounds)
    verdicts = {c.name: judge(c, m, budgets) for c, m in zip(cases, measured, strict=True)}
    print(table(measured, verdicts))
    if not wanted.no_save:
        print(f"saved: {save(HERE / 'results', measured, verdicts, wanted.rounds)}")
    return 0 if all(is_met for bars in verdicts.values() for _, is_met in bars) else 1


def discover(names: Sequence[str]) -> list[Case]:
    """Cases of every module here whose module or case name starts with one of the names; all without names."""
    found: list[Case] = []
    for module in sorted(m.name for m in pkgutil.iter_modules(benchmarks.__path__)):
        if module in INFRASTRUCTURE:
            continue
        if names and not any(name.startswith(module) or module.startswith(name) for name in names):
            continue
        cases = importlib.import_module(f"benchmarks.{module}").cases()
        found += [
            case
            for case in cases
            if not names or any(case.name.startswith(n) or module.startswith(n) for n in names)
        ]
    twice = {case.name for case in found if sum(other.name == case.name for other in found) > 1}
    if twice:
        raise SystemExit(f"case names must be unique: {', '.join(sorted(twice))}")
    return found


def table(measured: Sequence[Measured], verdicts: dict[str, list[tuple[str, bool]]]) -> str:
    """One line a case, one more for each further bar."""
    lines = [f"{'case':34}{'per op':>11}{'p10..p90':>20}{'ops/s':>13}{'reference':>11}{'ratio':>8}  bar"]
    for each in measured:
        low, high = each.spread(each.subject_ns)
        reference = time_text(sorted(each.reference_ns)[len(each.reference_ns) // 2]) if each.reference_ns else "-"
        ratio = f"{each.ratio:.2f}" if each.ratio is not None else "-"
        bars = [f"{'pass' if is_met else 'SHORT'} {text}" for text, is_met in verdicts[each.name]] or ["-"]
        lines.append(
            f"{each.name:34}{time_text(each.median_ns):>11}{f'{time_text(low)}..{time_text(high)}':>20}"
            f"{each.per_s:>13,.0f}{reference:>11}{ratio:>8}  {bars[0]}"
        )
        lines += [" " * 99 + bar for bar in bars[1:]]
    return "\n".join(lines)


def time_text(ns: float) -> str:
    """Three digits and a unit."""
    for limit, divisor, unit in ((1e3, 1, "ns"), (1e6, 1e3, "us"), (1e9, 1e6, "ms")):
        if ns < limit:
            return f"{ns / divisor:.3g} {unit}"
    return f"{ns / 1e9:.3g} s"


if __name__ == "__main__":
    sys.exit(main())
