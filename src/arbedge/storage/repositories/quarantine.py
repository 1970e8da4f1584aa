"""Quarantine on SQLite: what was seen of doubtful pairs, and what persons decided about them.

What a running process writes and what a person's command writes are different columns of one row, so neither can
undo the other, in whatever order they come.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Row, delete, select
from sqlalchemy.dialects.sqlite import Insert, insert

from arbedge.domain.instrument import InstrumentId, MarketKind
from arbedge.domain.quarantine import Doubt, HandDecision, QuarantineCase, Verdict
from arbedge.storage.records.engine import Records
from arbedge.storage.records.tables import quarantine

__all__ = ["SqliteQuarantineArchive"]

_SEEN = ("asset", "doubt", "basis", "ratio", "last_seen_at", "times", "first_listed_at", "second_listed_at")
_DECIDED = ("verdict", "decided_at", "decided_by", "decided_why", "expired_at")


def _upsert(columns: Sequence[str]) -> Insert:
    statement = insert(quarantine)
    return statement.on_conflict_do_update(
        index_elements=["id"], set_={name: statement.excluded[name] for name in columns}
    )


_upsert_seen = _upsert(_SEEN)
_upsert_decided = _upsert(_DECIDED)


class SqliteQuarantineArchive:
    """A `market.universe.ports.QuarantineArchive` in a records file."""

    def __init__(self, records: Records) -> None:
        self._records = records

    async def record(self, cases: Sequence[QuarantineCase]) -> None:
        """Keep what was seen of these cases, and which of their decisions have expired; never a verdict."""
        if not cases:
            return
        rows = [_seen_row(case) for case in cases]
        columns = quarantine.c
        async with self._records.write() as connection:
            await connection.execute(_upsert_seen, rows)
            for case in cases:
                decision = case.decision
                if decision is None or decision.holds:
                    continue
                await connection.execute(
                    quarantine.update()
                    .where(columns.id == case.id, columns.decided_at == decision.at, columns.expired_at.is_(None))
                    .values(expired_at=decision.expired_at)
                )

    async def decide(self, case: QuarantineCase, decision: HandDecision) -> None:
        """Keep a person's word on a pair, adding the case where it is not known."""
        row = {**_seen_row(case), **_decision_row(decision)}
        async with self._records.write() as connection:
            await connection.execute(_upsert_decided, [row])

    async def cases(self, *, is_simulated: bool) -> tuple[QuarantineCase, ...]:
        """Every case, longest known first."""
        query = (
            select(quarantine)
            .where(quarantine.c.is_simulated == is_simulated)
            .order_by(quarantine.c.first_seen_at, quarantine.c.id)
        )
        async with self._records.read() as connection:
            rows = (await connection.execute(query)).all()
        return tuple(_case_of(row) for row in rows)

    async def decided(self, *, is_simulated: bool) -> tuple[QuarantineCase, ...]:
        """The cases a person has decided and whose decision holds."""
        columns = quarantine.c
        query = select(quarantine).where(
            columns.is_simulated == is_simulated, columns.verdict.is_not(None), columns.expired_at.is_(None)
        )
        async with self._records.read() as connection:
            rows = (await connection.execute(query.order_by(columns.first_seen_at, columns.id))).all()
        return tuple(_case_of(row) for row in rows)

    async def prune(self, before: datetime) -> int:
        """Delete undecided cases last seen before then; returns how many went."""
        columns = quarantine.c
        is_undecided = columns.verdict.is_(None) | columns.expired_at.is_not(None)
        async with self._records.write() as connection:
            gone = await connection.execute(delete(quarantine).where(is_undecided, columns.last_seen_at < before))
        return gone.rowcount


def _seen_row(case: QuarantineCase) -> dict[str, Any]:
    return {
        "id": case.id,
        "first_venue": case.first.venue,
        "first_kind": case.first.kind.value,
        "first_symbol": case.first.symbol,
        "second_venue": case.second.venue,
        "second_kind": case.second.kind.value,
        "second_symbol": case.second.symbol,
        "asset": case.asset,
        "doubt": case.doubt.value,
        "basis": case.basis,
        "ratio": case.ratio,
        "first_seen_at": case.first_seen_at,
        "last_seen_at": case.last_seen_at,
        "times": case.times,
        "is_simulated": case.is_simulated,
        "first_listed_at": case.listed_at[0],
        "second_listed_at": case.listed_at[1],
        **dict.fromkeys(_DECIDED),
    }


def _decision_row(decision: HandDecision) -> dict[str, Any]:
    return {
        "verdict": decision.verdict.value,
        "decided_at": decision.at,
        "decided_by": decision.by,
        "decided_why": decision.reason,
        "expired_at": decision.expired_at,
    }


def _case_of(row: Row[Any]) -> QuarantineCase:
    return QuarantineCase(
        first=InstrumentId(row.first_venue, MarketKind(row.first_kind), row.first_symbol),
        second=InstrumentId(row.second_venue, MarketKind(row.second_kind), row.second_symbol),
        asset=row.asset,
        doubt=Doubt(row.doubt),
        basis=row.basis,
        ratio=row.ratio,
        first_seen_at=row.first_seen_at,
        last_seen_at=row.last_seen_at,
        times=row.times,
        is_simulated=row.is_simulated,
        listed_at=(row.first_listed_at, row.second_listed_at),
        decision=_decision_of(row),
    )


def _decision_of(row: Row[Any]) -> HandDecision | None:
    if row.verdict is None:
        return None
    return HandDecision(Verdict(row.verdict), row.decided_at, row.decided_by, row.decided_why, row.expired_at)
