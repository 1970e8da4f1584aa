"""The records' database: one SQLite file, one bounded pool of connections, transactions with a deadline."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager, nullcontext
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self

from sqlalchemy import Connection, QueuePool, event
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine, create_async_engine

from arbedge.errors import ConfigError, NotFound, Unavailable
from arbedge.storage.config import StorageConfig
from arbedge.storage.migrations.upgrade import newest_step, step_of, upgrade
from arbedge.storage.records.driver import Driver, interrupt
from arbedge.storage.records.faults import opening, translated

__all__ = ["PoolGauges", "Records"]

APPLICATION_ID = 0x41524245
"""`ARBE` in the file's header (https://www.sqlite.org/pragma.html#pragma_application_id): this file is ours."""

_BEGIN = "arbedge_begin"
_READ, _WRITE = "BEGIN", "BEGIN IMMEDIATE"


@dataclass(frozen=True, slots=True)
class PoolGauges:
    """The pool now: connections in use, open and idle, the bound; how often one was opened, lent, waited for."""

    in_use: int
    idle: int
    limit: int
    opened: int
    waits: int
    checkouts: int

    @property
    def reused(self) -> int:
        """How often an open connection was lent again."""
        return max(0, self.checkouts - self.opened)


class Records:
    """The one way to the records file. `open` before use, `close` after; both may be repeated.

    `is_read_only` opens the file beside a process that writes it (commands such as `why`): nothing is created,
    migrated or locked. `deadline_s` bounds every transaction from the first wait to the last statement; within
    it SQLite waits at most `busy_timeout_ms` for another process's lock.

    Errors of every transaction: Unavailable (locked, deadline, disk full as StorageFull, read-only or lost disk),
    IntegrityError (the file is damaged). A failed or cancelled transaction leaves nothing behind.
    """

    def __init__(
        self, path: Path, config: StorageConfig, *, is_read_only: bool = False, deadline_s: float = 30.0
    ) -> None:
        self.path = path
        self._config = config
        self._is_read_only = is_read_only
        self._deadline_s = deadline_s
        self._driver = Driver(path, config, is_read_only=is_read_only)
        self._engine: AsyncEngine | None = None
        self._writing = asyncio.Lock()
        self._waits = 0
        self._checkouts = 0

    async def __aenter__(self) -> Self:
        await self.open()
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.close()

    async def open(self) -> None:
        """Open the file; a writer also creates it or brings its schema up to date, all or nothing.

        Raises ConfigError for a file that is not ours, of a newer schema, damaged or on a disk that cannot be
        written; NotFound where a reader finds no file.
        """
        if self._engine is not None:
            return
        if self._is_read_only and not self.path.exists():
            raise NotFound(f"no records yet at {self.path}: start `arbedge run` first")
        engine = self._make_engine()
        async with AsyncExitStack() as undo:
            undo.push_async_callback(self._dispose, engine)
            with opening(self.path, self._deadline_s):
                async with asyncio.timeout(self._deadline_s):
                    await self._prepare(engine)
            undo.pop_all()
        self._engine = engine

    async def close(self) -> None:
        """Close every connection; the write-ahead log is folded into the file."""
        engine, self._engine = self._engine, None
        if engine is not None:
            await self._dispose(engine)

    async def ping(self) -> None:
        """Read one row of the file; raises as every transaction does."""
        async with self.read() as connection:
            await connection.exec_driver_sql("SELECT count(*) FROM alembic_version")

    @asynccontextmanager
    async def read(self) -> AsyncIterator[AsyncConnection]:
        """A read transaction: one unchanging view of the file, beside any writer."""
        async with self._transaction(_READ) as connection:
            yield connection

    @asynccontextmanager
    async def write(self) -> AsyncIterator[AsyncConnection]:
        """A write transaction: committed when the block ends, undone when it raises. One at a time."""
        if self._is_read_only:
            raise Unavailable(f"records {self.path} are open for reading only")
        async with self._transaction(_WRITE) as connection:
            yield connection

    async def release_space(self, pages: int) -> None:
        """Give up to so many emptied pages back to the disk."""
        async with self._connection(is_writer=True) as connection:
            raw = await connection.get_raw_connection()
            driver: Any = raw.driver_connection
            # The pragma frees one page a step, and only executescript steps a statement without columns to its end.
            await driver.executescript(f"PRAGMA incremental_vacuum({pages})")

    def gauges(self) -> PoolGauges:
        """The pool's figures now."""
        pool = self._engine.pool if self._engine is not None else None
        in_use, idle = (pool.checkedout(), pool.checkedin()) if isinstance(pool, QueuePool) else (0, 0)
        return PoolGauges(
            in_use, idle, self._config.max_connections, self._driver.opened, self._waits, self._checkouts
        )

    @asynccontextmanager
    async def _transaction(self, begin: str) -> AsyncIterator[AsyncConnection]:
        is_writer = begin != _READ
        async with self._connection(is_writer=is_writer) as plain:
            connection = await plain.execution_options(**{_BEGIN: begin})
            async with connection.begin():
                yield connection

    @asynccontextmanager
    async def _connection(self, *, is_writer: bool) -> AsyncIterator[AsyncConnection]:
        """A connection until the deadline, which runs from here: turn, pool and statements share it."""
        engine = self._engine
        if engine is None:
            raise Unavailable(f"records {self.path} are not open")
        loop = asyncio.get_running_loop()
        ends_at = loop.time() + self._deadline_s
        # Waiting for a turn here, not in SQLite's busy handler, is fair and keeps the pool free for readers.
        turn = self._writing if is_writer else nullcontext()
        with translated(self.path, self._deadline_s):
            async with asyncio.timeout_at(ends_at), turn:
                self._checkouts += 1
                self._waits += self.gauges().in_use >= self._config.max_connections
                async with engine.connect() as connection:
                    raw = await connection.get_raw_connection()
                    # A cancelled statement runs on in its thread and holds the connection: interrupt it first.
                    alarm = loop.call_at(ends_at, interrupt, raw.driver_connection)
                    try:
                        yield connection
                    finally:
                        alarm.cancel()

    def _make_engine(self) -> AsyncEngine:
        engine = create_async_engine(
            "sqlite+aiosqlite:///records",  # names the dialect and its pool; the driver knows the file
            async_creator=self._driver.connect,
            pool_size=self._config.max_connections,
            max_overflow=0,
            pool_timeout=self._deadline_s,
        )
        event.listen(engine.sync_engine, "begin", _on_begin)
        return engine

    async def _dispose(self, engine: AsyncEngine) -> None:
        await engine.dispose()
        await self._driver.settle()

    async def _prepare(self, engine: AsyncEngine) -> None:
        async with engine.connect() as connection:
            await connection.run_sync(self._refuse_strangers)
            if self._is_read_only:
                return
            # Both are no-ops inside a transaction, and batch migrations would cascade with foreign keys on.
            await connection.exec_driver_sql("PRAGMA auto_vacuum = INCREMENTAL")
            await connection.exec_driver_sql("PRAGMA journal_mode = WAL")
            await connection.exec_driver_sql("PRAGMA foreign_keys = OFF")
            await connection.exec_driver_sql("BEGIN IMMEDIATE")
            await connection.run_sync(_migrate)
            await connection.exec_driver_sql("COMMIT")
            await connection.exec_driver_sql("PRAGMA foreign_keys = ON")

    def _refuse_strangers(self, connection: Connection) -> None:
        owner = connection.exec_driver_sql("PRAGMA application_id").scalar_one()
        tables = connection.exec_driver_sql("SELECT count(*) FROM sqlite_master").scalar_one()
        if (tables or owner) and owner != APPLICATION_ID:
            raise ConfigError(
                f"records {self.path}: a database of another program;"
                " move that file away or set another data directory"
            )
        if owner != APPLICATION_ID and self._is_read_only:
            raise NotFound(f"no records yet at {self.path}: start `arbedge run` first")
        step = step_of(connection) if owner else None
        if self._is_read_only and step != newest_step():
            raise ConfigError(
                f"records {self.path} are of the older schema {step}: `arbedge run` brings them to {newest_step()}"
            )


def _migrate(connection: Connection) -> None:
    if step_of(connection) != newest_step():
        upgrade(connection)
        orphans = connection.exec_driver_sql("PRAGMA foreign_key_check").all()
        if orphans:
            raise ConfigError(f"upgrading the records would orphan {len(orphans)} rows; nothing was changed")
    connection.exec_driver_sql(f"PRAGMA application_id = {APPLICATION_ID}")


def _on_begin(connection: Connection) -> None:
    statement = connection.get_execution_options().get(_BEGIN)
    if statement is not None:
        connection.exec_driver_sql(statement)
