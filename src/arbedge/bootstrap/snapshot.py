"""What a running ArbEdge looks like at one moment: the value every view, scan and health answer is drawn from."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from arbedge.domain.opportunity import Opportunity, Rejection

__all__ = ["RunSnapshot", "VenueLine"]


@dataclass(frozen=True, slots=True, kw_only=True)
class VenueLine:
    """One venue's health: `state` as a word, how many instruments it lists and how many of them quote now.

    `frames_per_s` over the last seconds; `clock_offset_ms` is venue minus us (None until measured); `error` is
    the latest reason in words, None when all is well.
    """

    name: str
    state: str
    instruments: int
    quotes: int
    frames_per_s: float
    clock_offset_ms: float | None
    error: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class RunSnapshot:
    """The whole at one moment; `opportunities` best first, `rejected` counts candidates by their first failed gate.

    `closest` is the rejected candidate that lacks least, for an honest empty screen. `notices` are things a
    person should know now (a restricted watch list, a venue without an adapter).
    """

    as_of: datetime
    is_simulated: bool
    uptime_s: float
    venues: tuple[VenueLine, ...]
    opportunities: tuple[Opportunity, ...]
    rejected: Mapping[str, int]
    closest: Rejection | None
    notices: tuple[str, ...]

    @property
    def quoting_venues(self) -> int:
        """How many venues quote at least one instrument."""
        return sum(1 for venue in self.venues if venue.quotes > 0)

    @property
    def is_unanswered(self) -> bool:
        """Whether every venue has had its chance and none quotes anything."""
        return self.quoting_venues == 0 and not any(venue.state == "connecting" for venue in self.venues)
