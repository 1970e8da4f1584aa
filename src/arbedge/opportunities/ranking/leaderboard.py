"""The leaderboard: open opportunities in order, and only those changes of its top that a viewer would notice."""

from dataclasses import dataclass
from decimal import Decimal

from arbedge.domain.events import OpportunityChange, OpportunityEvent
from arbedge.domain.opportunity import Opportunity
from arbedge.opportunities.ranking.score import rank_key

__all__ = ["Leaderboard", "RankChange"]

_NOTICEABLE_NET_BPS = Decimal("0.1")
_NOTICEABLE_SCORE = 0.005


@dataclass(frozen=True, slots=True)
class RankChange:
    """One opportunity's place changed, or its figures did: places count from 1, None is outside the top."""

    opportunity: Opportunity
    rank: int | None
    previous_rank: int | None


class Leaderboard:
    """The best `size` of all open opportunities. `version` rises with every change it reports."""

    def __init__(self, size: int) -> None:
        self._size = size
        self._open: dict[str, Opportunity] = {}
        self._shown: dict[str, tuple[int, Opportunity]] = {}
        self.version = 0

    def __len__(self) -> int:
        return len(self._open)

    def apply(self, event: OpportunityEvent) -> tuple[RankChange, ...]:
        """Take in one event; returns what changed in the top, best place first and leavers last."""
        opportunity = event.opportunity
        if event.change is OpportunityChange.CLOSED:
            self._open.pop(opportunity.id, None)
        else:
            self._open[opportunity.id] = opportunity
        changes = self._compare(opportunity)
        if changes:
            self.version += 1
        return changes

    def top(self) -> tuple[Opportunity, ...]:
        """The best opportunities in order, with their latest figures."""
        return tuple(sorted(self._open.values(), key=rank_key)[: self._size])

    def _compare(self, touched: Opportunity) -> tuple[RankChange, ...]:
        changes: list[RankChange] = []
        shown: dict[str, tuple[int, Opportunity]] = {}
        for rank, opportunity in enumerate(self.top(), start=1):
            previous = self._shown.get(opportunity.id)
            shown[opportunity.id] = (rank, opportunity)
            if previous is None or previous[0] != rank:
                changes.append(RankChange(opportunity, rank, previous[0] if previous else None))
            elif _is_noticeable(previous[1], opportunity):
                changes.append(RankChange(opportunity, rank, rank))
            else:
                shown[opportunity.id] = previous  # small steps add up until they are worth telling
        for key, (rank, opportunity) in self._shown.items():
            if key not in shown:
                latest = touched if key == touched.id else opportunity
                changes.append(RankChange(latest, None, rank))
        self._shown = shown
        return tuple(changes)


def _is_noticeable(before: Opportunity, after: Opportunity) -> bool:
    return (
        before.qualifies_on is not after.qualifies_on
        or abs(after.priced.net_bps - before.priced.net_bps) >= _NOTICEABLE_NET_BPS
        or abs(after.score.total - before.score.total) >= _NOTICEABLE_SCORE
    )
