"""OKX's lists of instruments and currencies, and what its indices are made of."""

from collections.abc import Iterable

import msgspec

from arbedge.lab.exchanges.okx.figures import decimals, plain, step
from arbedge.lab.exchanges.okx.inverse import inverse_id, inverse_instrument
from arbedge.lab.listing import Listing
from arbedge.lab.world import World

__all__ = ["currencies", "index_components", "instruments"]

_LEVER_BY_RANK = ((2, "100"), (10, "75"), (60, "50"))
_STATES = {"TRADING": "live", "PRELAUNCH": "preopen"}
_PARTNERS = (("OKX", "0.3"), ("Binance", "0.4"), ("Bybit", "0.3"))
_PARTNERS_WITHOUT_SPOT = (("Binance", "0.5"), ("Bybit", "0.5"))


def instruments(listings: Iterable[Listing]) -> bytes:
    """The answer of `public/instruments`, coin-margined siblings of swaps included."""
    rows = []
    for item in listings:
        row = instrument(item)
        rows += [row, inverse_instrument(item, row)] if inverse_id(item) else [row]
    return msgspec.json.encode({"code": "0", "msg": "", "data": rows})


def instrument(item: Listing) -> dict[str, object]:
    """One row: a spot pair names its currencies, a swap only its index and what it settles in."""
    lot, tick = step(item.lot_dp), step(item.tick_dp)
    units = 2e7 / (item.start_price * item.quote_usd) / float(item.contract_size)
    most = plain(units, item.lot_dp)
    empty = dict.fromkeys(
        ("alias", "auctionEndTime", "expTime", "maxPlatOILmt", "openType", "optType", "posLmtAmt", "posLmtPct",
         "preMktSwTime", "stk"), "",
    )  # fmt: skip
    row: dict[str, object] = {
        **empty,
        "category": "1",
        "contTdSwTime": f"{item.onboard_ms}",
        "futureSettlement": False,
        "instId": item.symbol,
        "instCategory": "1" if item.underlying == "COIN" else "3",
        "instIdCode": 10_000 + item.rank,
        "listTime": f"{item.onboard_ms}",
        "lotSz": lot,
        "minSz": lot,
        "maxLmtAmt": "20000000",
        "maxLmtSz": most,
        "maxMktSz": "1000000" if item.market == "spot" else most,
        "maxMktAmt": "1000000" if item.market == "spot" else "",
        **dict.fromkeys(("maxIcebergSz", "maxTriggerSz", "maxTwapSz"), f"{units:.16f}"),
        "maxStopSz": most,
        "ruleType": "normal",
        "state": _STATES.get(item.status, "suspend"),
        "tickSz": tick,
        "tradeQuoteCcyList": [item.quote] if item.market == "spot" else [],
    }
    return row | (_pair(item) if item.market == "spot" else _swap(item))


def _pair(item: Listing) -> dict[str, object]:
    empty = dict.fromkeys(("ctMult", "ctType", "ctVal", "ctValCcy", "instFamily", "settleCcy", "uly"), "")
    return {**empty, "instType": "SPOT", "baseCcy": item.base, "quoteCcy": item.quote,
            "lever": "10" if item.margin else ""}  # fmt: skip


def _swap(item: Listing) -> dict[str, object]:
    family = f"{item.base}-{item.quote}"
    lever = next((lever for rank, lever in _LEVER_BY_RANK if item.rank <= rank), "20")
    return {"instType": "SWAP", "baseCcy": "", "quoteCcy": "", "ctMult": "1", "ctType": "linear",
            "ctVal": decimals(item.contract_size), "ctValCcy": item.base, "instFamily": family, "uly": family,
            "settleCcy": item.quote, "lever": lever}  # fmt: skip


def index_components(world: World, item: Listing, now_ms: int) -> str:
    """The answer of `market/index-components`, whose data is an object and no list."""
    index = plain(world.index(item), 10)
    symbol = (item.index_of or f"{item.base}-{item.quote}").replace("-", "/")
    parts = ",".join(
        f'{{"symbol":"{symbol}","symPx":"{index}","wgt":"{weight}","cnvPx":"{index}","exch":"{exchange}"}}'
        for exchange, weight in (_PARTNERS if item.has_spot else _PARTNERS_WITHOUT_SPOT)
    )
    return (
        f'{{"code":"0","msg":"","data":{{"components":[{parts}],"last":"{index}",'
        f'"index":"{item.base}-{item.quote}","ts":"{now_ms}"}}}}'
    )


def currencies(names: Iterable[str], closed: Iterable[str] = (), *, are_some_closed: bool = True) -> bytes:
    """The answer of `asset/currencies`: a row for each currency and network.

    Those of `closed` coins are shut, and some others one way or both, unless none is to be.
    """
    shut = set(closed)
    rows = [
        row for i, name in enumerate(sorted(set(names)))
        for row in _networks(name, i if are_some_closed else 1, is_open=name not in shut)
    ]  # fmt: skip
    return msgspec.json.encode({"code": "0", "msg": "", "data": rows})


def _networks(name: str, number: int, *, is_open: bool) -> list[dict[str, object]]:
    chains = ("ERC20", "BSC") if number % 3 else ("ERC20",)
    return [
        {"ccy": name, "name": name, "chain": f"{name}-{chain}", "ctAddr": f"{number:06x}", "logoLink": "",
         "canDep": is_open and (number % 11 != 0 or i > 0), "canWd": is_open and number % 13 != 0,
         "canInternal": True, "mainNet": i == 0, "needTag": False, "fee": "0.5", "minFee": "0.5", "maxFee": "1",
         "minWd": "1", "maxWd": "9999999", "minDep": "0.0001", "wdTickSz": "8", "wdQuota": "10000000",
         "usedWdQuota": "0", "depQuotaFixed": "", "usedDepQuotaFixed": "", "depQuoteDailyLayer2": "",
         "burningFeeRate": "", "depEstOpenTime": "", "wdEstOpenTime": "", "minDepArrivalConfirm": "6",
         "minInternal": "0.0001", "minWdUnlockConfirm": "12"}
        for i, chain in enumerate(chains)
    ]  # fmt: skip
