"""v3's rows of instruments to ours: one shape for spot and contracts, a step where one is stated, else decimals."""

from collections.abc import Mapping, Sequence
from collections.abc import Set as AbstractSet
from decimal import Decimal

from arbedge.domain.instrument import AssetClass, Instrument, InstrumentStatus, MarketKind
from arbedge.domain.money import decimal_of
from arbedge.exchanges.bitget.symbols import class_of, fee_of, instrument_id, min_notional, places, same_symbol_once
from arbedge.exchanges.bitget.v3.wire import Listed
from arbedge.exchanges.reading.figures import above_zero, least_limit, moment
from arbedge.exchanges.reading.listing import Listing, read_listing
from arbedge.exchanges.transport.multipliers import split_multiplier

__all__ = ["read_perps", "read_spot"]

_STATUS: Mapping[str, InstrumentStatus] = {
    "online": InstrumentStatus.TRADING,
    "listed": InstrumentStatus.PRELAUNCH,
    "limit_open": InstrumentStatus.CANCEL_ONLY,
    "limit_close": InstrumentStatus.SUSPENDED,
    "restrictedAPI": InstrumentStatus.SUSPENDED,
    "offline": InstrumentStatus.SUSPENDED,
}
"""`offline` is told of markets in maintenance and of those taken off alike: what it no longer lists is delisted."""


def read_spot(rows: Sequence[Listed]) -> Listing:
    """Every spot pair, of any status."""
    return read_listing(rows, _spot, lambda row: row.symbol)


def read_perps(rows: Sequence[tuple[str, Listed]], spot_bases: AbstractSet[str]) -> Listing:
    """Every perpetual among contracts given with their product line; dated futures are left out."""
    perpetual = [row for line, row in rows if row.kind == "perpetual" and f"{row.quote}-FUTURES" == line]
    return same_symbol_once(read_listing(perpetual, lambda row: _perp(row, spot_bases), lambda row: row.symbol))


def _spot(row: Listed) -> Instrument:
    asset_class = AssetClass.TOKENISED_STOCK if (row.is_share or "").lower() == "yes" else AssetClass.COIN
    return _instrument(row, MarketKind.SPOT, row.base, Decimal(1), asset_class)


def _perp(row: Listed, spot_bases: AbstractSet[str]) -> Instrument:
    asset_class = class_of(row.real_world, row.base)
    is_coin = asset_class is AssetClass.COIN
    asset, multiplier = split_multiplier(row.base, spot_bases) if is_coin else (row.base, Decimal(1))
    return _instrument(row, MarketKind.PERP, asset, multiplier, asset_class)


def _instrument(
    row: Listed, kind: MarketKind, asset: str, multiplier: Decimal, asset_class: AssetClass
) -> Instrument:
    return Instrument(
        id=instrument_id(kind, row.symbol),
        base=row.base,
        quote=row.quote,
        asset=asset,
        settle=None if kind is MarketKind.SPOT else row.quote,
        tick=_step(row.price_step, row.price_places, f"{row.symbol} price step"),
        lot=_step(row.size_step, row.size_places, f"{row.symbol} size step"),
        min_qty=decimal_of(row.min_qty or "0", f"{row.symbol} minOrderQty"),
        min_notional=min_notional(row.least_worth or "", row.quote, row.symbol),
        status=_STATUS.get(row.status, InstrumentStatus.SUSPENDED),
        multiplier=multiplier,
        max_qty=least_limit(row.max_qty, row.max_market_qty),
        asset_class=asset_class,
        listed_at=moment(row.launch_ms),
        delists_at=moment(row.off_ms),
        taker_fee=fee_of(row.taker_fee),
    )


def _step(stated: str | None, decimals: int, name: str) -> Decimal:
    return above_zero(stated, name) if stated else places(decimals, name)
