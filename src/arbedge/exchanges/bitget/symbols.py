"""Bitget's spelling of instruments to ours, the only module that knows it.

Bases and quotes come from the venue's own fields, never from cutting a symbol. A perp here is linear and without
expiry: `symbolType` perpetual, its quote USDT or USDC and its margin the same. Quantities are base units
everywhere, so `contract_size` is 1. Spot and USDT contracts share symbols (BTCUSDT), the kind tells them apart; a
contract in USDC is called BTCPERP.
"""

from collections.abc import Mapping, Sequence
from collections.abc import Set as AbstractSet
from decimal import Decimal

from arbedge.domain.instrument import AssetClass, Instrument, InstrumentId, InstrumentStatus, MarketKind
from arbedge.domain.money import ZERO, decimal_of
from arbedge.errors import Invalid
from arbedge.exchanges.bitget.facts import PRODUCT_LINES, SPEC, SPOT_LINE
from arbedge.exchanges.bitget.wire import Component, Contract, Pair
from arbedge.exchanges.reading.figures import above_zero, decimal_or_none, least_limit, moment
from arbedge.exchanges.reading.listing import Listing, once_each, read_listing
from arbedge.exchanges.transport.multipliers import split_multiplier
from arbedge.market.ports import IndexComponent

__all__ = [
    "class_of",
    "component_of",
    "fee_of",
    "instrument_id",
    "line_of",
    "min_notional",
    "parse_perps",
    "parse_spot",
    "places",
    "same_symbol_once",
]

_MOST_PLACES = 30
_HIGHEST_FEE = Decimal("0.05")

_DOLLARS = frozenset({"USDT", "USDC"})

_SPOT_STATUS: Mapping[str, InstrumentStatus] = {
    "online": InstrumentStatus.TRADING,
    "gray": InstrumentStatus.PRELAUNCH,
    "halt": InstrumentStatus.SUSPENDED,
    "offline": InstrumentStatus.DELISTED,
}
_PERP_STATUS: Mapping[str, InstrumentStatus] = {
    "normal": InstrumentStatus.TRADING,
    "listed": InstrumentStatus.PRELAUNCH,
    "limit_open": InstrumentStatus.CANCEL_ONLY,
    "maintain": InstrumentStatus.SUSPENDED,
    "restrictedAPI": InstrumentStatus.SUSPENDED,
    "off": InstrumentStatus.DELISTED,
}
_SEPARATORS: Mapping[str, str] = {"okx": "-", "coinbase": "-", "kucoin": "-", "gateio": "_"}
"""How other venues join base and quote in the symbols of their own; nothing in between everywhere else."""

_METALS = frozenset({"XAU", "XAG", "XPT", "XPD"})


def instrument_id(kind: MarketKind, symbol: str) -> InstrumentId:
    """The identity of a Bitget symbol."""
    return InstrumentId(SPEC.name, kind, symbol)


def line_of(instrument: Instrument) -> str:
    """The product line that requests and subscriptions name beside the symbol."""
    return SPOT_LINE if instrument.settle is None else f"{instrument.settle}-FUTURES"


def component_of(row: Component) -> IndexComponent:
    """One source of an index under the venue's name as we write it, and that venue's own spelling of the pair.

    `BITGET_FUTURE`, the contract itself, keeps that name: it is no spot market.
    """
    venue = row.exchange.strip().lower()
    try:
        price = decimal_of(row.price, "equivalentPrice")
    except Invalid:
        price = ZERO
    symbol = row.pair.strip().replace("/", _SEPARATORS.get(venue, ""))
    return IndexComponent(venue=venue, symbol=symbol, price=price if price > 0 else None)


def parse_spot(rows: Sequence[Pair]) -> Listing:
    """Every spot pair, of any status."""
    return read_listing(rows, _spot, lambda row: row.symbol)


