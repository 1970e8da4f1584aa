"""Bitget's classic dialect (v2) of the second world: precisions as numbers of decimals, books with a CRC32."""

import json
import zlib
from decimal import Decimal
from typing import Any

from tests.independent.world import Market, World, pairs, plain

_LINES = {"USDT-FUTURES": "USDT", "USDC-FUTURES": "USDC"}


class Bitget:
    """Answers by path."""

    name = "bitget"

    def __init__(self, world: World) -> None:
        self.world = world

    def answer(self, path: str, query: dict[str, str]) -> Any:
        answer = self._rows(path.removeprefix("/api/"), query)
        return {"code": "00000", "msg": "success", "requestTime": self.world.now_ms(), "data": answer}

    def _rows(self, page: str, query: dict[str, str]) -> Any:
        now_ms = self.world.now_ms()
        spots = self.world.of("bitget", "spot")
        contracts = [
            each
            for each in self.world.of("bitget", "perp", "dated")
            if each.quote == _LINES.get(query.get("productType", ""))
        ]
        if page == "v2/public/time":
            return {"serverTime": str(now_ms)}
        if page in {"v2/spot/public/symbols", "v2/mix/market/contracts"}:
            return [_pair(each) for each in spots] if "spot" in page else [_contract(each) for each in contracts]
        if page in {"v2/spot/market/tickers", "v2/mix/market/tickers"}:
            return [_ticker(each, now_ms) for each in (spots if "spot" in page else contracts) if each.is_trading]
        if page in {"v2/spot/market/orderbook", "v2/mix/market/merge-depth"}:
            each = next(each for each in (contracts if "mix" in page else spots) if each.symbol == query["symbol"])
            as_sent = (
                (lambda levels: [[float(p), float(s)] for p, s in levels])
                if "mix" in page and each.tick >= 1
                else pairs
            )
            return {
                "asks": as_sent(each.asks),
                "bids": as_sent(each.bids),
                "ts": str(now_ms),
                "precision": "scale0",
                "scale": plain(each.tick),
                "isMaxPrecision": "NO",
            }
        return self._slow(page, query, contracts)

    def _slow(self, page: str, query: dict[str, str], contracts: list[Market]) -> Any:
        if page == "v2/mix/market/current-fund-rate":
            return [
                {"symbol": each.symbol, "fundingRate": plain(each.terms.rate), "fundingRateInterval": str(each.terms.interval_h), "nextUpdate": str(each.terms.next_ms), "minFundingRate": plain(-each.terms.clamp), "maxFundingRate": plain(each.terms.clamp)}
                for each in contracts if each.kind == "perp"
            ]  # fmt: skip
        if page == "v3/market/index-components":
            each = next(each for each in self.world.of("bitget", "perp") if each.symbol == query["symbol"])
            rows = [
                {"exchange": venue, "spotPair": f"{each.coin}/USDT", "equivalentPrice": "1", "weight": "0.5"}
                for venue in ("BINANCE", "BITGET")
            ]
            return {"symbol": each.symbol, "componentList": rows}
        if page in {"v2/spot/public/coins", "v2/mix/market/history-fund-rate", "v2/margin/currencies"}:
            return []
        raise LookupError(page)

    def ears(self, path: str) -> "Ears":
        return Ears(self.world)


class Ears:
    """One connection to `/v2/ws/public`."""

    def __init__(self, world: World) -> None:
        self._world = world
        self._markets = {
            (_line(each), each.symbol): each for each in world.of("bitget", "spot", "perp") if each.is_trading
        }
        self._told: dict[tuple[str, str, str], int] = {}

    def hear(self, text: str) -> list[str]:
        if text == "ping":
            return ["pong"]
        request = json.loads(text)
        for arg in request["args"]:
            key = (arg["instType"], arg["channel"], arg["instId"])
            if request["op"] == "subscribe":
                self._told.setdefault(key, 0)
            else:
                self._told.pop(key, None)
        return [json.dumps({"event": request["op"], "arg": arg}) for arg in request["args"]]

    def push(self) -> list[str]:
        frames = []
        for key, told in self._told.items():
            line, channel, symbol = key
            each = self._markets.get((line, symbol))
            if each is not None:
                self._told[key] = told + 1
                frame = {
                    "action": "update" if told and channel == "books" else "snapshot",
                    "arg": {"instType": line, "channel": channel, "instId": symbol},
                }
                frames.append(
                    json.dumps(frame | {"data": [self._row(channel, each, told)], "ts": self._world.now_ms()})
                )
        return frames

    def _row(self, channel: str, each: Market, told: int) -> dict[str, Any]:
        now_ms = self._world.now_ms()
        if channel == "ticker":
            return _ticker(each, now_ms) | {
                "instId": each.symbol,
                "nextFundingTime": str(each.terms.next_ms),
                "symbolType": "1",
            }
        if channel == "books1":
            asks, bids = (
                [(p * each.lie, q) for p, q in each.asks[:1]],
                [(p * each.lie, q) for p, q in each.bids[:1]],
            )
            return {"asks": pairs(asks), "bids": pairs(bids), "checksum": 0, "seq": 9000 + told, "ts": str(now_ms)}
        if told == 0:
            return {
                "asks": pairs(each.asks),
                "bids": pairs(each.bids),
                "checksum": 0,
                "seq": 9000 + told,
                "ts": str(now_ms),
            }
        return {
            "asks": pairs(each.asks[:1]),
            "bids": pairs(each.bids[:1]),
            "checksum": _crc(each),
            "seq": 9000 + told,
            "ts": str(now_ms),
        }


