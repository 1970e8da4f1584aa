"""Reading for people: an opportunity by the start of its id, the latest ones, and one life step by step."""

from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

import msgspec
from sqlalchemy import Select, select, tuple_

from arbedge.domain.events import OpportunityChange
from arbedge.domain.opportunity import Opportunity, OpportunityKind
from arbedge.domain.priced import PricedPair, PricedTriangle
from arbedge.errors import Conflict, IntegrityError, Invalid, NotFound
from arbedge.storage.records.engine import Records
from arbedge.storage.records.tables import evidence, opportunities, revisions
from arbedge.storage.repositories.opportunities import stored_of, stored_query
from arbedge.storage.repositories.rows import StoredOpportunity, document_of, opportunity_of, priced_of

__all__ = ["OpportunityLookup", "OpportunitySelection", "Revision"]

_PREFIX_CHARS_MIN = 6
_LISTED = 5
_PAGE_ROWS = 500
_columns = opportunities.c


@dataclass(frozen=True, slots=True)
class OpportunitySelection:
    """Which opportunities: opened in [since, until), of these kinds; None and empty mean all."""

    since: datetime | None = None
    until: datetime | None = None
    kinds: frozenset[OpportunityKind] = frozenset()

    def __post_init__(self) -> None:
        for name, moment in (("since", self.since), ("until", self.until)):
            if moment is not None and moment.tzinfo is None:
                raise Invalid(f"{name}: {moment.isoformat()} has no time zone; write 2026-01-31T12:00:00Z")
        if self.since is not None and self.until is not None and self.since >= self.until:
            raise Invalid(f"since: {self.since.isoformat()} is not before until ({self.until.isoformat()})")


@dataclass(frozen=True, slots=True)
class Revision:
    """One kept step of a life: its figures and the evidence that reproduces them."""

    opportunity_id: str
    at: datetime
    change: OpportunityChange
    net_bps: Decimal
    horizon_hours: Decimal
    priced: PricedPair | PricedTriangle
    evidence_hash: str
    evidence: dict[str, object]


class OpportunityLookup:
    """Read-only questions to the archive; works on records opened read-only. Errors: see Records."""

    def __init__(self, records: Records) -> None:
        self._records = records

    async def find(self, prefix: str) -> StoredOpportunity:
        """The one opportunity whose id starts so (6 characters or more).

        Raises Invalid for a shorter prefix, NotFound for none, Conflict for several (it lists the first five).
        """
        if len(prefix) < _PREFIX_CHARS_MIN:
            raise Invalid(f"id: {prefix!r} is too short; give at least {_PREFIX_CHARS_MIN} characters")
        query = (
            select(_columns.id)
            .where(_columns.id >= prefix, _columns.id < prefix + "\U0010ffff")
            .order_by(_columns.id)
            .limit(_LISTED + 1)
        )
        async with self._records.read() as connection:
            ids = list((await connection.execute(query)).scalars())
            chosen = [prefix] if prefix in ids else ids
            if len(chosen) > 1:
                more = " and more" if len(ids) > _LISTED else ""
                raise Conflict(f"id: {prefix!r} fits {', '.join(ids[:_LISTED])}{more}; give more characters")
            row = (await connection.execute(stored_query().where(_columns.id.in_(chosen)))).first()
        if row is None:
            raise NotFound(f"no opportunity on record starts with {prefix!r}; `arbedge history` lists them")
        return stored_of(row)

    async def latest(self, limit: int) -> tuple[Opportunity, ...]:
        """The opportunities opened last, newest first."""
        query = select(opportunities).order_by(_columns.opened_at.desc(), _columns.id.desc())
        return await self._read(query.limit(max(limit, 0)))

    async def unclosed(self, limit: int) -> tuple[StoredOpportunity, ...]:
        """Opportunities without a close, oldest first: after a crash, those that someone must close honestly."""
        query = stored_query().where(_columns.closed_at.is_(None)).order_by(_columns.opened_at, _columns.id)
        async with self._records.read() as connection:
            rows = (await connection.execute(query.limit(max(limit, 0)))).all()
        return tuple(stored_of(row) for row in rows)

    async def revisions(self, opportunity_id: str) -> tuple[Revision, ...]:
        """The kept steps of one life, oldest first; empty for an unknown id."""
        query = (
            select(revisions, evidence.c.document, _columns.kind)
            .join(opportunities, _columns.id == revisions.c.opportunity_id)
            .join(
                evidence,
                (evidence.c.opportunity_id == revisions.c.opportunity_id)
                & (evidence.c.digest == revisions.c.digest),
            )
            .where(revisions.c.opportunity_id == opportunity_id)
        )
        async with self._records.read() as connection:
            rows = (await connection.execute(query)).all()
        order = list(OpportunityChange)
        try:
            steps = [
                Revision(
                    opportunity_id=opportunity_id,
                    at=row.at,
                    change=OpportunityChange(row.change),
                    net_bps=row.net_bps,
                    horizon_hours=row.horizon_hours,
                    priced=priced_of(OpportunityKind(row.kind), row.priced),
                    evidence_hash=row.digest,
                    evidence=document_of(row.document, opportunity_id),
                )
                for row in rows
            ]
        except (ValueError, msgspec.DecodeError) as fault:
            raise IntegrityError(f"stored revisions of {opportunity_id} cannot be read: {fault}") from fault
        return tuple(sorted(steps, key=lambda step: (step.at, order.index(step.change))))

    async def pages(self, selection: OpportunitySelection) -> AsyncIterator[tuple[Opportunity, ...]]:
        """The selected opportunities, oldest first, a page at a time: each page is its own short transaction."""
        query = _selected(selection).order_by(_columns.opened_at, _columns.id).limit(_PAGE_ROWS)
        page = await self._read(query)
        while page:
            yield page
            key = tuple_(_columns.opened_at, _columns.id)
            page = await self._read(query.where(key > (page[-1].opened_at, page[-1].id)))

    async def _read(self, query: Select[tuple[object, ...]]) -> tuple[Opportunity, ...]:
        async with self._records.read() as connection:
            rows = (await connection.execute(query)).all()
        return tuple(opportunity_of(row) for row in rows)


def _selected(selection: OpportunitySelection) -> Select[tuple[object, ...]]:
    query: Select[tuple[object, ...]] = select(opportunities)
    if selection.since is not None:
        query = query.where(_columns.opened_at >= selection.since)
    if selection.until is not None:
        query = query.where(_columns.opened_at < selection.until)
    if selection.kinds:
        query = query.where(_columns.kind.in_(sorted(kind.value for kind in selection.kinds)))
    return query
