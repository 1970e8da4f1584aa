"""The columns of an export of outcomes: what was shown, what each mark found, what paper made."""

from collections.abc import Callable

from arbedge.opportunities.outcomes.following import Mark, MarkOutcome
from arbedge.opportunities.ranking.lives import venues_of
from arbedge.storage.export.columns import Cell, Column, ColumnType
from arbedge.storage.repositories.outcomes import StoredOutcome

__all__ = ["OUTCOME_COLUMNS"]


def _mark(mark: Mark) -> tuple[Column, ...]:
    def read(part: Callable[[MarkOutcome], Cell]) -> Callable[[StoredOutcome], Cell]:
        def cell(row: StoredOutcome) -> Cell:
            found = next((each for each in row.marks if each.mark is mark), None)
            return None if found is None else part(found)

        return cell

    name = f"mark_{mark.value.replace('.', '_')}"
    return (
        Column(f"{name}_standing", ColumnType.TEXT, read(lambda found: found.standing.value)),
        Column(f"{name}_net_bps", ColumnType.DECIMAL, read(lambda found: found.net_bps)),
        Column(f"{name}_taken_at", ColumnType.MOMENT, read(lambda found: found.taken_at)),
        Column(f"{name}_reason", ColumnType.TEXT, read(lambda found: found.reason)),
    )


OUTCOME_COLUMNS: tuple[Column, ...] = (
    Column("id", ColumnType.TEXT, lambda row: row.followed.id),
    Column("kind", ColumnType.TEXT, lambda row: row.followed.candidate.kind.value),
    Column("asset", ColumnType.TEXT, lambda row: row.followed.asset),
    Column("venues", ColumnType.TEXT, lambda row: venues_of(row.followed.candidate)),
    Column("candidate", ColumnType.TEXT, lambda row: str(row.followed.candidate)),
    Column("qualifies_on", ColumnType.TEXT, lambda row: row.followed.qualifies_on.value),
    Column("opened_at", ColumnType.MOMENT, lambda row: row.followed.opened_at),
    Column("notional", ColumnType.DECIMAL, lambda row: row.followed.notional),
    Column("horizon_hours", ColumnType.DECIMAL, lambda row: row.followed.horizon_hours),
    Column("predicted_bps", ColumnType.DECIMAL, lambda row: row.followed.predicted_bps),
    *(column for mark in Mark for column in _mark(mark)),
    Column("paper_status", ColumnType.TEXT, lambda row: row.paper.status.value),
    Column("paper_net_bps", ColumnType.DECIMAL, lambda row: row.paper.net_bps),
    Column("paper_reason", ColumnType.TEXT, lambda row: row.paper.reason),
    Column("ended_at", ColumnType.MOMENT, lambda row: row.ended_at),
    Column("is_simulated", ColumnType.FLAG, lambda row: row.followed.is_simulated),
)
"""One row an opportunity; a mark that was not taken yet leaves its columns empty."""
