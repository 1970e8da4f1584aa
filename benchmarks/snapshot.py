"""A snapshot of 2,500 tickers, as bytes, against ccxt's json and parse_tickers on the same bytes."""

import asyncio
import json
from random import Random
from types import SimpleNamespace
from typing import Any, cast

import ccxt

from arbedge.domain.instrument import MarketKind
from arbedge.exchanges.binance import wire
from arbedge.exchanges.binance.catalogue import BinanceCatalogue
from arbedge.exchanges.binance.rest import BinanceRest
from arbedge.exchanges.transport.http import Answer, RestClient
from arbedge.foundation.runtime.clock import ManualClock
from benchmarks.harness import Case

__all__ = ["cases"]

_TICKERS = 2_500


def cases() -> list[Case]:
    body = _body()
    oracle, rows = _oracle(body), list[wire.RestTop]
    catalogue = _catalogue(body)
    loop = asyncio.new_event_loop()

    def decode() -> int:
        return len(wire.decode(body, rows))

    def read() -> int:
        return len(loop.run_until_complete(catalogue.fetch_tops(MarketKind.SPOT)))

    def reference() -> int:
        return len(oracle.parse_tickers(json.loads(body)))

    assert decode() == read() == reference() == _TICKERS
    text = f"{_TICKERS:,} best bids and asks from bytes to typed rows: at least 30 times ccxt"
    return [
        Case("snapshot.decode", decode, reference, "ticker", 30.0, text, "ccxt parse_tickers"),
        Case(
            "snapshot.fetch_tops",
            read,
            reference,
            "ticker",
            None,
            "the same to the market's own values, through the adapter",
            "ccxt parse_tickers",
            close=loop.close,
        ),
    ]


def _body() -> bytes:
    rng = Random(5)
    rows = []
    for number in range(_TICKERS):
        price = 10 ** rng.uniform(-4, 5)
        rows.append(
            {
                "symbol": f"COIN{number}USDT",
                "bidPrice": f"{price:.8f}",
                "bidQty": f"{rng.uniform(0.01, 5000):.8f}",
                "askPrice": f"{price * 1.0001:.8f}",
                "askQty": f"{rng.uniform(0.01, 5000):.8f}",
            }
        )
    return json.dumps(rows, separators=(",", ":")).encode()


def _oracle(body: bytes) -> Any:
    exchange = ccxt.binance()
    markets = []
    for row in json.loads(body):
        base = row["symbol"].removesuffix("USDT")
        markets.append(
            {
                "id": row["symbol"],
                "symbol": f"{base}/USDT",
                "base": base,
                "quote": "USDT",
                "type": "spot",
                "spot": True,
                "swap": False,
                "contract": False,
                "precision": {},
                "limits": {},
                "active": True,
            }
        )
    exchange.set_markets(markets)
    return exchange


def _catalogue(body: bytes) -> BinanceCatalogue:
    """The adapter over a client whose every answer is this body."""

    async def get(*_: Any, **__: Any) -> Answer:
        return answer

    answer = Answer(200, {}, body, 0.0, 0.0, 1)
    client = cast("RestClient", SimpleNamespace(get=get))
    rest = BinanceRest({MarketKind.SPOT: client}, client, timeout_s=1.0)
    return BinanceCatalogue(rest, ManualClock(), (MarketKind.SPOT,))
