"""Bybit's own manners, played by its lab: its ping, books that count their frames, restarts, dead symbols, bans."""

import asyncio
import contextlib
from dataclasses import replace
from random import Random

import pytest

from arbedge.domain.instrument import InstrumentStatus, MarketKind
from arbedge.errors import RateLimited, SequenceGap
from arbedge.exchanges.bybit import adapter
from arbedge.exchanges.bybit.symbols import instrument_id
from arbedge.exchanges.config import VenueConfig
from arbedge.exchanges.transport.faults import Banned
from arbedge.exchanges.transport.surroundings import Surroundings
from arbedge.foundation.runtime.clock import SystemClock
from arbedge.lab.config import LabOptions, Pace
from arbedge.lab.crowd import Crowd
from arbedge.lab.faults import parse_fault
from arbedge.lab.server import running_lab
from arbedge.market.feeds.book import LocalBook
from arbedge.market.ports import LinkState, Watched


class Sink:
    """Keeps what arrives; every book is replayed as the market does, from the stream alone."""

    def __init__(self):
        self.tops, self.funding, self.local = {}, {}, {}
        self.books, self.changes, self.events, self.gaps = [], [], [], 0

    def on_top(self, slot, bid, bid_qty, ask, ask_qty, sequence, venue_at_ms, received_ns):
        self.tops[slot] = (bid, ask, sequence, venue_at_ms)

    def on_book(self, slot, book):
        self.books.append(book)
        self.local[slot] = LocalBook(book.instrument)
        self.local[slot].load(book, levels_asked=1000, is_in_stream=True)

    def on_book_change(self, slot, change):
        self.changes.append(change)
        if slot in self.local:
            try:
                self.local[slot].apply(change)
            except SequenceGap:
                self.gaps += 1
                del self.local[slot]

    def on_funding(self, slot, state):
        self.funding[slot] = state

    def on_alive(self, link, at_ns):
        pass

    def on_link(self, event):
        self.events.append(event)

    def count(self, state):
        return sum(event.state is state for event in self.events)


@contextlib.asynccontextmanager
async def scene(**pace):
    options = LabOptions(port_base=0, universe="small", scenario="calm", changes_per_s=400, pace=Pace(**pace))
    async with running_lab(options) as lab:
        config = VenueConfig(base_url=lab.url_of("bybit"), rest_deadline_s=2)
        venue = adapter.build(config, Surroundings(SystemClock(), Random(5)))
        try:
            yield lab, venue
        finally:
            await venue.close()


@contextlib.asynccontextmanager
async def streaming(venue, watched):
    sink = Sink()
    running = asyncio.create_task(venue.streams.run(watched, sink))
    try:
        yield sink
        assert not running.done(), running
    finally:
        running.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await running


async def until(condition, seconds=10.0):
    async with asyncio.timeout(seconds):
        while not condition():  # noqa: ASYNC110 - the other side is a socket
            await asyncio.sleep(0.02)


async def all_watched(venue):
    listed = [each for kind in MarketKind for each in await venue.catalogue.fetch_instruments(kind)]
    trading = [each for each in listed if each.status is InstrumentStatus.TRADING]
    return [Watched(slot, each) for slot, each in enumerate(trading)]


def stage(lab, name, seconds=30, **parameters):
    now_ns = SystemClock().monotonic_ns()
    lab.stages["bybit"].begin(parse_fault({"fault": name, "seconds": seconds, "params": parameters}, now_ns))


def shortened(monkeypatch, **changes):
    hosts = {name: replace(host, **changes) for name, host in adapter.SPEC.streams.items()}
    monkeypatch.setattr(adapter, "SPEC", replace(adapter.SPEC, streams=hosts))


async def test_a_book_from_the_stream_stays_the_venues_own():
    async with scene() as (_, venue):
        watched = await all_watched(venue)
        slots = frozenset({watched[0].slot, watched[-1].slot})
        async with streaming(venue, watched) as sink:
            venue.streams.want_depth(slots)
            await until(lambda: len(sink.changes) > 60 and sink.local.keys() == slots)
            assert (sink.gaps, len(sink.books)) == (0, 2)
            for slot in slots:

                async def agrees(slot=slot):
                    asked = await venue.catalogue.fetch_book(watched[slot].instrument.id, 50)
                    ours = sink.local[slot].snapshot(50)
                    return (ours.bids, ours.asks) == (asked.bids, asked.asks)

                async with asyncio.timeout(10):
                    while not await agrees():  # noqa: ASYNC110 - the other side is a socket
                        await asyncio.sleep(0.01)
                bid, ask = sink.local[slot].best()
                assert 0 < bid < ask


