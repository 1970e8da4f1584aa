"""What Hyperliquid lists in the lab: perps in USDC on the most traded coins, each drawn from Binance's perp.

Funding is hourly at the same rate for eight hours as elsewhere, so that quiet contracts pay nothing against another
venue. A thousand of a cheap coin is written with a small k.
"""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import replace

from arbedge.lab.chance import seeded
from arbedge.lab.listing import Funding, Listing, lot_decimals, tick_decimals

__all__ = ["contracts_of"]

_MOST = 200
_CAP_HOURLY = 0.04
_THOUSANDS = frozenset({"PEPE", "SHIB", "BONK", "FLOKI", "LUNC"})
_PRICE_PLACES = 6
_SETTLED = "SETTLING"


def contracts_of(
    drawn: Iterable[Listing], coins: Collection[str], prices: Mapping[str, float], seed: int
) -> tuple[Listing, ...]:
    """The contracts of these coins, and one that is delisted, from what Binance lists; prices are in USDT."""
    rng = seeded(f"universe-{seed}-hyperliquid")
    perps = [item for item in drawn if item.contract == "PERPETUAL" and item.quote == "USDT"]
    listed = [item for item in perps if item.coin in coins and item.is_trading][:_MOST]
    gone = [item for item in perps if item.status == _SETTLED][:1]
    return tuple(_contract(item, prices["USDC"], rng.uniform(-0.4, 0.4)) for item in (*listed, *gone))


def _contract(item: Listing, usdc: float, offset_bps: float) -> Listing:
    assert item.funding is not None
    base, scale = (f"k{item.coin}", 1000) if item.coin in _THOUSANDS else (item.coin, 1)
    price = item.start_price / item.scale * scale / usdc
    lot_dp = lot_decimals(price * usdc, is_spot=False)
    tick_dp = min(_PRICE_PLACES - lot_dp, tick_decimals(price, 5, _PRICE_PLACES))
    rate = float(f"{item.funding.rate / item.funding.interval_h:.10f}")
    return replace(
        item, symbol=base, base=base, quote="USDC", scale=scale, tick_dp=tick_dp, price_dp=max(1, tick_dp),
        lot_dp=lot_dp, qty_dp=max(1, lot_dp), min_notional="10", start_price=price, quote_usd=usdc,
        funding=Funding(1, _CAP_HOURLY, -_CAP_HOURLY, rate, is_adjusted=False), offset_bps=offset_bps,
        volume_usd=item.volume_usd * 0.25,
    )  # fmt: skip
