"""Rows of a Parquet, CSV or JSON file, each a mapping from column name to cell as the file holds it.

JSON is an array of objects, or one object a line. Only reading Parquet loads pyarrow.
"""

import csv
import json
from collections.abc import Iterable, Mapping, Sequence
from decimal import Decimal
from pathlib import Path
from typing import Any

from arbedge.errors import Invalid, NotFound

__all__ = ["Row", "column_of", "read_rows"]

Row = Mapping[str, Any]
"""One row: text, numbers (Decimal from JSON, float from Parquet doubles), moments, or None."""


def read_rows(path: Path) -> list[Row]:
    """All rows of the file, in its order. Raises NotFound, or Invalid where it cannot be read or holds no row."""
    readers = {".parquet": _parquet, ".csv": _csv, ".json": _json, ".jsonl": _json}
    reader = readers.get(path.suffix.lower())
    if reader is None:
        raise Invalid(f"{path}: name a file that ends in {', '.join(readers)}")
    try:
        rows = reader(path)
    except FileNotFoundError:
        raise NotFound(f"{path}: no such file; name a recorded file") from None
    except OSError as error:
        raise Invalid(f"{path}: {error.strerror or error}; name a readable file") from None
    except RecursionError:
        raise Invalid(f"{path}: nested too deeply to be a record; expected an array of objects") from None
    except (ValueError, csv.Error) as error:
        raise Invalid(f"{path}: not {path.suffix.lstrip('.')} that can be read: {_line(error)}") from None
    if not rows:
        raise Invalid(f"{path}: holds no row; name a record with rows")
    return rows


def column_of(rows: Sequence[Row], path: Path, what: str, names: Iterable[str]) -> str:
    """The first of `names` the file has; Invalid names `what` is missing and the spellings understood."""
    named = tuple(names)
    found = next((name for name in named if name in rows[0]), None)
    if found is None:
        raise Invalid(f"{path}: no column for {what}; expected one of {', '.join(named)}")
    return found


def _parquet(path: Path) -> list[Row]:
    import pyarrow as pa  # noqa: PLC0415 - pyarrow takes a while
    from pyarrow import parquet as pq  # noqa: PLC0415 - the same

    with path.open("rb") as file:
        table = pq.ParquetFile(file).read()
    for index, field in enumerate(table.schema):
        if pa.types.is_timestamp(field.type) and field.type.unit == "ns":
            coarser = table.column(index).cast(pa.timestamp("us", tz=field.type.tz), safe=False)
            table = table.set_column(index, field.name, coarser)
    rows: list[Row] = table.to_pylist()
    return rows


def _csv(path: Path) -> list[Row]:
    with path.open(encoding="utf-8", newline="") as file:
        return [{name: cell or None for name, cell in row.items()} for row in csv.DictReader(file)]


def _json(path: Path) -> list[Row]:
    text = path.read_text(encoding="utf-8")
    if text.lstrip().startswith("["):
        rows = json.loads(text, parse_float=Decimal)
    else:
        rows = [json.loads(line, parse_float=Decimal) for line in text.splitlines() if line.strip()]
    if any(not isinstance(row, dict) for row in rows):
        raise ValueError("expected objects, one a row")
    return list(rows)


def _line(error: Exception) -> str:
    return " ".join(str(error).split())[:200]
