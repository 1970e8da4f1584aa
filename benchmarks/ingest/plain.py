"""The reference: websockets, the standard library's json, dictionaries, a look at the routes round each message.

`python -m benchmarks.ingest.plain checked|bare`. `checked` asks of each quote what our market asks: rising
`python -m benchmarks.ingest.plain checked|bare`. `checked` asks of each quote what our market asks: a rising
heard; `bare` stores what comes. The rule is the detector's: bid over ask, plus the funding both legs expect, best
horizon; the funding part of each route is one number in a dictionary, renewed as rarely as funding is.
"""

import asyncio
import json
import sys
import time
from collections.abc import Callable
from typing import Any

import numpy as np
from websockets.asyncio.client import connect

from arbedge.domain.instrument import MarketKind
from benchmarks.ingest.reading import Looks, Order, Outcome, serve
from benchmarks.ingest.traffic import COINS, CONNECTIONS, instruments

__all__ = ["Engine", "main"]

THRESHOLD = 0.001
JUMP = 1.5
GIVE_UP_S = 60.0
READERS: dict[str, Callable[[dict[str, Any]], tuple[Any, ...]]] = {}


def reader(venue: str) -> Callable[[Any], Any]:
    def keep(read: Any) -> Any:
        READERS[venue] = read
        return read

    return keep


@reader("binance")
def read_binance(message: dict[str, Any]) -> tuple[Any, ...]:
    data = message["data"]
    return data["s"], data["b"], data["B"], data["a"], data["A"], data["u"]


@reader("bybit")
def read_bybit(message: dict[str, Any]) -> tuple[Any, ...]:
    data = message["data"]
    (bid, bid_qty), (ask, ask_qty) = data["b"][0], data["a"][0]
    return data["s"], bid, bid_qty, ask, ask_qty, data["u"]


@reader("okx")
def read_okx(message: dict[str, Any]) -> tuple[Any, ...]:
    row = message["data"][0]
    bid, ask = row["bids"][0], row["asks"][0]
    return message["arg"]["instId"], bid[0], bid[1], ask[0], ask[1], row["seqId"]


@reader("bitget")
def read_bitget(message: dict[str, Any]) -> tuple[Any, ...]:
    row = message["data"][0]
    (bid, bid_qty), (ask, ask_qty) = row["bids"][0], row["asks"][0]
    return message["arg"]["instId"], bid, bid_qty, ask, ask_qty, row["seq"]


