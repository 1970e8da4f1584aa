"""Where recorded rows lie and what columns they have: `quotes/date=2026-11-22/hour=13/venue=okx/*.parquet`.

The folder names are the key=value form that DuckDB, pandas and pyarrow read as columns. A file's name starts with
`part-` until the hour is over, then the hour is one file; names that start with a dot are unfinished and not data.
"""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from pathlib import Path

import pyarrow as pa

__all__ = ["HOUR_FILE", "SCHEMAS", "Dataset", "Hour", "RowState", "hours_of"]

HOUR_FILE = "hour.parquet"
_TEXT = pa.dictionary(pa.int32(), pa.string())
_MOMENT = pa.timestamp("ms", tz="UTC")


class Dataset(StrEnum):
    """The three kinds of rows."""

    QUOTES = "quotes"
    FUNDING = "funding"
    PRICES = "prices"


class RowState(StrEnum):
    """What a row of `quotes` says.

    `quote`: this stands from now on. `gap`: unknown from now on. `beat`: the recorder was at work, whatever has no
    row is as before. `whole`: the same, and every known instrument has a row at this moment.
    """

    QUOTE = "quote"
    GAP = "gap"
    BEAT = "beat"
    WHOLE = "whole"


SCHEMAS: dict[Dataset, pa.Schema] = {
    Dataset.QUOTES: pa.schema(
        [
            pa.field("at", _MOMENT, nullable=False),
            pa.field("kind", _TEXT),
            pa.field("symbol", _TEXT),
            pa.field("state", _TEXT, nullable=False),
            pa.field("bid", pa.float64()),
            pa.field("ask", pa.float64()),
        ]
    ),
    Dataset.FUNDING: pa.schema(
        [
            pa.field("at", _MOMENT, nullable=False),
            pa.field("symbol", _TEXT, nullable=False),
            pa.field("rate", pa.float64(), nullable=False),
            pa.field("interval_hours", pa.float64(), nullable=False),
            pa.field("next_at", _MOMENT, nullable=False),
            pa.field("mark", pa.float64()),
            pa.field("index", pa.float64()),
        ]
    ),
    Dataset.PRICES: pa.schema(
        [
            pa.field("at", _MOMENT, nullable=False),
            pa.field("kind", _TEXT, nullable=False),
            pa.field("symbol", _TEXT, nullable=False),
            pa.field("price", pa.float32(), nullable=False),
        ]
    ),
}
"""Prices are venue units in `quotes` and `funding`, reporting currency for one base unit in `prices`."""


@dataclass(frozen=True, slots=True, order=True)
class Hour:
    """One clock hour (UTC) of recorded time."""

    begins_at: datetime

    @classmethod
    def of(cls, at: datetime) -> "Hour":
        """The hour a moment lies in."""
        return cls(at.astimezone(UTC).replace(minute=0, second=0, microsecond=0))

    @property
    def ends_at(self) -> datetime:
        """When the next one begins."""
        return self.begins_at + timedelta(hours=1)

    def folder(self, root: Path, dataset: Dataset) -> Path:
        """Where its rows of one dataset lie; one folder a venue below it."""
        return root / dataset.value / f"date={self.begins_at:%Y-%m-%d}" / f"hour={self.begins_at:%H}"


def hours_of(root: Path, dataset: Dataset) -> list[Hour]:
    """The hours recorded of a dataset, oldest first; folders named otherwise are not ours."""
    found = []
    for folder in (root / dataset.value).glob("date=*/hour=*"):
        try:
            text = f"{folder.parent.name.removeprefix('date=')}T{folder.name.removeprefix('hour=')}:00:00+00:00"
            found.append(Hour(datetime.fromisoformat(text)))
        except ValueError:
            continue
    return sorted(found)
