"""OKX's own manners, played by its lab: limits without a time to wait, books in the stream, dead symbols."""

import asyncio
import contextlib
from dataclasses import replace
from random import Random

import pytest

from arbedge.domain.instrument import InstrumentStatus, MarketKind
from arbedge.errors import IntegrityError, RateLimited
from arbedge.exchanges.config import VenueConfig
from arbedge.exchanges.okx.adapter import build
from arbedge.exchanges.transport.surroundings import Surroundings
from arbedge.foundation.runtime.clock import SystemClock
from arbedge.lab.config import LabOptions, Pace
from arbedge.lab.faults import parse_fault
from arbedge.lab.server import running_lab
from arbedge.market.feeds.book import LocalBook
from arbedge.market.feeds.sync import BookSync, SnapshotOutcome
from arbedge.market.ports import LinkState, Watched


class Sink:
    def __init__(self):
        self.tops, self.funding, self.sizes = {}, {}, {}
        self.books, self.changes, self.events = [], [], []

    def on_top(self, slot, bid, bid_qty, ask, ask_qty, sequence, venue_at_ms, received_ns):
        self.tops[slot] = (bid, ask, sequence, venue_at_ms)
        self.sizes.setdefault(slot, set()).update((bid_qty, ask_qty))

    def on_book(self, slot, book):
        self.books.append(book)

    def on_book_change(self, slot, change):
        self.changes.append(change)

    def on_funding(self, slot, state):
        self.funding[slot] = state

    def on_alive(self, link, at_ns):
        pass

    def on_link(self, event):
        self.events.append(event)


@contextlib.asynccontextmanager
async def scene(**pace):
    options = LabOptions(port_base=0, universe="small", scenario="calm", changes_per_s=300, pace=Pace(**pace))
    async with running_lab(options) as lab:
        config = VenueConfig(base_url=lab.url_of("okx"), rest_deadline_s=2)
        venue = build(config, Surroundings(SystemClock(), Random(5)))
        try:
            yield lab, venue
        finally:
            await venue.close()


@contextlib.asynccontextmanager
async def streaming(venue, watched, sink=None):
    sink = sink or Sink()
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
    lab.stages["okx"].begin(parse_fault({"fault": name, "seconds": seconds, "params": parameters}, now_ns))


async def test_a_429_without_a_time_to_wait_silences_every_endpoint_for_two_windows():
    async with scene() as (lab, venue):
        stage(lab, "rate_limit", seconds=60)
        spoken = lab.dialects["okx"]
        asked = asyncio.create_task(venue.catalogue.fetch_tops(MarketKind.SPOT))
        await until(lambda: venue.budgets["market/tickers"].snapshot().banned_for_s > 0)
        served = spoken.served
        assert all(3 < budget.snapshot().banned_for_s <= 4 for budget in venue.budgets.values())
        for ask in (venue.catalogue.fetch_clock, venue.catalogue.fetch_funding):
            with pytest.raises(TimeoutError):
                await asyncio.wait_for(ask(), 1)
        assert spoken.served == served
        with pytest.raises(RateLimited):
            await asked


async def test_requests_stay_within_what_the_venue_counts():
    async with scene() as (_, venue):
        instrument = (await venue.catalogue.fetch_instruments(MarketKind.SPOT))[0].id
        async with asyncio.timeout(6):
            await asyncio.gather(*(venue.catalogue.fetch_book(instrument, 5) for _ in range(60)))
        assert all(not guard.snapshot().last_error for guard in venue.guards)


async def test_books_in_the_stream_and_by_request_meet_and_stay_the_same():
    async with scene(okx_quiet_s=1.0) as (_, venue):
        watched = await all_watched(venue)
        perp = next(each for each in watched if each.instrument.id.kind is MarketKind.PERP)
        async with streaming(venue, watched) as sink:
            venue.streams.want_depth(frozenset({perp.slot}))
            await until(lambda: len(sink.changes) > 5)
            asked = await venue.catalogue.fetch_book(perp.instrument.id, 400)
            seen = len(sink.changes)
            await until(lambda: len(sink.changes) > seen + 20)
        assert len(sink.books) == 1
        by_stream, by_request = LocalBook(perp.instrument.id), LocalBook(perp.instrument.id)
        by_stream.load(sink.books[0], levels_asked=400, is_in_stream=True)
        by_stream.replay(sink.changes)
        by_request.load(asked, levels_asked=400)
        by_request.replay(sink.changes)
        assert by_stream.last == by_request.last == sink.changes[-1].last
        ours, theirs = by_stream.snapshot(50), by_request.snapshot(50)
        assert (ours.bids, ours.asks) == (theirs.bids, theirs.asks)


