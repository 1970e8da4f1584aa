"""The archive of funding settlements on SQLite."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import delete, func, select
from sqlalchemy.dialects.sqlite import insert

from arbedge.domain.funding import Settlement, SettlementStatus
from arbedge.domain.instrument import InstrumentId
from arbedge.storage.records.engine import Records
from arbedge.storage.records.tables import funding_settlements

__all__ = ["SqliteFundingArchive"]

_columns = funding_settlements.c
_upsert = insert(funding_settlements)
_upsert = _upsert.on_conflict_do_update(
    index_elements=["venue", "symbol", "at"],
    set_={"rate": _upsert.excluded.rate, "status": _upsert.excluded.status},
    # A settled rate is a fact: no later estimate replaces it.
    where=(_columns.status != SettlementStatus.SETTLED.value)
    | (_upsert.excluded.status == SettlementStatus.SETTLED.value),
)


class SqliteFundingArchive:
    """Keeps what perpetuals settled, one row a contract and moment. Errors: see Records."""

    def __init__(self, records: Records) -> None:
        self._records = records

    async def record(self, perp: InstrumentId, settlements: Sequence[Settlement]) -> None:
        """Keep these settlements; a settled rate is never replaced by an estimate. Repeating changes nothing."""
        rows = [
            {"venue": perp.venue, "symbol": perp.symbol, "at": s.at, "rate": s.rate, "status": s.status.value}
            for s in settlements
        ]
        if rows:
            async with self._records.write() as connection:
                await connection.execute(_upsert, rows)

    async def history(self, perp: InstrumentId, since: datetime, until: datetime) -> tuple[Settlement, ...]:
        """Settlements with `since` <= at < `until`, oldest first."""
        query = (
            select(_columns["at"], _columns.rate, _columns.status)
            .where(_columns.venue == perp.venue, _columns.symbol == perp.symbol)
            .where(_columns["at"] >= since, _columns["at"] < until)
            .order_by(_columns["at"])
        )
        async with self._records.read() as connection:
            rows = (await connection.execute(query)).all()
        return tuple(Settlement(row.at, row.rate, SettlementStatus(row.status)) for row in rows)

    async def last_settled_at(self, perp: InstrumentId) -> datetime | None:
        """The newest settled moment on record: where fetching history goes on. None where there is none."""
        query = select(func.max(_columns["at"], type_=_columns["at"].type)).where(
            _columns.venue == perp.venue,
            _columns.symbol == perp.symbol,
            _columns.status == SettlementStatus.SETTLED.value,
        )
        async with self._records.read() as connection:
            newest: datetime | None = (await connection.execute(query)).scalar_one()
        return newest

    async def prune(self, before: datetime) -> int:
        """Delete settlements before then; returns how many rows went."""
        async with self._records.write() as connection:
            return (await connection.execute(delete(funding_settlements).where(_columns["at"] < before))).rowcount
