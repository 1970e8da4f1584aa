"""Bybit's spelling of instruments to ours, the only module that knows it.

Bases and quotes come from the venue's own fields, never from cutting a symbol: spot and linear share BTCUSDT, and
a contract in USDC is BTCPERP. A perp here is a LinearPerpetual settled in its quote, USDT or USDC. Quantities are
base units, so `contract_size` is 1 everywhere.
"""

from collections.abc import Iterable, Mapping
from collections.abc import Set as AbstractSet
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
from arbedge.exchanges.bybit.wire import ListedSymbol, RiskLimits
from arbedge.exchanges.reading.figures import above_zero, least_limit, moment
from arbedge.exchanges.reading.listing import Listing, read_listing
from arbedge.exchanges.transport.multipliers import split_multiplier

__all__ = ["VENUE", "index_name", "instrument_id", "parse_perps", "parse_spot"]

VENUE = "bybit"

_ONE = Decimal(1)
_PERP = "LinearPerpetual"
_SETTLES = frozenset({"USDT", "USDC"})

_STATUS: Mapping[str, InstrumentStatus] = {
    "Trading": InstrumentStatus.TRADING,
    "PreLaunch": InstrumentStatus.PRELAUNCH,
    "Settling": InstrumentStatus.SUSPENDED,
    "Delivering": InstrumentStatus.SUSPENDED,
    "Closed": InstrumentStatus.DELISTED,
}
_CLASSES: Mapping[str, AssetClass] = {
    "": AssetClass.COIN,
    "innovation": AssetClass.COIN,
    "adventure": AssetClass.COIN,
    "xstocks": AssetClass.TOKENISED_STOCK,
    "mstocks": AssetClass.TOKENISED_STOCK,
    "stock": AssetClass.STOCK,
    "etf": AssetClass.STOCK,
    "forex": AssetClass.FX,
    "commodity": AssetClass.COMMODITY,
    "index": AssetClass.INDEX,
}
"""A region of listing we have no word for stays UNKNOWN, which is never matched with a coin."""

_STOCKS = frozenset({AssetClass.STOCK, AssetClass.TOKENISED_STOCK})


def instrument_id(kind: MarketKind, symbol: str) -> InstrumentId:
    """The identity of a Bybit symbol."""
    return InstrumentId(VENUE, kind, symbol)


def index_name(symbol: str) -> str:
    """What a perp's index is called: as the contract itself, except that one in USDC names its quote."""
    base = symbol.removesuffix("PERP")
    return symbol if base == symbol else f"{base}USDC"


def parse_spot(rows: Iterable[ListedSymbol]) -> Listing:
    """Every spot symbol, of any status."""
    return read_listing(rows, _spot, lambda row: row.symbol)


def parse_perps(rows: Iterable[ListedSymbol], spot_bases: AbstractSet[str]) -> Listing:
    """Every linear perpetual settled in USDT or USDC, of any status, each once; dated futures are left out.

    `spot_bases` are the bases of the venue's spot market: they decide whether a number before or behind a ticker
    (1000PEPE, SHIB1000) is a multiplier.
    """
    linear: dict[str, ListedSymbol] = {}
    for row in filter(_is_linear, rows):
        linear.setdefault(row.symbol, row)
    return read_listing(linear.values(), lambda row: _perp(row, spot_bases), lambda row: row.symbol)


def _is_linear(row: ListedSymbol) -> bool:
    settle = row.settle or row.quote
    return row.contract_type == _PERP and settle == row.quote and settle in _SETTLES


def _spot(row: ListedSymbol) -> Instrument:
    size = row.size
    asset_class = _class_of(row)
    return Instrument(
        id=instrument_id(MarketKind.SPOT, row.symbol),
        base=row.base,
        quote=row.quote,
        asset=row.base,
        settle=None,
        tick=above_zero(row.price.tick, f"{row.symbol} tickSize"),
        lot=above_zero(size.base_step, f"{row.symbol} basePrecision"),
        min_qty=decimal_of(size.min_qty or "0", f"{row.symbol} minOrderQty"),
        min_notional=decimal_of(size.min_amount or "0", f"{row.symbol} minOrderAmt"),
        status=_STATUS.get(row.status, InstrumentStatus.SUSPENDED),
        multiplier=_stock_multiplier(row) if asset_class in _STOCKS else _ONE,
        max_qty=least_limit(size.max_limit_spot or size.max_qty, size.max_market_spot),
        asset_class=asset_class,
        band=_band(row.risk),
        is_borrowable=row.margin_trading not in {None, "", "none"},
    )


def _perp(row: ListedSymbol, spot_bases: AbstractSet[str]) -> Instrument:
    size = row.size
    asset_class = _class_of(row)
    is_coin = asset_class is AssetClass.COIN
    asset, multiplier = split_multiplier(row.base, spot_bases) if is_coin else (row.base, _ONE)
    return Instrument(
        id=instrument_id(MarketKind.PERP, row.symbol),
        base=row.base,
        quote=row.quote,
        asset=asset,
        settle=row.settle or row.quote,
        tick=above_zero(row.price.tick, f"{row.symbol} tickSize"),
        lot=above_zero(size.step, f"{row.symbol} qtyStep"),
        min_qty=decimal_of(size.min_qty or "0", f"{row.symbol} minOrderQty"),
        min_notional=decimal_of(size.min_notional or "0", f"{row.symbol} minNotionalValue"),
        status=_STATUS.get(row.status, InstrumentStatus.SUSPENDED),
        multiplier=multiplier,
        max_qty=least_limit(size.max_qty, size.max_market_qty),
        asset_class=asset_class,
        band=_band(row.risk),
        listed_at=moment(row.launch_ms),
        delists_at=moment(row.delivery_ms),
    )


def _class_of(row: ListedSymbol) -> AssetClass:
    """COIN only where nothing says otherwise: what trades by a stock market's calendar is a stock."""
    if row.market_region:
        return AssetClass.STOCK if row.contract_type else AssetClass.TOKENISED_STOCK
    said = _CLASSES.get((row.symbol_type or "").lower(), AssetClass.UNKNOWN)
    return AssetClass.PREMARKET if said is AssetClass.COIN and row.is_prelisted else said


def _stock_multiplier(row: ListedSymbol) -> Decimal:
    """Shares behind one token; the venue's rule is stock price = token price / multiplier."""
    return above_zero(row.stock_multiplier or "1", f"{row.symbol} xstockMultiplier")


def _band(risk: RiskLimits | None) -> PriceBand | None:
    """How far from the reference a price may lie: the smaller ratio, because which one binds depends on prices."""
    if risk is None:
        return None
    ratios = [decimal_of(text, "priceLimitRatio") for text in (risk.ratio_x, risk.ratio_y) if text]
    ratio = min((ratio for ratio in ratios if ratio > 0), default=None)
    return None if ratio is None else PriceBand(up=ratio, down=ratio)
