"""The records as commands read them: beside a running writer, live and simulated kept in folders of their own."""

from collections.abc import AsyncIterator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from datetime import datetime
from pathlib import Path

from arbedge.bootstrap.datadir import Datadir
from arbedge.bootstrap.settings import LoadedSettings
from arbedge.domain.opportunity import Opportunity, OpportunityKind, Rejection
from arbedge.errors import NotFound
from arbedge.opportunities.ports import OpportunityRecord
from arbedge.storage.export.writing import ExportFormat, export_opportunities
from arbedge.storage.records.engine import Records
from arbedge.storage.repositories.lookup import OpportunityLookup, OpportunitySelection
from arbedge.storage.repositories.opportunities import SqliteOpportunityArchive

__all__ = ["RecordsReader", "demo_folder", "export_records", "open_records", "selection_of"]

_LATEST = 500


def demo_folder(loaded: LoadedSettings) -> Datadir:
    """Where `arbedge demo` keeps its records, so that simulated ones never mix with real ones."""
    return Datadir(loaded.settings.data_dir / "demo")


class RecordsReader:
    """Reads one or more records files; ids are looked for in each, in order."""

    def __init__(self, sources: Sequence[Records]) -> None:
        self._sources = tuple(sources)

    async def find(self, prefix: str) -> OpportunityRecord:
        """The opportunity whose id starts so. Raises `NotFound`, or `Conflict` when several do."""
        missing: NotFound | None = None
        for records in self._sources:
            try:
                return await OpportunityLookup(records).find(prefix)
            except NotFound as error:
                missing = missing or error
        assert missing is not None
        raise missing

    async def rejections(self, text: str, limit: int) -> tuple[Rejection, ...]:
        """Latest rejections that name `text`, those of the asset itself first, then newest first."""
        found: list[Rejection] = []
        for records in self._sources:
            found += await SqliteOpportunityArchive(records).rejections(text, _LATEST)
        found.sort(key=lambda each: each.at, reverse=True)
        found.sort(key=lambda each: each.asset.upper() != text.upper())
        return tuple(found[:limit])

    async def opportunities(self, text: str, limit: int) -> tuple[Opportunity, ...]:
        """The latest opportunities of the asset or symbol `text` (any case), open ones first, then newest first."""
        wanted, found = text.upper(), list[Opportunity]()
        for records in self._sources:
            found += [each for each in await OpportunityLookup(records).latest(_LATEST) if wanted in _names(each)]
        found.sort(key=lambda each: each.opened_at, reverse=True)
        found.sort(key=lambda each: each.closed_at is not None)
        return tuple(found[:limit])

    async def history(self, since: datetime, until: datetime, limit: int) -> tuple[OpportunityRecord, ...]:
        """Opportunities opened in [since, until), newest first."""
        found: list[OpportunityRecord] = []
        for records in self._sources:
            found += await SqliteOpportunityArchive(records).history(since, until, limit)
        return tuple(sorted(found, key=lambda each: each.opportunity.opened_at, reverse=True)[:limit])

    async def check(self) -> str:
        """Read each file once; a line about what was found. Raises what reading raises."""
        for records in self._sources:
            await records.ping()
        return ", ".join(str(records.path) for records in self._sources)


@asynccontextmanager
async def open_records(
    loaded: LoadedSettings, *, is_demo: bool = False, with_demo: bool = False
) -> AsyncIterator[RecordsReader]:
    """Open what there is, read-only: the real records, the demo's (`is_demo`), or both (`with_demo`).

    Raises `NotFound` where nothing was ever recorded.
    """
    real, demo = Datadir(loaded.settings.data_dir).database, demo_folder(loaded).database
    wanted: list[Path] = [demo] if is_demo else [real, *([demo] if with_demo else [])]
    paths = [path for path in wanted if path.exists()]
    if not paths:
        raise NotFound(f"no records yet at {wanted[0]}; `arbedge run` makes them (`arbedge demo` simulated ones)")
    async with AsyncExitStack() as stack:
        opened = [Records(path, loaded.settings.storage, is_read_only=True) for path in paths]
        yield RecordsReader([await stack.enter_async_context(each) for each in opened])


async def export_records(
    loaded: LoadedSettings, target: Path, selection: OpportunitySelection, *, is_demo: bool = False
) -> int:
    """Write the selected opportunities to a .csv or .parquet file, whole or not at all; returns the rows."""
    folder = demo_folder(loaded) if is_demo else Datadir(loaded.settings.data_dir)
    async with Records(folder.database, loaded.settings.storage, is_read_only=True) as records:
        fmt = ExportFormat(target.suffix.removeprefix("."))
        return await export_opportunities(OpportunityLookup(records), selection, target, fmt)


def selection_of(since: datetime, until: datetime, kind: OpportunityKind | None) -> OpportunitySelection:
    """Which opportunities to export: opened in [since, until), of one kind or of all."""
    return OpportunitySelection(since, until, frozenset({kind} if kind else ()))


def _names(opportunity: Opportunity) -> frozenset[str]:
    return frozenset({opportunity.asset, *(leg.instrument.symbol for leg in opportunity.candidate.legs)})
