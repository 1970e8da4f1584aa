"""What outcomes say together: how many still paid at each mark, what paper made of what was predicted.

Shares are over the marks that could be told; what is unknown or was missed is counted beside them, never in them.
Means and medians are exact decimals in bps of the entry shown. Simulated and real outcomes, and those that pay only
if the gap closes, are never put into one figure.
"""

from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from decimal import Decimal
from statistics import median
from typing import NamedTuple, Protocol

from arbedge.domain.money import ZERO
from arbedge.domain.opportunity import Qualification
from arbedge.opportunities.outcomes.following import (
    Followed,
    Mark,
    MarkOutcome,
    PaperResult,
    PaperStatus,
    Standing,
)
from arbedge.opportunities.pricing.exactness import exact_arithmetic
from arbedge.opportunities.ranking.lives import venues_of

__all__ = ["Group", "KindSurvival", "MarkCount", "Outcome", "OutcomeReport", "PaperComparison", "summarise"]

_FIRST = Mark.HALF_SECOND


class Outcome(Protocol):
    """One followed opportunity, its marks and its paper trade."""

    @property
    def followed(self) -> Followed:
        """What was shown."""
        ...

    @property
    def marks(self) -> Sequence[MarkOutcome]:
        """What was found at the marks so far."""
        ...

    @property
    def paper(self) -> PaperResult:
        """What paper made of it."""
        ...


class Group(NamedTuple):
    """What is counted together: the kind, whether it pays only if the gap closes, whether it is simulated."""

    kind: str
    is_if_closed: bool
    is_simulated: bool


@dataclass(frozen=True, slots=True)
class MarkCount:
    """What one mark found. `share` is paying over told, None where none could be told."""

    mark: Mark
    paying: int
    not_paying: int
    unknown: int
    missed: int

    @property
    def told(self) -> int:
        """How many could be told."""
        return self.paying + self.not_paying

    @property
    def share(self) -> Decimal | None:
        """The share still paying, of those that could be told."""
        return Decimal(self.paying) / self.told if self.told else None


@dataclass(frozen=True, slots=True)
class KindSurvival:
    """The marks of one group, of `followed` opportunities. Dead on arrival: not paying at the first mark."""

    group: Group
    followed: int
    marks: tuple[MarkCount, ...]

    @property
    def dead_on_arrival(self) -> int:
        """How many did not pay at the first mark."""
        return next((each.not_paying for each in self.marks if each.mark is _FIRST), 0)


@dataclass(frozen=True, slots=True, kw_only=True)
class PaperComparison:
    """Predicted against paper, of `done` paper trades; the rest is counted. Figures are None where none is done."""

    group: Group
    venues: str
    done: int
    running: int
    not_entered: int
    unknown: int
    mean_predicted_bps: Decimal | None
    mean_paper_bps: Decimal | None
    mean_error_bps: Decimal | None
    median_error_bps: Decimal | None


@dataclass(frozen=True, slots=True)
class OutcomeReport:
    """Everything: `unfollowed` were shown and not followed (too many at once, or the process was killed)."""

    followed: int
    unfollowed: int
    survival: tuple[KindSurvival, ...]
    paper: tuple[PaperComparison, ...]


def summarise(outcomes: Iterable[Outcome], unfollowed: int) -> OutcomeReport:
    """The report of these outcomes."""
    by_group: dict[Group, list[Outcome]] = defaultdict(list)
    by_route: dict[tuple[Group, str], list[Outcome]] = defaultdict(list)
    for each in outcomes:
        group = _group(each.followed)
        by_group[group].append(each)
        by_route[group, venues_of(each.followed.candidate)].append(each)
    return OutcomeReport(
        sum(map(len, by_group.values())),
        unfollowed,
        tuple(_survival(group, found) for group, found in sorted(by_group.items())),
        tuple(_comparison(group, venues, found) for (group, venues), found in sorted(by_route.items())),
    )


def _group(followed: Followed) -> Group:
    return Group(
        followed.candidate.kind.value, followed.qualifies_on is Qualification.NET_CLOSE, followed.is_simulated
    )


def _survival(group: Group, outcomes: Sequence[Outcome]) -> KindSurvival:
    counts: dict[Mark, Counter[Standing]] = {mark: Counter() for mark in Mark}
    for each in outcomes:
        for found in each.marks:
            counts[found.mark][found.standing] += 1
    marks = tuple(
        MarkCount(mark, *(counts[mark][standing] for standing in Standing)) for mark in Mark if counts[mark]
    )
    return KindSurvival(group, len(outcomes), marks)


def _comparison(group: Group, venues: str, outcomes: Sequence[Outcome]) -> PaperComparison:
    statuses = Counter(each.paper.status for each in outcomes)
    pairs = [
        (each.followed.predicted_bps, each.paper.net_bps)
        for each in outcomes
        if each.paper.status is PaperStatus.DONE and each.paper.net_bps is not None
    ]
    with exact_arithmetic():
        errors = [paper - predicted for predicted, paper in pairs]
        return PaperComparison(
            group=group,
            venues=venues,
            done=len(pairs),
            running=statuses[PaperStatus.PENDING] + statuses[PaperStatus.OPEN],
            not_entered=statuses[PaperStatus.NOT_ENTERED],
            unknown=statuses[PaperStatus.UNKNOWN],
            mean_predicted_bps=_mean([predicted for predicted, _ in pairs]),
            mean_paper_bps=_mean([paper for _, paper in pairs]),
            mean_error_bps=_mean(errors),
            median_error_bps=median(errors) if errors else None,
        )


def _mean(values: Sequence[Decimal]) -> Decimal | None:
    return sum(values, ZERO) / len(values) if values else None
