"""Binance's dialect of the second world: api/v3 and fapi/v1, combined streams, split routes of USD-M."""

import json
from typing import Any

from tests.independent.world import Market, World, pairs, plain


class Binance:
    """Answers by path; `Ears` below is one connection."""

    name = "binance"

    def __init__(self, world: World) -> None:
        self.world = world

    def answer(self, path: str, query: dict[str, str]) -> Any:
        root, _, page = path.removeprefix("/").partition("/v")
        page = page[2:]
        kinds = ("spot",) if root == "api" else ("perp", "dated")
        markets = self.world.of("binance", *kinds)
        if page == "time":
            return {"serverTime": self.world.now_ms()}
        if page == "exchangeInfo":
            return {
                "timezone": "UTC",
                "serverTime": self.world.now_ms(),
                "symbols": [_listed(each) for each in markets],
            }
        if page == "ticker/bookTicker":
            return [self._best(each) for each in markets if each.is_trading]
        if page == "ticker/24hr":
            return [self._day(each) for each in markets if each.is_trading]
        if page == "depth":
            each = _named(markets, query["symbol"])
            return {
                "lastUpdateId": 3 * self.world.turn + 1,
                "E": self.world.now_ms(),
                "T": self.world.now_ms(),
                "bids": pairs(each.bids),
                "asks": pairs(each.asks),
            }
        return self._funding(page, query, markets)

    def _funding(self, page: str, query: dict[str, str], markets: list[Market]) -> Any:
        perps = [each for each in markets if each.terms]
        if page == "premiumIndex":
            return [_premium(each, self.world.now_ms()) for each in perps]
        if page == "fundingInfo":
            return [
                {"symbol": each.symbol, "adjustedFundingRateCap": plain(each.terms.clamp), "adjustedFundingRateFloor": plain(-each.terms.clamp), "fundingIntervalHours": each.terms.interval_h, "disclaimer": False}
                for each in perps if each.kind == "perp"
            ]  # fmt: skip
        if page == "constituents":
            each = _named(markets, query["symbol"])
            rows = [{"exchange": venue, "symbol": f"{each.coin}USDT"} for venue in ("binance", "bybit", "bitget")]
            return {
                "symbol": each.symbol,
                "time": self.world.now_ms(),
                "constituents": [*rows, {"exchange": "okex", "symbol": f"{each.coin}-USDT"}],
            }
        if page == "fundingRate":
            return []
        raise LookupError(page)

    def _best(self, each: Market) -> dict[str, Any]:
        (bid, bid_qty), (ask, ask_qty) = _best(each)
        row = {"symbol": each.symbol, "bidPrice": bid, "bidQty": bid_qty, "askPrice": ask, "askQty": ask_qty}
        return (
            row
            if each.kind == "spot"
            else {**row, "time": self.world.now_ms(), "lastUpdateId": 3 * self.world.turn}
        )

    def _day(self, each: Market) -> dict[str, Any]:
        last = plain((each.bids or each.asks or [(each.tick, each.lot)])[0][0])
        row = dict.fromkeys(
            (
                "priceChange",
                "weightedAvgPrice",
                "openPrice",
                "highPrice",
                "lowPrice",
                "lastPrice",
                "prevClosePrice",
            ),
            last,
        )
        row |= {
            "symbol": each.symbol,
            "priceChangePercent": "0",
            "lastQty": plain(each.lot),
            "volume": "1000",
            "quoteVolume": "5000000",
            "openTime": 1,
            "closeTime": self.world.now_ms(),
            "firstId": 1,
            "lastId": 2,
            "count": 2,
        }
        if each.kind == "spot":
            (bid, bid_qty), (ask, ask_qty) = _best(each)
            row |= {"bidPrice": bid, "bidQty": bid_qty, "askPrice": ask, "askQty": ask_qty}
        return row

    def ears(self, path: str) -> "Ears":
        return Ears(self.world, path)


