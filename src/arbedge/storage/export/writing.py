"""Writes an export whole or not at all: pages stream into a file beside the target, which is renamed at the end."""

import errno
import os
from collections.abc import AsyncIterator, Sequence
from contextlib import AbstractContextManager, asynccontextmanager
from enum import StrEnum
from pathlib import Path
from typing import Protocol

from arbedge.domain.opportunity import Opportunity
from arbedge.errors import Invalid
from arbedge.storage.records.faults import StorageFull
from arbedge.storage.repositories.lookup import OpportunityLookup, OpportunitySelection

__all__ = ["ExportFormat", "export_opportunities", "format_of"]

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
    def write(self, page: Sequence[Opportunity]) -> None: ...


async def export_opportunities(
    lookup: OpportunityLookup, selection: OpportunitySelection, target: Path, fmt: ExportFormat
) -> int:
    """Write the selected opportunities, oldest first, to `target`; returns how many.

    An existing target is replaced only when the new file is complete. Raises Invalid where the path cannot be
    written, StorageFull where the disk is full, and what Records raise. Meant for a command: the file is written
    on the calling thread.
    """
    count = 0
    async with _replacing(target) as path:
        with _open_sheet(path, fmt) as sheet:
            async for page in lookup.pages(selection):
                sheet.write(page)
                count += len(page)
    return count


def _open_sheet(path: Path, fmt: ExportFormat) -> AbstractContextManager[_Sheet]:
    if fmt is ExportFormat.PARQUET:
        from arbedge.storage.export.parquet_sheet import ParquetSheet  # noqa: PLC0415 - pyarrow takes a while

        return ParquetSheet(path)
    from arbedge.storage.export.csv_sheet import CsvSheet  # noqa: PLC0415 - the same shape

    return CsvSheet(path)


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
