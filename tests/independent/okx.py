"""OKX's dialect of the second world: v5 pages, channels by instrument, books chained by seqId and counted in contracts."""

import json
from decimal import Decimal
from typing import Any

from tests.independent.world import HOUR_MS, Market, World, pairs, plain


class Okx:
    """Answers by path."""

    name = "okx"

    def __init__(self, world: World) -> None:
        self.world = world

    def answer(self, path: str, query: dict[str, str]) -> Any:
        return {"code": "0", "msg": "", "data": self._rows(path.removeprefix("/api/v5/"), query)}

    def _rows(self, page: str, query: dict[str, str]) -> Any:
        now_ms = self.world.now_ms()
        spots, swaps = self.world.of("okx", "spot"), self.world.of("okx", "perp", "inverse")
        asked = spots if query.get("instType") == "SPOT" else swaps
        if page == "public/time":
            return [{"ts": str(now_ms)}]
        if page == "public/instruments":
            return [_listed(each) for each in asked]
        if page == "market/tickers":
            return [_ticker(each, now_ms) for each in asked if each.is_trading]
        if page == "market/books":
            each = next(each for each in (*spots, *swaps) if each.symbol == query["instId"])
            return [
                {
                    "asks": _levels(each.asks),
                    "bids": _levels(each.bids),
                    "ts": str(now_ms),
                    "seqId": 3 * self.world.turn,
                }
            ]
        if page == "market/index-components":
            index = query["index"]
            parts = [
                {"exch": "OKX", "symbol": index.replace("-", "/"), "symPx": "1", "wgt": "0.5", "cnvPx": "1"},
                {"exch": "Binance", "symbol": index.replace("-", "/"), "symPx": "1", "wgt": "0.5", "cnvPx": "1"},
            ]
            return {"index": index, "last": "1", "ts": str(now_ms), "components": parts}
        return self._contract_rows(page, query, swaps)

    def _contract_rows(self, page: str, query: dict[str, str], swaps: list[Market]) -> Any:
        now_ms = self.world.now_ms()
        if page == "public/funding-rate":
            return [_funding(each, now_ms) for each in swaps if query["instId"] in {"ANY", each.symbol}]
        if page == "public/mark-price":
            return [_mark(each, now_ms) for each in swaps]
        if page == "public/open-interest":
            return [
                {
                    "instType": "SWAP",
                    "instId": each.symbol,
                    "oi": "100000",
                    "oiCcy": "100000",
                    "oiUsd": "1",
                    "ts": str(now_ms),
                }
                for each in swaps
            ]
        if page == "market/index-tickers":
            return [_index(each, now_ms) for each in swaps if each.quote == query["quoteCcy"]]
        if page == "public/price-limit":
            every = self.world.of("okx", "spot", "perp", "inverse")
            return [_limits(next(each for each in every if each.symbol == query["instId"]), now_ms)]
        if page == "public/funding-rate-history":
            return []
        raise LookupError(page)

    def ears(self, path: str) -> "Ears":
        return Ears(self.world)


class Ears:
    """One connection to `/ws/v5/public`."""

    def __init__(self, world: World) -> None:
        self._world = world
        self._markets = {each.symbol: each for each in world.of("okx", "spot", "perp") if each.is_trading}
        self._told: dict[tuple[str, str], int] = {}

    def hear(self, text: str) -> list[str]:
        if text == "ping":
            return ["pong"]
        request = json.loads(text)
        replies = []
        for arg in request["args"]:
            key = (arg["channel"], arg["instId"])
            if request["op"] == "subscribe":
                self._told.setdefault(key, 0)
            else:
                self._told.pop(key, None)
            reply = {"event": request["op"], "arg": arg, "connId": "a4d3ae55"}
            replies.append(json.dumps(reply | ({"id": request["id"]} if "id" in request else {})))
        return replies

    def push(self) -> list[str]:
        frames = []
        for key, told in self._told.items():
            channel, symbol = key
            said = self._say(channel, symbol, told)
            if said is not None:
                self._told[key] = self._world.turn
                frames.append(json.dumps({"arg": {"channel": channel, "instId": symbol}, **said}))
        return frames

    def _say(self, channel: str, symbol: str, told: int) -> dict[str, Any] | None:
        now_ms, turn = self._world.now_ms(), self._world.turn
        if channel == "index-tickers":
            of_index = [each for each in self._markets.values() if each.symbol == f"{symbol}-SWAP"]
            return {"data": [_index(each, now_ms) for each in of_index]} if of_index else None
        each = self._markets.get(symbol)
        if each is None:
            return None
        if channel == "funding-rate":
            return {"data": [_funding(each, now_ms)]}
        if channel == "mark-price":
            return {"data": [_mark(each, now_ms)]}
        if channel == "bbo-tbt":
            lied = [[(price * each.lie, size) for price, size in side[:1]] for side in (each.asks, each.bids)]
            return {
                "data": [{"asks": _levels(lied[0]), "bids": _levels(lied[1]), "ts": str(now_ms), "seqId": 3 * turn}]
            }
        is_whole = told == 0
        asks, bids = (each.asks, each.bids) if is_whole else (each.asks[:1], each.bids[:1])
        row = {
            "asks": _levels(asks),
            "bids": _levels(bids),
            "ts": str(now_ms),
            "checksum": 0,
            "seqId": 3 * turn,
            "prevSeqId": -1 if is_whole else 3 * told,
        }
        return {"action": "snapshot" if is_whole else "update", "data": [row]}


