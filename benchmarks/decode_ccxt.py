"""Best bid/ask frames of four venues to rows for the market, against ccxt.pro's own handling of the same frames.

The reference is what ccxt.pro does with a text frame once it is read: json, then `handle_message`, which
parses the frame, keeps the book or the ticker, and wakes whoever waits (here nobody).
"""

import json
from collections.abc import Iterator
from types import SimpleNamespace
from typing import Any

import ccxt.pro

from arbedge.domain.instrument import Instrument, MarketKind
from arbedge.exchanges.binance.dialects import TopDialect as BinanceTops
from arbedge.exchanges.bitget.dialects import TopDialect as BitgetTops
from arbedge.exchanges.bybit.dialects import TopDialect as BybitTops
from arbedge.exchanges.okx.dialects import TopDialect as OkxTops
from arbedge.market.ports import TopRow, Watched
from benchmarks.harness import Case
from benchmarks.ingest.traffic import instruments, messages

__all__ = ["cases"]

_FRAMES = 400
_DIALECTS: dict[str, Any] = {"binance": BinanceTops, "bybit": BybitTops, "okx": OkxTops, "bitget": BitgetTops}
_OF_ALL = 12_000


class _Sink:
    """Remembers the last rows."""

    def __init__(self) -> None:
        self.rows: list[TopRow] = []

    def on_top(self, *_: Any) -> None:
        raise AssertionError

    def on_tops(self, rows: Iterator[TopRow], received_ns: int) -> None:  # noqa: ARG002
        self.rows = list(rows)


def _exchange(venue: str, listed: list[Instrument]) -> Any:
    exchange = getattr(ccxt.pro, venue)()
    exchange.set_markets(
        [
            exchange.safe_market_structure(
                {
                    "id": each.id.symbol,
                    "symbol": f"{each.base}/{each.quote}:{each.quote}",
                    "base": each.base,
                    "quote": each.quote,
                    "settle": each.quote,
                    "type": "swap",
                    "swap": True,
                    "contract": True,
                    "linear": True,
                    "inverse": False,
                    "contractSize": 1.0,
                    "active": True,
                }
            )
            for each in listed
        ]
    )
    return exchange


def _case(venue: str) -> Case:
    listed = instruments()
    mine = [slot for slot, each in enumerate(listed) if (each.id.venue, each.id.kind) == (venue, MarketKind.PERP)]
    wanted = frozenset(mine)
    frames = [each.payload for each in messages(_OF_ALL) if each.slot in wanted][:_FRAMES]
    assert len(frames) == _FRAMES
    sink = _Sink()
    watched = [Watched(slot, listed[slot]) for slot in mine]
    exchange = _exchange(venue, [listed[slot] for slot in mine])
    client = SimpleNamespace(url="wss://venue/public/linear", subscriptions={}, resolve=lambda *_: None)

    def subject() -> int:
        _DIALECTS[venue](watched, sink).deliver_all(frames, 1)
        return len(frames)

    def reference() -> int:
        handle, loads = exchange.handle_message, json.loads
        for frame in frames:
            handle(client, loads(frame))
        return len(frames)

    subject()
    reference()
    assert len(sink.rows) == _FRAMES
    _compare(exchange, sink.rows, listed)
    return Case(
        f"decode_ccxt.{venue}_top",
        subject,
        reference,
        "frame",
        12.0,
        "best bid/ask frames to rows for the market: at least 12 times ccxt.pro's handler",
        "json + ccxt.pro handle_message",
    )


def _compare(exchange: Any, rows: list[TopRow], listed: tuple[Instrument, ...]) -> None:
    """Both sides have read the same prices, so both have done the work."""
    latest = {row[0]: row for row in rows}
    for slot, (_, bid, _, ask, *_) in latest.items():
        symbol = f"{listed[slot].base}/USDT:USDT"
        if symbol in exchange.orderbooks:
            book = exchange.orderbooks[symbol]
            assert (book["bids"][0][0], book["asks"][0][0]) == (bid, ask)
        else:
            assert (exchange.bidsasks[symbol]["bid"], exchange.bidsasks[symbol]["ask"]) == (bid, ask)


def cases() -> list[Case]:
    return [_case(venue) for venue in _DIALECTS]
