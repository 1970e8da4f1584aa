"""OKX's spelling of instruments to ours, the only module that knows it.

A spot pair names its currencies; a swap names them by its underlying (`BTC-USDT`), the currency of its contract
value and the one it settles in. A perp here is a linear swap settled in its quote, USDT or USDC. Its sizes are
contracts: `contract_size` is `ctVal` times `ctMult`, in base units.
"""

from collections.abc import Iterable, Mapping
from collections.abc import Set as AbstractSet
from decimal import Decimal

from arbedge.domain.instrument import AssetClass, Instrument, InstrumentId, InstrumentStatus, MarketKind
from arbedge.domain.money import ZERO, decimal_of
from arbedge.errors import Invalid
from arbedge.exchanges.okx.wire import ListedInstrument
from arbedge.exchanges.reading.figures import above_zero, least_limit, moment
from arbedge.exchanges.reading.listing import Listing, read_listing
from arbedge.exchanges.transport.multipliers import split_multiplier

__all__ = [
    "SETTLES",
    "VENUE",
    "index_symbol",
    "instrument_id",
    "kind_word",
    "parse_perps",
    "parse_spot",
]

VENUE = "okx"

SETTLES = ("USDT", "USDC")
"""What a perp may settle in."""

_SWAP = "-SWAP"
_KIND_WORDS = {MarketKind.SPOT: "SPOT", MarketKind.PERP: "SWAP"}

_STATUS: Mapping[str, InstrumentStatus] = {
    "live": InstrumentStatus.TRADING,
    "preopen": InstrumentStatus.PRELAUNCH,
    "post_only": InstrumentStatus.SUSPENDED,
    "suspend": InstrumentStatus.SUSPENDED,
    "rebase": InstrumentStatus.SUSPENDED,
    "expired": InstrumentStatus.DELISTED,
}
_CLASSES: Mapping[str, AssetClass] = {
    "": AssetClass.COIN,
    "1": AssetClass.COIN,
    "3": AssetClass.STOCK,
    "4": AssetClass.COMMODITY,
}


def instrument_id(kind: MarketKind, symbol: str) -> InstrumentId:
    """The identity of an OKX instrument."""
    return InstrumentId(VENUE, kind, symbol)


def kind_word(kind: MarketKind) -> str:
    """A kind as OKX says it."""
    return _KIND_WORDS[kind]


def index_symbol(perp: InstrumentId) -> str:
    """The index a swap follows: OKX names a swap by its underlying index and the word SWAP."""
    return perp.symbol.removesuffix(_SWAP)


def parse_spot(rows: Iterable[ListedInstrument]) -> Listing:
    """Every spot pair, of any state."""
    return read_listing(rows, _spot, lambda row: row.symbol)


def parse_perps(rows: Iterable[ListedInstrument], spot_bases: AbstractSet[str]) -> Listing:
    """Every linear swap settled in its quote, USDT or USDC, of any state; other contracts are left out.

    `spot_bases` are the bases of the venue's spot market: they decide whether a prefix like 1000 is a multiplier.
    """
    return read_listing(filter(_is_linear, rows), lambda row: _perp(row, spot_bases), lambda row: row.symbol)


def _is_linear(row: ListedInstrument) -> bool:
    return row.contract_type == "linear" and row.settle in SETTLES and _currencies(row)[1] == row.settle


def _currencies(row: ListedInstrument) -> tuple[str, str]:
    """Base and quote of a swap: its underlying is an index, which OKX names `BASE-QUOTE`."""
    base, _, quote = row.underlying.rpartition("-")
    return base, quote


def _spot(row: ListedInstrument) -> Instrument:
    if not row.base or not row.quote:
        raise Invalid(f"{row.symbol}: no currencies")
    return Instrument(
        id=instrument_id(MarketKind.SPOT, row.symbol),
        base=row.base,
        quote=row.quote,
        asset=row.base,
        settle=None,
        tick=above_zero(row.tick, f"{row.symbol} tickSz"),
        lot=above_zero(row.lot, f"{row.symbol} lotSz"),
        min_qty=decimal_of(row.min_qty or "0", f"{row.symbol} minSz"),
        min_notional=ZERO,
        status=_STATUS.get(row.state, InstrumentStatus.SUSPENDED),
        max_qty=least_limit(row.max_limit_qty),  # a market order's limit is in quote currency on spot
        asset_class=_class_of(row),
        is_borrowable=_leverage(row) > 1,
        listed_at=moment(row.trading_ms) or moment(row.listed_ms),
        delists_at=moment(row.expires_ms),
    )


def _perp(row: ListedInstrument, spot_bases: AbstractSet[str]) -> Instrument:
    base, quote = _currencies(row)
    if row.contract_unit != base:
        raise Invalid(f"{row.symbol}: a linear contract counted in {row.contract_unit!r}, not in {base!r}")
    asset_class = _class_of(row)
    is_coin = asset_class is AssetClass.COIN
    asset, multiplier = split_multiplier(base, spot_bases) if is_coin else (base, Decimal(1))
    return Instrument(
        id=instrument_id(MarketKind.PERP, row.symbol),
        base=base,
        quote=quote,
        asset=asset,
        settle=row.settle,
        tick=above_zero(row.tick, f"{row.symbol} tickSz"),
        lot=above_zero(row.lot, f"{row.symbol} lotSz"),
        min_qty=decimal_of(row.min_qty or "0", f"{row.symbol} minSz"),
        min_notional=ZERO,
        status=_STATUS.get(row.state, InstrumentStatus.SUSPENDED),
        multiplier=multiplier,
        contract_size=above_zero(row.contract_value, f"{row.symbol} ctVal")
        * above_zero(row.contract_multiplier or "1", f"{row.symbol} ctMult"),
        max_qty=least_limit(row.max_limit_qty, row.max_market_qty),
        asset_class=asset_class,
        listed_at=moment(row.trading_ms) or moment(row.listed_ms),
        delists_at=moment(row.expires_ms),
    )


def _class_of(row: ListedInstrument) -> AssetClass:
    """COIN where the venue says so or says nothing of it; a class we have no word for stays UNKNOWN."""
    if not row.category and row.rule == "rebase_contract":
        return AssetClass.UNKNOWN  # contracts that follow splits are not on coins
    said = _CLASSES.get(row.category, AssetClass.UNKNOWN)
    if said is AssetClass.STOCK and not row.contract_type:
        return AssetClass.TOKENISED_STOCK
    return AssetClass.PREMARKET if said is AssetClass.COIN and row.rule == "pre_market" else said


def _leverage(row: ListedInstrument) -> Decimal:
    return decimal_of(row.leverage or "0", f"{row.symbol} lever")
