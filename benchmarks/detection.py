"""Screening: a full scan of 3,000 instruments against a dict loop, and what one tick costs."""

import random
from collections.abc import Sequence
from decimal import Decimal
from typing import Protocol

import numpy as np

from arbedge.domain.instrument import Instrument
from arbedge.domain.opportunity import OpportunityKind
from arbedge.foundation.runtime.clock import ManualClock
from arbedge.market.facts import Columns
from arbedge.opportunities.detection.routes import Routes
from arbedge.opportunities.detection.screen import Screen
from arbedge.opportunities.fakes import ScriptedMarket, perp, spot
from benchmarks.harness import Case

__all__ = ["HORIZONS", "THRESHOLD", "NaiveScreen", "cases"]

SPOTS, PERPS, CROSSES = 1_600, 1_000, 400
HORIZONS = tuple(Decimal(h) for h in (1, 8, 24, 72, 168))
THRESHOLD = 0.001


def cases() -> list[Case]:
    market, routes = _market()
    screen = Screen(market, routes, THRESHOLD)
    naive = NaiveScreen(market, routes)
    assert sorted(screen.scan().numbers.tolist()) == sorted(naive.scan())
    slots = random.Random(5).choices(range(SPOTS + PERPS), k=512)

    def scan() -> int:
        for _ in range(20):
            screen.scan()
        return 20

    def naive_scan() -> int:
        naive.scan()
        return 1

    def touch() -> int:
        for slot in slots:
            screen.touch((slot,))
        return len(slots)

    def naive_touch() -> int:
        for slot in slots:
            naive.touch(slot)
        return len(slots)

    def touch_batch() -> int:
        for start in range(0, len(slots), 64):
            screen.touch(set(slots[start : start + 64]))
        return len(slots)

    return [
        Case(
            name="detection.scan",
            subject=scan,
            reference=naive_scan,
            unit="scan",
            bar=50.0,
            bar_text=f"full scan of {len(market.instruments()):,} instruments, {len(routes):,} routes x 5 horizons:"
            " >= 50x the dict loop",
        ),
        Case(
            name="detection.touch",
            subject=touch,
            reference=naive_touch,
            unit="tick",
            bar=None,
            bar_text="screen the routes around one tick (< 20 us); the dict loop wins on few routes, not on many",
        ),
        Case(
            name="detection.touch_batch",
            subject=touch_batch,
            reference=naive_touch,
            unit="tick",
            bar=None,
            bar_text="the same ticks, 64 an event-loop iteration",
        ),
    ]


class Market(Protocol):
    """What a screen looks at."""

    def instruments(self) -> Sequence[Instrument]: ...

    def columns(self) -> Columns: ...


class NaiveScreen:
    """What one would write first: dictionaries of floats, every route in turn, every horizon in turn."""

    def __init__(self, market: Market, routes: Routes) -> None:
        columns = market.columns()
        count = len(market.instruments())
        self.quotes = {
            slot: {
                "bid": float(columns.bid[slot]),
                "ask": float(columns.ask[slot]),
                "scale": float(columns.scale[slot]),
                "short": [float(x) for x in columns.short_gain[:, slot]],
                "long": [float(x) for x in columns.long_gain[:, slot]],
            }
            for slot in range(count)
        }
        self.routes = [routes.route(number) for number in range(len(routes))]
        self.around: dict[int, list[int]] = {}
        for route in self.routes:
            for slot in route.slots:
                self.around.setdefault(slot, []).append(route.number)

    def edge(self, number: int) -> float:
        route = self.routes[number]
        if len(route.slots) == 3:
            product = 1.0
            for slot, leg in zip(route.slots, route.legs, strict=True):
                quote = self.quotes[slot]
                product *= 1 / quote["ask"] if leg.side == "buy" else quote["bid"]
            return product - 1
        long, short = self.quotes[route.slots[0]], self.quotes[route.slots[1]]
        gap = max(0.0, short["bid"] * short["scale"] / (long["ask"] * long["scale"]) - 1)
        return max(gap + gain + other for gain, other in zip(short["short"], long["long"], strict=True))

    def scan(self) -> list[int]:
        return [route.number for route in self.routes if self.edge(route.number) >= THRESHOLD]

    def touch(self, slot: int) -> list[int]:
        return [number for number in self.around.get(slot, ()) if self.edge(number) >= THRESHOLD]


def _market() -> tuple[ScriptedMarket, Routes]:
    """One venue's shape: coins in two quotes, perps for most, crosses against the first four coins."""
    rng = random.Random(7)
    market = ScriptedMarket(ManualClock(), HORIZONS)
    market.convert("USDC", market.conversion("USDT"))
    coins = [f"C{k}" for k in range(SPOTS // 2)]
    instruments = [spot(f"{c}USDT", c) for c in coins] + [spot(f"{c}USDC", c, "USDC") for c in coins]
    instruments += [perp(f"{c}USDT", c) for c in coins] + [
        perp(f"{c}USDC", c, "USDC") for c in coins[: PERPS - len(coins)]
    ]
    instruments += [spot(f"{c}C{k}", c, f"C{k}") for c in coins[4 : 4 + CROSSES // 4] for k in range(4)]
    price = {coin: 10 ** rng.uniform(-4, 4) for coin in coins}
    for instrument in instruments:
        slot = market.add(instrument)
        home = price.get(instrument.quote, 1.0)
        mid = price[instrument.base] / home * (1 + rng.gauss(0, 3e-4))
        market.quote_top(slot, f"{mid * 0.9998:.12f}", f"{mid * 1.0002:.12f}")
        if instrument.settle:
            gains = np.cumsum([rng.gauss(0, 1e-4) for _ in HORIZONS])
            market.columns().short_gain[:, slot] = gains
            market.columns().long_gain[:, slot] = -gains
    routes = Routes(
        (
            OpportunityKind.SPOT_PERP,
            OpportunityKind.PERP_SPOT,
            OpportunityKind.PERP_PERP,
            OpportunityKind.TRIANGULAR,
        )
    )
    routes.extend(market.instruments())
    return market, routes
