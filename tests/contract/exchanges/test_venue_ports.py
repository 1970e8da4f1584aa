"""One suite for every venue: what the market stage's ports promise, against that venue's lab, in calm and in trouble."""

import asyncio
import contextlib
import math
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from random import Random
from typing import Any

import pytest

from arbedge.domain.funding import FundingState, SettlementStatus
from arbedge.domain.instrument import InstrumentStatus, MarketKind
from arbedge.domain.quote import Book, BookChange
from arbedge.errors import Disconnected, IntegrityError, RateLimited, Unavailable
from arbedge.exchanges.binance import adapter as binance
from arbedge.exchanges.bitget import adapter as bitget
from arbedge.exchanges.bybit import adapter as bybit
from arbedge.exchanges.config import BitgetConfig, VenueConfig
from arbedge.exchanges.hyperliquid import adapter as hyperliquid
from arbedge.exchanges.okx import adapter as okx
from arbedge.exchanges.transport.faults import Restricted
from arbedge.exchanges.transport.surroundings import Surroundings
from arbedge.foundation.runtime.clock import SystemClock
from arbedge.lab.config import LabOptions, Pace
from arbedge.lab.faults import parse_fault
from arbedge.lab.server import Lab, running_lab
from arbedge.lab.speakers import SPEAKERS
from arbedge.market.ports import LinkState, Watched


@dataclass(frozen=True)
class Trial:
    """A venue to be held to its ports, and what its documentation promises differently from the others'."""

    name: str
    build: Callable[[VenueConfig, Surroundings], Any]
    history_days: int = 390  # how far back settled funding is told
    weighs: str = ""  # the budget the venue counts along, and tells of
    waits_for_terms: bool = False  # marks mean nothing without terms read by request
    announces_cuts: bool = True  # says so before it ends a connection that has lived its time
    tells_index: bool = True  # its lab names what an index is made of
    names_bans: bool = True  # says how long to wait, and a ban is not a refusal by place
    kinds: tuple[MarketKind, ...] = tuple(MarketKind)
    tells_tops: bool = True  # of all symbols at once
    chains_books: bool = True  # depth comes as changes, not as whole books again and again
    is_hourly: bool = False  # every contract settles every hour
    links: int = 3  # connections that carry tops and marks of a small universe, at least
    api: str = ""  # which generation, where the venue has several

    def __str__(self) -> str:
        return self.name + self.api


def unified_bitget(config, around):
    return bitget.build(BitgetConfig(**config.model_dump(), api="v3"), around)


TRIALS = [
    Trial("binance", binance.build, weighs="spot", waits_for_terms=True),
    Trial("bitget", bitget.build, 85, waits_for_terms=True, tells_index=False, announces_cuts=False),
    Trial("bitget", unified_bitget, 85, waits_for_terms=True, tells_index=False, announces_cuts=False, api="v3"),
    Trial("bybit", bybit.build, waits_for_terms=True, announces_cuts=False),
    Trial("okx", okx.build, history_days=85, names_bans=False),
    Trial(
        "hyperliquid",
        hyperliquid.build,
        history_days=70,
        announces_cuts=False,
        tells_index=False,
        kinds=(MarketKind.PERP,),
        tells_tops=False,
        chains_books=False,
        is_hourly=True,
        links=2,
    ),
]


def of_kind(trial, kind):
    """Skip where the venue has no such market."""
    if kind not in trial.kinds:
        pytest.skip(f"the venue has no {kind}")
    return kind


class Bench:
    """One venue's end of a lab."""

    def __init__(self, lab: Lab, name: str) -> None:
        self.base_url, self.stage, self.venue = lab.url_of(name), lab.stages[name], lab.dialects[name]


@pytest.fixture(params=[trial for trial in TRIALS if trial.name in SPEAKERS], ids=str)
def trial(request):
    return request.param


@pytest.fixture
async def lab(trial):
    options = LabOptions(port_base=0, universe="small", scenario="calm", changes_per_s=400, pace=Pace(ban_s=5))
    async with running_lab(options) as running:
        yield Bench(running, trial.name)


@pytest.fixture(params=["picows"])
def client(request):
    return request.param


@pytest.fixture
async def venue(trial, lab, client):
    made = trial.build(
        VenueConfig(base_url=lab.base_url, transport=client, rest_deadline_s=2),
        Surroundings(SystemClock(), Random(5)),
    )
    yield made
    await made.close()


def stage(lab, name, seconds=30, **parameters):
    now_ns = SystemClock().monotonic_ns()
    lab.stage.begin(parse_fault({"fault": name, "seconds": seconds, "params": parameters}, now_ns))


