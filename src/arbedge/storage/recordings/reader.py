"""Recorded files read back: prices by round for a restart, and quotes as the spans in which each one stood.

Reads beside a running recorder; raises OSError where the disk refuses and IntegrityError where a file is damaged.
"""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray
from pyarrow import compute as pc
from pyarrow import parquet as pq

from arbedge.domain.instrument import InstrumentId, MarketKind
from arbedge.errors import IntegrityError
from arbedge.storage.recordings.files import files_of
from arbedge.storage.recordings.layout import Dataset, Hour, RowState, hours_of

__all__ = ["PriceHour", "QuoteSpan", "price_hours", "quote_spans", "venues_of"]

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class PriceHour:
    """Prices of one hour and venue: row by row the moment, which of `instruments`, and the price."""

    instruments: tuple[InstrumentId, ...]
    at_ms: NDArray[np.int64]
    codes: NDArray[np.int64]
    prices: NDArray[np.float64]

    def moments(self) -> list[datetime]:
        """The moments there are, oldest first."""
        return [_moment(at_ms) for at_ms in np.unique(self.at_ms).tolist()]

    def at(self, moment: datetime) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
        """Which instruments have a price at one of the moments, and the prices."""
        rows = self.at_ms == (moment - _EPOCH) // timedelta(milliseconds=1)
        return self.codes[rows], self.prices[rows]


@dataclass(frozen=True, slots=True)
class QuoteSpan:
    """A quote and how long it is known to have stood: from `since` until before `until`; venue units."""

    since: datetime
    until: datetime
    bid: float
    ask: float


def venues_of(root: Path, dataset: Dataset, hour: Hour) -> tuple[str, ...]:
    """The venues recorded in an hour."""
    folders = hour.folder(root, dataset).glob("venue=*")
    return tuple(sorted(folder.name.removeprefix("venue=") for folder in folders))


def price_hours(root: Path, venue: str, since: datetime) -> Iterator[PriceHour]:
    """The recorded prices of a venue from the hour of `since` on, an hour at a time, oldest first."""
    for hour in hours_of(root, Dataset.PRICES):
        files = files_of(_folder(root, Dataset.PRICES, hour, venue))
        if hour.ends_at <= since or not files:
            continue
        tables = [_read(each, None) for each in files]
        table = pa.concat_tables(tables).unify_dictionaries().combine_chunks()
        if table.num_rows:
            yield _price_hour(table, venue)


def quote_spans(
    root: Path, instrument: InstrumentId, since: datetime, until: datetime, longest_beat_s: float
) -> list[QuoteSpan]:
    """When which quote stood between two moments, oldest first; time in between is unknown.

    A quote stands until the next row of its instrument, and no longer than `longest_beat_s` (2.5 sampling periods
    is a fair limit) past the last beat of its venue: where the recorder was not at work, nothing is known. Every
    hour that has rows begins with a whole sample, so nothing is carried over from an hour before.
    """
    found: list[QuoteSpan] = []
    for hour in hours_of(root, Dataset.QUOTES):
        if hour.ends_at <= since or hour.begins_at >= until:
            continue
        files = files_of(_folder(root, Dataset.QUOTES, hour, instrument.venue))
        tables = [_read(each, _rows_of(instrument)) for each in files]
        if tables:
            found += _spans(pa.concat_tables(tables), hour, longest_beat_s)
    return [
        QuoteSpan(max(each.since, since), min(each.until, until), each.bid, each.ask)
        for each in found
        if each.since < until and each.until > since
    ]


def _folder(root: Path, dataset: Dataset, hour: Hour, venue: str) -> Path:
    return hour.folder(root, dataset) / f"venue={venue}"


def _rows_of(instrument: InstrumentId) -> pc.Expression:
    """Its own rows, and the beats."""
    own = (pc.field("kind") == instrument.kind.value) & (pc.field("symbol") == instrument.symbol)
    return own | pc.field("symbol").is_null()


def _read(file: Path, wanted: pc.Expression | None) -> pa.Table:
    with _named(file), pq.ParquetFile(file) as opened:
        table = opened.read()
    return table if wanted is None else table.filter(wanted)


@contextmanager
def _named(file: Path) -> Iterator[None]:
    try:
        yield
    except pa.ArrowInvalid as fault:
        raise IntegrityError(f"{file}: damaged, move it away; the other files can be read ({fault})") from fault


def _price_hour(table: pa.Table, venue: str) -> PriceHour:
    kind, symbol = (table.column(name).combine_chunks() for name in ("kind", "symbol"))
    kinds, symbols = kind.dictionary.to_pylist(), symbol.dictionary.to_pylist()
    pairs = kind.indices.to_numpy().astype(np.int64) * len(symbols) + symbol.indices.to_numpy()
    used, codes = np.unique(pairs, return_inverse=True)
    named = [(kinds[pair // len(symbols)], symbols[pair % len(symbols)]) for pair in used.tolist()]
    return PriceHour(
        tuple(InstrumentId(venue, MarketKind(each), name) for each, name in named),
        table.column("at").cast(pa.int64()).to_numpy(),
        codes.astype(np.int64),
        table.column("price").to_numpy().astype(np.float64),
    )


def _spans(table: pa.Table, hour: Hour, longest_beat_s: float) -> Iterator[QuoteSpan]:
    """Walk the rows in time: a gap ends a quote, so does a whole sample without it, and a pause of the beats."""
    rows = sorted(
        zip(*(table.column(name).to_pylist() for name in ("at", "state", "bid", "ask")), strict=True), key=_order
    )
    limit = timedelta(seconds=longest_beat_s)
    standing: tuple[datetime, float, float] | None = None
    beat_at = hour.begins_at
    for at, state, bid, ask in rows:
        if standing is not None and at - beat_at > limit:
            yield QuoteSpan(standing[0], beat_at + limit, standing[1], standing[2])
            standing = None
        if state in {RowState.BEAT, RowState.WHOLE}:
            beat_at = at
            if standing is not None and state == RowState.WHOLE and not _is_named(rows, at):
                yield QuoteSpan(standing[0], at, standing[1], standing[2])
                standing = None
            continue
        if standing is not None:
            yield QuoteSpan(standing[0], at, standing[1], standing[2])
        standing = (at, bid, ask) if state == RowState.QUOTE else None
    if standing is not None:
        yield QuoteSpan(standing[0], min(beat_at + limit, hour.ends_at), standing[1], standing[2])


def _order(row: Sequence[object]) -> tuple[object, bool]:
    """By moment, the beat first."""
    return row[0], row[1] not in {RowState.BEAT, RowState.WHOLE}


def _is_named(rows: Sequence[Sequence[object]], at: datetime) -> bool:
    return any(row[0] == at and row[1] in {RowState.QUOTE, RowState.GAP} for row in rows)


def _moment(at_ms: int) -> datetime:
    return _EPOCH + timedelta(milliseconds=at_ms)
