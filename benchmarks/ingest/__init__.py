"""From the socket to detection: what a message costs, and how long it takes, on real sockets of this machine.

The venue is a process of its own, so is each reader; they live for the whole run and are asked in turn. The
reader's CPU is counted (user and system, all threads), not the time that passed: a busy machine lengthens both.
A message's time runs from when it was due at the venue to when detection had looked at its slot with it, or with a
newer one of the same slot, in the board. Times of single messages are honest on a quiet machine only.
"""

import json
import subprocess
import sys
import tempfile
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.harness import Case, Timed
from benchmarks.ingest.traffic import INSTRUMENTS, messages

__all__ = ["cases"]

MOST = 150_000
FLAT_OUT = {"ours": 100_000, "checked": 30_000, "bare": 30_000}
SECONDS = 1.5


class _Process:
    """A program spoken with in lines of JSON."""

    def __init__(self, *words: str) -> None:
        self.process = subprocess.Popen(
            [sys.executable, "-m", *words], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )

    def say(self, **words: Any) -> None:
        assert self.process.stdin is not None
        self.process.stdin.write(json.dumps(words) + "\n")
        self.process.stdin.flush()

    def hear(self) -> dict[str, Any]:
        assert self.process.stdout is not None
        heard: dict[str, Any] = json.loads(self.process.stdout.readline())
        return heard

    def close(self) -> None:
        assert self.process.stdin is not None
        self.process.stdin.close()
        self.process.wait(10)


class Bench:
    """The venue and the readers, each started when first needed."""

    def __init__(self) -> None:
        self._folder = tempfile.TemporaryDirectory()
        self._stamps = Path(self._folder.name, "stamps")
        self._looks = Path(self._folder.name, "looks")
        self._sender: _Process | None = None
        self._port = 0
        self._readers: dict[str, _Process] = {}
        self._latest: dict[str, np.ndarray[Any, Any]] = {}

    def flat_out(self, name: str) -> Timed:
        """CPU of reading messages that always lie ready."""
        outcome = self._round(name, FLAT_OUT[name], None)
        return Timed(FLAT_OUT[name], outcome["cpu_ns"])

    def paced(self, name: str, per_s: int, percent: float) -> Timed:
        """That percentile of the time from due to looked at."""
        count = int(per_s * SECONDS)
        self._round(name, count, per_s)
        self._latest[name] = waits = self._waits(count)
        return Timed(1, float(np.percentile(waits, percent)))

    def again(self, name: str, percent: float) -> Timed:
        """Another percentile of the round before."""
        return Timed(1, float(np.percentile(self._latest[name], percent)))

    def close(self) -> None:
        """End every process; harmless when done already."""
        for each in (*self._readers.values(), *([self._sender] if self._sender else [])):
            each.close()
        self._readers.clear()
        self._sender = None
        self._folder.cleanup()

    def _round(self, name: str, count: int, per_s: int | None) -> dict[str, Any]:
        sender, reader = self._venue(), self._reader(name)
        sender.say(send=count, per_s=per_s)
        reader.say(port=self._port, count=count, looks_file=str(self._looks) if per_s else None)
        reader.hear()  # first: a reader that ends early says so by its silence
        sender.hear()
        sender.say(go=True)
        sender.hear()
        outcome = reader.hear()
        sender.say(done=True)
        assert outcome["stored"] == count, f"{name} lost {count - outcome['stored']} of {count} messages"
        return outcome

    def _waits(self, count: int) -> "np.ndarray[Any, Any]":
        """Of every message: when it, or a newer one of its slot, had been looked at, less when it was due."""
        due_ns = np.fromfile(self._stamps, dtype=np.int64)[:count]
        slots = _slots()[:count]
        looks = np.fromfile(self._looks, dtype=np.int64).reshape(-1, 3)
        numbers = np.arange(1, count + 1)
        keys = looks[:, 1] * (count + 1) + looks[:, 2]
        order = np.lexsort((looks[:, 0], keys))
        found = np.searchsorted(keys[order], slots * (count + 1) + numbers)
        at = looks[order[np.minimum(found, len(order) - 1)]]
        assert (found < len(order)).all(), "the last message was never looked at"
        assert (at[:, 1] == slots).all(), "a message was never looked at"
        return np.asarray(at[:, 0] - due_ns)

    def _venue(self) -> _Process:
        if self._sender is None:
            self._stamps.write_bytes(bytes(8 * MOST))
            self._sender = _Process("benchmarks.ingest.sender", str(MOST), str(self._stamps))
            self._port = self._sender.hear()["port"]
        return self._sender

    def _reader(self, name: str) -> _Process:
        if name not in self._readers:
            module, *words = {
                "ours": ("benchmarks.ingest.ours",),
                "checked": ("benchmarks.ingest.plain", "checked"),
                "bare": ("benchmarks.ingest.plain", "bare"),
            }[name]
            self._readers[name] = _Process(module, *words)
        return self._readers[name]


@cache
def _slots() -> "np.ndarray[Any, Any]":
    """Whose each message is."""
    return np.fromiter((each.slot for each in messages(MOST)), dtype=np.int64, count=MOST)


def cases() -> list[Case]:
    bench = Bench()
    what = f"{INSTRUMENTS:,} instruments of four venues, 16 connections"
    return [
        Case(
            "ingest.flat_out",
            lambda: bench.flat_out("ours"),
            lambda: bench.flat_out("checked"),
            "message",
            bar_text=f"CPU a message, socket to detection, {what}: 6 times less than the plain way with our checks",
            reference_name="websockets + json + dict, same checks",
            close=bench.close,
        ),
        Case(
            "ingest.flat_out_bare",
            lambda: bench.flat_out("ours"),
            lambda: bench.flat_out("bare"),
            "message",
            bar_text="the same against the plain way without any check: 4 times less",
            reference_name="websockets + json + dict, no checks",
            close=bench.close,
        ),
        Case(
            "ingest.p99_at_50k",
            lambda: bench.paced("ours", 50_000, 99),
            lambda: bench.paced("checked", 50_000, 99),
            "99th percentile",
            bar_text="50,000 messages a second, none lost: due at the venue to looked at by detection",
            reference_name="websockets + json + dict, same checks",
            close=bench.close,
        ),
        Case(
            "ingest.p50_at_50k",
            lambda: bench.again("ours", 50),
            lambda: bench.again("checked", 50),
            "median",
            bar_text="the median of the same rounds",
            reference_name="websockets + json + dict, same checks",
            close=bench.close,
        ),
        Case(
            "ingest.p99_at_100k",
            lambda: bench.paced("ours", 100_000, 99),
            unit="99th percentile",
            bar_text="100,000 messages a second, none lost",
            close=bench.close,
        ),
    ]