def parse_perps(rows: Sequence[Contract], spot_bases: AbstractSet[str]) -> Listing:
    """Every linear perpetual settled in USDT or USDC, of any status; dated futures and other margins are left out.

    `spot_bases` are the bases of the venue's spot market: they decide whether a 1000 in a ticker is a multiplier. A
    symbol listed in two lines could not be told apart: the second is unreadable.
    """
    linear = [
        row
        for row in rows
        if row.kind == "perpetual" and f"{row.quote}-FUTURES" in PRODUCT_LINES and row.quote in row.margins
    ]
    return same_symbol_once(read_listing(linear, lambda row: _perp(row, spot_bases), lambda row: row.symbol))


def same_symbol_once(listing: Listing) -> Listing:
    """The listing with each symbol once; the second of one symbol is as unreadable as a row that makes no sense."""
    once, doubled = once_each(listing)
    return Listing(once.instruments, (*once.unreadable, *doubled))


def _spot(row: Pair) -> Instrument:
    return Instrument(
        id=instrument_id(MarketKind.SPOT, row.symbol),
        base=row.base,
        quote=row.quote,
        asset=row.base,
        settle=None,
        tick=places(row.price_places, f"{row.symbol} pricePrecision"),
        lot=places(row.size_places, f"{row.symbol} quantityPrecision"),
        min_qty=decimal_of(row.min_qty or "0", f"{row.symbol} minTradeAmount"),
        min_notional=min_notional(row.min_usdt, row.quote, row.symbol),
        status=_SPOT_STATUS.get(row.status, InstrumentStatus.SUSPENDED),
        listed_at=moment(row.open_ms),
        delists_at=moment(row.off_ms),
        taker_fee=fee_of(row.taker_fee),
    )


def _perp(row: Contract, spot_bases: AbstractSet[str]) -> Instrument:
    asset_class = class_of(row.real_world, row.base)
    is_coin = asset_class is AssetClass.COIN
    asset, multiplier = split_multiplier(row.base, spot_bases) if is_coin else (row.base, Decimal(1))
    place = places(row.price_places, f"{row.symbol} pricePlace")
    return Instrument(
        id=instrument_id(MarketKind.PERP, row.symbol),
        base=row.base,
        quote=row.quote,
        asset=asset,
        settle=row.quote,
        tick=above_zero(row.end_step, f"{row.symbol} priceEndStep") * place,
        lot=above_zero(row.size_step, f"{row.symbol} sizeMultiplier"),
        min_qty=decimal_of(row.min_qty or "0", f"{row.symbol} minTradeNum"),
        min_notional=min_notional(row.min_usdt, row.quote, row.symbol),
        status=_PERP_STATUS.get(row.status, InstrumentStatus.SUSPENDED),
        multiplier=multiplier,
        max_qty=least_limit(row.max_qty, row.max_market_qty),
        asset_class=asset_class,
        listed_at=moment(row.launch_ms),
        delists_at=moment(row.off_ms),
        taker_fee=fee_of(row.taker_fee),
    )


def class_of(real_world: str | None, base: str) -> AssetClass:
    """A coin unless the venue marks the underlying as something of the real world: a metal, else a stock."""
    if (real_world or "").upper() != "YES":
        return AssetClass.COIN
    return AssetClass.COMMODITY if base in _METALS else AssetClass.STOCK


def min_notional(text: str, quote: str, symbol: str) -> Decimal:
    """The least an order must be worth. Stated in USDT, so unknown (0) for pairs quoted in anything but dollars."""
    if not text or quote not in _DOLLARS:
        return ZERO
    return decimal_of(text, f"{symbol} minTradeUSDT")


def fee_of(text: str | None) -> Decimal | None:
    """The taker fee everybody pays, a fraction; None where none is stated, or one no venue asks."""
    fee = decimal_or_none(text)
    return fee if fee is not None and 0 <= fee <= _HIGHEST_FEE else None


def places(count: int, name: str) -> Decimal:
    """The step of that many decimals."""
    if not 0 <= count <= _MOST_PLACES:
        raise Invalid(f"{name}: {count} is no number of decimals")
    return Decimal(1).scaleb(-count)
