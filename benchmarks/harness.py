"""Measuring a subject against its reference in one interleaved run.

Both run in turn, round by round, in an order that flips every round, so that a machine that slows down slows both.
A round repeats the batch until it is long enough to time. The garbage collector runs before each timing and not
during it. The ratio is the median of the rounds' own ratios; times are medians with the 10th and 90th percentile.
"""

import asyncio
import gc
import inspect
import json
import os
import platform
import statistics
import subprocess
import time
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

__all__ = ["BAR_KINDS", "Case", "Measured", "Timed", "judge", "machine", "measure", "save"]

MIN_ROUNDS = 5
ROUND_S = 0.05
WARM_UP_S = 0.02


@dataclass(frozen=True)
class Timed:
    """What a batch says that measured itself: CPU of another process, a percentile of many messages."""

    operations: int
    elapsed_ns: float


Batch = Callable[[], int | Timed | Awaitable[int]]


@dataclass(frozen=True)
class Case:
    """One comparison. `subject` and `reference` run one batch and return how many operations it held.

    Either may be a coroutine function: it then runs on one event loop kept for the whole run; or it measures itself
    and returns `Timed`. `bar` is the least
    ratio reference/subject that passes; bars of other kinds stand in budgets.toml under the case's name. `bar_text`
    says in words what is asked. `close` is called after the run.
    """

    name: str
    subject: Batch
    reference: Batch | None = None
    unit: str = "op"
    bar: float | None = None
    bar_text: str = ""
    reference_name: str = "reference"
    close: Callable[[], Any] | None = None


@dataclass(frozen=True)
class Measured:
    """What one case took. Times are nanoseconds an operation."""

    name: str
    unit: str
    reference_name: str | None
    subject_ns: list[float]
    reference_ns: list[float] = field(default_factory=list)

    @property
    def median_ns(self) -> float:
        return statistics.median(self.subject_ns)

    @property
    def per_s(self) -> float:
        return 1e9 / self.median_ns

    @property
    def ratio(self) -> float | None:
        if not self.reference_ns:
            return None
        return statistics.median(r / s for s, r in zip(self.subject_ns, self.reference_ns, strict=True))

    def spread(self, times: Sequence[float]) -> tuple[float, float]:
        """10th and 90th percentile."""
        deciles = statistics.quantiles(times, n=10, method="inclusive")
        return deciles[0], deciles[-1]


BAR_KINDS: Mapping[str, tuple[str, Callable[[Measured], float | None], bool]] = {
    # key in budgets.toml: how it reads, what is compared, whether more is better
    "min_ratio": ("x reference", lambda m: m.ratio, True),
    "min_per_s": ("/s", lambda m: m.per_s, True),
    "max_us": ("us", lambda m: m.median_ns / 1e3, False),
    "max_s": ("s", lambda m: m.median_ns / 1e9, False),
}


def measure(cases: Sequence[Case], rounds: int, *, round_s: float = ROUND_S) -> list[Measured]:
    """Every case, `rounds` (at least 5) rounds each; a round runs all cases in turn."""
    if rounds < MIN_ROUNDS:
        raise ValueError(f"at least {MIN_ROUNDS} rounds")
    with asyncio.Runner() as runner:
        sides = [[_Side(batch, runner, round_s) for batch in (c.subject, c.reference) if batch] for c in cases]
        try:
            for number in range(rounds):
                for pair in sides:
                    for side in pair if number % 2 == 0 else reversed(pair):
                        side.time()
        finally:
            for case in cases:
                if case.close is not None:
                    case.close()
    return [
        Measured(
            case.name,
            case.unit,
            case.reference_name if case.reference else None,
            pair[0].times,
            pair[1].times if case.reference else [],
        )
        for case, pair in zip(cases, sides, strict=True)
    ]


