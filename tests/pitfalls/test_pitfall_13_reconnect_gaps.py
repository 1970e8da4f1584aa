"""Pitfall 13: what happened while a connection was gone is unknown; quotes and books count again when heard anew."""

import asyncio
import time
from collections import Counter
from random import Random

import pytest

from arbedge.domain.instrument import InstrumentId, InstrumentStatus, MarketKind
from arbedge.domain.quote import Book, BookChange
from arbedge.exchanges.binance.adapter import build
from arbedge.exchanges.config import VenueConfig
from arbedge.exchanges.transport.keeper import KeeperPace
from arbedge.exchanges.transport.surroundings import Surroundings
from arbedge.foundation.runtime.clock import SystemClock
from arbedge.lab.config import LabOptions
from arbedge.lab.faults import parse_fault
from arbedge.lab.server import running_lab
from arbedge.market.feeds.liveness import Liveness
from arbedge.market.feeds.sync import BookSync
from arbedge.market.ports import LinkEvent, LinkState, Watched

S = 1_000_000_000
LINK = "binance:spot:top:0"
DAY_S = 86_400
ID = InstrumentId("binance", MarketKind.SPOT, "BTCUSDT")


class Sink:
    """Keeps which symbols were heard, and counts the losses of each connection."""

    def __init__(self):
        self.tops, self.losses = set(), Counter()

    def on_top(self, slot, *_):
        self.tops.add(slot)

    def on_link(self, told):
        self.losses[told.link] += told.state is LinkState.LOST

    def on_alive(self, *_):
        pass

    on_book = on_book_change = on_funding = on_alive


def event(state, at_s, slots=(0,)):
    return LinkEvent(LINK, state, "the 24 h cut", tuple(slots), at_s * S)


def test_a_quote_from_before_the_cut_is_not_alive_after_it():
    live = Liveness(heartbeat_s=5, confirmation_s=60)
    live.extend(1)
    live.on_link(event(LinkState.SUBSCRIBED, 10))
    live.hear(0, 11 * S)
    assert live.is_alive(0, 12 * S)
    assert live.on_link(event(LinkState.LOST, 12)) == (0,)
    live.on_link(event(LinkState.SUBSCRIBED, 13))
    live.beat(LINK, 14 * S)
    # three seconds old, on a connection that speaks: by its age alone it would still be good
    assert live.problem(0, 14 * S) is not None
    live.hear(0, 15 * S)
    assert live.is_alive(0, 15 * S)


def test_a_book_goes_on_only_from_a_new_whole_one():
    sync = BookSync(ID)
    sync.on_whole(Book(ID, (("100", "1"),), (("101", "1"),), 10, None, 1), 1)
    sync.lose("connection lost")
    assert sync.book(5) is None
    missed_nothing = BookChange(ID, 11, 11, None, (("99", "1"),), (), None, 2)
    assert sync.on_change(missed_nothing, 2) is False  # the next id, and still nobody knows what lies between
    assert sync.book(5) is None
    sync.on_whole(Book(ID, (("99.5", "1"),), (("101", "1"),), 14, None, 3), 3)
    assert sync.book(5).bids == (("99.5", "1"),)


async def until(condition):
    for _ in range(800):
        if condition():
            return
        await asyncio.sleep(0.05)
    pytest.fail("not within forty seconds")


async def test_a_storm_of_cuts_is_not_answered_with_one_of_attempts():
    sink = Sink()
    async with running_lab(LabOptions(port_base=0, universe="small", scenario="calm")) as lab:
        venue = build(VenueConfig(base_url=lab.base_url), Surroundings(SystemClock(), Random(1)))
        try:
            listed = await venue.catalogue.fetch_instruments(MarketKind.SPOT)
            trading = [each for each in listed if each.status is InstrumentStatus.TRADING]
            watched = [Watched(slot, each) for slot, each in enumerate(trading)]
            running = asyncio.create_task(venue.streams.run(watched, sink))
            try:
                await until(lambda: len(sink.tops) == len(watched))
                began_ns = time.monotonic_ns()
                storm = {"fault": "reconnect_storm", "seconds": 600, "params": {"every_s": 0.05}}
                lab.stages.begin(parse_fault(storm, lab.stages.monotonic_ns()))
                await until(lambda: max(sink.losses.values(), default=0) >= 4)
                stormed_s = (time.monotonic_ns() - began_ns) / 1e9
                lab.stages.clear()
                sink.tops.clear()
                await until(lambda: len(sink.tops) == len(watched))
            finally:
                running.cancel()
                await asyncio.gather(running, return_exceptions=True)
        finally:
            await venue.close()
    # at once again each time, four losses take a fifth of a second; waits of a quarter, a half, one second lie between
    assert stormed_s > 1.75


def test_a_connection_is_replaced_before_it_is_cut_and_both_deliver():
    pace = KeeperPace(Random(1))
    assert 0 < pace.overlap_s < pace.renew_margin_s < pace.renew_margin_s + pace.renew_jitter_s < DAY_S
