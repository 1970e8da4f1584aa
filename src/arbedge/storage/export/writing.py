"""Writes an export whole or not at all: pages stream into a file beside the target, which is renamed at the end."""

import errno
import os
from collections.abc import AsyncIterator, Sequence
from contextlib import AbstractContextManager, asynccontextmanager
from datetime import datetime
from enum import StrEnum
from pathlib import Path
from typing import Protocol

from arbedge.errors import Invalid
from arbedge.storage.export.columns import COLUMNS, Column
from arbedge.storage.export.outcome_columns import OUTCOME_COLUMNS
from arbedge.storage.records.faults import StorageFull
from arbedge.storage.repositories.lookup import OpportunityLookup, OpportunitySelection
from arbedge.storage.repositories.outcomes import SqliteOutcomeArchive

__all__ = ["ExportFormat", "export_opportunities", "export_outcomes", "format_of"]

_FULL = {errno.ENOSPC, errno.EDQUOT, errno.EFBIG}


class ExportFormat(StrEnum):
    """The formats an export can take."""

    CSV = "csv"
    PARQUET = "parquet"


def format_of(target: Path) -> ExportFormat:
    """The format a file's name asks for; Invalid names the endings that are known."""
    try:
        return ExportFormat(target.suffix.removeprefix(".").lower())
    except ValueError:
        raise Invalid(f"file: {target.name!r} says no format; end its name in .csv or .parquet") from None


class _Sheet(Protocol):
    def write(self, page: Sequence[object]) -> None: ...


async def export_opportunities(
    lookup: OpportunityLookup, selection: OpportunitySelection, target: Path, fmt: ExportFormat
) -> int:
    """Write the selected opportunities, oldest first, to `target`; returns how many.

    An existing target is replaced only when the new file is complete. Raises Invalid where the path cannot be
    written, StorageFull where the disk is full, and what Records raise. Meant for a command: the file is written
    on the calling thread.
    """
    return await _export(lookup.pages(selection), COLUMNS, target, fmt)


async def export_outcomes(
    archive: SqliteOutcomeArchive, since: datetime, until: datetime, target: Path, fmt: ExportFormat
) -> int:
    """Write the outcomes of opportunities opened in [since, until), oldest first; returns how many. As above."""
    return await _export(archive.pages(since, until), OUTCOME_COLUMNS, target, fmt)


async def _export(
    pages: AsyncIterator[Sequence[object]], columns: Sequence[Column], target: Path, fmt: ExportFormat
) -> int:
    count = 0
    async with _replacing(target) as path:
        with _open_sheet(path, fmt, columns) as sheet:
            async for page in pages:
                sheet.write(page)
                count += len(page)
    return count


def _open_sheet(path: Path, fmt: ExportFormat, columns: Sequence[Column]) -> AbstractContextManager[_Sheet]:
    if fmt is ExportFormat.PARQUET:
        from arbedge.storage.export.parquet_sheet import ParquetSheet  # noqa: PLC0415 - pyarrow takes a while

        return ParquetSheet(path, columns)
    from arbedge.storage.export.csv_sheet import CsvSheet  # noqa: PLC0415 - the same shape

    return CsvSheet(path, columns)


@asynccontextmanager
async def _replacing(target: Path) -> AsyncIterator[Path]:
    part = target.with_name(f".{target.name}.{os.getpid()}.part")
    try:
        yield part
        _finish(part, target)
    except OSError as fault:
        if fault.errno in _FULL:
            raise StorageFull(f"export to {target}: the disk is full; nothing was written") from fault
        raise Invalid(f"export to {target}: {fault.strerror or fault}") from fault
    finally:
        part.unlink(missing_ok=True)


def _finish(part: Path, target: Path) -> None:
    with part.open("rb+") as file:
        os.fsync(file.fileno())
    part.replace(target)
