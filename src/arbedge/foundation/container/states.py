"""What can be said of a running service: its state, its health, and who hears of changes."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Protocol

__all__ = ["Health", "LifeHooks", "LifeState", "StopFailure"]


class LifeState(StrEnum):
    """Where a service stands.

    `stopped` is also where it begins; `degraded` works with a reason against it; `failed` does not work, and may
    be on its way back (`starting` again) where its recovery policy says so.
    """

    STARTING = "starting"
    HEALTHY = "healthy"
    DEGRADED = "degraded"
    FAILED = "failed"
    STOPPED = "stopped"


@dataclass(frozen=True, slots=True, kw_only=True)
class Health:
    """One service at one moment. `reason` says why it is not healthy (empty when it is).

    `since_at` is when it took this state, `recoveries` how often it was started anew, `pinged_at` when it last
    answered a ping in any way (None: never asked).
    """

    name: str
    state: LifeState
    reason: str
    since_at: datetime
    recoveries: int
    pinged_at: datetime | None
    is_required: bool


@dataclass(frozen=True, slots=True)
class StopFailure:
    """A service that did not stop cleanly, and why."""

    name: str
    reason: str


class LifeHooks(Protocol):
    """What metrics want to know of services."""

    def service_changed(self, name: str, before: LifeState | None, after: LifeState) -> None:
        """A service took a state; `before` is None when it becomes known."""
        ...