class Ears:
    """One connection: what it subscribed, and what each turn says to it."""

    def __init__(self, world: World, path: str) -> None:
        self._world = world
        self._kinds = ("perp",) if "public" in path or "market" in path else ("spot",)
        self._is_market_route = "market" in path
        self._streams: list[str] = []

    def hear(self, text: str) -> list[str]:
        request = json.loads(text)
        if request["method"] == "SUBSCRIBE":
            self._streams += [each for each in request["params"] if each not in self._streams]
        else:
            self._streams = [each for each in self._streams if each not in request["params"]]
        return [json.dumps({"result": None, "id": request["id"]})]

    def push(self) -> list[str]:
        by_name = {each.symbol.lower(): each for each in self._world.of("binance", *self._kinds) if each.is_trading}
        frames = []
        for stream in self._streams:
            symbol, _, channel = stream.partition("@")
            if stream == "!markPrice@arr@1s" and self._is_market_route:
                rows = [self._mark(each) for each in by_name.values()]
                frames.append(json.dumps({"stream": stream, "data": rows}))
            elif symbol in by_name and not self._is_market_route:
                said = self._best(by_name[symbol]) if channel == "bookTicker" else self._depth(by_name[symbol])
                frames.append(json.dumps({"stream": stream, "data": said}))
        return frames

    def _best(self, each: Market) -> dict[str, Any]:
        (bid, bid_qty), (ask, ask_qty) = _best(each, each.lie)
        said: dict[str, Any] = {
            "u": 3 * self._world.turn,
            "s": each.symbol,
            "b": bid,
            "B": bid_qty,
            "a": ask,
            "A": ask_qty,
        }
        if each.kind == "perp":
            said |= {
                "e": "bookTicker",
                "E": self._world.now_ms(),
                "T": self._world.now_ms(),
                "st": 1,
                "ps": each.symbol,
            }
        return said

    def _depth(self, each: Market) -> dict[str, Any]:
        last = 3 * self._world.turn
        said: dict[str, Any] = {
            "e": "depthUpdate",
            "E": self._world.now_ms(),
            "s": each.symbol,
            "U": last - 2,
            "u": last,
            "b": pairs(each.bids[:1]),
            "a": pairs(each.asks[:1]),
        }
        return said | ({"T": self._world.now_ms(), "pu": last - 3, "st": 1} if each.kind == "perp" else {})

    def _mark(self, each: Market) -> dict[str, Any]:
        terms = each.terms
        return {
            "e": "markPriceUpdate",
            "E": self._world.now_ms(),
            "s": each.symbol,
            "p": plain(each.mark),
            "i": plain(each.index),
            "P": plain(each.mark),
            "r": plain(terms.rate),
            "T": terms.next_ms,
            "st": 1,
        }


def _named(markets: list[Market], symbol: str) -> Market:
    return next(each for each in markets if each.symbol == symbol)


def _best(each: Market, lie=1) -> tuple[tuple[str, str], tuple[str, str]]:
    sides = [
        (plain(side[0][0] * lie), plain(side[0][1])) if side else ("0", "0") for side in (each.bids, each.asks)
    ]
    return sides[0], sides[1]


def _listed(each: Market) -> dict[str, Any]:
    rules = [
        {
            "filterType": "PRICE_FILTER",
            "minPrice": plain(each.tick),
            "maxPrice": "1000000",
            "tickSize": plain(each.tick),
        },
        {
            "filterType": "LOT_SIZE",
            "minQty": plain(each.min_qty),
            "maxQty": "900000000000",
            "stepSize": plain(each.lot),
        },
    ]
    row: dict[str, Any] = {
        "symbol": each.symbol,
        "baseAsset": each.base,
        "quoteAsset": each.quote,
        "baseAssetPrecision": 8,
        "quotePrecision": 8,
        "quoteAssetPrecision": 8,
        "pricePrecision": 8,
        "quantityPrecision": 8,
        "filters": rules,
        "orderTypes": ["LIMIT", "MARKET"],
    }
    if each.kind == "spot":
        rules.append(
            {
                "filterType": "NOTIONAL",
                "minNotional": plain(each.min_cost),
                "applyMinToMarket": True,
                "maxNotional": "9000000",
            }
        )
        return row | {
            "status": "TRADING" if each.is_trading else "BREAK",
            "isSpotTradingAllowed": True,
            "isMarginTradingAllowed": True,
            "permissions": [],
            "permissionSets": [["SPOT"]],
        }
    rules.append({"filterType": "MIN_NOTIONAL", "notional": plain(each.min_cost)})
    kind = "PERPETUAL" if each.kind == "perp" else "CURRENT_QUARTER"
    return row | {
        "pair": f"{each.base}{each.quote}",
        "contractType": kind,
        "status": "TRADING" if each.is_trading else "SETTLING",
        "marginAsset": each.quote,
        "underlyingType": "COIN",
        "underlyingSubType": [],
        "onboardDate": 1569398400000,
        "deliveryDate": 4133404800000 if each.kind == "perp" else 1830240000000,
    }


def _premium(each: Market, now_ms: int) -> dict[str, Any]:
    terms = each.terms
    is_perp = each.kind == "perp"
    return {
        "symbol": each.symbol,
        "markPrice": plain(each.mark),
        "indexPrice": plain(each.index),
        "estimatedSettlePrice": plain(each.mark),
        "lastFundingRate": plain(terms.rate) if is_perp else "",
        "interestRate": "0.00010000" if is_perp else "",
        "nextFundingTime": terms.next_ms if is_perp else 0,
        "time": now_ms,
    }
