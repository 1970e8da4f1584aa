"""The words of supervision: restart policies, states and failures of tasks, and who hears of them."""

import logging
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from random import Random
from typing import Any, Protocol

__all__ = ["ErrorLog", "RestartPolicy", "StandardLog", "TaskFailure", "TaskHooks", "TaskState"]


class ErrorLog(Protocol):
    """Where a supervisor reports; a structlog logger fits."""

    def warning(self, event: str, **fields: Any) -> Any:
        """Something went wrong and is being dealt with."""
        ...

    def error(self, event: str, **fields: Any) -> Any:
        """Something went wrong for good."""
        ...


class StandardLog:
    """The fallback when no logger was passed: nothing is lost, though nothing is structured."""

    def __init__(self) -> None:
        self._log = logging.getLogger("arbedge.supervision")

    def warning(self, event: str, **fields: Any) -> None:
        """Log with the standard library."""
        self._log.warning("%s %s", event, fields)

    def error(self, event: str, **fields: Any) -> None:
        """Log with the standard library."""
        self._log.error("%s %s", event, fields)


class TaskHooks(Protocol):
    """What metrics want to know of tasks."""

    def task_restarted(self, task: str) -> None:
        """A task failed and will be started again."""
        ...

    def task_failed(self, task: str) -> None:
        """A task failed and stays down."""
        ...


class TaskState(StrEnum):
    """Where a supervised task stands."""

    RUNNING = "running"
    RESTARTING = "restarting"
    FINISHED = "finished"
    FAILED = "failed"
    STOPPED = "stopped"


@dataclass(frozen=True, slots=True)
class RestartPolicy:
    """How often and how fast a failed task is started again.

    The n-th restart within `window_s` waits between half and all of `first_delay_s` * 2 ** (n - 1), never more than
    `max_delay_s`.
    After `max_restarts` within the window the task is given up; None never gives up.
    """

    first_delay_s: float = 0.5
    max_delay_s: float = 30.0
    max_restarts: int | None = 5
    window_s: float = 60.0

    def __post_init__(self) -> None:
        if not 0 < self.first_delay_s <= self.max_delay_s or self.window_s <= 0:
            raise ValueError("a restart policy needs 0 < first_delay_s <= max_delay_s and window_s > 0")
        if self.max_restarts is not None and self.max_restarts < 1:
            raise ValueError("max_restarts is at least 1, or None for no end")

    def delay_s(self, recent_restarts: int, rng: Random) -> float | None:
        """The wait before the next start after that many restarts within the window; None to give up."""
        if self.max_restarts is not None and recent_restarts >= self.max_restarts:
            return None
        full_s = min(self.max_delay_s, self.first_delay_s * 2.0 ** min(recent_restarts, 60))
        return full_s * (0.5 + rng.random() / 2)


@dataclass(frozen=True, slots=True)
class TaskFailure:
    """One error of one task; `is_final` when the task was not started again."""

    task: str
    error_id: str
    error: BaseException
    at: datetime
    is_final: bool
