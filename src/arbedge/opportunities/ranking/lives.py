"""How much longer an opportunity is expected to live: from the lives of those of its kind between its venues.

The estimate is the median residual life given the age reached (Kaplan and Meier, 1958, on the lives that reached
it). A life whose end nobody saw counts as longer than what was seen of it, never as ended. Seconds are floats:
they order and inform, no money is computed from them.
"""

from bisect import bisect_left, bisect_right
from collections import defaultdict, deque
from dataclasses import dataclass, field

from arbedge.domain.opportunity import Candidate, Opportunity

__all__ = ["LIVES_MIN", "Life", "LifeTable", "is_end_seen", "life_of", "venues_of"]

LIVES_MIN = 20
"""Under so many lives that reached the present age nothing is said."""

_LIVES_MOST = 1000
"""Lives kept of one kind between the same venues; an older one makes room."""

_SLACK = 1e-9
"""A product of shares misses an exact half by less than this."""

_UNSEEN_ENDS = ("restart:", "arbedge stopped", "fresh:", "book:")
"""Beginnings of close reasons that say how watching ended, not how the opportunity did."""


@dataclass(frozen=True, slots=True)
class Life:
    """How long one was seen to live, in seconds; `is_whole` is False when watching ended before it did."""

    lasted_s: float
    is_whole: bool


@dataclass(slots=True)
class _Curve:
    """The survival curve of one group: after `ends_s[i]` the share `alive[i]` still lives."""

    reached_s: list[float] = field(default_factory=list)
    ends_s: list[float] = field(default_factory=list)
    alive: list[float] = field(default_factory=list)


class LifeTable:
    """Lives by kind and venues. Bounded: of each group the newest thousand are kept."""

    def __init__(self) -> None:
        self._lives: dict[tuple[str, str], deque[Life]] = defaultdict(lambda: deque(maxlen=_LIVES_MOST))
        self._curves: dict[tuple[str, str], _Curve] = {}

    def add(self, candidate: Candidate, life: Life) -> None:
        """A life is over, or nobody watches it any more."""
        key = (candidate.kind.value, venues_of(candidate))
        self._lives[key].append(life)
        self._curves.pop(key, None)

    def remaining_s(self, candidate: Candidate, age_s: float) -> float | None:
        """Median seconds still to live at this age; None under `LIVES_MIN` lives, or when fewer than half ended."""
        key = (candidate.kind.value, venues_of(candidate))
        if len(self._lives.get(key, ())) < LIVES_MIN:
            return None
        curve = self._curves.get(key)
        if curve is None:
            curve = self._curves[key] = _curve(list(self._lives[key]))
        if len(curve.reached_s) - bisect_left(curve.reached_s, age_s) < LIVES_MIN:
            return None
        before = bisect_right(curve.ends_s, age_s)
        half = (curve.alive[before - 1] if before else 1.0) / 2 + _SLACK
        index = bisect_left(curve.alive, -half, key=lambda share: -share)
        return curve.ends_s[index] - age_s if index < len(curve.ends_s) else None


def venues_of(candidate: Candidate) -> str:
    """The venues of its legs in order, `binance>okx`; one name alone where all are the same."""
    return ">".join(dict.fromkeys(leg.instrument.venue for leg in candidate.legs))


def is_end_seen(close_reason: str | None) -> bool:
    """Whether a close reason tells of the opportunity's own end."""
    return close_reason is not None and not close_reason.startswith(_UNSEEN_ENDS)


def life_of(opportunity: Opportunity) -> Life:
    """What was seen of a closed opportunity's life."""
    ended_at = opportunity.closed_at if is_end_seen(opportunity.close_reason) else None
    lasted_s = ((ended_at or opportunity.updated_at) - opportunity.opened_at).total_seconds()
    return Life(max(0.0, lasted_s), ended_at is not None)


def _curve(lives: list[Life]) -> _Curve:
    """At each end the share alive falls by the share of those still watched that ended then."""
    curve = _Curve(sorted(life.lasted_s for life in lives))
    share = 1.0
    ends = sorted(life.lasted_s for life in lives if life.is_whole)
    for end_s in dict.fromkeys(ends):
        at_risk = len(lives) - bisect_left(curve.reached_s, end_s)
        share *= 1 - (bisect_right(ends, end_s) - bisect_left(ends, end_s)) / at_risk
        curve.ends_s.append(end_s)
        curve.alive.append(share)
    return curve
