"""What became of shown opportunities, on SQLite: marks, paper trades, and the lives they are expected from."""

from collections import defaultdict
from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import msgspec
from sqlalchemy import Row, Select, bindparam, delete, func, select, tuple_
from sqlalchemy.dialects.sqlite import insert

from arbedge.domain.opportunity import Candidate, Leg, OpportunityKind
from arbedge.errors import IntegrityError
from arbedge.flow.outcome_rows import OutcomeBatch, PaperRow, PendingOutcome
from arbedge.opportunities.outcomes.following import (
    Followed,
    Mark,
    MarkOutcome,
    PaperResult,
    PaperStatus,
    Standing,
)
from arbedge.opportunities.ranking.lives import Life, is_end_seen, venues_of
from arbedge.storage.records.engine import Records
from arbedge.storage.records.tables import opportunities, outcome_marks, outcomes
from arbedge.trading.paper.position import PositionState

__all__ = ["SqliteOutcomeArchive", "StoredOutcome"]

_PRUNE_ROWS = 500
_PAGE_ROWS = 500
_encode = msgspec.json.Encoder(decimal_format="string").encode
_followed = msgspec.json.Decoder(Followed)
_state = msgspec.json.Decoder(PositionState)
_legs = msgspec.json.Decoder(tuple[Leg, ...])
_insert_outcome = insert(outcomes).on_conflict_do_nothing()
_insert_mark = insert(outcome_marks).on_conflict_do_nothing()
_update_paper = (
    outcomes.update()
    .where(outcomes.c.opportunity_id == bindparam("owner"))
    .values(
        {name: bindparam(name) for name in ("paper_status", "paper_net_bps", "paper_reason", "paper", "ended_at")}
    )
)


@dataclass(frozen=True, slots=True)
class StoredOutcome:
    """One followed opportunity, the marks taken so far in order of their moments, and its paper trade."""

    followed: Followed
    marks: tuple[MarkOutcome, ...]
    paper: PaperResult
    ended_at: datetime | None


class SqliteOutcomeArchive:
    """Keeps outcomes; fills `flow.ports.OutcomeArchive`. Each call is one transaction. Errors: see Records."""

    def __init__(self, records: Records) -> None:
        self._records = records

    async def keep(self, batch: OutcomeBatch) -> None:
        """Keep all of it or nothing; a mark that is kept is never replaced."""
        started = [_outcome_row(each) for each in batch.started]
        marks = [_mark_row(each) for each in batch.marks]
        papers = [_paper_row(each) for each in batch.papers]
        async with self._records.write() as connection:
            if started:
                await connection.execute(_insert_outcome, started)
            if marks:
                await connection.execute(_insert_mark, marks)
            if papers:
                await connection.execute(_update_paper, papers)

    async def pending(self, limit: int) -> tuple[PendingOutcome, ...]:
        """Outcomes that have not ended, oldest first."""
        query = select(outcomes).where(outcomes.c.ended_at.is_(None)).order_by(outcomes.c.opened_at)
        found = await self._read(query.limit(max(limit, 0)))
        return tuple(
            PendingOutcome(each.followed, frozenset(mark.mark for mark in each.marks), each.paper, state)
            for each, state in found
        )

    async def between(self, since: datetime, until: datetime) -> tuple[StoredOutcome, ...]:
        """Outcomes of opportunities opened in [since, until), oldest first."""
        query = select(outcomes).where(outcomes.c.opened_at >= since, outcomes.c.opened_at < until)
        return tuple(each for each, _ in await self._read(query.order_by(outcomes.c.opened_at)))

    async def pages(self, since: datetime, until: datetime) -> AsyncIterator[tuple[StoredOutcome, ...]]:
        """The same, a page at a time: each page is its own short transaction."""
        key = tuple_(outcomes.c.opened_at, outcomes.c.opportunity_id)
        query = select(outcomes).where(outcomes.c.opened_at >= since, outcomes.c.opened_at < until)
        query = query.order_by(outcomes.c.opened_at, outcomes.c.opportunity_id).limit(_PAGE_ROWS)
        page = await self._read(query)
        while page:
            yield tuple(each for each, _ in page)
            last = page[-1][0].followed
            page = await self._read(query.where(key > (last.opened_at, last.id)))

    async def find(self, opportunity_id: str) -> StoredOutcome | None:
        """The outcome of one opportunity, None where it was not followed."""
        found = await self._read(select(outcomes).where(outcomes.c.opportunity_id == opportunity_id))
        return found[0][0] if found else None

    async def unfollowed(self, since: datetime, until: datetime) -> int:
        """How many opportunities opened in [since, until) have no outcome."""
        columns = opportunities.c
        is_followed = select(outcomes.c.opportunity_id).where(outcomes.c.opportunity_id == columns.id).exists()
        query = select(func.count()).where(columns.opened_at >= since, columns.opened_at < until, ~is_followed)
        async with self._records.read() as connection:
            return int((await connection.execute(query.select_from(opportunities))).scalar_one())

    async def lives(self, limit: int) -> tuple[tuple[Candidate, Life], ...]:
        """The newest closed lives of opportunities, oldest first."""
        columns = opportunities.c
        query = (
            select(columns.kind, columns.legs, columns.opened_at, columns.updated_at, columns.closed_at)
            .add_columns(columns.close_reason)
            .where(columns.closed_at.is_not(None))
            .order_by(columns.closed_at.desc())
            .limit(max(limit, 0))
        )
        async with self._records.read() as connection:
            rows = (await connection.execute(query)).all()
        return tuple(_life_of(row) for row in reversed(rows))

    async def prune(self, before: datetime) -> int:
        """Delete ended outcomes of opportunities opened before then, with their marks; returns how many went."""
        gone = 0
        key = outcomes.c.opportunity_id
        some = select(key).where(outcomes.c.opened_at < before, outcomes.c.ended_at.is_not(None)).limit(_PRUNE_ROWS)
        while True:
            async with self._records.write() as connection:
                statement = delete(outcomes).where(key.in_(some.scalar_subquery()))
                deleted = (await connection.execute(statement)).rowcount
            gone += deleted
            if deleted < _PRUNE_ROWS:
                return gone

    async def _read(self, query: Select[Any]) -> list[tuple[StoredOutcome, PositionState | None]]:
        ids = query.with_only_columns(outcomes.c.opportunity_id)
        marks: dict[str, list[MarkOutcome]] = defaultdict(list)
        async with self._records.read() as connection:
            rows = (await connection.execute(query)).all()
            of_these = select(outcome_marks).where(outcome_marks.c.opportunity_id.in_(ids))
            taken = (await connection.execute(of_these.order_by(outcome_marks.c.due_at))).all()
        for row in taken:
            marks[row.opportunity_id].append(_mark_of(row))
        return [_outcome_of(row, tuple(marks[row.opportunity_id])) for row in rows]


