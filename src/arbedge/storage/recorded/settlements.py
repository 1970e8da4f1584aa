"""Settled funding as recorded: one row a contract and settlement."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from pathlib import Path

from arbedge.errors import Conflict, Invalid
from arbedge.opportunities.outcomes.holding import ContractFunding, RecordedSettlement
from arbedge.storage.recorded.cells import decimal_cell, moment_cell
from arbedge.storage.recorded.rows import Row, column_of, read_rows

__all__ = ["FundingRecord", "read_settlements"]

_QUOTES = ("USDT", "USDC")
_CANONICAL_PARTS = 3
"""`BTC-USDT-PERP`: base, quote, kind."""


@dataclass(frozen=True, slots=True)
class FundingRecord:
    """Every contract of the files; `unusable` rows (no moment, no contract or no rate) were left out."""

    contracts: tuple[ContractFunding, ...]
    settlements: int
    unusable: int


@dataclass(frozen=True, slots=True)
class _Columns:
    at: str
    venue: str
    symbol: str
    rate: str


def read_settlements(paths: Sequence[Path]) -> FundingRecord:
    """The settlements of all files together; one that is in two of them counts once.

    Raises NotFound or Invalid naming file and fix, Conflict where two rows give one settlement different rates.
    """
    found: dict[tuple[str, str, str], dict[datetime, RecordedSettlement]] = {}
    unusable = 0
    for path in paths:
        rows = read_rows(path)
        columns = _Columns(
            at=column_of(rows, path, "the settlement's time", ("settlement_ts", "fundingTime", "settled_at", "at")),
            venue=column_of(rows, path, "the venue", ("venue", "exchange")),
            symbol=column_of(rows, path, "the contract", ("venue_symbol", "symbol")),
            rate=column_of(rows, path, "the rate", ("rate_raw", "rate", "fundingRate", "funding_rate")),
        )
        for row in rows:
            settlement = _settlement(row, columns)
            if settlement is None:
                unusable += 1
                continue
            symbol = str(row[columns.symbol])
            contract = (str(row[columns.venue]), symbol, _coin(row, symbol))
            known = found.setdefault(contract, {}).setdefault(settlement.at, settlement)
            if known.rate != settlement.rate:
                raise Conflict(
                    f"{path}: {contract[0]} {symbol} settled twice at {settlement.at.isoformat()}, at {known.rate} "
                    f"and {settlement.rate}; keep one of them"
                )
    if not found:
        raise Invalid(f"{paths[0]}: no usable settlement; name a record of settled funding")
    contracts = tuple(
        ContractFunding(*contract, tuple(sorted(settled.values(), key=lambda each: each.at)))
        for contract, settled in sorted(found.items())
    )
    return FundingRecord(contracts, sum(len(each.settlements) for each in contracts), unusable)


def _settlement(row: Row, columns: _Columns) -> RecordedSettlement | None:
    at, rate = moment_cell(row.get(columns.at)), decimal_cell(row.get(columns.rate))
    if at is None or rate is None or not row.get(columns.venue) or not row.get(columns.symbol):
        return None
    interval = _positive(row, "interval_hours", "fundingIntervalHours", "interval_h")
    return RecordedSettlement(at, rate, interval, _positive(row, "mark_price", "mark", "markPrice"))


def _positive(row: Row, *names: str) -> Decimal | None:
    value = next((decimal_cell(row[name]) for name in names if name in row), None)
    return value if value is not None and value > 0 else None


def _coin(row: Row, symbol: str) -> str:
    """The asset as the record spells it: its column, the base of a canonical name, or the symbol less its quote.

    Multipliers stay in the name: `1000PEPE` pairs with `1000PEPE` only.
    """
    own = row.get("coin") or row.get("base")
    if own:
        return str(own)
    parts = str(row.get("canonical_symbol") or "").split("-")
    if len(parts) == _CANONICAL_PARTS:
        return parts[0]
    return next((symbol.removesuffix(quote) for quote in _QUOTES if symbol.endswith(quote)), symbol)
