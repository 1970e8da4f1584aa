"""The quarantine as a service of a run, and as commands reach it: beside a running process or without one."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from arbedge.bootstrap.crews import Crew, Tools
from arbedge.bootstrap.datadir import Datadir
from arbedge.bootstrap.records import demo_folder
from arbedge.bootstrap.settings import LoadedSettings
from arbedge.bootstrap.venues import build_venues
from arbedge.errors import ArbEdgeError, NotFound
from arbedge.flow.quarantine_path import QuarantinePath
from arbedge.foundation.runtime.clock import SystemClock
from arbedge.market.universe.desk import IdentityDesk
from arbedge.market.universe.ports import QuarantineArchive
from arbedge.storage.records.engine import Records
from arbedge.storage.repositories.quarantine import SqliteQuarantineArchive

__all__ = ["DecisionsCrew", "QuarantineCrew", "is_simulated", "open_quarantine"]


class QuarantineCrew(Crew):
    """Stores doubtful pairs and takes up decisions while the program runs."""

    def __init__(self, tools: Tools, path: QuarantinePath) -> None:
        super().__init__(tools)
        self._path = path

    async def start(self) -> None:
        """Know the decisions before anything is priced, then go on exchanging."""
        await self._path.exchange()
        self.put_to_work("quarantine.exchange", self._path.run)

    async def stop(self) -> None:
        """End between two exchanges, never within one; then store what is new since the last."""
        async with self._path.store_in_use:
            await super().stop()
        await self._path.exchange()

    async def ping(self) -> str | None:
        """Whether pairs are kept and decisions read."""
        return self._path.problem or await super().ping()


class DecisionsCrew(Crew):
    """For a look that records nothing: reads the decisions once, before anything is priced."""

    def __init__(self, tools: Tools, desk: IdentityDesk, loaded: LoadedSettings) -> None:
        super().__init__(tools)
        self._desk = desk
        self._loaded = loaded
        self._problem: str | None = None

    async def start(self) -> None:
        """Read; where nothing was ever recorded nothing was decided."""
        try:
            async with open_quarantine(self._loaded, is_demo=False, is_writing=False) as store:
                self._desk.decide(await store.decided(is_simulated=self._desk.quarantine.is_simulated))
        except NotFound:
            return
        except ArbEdgeError as error:
            self._problem = f"decisions about pairs could not be read: {error}"

    async def ping(self) -> str | None:
        """Whether decisions could be read."""
        return self._problem or await super().ping()


def is_simulated(loaded: LoadedSettings, *, is_demo: bool) -> bool:
    """Whether a run with these settings watches simulated venues, whose pairs and decisions are kept apart."""
    return is_demo or build_venues(loaded.settings, SystemClock()).is_simulated


@asynccontextmanager
async def open_quarantine(
    loaded: LoadedSettings, *, is_demo: bool, is_writing: bool
) -> AsyncIterator[QuarantineArchive]:
    """The store of the real records, or the demo's. Reading raises `NotFound` where nothing was ever recorded.

    Writing makes the file where there is none, waits its turn beside a running process, and refuses a file of an
    older schema that such a process may be using (`ConfigError`).
    """
    folder = demo_folder(loaded) if is_demo else Datadir(loaded.settings.data_dir)
    if is_writing:
        try:
            async with Records(folder.database, loaded.settings.storage, is_read_only=True):
                pass
        except NotFound:
            folder.create()
    async with Records(folder.database, loaded.settings.storage, is_read_only=not is_writing) as records:
        yield SqliteQuarantineArchive(records)
