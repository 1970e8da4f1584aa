"""Opportunities as Parquet (zstd): decimals as text with every digit, moments as UTC microseconds.

Figures hold up to 60 digits, more than Parquet's decimal128 (38): text is exact, and the field's metadata
(`arbedge.type` = `decimal`) tells readers which columns to cast. Importing this module loads pyarrow.
"""

from collections.abc import Sequence
from decimal import Decimal
from pathlib import Path
from types import TracebackType
from typing import Self

import pyarrow as pa
from pyarrow import parquet as pq

from arbedge.storage.export.columns import COLUMNS, Cell, Column, ColumnType

__all__ = ["ParquetSheet"]

_TYPES = {
    ColumnType.TEXT: pa.string(),
    ColumnType.DECIMAL: pa.string(),
    ColumnType.MOMENT: pa.timestamp("us", tz="UTC"),
    ColumnType.FLOAT: pa.float64(),
    ColumnType.FLAG: pa.bool_(),
}


class ParquetSheet:
    """An open Parquet file; each page becomes one row group. OSError where the disk refuses."""

    def __init__(self, path: Path, columns: Sequence[Column] = COLUMNS) -> None:
        self._columns = tuple(columns)
        fields = [pa.field(c.name, _TYPES[c.type], metadata={"arbedge.type": c.type.value}) for c in self._columns]
        self._schema = pa.schema(fields)
        self._writer = pq.ParquetWriter(str(path), self._schema, compression="zstd")

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._writer.close()

    def write(self, page: Sequence[object]) -> None:
        """Append these rows."""
        columns = [[_value(column.read(row)) for row in page] for column in self._columns]
        self._writer.write_table(pa.table(columns, schema=self._schema))


def _value(cell: Cell) -> Cell:
    return format(cell, "f") if isinstance(cell, Decimal) else cell
