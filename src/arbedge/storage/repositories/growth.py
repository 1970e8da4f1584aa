"""Which steps of an opportunity's life are kept for good, so that a row changing ten times a second stays small.

The latest state is always kept, whole, in place. Beside it the archive keeps a trail of revisions with their
evidence: the opening, the close, every new peak of net bps, and otherwise at most one update a second, thinning
as the life ages: never sooner than a sixtieth of the age since the one before. A life of a minute keeps about 60
updates, one of a day about 500, one of a month about 700.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal

from arbedge.domain.events import OpportunityChange, OpportunityEvent

__all__ = ["Trail", "is_stale", "step_at", "trail_after"]

_UPDATE_INTERVAL = timedelta(seconds=1)
"""At most one plain update is kept per opportunity in this long, by the events' own times."""

_AGE_SHARE = 60
"""Nor sooner than this part of its age, so that the trail of a long life grows with the logarithm of its length."""

_STEP_RANK = {OpportunityChange.OPENED: 0, OpportunityChange.UPDATED: 1, OpportunityChange.CLOSED: 2}
"""The order of steps that carry the same moment."""


@dataclass(frozen=True, slots=True)
class Trail:
    """What the archive knows of an opportunity's past: its latest step and its newest kept revision."""

    at: datetime
    rank: int
    kept_at: datetime
    peak_net_bps: Decimal


def step_at(event: OpportunityEvent) -> datetime:
    """The moment of a step: the close's own time where there is one, else when the figures were made."""
    return event.opportunity.closed_at or event.opportunity.updated_at


def is_stale(event: OpportunityEvent, trail: Trail | None) -> bool:
    """Whether this step must change nothing: a later one is known, or the life has ended."""
    if trail is None:
        return False
    if trail.rank == _STEP_RANK[OpportunityChange.CLOSED]:
        return True
    if event.change is OpportunityChange.CLOSED:
        return False
    return (step_at(event), _STEP_RANK[event.change]) < (trail.at, trail.rank)


def trail_after(event: OpportunityEvent, trail: Trail | None) -> tuple[bool, Trail]:
    """Whether this step joins the trail, and the trail after it."""
    at, peak = step_at(event), event.opportunity.peak_net_bps
    is_kept = (
        trail is None
        or event.change is not OpportunityChange.UPDATED
        or peak > trail.peak_net_bps
        or at - trail.kept_at >= max(_UPDATE_INTERVAL, (trail.kept_at - event.opportunity.opened_at) / _AGE_SHARE)
    )
    if trail is not None:
        peak = max(peak, trail.peak_net_bps)
    kept_at = at if is_kept or trail is None else trail.kept_at
    return is_kept, Trail(at, _STEP_RANK[event.change], kept_at, peak)
