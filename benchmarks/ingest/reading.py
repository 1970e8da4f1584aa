"""What every reader's process does round by round: connect, be counted, say what it cost and when it looked."""

import json
import sys
import time
from array import array
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from pathlib import Path

__all__ = ["Looks", "Order", "Outcome", "serve"]

Run = Callable[["Order", Callable[[], None]], Awaitable["Outcome"]]


@dataclass(frozen=True, slots=True)
class Order:
    """One round: where to connect, how many messages will come, whether looks are written down."""

    port: int
    count: int
    looks_file: str | None


@dataclass(slots=True)
class Looks:
    """When detection looked at a slot, and at which message of it: (time, slot, sequence) in turn, 64 bit each."""

    rows: array = field(default_factory=lambda: array("q"))  # type: ignore[type-arg]

    def write(self, path: str) -> None:
        with Path(path).open("wb") as file:
            self.rows.tofile(file)


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a round came to: messages stored, CPU of this process from the word to begin, candidates met."""

    stored: int
    cpu_ns: int
    looks: Looks
    hits: int


def serve(run: Run, loop_run: Callable[[Awaitable[Outcome]], Outcome]) -> None:
    """Obey lines of JSON until the input ends."""
    for line in sys.stdin:
        order = Order(**json.loads(line))
        outcome = loop_run(run(order, _say_ready))
        if order.looks_file is not None:
            outcome.looks.write(order.looks_file)
        said = {"stored": outcome.stored, "cpu_ns": outcome.cpu_ns, "hits": outcome.hits}
        print(json.dumps(said), flush=True)


def _say_ready() -> None:
    print(json.dumps({"ready": time.monotonic_ns()}), flush=True)