def _crc(each: Market) -> int:
    """Signed CRC32 of the first 25 levels, bid and ask in turn."""
    bids, asks = pairs(each.bids[:25]), pairs(each.asks[:25])
    parts = []
    for place in range(max(len(bids), len(asks))):
        parts += [":".join(side[place]) for side in (bids, asks) if place < len(side)]
    crc = zlib.crc32(":".join(parts).encode())
    return crc - 2**32 if crc >= 2**31 else crc


def _line(each: Market) -> str:
    return "SPOT" if each.kind == "spot" else f"{each.quote}-FUTURES"


def _places(step: Decimal) -> int:
    return max(0, -int(step.normalize().as_tuple().exponent))


def _pair(each: Market) -> dict[str, Any]:
    return {
        "symbol": each.symbol,
        "baseCoin": each.base,
        "quoteCoin": each.quote,
        "minTradeAmount": plain(each.min_qty),
        "maxTradeAmount": "900000000000",
        "takerFeeRate": "0.001",
        "makerFeeRate": "0.001",
        "pricePrecision": str(_places(each.tick)),
        "quantityPrecision": str(_places(each.lot)),
        "quotePrecision": "8",
        "status": "online" if each.is_trading else "halt",
        "minTradeUSDT": plain(each.min_cost),
        "buyLimitPriceRatio": "0.05",
        "sellLimitPriceRatio": "0.05",
        "areaSymbol": "no",
        "orderQuantity": "200",
        "openTime": "1532454360000",
        "offTime": "",
    }


def _contract(each: Market) -> dict[str, Any]:
    places = _places(each.tick)
    kind = "perpetual" if each.kind == "perp" else "delivery"
    return {
        "symbol": each.symbol,
        "baseCoin": each.base,
        "quoteCoin": each.quote,
        "buyLimitPriceRatio": "0.05",
        "sellLimitPriceRatio": "0.05",
        "feeRateUpRatio": "0.005",
        "makerFeeRate": "0.0002",
        "takerFeeRate": "0.0006",
        "openCostUpRatio": "0.01",
        "supportMarginCoins": [each.quote],
        "minTradeNum": plain(each.min_qty),
        "priceEndStep": plain(each.tick * 10**places),
        "volumePlace": str(_places(each.lot)),
        "pricePlace": str(places),
        "sizeMultiplier": plain(each.lot),
        "symbolType": kind,
        "minTradeUSDT": plain(each.min_cost),
        "maxSymbolOrderNum": "200",
        "maxProductOrderNum": "400",
        "maxPositionNum": "150",
        "symbolStatus": "normal" if each.is_trading else "off",
        "offTime": "-1",
        "limitOpenTime": "-1",
        "deliveryTime": "" if each.kind == "perp" else "1830240000000",
        "deliveryStartTime": "",
        "deliveryPeriod": "" if each.kind == "perp" else "this_quarter",
        "launchTime": "",
        "fundInterval": str(each.terms.interval_h),
        "minLever": "1",
        "maxLever": "50",
        "posLimit": "0.05",
        "maintainTime": "",
        "maxMarketOrderQty": "900000000000",
        "maxOrderQty": "900000000000",
        "isRwa": "NO",
    }


def _ticker(each: Market, now_ms: int) -> dict[str, Any]:
    bid = pairs(each.bids[:1])[0] if each.bids else ["0", "0"]
    ask = pairs(each.asks[:1])[0] if each.asks else ["0", "0"]
    last = plain((each.bids or each.asks or [(each.tick, each.lot)])[0][0])
    row = {
        "symbol": each.symbol,
        "lastPr": last,
        "askPr": ask[0],
        "bidPr": bid[0],
        "bidSz": bid[1],
        "askSz": ask[1],
        "high24h": last,
        "low24h": last,
        "ts": str(now_ms),
        "change24h": "0",
        "baseVolume": "1000",
        "quoteVolume": "5000000",
        "usdtVolume": "5000000",
        "openUtc": last,
        "changeUtc24h": "0",
        "open24h": last,
    }
    if each.kind == "spot":
        return row | {"open": last}
    return row | {
        "indexPrice": plain(each.index),
        "fundingRate": plain(each.terms.rate),
        "holdingAmount": "100000",
        "deliveryStartTime": None,
        "deliveryTime": None,
        "deliveryStatus": "",
        "markPrice": plain(each.mark),
    }
