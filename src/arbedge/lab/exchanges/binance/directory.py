"""Binance's lists of markets and coins: `exchangeInfo` of both hosts, `fundingInfo`, and what a key may read.

Bodies are encoded once: a universe of 3,000 markets is five megabytes of JSON that never changes but for the
server's time.
"""

import msgspec

from arbedge.lab.listing import Listing

__all__ = ["coin_networks", "funding_exceptions", "margin_pairs", "spot_listing", "usdm_listing"]

_SPOT_LIMITS = [
    {"rateLimitType": "REQUEST_WEIGHT", "interval": "MINUTE", "intervalNum": 1, "limit": 6000},
    {"rateLimitType": "ORDERS", "interval": "SECOND", "intervalNum": 10, "limit": 100},
    {"rateLimitType": "ORDERS", "interval": "DAY", "intervalNum": 1, "limit": 200000},
    {"rateLimitType": "RAW_REQUESTS", "interval": "MINUTE", "intervalNum": 5, "limit": 61000},
    {"rateLimitType": "CONNECTIONS", "interval": "MINUTE", "intervalNum": 5, "limit": 300},
]
_USDM_LIMITS = [
    {"rateLimitType": "REQUEST_WEIGHT", "interval": "MINUTE", "intervalNum": 1, "limit": 2400},
    {"rateLimitType": "ORDERS", "interval": "MINUTE", "intervalNum": 1, "limit": 1200},
    {"rateLimitType": "ORDERS", "interval": "SECOND", "intervalNum": 10, "limit": 300},
]
_SPOT_ORDERS = [
    "LIMIT",
    "LIMIT_MAKER",
    "MARKET",
    "STOP_LOSS",
    "STOP_LOSS_LIMIT",
    "TAKE_PROFIT",
    "TAKE_PROFIT_LIMIT",
]
_USDM_ORDERS = [
    "LIMIT",
    "MARKET",
    "STOP",
    "STOP_MARKET",
    "TAKE_PROFIT",
    "TAKE_PROFIT_MARKET",
    "TRAILING_STOP_MARKET",
]
_STP_MODES = ["NONE", "EXPIRE_TAKER", "EXPIRE_MAKER", "EXPIRE_BOTH", "DECREMENT", "TRANSFER"]


def spot_listing(listings: list[Listing]) -> bytes:
    """The body of `/api/v3/exchangeInfo` from `"rateLimits"` on, to follow timezone and serverTime."""
    body = {
        "rateLimits": _SPOT_LIMITS,
        "exchangeFilters": [],
        "symbols": [spot_symbol(item) for item in listings],
        "sors": [{"baseAsset": "BTC", "symbols": ["BTCUSDT", "BTCUSDC"]}],
    }
    return msgspec.json.encode(body)[1:]


def usdm_listing(listings: list[Listing]) -> bytes:
    """The body of `/fapi/v1/exchangeInfo` from `"futuresType"` on."""
    body = {
        "futuresType": "U_MARGINED",
        "rateLimits": _USDM_LIMITS,
        "exchangeFilters": [],
        "assets": [
            {"asset": "USDT", "marginAvailable": True, "autoAssetExchange": "-10000"},
            {"asset": "USDC", "marginAvailable": True, "autoAssetExchange": "-10000"},
            {"asset": "BTC", "marginAvailable": True, "autoAssetExchange": "-0.10000000"},
        ],
        "symbols": [usdm_symbol(item) for item in listings],
    }
    return msgspec.json.encode(body)[1:]