class Sink:
    """Remembers what streams deliver, and refuses what no sink may ever get."""

    def __init__(self) -> None:
        self.tops: dict[int, tuple] = {}
        self.counts: Counter[str] = Counter()
        self.funding: dict[int, FundingState] = {}
        self.changes: dict[int, list[BookChange]] = {}
        self.books: dict[int, list[Book]] = {}
        self.events = []
        self.alive: Counter[str] = Counter()

    def on_top(self, slot, bid, bid_qty, ask, ask_qty, sequence, venue_at_ms, received_ns):
        assert all(math.isfinite(value) for value in (bid, bid_qty, ask, ask_qty))
        self.tops[slot] = (bid, ask, sequence, venue_at_ms, received_ns)
        self.counts["top"] += 1

    def on_book_change(self, slot, change):
        self.changes.setdefault(slot, []).append(change)

    def on_book(self, slot, book):
        self.books.setdefault(slot, []).append(book)

    def on_funding(self, slot, state):
        self.funding[slot] = state

    def on_alive(self, link, at_ns):
        self.alive[link] += 1

    def on_link(self, event):
        self.events.append(event)

    def depth(self, trial):
        """What tells of a book after its beginning: changes, or whole books."""
        return self.changes if trial.chains_books else self.books

    def count(self, state, link=""):
        return sum(event.state is state and link in event.link for event in self.events)


async def all_watched(venue):
    kinds = [kind for kind in MarketKind if kind in venue.spec.rest]
    listed = [each for kind in kinds for each in await venue.catalogue.fetch_instruments(kind)]
    trading = [each for each in listed if each.status is InstrumentStatus.TRADING]
    return [Watched(slot, each) for slot, each in enumerate(trading)]


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


class TestCatalogue:
    async def test_lists_its_kinds_under_its_own_name(self, venue, trial):
        for kind in trial.kinds:
            instruments = await venue.catalogue.fetch_instruments(kind)
            assert len(instruments) > 5
            assert {(each.id.venue, each.id.kind) for each in instruments} == {(venue.name, kind)}
            assert len({each.id for each in instruments}) == len(instruments)
            assert all(each.tick > 0 and each.lot > 0 and each.min_qty >= 0 for each in instruments)
            assert all((each.settle is None) == (kind is MarketKind.SPOT) for each in instruments)

    async def test_listing_twice_gives_the_same(self, venue):
        first = await venue.catalogue.fetch_instruments(MarketKind.PERP)
        assert await venue.catalogue.fetch_instruments(MarketKind.PERP) == first

    @pytest.mark.parametrize("kind", list(MarketKind))
    async def test_tops_and_turnover_are_of_listed_symbols(self, venue, trial, kind):
        of_kind(trial, kind)
        listed = {each.id for each in await venue.catalogue.fetch_instruments(kind)}
        tops = await venue.catalogue.fetch_tops(kind)
        # the venue may list what is no instrument of ours (dated futures); ours must all be there
        trading = {
            e.id for e in await venue.catalogue.fetch_instruments(kind) if e.status is InstrumentStatus.TRADING
        }
        told = trading if trial.tells_tops else set()
        assert told <= {top.instrument for top in tops} | (trading - listed)
        assert all(0 < top.bid < top.ask for top in tops)
        turnover = await venue.catalogue.fetch_turnover(kind)
        assert trading <= turnover.keys()
        assert all(each.quote_volume >= 0 for each in turnover.values())

    async def test_the_clock_is_read_with_its_offset(self, venue, lab):
        near = await venue.catalogue.fetch_clock()
        assert abs(near.offset_ms) < 500
        assert 0 <= near.round_trip_ms < 2000
        stage(lab, "clock_skew", offset_ms=-2000)
        assert -2500 < (await venue.catalogue.fetch_clock()).offset_ms < -1500

    async def test_index_components_name_venues_as_we_do(self, venue, trial):
        perps = await venue.catalogue.fetch_instruments(MarketKind.PERP)
        components = await venue.catalogue.fetch_index_components(perps[0].id)
        assert (venue.name in {component.venue for component in components}) is trial.tells_index
        assert all(component.price is None or component.price > 0 for component in components)
        nowhere = perps[0].id._replace(symbol="NOSUCHPERP")
        assert await venue.catalogue.fetch_index_components(nowhere) == ()


