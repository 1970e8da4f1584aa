"""Bitget's public list of coins: the networks of each, what they cost, and which of them are closed.

A token's address follows the coin behind the ticker, so that two coins under one ticker never share one. With the
trap `closed_networks` some networks take no deposits, some send nothing, some neither, and some are congested.
"""

import zlib
from collections.abc import Iterable

import msgspec

from arbedge.lab.listing import Listing

__all__ = ["coin_list"]

_CHAINS = ("ERC20", "BEP20", "ArbitrumOne", "TRC20")
_OWN_CHAINS = {
    "BTC": "BTC",
    "ETH": "ETH",
    "SOL": "SOL",
    "XRP": "XRP",
    "DOGE": "DOGE",
    "ADA": "Cardano",
    "TON": "TON",
}
_WANTS_TAG = frozenset({"XRP", "TON"})
_FEE_USD = 0.8


def coin_list(listings: Iterable[Listing], traps: frozenset[str], only: str = "") -> bytes:
    """The data of `spot/public/coins`: every coin that spot is listed in, or one, with its networks."""
    coins: dict[str, tuple[str, float]] = {}
    for item in listings:
        if item.market == "spot":
            coins.setdefault(item.base, (item.coin, item.start_price * item.quote_usd / item.scale))
            coins.setdefault(item.quote, (item.quote, item.quote_usd))
    rows = [_row(name, *coins[name], traps) for name in sorted(coins) if only in {"", name}]
    return msgspec.json.encode(rows)


def _row(name: str, coin: str, price_usd: float, traps: frozenset[str]) -> dict[str, object]:
    draw = zlib.crc32(f"networks of {coin}".encode())
    names = [_OWN_CHAINS[coin]] if coin in _OWN_CHAINS else list(_CHAINS[: 1 + draw % 4])
    is_trapped = "closed_networks" in traps
    chains = [
        _chain(coin, chain, price_usd, draw >> 3 * i if is_trapped else None) for i, chain in enumerate(names)
    ]
    if is_trapped and len(names) > 1 and draw % 9 == 4:  # in by the first, out by the others: the coin is stuck
        for i, chain in enumerate(chains):
            chain |= {"rechargeable": str(i == 0).lower(), "withdrawable": str(i > 0).lower()}
    return {"coinId": str(draw % 100_000), "coin": name, "transfer": "true", "chains": chains, "areaCoin": "no"}


def _chain(coin: str, chain: str, price_usd: float, draw: int | None) -> dict[str, object]:
    """One network; `draw` decides how it is closed, None leaves everything open."""
    can_deposit = draw is None or draw % 13 > 1
    can_withdraw = draw is None or (draw % 13 > 0 and draw % 11 > 0)
    is_congested = draw is not None and draw % 17 == 5
    fee = f"{_FEE_USD / price_usd:.8f}".rstrip("0").rstrip(".") or "0"
    least = f"{10 * _FEE_USD / price_usd:.8f}"
    address = "".join(f"{zlib.crc32(f'{coin}:{chain}:{i}'.encode()):08x}" for i in range(5))
    return {
        "chain": chain, "needTag": str(coin in _WANTS_TAG).lower(), "withdrawable": str(can_withdraw).lower(),
        "rechargeable": str(can_deposit).lower(), "withdrawFee": fee,
        "extraWithdrawFee": "0.02" if draw is not None and draw % 23 == 7 else "0", "depositConfirm": "12",
        "withdrawConfirm": "64", "minDepositAmount": fee, "minWithdrawAmount": least, "browserUrl": "",
        "contractAddress": "" if chain in _OWN_CHAINS.values() else f"0x{address}", "withdrawStep": "0",
        "withdrawMinScale": "8", "congestion": "congested" if is_congested else "normal",
    }  # fmt: skip
