"""v3's list of markets: one shape for spot and contracts, told apart by `category`.

Precisions are numbers of decimals, `priceMultiplier` and `quantityMultiplier` the steps: some contracts state
one of ten units of the last decimal, so that the decimals alone mislead. Spot states no steps and no fees.
"""

import msgspec

from arbedge.lab.exchanges.bitget.products import SPOT, instrument_line
from arbedge.lab.listing import Listing

__all__ = ["instrument_list", "instrument_row"]

_STATUS = {"TRADING": "online", "BREAK": "offline", "SETTLING": "offline"}


def instrument_list(listings: list[Listing]) -> bytes:
    """The data of `market/instruments`."""
    return msgspec.json.encode([instrument_row(item) for item in listings])


def instrument_row(item: Listing) -> dict[str, object]:
    """One market: decimals, steps, the smallest order by size and by worth, status."""
    line = instrument_line(item)
    is_fine = line != SPOT and item.rank % 5 == 0 and item.tick_dp < 8
    lot = f"{10**-item.lot_dp:.{item.lot_dp}f}"
    reach = "0.05" if line == SPOT else "0.02"
    row: dict[str, object] = {
        "symbol": item.symbol, "category": line, "baseCoin": item.base, "quoteCoin": item.quote,
        "buyLimitPriceRatio": reach, "sellLimitPriceRatio": reach, "minOrderQty": lot, "maxOrderQty": "0",
        "maxMarketOrderQty": "0", "pricePrecision": str(item.tick_dp + is_fine),
        "quantityPrecision": str(item.lot_dp), "quotePrecision": "8",
        "minOrderAmount": "1" if line == SPOT else "5", "maxSymbolOrderNum": "400",
        "maxProductOrderNum": "400", "status": _STATUS.get(item.status, "restrictedAPI"),
        "maintainTime": "", "maxPositionNum": "200", "launchTime": str(item.onboard_ms),
        "isReality": "no",
    }  # fmt: skip
    return row | ({"areaSymbol": "no"} if line == SPOT else _contract(item, lot))


def _contract(item: Listing, lot: str) -> dict[str, object]:
    most = max(10.0, 2e6 / (item.start_price * item.quote_usd))
    is_listed = item.is_trading
    return {
        "feeRateUpRatio": "0.005", "makerFeeRate": "0.0002", "takerFeeRate": "0.0006", "openCostUpRatio": "0.01",
        "priceMultiplier": f"{10**-item.tick_dp:.{item.tick_dp}f}", "quantityMultiplier": lot, "type": "perpetual",
        "maxMarketOrderQty": f"{most:.{item.lot_dp}f}", "maxOrderQty": f"{most * 5:.{item.lot_dp}f}",
        "offTime": "-1" if is_listed else str(item.onboard_ms + 86_400_000),
        "limitOpenTime": "-1" if is_listed else str(item.onboard_ms), "deliveryTime": "", "deliveryStartTime": "",
        "deliveryPeriod": "", "fundInterval": str(item.funding.interval_h if item.funding is not None else 8),
        "minLeverage": "1", "maxLeverage": "125" if item.rank <= 10 else "50",
        "isRwa": "NO" if item.underlying == "COIN" else "YES",
    }  # fmt: skip
