import asyncio
import gc
import json
import sys
import time
import tomllib
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parents[3]))

from benchmarks import __main__ as command
from benchmarks.harness import Case, Measured, Timed, judge, measure, save

ROOT = Path(__file__).parents[3]
ROUND_S = 0.002


def busy(microseconds: float) -> int:
    ends = time.perf_counter_ns() + microseconds * 1000
    while time.perf_counter_ns() < ends:
        pass
    return 1


def test_a_ratio_says_how_much_dearer_the_reference_is() -> None:
    case = Case("x.fast", lambda: busy(50), lambda: busy(200))
    (measured,) = measure([case], 5, round_s=ROUND_S)
    assert len(measured.subject_ns) == len(measured.reference_ns) == 5
    assert measured.ratio is not None
    assert 2 < measured.ratio < 8
    assert measured.median_ns >= 50_000


def test_rounds_interleave_and_flip_their_order() -> None:
    seen: list[str] = []

    def run(name: str) -> int:
        seen.append(name)
        return busy(3000)

    measure([Case("x.order", lambda: run("s"), lambda: run("r"))], 6, round_s=0.003)
    timed = "".join(seen)[-12:]
    assert timed in {"srrs" * 3, "rssr" * 3}


def test_a_batch_may_measure_itself() -> None:
    def subject() -> Timed:
        busy(10)
        return Timed(4, 400.0)

    (measured,) = measure([Case("x.timed", subject, lambda: Timed(1, 300.0))], 5, round_s=ROUND_S)
    assert measured.median_ns == 100
    assert measured.ratio == 3


def test_coroutines_run_on_one_loop_and_the_collector_is_off_while_timing() -> None:
    loops: set[int] = set()
    collecting: list[bool] = []
    closed: list[bool] = []

    async def subject() -> int:
        loops.add(id(asyncio.get_running_loop()))
        collecting.append(gc.isenabled())
        await asyncio.sleep(0)
        return 10

    measure([Case("x.async", subject, close=lambda: closed.append(True))], 5, round_s=ROUND_S)
    assert len(loops) == 1
    assert collecting[-1] is False
    assert gc.isenabled()
    assert closed == [True]


def test_too_few_rounds_are_refused() -> None:
    with pytest.raises(ValueError, match="at least 5"):
        measure([], 4)


@pytest.mark.parametrize(
    ("budget", "bar", "expected"),
    [
        ({}, None, []),
        ({}, 2.0, [(">= 2 x reference", True)]),
        ({"min_ratio": 5.0}, 2.0, [(">= 5 x reference", False)]),
        ({"max_us": 1.0}, None, [("<= 1 us", True)]),
        ({"max_us": 0.99}, None, [("<= 0.99 us", False)]),
        ({"min_per_s": 1_000_000}, None, [(">= 1,000,000 /s", True)]),
        ({"max_s": 1e-7}, None, [("<= 1e-07 s", False)]),
        ({"max_us": 2, "min_per_s": 2e6}, None, [("<= 2 us", True), (">= 2,000,000 /s", False)]),
    ],
)
def test_bars(budget: dict[str, float], bar: float | None, expected: list[tuple[str, bool]]) -> None:
    case = Case("x.y", lambda: 1, lambda: 1, bar=bar)
    measured = Measured("x.y", "op", "reference", [1000.0] * 5, [3000.0] * 5)
    assert judge(case, measured, {"x.y": budget}) == expected


def test_faulty_bars_are_named() -> None:
    alone = Measured("x.y", "op", None, [1000.0] * 5)
    with pytest.raises(ValueError, match="no reference"):
        judge(Case("x.y", lambda: 1, bar=2.0), alone, {})
    with pytest.raises(ValueError, match="min_rate"):
        judge(Case("x.y", lambda: 1), alone, {"x.y": {"min_rate": 1}})


def test_a_run_is_saved_with_machine_and_commit(tmp_path: Path) -> None:
    measured = Measured("x.y", "op", "reference", [1000.0] * 5, [3000.0] * 5)
    path = save(tmp_path / "results", [measured], {"x.y": [(">= 2 x reference", True)]}, 5)
    told = json.loads(path.read_text(encoding="utf-8"))
    assert path.name.endswith("-nocommit.json")
    assert told["rounds"] == 5
    assert set(told["machine"]) == {"cpu", "cores", "system", "python", "load_1min"}
    (case,) = told["cases"]
    assert (case["ratio"], case["median_ns"], case["bars"]) == (3, 1000, [{"bar": ">= 2 x reference", "met": True}])
    assert "x.y" in command.table([measured], {"x.y": [(">= 2 x reference", True)]})


def test_every_budget_belongs_to_a_case() -> None:
    budgets = tomllib.loads((ROOT / "benchmarks" / "budgets.toml").read_text(encoding="utf-8"))
    folder = ROOT / "benchmarks"
    modules = {
        path.stem for path in (*folder.glob("*.py"), *(made.parent for made in folder.glob("*/__init__.py")))
    }
    assert {name.partition(".")[0] for name in budgets} <= modules
    ours = {case.name for case in command.discover(["resilience"])}
    assert {name for name in budgets if name.startswith("resilience.")} <= ours


def test_the_command_names_its_cases_and_its_faults(capsys: pytest.CaptureFixture[str]) -> None:
    assert command.main(["resilience.guard", "--list"]) == 0
    assert "resilience.guard_metrics" in capsys.readouterr().out
    for wrong in (["nothing_like_it"], ["resilience", "--rounds", "3"]):
        with pytest.raises(SystemExit) as ended:
            command.main(wrong)
        assert ended.value.code == 2


def test_a_missed_bar_is_exit_code_one(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    for least_ratio, code in ((0.5, 0), (1000.0, 1)):
        case = Case("x.y", lambda: busy(20), lambda: busy(40), bar=least_ratio)
        monkeypatch.setattr(command, "discover", lambda _, case=case: [case])
        assert command.main(["--rounds", "5", "--no-save"]) == code
    assert "SHORT" in capsys.readouterr().out
