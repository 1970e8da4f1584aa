"""How each venue names and sizes what another lists too: tickers, scales, steps, contracts.

A market drawn in Binance's shape becomes Bybit's, OKX's or Bitget's: USDC perps are `BTCPERP` on two of them,
thousands stand before or behind the ticker or not at all, and OKX counts swaps in contracts.
"""

import math
from dataclasses import replace
from decimal import Decimal

from arbedge.lab.assets import SCALED_PERPS, SCALED_SPOT
from arbedge.lab.listing import Listing, lot_decimals, tick_decimals

__all__ = ["localised", "symbol_of"]

_FINEST_DP = 12
_CONTRACT_USD = 100.0
_CONTRACT_SIZES = {"BTC": Decimal("0.01"), "ETH": Decimal("0.1")}

# ticker and units of the coin in one ticker unit, by venue and coin; a coin not named is plain
_SCALED_PERPS: dict[str, dict[str, tuple[str, int]]] = {
    "bybit": {
        "PEPE": ("1000PEPE", 1_000), "SHIB": ("SHIB1000", 1_000), "BONK": ("1000BONK", 1_000),
        "FLOKI": ("1000FLOKI", 1_000), "LUNC": ("1000LUNC", 1_000), "RATS": ("1000RATS", 1_000),
        "CAT": ("1000CAT", 1_000), "TURBO": ("1000TURBO", 1_000), "SATS": ("10000SATS", 10_000),
        "BABYDOGE": ("1000000BABYDOGE", 1_000_000), "MOG": ("1000000MOG", 1_000_000),
        "CHEEMS": ("1000000CHEEMS", 1_000_000),
    },
    "okx": {},
    "bitget": {
        "BONK": ("1000BONK", 1_000), "SATS": ("1000SATS", 1_000), "RATS": ("1000RATS", 1_000),
        "CAT": ("1000CAT", 1_000), "CHEEMS": ("1000CHEEMS", 1_000), "MOG": ("1000000MOG", 1_000_000),
        "BABYDOGE": ("1MBABYDOGE", 1_000_000),
    },
}  # fmt: skip


def localised(item: Listing, venue: str, traps: frozenset[str]) -> Listing:
    """The same market as `bybit`, `okx` or `bitget` lists it: its own tickers, scales and steps.

    Of the `traps`, `multipliers` scales tickers, `contract_sizes` counts OKX's swaps in contracts of their own, and
    `inverse` gives two of them a coin-margined sibling.
    """
    return _spot(item, venue) if item.market == "spot" else _perp(item, venue, traps)


def symbol_of(venue: str, market: str, coin: str) -> str:
    """What a venue calls a coin's `spot` pair or `perp` in USDT, whether it lists it or not."""
    if venue == "okx":
        return f"{coin}-USDT" if market == "spot" else f"{coin}-USDT-SWAP"
    if venue == "binance":
        is_scaled = coin in SCALED_PERPS and (market != "spot" or coin in SCALED_SPOT)
        return f"{SCALED_PERPS[coin][0] if is_scaled else ''}{coin}USDT"
    if market == "spot":
        return f"{coin}USDT"
    return f"{_SCALED_PERPS[venue].get(coin, (coin, 1))[0]}USDT"


def _spot(item: Listing, venue: str) -> Listing:
    price = item.start_price / item.scale
    base, joint = _plain(item), "-" if venue == "okx" else ""
    tick_dp = tick_decimals(price, 5, _FINEST_DP)
    lot_dp = lot_decimals(price * item.quote_usd, is_spot=True)
    return replace(
        item, symbol=f"{base}{joint}{item.quote}", base=base, scale=1, start_price=price, tick_dp=tick_dp,
        price_dp=tick_dp, lot_dp=lot_dp, qty_dp=lot_dp,
    )  # fmt: skip


def _perp(item: Listing, venue: str, traps: frozenset[str]) -> Listing:
    plain = _plain(item)
    is_scaled = item.underlying == "COIN" and "multipliers" in traps
    base, scale = _SCALED_PERPS[venue].get(item.coin, (plain, 1)) if is_scaled else (plain, 1)
    price = item.start_price / item.scale * scale
    tick_dp = 1 if item.coin == "BTC" else tick_decimals(price, 5, _FINEST_DP)
    lot_dp, contract_size = lot_decimals(price * item.quote_usd, is_spot=False), Decimal(1)
    joint = ""
    if venue == "okx":
        symbol, joint = f"{base}-{item.quote}-SWAP", "-"
        if "contract_sizes" in traps:
            contract_size, lot_dp = _contract_size(item.coin, price * item.quote_usd), 2 if item.rank <= 10 else 1
    elif item.quote == "USDC":
        symbol = f"{base}PERP"
    else:
        symbol = f"{base}{item.quote}"
    return replace(
        item, symbol=symbol, base=base, scale=scale, start_price=price, tick_dp=tick_dp, price_dp=tick_dp,
        lot_dp=lot_dp, qty_dp=lot_dp, contract_size=contract_size, index_of=_index_of(item, plain, joint),
        has_inverse=venue == "okx" and "inverse" in traps,
    )  # fmt: skip


def _plain(item: Listing) -> str:
    """The ticker without scale: a coin's own name up to a point, a share's ticker as it stands."""
    return item.base if item.underlying != "COIN" else item.coin.partition(".")[0]


def _index_of(item: Listing, plain: str, joint: str) -> str:
    """The pair an index is made of: the coin's own, unless the contract is listed on the index of another coin."""
    own = {None, f"{item.base}USDT", f"{item.coin}USDT", f"{plain}USDT"}
    named = plain if item.index_of in own else str(item.index_of).removesuffix("USDT")
    return f"{named}{joint}{item.quote}"


def _contract_size(coin: str, price_usd: float) -> Decimal:
    """Units of the base in one contract: a power of ten, worth 10 to 100 USD for all but the majors."""
    return _CONTRACT_SIZES.get(coin) or Decimal(10) ** math.floor(math.log10(_CONTRACT_USD / price_usd))