def spot_symbol(item: Listing) -> dict[str, object]:
    """One market of the spot list, its filters as the venue sends them (eight decimals)."""
    tick, lot = _step(item.tick_dp, 8), _step(item.lot_dp, 8)
    worth = item.start_price * item.quote_usd
    most = f"{max(9_000.0, 2e7 / worth):.0f}.00000000"
    band = {"bidMultiplierUp": "5", "bidMultiplierDown": "0.2", "askMultiplierUp": "5", "askMultiplierDown": "0.2"}
    permissions = ["SPOT", "MARGIN", "TRD_GRP_004"] if item.margin else ["SPOT", "TRD_GRP_004"]
    return {
        "symbol": item.symbol, "status": item.status, "baseAsset": item.base, "baseAssetPrecision": 8,
        "quoteAsset": item.quote, "quotePrecision": 8, "quoteAssetPrecision": 8, "baseCommissionPrecision": 8,
        "quoteCommissionPrecision": 8, "orderTypes": _SPOT_ORDERS, "icebergAllowed": True, "ocoAllowed": True,
        "otoAllowed": True, "opoAllowed": True, "quoteOrderQtyMarketAllowed": True, "allowTrailingStop": True,
        "cancelReplaceAllowed": True, "amendAllowed": True, "pegInstructionsAllowed": True,
        "isSpotTradingAllowed": item.is_trading, "isMarginTradingAllowed": item.margin,
        "filters": [
            {"filterType": "PRICE_FILTER", "minPrice": tick, "maxPrice": "1000000.00000000", "tickSize": tick},
            {"filterType": "LOT_SIZE", "minQty": lot, "maxQty": most, "stepSize": lot},
            {"filterType": "ICEBERG_PARTS", "limit": 100},
            {"filterType": "MARKET_LOT_SIZE", "minQty": "0.00000000",
             "maxQty": f"{item.depth_usd * 0.8 / worth:.8f}", "stepSize": "0.00000000"},
            {"filterType": "TRAILING_DELTA", "minTrailingAboveDelta": 10, "maxTrailingAboveDelta": 2000,
             "minTrailingBelowDelta": 10, "maxTrailingBelowDelta": 2000},
            {"filterType": "PERCENT_PRICE_BY_SIDE", **band, "avgPriceMins": 5},
            {"filterType": "NOTIONAL", "minNotional": item.min_notional, "applyMinToMarket": True,
             "maxNotional": "9000000.00000000", "applyMaxToMarket": False, "avgPriceMins": 5},
            {"filterType": "MAX_NUM_ORDERS", "maxNumOrders": 200},
            {"filterType": "MAX_NUM_ALGO_ORDERS", "maxNumAlgoOrders": 5},
        ],
        "permissions": [], "permissionSets": [permissions], "defaultSelfTradePreventionMode": "EXPIRE_MAKER",
        "allowedSelfTradePreventionModes": _STP_MODES,
    }  # fmt: skip


def usdm_symbol(item: Listing) -> dict[str, object]:
    """One contract of the USD-M list; decimals are those of its price and size."""
    tick, lot = _step(item.tick_dp, item.price_dp), _step(item.lot_dp, item.lot_dp)
    most = max(100, round(2e7 / (item.start_price * item.quote_usd)))
    narrow = item.rank <= 10
    return {
        "symbol": item.symbol, "pair": item.pair, "contractType": item.contract, "deliveryDate": item.delivery_ms,
        "onboardDate": item.onboard_ms, "status": item.status, "maintMarginPercent": "2.5000",
        "requiredMarginPercent": "5.0000", "baseAsset": item.base, "quoteAsset": item.quote,
        "marginAsset": item.quote, "pricePrecision": item.price_dp, "quantityPrecision": item.lot_dp,
        "baseAssetPrecision": 8, "quotePrecision": 8, "underlyingType": item.underlying,
        "underlyingSubType": ["TradFi"] if item.underlying == "EQUITY" else [], "triggerProtect": "0.0500",
        "liquidationFee": "0.012500", "marketTakeBound": "0.05" if narrow else "0.15", "maxMoveOrderLimit": 10000,
        "filters": [
            {"filterType": "PRICE_FILTER", "minPrice": tick, "maxPrice": "4529764", "tickSize": tick},
            {"filterType": "LOT_SIZE", "minQty": lot, "maxQty": f"{most}", "stepSize": lot},
            {"filterType": "MARKET_LOT_SIZE", "minQty": lot, "maxQty": f"{most // 5}", "stepSize": lot},
            {"filterType": "MAX_NUM_ORDERS", "limit": 200},
            {"filterType": "MAX_NUM_ALGO_ORDERS", "limit": 10},
            {"filterType": "MIN_NOTIONAL", "notional": item.min_notional},
            {"filterType": "PERCENT_PRICE", "multiplierUp": "1.0500" if narrow else "1.1500",
             "multiplierDown": "0.9500" if narrow else "0.8500", "multiplierDecimal": "4"},
            {"filterType": "POSITION_RISK_CONTROL", "positionControlSide": "NONE", "notionalLimit": "0"},
        ],
        "orderTypes": _USDM_ORDERS, "timeInForce": ["GTC", "IOC", "FOK", "GTX", "GTD"],
        "permissionSets": ["GRID", "COPY"],
    }  # fmt: skip


