"""Screening by asset finds exactly what looking at every pair finds, however books are spread over assets."""

from random import Random

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from arbedge.domain.opportunity import OpportunityKind
from arbedge.foundation.runtime.clock import ManualClock
from arbedge.opportunities.detection.routes import Routes
from arbedge.opportunities.detection.screen import Screen
from arbedge.opportunities.fakes import ScriptedMarket, perp, spot

VENUES = ("binance", "bybit", "okx", "bitget")


def market_of(rng: Random, assets: int) -> ScriptedMarket:
    """Assets with one to nine books each; a few without a quote, a few perps without known funding."""
    market = ScriptedMarket(ManualClock())
    for number in range(assets):
        asset = f"C{number}"
        price = 10 ** rng.uniform(-4, 4)
        for place in range(rng.choice((1, 2, 2, 3, 5, 9))):
            make = perp if place % 2 else spot
            slot = market.add(make(f"{asset}USDT{place}", asset, venue=VENUES[place % 4]))
            if rng.random() < 0.9:
                requote(market, slot, price, rng)
            if place % 2:
                gain(market, slot, rng)
    return market


def requote(market: ScriptedMarket, slot: int, price: float, rng: Random) -> None:
    mid = price * (1 + rng.gauss(0, 4e-4))
    market.columns().bid[slot] = mid * 0.9998
    market.columns().ask[slot] = mid * 1.0002


def gain(market: ScriptedMarket, slot: int, rng: Random) -> None:
    columns = market.columns()
    drawn = np.cumsum([rng.gauss(0, 2e-4) for _ in columns.short_gain])
    columns.short_gain[:, slot] = drawn if rng.random() < 0.95 else np.nan
    columns.long_gain[:, slot] = -columns.short_gain[:, slot]
    columns.gains_epoch[0] += 1


def by_pairs(screen: Screen) -> list[int]:
    """The same answer the long way: each route's own gross edge."""
    count = len(screen._routes)
    return [number for number in range(count) if screen.gross(number) >= screen._threshold]


@settings(max_examples=60, deadline=None)
@given(st.integers(0, 10_000), st.integers(1, 60), st.sampled_from((0.0005, 0.001, 0.002, 0.02)))
def test_a_scan_by_assets_finds_what_every_pair_in_turn_finds(seed, assets, threshold):
    rng = Random(seed)
    market = market_of(rng, assets)
    routes = Routes(OpportunityKind)
    routes.extend(market.instruments())
    screen = Screen(market, routes, threshold)
    for _ in range(3):
        hits = screen.scan()
        assert sorted(hits.numbers.tolist()) == by_pairs(screen)
        assert hits.gross.tolist() == pytest.approx([screen.gross(n) for n in hits.numbers], rel=1e-12, abs=1e-12)
        for slot in rng.choices(range(len(market.instruments())), k=5):
            requote(market, slot, float(market.columns().bid[slot]), rng)
            if market.instruments()[slot].settle:
                gain(market, slot, rng)


def test_instruments_that_join_are_screened_at_once():
    rng = Random(1)
    market = market_of(rng, 10)
    routes = Routes(OpportunityKind)
    routes.extend(market.instruments())
    screen = Screen(market, routes, 0.001)
    screen.scan()
    first = market.add(spot("NEWUSDT", "NEW", venue="okx"))
    second = market.add(spot("NEWUSDT", "NEW", venue="bybit"))
    market.columns().bid[first], market.columns().ask[first] = 1.00, 1.01
    market.columns().bid[second], market.columns().ask[second] = 1.05, 1.06
    routes.extend(market.instruments())
    (number,) = set(screen.scan().numbers.tolist()) & set(routes.pairs_at(second)[0].tolist())
    assert routes.route(number).slots == (first, second)
