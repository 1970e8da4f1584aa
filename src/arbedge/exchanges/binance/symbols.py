"""Binance's spelling of instruments to ours, the only module that knows it.

Bases and quotes come from the venue's own fields, never from cutting a symbol. A perp here is linear and without
expiry: contract type PERPETUAL (or TRADIFI_PERPETUAL, whose underlying is not a coin), settled in its quote,
USDT or USDC. Quantities of USD-M are base units, so `contract_size` is 1 everywhere.
"""

from collections.abc import Iterable, Mapping
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from decimal import Decimal

from arbedge.domain.instrument import (
    AssetClass,
    Instrument,
    InstrumentId,
    InstrumentStatus,
    MarketKind,
    PriceBand,
)
from arbedge.domain.money import decimal_of
from arbedge.errors import Invalid
from arbedge.exchanges.binance.wire import ListedSymbol, SymbolFilter
from arbedge.exchanges.reading.figures import above_zero, least_limit, moment
from arbedge.exchanges.reading.listing import Listing, read_listing
from arbedge.exchanges.transport.multipliers import split_multiplier

__all__ = ["VENUE", "instrument_id", "parse_perps", "parse_spot", "stream_symbol"]

VENUE = "binance"

_PERP_TYPES = frozenset({"PERPETUAL", "TRADIFI_PERPETUAL"})
_SETTLES = frozenset({"USDT", "USDC"})

_NEVER_MS = 4_000_000_000_000
"""USD-M writes a delivery date in the year 2100 for a perp that has none; anything before is a real end."""

_SPOT_STATUS: Mapping[str, InstrumentStatus] = {
    "TRADING": InstrumentStatus.TRADING,
    "CANCEL_ONLY": InstrumentStatus.CANCEL_ONLY,
    "PRE_TRADING": InstrumentStatus.PRELAUNCH,
}
_PERP_STATUS: Mapping[str, InstrumentStatus] = {
    "TRADING": InstrumentStatus.TRADING,
    "PENDING_TRADING": InstrumentStatus.PRELAUNCH,
    "PRE_DELIVERING": InstrumentStatus.SUSPENDED,
    "DELIVERING": InstrumentStatus.DELISTED,
    "DELIVERED": InstrumentStatus.DELISTED,
    "PRE_SETTLE": InstrumentStatus.SUSPENDED,
    "SETTLING": InstrumentStatus.SUSPENDED,
    "CLOSE": InstrumentStatus.DELISTED,
}
_CLASSES: Mapping[str, AssetClass] = {
    "": AssetClass.COIN,
    "COIN": AssetClass.COIN,
    "PREMARKET": AssetClass.PREMARKET,
    "INDEX": AssetClass.INDEX,
    "COMMODITY": AssetClass.COMMODITY,
}


@dataclass(frozen=True, slots=True)
class _Limits:
    """The trading rules of a symbol; decimals as sent."""

    tick: Decimal
    lot: Decimal
    min_qty: Decimal
    min_notional: Decimal
    max_qty: Decimal | None
    band: PriceBand | None


def instrument_id(kind: MarketKind, symbol: str) -> InstrumentId:
    """The identity of a Binance symbol."""
    return InstrumentId(VENUE, kind, symbol)


def stream_symbol(instrument: InstrumentId) -> str:
    """A symbol as stream names spell it."""
    return instrument.symbol.lower()


def parse_spot(rows: Iterable[ListedSymbol]) -> Listing:
    """Every spot symbol, of any status."""
    return read_listing(rows, _spot, lambda row: row.symbol)


def parse_perps(rows: Iterable[ListedSymbol], spot_bases: AbstractSet[str]) -> Listing:
    """Every linear perpetual settled in USDT or USDC, of any status; dated futures and other margins are left out.

    `spot_bases` are the bases of the venue's spot market: they decide whether a prefix like 1000 is a multiplier.
    """
    return read_listing(filter(_is_linear, rows), lambda row: _perp(row, spot_bases), lambda row: row.symbol)


def _is_linear(row: ListedSymbol) -> bool:
    return row.contract_type in _PERP_TYPES and row.margin_asset == row.quote and row.quote in _SETTLES


