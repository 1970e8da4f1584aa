"""Four venues' worth of best-bid/ask frames, the same for every run: which instruments, which frame when.

Message number n (from 0) carries n + 1 in the venue's own sequence field, so whoever received it can be asked
which message it was, and every message changes a price, so each is worth a look.
"""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal
from functools import cache
from random import Random

from arbedge.domain.instrument import Instrument, InstrumentId, InstrumentStatus, MarketKind

__all__ = ["CONNECTIONS", "INSTRUMENTS", "Message", "connection_of", "instruments", "messages"]

VENUES = ("binance", "bybit", "okx", "bitget")
COINS = 375
PARTS = 2
INSTRUMENTS = len(VENUES) * len(MarketKind) * COINS
CONNECTIONS = len(VENUES) * len(MarketKind) * PARTS
HALF_SPREAD = 1e-4
SEED = 20_261_122


@dataclass(frozen=True, slots=True)
class Message:
    """One frame of a venue: whose it is, and its text."""

    slot: int
    payload: bytes


@cache
def instruments() -> tuple[Instrument, ...]:
    """Every coin as spot and perpetual on every venue, in the order a market numbers them."""
    return tuple(
        _instrument(venue, kind, f"COIN{coin}") for venue in VENUES for kind in MarketKind for coin in range(COINS)
    )


def connection_of(slot: int) -> int:
    """The connection that carries a slot: two a venue and kind."""
    return slot // COINS * PARTS + slot % PARTS


def messages(count: int) -> Iterator[Message]:
    """The first `count` messages. Busy coins tick more often, as 1 / rank; prices of a coin stay within 2 bps."""
    rng = Random(SEED)
    listed = instruments()
    prices = [10 ** rng.uniform(-1, 4) for _ in range(COINS)]
    # draws of their own, so that a shorter run is the beginning of a longer one
    coins = Random(SEED + 1).choices(range(COINS), [1 / (rank + 1) for rank in range(COINS)], k=count)
    told: dict[int, str] = {}
    for number, coin in enumerate(coins):
        slot = rng.randrange(len(listed) // COINS) * COINS + coin
        price = prices[coin] * (1 + rng.uniform(-1e-4, 1e-4))
        sizes = rng.uniform(1, 5000), rng.uniform(1, 5000)
        bid, ask = price * (1 - HALF_SPREAD), price * (1 + HALF_SPREAD)
        text = f"{bid:.8f}"
        if text == told.get(slot):
            text = f"{bid * (1 - HALF_SPREAD):.8f}"
        told[slot] = text
        figures = (text, f"{sizes[0]:.4f}", f"{ask:.8f}", f"{sizes[1]:.4f}")
        payload = json.dumps(_framed(listed[slot].id, number + 1, figures), separators=(",", ":"))
        yield Message(slot, payload.encode())


def _instrument(venue: str, kind: MarketKind, coin: str) -> Instrument:
    symbol = f"{coin}USDT"
    if venue == "okx":
        symbol = f"{coin}-USDT-SWAP" if kind is MarketKind.PERP else f"{coin}-USDT"
    small = Decimal("0.00000001")
    return Instrument(
        id=InstrumentId(venue, kind, symbol),
        base=coin,
        quote="USDT",
        asset=coin,
        settle="USDT" if kind is MarketKind.PERP else None,
        tick=small,
        lot=small,
        min_qty=small,
        min_notional=Decimal(5),
        status=InstrumentStatus.TRADING,
    )


def _framed(each: InstrumentId, sequence: int, figures: tuple[str, str, str, str]) -> dict[str, object]:
    """The frame of `bookTicker`, `orderbook.1`, `bbo-tbt` or `books1` as the venue sends it."""
    bid, bid_qty, ask, ask_qty = figures
    stamp_ms = 1_795_000_000_000 + sequence
    if each.venue == "binance":
        top = {"u": sequence, "s": each.symbol, "b": bid, "B": bid_qty, "a": ask, "A": ask_qty}
        times = {"T": stamp_ms, "E": stamp_ms + 1, "st": 1, "ps": each.symbol}
        is_spot = each.kind is MarketKind.SPOT
        data = top if is_spot else {"e": "bookTicker", **top, **times}
        return {"stream": f"{each.symbol.lower()}@bookTicker", "data": data}
    if each.venue == "bybit":
        sides = {"b": [[bid, bid_qty]], "a": [[ask, ask_qty]]}
        fields = {"s": each.symbol, **sides, "u": sequence, "seq": 9_000_000_000 + sequence}
        topic = f"orderbook.1.{each.symbol}"
        return {"topic": topic, "type": "snapshot", "ts": stamp_ms, "data": fields, "cts": stamp_ms}
    if each.venue == "okx":
        row = {"asks": [[ask, ask_qty, "0", "3"]], "bids": [[bid, bid_qty, "0", "5"]], "ts": str(stamp_ms)}
        return {"arg": {"channel": "bbo-tbt", "instId": each.symbol}, "data": [row | {"seqId": sequence}]}
    line = "SPOT" if each.kind is MarketKind.SPOT else "USDT-FUTURES"
    best = {"asks": [[ask, ask_qty]], "bids": [[bid, bid_qty]], "checksum": 0, "seq": sequence, "ts": str(stamp_ms)}
    arg = {"instType": line, "channel": "books1", "instId": each.symbol}
    return {"action": "snapshot", "arg": arg, "data": [best], "ts": stamp_ms + 1}