class TestDepthAndFunding:
    @pytest.mark.parametrize("kind", list(MarketKind))
    @pytest.mark.parametrize("levels", [1, 50, 200])
    async def test_a_book_is_ordered_and_as_deep_as_asked(self, venue, trial, kind, levels):
        of_kind(trial, kind)
        instrument = (await venue.catalogue.fetch_instruments(kind))[0]
        book = await venue.catalogue.fetch_book(instrument.id, levels)
        bids, asks = [float(price) for price, _ in book.bids], [float(price) for price, _ in book.asks]
        assert bids == sorted(bids, reverse=True)
        assert asks == sorted(asks)
        assert bids[0] < asks[0]
        assert len(bids) >= min(levels, 5)
        assert all(float(size) > 0 for _, size in (*book.bids, *book.asks))
        assert book.sequence > 0

    async def test_funding_covers_the_trading_perps(self, venue, trial):
        perps = await venue.catalogue.fetch_instruments(MarketKind.PERP)
        states = {state.instrument: state for state in await venue.catalogue.fetch_funding()}
        trading = [each for each in perps if each.status is InstrumentStatus.TRADING]
        assert {each.id for each in trading} <= states.keys()
        for each in trading:
            state = states[each.id]
            assert state.interval_hours in {1, 2, 4, 8}
            assert state.mark > 0
            assert state.next_at > datetime.now(UTC) - timedelta(minutes=1)
        assert ({state.interval_hours for state in states.values()} == {1}) is trial.is_hourly

    async def test_history_is_complete_ordered_and_bounded(self, venue, trial):
        perp = (await venue.catalogue.fetch_instruments(MarketKind.PERP))[0]
        until_at = datetime.now(UTC)
        since = until_at - timedelta(days=trial.history_days)
        history = await venue.catalogue.fetch_funding_history(perp.id, since, until_at)
        times = [each.at for each in history]
        assert times == sorted(set(times))
        assert len(times) >= 3 * (trial.history_days - 1) > 200  # more than one page
        assert since <= times[0]
        assert times[-1] < until_at
        assert {each.status for each in history} == {SettlementStatus.SETTLED}
        part = await venue.catalogue.fetch_funding_history(perp.id, times[10], times[20])
        assert [each.at for each in part] == times[10:20]


class TestRestInTrouble:
    @pytest.mark.parametrize("status", [451, 403])
    async def test_a_restriction_is_named_and_not_hurried(self, venue, lab, trial, status):
        stage(lab, "restricted", status=status)
        before = lab.venue.served
        with pytest.raises(Restricted, match="restricted from this location"):
            await venue.catalogue.fetch_turnover(trial.kinds[0])
        assert lab.venue.served - before <= 1

    @pytest.mark.parametrize("fault", ["ban", "rate_limit"])
    async def test_being_told_to_wait_is_obeyed_by_every_later_call(self, venue, lab, trial, fault):
        if not trial.names_bans:
            pytest.skip("the venue names no time to wait")
        stage(lab, fault, seconds=60, retry_after_s=60)
        with pytest.raises(RateLimited):
            await venue.catalogue.fetch_turnover(trial.kinds[0])
        served, asks = lab.venue.served, [venue.catalogue.fetch_turnover, venue.catalogue.fetch_instruments]
        asks += [venue.catalogue.fetch_tops] if trial.tells_tops else []
        for ask in asks:
            with pytest.raises(RateLimited):
                await ask(trial.kinds[0])
        assert lab.venue.served == served

    async def test_a_server_error_is_retried_and_then_unavailable(self, venue, lab, trial):
        stage(lab, "error_500")
        with pytest.raises(Unavailable, match="500"):
            await venue.catalogue.fetch_turnover(trial.kinds[0])
        assert any(guard.snapshot().last_error for guard in venue.guards)

    async def test_a_broken_body_is_an_integrity_error(self, venue, lab, trial):
        stage(lab, "truncated", rate=1)
        with pytest.raises((IntegrityError, Disconnected)):
            await venue.catalogue.fetch_turnover(trial.kinds[0])

    async def test_nobody_there_is_unavailable(self, trial):
        made = trial.build(VenueConfig(base_url="http://127.0.0.1:9"), Surroundings(SystemClock(), Random(5)))
        with pytest.raises(Disconnected):
            await made.catalogue.fetch_turnover(trial.kinds[0])
        await made.close()

    async def test_the_venues_own_count_of_weight_is_believed(self, venue, trial):
        if not trial.weighs:
            pytest.skip("the venue does not tell what it counts")
        await venue.catalogue.fetch_turnover(MarketKind.SPOT)
        assert venue.budgets[trial.weighs].used >= 80

    async def test_the_pool_is_bounded_and_reused(self, venue, trial):
        instrument = (await venue.catalogue.fetch_instruments(trial.kinds[0]))[0].id
        await asyncio.gather(*(venue.catalogue.fetch_book(instrument, 5) for _ in range(40)))
        gauges = venue.pool.gauges()
        assert gauges.in_use == 0
        assert gauges.opened <= gauges.limit
        assert gauges.reused > 0