def funding_exceptions(listings: list[Listing]) -> bytes:
    """The body of `fundingInfo`: only contracts whose interval or cap differs from the venue's standard."""
    rows = [
        {
            "symbol": item.symbol,
            "adjustedFundingRateCap": f"{item.funding.cap:.8f}",
            "adjustedFundingRateFloor": f"{item.funding.floor:.8f}",
            "fundingIntervalHours": item.funding.interval_h,
            "disclaimer": False,
        }
        for item in listings
        if item.funding is not None and item.funding.is_adjusted
    ]
    return msgspec.json.encode(rows)


def margin_pairs(listings: list[Listing]) -> bytes:
    """The body of `margin/allPairs` and `margin/isolated/allPairs`."""
    rows = [
        {"id": i, "symbol": item.symbol, "base": item.base, "quote": item.quote, "isMarginTrade": True,
         "isBuyAllowed": True, "isSellAllowed": True}
        for i, item in enumerate(listings, start=351637150141315861) if item.margin
    ]  # fmt: skip
    return msgspec.json.encode(rows)


def coin_networks(listings: list[Listing], *, are_some_closed: bool) -> bytes:
    """The body of `capital/config/getall`: every coin on one or two networks, some of them closed or all open."""
    names = sorted({name for item in listings for name in (item.base, item.quote)})
    return msgspec.json.encode([_coin(name, i, are_some_closed) for i, name in enumerate(names)])


def _coin(name: str, i: int, are_some_closed: bool) -> dict[str, object]:
    networks = [_network(name, "ETH", is_open=i % 11 != 0 or not are_some_closed)] + (
        [_network(name, "BSC", is_open=True)] if i % 3 else []
    )
    is_open = any(bool(network["depositEnable"]) for network in networks)
    zeros = dict.fromkeys(("free", "locked", "freeze", "withdrawing", "ipoing", "ipoable", "storage"), "0")
    return {"coin": name, "name": name, "depositAllEnable": is_open, "withdrawAllEnable": is_open, **zeros,
            "isLegalMoney": name in {"EUR", "TRY", "BRL"}, "trading": True, "networkList": networks}  # fmt: skip


def _network(coin: str, network: str, *, is_open: bool) -> dict[str, object]:
    return {
        "network": network, "coin": coin, "withdrawIntegerMultiple": "0.00000001", "isDefault": network == "ETH",
        "depositEnable": is_open, "withdrawEnable": is_open, "depositDesc": "", "withdrawDesc": "",
        "specialTips": "", "name": network, "resetAddressStatus": False, "addressRegex": "^(0x)[0-9A-Fa-f]{40}$",
        "memoRegex": "", "withdrawFee": "0.5", "withdrawMin": "1", "withdrawMax": "9999999", "minConfirm": 6,
        "unLockConfirm": 12, "sameAddress": False, "estimatedArrivalTime": 5, "busy": False,
    }  # fmt: skip


def _step(decimals: int, printed: int) -> str:
    return f"{10**-decimals:.{printed}f}"
