"""Opportunities as CSV (RFC 4180 quoting, LF lines, UTF-8): exact decimals in plain text, empty where absent."""

import csv
from collections.abc import Sequence
from decimal import Decimal
from pathlib import Path
from types import TracebackType
from typing import Self

from arbedge.storage.export.columns import COLUMNS, Cell, Column
from arbedge.storage.records.types import moment_text

__all__ = ["CsvSheet"]


class CsvSheet:
    """An open CSV file; write pages into it. OSError where the disk refuses."""

    def __init__(self, path: Path, columns: Sequence[Column] = COLUMNS) -> None:
        self._columns = tuple(columns)
        self._file = path.open("w", encoding="utf-8", newline="")
        self._writer = csv.writer(self._file, lineterminator="\n")
        self._writer.writerow(column.name for column in self._columns)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._file.close()

    def write(self, page: Sequence[object]) -> None:
        """Append these rows."""
        self._writer.writerows([_spelling(column.read(row)) for column in self._columns] for row in page)


def _spelling(cell: Cell) -> str:
    match cell:
        case None:
            return ""
        case bool():
            return "true" if cell else "false"
        case str():
            return cell
        case Decimal():
            return format(cell, "f")
        case float():
            return repr(cell)
        case _:
            return moment_text(cell)
