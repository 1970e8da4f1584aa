"""What a sampler tells of a live market: only what changed, gaps as they come, a price a slot and round."""

from datetime import UTC, datetime
from decimal import Decimal

import numpy as np

from arbedge.domain.instrument import MarketKind
from arbedge.foundation.runtime.clock import ManualClock
from arbedge.market.config import MarketConfig
from arbedge.market.fakes import instrument_of
from arbedge.market.ports import LinkEvent, LinkState
from arbedge.market.sampling import MarketSampler
from arbedge.market.view import LiveMarket, MarketTerms

LINK = "binance:spot:top:0"
NOW = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)


class Floor:
    """A market of three spot instruments on one connection, fed by hand, and its sampler."""

    def __init__(self) -> None:
        self.clock = ManualClock(NOW)
        self.market = LiveMarket(MarketConfig(), MarketTerms(horizons_h=(Decimal(8),)), self.clock, {})
        self.list_spot("BTC", "ETH", "SOL")
        self.link(LinkState.SUBSCRIBED)
        self.sampler = MarketSampler(self.market, self.clock)
        self.number = 0

    def list_spot(self, *bases) -> None:
        listed = [instrument_of("binance", MarketKind.SPOT, base) for base in bases]
        self.market.accept_listing("binance", MarketKind.SPOT, listed)

    def link(self, state) -> None:
        at_ns = self.clock.monotonic_ns()
        self.market.accept_link(LinkEvent(LINK, state, "", (0, 1, 2), at_ns))
        self.market.accept_alive(LINK, at_ns)

    def quote(self, slot, bid) -> None:
        self.number += 1
        at_ns = self.clock.monotonic_ns()
        self.market.accept_alive(LINK, at_ns)
        self.market.accept_top(slot, bid, 1.0, bid * 1.0002, 1.0, self.number, 0, at_ns)

    async def take(self, *, is_whole=False):
        quotes, prices = await self.sampler.quotes(is_whole=is_whole)
        told = dict(zip(quotes.slots.tolist(), quotes.bid.tolist(), strict=True))
        return told, [] if prices is None else prices.slots.tolist()


async def test_only_what_changed_is_told_and_a_whole_sample_tells_all_that_is_known():
    floor = Floor()
    floor.quote(0, 100.0)
    floor.quote(1, 10.0)
    assert await floor.take() == ({0: 100.0, 1: 10.0}, [0, 1])
    assert await floor.take() == ({}, [])
    floor.quote(1, 10.1)
    assert await floor.take() == ({1: 10.1}, [])
    assert await floor.take(is_whole=True) == ({0: 100.0, 1: 10.1}, [])


async def test_a_lost_connection_and_a_silent_one_are_gaps_and_both_end():
    floor = Floor()
    floor.quote(0, 100.0)
    await floor.take()
    floor.link(LinkState.LOST)
    (gone, _) = await floor.take()
    assert list(gone) == [0]
    assert np.isnan(gone[0])
    assert (await floor.take())[0] == {}
    floor.link(LinkState.SUBSCRIBED)
    floor.quote(0, 100.0)
    assert (await floor.take())[0] == {0: 100.0}
    await floor.clock.advance(6)  # the heartbeat is 5 s
    (gone, _) = await floor.take()
    assert np.isnan(gone[0])
    floor.quote(0, 100.0)
    assert (await floor.take())[0] == {0: 100.0}


async def test_every_slot_is_priced_once_a_round_as_soon_as_it_is_known():
    floor = Floor()
    floor.quote(0, 100.0)
    assert (await floor.take())[1] == [0]
    await floor.clock.advance(4)
    floor.quote(0, 101.0)
    floor.quote(2, 7.0)
    assert (await floor.take())[1] == [2]
    history = floor.market.history
    assert abs(history.series(0)[-1] - 100.01) < 1e-4
    await floor.clock.advance(history.every_s)
    floor.quote(0, 102.0)
    assert (await floor.take())[1] == [0]
    assert np.isnan(history.series(2)[-1])
    assert abs(history.series(2)[-2] - 7.0007) < 1e-4


async def test_instruments_listed_meanwhile_join_in():
    floor = Floor()
    floor.quote(0, 100.0)
    await floor.take()
    floor.list_spot("BTC", "ETH", "SOL", *(f"NEW{n}" for n in range(600)))
    floor.market.accept_link(LinkEvent(LINK, LinkState.SUBSCRIBED, "", (600,), floor.clock.monotonic_ns()))
    floor.quote(600, 5.0)
    assert await floor.take() == ({600: 5.0}, [600])
    assert abs(floor.market.history.series(600)[-1] - 5.0005) < 1e-4