def _levels(levels) -> list[list[str]]:
    return [[price, size, "0", "4"] for price, size in pairs(levels)]


def _listed(each: Market) -> dict[str, Any]:
    state = "live" if each.is_trading else "suspend"
    row = {
        "instId": each.symbol,
        "instType": "SPOT" if each.kind == "spot" else "SWAP",
        "state": state,
        "tickSz": plain(each.tick),
        "lotSz": plain(each.lot),
        "minSz": plain(each.min_qty),
        "maxLmtSz": "900000000000",
        "maxMktSz": "900000000000",
        "listTime": "1585526400000",
        "expTime": "",
        "lever": "10",
        "instCategory": "1",
        "ruleType": "normal",
        "instFamily": "",
        "uly": "",
        "alias": "",
        "category": "1",
        "optType": "",
        "stk": "",
    }
    if each.kind == "spot":
        return row | {
            "baseCcy": each.base,
            "quoteCcy": each.quote,
            "settleCcy": "",
            "ctType": "",
            "ctVal": "",
            "ctMult": "",
            "ctValCcy": "",
        }
    is_linear = each.kind == "perp"
    family = f"{each.base}-{each.quote}"
    return row | {
        "baseCcy": "",
        "quoteCcy": "",
        "uly": family,
        "instFamily": family,
        "settleCcy": each.quote if is_linear else each.base,
        "ctType": "linear" if is_linear else "inverse",
        "ctVal": plain(each.contract) if is_linear else "100",
        "ctMult": "1",
        "ctValCcy": each.base if is_linear else "USD",
    }


def _ticker(each: Market, now_ms: int) -> dict[str, Any]:
    bid = pairs(each.bids[:1])[0] if each.bids else ["", ""]
    ask = pairs(each.asks[:1])[0] if each.asks else ["", ""]
    last = bid[0] or ask[0] or plain(each.tick)
    volume = "5000000" if each.kind == "spot" else plain(5_000_000 / each.mark)
    return {
        "instType": "SPOT" if each.kind == "spot" else "SWAP",
        "instId": each.symbol,
        "last": last,
        "lastSz": plain(each.lot),
        "askPx": ask[0],
        "askSz": ask[1],
        "bidPx": bid[0],
        "bidSz": bid[1],
        "open24h": last,
        "high24h": last,
        "low24h": last,
        "volCcy24h": volume,
        "vol24h": "1000",
        "sodUtc0": last,
        "sodUtc8": last,
        "ts": str(now_ms),
    }


def _funding(each: Market, now_ms: int) -> dict[str, Any]:
    terms = each.terms
    return {
        "formulaType": "withRate",
        "fundingRate": plain(terms.rate),
        "fundingTime": str(terms.next_ms),
        "impactValue": "20000",
        "instId": each.symbol,
        "instType": "SWAP",
        "interestRate": "0.0001",
        "maxFundingRate": plain(terms.clamp),
        "method": "current_period",
        "minFundingRate": plain(-terms.clamp),
        "nextFundingRate": "",
        "nextFundingTime": str(terms.next_ms + terms.interval_h * HOUR_MS),
        "premium": "0",
        "settFundingRate": "0.0001",
        "settState": "settled",
        "ts": str(now_ms),
    }


def _mark(each: Market, now_ms: int) -> dict[str, Any]:
    return {"instType": "SWAP", "instId": each.symbol, "markPx": plain(each.mark), "ts": str(now_ms)}


def _index(each: Market, now_ms: int) -> dict[str, Any]:
    index = plain(each.index)
    return {
        "instId": f"{each.base}-{each.quote}",
        "idxPx": index,
        "high24h": index,
        "sodUtc0": index,
        "open24h": index,
        "low24h": index,
        "sodUtc8": index,
        "ts": str(now_ms),
    }


def _limits(each: Market, now_ms: int) -> dict[str, Any]:
    """Five percent above the best ask and below the best bid; empty where nobody quotes."""
    row = {"instType": "SPOT" if each.kind == "spot" else "SWAP", "instId": each.symbol, "ts": str(now_ms)}
    if not each.is_whole:
        return row | {"buyLmt": "", "sellLmt": "", "enabled": False}
    highest, lowest = each.asks[0][0] * Decimal("1.05"), each.bids[0][0] * Decimal("0.95")
    return row | {"buyLmt": plain(highest), "sellLmt": plain(lowest), "enabled": True}
