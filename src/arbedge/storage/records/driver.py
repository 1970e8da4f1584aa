"""Opens the file's connections, each with its own thread, and sees every thread end."""

import asyncio
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Any

import aiosqlite

from arbedge.storage.config import StorageConfig

__all__ = ["Driver", "interrupt"]

_WAL_KEPT_BYTES = 64 * 1024 * 1024
_THREAD_END_S = 2.0


class Driver:
    """Makes set-up connections to one file; `settle` before the event loop ends.

    A connection that failed to open, or was dropped at a deadline, is told to stop but not waited for by the
    libraries above; its thread would then find the event loop gone and print a traceback.
    """

    def __init__(self, path: Path, config: StorageConfig, *, is_read_only: bool) -> None:
        self._uri = f"{path.absolute().as_uri()}?mode={'ro' if is_read_only else 'rwc'}"
        self._config = config
        self._threads: list[Any] = []
        self.opened = 0

    async def connect(self) -> aiosqlite.Connection:
        """A connection with our settings. sqlite3's errors pass through."""
        connection = aiosqlite.connect(
            self._uri,
            uri=True,
            timeout=self._config.busy_timeout_ms / 1000,
            isolation_level=None,  # transactions begin where we say, never behind our back
        )
        thread: Any = connection._thread  # noqa: SLF001 - the way SQLAlchemy's own creator does it
        thread.daemon = True
        self._threads = [each for each in self._threads if each.is_alive()] + [thread]
        await connection
        async with AsyncExitStack() as undo:
            undo.push_async_callback(connection.close)
            await connection.execute("PRAGMA foreign_keys = ON")
            await connection.execute(f"PRAGMA synchronous = {self._config.synchronous}")
            await connection.execute(f"PRAGMA journal_size_limit = {_WAL_KEPT_BYTES}")
            undo.pop_all()
        self.opened += 1
        return connection

    async def settle(self) -> None:
        """Wait, two seconds at most a thread, for the threads of connections that were closed."""
        threads, self._threads = self._threads, []
        for thread in threads:
            if thread.is_alive():
                await asyncio.to_thread(thread.join, _THREAD_END_S)


def interrupt(connection: Any) -> None:
    """End the statement that runs on a driver connection; it fails with SQLITE_INTERRUPT. Any thread may call."""
    connection._conn.interrupt()  # noqa: SLF001 - aiosqlite's own interrupt is a coroutine that does only this
