"""Best bid/ask frames to typed quotes, against the standard library's json with float() of the four strings."""

import json
from random import Random
from typing import Any

from arbedge.exchanges.binance import wire
from arbedge.exchanges.bitget import wire as bitget
from arbedge.exchanges.bybit import wire as bybit
from arbedge.exchanges.okx import wire as okx
from benchmarks.harness import Case

__all__ = ["cases"]

_BATCH = 500
_TEXT = "decode best-bid/ask frames to typed quotes: at least 5 times json + float"


def _data(rng: Random, number: int, *, is_spot: bool) -> dict[str, object]:
    price = 10 ** rng.uniform(-4, 5)
    spread = price * 1e-4
    figure = "{:.8f}" if is_spot else "{:.4f}"
    symbol = f"COIN{number % 300}USDT"
    top: dict[str, object] = {
        "u": 50_000_000_000 + number,
        "s": symbol,
        "b": figure.format(price),
        "B": figure.format(rng.uniform(0.01, 5000)),
        "a": figure.format(price + spread),
        "A": figure.format(rng.uniform(0.01, 5000)),
    }
    if is_spot:
        return top
    stamp_ms = 1_767_225_600_000 + number
    return {"e": "bookTicker", **top, "T": stamp_ms, "E": stamp_ms + 1, "st": 1, "ps": symbol}


def _frames(*, is_spot: bool, is_combined: bool) -> list[bytes]:
    rng = Random(11)
    frames = []
    for number in range(_BATCH):
        data = _data(rng, number, is_spot=is_spot)
        stream = f"{str(data['s']).lower()}@bookTicker"
        message = {"stream": stream, "data": data} if is_combined else data
        frames.append(json.dumps(message, separators=(",", ":")).encode())
    return frames


def _case(name: str, *, is_spot: bool, is_combined: bool) -> Case:
    frames = _frames(is_spot=is_spot, is_combined=is_combined)

    def subject() -> int:
        if is_combined:
            for frame in frames:
                top = wire.decode_top(frame).data
                _ = top.symbol, top.bid, top.bid_qty, top.ask, top.ask_qty
        else:
            for frame in frames:
                top = wire.decode_top_bare(frame)
                _ = top.symbol, top.bid, top.bid_qty, top.ask, top.ask_qty
        return len(frames)

    def reference() -> int:
        for frame in frames:
            data = json.loads(frame)
            if is_combined:
                data = data["data"]
            _ = data["s"], float(data["b"]), float(data["B"]), float(data["a"]), float(data["A"])
        return len(frames)

    return Case(name, subject, reference, "frame", 5.0, _TEXT, "json + float")


def _bybit_frames() -> list[bytes]:
    rng = Random(12)
    frames = []
    for number in range(_BATCH):
        price = 10 ** rng.uniform(-4, 5)
        symbol, stamp_ms = f"COIN{number % 300}USDT", 1_767_225_600_000 + number
        data = {
            "s": symbol,
            "b": [[f"{price:.4f}", f"{rng.uniform(0.01, 5000):.4f}"]],
            "a": [[f"{price * 1.0001:.4f}", f"{rng.uniform(0.01, 5000):.4f}"]],
            "u": 50_000_000 + number,
            "seq": 9_000_000_000 + 3 * number,
        }
        frame = {
            "topic": f"orderbook.1.{symbol}",
            "type": "snapshot",
            "ts": stamp_ms,
            "data": data,
            "cts": stamp_ms,
        }
        frames.append(json.dumps(frame, separators=(",", ":")).encode())
    return frames


def _bybit_case() -> Case:
    frames = _bybit_frames()

    def subject() -> int:
        for frame in frames:
            top = bybit.decode_top(frame).fields
            ((bid, bid_qty),), ((ask, ask_qty),) = top.bids, top.asks
            _ = top.symbol, bid, bid_qty, ask, ask_qty
        return len(frames)

    def reference() -> int:
        for frame in frames:
            data = json.loads(frame)["data"]
            (bid, bid_qty), (ask, ask_qty) = data["b"][0], data["a"][0]
            _ = data["s"], float(bid), float(bid_qty), float(ask), float(ask_qty)
        return len(frames)

    return Case("decode.bybit_top", subject, reference, "frame", 5.0, _TEXT, "json + float")


