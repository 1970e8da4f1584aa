"""Best bid and ask as recorded of several venues: one row a venue and moment."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from arbedge.errors import Invalid
from arbedge.opportunities.outcomes.survival import RecordedQuote
from arbedge.storage.recorded.cells import decimal_cell, moment_cell
from arbedge.storage.recorded.rows import Row, column_of, read_rows

__all__ = ["QuoteRecord", "read_quotes"]

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)


@dataclass(frozen=True, slots=True)
class QuoteRecord:
    """The quotes of one market on several venues; `unusable` rows were left out.

    A row is unusable where a figure or the time is missing, a price is not above 0, or the bid reaches the ask.
    """

    symbol: str
    quotes: tuple[RecordedQuote, ...]
    unusable: int


def read_quotes(path: Path, *, symbols: Sequence[str] = (), venues: Sequence[str] = ()) -> QuoteRecord:
    """The quotes of one market, in the file's order; of all venues where none is named.

    `symbols` is needed where the file holds several: the market's spellings, where venues spell it differently.
    Raises Invalid or NotFound naming the fix.
    """
    rows = read_rows(path)
    at = column_of(rows, path, "the time", ("timestamp", "received_at", "at", "time", "ts"))
    venue = column_of(rows, path, "the venue", ("venue", "exchange"))
    bid = column_of(rows, path, "the best bid", ("bid_price", "bid", "best_bid"))
    ask = column_of(rows, path, "the best ask", ("ask_price", "ask", "best_ask"))
    wanted = _one_market(rows, path, symbols)
    quotes = []
    unusable = 0
    for row in rows:
        if _market(row) not in wanted or (venues and row.get(venue) not in venues):
            continue
        moment, low, high = moment_cell(row.get(at)), decimal_cell(row.get(bid)), decimal_cell(row.get(ask))
        if moment is None or low is None or high is None or not 0 < low < high or not row.get(venue):
            unusable += 1
            continue
        quotes.append(RecordedQuote((moment - _EPOCH) // _MICROSECOND, str(row[venue]), low, high))
    market = ", ".join(wanted)
    if not quotes:
        raise Invalid(f"{path}: no usable quote of {market or 'any market'}; check --symbol and --venues")
    return QuoteRecord(market, tuple(quotes), unusable)


def _market(row: Row) -> str:
    if "symbol_base" in row and "symbol_quote" in row:
        return f"{row['symbol_base']}/{row['symbol_quote']}"
    return str(row.get("symbol") or "")


def _one_market(rows: Sequence[Row], path: Path, symbols: Sequence[str]) -> Sequence[str]:
    markets = sorted({_market(row) for row in rows})
    some = ", ".join(markets[:8]) + (", …" if len(markets) > 8 else "")
    missing = next((symbol for symbol in symbols if symbol not in markets), None)
    if missing is not None:
        raise Invalid(f"{path}: no market {missing!r}; it has {some}")
    if not symbols and len(markets) > 1:
        raise Invalid(f"{path}: holds {len(markets)} markets; name one with --symbol ({some})")
    return symbols or markets