def _outcome_row(followed: Followed) -> dict[str, Any]:
    return {
        "opportunity_id": followed.id,
        "kind": followed.candidate.kind.value,
        "venues": venues_of(followed.candidate),
        "opened_at": followed.opened_at,
        "is_simulated": followed.is_simulated,
        "predicted_bps": followed.predicted_bps,
        "followed": _encode(followed).decode(),
        "paper_status": PaperStatus.PENDING.value,
    }


def _mark_row(mark: MarkOutcome) -> dict[str, Any]:
    return {
        "opportunity_id": mark.opportunity_id,
        "mark": mark.mark.value,
        "due_at": mark.due_at,
        "taken_at": mark.taken_at,
        "standing": mark.standing.value,
        "net_bps": mark.net_bps,
        "reason": mark.reason,
    }


def _paper_row(paper: PaperRow) -> dict[str, Any]:
    return {
        "owner": paper.opportunity_id,
        "paper_status": paper.result.status.value,
        "paper_net_bps": paper.result.net_bps,
        "paper_reason": paper.result.reason,
        "paper": None if paper.state is None else _encode(paper.state).decode(),
        "ended_at": paper.ended_at,
    }


def _mark_of(row: Row[Any]) -> MarkOutcome:
    try:
        return MarkOutcome(
            opportunity_id=row.opportunity_id,
            mark=Mark(row.mark),
            due_at=row.due_at,
            taken_at=row.taken_at,
            standing=Standing(row.standing),
            net_bps=row.net_bps,
            reason=row.reason,
        )
    except ValueError as fault:
        raise IntegrityError(f"stored mark of {row.opportunity_id} cannot be read: {fault}") from fault


def _outcome_of(row: Row[Any], marks: tuple[MarkOutcome, ...]) -> tuple[StoredOutcome, PositionState | None]:
    try:
        paper = PaperResult(
            status=PaperStatus(row.paper_status), net_bps=row.paper_net_bps, reason=row.paper_reason
        )
        state = None if row.paper is None else _state.decode(row.paper)
        return StoredOutcome(_followed.decode(row.followed), marks, paper, row.ended_at), state
    except (ValueError, msgspec.DecodeError) as fault:
        raise IntegrityError(f"stored outcome of {row.opportunity_id} cannot be read: {fault}") from fault


def _life_of(row: Row[Any]) -> tuple[Candidate, Life]:
    is_whole = is_end_seen(row.close_reason)
    lasted = (row.closed_at if is_whole else row.updated_at) - row.opened_at
    return Candidate(OpportunityKind(row.kind), _legs.decode(row.legs)), Life(lasted.total_seconds(), is_whole)
