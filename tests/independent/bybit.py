"""Bybit's dialect of the second world: v5 market pages with cursor paging, tickers with deltas, `u` counted by topic."""

import json
from typing import Any

from tests.independent.world import Market, World, pairs, plain

_PAGE = 7


class Bybit:
    """Answers by path."""

    name = "bybit"

    def __init__(self, world: World) -> None:
        self.world = world

    def answer(self, path: str, query: dict[str, str]) -> Any:
        page = path.removeprefix("/v5/market/")
        return {
            "retCode": 0,
            "retMsg": "OK",
            "result": self._result(page, query),
            "retExtInfo": {},
            "time": self.world.now_ms(),
        }

    def _result(self, page: str, query: dict[str, str]) -> Any:
        category = query.get("category", "")
        markets = self.world.of("bybit", *(("spot",) if category == "spot" else ("perp", "dated")))
        if page == "time":
            now_ms = self.world.now_ms()
            return {"timeSecond": str(now_ms // 1000), "timeNano": str(now_ms * 1_000_000)}
        if page == "instruments-info":
            return self._listing(markets, query)
        if page == "tickers":
            rows = [
                _ticker(each) for each in markets if each.is_trading and query.get("symbol") in {None, each.symbol}
            ]
            return {"category": category, "list": rows}
        if page == "orderbook":
            each = next(each for each in markets if each.symbol == query["symbol"])
            return {
                "s": each.symbol,
                "b": pairs(each.bids),
                "a": pairs(each.asks),
                "ts": self.world.now_ms(),
                "u": 77,
                "seq": 99,
                "cts": self.world.now_ms(),
            }
        if page == "index-price-components":
            coin = next(each.coin for each in self.world.of("bybit", "perp") if _index(each) == query["indexName"])
            spots = [
                {
                    "exchange": venue,
                    "spotPair": f"{coin}USDT",
                    "equivalentPrice": "1",
                    "multiplier": "1",
                    "price": "1",
                    "weight": "0.5",
                }
                for venue in ("Binance", "Bybit")
            ]
            return {
                "indexName": query["indexName"],
                "lastPrice": "1",
                "updateTime": str(self.world.now_ms()),
                "components": spots,
            }
        if page == "funding/history":
            return {"category": category, "list": []}
        raise LookupError(page)

    def _listing(self, markets: list[Market], query: dict[str, str]) -> Any:
        if query.get("status") == "PreLaunch":
            return {"category": query["category"], "list": [], "nextPageCursor": ""}
        rows = [_listed(each) for each in markets]
        if query["category"] == "spot":
            return {"category": "spot", "list": rows}
        begin = int(query.get("cursor") or 0)
        end = begin + _PAGE
        return {
            "category": "linear",
            "list": rows[begin:end],
            "nextPageCursor": str(end) if end < len(rows) else "",
        }

    def ears(self, path: str) -> "Ears":
        return Ears(self.world, "spot" if path.endswith("spot") else "perp")


class Ears:
    """One connection to `/v5/public/spot` or `/v5/public/linear`."""

    def __init__(self, world: World, kind: str) -> None:
        self._world = world
        self._markets = {each.symbol: each for each in world.of("bybit", kind) if each.is_trading}
        self._kind = kind
        self._told: dict[str, int] = {}

    def hear(self, text: str) -> list[str]:
        request = json.loads(text)
        if request["op"] == "ping":
            return [
                json.dumps(
                    {
                        "success": True,
                        "ret_msg": "pong",
                        "conn_id": "1",
                        "req_id": request.get("req_id", ""),
                        "op": "ping",
                    }
                )
            ]
        if self._kind == "spot" and len(request["args"]) > 10:
            return [
                json.dumps(
                    {
                        "success": False,
                        "ret_msg": "args size >10",
                        "conn_id": "1",
                        "req_id": request.get("req_id", ""),
                        "op": request["op"],
                    }
                )
            ]
        for topic in request["args"]:
            if request["op"] == "subscribe":
                self._told.setdefault(topic, 0)
            else:
                self._told.pop(topic, None)
        return [
            json.dumps(
                {
                    "success": True,
                    "ret_msg": "",
                    "conn_id": "1",
                    "req_id": request.get("req_id", ""),
                    "op": request["op"],
                }
            )
        ]

    def push(self) -> list[str]:
        frames = []
        for topic, told in self._told.items():
            channel, _, symbol = topic.rpartition(".")
            if symbol not in self._markets:
                continue
            self._told[topic] = told + 1
            frames.append(json.dumps(self._say(topic, channel, self._markets[symbol], told)))
        return frames

    def _say(self, topic: str, channel: str, each: Market, told: int) -> dict[str, Any]:
        now_ms = self._world.now_ms()
        if channel == "tickers":
            whole = _ticker(each)
            said = whole if told == 0 else {"symbol": each.symbol, "markPrice": whole["markPrice"]}
            return {"topic": topic, "type": "delta" if told else "snapshot", "data": said, "cs": told, "ts": now_ms}
        if channel == "orderbook.1":
            bids, asks = (
                [(p * each.lie, q) for p, q in each.bids[:1]],
                [(p * each.lie, q) for p, q in each.asks[:1]],
            )
            is_whole = True
        else:
            is_whole = told == 0
            bids, asks = (each.bids, each.asks) if is_whole else (each.bids[:1], each.asks[:1])
        book = {"s": each.symbol, "b": pairs(bids), "a": pairs(asks), "u": told + 500, "seq": told}
        kind = "snapshot" if is_whole else "delta"
        return {"topic": topic, "ts": now_ms, "type": kind, "data": book, "cts": now_ms}


def _index(each: Market) -> str:
    return f"{each.base}{each.quote}"


def _listed(each: Market) -> dict[str, Any]:
    row: dict[str, Any] = {
        "symbol": each.symbol,
        "baseCoin": each.base,
        "quoteCoin": each.quote,
        "priceFilter": {"tickSize": plain(each.tick), "minPrice": plain(each.tick), "maxPrice": "999999"},
    }
    if each.kind == "spot":
        size = {
            "basePrecision": plain(each.lot),
            "quotePrecision": "0.0000001",
            "minOrderQty": plain(each.min_qty),
            "maxOrderQty": "9000000",
            "minOrderAmt": plain(each.min_cost),
            "maxOrderAmt": "4000000",
            "maxLimitOrderQty": "900000000000",
            "maxMarketOrderQty": "900000000000",
        }
        return row | {
            "innovation": "0",
            "status": "Trading" if each.is_trading else "Closed",
            "marginTrading": "utaOnly",
            "stTag": "0",
            "lotSizeFilter": size,
            "riskParameters": {"priceLimitRatioX": "0.05", "priceLimitRatioY": "0.05"},
        }
    size = {
        "maxOrderQty": "900000000000",
        "minOrderQty": plain(each.min_qty),
        "qtyStep": plain(each.lot),
        "postOnlyMaxOrderQty": "900000",
        "maxMktOrderQty": "900000000000",
        "minNotionalValue": plain(each.min_cost),
    }
    kind, ends = ("LinearPerpetual", "0") if each.kind == "perp" else ("LinearFutures", "1830240000000")
    return row | {
        "contractType": kind,
        "status": "Trading" if each.is_trading else "Settling",
        "launchTime": "1585526400000",
        "deliveryTime": ends,
        "deliveryFeeRate": "",
        "priceScale": "2",
        "leverageFilter": {"minLeverage": "1", "maxLeverage": "50.00", "leverageStep": "0.01"},
        "lotSizeFilter": size,
        "unifiedMarginTrade": True,
        "fundingInterval": each.terms.interval_h * 60,
        "settleCoin": each.quote,
        "copyTrading": "both",
        "upperFundingRate": plain(each.terms.clamp),
        "lowerFundingRate": plain(-each.terms.clamp),
        "isPreListing": False,
        "preListingInfo": None,
        "symbolType": "",
        "riskParameters": {"priceLimitRatioX": "0.05", "priceLimitRatioY": "0.1"},
    }


def _ticker(each: Market) -> dict[str, Any]:
    bid = pairs(each.bids[:1])[0] if each.bids else ["", ""]
    ask = pairs(each.asks[:1])[0] if each.asks else ["", ""]
    last = bid[0] or ask[0] or plain(each.tick)
    row = {
        "symbol": each.symbol,
        "bid1Price": bid[0],
        "bid1Size": bid[1],
        "ask1Price": ask[0],
        "ask1Size": ask[1],
        "lastPrice": last,
        "prevPrice24h": last,
        "price24hPcnt": "0",
        "highPrice24h": last,
        "lowPrice24h": last,
        "turnover24h": "5000000",
        "volume24h": "1000",
    }
    if each.kind == "spot":
        return row | {"usdIndexPrice": last}
    terms = each.terms
    return row | {
        "markPrice": plain(each.mark),
        "indexPrice": plain(each.index),
        "openInterest": "100000",
        "openInterestValue": "1",
        "fundingRate": plain(terms.rate),
        "nextFundingTime": str(terms.next_ms),
        "fundingIntervalHour": str(terms.interval_h),
        "fundingCap": plain(terms.clamp),
        "deliveryTime": "0",
        "basis": "",
    }