def _bitget_frames() -> list[bytes]:
    rng = Random(14)
    frames = []
    for number in range(_BATCH):
        price = 10 ** rng.uniform(-4, 5)
        stamp_ms = 1_767_225_600_000 + number
        row = {
            "asks": [[f"{price * 1.0001:.4f}", f"{rng.uniform(0.01, 5000):.4f}"]],
            "bids": [[f"{price:.4f}", f"{rng.uniform(0.01, 5000):.4f}"]],
            "checksum": 0,
            "seq": 1_343_064_377_779_269_632 + 7 * number,
            "ts": str(stamp_ms),
        }
        arg = {"instType": "USDT-FUTURES", "channel": "books1", "instId": f"COIN{number % 300}USDT"}
        frame = {"action": "snapshot", "arg": arg, "data": [row], "ts": stamp_ms + 1}
        frames.append(json.dumps(frame, separators=(",", ":")).encode())
    return frames


def _bitget_case() -> Case:
    frames = _bitget_frames()

    def subject() -> int:
        for frame in frames:
            told = bitget.decode_top(frame)
            (top,) = told.data
            ((bid, bid_qty),), ((ask, ask_qty),) = top.bids, top.asks
            _ = told.arg.symbol, bid, bid_qty, ask, ask_qty
        return len(frames)

    def reference() -> int:
        for frame in frames:
            told = json.loads(frame)
            top = told["data"][0]
            (bid, bid_qty), (ask, ask_qty) = top["bids"][0], top["asks"][0]
            _ = told["arg"]["instId"], float(bid), float(bid_qty), float(ask), float(ask_qty)
        return len(frames)

    return Case("decode.bitget_top", subject, reference, "frame", 5.0, _TEXT, "json + float")


def _okx_frames() -> list[bytes]:
    rng = Random(11)
    frames = []
    for number in range(_BATCH):
        price = 10 ** rng.uniform(-4, 5)
        message = {
            "arg": {"channel": "bbo-tbt", "instId": f"COIN{number % 300}-USDT-SWAP"},
            "data": [
                {
                    "asks": [[f"{price * 1.0001:.6f}", f"{rng.uniform(1, 5000):.1f}", "0", f"{1 + number % 40}"]],
                    "bids": [[f"{price:.6f}", f"{rng.uniform(1, 5000):.1f}", "0", f"{1 + number % 30}"]],
                    "ts": str(1_767_225_600_000 + number),
                    "seqId": 50_000_000_000 + number,
                }
            ],
        }
        frames.append(json.dumps(message, separators=(",", ":")).encode())
    return frames


def _okx_case() -> Case:
    frames = _okx_frames()

    def subject() -> int:
        for frame in frames:
            told = okx.decode_best(frame)
            row: Any = told.data.row
            bid, ask = row.bids.best, row.asks.best
            _ = told.arg.symbol, bid.price, bid.qty, ask.price, ask.qty
        return len(frames)

    def reference() -> int:
        for frame in frames:
            told = json.loads(frame)
            row = told["data"][-1]
            bid, ask = row["bids"][0], row["asks"][0]
            _ = told["arg"]["instId"], float(bid[0]), float(bid[1]), float(ask[0]), float(ask[1])
        return len(frames)

    return Case("decode.okx_top", subject, reference, "frame", 5.0, _TEXT, "json + float")


def cases() -> list[Case]:
    return [
        _case("decode.binance_spot_combined", is_spot=True, is_combined=True),
        _case("decode.binance_spot_bare", is_spot=True, is_combined=False),
        _case("decode.binance_usdm_combined", is_spot=False, is_combined=True),
        _case("decode.binance_usdm_bare", is_spot=False, is_combined=False),
        _bybit_case(),
        _okx_case(),
        _bitget_case(),
    ]
