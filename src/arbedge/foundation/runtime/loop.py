"""The event loop programs run on: uvloop where there is one, asyncio's own elsewhere; its end is bounded."""

import asyncio
import logging
from collections.abc import Callable, Coroutine
from typing import Any, TypeVar

__all__ = ["loop_factory", "run"]

T = TypeVar("T")

_END_S = 2.0


def loop_factory() -> Callable[[], asyncio.AbstractEventLoop] | None:
    """What makes a loop; None stands for asyncio's own choice."""
    try:
        import uvloop  # noqa: PLC0415 - absent on Windows
    except ImportError:
        return None
    return uvloop.new_event_loop


def run(main: Coroutine[Any, Any, T]) -> T:
    """Run a program's one coroutine to its end, as `asyncio.run` does.

    Tasks it left behind are cancelled and given two seconds; what does not end then is logged and abandoned, where
    `asyncio.run` would wait for ever.
    """
    runner = asyncio.Runner(loop_factory=loop_factory())
    try:
        return runner.run(main)
    finally:
        if _end_tasks(runner.get_loop()):
            runner.close()


def _end_tasks(loop: asyncio.AbstractEventLoop) -> bool:
    """Cancel what is left; whether all of it ended in time."""
    left = asyncio.all_tasks(loop)
    if not left:
        return True
    for task in left:
        task.cancel()
    _, running = loop.run_until_complete(asyncio.wait(left, timeout=_END_S))
    if running:
        names = ", ".join(sorted(task.get_name() for task in running))
        logging.getLogger("arbedge.runtime").error("abandoned at the end of the program: %s", names)
    return not running
