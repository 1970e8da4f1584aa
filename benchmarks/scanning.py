"""Full scans of four venues: 3,000 assets of eight books each by dict loop, and every triangle of 450 assets."""

import random
from collections.abc import Sequence
from math import log
from typing import cast

import networkx as nx
import numpy as np

from arbedge.domain.instrument import Instrument
from arbedge.domain.opportunity import OpportunityKind, Side
from arbedge.market.board import QuoteBoard
from arbedge.market.facts import Columns
from arbedge.opportunities.detection.routes import Routes
from arbedge.opportunities.detection.screen import Screen
from arbedge.opportunities.fakes import perp, spot
from arbedge.opportunities.ports import MarketView
from benchmarks.detection import HORIZONS, THRESHOLD, NaiveScreen
from benchmarks.harness import Case

__all__ = ["cases"]

_ASSETS, _VENUES = 3_000, ("binance", "bybit", "okx", "bitget")
_COINS, _BRIDGES, _LISTED = 450, ("USDT", "BTC", "ETH", "BNB", "EUR"), 1_710
_PAIRS = (
    OpportunityKind.SPOT_SPOT,
    OpportunityKind.SPOT_PERP,
    OpportunityKind.PERP_SPOT,
    OpportunityKind.PERP_PERP,
)


class _Market:
    """The two things a screen looks at: what is listed, and the board."""

    def __init__(self, listed: Sequence[Instrument]) -> None:
        self._listed = listed
        self.board = QuoteBoard(len(HORIZONS))
        self.board.extend([each.id for each in listed])
        self.board.set_scale(np.arange(len(listed)), np.ones(len(listed)))

    def instruments(self) -> Sequence[Instrument]:
        return self._listed

    def columns(self) -> Columns:
        return self.board.columns()

    def quote(self, slot: int, mid: float, half: float) -> None:
        self.board.store(slot, mid * (1 - half), 1.0, mid * (1 + half), 1.0, 1, 0, 1)


def cases() -> list[Case]:
    return [*_wide(), _triangles()]


def _wide() -> list[Case]:
    market, routes = _books()
    screen = Screen(cast("MarketView", market), routes, THRESHOLD)
    naive = NaiveScreen(market, routes)
    found = sorted(screen.scan().numbers.tolist())
    assert found == sorted(naive.scan())
    epoch = market.columns().gains_epoch

    def scan() -> int:
        for _ in range(50):
            screen.scan()
        return 50

    def scan_after_funding() -> int:
        for _ in range(20):
            epoch[0] += 1
            screen.scan()
        return 20

    def naive_scan() -> int:
        naive.scan()
        return 1

    text = f"{_ASSETS:,} assets x 8 books, {len(routes):,} pairs x {len(HORIZONS)} horizons, {len(found)} found"
    return [
        Case("scanning.wide", scan, naive_scan, "scan", 1_000.0, f"{text}: at least 1,000 times the dict loop"),
        Case(
            "scanning.wide_new_funding",
            scan_after_funding,
            naive_scan,
            "scan",
            None,
            f"{text}, funding just changed",
        ),
    ]


def _books() -> tuple[_Market, Routes]:
    """A calm market: three assets in a hundred have an edge somewhere."""
    rng = random.Random(17)
    listed = []
    for number in range(_ASSETS):
        asset, price = f"C{number}", 10 ** rng.uniform(-4, 4)
        width = 2e-3 if rng.random() < 0.03 else 1e-4
        funding = np.cumsum([rng.gauss(0, 5e-5) for _ in HORIZONS])
        for venue in _VENUES:
            listed.append((spot(f"{asset}USDT", asset, venue=venue), price * (1 + rng.gauss(0, width)), None))
            listed.append((perp(f"{asset}USDT", asset, venue=venue), price * (1 + rng.gauss(0, width)), funding))
    rng.shuffle(listed)  # slots lie as listings arrive, not as a scan would like them
    market = _Market([instrument for instrument, _, _ in listed])
    for slot, (_, mid, funding) in enumerate(listed):
        market.quote(slot, mid, 3e-4)
        if funding is not None:
            own = (funding + rng.gauss(0, 2e-5)).reshape(-1, 1)
            market.board.set_gains(np.array([slot]), own, -own)
    routes = Routes(_PAIRS)
    routes.extend(market.instruments())
    return market, routes


def _triangles() -> Case:
    """One venue's spot market with three profitable triangles planted; the search must return every one."""
    market, routes = _crosses()
    screen = Screen(cast("MarketView", market), routes, THRESHOLD)
    found = set(screen.scan().numbers.tolist())
    every = {number for number in range(len(routes)) if _product(market, routes, number) - 1 >= THRESHOLD}
    assert found == every
    assert len(every) >= 3
    graph = nx.DiGraph()
    for slot, each in enumerate(market.instruments()):
        graph.add_edge(each.base, each.quote, weight=-log(market.columns().bid[slot]))
        graph.add_edge(each.quote, each.base, weight=log(market.columns().ask[slot]))

    def subject() -> int:
        for _ in range(50):
            screen.scan()
        return 50

    def reference() -> int:
        nx.negative_edge_cycle(graph)
        return 1

    return Case(
        "scanning.triangles",
        subject,
        reference,
        "search",
        100.0,
        f"every profitable one ({len(every)}) of {len(routes):,} triangles of {graph.number_of_nodes()} assets:"
        " at least 100 times networkx finding whether there is one",
        "networkx negative cycle",
    )


def _crosses() -> tuple[_Market, Routes]:
    rng = random.Random(23)
    bridges = {bridge: 10 ** rng.uniform(0, 4) for bridge in _BRIDGES} | {"USDT": 1.0}
    coins = {f"C{number}": 10 ** rng.uniform(-3, 3) for number in range(_COINS - len(_BRIDGES))}
    listed = [(coin, "USDT") for coin in coins]
    listed += [(bridge, "USDT") for bridge in _BRIDGES[1:]]
    others = [(coin, bridge) for coin in coins for bridge in _BRIDGES[1:]]
    listed += rng.sample(others, _LISTED - len(listed))
    price = coins | bridges
    market = _Market([spot(f"{base}{quote}", base, quote) for base, quote in listed])
    for slot, (base, quote) in enumerate(listed):
        mid = price[base] / price[quote] * (1.004 if slot in {600, 900, 1_200} else 1)
        market.quote(slot, mid, 2e-4)
    routes = Routes((OpportunityKind.TRIANGULAR,))
    routes.extend(market.instruments())
    return market, routes


def _product(market: _Market, routes: Routes, number: int) -> float:
    columns, product = market.columns(), 1.0
    route = routes.route(number)
    for slot, leg in zip(route.slots, route.legs, strict=True):
        product *= 1 / float(columns.ask[slot]) if leg.side is Side.BUY else float(columns.bid[slot])
    return product