class Engine:
    """Quotes and routes in dictionaries, by (venue, kind, symbol)."""

    def __init__(self, *, is_checking: bool) -> None:
        self.is_checking = is_checking
        self.quotes: dict[tuple[str, str, str], dict[str, Any]] = {}
        self.mids: dict[tuple[str, str, str], float] = {}
        self.pending: dict[tuple[str, str, str], float] = {}
        self.heard: dict[tuple[str, str, str], float] = {}
        self.slots: dict[tuple[str, str, str], int] = {}
        self.around: dict[tuple[str, str, str], list[tuple[Any, Any, float]]] = {}
        self.hits: dict[tuple[Any, Any], float] = {}
        self.looks: Looks | None = None
        self.stored = self.refused = 0
        self._route()

    def _route(self) -> None:
        """Every pair of one coin that the detector watches too, at the bounds our side is given."""
        listed = instruments()
        gains = np.random.default_rng(1).uniform(0, 2e-4, (5, len(listed)))
        names = [(each.id.venue, each.id.kind.value, each.id.symbol) for each in listed]
        self.slots = {name: slot for slot, name in enumerate(names)}
        self.around = {name: [] for name in names}
        for coin in range(COINS):
            same = range(coin, len(listed), COINS)
            for long in same:
                for short in same:
                    if long == short:
                        continue
                    one, other = listed[long].id, listed[short].id
                    if one.venue == other.venue and one.kind is other.kind is MarketKind.SPOT:
                        continue
                    route = names[long], names[short], float(np.max(gains[:, short] - gains[:, long]))
                    self.around[names[long]].append(route)
                    self.around[names[short]].append(route)

    def take(self, venue: str, kind: str, message: dict[str, Any]) -> None:
        symbol, bid_text, bid_qty_text, ask_text, ask_qty_text, sequence = READERS[venue](message)
        name = (venue, kind, symbol)
        if name not in self.around:
            return
        bid, bid_qty = float(bid_text), float(bid_qty_text)
        ask, ask_qty = float(ask_text), float(ask_qty_text)
        if self.is_checking:
            if not self.is_clean(name, bid, bid_qty, ask, ask_qty, sequence):
                self.refused += 1
                return
            self.heard[name] = time.monotonic()
        self.quotes[name] = {"bid": bid, "bid_qty": bid_qty, "ask": ask, "ask_qty": ask_qty, "sequence": sequence}
        self.stored += 1
        self.detect(name)
        if self.looks is not None:
            self.looks.rows.extend((time.monotonic_ns(), self.slots[name], sequence))

    def is_clean(
        self, name: tuple[str, str, str], bid: float, bid_qty: float, ask: float, ask_qty: float, sequence: int
    ) -> bool:
        held = self.quotes.get(name)
        if held is not None and sequence < held["sequence"]:
            return False
        infinity = float("inf")
        if not (0 < bid < ask < infinity and 0 < bid_qty < infinity and 0 < ask_qty < infinity):
            return False
        mid = (bid + ask) / 2
        last = self.mids.get(name)
        if last is not None and not last / JUMP <= mid <= last * JUMP:
            waiting = self.pending.get(name)
            if waiting is None or not waiting / JUMP <= mid <= waiting * JUMP:
                self.pending[name] = mid
                return False
        self.pending.pop(name, None)
        self.mids[name] = mid
        return True

    def detect(self, name: tuple[str, str, str]) -> None:
        for long, short, gain in self.around[name]:
            bought, sold = self.quotes.get(long), self.quotes.get(short)
            if bought is None or sold is None:
                continue
            edge = max(0.0, sold["bid"] / bought["ask"] - 1) + gain
            if edge >= THRESHOLD:
                self.hits[long, short] = edge


async def run(is_checking: bool, order: Order, say_ready: Callable[[], None]) -> Outcome:
    engine = Engine(is_checking=is_checking)
    looks = Looks()
    if order.looks_file is not None:
        engine.looks = looks
    listed = instruments()
    done = asyncio.Event()

    async def read(number: int, opened: asyncio.Event) -> None:
        first = listed[number // 2 * COINS].id
        url = f"ws://127.0.0.1:{order.port}/{number}"
        async with connect(url, compression=None, max_size=None, ping_interval=None, close_timeout=0) as socket:
            opened.set()
            async for frame in socket:
                engine.take(first.venue, first.kind.value, json.loads(frame))
                if engine.stored >= order.count:
                    done.set()

    opened = [asyncio.Event() for _ in range(CONNECTIONS)]
    tasks = [asyncio.ensure_future(read(number, each)) for number, each in enumerate(opened)]
    for each in opened:
        await each.wait()
    cpu_ns = time.process_time_ns()
    say_ready()
    async with asyncio.timeout(GIVE_UP_S + order.count / 10_000):
        await done.wait()
    cpu_ns = time.process_time_ns() - cpu_ns
    for task in tasks:
        task.cancel()
    await asyncio.wait(tasks)
    assert not engine.refused, engine.refused
    return Outcome(engine.stored, cpu_ns, looks, len(engine.hits))


def main(words: list[str]) -> None:
    is_checking = words == ["checked"]
    serve(lambda order, say_ready: run(is_checking, order, say_ready), asyncio.run)  # type: ignore[arg-type]


if __name__ == "__main__":
    main(sys.argv[1:])