class TestStreams:
    @pytest.mark.parametrize("client", ["picows", "aiohttp"], indirect=True)
    async def test_tops_funding_and_wanted_depth_arrive(self, venue, trial):
        watched = await all_watched(venue)
        await venue.catalogue.fetch_funding()
        perps = {each.slot for each in watched if each.instrument.id.kind is MarketKind.PERP}
        async with streaming(venue, watched) as sink:
            await until(lambda: sink.funding.keys() == perps and len(sink.tops) > len(watched) / 2)
            assert sink.changes == sink.books == {}
            first, last, heard = watched[0].slot, max(perps), sink.depth(trial)
            wanted = frozenset({first, last, 10_000})
            venue.streams.want_depth(wanted)
            await until(lambda: heard.keys() == wanted - {10_000})
            venue.streams.want_depth(frozenset({last}))
            await until(lambda: venue.streams.stats()[-1].is_subscribed)
            await asyncio.sleep(0.6)
            quiet = len(heard[first])
            await until(lambda: len(heard[last]) > (20 if trial.chains_books else 5))
            assert len(heard[first]) <= quiet + 1
        for change in sink.changes.get(last, ()):
            assert change.first <= change.last
            assert change.previous is not None
        assert sink.count(LinkState.LOST) == 0
        assert {event.link for event in sink.events} == set(sink.alive)

    async def test_marks_wait_for_the_contracts_own_terms(self, venue, trial):
        if not trial.waits_for_terms:
            pytest.skip("its streams tell a contract's terms themselves")
        watched = await all_watched(venue)
        async with streaming(venue, watched) as sink:
            await until(lambda: sink.alive[f"{venue.name}:perp:mark:0"] >= 2)
            assert sink.funding == {}
            await venue.catalogue.fetch_funding()
            await until(lambda: sink.funding)

    async def test_a_dropped_connection_is_told_and_made_again(self, venue, lab, trial):
        watched = await all_watched(venue)
        async with streaming(venue, watched) as sink:
            await until(lambda: len(sink.tops) > 10 and sink.count(LinkState.CONNECTED) >= trial.links)
            stage(lab, "disconnect", seconds=0.2)
            await until(lambda: sink.count(LinkState.LOST) >= trial.links)
            lost_slots = {
                s for e in sink.events if e.state is LinkState.LOST and ":top:" in e.link for s in e.slots
            }
            assert lost_slots == {each.slot for each in watched}
            sink.tops.clear()
            await until(lambda: len(sink.tops) > 10)
            await until(lambda: sink.events[-1].state is LinkState.SUBSCRIBED)

    async def test_a_restriction_is_the_reason_of_the_loss(self, venue, lab, trial):
        watched = await all_watched(venue)
        stage(lab, "restricted")
        async with streaming(venue, watched) as sink:
            await until(lambda: sink.count(LinkState.LOST) >= trial.links)
            await asyncio.sleep(0.5)
        assert all("restricted from this location" in event.reason for event in sink.events)
        assert len(sink.events) <= 6

    async def test_garbage_never_becomes_a_quote_nor_an_exception(self, venue, lab, trial):
        watched = await all_watched(venue)
        await venue.catalogue.fetch_funding()
        async with streaming(venue, watched) as sink:
            venue.streams.want_depth(frozenset({watched[0].slot, watched[-1].slot}))
            await until(lambda: len(sink.tops) > 10 and len(sink.depth(trial)) == 2)
            for fault in ("garbage", "truncated"):
                stage(lab, fault, seconds=1.5, rate=0.4)
                await asyncio.sleep(1.7)
            sink.tops.clear()
            await until(lambda: len(sink.tops) > 10)
            assert sum(each.garbage for each in venue.streams.stats()) > 10
            seen = await venue.catalogue.fetch_tops(trial.kinds[0])
            true = {top.instrument: top.bid for top in seen}
            for slot, (bid, *_) in sink.tops.items():
                instrument = watched[slot].instrument.id
                if instrument in true:
                    assert bid == pytest.approx(true[instrument], rel=0.1)

    async def test_the_announced_cut_passes_without_a_gap(self, trial):
        if not trial.announces_cuts:
            pytest.skip("the venue ends connections without a word")
        options = LabOptions(
            port_base=0,
            universe="small",
            scenario="calm",
            changes_per_s=400,
            pace=Pace(cut_s=4, cut_notice_s=3),
        )
        async with running_lab(options) as lab:
            made = trial.build(VenueConfig(base_url=lab.url_of(trial.name)), Surroundings(SystemClock(), Random(5)))
            watched = [w for w in await all_watched(made) if w.instrument.id.kind is MarketKind.SPOT]
            async with streaming(made, watched) as sink:
                await until(lambda: sum(each.renewals for each in made.streams.stats()) >= 2, 15)
                assert sink.count(LinkState.LOST) == 0
            await made.close()

    async def test_two_runs_at_once_are_refused_and_one_after_another_is_fine(self, venue):
        watched = await all_watched(venue)
        async with streaming(venue, watched) as sink:
            await until(lambda: sink.tops)
            with pytest.raises(Exception, match="run already"):
                await venue.streams.run(watched, Sink())
        async with streaming(venue, watched) as again:
            await until(lambda: again.tops)
