"""Outcomes as commands read them: the report over a span, and what became of one opportunity."""

from datetime import datetime
from pathlib import Path

from arbedge.bootstrap.datadir import Datadir
from arbedge.bootstrap.records import demo_folder
from arbedge.bootstrap.settings import LoadedSettings
from arbedge.errors import NotFound
from arbedge.opportunities.outcomes.verdicts import Outcome, OutcomeReport, summarise
from arbedge.storage.export.writing import ExportFormat, export_outcomes
from arbedge.storage.records.engine import Records
from arbedge.storage.repositories.outcomes import SqliteOutcomeArchive

__all__ = ["export_outcome_records", "outcome_of", "outcome_report"]


async def outcome_report(
    loaded: LoadedSettings, since: datetime, until: datetime, *, is_demo: bool = False
) -> OutcomeReport:
    """What became of opportunities opened in [since, until). Raises `NotFound` where nothing was ever recorded."""
    folder = demo_folder(loaded) if is_demo else Datadir(loaded.settings.data_dir)
    if not folder.database.exists():
        hint = "`arbedge run` makes them (`arbedge demo` simulated ones)"
        raise NotFound(f"no records yet at {folder.database}; {hint}")
    async with Records(folder.database, loaded.settings.storage, is_read_only=True) as records:
        archive = SqliteOutcomeArchive(records)
        return summarise(await archive.between(since, until), await archive.unfollowed(since, until))


async def outcome_of(loaded: LoadedSettings, opportunity_id: str) -> Outcome | None:
    """What became of one opportunity, real or simulated; None where it was not followed."""
    for folder in (Datadir(loaded.settings.data_dir), demo_folder(loaded)):
        if folder.database.exists():
            async with Records(folder.database, loaded.settings.storage, is_read_only=True) as records:
                found = await SqliteOutcomeArchive(records).find(opportunity_id)
            if found is not None:
                return found
    return None


async def export_outcome_records(
    loaded: LoadedSettings, target: Path, since: datetime, until: datetime, *, is_demo: bool = False
) -> int:
    """Write outcomes of opportunities opened in [since, until) to a .csv or .parquet file; returns the rows."""
    folder = demo_folder(loaded) if is_demo else Datadir(loaded.settings.data_dir)
    async with Records(folder.database, loaded.settings.storage, is_read_only=True) as records:
        fmt = ExportFormat(target.suffix.removeprefix("."))
        return await export_outcomes(SqliteOutcomeArchive(records), since, until, target, fmt)