async def test_pitfall_12_a_lost_frame_is_noticed_and_its_topic_subscribed_anew():
    async with scene() as (lab, venue):
        watched = await all_watched(venue)
        async with streaming(venue, watched) as sink:
            venue.streams.want_depth(frozenset({watched[0].slot}))
            await until(lambda: len(sink.changes) > 5)
            stage(lab, "gap", seconds=0.5, rate=0.5)
            await until(lambda: sink.gaps > 0)
            books = len(sink.books)
            await until(lambda: len(sink.books) > books or watched[0].slot in sink.local)
            await asyncio.sleep(0.6)
            await until(lambda: watched[0].slot in sink.local)
            seen, gaps = len(sink.changes), sink.gaps
            await until(lambda: len(sink.changes) > seen + 10)
            assert sink.gaps == gaps
        assert sink.count(LinkState.LOST) == 0


async def test_a_restarted_service_overwrites_the_book_at_one():
    async with scene() as (lab, venue):
        watched = await all_watched(venue)
        async with streaming(venue, watched) as sink:
            venue.streams.want_depth(frozenset({watched[0].slot}))
            await until(lambda: len(sink.changes) > 5)
            stage(lab, "sequence_reset", seconds=1)
            await until(lambda: any(book.sequence == 1 for book in sink.books))
            seen = len(sink.changes)
            await until(lambda: len(sink.changes) > seen + 5)
            assert sink.gaps == 0
            assert 1 < sink.local[watched[0].slot].last < 1000


async def test_a_connection_is_renewed_before_its_lifetime_without_a_gap(monkeypatch):
    shortened(monkeypatch, lifetime_s=4.0)
    async with scene() as (_, venue):
        watched = await all_watched(venue)
        async with streaming(venue, watched) as sink:
            venue.streams.want_depth(frozenset({watched[0].slot, watched[-1].slot}))
            await until(lambda: sum(each.renewals for each in venue.streams.stats()) >= 5, 15)
            seen = len(sink.changes)
            await until(lambda: len(sink.changes) > seen + 20)
            assert sink.count(LinkState.LOST) == 0
            assert sink.gaps == 0


async def test_a_venue_that_forgets_who_does_not_ping_keeps_us(monkeypatch):
    shortened(monkeypatch, heartbeat_every_s=0.5)
    async with scene(bybit_idle_s=1.5) as (_, venue):
        watched = await all_watched(venue)
        async with streaming(venue, watched) as sink:
            await until(lambda: len(sink.tops) == len(watched))
            await asyncio.sleep(3)
            assert sink.count(LinkState.LOST) == 0


async def test_a_dead_symbol_does_not_keep_the_others_from_being_heard():
    async with scene() as (_, venue):
        watched = await all_watched(venue)
        dead = replace(watched[0].instrument, id=watched[0].instrument.id._replace(symbol="GONEUSDT"))
        everything = [*watched, Watched(len(watched), dead)]
        async with streaming(venue, everything) as sink:
            await until(lambda: len(sink.tops) == len(watched))
            assert len(watched) not in sink.tops
            lost = [event for event in sink.events if event.state is LinkState.LOST]
            assert len(lost) == 1
            assert "GONEUSDT" in lost[0].reason


async def test_403_for_asking_too_often_is_ten_minutes_of_silence_for_every_call():
    async with scene() as (lab, venue):
        stage(lab, "ban", seconds=60)
        spoken = lab.dialects["bybit"]
        with pytest.raises(Banned) as caught:
            await venue.catalogue.fetch_clock()
        assert caught.value.retry_after_s == 600
        served = spoken.served
        with pytest.raises(RateLimited):
            await venue.catalogue.fetch_book(instrument_id(MarketKind.SPOT, "BTCUSDT"), 5)
        assert spoken.served == served
        assert 590 < venue.budgets["v5"].snapshot().banned_for_s <= 600


async def test_a_handshake_refused_for_coming_too_often_is_not_repeated(monkeypatch):
    monkeypatch.setattr(Crowd, "admits", lambda *_: False)
    async with scene() as (_, venue):
        watched = await all_watched(venue)
        async with streaming(venue, watched) as sink:
            await until(lambda: sink.count(LinkState.LOST) == 3)
            await asyncio.sleep(1.5)
            assert sink.count(LinkState.LOST) == 3
            assert all("too often" in event.reason for event in sink.events if event.state is LinkState.LOST)