class _Side:
    """A subject or a reference with the number of batches that make a round long enough."""

    def __init__(self, batch: Batch, runner: asyncio.Runner, round_s: float) -> None:
        self.times: list[float] = []
        self._run: Callable[[int], int | Timed] = (
            (lambda n: runner.run(_repeat_async(batch, n)))
            if inspect.iscoroutinefunction(batch)
            else (lambda n: _repeat(batch, n))
        )
        once_s = self._warm_up()
        self._batches = max(1, round(round_s / once_s))

    def time(self) -> None:
        gc.collect()
        gc.disable()
        try:
            started = time.perf_counter_ns()
            done = self._run(self._batches)
            elapsed: float = time.perf_counter_ns() - started
        finally:
            gc.enable()
        if isinstance(done, Timed):
            done, elapsed = done.operations, done.elapsed_ns
        self.times.append(elapsed / done)

    def _warm_up(self) -> float:
        """Run until caches and specialised bytecode are warm; the seconds of the fastest batch."""
        fastest_s, spent_s = float("inf"), 0.0
        while spent_s < WARM_UP_S:
            started = time.perf_counter_ns()
            self._run(1)
            took_s = (time.perf_counter_ns() - started) / 1e9
            fastest_s, spent_s = min(fastest_s, took_s), spent_s + took_s
        return fastest_s


def _repeat(batch: Batch, count: int) -> int | Timed:
    operations, elapsed_ns = 0, 0.0
    is_timed = False
    for _ in range(count):
        done = batch()
        if isinstance(done, Timed):
            is_timed, elapsed_ns, done = True, elapsed_ns + done.elapsed_ns, done.operations
        assert isinstance(done, int)
        operations += done
    return Timed(operations, elapsed_ns) if is_timed else operations


async def _repeat_async(batch: Batch, count: int) -> int:
    operations = 0
    for _ in range(count):
        done = batch()
        assert not isinstance(done, int)
        assert not isinstance(done, Timed)
        operations += await done
    return operations


def judge(case: Case, measured: Measured, budgets: Mapping[str, Mapping[str, float]]) -> list[tuple[str, bool]]:
    """Every bar of the case: in words, and whether it was reached."""
    bars = dict(budgets.get(case.name, {}))
    if case.bar is not None:
        bars.setdefault("min_ratio", case.bar)
    verdicts = []
    for key, bar in bars.items():
        if key not in BAR_KINDS:
            raise ValueError(f"budgets.toml: {case.name} has {key!r}; known: {', '.join(BAR_KINDS)}")
        unit, read, is_more_better = BAR_KINDS[key]
        value = read(measured)
        if value is None:
            raise ValueError(f"{case.name} has a ratio to reach but no reference")
        is_met = value >= bar if is_more_better else value <= bar
        verdicts.append((f"{'>=' if is_more_better else '<='} {bar:,.10g} {unit}", is_met))
    return verdicts


def machine() -> dict[str, Any]:
    """What the numbers were taken on."""
    model = platform.processor()
    cpuinfo = Path("/proc/cpuinfo")
    if cpuinfo.exists():
        lines = cpuinfo.read_text(encoding="utf-8").splitlines()
        model = next((line.partition(":")[2].strip() for line in lines if line.startswith("model name")), model)
    load = os.getloadavg()[0] if hasattr(os, "getloadavg") else None
    return {
        "cpu": model,
        "cores": os.cpu_count(),
        "system": f"{platform.system()} {platform.machine()}",
        "python": platform.python_version(),
        "load_1min": load,
    }


def save(
    folder: Path, measured: Sequence[Measured], verdicts: Mapping[str, list[tuple[str, bool]]], rounds: int
) -> Path:
    """Write one run as JSON, stamped with machine and commit; returns the file."""
    commit, is_dirty = _commit(folder)
    at = datetime.now(UTC)
    document = {
        "at": at.isoformat(timespec="seconds"),
        "commit": commit,
        "uncommitted_changes": is_dirty,
        "machine": machine(),
        "rounds": rounds,
        "cases": [
            asdict(each)
            | {"median_ns": each.median_ns, "per_s": each.per_s, "ratio": each.ratio}
            | {"bars": [{"bar": text, "met": is_met} for text, is_met in verdicts[each.name]]}
            for each in measured
        ],
    }
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"{at:%Y%m%dT%H%M%SZ}-{commit[:10]}.json"
    path.write_text(json.dumps(document, indent=1) + "\n", encoding="utf-8")
    return path


def _commit(folder: Path) -> tuple[str, bool]:
    """The checked-out commit and whether files differ from it; `nocommit` outside a repository."""

    def git(*words: str) -> str:
        command = ["git", "-C", str(folder.parent), *words]
        done = subprocess.run(command, capture_output=True, text=True, timeout=20, check=False)
        return done.stdout.strip() if done.returncode == 0 else ""

    return git("rev-parse", "HEAD") or "nocommit", bool(git("status", "--porcelain", "--untracked-files=no"))