async def test_pitfall_12_a_lost_frame_is_noticed():
    async with scene() as (lab, venue):
        watched = await all_watched(venue)
        async with streaming(venue, watched) as sink:
            venue.streams.want_depth(frozenset({watched[0].slot}))
            await until(lambda: sink.books)
            stage(lab, "gap", seconds=5, rate=0.5)
            seen = len(sink.changes)
            await until(lambda: len(sink.changes) > seen + 5)
        local = LocalBook(watched[0].instrument.id)
        local.load(sink.books[0], levels_asked=400, is_in_stream=True)
        with pytest.raises(IntegrityError):
            local.replay(sink.changes)


async def test_pitfall_14_a_symbol_the_venue_no_longer_knows_does_not_end_the_others():
    async with scene() as (_, venue):
        watched = await all_watched(venue)
        gone = watched[0].instrument.id._replace(symbol="GONE-USDT")
        dead = Watched(len(watched), replace(watched[0].instrument, id=gone))
        async with streaming(venue, [*watched, dead]) as sink:
            await until(lambda: len(sink.tops) == len(watched))
            await until(lambda: carried(sink) == {each.slot for each in watched})
        assert all(event.state is not LinkState.LOST for event in sink.events)


def carried(sink):
    subscribed = [e for e in sink.events if e.state is LinkState.SUBSCRIBED and ":top:" in e.link]
    return {slot for event in subscribed for slot in event.slots}


async def test_streams_count_in_contracts_as_the_tickers_do():
    async with scene() as (_, venue):
        watched = await all_watched(venue)
        async with streaming(venue, watched) as sink:
            await until(lambda: len(sink.tops) == len(watched))
            for each in watched:
                lots = [qty / float(each.instrument.lot) for qty in sink.sizes[each.slot]]
                assert all(lot == pytest.approx(round(lot)) and lot >= 1 for lot in lots)
                assert sink.tops[each.slot][2] > 0
                assert sink.tops[each.slot][3] > 0


async def test_a_quiet_connection_is_kept_by_the_text_ping():
    async with scene(okx_idle_s=4.0) as (lab, venue):
        watched = (await all_watched(venue))[:1]
        symbol = watched[0].instrument.id.symbol
        async with streaming(venue, watched) as sink:
            await until(lambda: sink.tops)
            stage(lab, "stale", seconds=30, symbol=symbol)
            await asyncio.sleep(7)
        assert all(event.state is not LinkState.LOST for event in sink.events)


@pytest.mark.parametrize("fault", ["duplicate", "out_of_order", "gap"])
async def test_whatever_frames_go_through_the_book_is_right_or_said_to_be_wrong(fault):
    async with scene() as (lab, venue):
        watched = await all_watched(venue)
        chosen = next(each for each in watched if each.instrument.id.kind is MarketKind.PERP)
        sync = BookSync(chosen.instrument.id)
        problems = []

        class Keeping(Sink):
            def on_book(self, slot, book):
                sync.on_whole(book, book.received_ns)

            def on_book_change(self, slot, change):
                super().on_book_change(slot, change)
                sync.on_change(change, change.received_ns)
                problems.append(sync.problem)

        async with streaming(venue, watched, Keeping()) as sink:
            venue.streams.want_depth(frozenset({chosen.slot}))
            await until(lambda: sync.problem is None and len(sink.changes) > 3)
            stage(lab, fault, seconds=3, rate=0.3)
            await asyncio.sleep(3.2)
            assert (fault == "duplicate") == (not any(problems))
            sync.begin_snapshot()
            asked_ns = SystemClock().monotonic_ns()
            book = await venue.catalogue.fetch_book(chosen.instrument.id, 400)
            outcome = sync.on_snapshot(book, levels_asked=400, asked_ns=asked_ns, compared=25)
            assert outcome in {SnapshotOutcome.LOADED, SnapshotOutcome.CONFIRMED, SnapshotOutcome.TOO_OLD}
            seen = len(sink.changes)
            await until(lambda: len(sink.changes) > seen + 5)
            assert sync.problem is None
            assert not sync.is_behind
