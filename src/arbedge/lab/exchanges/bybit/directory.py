"""Bybit's lists: spot symbols, linear contracts page by page, coins with their networks.

Spot lists only what trades; contracts before launch are listed only when asked for by their status. Which
statuses come unasked is taken to be trading and settling.
"""

import zlib
from collections.abc import Iterable

import msgspec

from arbedge.lab.listing import Listing

__all__ = ["coin_rows", "linear_rows", "spot_rows", "status_of"]

_STATUS = {"TRADING": "Trading", "SETTLING": "Settling", "PRELAUNCH": "PreLaunch", "BREAK": "Closed"}
_CHAINS = (("ETH", "Ethereum"), ("BSC", "BSC (BEP20)"), ("ARBI", "Arbitrum One"))
_MINUTES = 60


def status_of(item: Listing) -> str:
    """The venue's word for a listing's state."""
    return _STATUS.get(item.status, "Closed")


def spot_rows(listings: Iterable[Listing]) -> list[bytes]:
    """One encoded row a spot symbol that trades."""
    return [msgspec.json.encode(_spot(item)) for item in listings if item.is_trading]


def linear_rows(listings: Iterable[Listing]) -> list[tuple[str, str, bytes]]:
    """Symbol, status and encoded row of every linear contract."""
    return [(item.symbol, status_of(item), msgspec.json.encode(_linear(item))) for item in listings]


def coin_rows(listings: Iterable[Listing], only: str = "", *, are_some_closed: bool = True) -> bytes:
    """The rows of `asset/coin/query-info`: every coin, or one, with its networks.

    Some are shut one way or both, unless none is to be.
    """
    kept = [item for item in listings if item.market == "spot"]
    names = sorted({item.quote for item in kept} | {item.base for item in kept})
    return msgspec.json.encode([_coin(name, are_some_closed) for name in names if only in {"", name}])


def _spot(item: Listing) -> dict[str, object]:
    lot, most = _step(item.lot_dp), _most(item)
    return {
        "symbol": item.symbol, "baseCoin": item.base, "quoteCoin": item.quote, "innovation": "0",
        "status": status_of(item), "marginTrading": "utaOnly" if item.margin else "none", "stTag": "0",
        "lotSizeFilter": {
            "basePrecision": lot, "quotePrecision": "0.00000001", "minOrderQty": lot, "maxOrderQty": f"{most}",
            "minOrderAmt": _least(item), "maxOrderAmt": "4000000", "maxLimitOrderQty": f"{most}",
            "maxMarketOrderQty": f"{max(1, most // 2)}", "postOnlyMaxLimitOrderSize": f"{most}",
        },
        "priceFilter": {"tickSize": _step(item.tick_dp)},
        "riskParameters": {"priceLimitRatioX": "0.03", "priceLimitRatioY": "0.05"},
        **({"symbolType": ""} if item.underlying == "COIN" else {"symbolType": "xstocks", "xstockMultiplier": "1"}),
    }  # fmt: skip


def _linear(item: Listing) -> dict[str, object]:
    lot, most = _step(item.lot_dp), _most(item)
    terms = item.funding
    return {
        "symbol": item.symbol, "contractType": "LinearPerpetual", "status": status_of(item), "baseCoin": item.base,
        "quoteCoin": item.quote, "settleCoin": item.quote, "launchTime": f"{item.onboard_ms}", "deliveryTime": "0",
        "deliveryFeeRate": "", "priceScale": f"{item.tick_dp}", "symbolType": "",
        "leverageFilter": {"minLeverage": "1", "maxLeverage": "100.00" if item.rank <= 10 else "50.00",
                           "leverageStep": "0.01"},
        "priceFilter": {"minPrice": _step(item.tick_dp), "maxPrice": "1999999.80", "tickSize": _step(item.tick_dp)},
        "lotSizeFilter": {
            "maxOrderQty": f"{most}", "minOrderQty": lot, "qtyStep": lot, "postOnlyMaxOrderQty": f"{most}",
            "maxMktOrderQty": f"{max(1, most // 4)}", "minNotionalValue": "5",
        },
        "unifiedMarginTrade": True, "fundingInterval": (terms.interval_h if terms is not None else 8) * _MINUTES,
        "copyTrading": "both", "upperFundingRate": f"{terms.cap if terms is not None else 0.0:.6f}",
        "lowerFundingRate": f"{terms.floor if terms is not None else 0.0:.6f}", "isPreListing": False,
        "preListingInfo": None, "displayName": "", "marketRegion": "",
        "riskParameters": {"priceLimitRatioX": "0.01", "priceLimitRatioY": "0.02"},
    }  # fmt: skip


def _coin(name: str, are_some_closed: bool) -> dict[str, object]:
    draw = zlib.crc32(name.encode())
    chains = []
    for i, (chain, title) in enumerate(_CHAINS[: 1 + draw % 3]):
        can_deposit, can_withdraw = (draw >> i) % 13 != 0, (draw >> i) % 11 != 0
        chains.append(
            {"chain": chain, "chainType": title, "confirmation": "6", "withdrawFee": "0.5", "depositMin": "0",
             "withdrawMin": "1", "minAccuracy": "8", "chainDeposit": f"{int(can_deposit or not are_some_closed)}",
             "chainWithdraw": f"{int(can_withdraw or not are_some_closed)}", "withdrawPercentageFee": "0",
             "safeConfirmNumber": "64", "contractAddress": f"0x{zlib.crc32(f'{name}{chain}'.encode()):040x}"}
        )  # fmt: skip
    return {"name": name, "coin": name, "remainAmount": "1000000000", "chains": chains}


def _step(places: int) -> str:
    return f"{10.0**-places:.{places}f}"


def _most(item: Listing) -> int:
    return max(10, int(2e7 / (item.start_price * item.quote_usd)))


def _least(item: Listing) -> str:
    return {"BTC": "0.0001", "ETH": "0.001"}.get(item.quote, "5")