def _spot(row: ListedSymbol) -> Instrument:
    limits = _limits(row)
    status = _SPOT_STATUS.get(row.status, InstrumentStatus.SUSPENDED)
    if status is InstrumentStatus.TRADING and not row.is_spot_allowed:
        status = InstrumentStatus.SUSPENDED
    return Instrument(
        id=instrument_id(MarketKind.SPOT, row.symbol),
        base=row.base,
        quote=row.quote,
        asset=row.base,
        settle=None,
        tick=limits.tick,
        lot=limits.lot,
        min_qty=limits.min_qty,
        min_notional=limits.min_notional,
        status=status,
        max_qty=limits.max_qty,
        band=limits.band,
        is_borrowable=row.is_margin_allowed,
    )


def _perp(row: ListedSymbol, spot_bases: AbstractSet[str]) -> Instrument:
    limits = _limits(row)
    asset_class = _class_of(row)
    is_coin = asset_class is AssetClass.COIN
    asset, multiplier = split_multiplier(row.base, spot_bases) if is_coin else (row.base, Decimal(1))
    return Instrument(
        id=instrument_id(MarketKind.PERP, row.symbol),
        base=row.base,
        quote=row.quote,
        asset=asset,
        settle=row.margin_asset,
        tick=limits.tick,
        lot=limits.lot,
        min_qty=limits.min_qty,
        min_notional=limits.min_notional,
        status=_PERP_STATUS.get(row.status, InstrumentStatus.SUSPENDED),
        multiplier=multiplier,
        max_qty=limits.max_qty,
        asset_class=asset_class,
        band=limits.band,
        listed_at=moment(row.onboard_ms),
        delists_at=moment(row.delivery_ms) if row.delivery_ms < _NEVER_MS else None,
    )


def _class_of(row: ListedSymbol) -> AssetClass:
    """COIN only where the venue says so; a traditional underlying we have no word for stays UNKNOWN."""
    if "EQUITY" in row.underlying_type:
        return AssetClass.STOCK
    if row.contract_type == "TRADIFI_PERPETUAL" and row.underlying_type in {"", "COIN"}:
        return AssetClass.UNKNOWN
    return _CLASSES.get(row.underlying_type, AssetClass.UNKNOWN)


def _limits(row: ListedSymbol) -> _Limits:
    rules = {rule.kind: rule for rule in row.filters}
    price, size = rules.get("PRICE_FILTER"), rules.get("LOT_SIZE")
    if price is None or size is None:
        raise Invalid(f"{row.symbol}: no PRICE_FILTER or no LOT_SIZE")
    cost = rules.get("NOTIONAL") or rules.get("MIN_NOTIONAL")
    least = (cost.min_notional or cost.notional or "0") if cost is not None else "0"
    return _Limits(
        tick=above_zero(price.tick, f"{row.symbol} tickSize"),
        lot=above_zero(size.step, f"{row.symbol} stepSize"),
        min_qty=decimal_of(size.min_qty or "0", f"{row.symbol} minQty"),
        min_notional=decimal_of(least, f"{row.symbol} minNotional"),
        max_qty=_max_qty(size, rules.get("MARKET_LOT_SIZE")),
        band=_band(rules),
    )


def _max_qty(*rules: SymbolFilter | None) -> Decimal | None:
    """The smaller of the order size limits that are set; 0 means not set."""
    return least_limit(*(rule.max_qty for rule in rules if rule is not None))


def _band(rules: Mapping[str, SymbolFilter]) -> PriceBand | None:
    """How far from the reference a buy may go up and a sell may go down."""
    by_side, plain = rules.get("PERCENT_PRICE_BY_SIDE"), rules.get("PERCENT_PRICE")
    if by_side is not None and by_side.bid_up and by_side.ask_down:
        up, down = by_side.bid_up, by_side.ask_down
    elif plain is not None and plain.up and plain.down:
        up, down = plain.up, plain.down
    else:
        return None
    return PriceBand(up=decimal_of(up, "multiplierUp") - 1, down=1 - decimal_of(down, "multiplierDown"))
