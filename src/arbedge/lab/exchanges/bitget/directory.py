"""Bitget's lists of markets: spot pairs, and contracts of a product line.

Spot states decimals; a contract's price moves by `priceEndStep` units of the last of its `pricePlace` decimals and
its size by `sizeMultiplier`. All figures are strings.
"""

import msgspec

from arbedge.lab.listing import Listing

__all__ = ["contract_list", "contract_row", "spot_list", "spot_row"]

_SPOT_STATUS = {"TRADING": "online", "BREAK": "halt"}
_CONTRACT_STATUS = {"TRADING": "normal", "SETTLING": "off", "PRELAUNCH": "listed"}


def spot_list(listings: list[Listing]) -> bytes:
    """The data of `spot/public/symbols`."""
    return msgspec.json.encode([spot_row(item) for item in listings])


def contract_list(listings: list[Listing]) -> bytes:
    """The data of `mix/market/contracts` for the listings of one line."""
    return msgspec.json.encode([contract_row(item) for item in listings])


def spot_row(item: Listing) -> dict[str, object]:
    """One spot pair: decimals of price and size, what the smallest order is worth in USDT."""
    return {
        "symbol": item.symbol, "baseCoin": item.base, "quoteCoin": item.quote, "minTradeAmount": "0",
        "maxTradeAmount": "900000000000000000000", "takerFeeRate": "0.001", "makerFeeRate": "0.001",
        "pricePrecision": str(item.tick_dp), "quantityPrecision": str(item.lot_dp), "quotePrecision": "8",
        "status": _SPOT_STATUS.get(item.status, "offline"), "minTradeUSDT": "1", "buyLimitPriceRatio": "0.05",
        "sellLimitPriceRatio": "0.05", "areaSymbol": "no", "orderQuantity": "200",
        "openTime": str(item.onboard_ms), "offTime": "",
    }  # fmt: skip


def contract_row(item: Listing) -> dict[str, object]:
    """One perpetual contract; some state their tick as ten units of one decimal more: places alone mislead."""
    is_fine = item.rank % 5 == 0 and item.tick_dp < 8
    lot = f"{10**-item.lot_dp:.{item.lot_dp}f}"
    most = max(10.0, 2e6 / (item.start_price * item.quote_usd))
    is_listed = item.is_trading
    return {
        "symbol": item.symbol, "baseCoin": item.base, "quoteCoin": item.quote, "buyLimitPriceRatio": "0.02",
        "sellLimitPriceRatio": "0.02", "feeRateUpRatio": "0.005", "makerFeeRate": "0.0002",
        "takerFeeRate": "0.0006", "openCostUpRatio": "0.01", "supportMarginCoins": [item.quote],
        "minTradeNum": lot, "priceEndStep": "10" if is_fine else "1", "volumePlace": str(item.lot_dp),
        "pricePlace": str(item.tick_dp + is_fine), "sizeMultiplier": lot, "symbolType": "perpetual",
        "minTradeUSDT": "5", "maxSymbolOrderNum": "200", "maxProductOrderNum": "1000", "maxPositionNum": "150",
        "symbolStatus": _CONTRACT_STATUS.get(item.status, "maintain"),
        "offTime": "-1" if is_listed else str(item.onboard_ms + 86_400_000),
        "limitOpenTime": "-1" if is_listed else str(item.onboard_ms), "deliveryTime": "", "deliveryStartTime": "",
        "deliveryPeriod": "", "launchTime": str(item.onboard_ms),
        "fundInterval": str(item.funding.interval_h if item.funding is not None else 8), "minLever": "1",
        "maxLever": "125" if item.rank <= 10 else "50", "posLimit": "0.1", "maintainTime": "",
        "maxMarketOrderQty": f"{most:.{item.lot_dp}f}", "maxOrderQty": f"{most * 5:.{item.lot_dp}f}",
        "isRwa": "NO" if item.underlying == "COIN" else "YES",
    }  # fmt: skip
