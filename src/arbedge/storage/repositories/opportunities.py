"""The archive of opportunities and rejections on SQLite."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Row, Select, delete, or_, select
from sqlalchemy.dialects.sqlite import insert
from sqlalchemy.ext.asyncio import AsyncConnection

from arbedge.domain.events import OpportunityEvent
from arbedge.domain.opportunity import Rejection
from arbedge.errors import NotFound
from arbedge.storage.records.engine import Records
from arbedge.storage.records.tables import evidence, opportunities, rejections, revisions
from arbedge.storage.repositories.growth import Trail, is_stale, trail_after
from arbedge.storage.repositories.rows import (
    StoredOpportunity,
    document_of,
    opportunity_of,
    opportunity_row,
    packed,
    rejection_of,
    rejection_row,
    revision_row,
    with_networks,
)

__all__ = ["SqliteOpportunityArchive", "stored_of", "stored_query"]

_PRUNE_ROWS = 500
_FREED_PAGES = 1000

_upsert_opportunity = insert(opportunities)
_upsert_opportunity = _upsert_opportunity.on_conflict_do_update(
    index_elements=["id"],
    set_={c.name: _upsert_opportunity.excluded[c.name] for c in opportunities.c if c.name != "id"},
)
_insert_revision = insert(revisions).on_conflict_do_nothing()
_upsert_evidence = insert(evidence)
_upsert_evidence = _upsert_evidence.on_conflict_do_update(
    index_elements=["opportunity_id", "digest"], set_={"document": _upsert_evidence.excluded.document}
)
_upsert_rejection = insert(rejections)
_upsert_rejection = _upsert_rejection.on_conflict_do_update(
    index_elements=["candidate"],
    set_={c.name: _upsert_rejection.excluded[c.name] for c in rejections.c if c.name != "candidate"},
    where=_upsert_rejection.excluded["at"] >= rejections.c["at"],
)


class SqliteOpportunityArchive:
    """Keeps opportunities, their evidence and rejections; fills `opportunities.ports.OpportunityArchive`.

    What is kept of a busy life: repositories.growth. Each call is one transaction (pruning: several small ones),
    kept whole or not at all, so a caller may repeat a call that failed. Errors: see Records.
    """

    def __init__(self, records: Records) -> None:
        self._records = records

    async def record(self, events: Sequence[OpportunityEvent]) -> None:
        """Keep these events durably, in order; recording one twice, or one older than known, changes nothing."""
        if not events:
            return
        async with self._records.write() as connection:
            trails = await _trails(connection, {event.opportunity.id for event in events})
            batch = _Batch(trails)
            for event in events:
                batch.add(event)
            await batch.write(connection)

    async def record_rejections(self, rejections: Sequence[Rejection]) -> None:
        """Keep the latest rejection of each candidate."""
        if not rejections:
            return
        rows = [rejection_row(rejection) for rejection in rejections]
        async with self._records.write() as connection:
            await connection.execute(_upsert_rejection, rows)

    async def find(self, opportunity_id: str) -> StoredOpportunity:
        """The latest state of one opportunity and its evidence; NotFound where there is none."""
        async with self._records.read() as connection:
            row = (await connection.execute(stored_query().where(opportunities.c.id == opportunity_id))).first()
        if row is None:
            raise NotFound(f"no opportunity {opportunity_id!r} on record")
        return stored_of(row)

    async def history(self, since: datetime, until: datetime, limit: int) -> tuple[StoredOpportunity, ...]:
        """Opportunities opened in [since, until), newest first."""
        opened_at = opportunities.c.opened_at
        query = (
            stored_query()
            .where(opened_at >= since, opened_at < until)
            .order_by(opened_at.desc(), opportunities.c.id.desc())
            .limit(max(limit, 0))
        )
        async with self._records.read() as connection:
            rows = (await connection.execute(query)).all()
        return tuple(stored_of(row) for row in rows)

    async def rejections(self, text: str, limit: int) -> tuple[Rejection, ...]:
        """Latest rejections whose candidate or asset contains `text` (any case), newest first."""
        columns = rejections.c
        query = (
            select(rejections)
            .where(
                or_(
                    columns.candidate.icontains(text, autoescape=True),
                    columns.asset.icontains(text, autoescape=True),
                )
            )
            .order_by(columns.at.desc(), columns.candidate)
            .limit(max(limit, 0))
        )
        async with self._records.read() as connection:
            rows = (await connection.execute(query)).all()
        return tuple(rejection_of(row) for row in rows)

    async def prune(self, before: datetime) -> int:
        """Delete what closed or was rejected before then; returns how many opportunities and rejections went.

        Their revisions and evidence go with them, and the file gives the space back to the disk.
        """
        gone = 0
        for table, moment in ((opportunities, opportunities.c.closed_at), (rejections, rejections.c["at"])):
            key = next(iter(table.primary_key))
            some = select(key).where(moment < before).limit(_PRUNE_ROWS).scalar_subquery()
            while True:
                async with self._records.write() as connection:
                    deleted = (await connection.execute(delete(table).where(key.in_(some)))).rowcount
                await self._records.release_space(_FREED_PAGES)
                gone += deleted
                if deleted < _PRUNE_ROWS:
                    break
        return gone


def stored_query() -> Select[Any]:
    """Every opportunity with its evidence; callers narrow, order and limit it, then read `stored_of` its rows."""
    return select(opportunities, evidence.c.document).join(
        evidence,
        (evidence.c.opportunity_id == opportunities.c.id) & (evidence.c.digest == opportunities.c.evidence_hash),
    )


def stored_of(row: Row[Any]) -> StoredOpportunity:
    """One row of `stored_query`."""
    document = document_of(row.document, row.id)
    return StoredOpportunity(with_networks(opportunity_of(row), document), document)


async def _trails(connection: AsyncConnection, ids: Iterable[str]) -> dict[str, Trail]:
    columns = opportunities.c
    query = select(
        columns.id, columns.updated_at, columns.closed_at, columns.step_rank, columns.kept_at, columns.peak_net_bps
    ).where(columns.id.in_(sorted(ids)))
    return {
        row.id: Trail(row.closed_at or row.updated_at, row.step_rank, row.kept_at, row.peak_net_bps)
        for row in (await connection.execute(query)).all()
    }


class _Batch:
    """Folds events into the fewest rows: one latest state an opportunity, and the revisions that are kept."""

    def __init__(self, trails: Mapping[str, Trail]) -> None:
        self._trails = dict(trails)
        self._latest: dict[str, OpportunityEvent] = {}
        self._revisions: list[dict[str, Any]] = []
        self._documents: dict[str, dict[str, Mapping[str, Any]]] = defaultdict(dict)

    def add(self, event: OpportunityEvent) -> None:
        key = event.opportunity.id
        known = self._trails.get(key)
        if is_stale(event, known):
            return
        is_kept, trail = trail_after(event, known)
        self._trails[key], self._latest[key] = trail, event
        if is_kept:
            self._revisions.append(revision_row(event, trail))
            self._documents[key][event.opportunity.evidence_hash] = event.evidence

    async def write(self, connection: AsyncConnection) -> None:
        if not self._latest:
            return
        states = []
        for key, event in self._latest.items():
            states.append(opportunity_row(event.opportunity, self._trails[key]))
            self._documents[key][event.opportunity.evidence_hash] = event.evidence
        documents = [
            {"opportunity_id": key, "digest": digest, "document": packed(document)}
            for key, by_digest in self._documents.items()
            for digest, document in by_digest.items()
        ]
        await connection.execute(_upsert_opportunity, states)
        if self._revisions:
            await connection.execute(_insert_revision, self._revisions)
        await connection.execute(_upsert_evidence, documents)
        await connection.execute(_forget_unnamed(list(self._latest)))


def _forget_unnamed(ids: Sequence[str]) -> Any:
    """Delete the evidence of these opportunities that neither the latest state nor a revision names."""
    owner = evidence.c.opportunity_id
    latest = select(opportunities.c.id).where(
        opportunities.c.id == owner, opportunities.c.evidence_hash == evidence.c.digest
    )
    kept = select(revisions.c.opportunity_id).where(
        revisions.c.opportunity_id == owner, revisions.c.digest == evidence.c.digest
    )
    return delete(evidence).where(owner.in_(ids), ~latest.exists(), ~kept.exists())
