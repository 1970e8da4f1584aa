"""What the outcome path hands to its archive and takes from it after a restart."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime

from arbedge.opportunities.outcomes.following import Followed, Mark, MarkOutcome, PaperResult
from arbedge.trading.paper.position import PositionState

__all__ = ["OutcomeBatch", "PaperRow", "PendingOutcome", "Unstored"]


@dataclass(frozen=True, slots=True)
class PaperRow:
    """The paper trade of an opportunity as it is now; `ended_at` once all its marks and its result are in."""

    opportunity_id: str
    result: PaperResult
    state: PositionState | None
    ended_at: datetime | None


@dataclass(frozen=True, slots=True)
class OutcomeBatch:
    """What is new since the last batch, to be kept whole; `papers` holds the newest row of each opportunity."""

    started: Sequence[Followed] = ()
    marks: Sequence[MarkOutcome] = ()
    papers: Sequence[PaperRow] = ()


@dataclass(frozen=True, slots=True)
class PendingOutcome:
    """One that an earlier run was still following."""

    followed: Followed
    taken: frozenset[Mark]
    result: PaperResult
    state: PositionState | None


@dataclass(slots=True)
class Unstored:
    """What waits for the archive, bounded by what is followed; of a paper trade only the newest row."""

    started: dict[str, Followed] = field(default_factory=dict)
    marks: list[MarkOutcome] = field(default_factory=list)
    papers: dict[str, PaperRow] = field(default_factory=dict)

    def __len__(self) -> int:
        return len(self.started) + len(self.marks) + len(self.papers)

    def batch(self, most: int) -> OutcomeBatch:
        """The next batch: whose beginning is not stored yet comes with it, or waits."""
        started = list(self.started.values())[:most]
        later = self.started.keys() - {each.id for each in started}
        marks = [each for each in self.marks[: 2 * most] if each.opportunity_id not in later]
        papers = [each for each in list(self.papers.values())[:most] if each.opportunity_id not in later]
        return OutcomeBatch(started, marks, papers)

    def drop(self, batch: OutcomeBatch) -> None:
        """This batch is safe now."""
        for each in batch.started:
            self.started.pop(each.id, None)
        stored = set(map(id, batch.marks))
        self.marks = [each for each in self.marks if id(each) not in stored]
        for row in batch.papers:
            if self.papers.get(row.opportunity_id) is row:
                del self.papers[row.opportunity_id]
