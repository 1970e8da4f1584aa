"""Bitget's own manners, played by its lab in both generations of the API; ccxt judges.

Books are proved by checksum (v2) or by the number before (v3); cuts come without a word; dead symbols harm nobody.
"""

import asyncio
import contextlib
from collections import Counter
from dataclasses import replace
from decimal import Decimal
from random import Random

import pytest

from arbedge.domain.instrument import InstrumentId, InstrumentStatus, MarketKind
from arbedge.domain.network import NetworkState
from arbedge.domain.opportunity import IdentityLevel
from arbedge.errors import SequenceGap
from arbedge.exchanges.bitget.adapter import build
from arbedge.exchanges.bitget.facts import PUBLIC
from arbedge.exchanges.bitget.stream import BitgetScript
from arbedge.exchanges.config import BitgetConfig
from arbedge.exchanges.crosscheck import GUARD_POLICY, compare, load_markets
from arbedge.exchanges.transport.connectors import make_connector
from arbedge.exchanges.transport.fleet import FleetSetup, StreamFleet
from arbedge.exchanges.transport.keeper import KeeperPace
from arbedge.exchanges.transport.session import SessionPorts
from arbedge.exchanges.transport.surroundings import Surroundings
from arbedge.foundation.resilience.guard import Guard
from arbedge.foundation.runtime.clock import SystemClock
from arbedge.foundation.runtime.tasks import StandardLog
from arbedge.lab.config import LabOptions, Pace
from arbedge.lab.faults import parse_fault
from arbedge.lab.server import running_lab
from arbedge.market.fakes import instrument_of
from arbedge.market.feeds.book import CHAINED_IDS, LocalBook
from arbedge.market.ports import LinkState, Watched
from arbedge.market.universe.identity import AssetIdentity
from arbedge.market.universe.registry import Universe

GENERATIONS = pytest.mark.parametrize("api", ["v2", "v3"])


class Sink:
    """Keeps what arrives, and the books as whoever receives them would: given up where a change does not follow."""

    def __init__(self):
        self.tops, self.funding = {}, {}
        self.events = []
        self.kept = {}
        self.counts = Counter()

    def on_top(self, slot, *values):
        self.tops[slot] = values

    def on_book(self, slot, book):
        self.counts["book"] += 1
        self.kept[slot] = LocalBook(book.instrument, CHAINED_IDS)
        self.kept[slot].load(book, levels_asked=1, is_in_stream=True)

    def on_book_change(self, slot, change):
        self.counts["change"] += 1
        try:
            self.kept[slot].apply(change)
        except SequenceGap:
            self.counts["gap"] += 1
            del self.kept[slot]

    def on_funding(self, slot, state):
        self.funding[slot] = state

    def on_alive(self, link, at_ns):
        pass

    def on_link(self, event):
        self.events.append(event)

    @property
    def losses(self):
        return [event for event in self.events if event.state is LinkState.LOST]


@contextlib.asynccontextmanager
async def scene(universe="small", changes_per_s=300, api="v2", **pace):
    options = LabOptions(
        port_base=0, universe=universe, scenario="calm", changes_per_s=changes_per_s, pace=Pace(**pace)
    )
    async with running_lab(options) as lab:
        config = BitgetConfig(base_url=lab.url_of("bitget"), rest_deadline_s=5, api=api)
        venue = build(config, Surroundings(SystemClock(), Random(5)))
        try:
            yield lab, venue
        finally:
            await venue.close()


@contextlib.asynccontextmanager
async def streaming(streams, watched):
    sink = Sink()
    running = asyncio.create_task(streams.run(watched, sink))
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


async def trading(venue):
    listed = [each for kind in MarketKind for each in await venue.catalogue.fetch_instruments(kind)]
    usable = [each for each in listed if each.status is InstrumentStatus.TRADING]
    return [Watched(slot, each) for slot, each in enumerate(usable)]


def stage(lab, name, seconds, **parameters):
    now_ns = SystemClock().monotonic_ns()
    document = {"fault": name, "seconds": seconds, "params": parameters}
    lab.stages["bitget"].begin(parse_fault(document, now_ns))


def as_numbers(levels):
    return [(float(price), float(size)) for price, size in levels]


async def agrees_once(sink, venue, each, levels=20):
    """Whether the book kept from the stream and the one told by request agree at some moment soon."""
    for _ in range(60):
        told = await venue.catalogue.fetch_book(each.instrument.id, levels)
        kept = sink.kept.get(each.slot)
        if kept is not None:
            mine = kept.snapshot(5)
            if as_numbers(mine.bids) == as_numbers(told.bids[:5]) and as_numbers(mine.asks) == as_numbers(
                told.asks[:5]
            ):
                return True
        await asyncio.sleep(0.1)
    return False


@GENERATIONS
async def test_pitfall_12_lost_and_swapped_depth_frames_are_found_and_the_book_begins_anew(api):
    async with scene(api=api) as (lab, venue):
        watched = await trading(venue)
        first, last = watched[0], watched[-1]
        async with streaming(venue.streams, watched) as sink:
            venue.streams.want_depth(frozenset({first.slot, last.slot}))
            await until(lambda: sink.kept.keys() == {first.slot, last.slot} and sink.counts["change"] > 20)
            assert sink.counts["gap"] == 0
            assert await agrees_once(sink, venue, first)
            for fault in ("gap", "out_of_order", "duplicate"):
                stage(lab, fault, 2, rate=0.3)
                await asyncio.sleep(2.2)
            assert sink.counts["gap"] >= 1
            assert sink.counts["book"] >= 3
            await until(lambda: sink.kept.keys() == {first.slot, last.slot})
            for each in (first, last):
                assert await agrees_once(sink, venue, each)
            assert sink.losses == []


@GENERATIONS
async def test_pitfall_13_the_days_cut_passes_without_a_gap(api):
    async with scene(api=api, cut_s=6) as (lab, venue):
        watched = await trading(venue)
        await venue.catalogue.fetch_funding()
        hosts = {PUBLIC: replace(venue.spec.streams[PUBLIC], lifetime_s=6.0)}
        clock, base_url = SystemClock(), lab.url_of("bitget")
        connector = make_connector("picows", "bitget", clock, None)
        ports = SessionPorts(connector, venue.guards[-1], clock, StandardLog())
        script = BitgetScript(hosts, lambda: venue.catalogue.terms, is_unified=api == "v3")
        streams = StreamFleet(FleetSetup("bitget", hosts, base_url, None), script, ports, KeeperPace(Random(1)))
        async with streaming(streams, watched) as sink:
            streams.want_depth(frozenset({watched[0].slot}))
            await until(lambda: all(each.renewals >= 2 for each in streams.stats()), 20)
            assert sink.losses == []
            assert sink.counts["gap"] == 0
            assert await agrees_once(sink, venue, watched[0])
            assert sink.funding.keys() == {w.slot for w in watched if w.instrument.id.kind is MarketKind.PERP}


@GENERATIONS
async def test_pitfall_14_a_symbol_that_is_gone_does_not_end_the_link_of_the_others(api):
    async with scene(api=api) as (_, venue):
        watched = await trading(venue)
        gone = replace(watched[0].instrument, id=watched[0].instrument.id._replace(symbol="GONEUSDT"))
        watched = [*watched, Watched(len(watched), gone)]
        async with streaming(venue.streams, watched) as sink:
            await until(lambda: len(sink.tops) == len(watched) - 1)
            await asyncio.sleep(11)  # longer than an unanswered request is waited for
            assert sink.losses == []
            confirmed = [
                e for e in sink.events if e.link == "bitget:spot:top:0" and e.state is LinkState.SUBSCRIBED
            ]
            assert watched[-1].slot not in confirmed[-1].slots
            assert watched[0].slot in confirmed[-1].slots


@pytest.mark.serial
async def test_every_instrument_is_read_as_ccxt_reads_it():
    async with scene("four", changes_per_s=50) as (lab, venue):
        spot = await venue.catalogue.fetch_instruments(MarketKind.SPOT)
        perps = await venue.catalogue.fetch_instruments(MarketKind.PERP)
        clock = SystemClock()
        guard = Guard("bitget:ccxt", GUARD_POLICY, clock, Random(1))
        theirs = await load_markets("bitget", guard, base_url=lab.url_of("bitget"))
    assert len(spot) > 1000
    assert len(perps) > 500
    assert not any(venue.catalogue.unreadable.values())
    differences = compare([*spot, *perps], theirs)
    # ccxt states the least cost of an order for pairs in USDT alone
    in_usdc = {str(each.id) for each in (*spot, *perps) if each.quote == "USDC"}
    assert [each for each in differences if each.what != "minimum notional" or each.symbol not in in_usdc] == []
    assert len(differences) == len(in_usdc)
    changed = [replace(spot[0], tick=spot[0].tick * 2), *spot[1:], *perps]
    assert len(compare(changed, theirs)) == len(differences) + 1


@pytest.mark.serial
async def test_every_instrument_of_v3_is_read_as_ccxt_reads_it_but_for_steps_it_takes_from_the_decimals():
    async with scene("four", changes_per_s=50, api="v3") as (lab, venue):
        ours = [each for kind in MarketKind for each in await venue.catalogue.fetch_instruments(kind)]
        guard = Guard("bitget:ccxt", GUARD_POLICY, SystemClock(), Random(1))
        theirs = await load_markets("bitget", guard, base_url=lab.url_of("bitget"), is_unified=True)
    assert len(ours) > 1500
    assert not any(venue.catalogue.unreadable.values())
    differences = compare(ours, theirs)
    # ccxt takes the number of decimals for the step; where the venue states a step of ten of them, it is wrong
    steps = {each.symbol: (Decimal(each.ours), Decimal(each.theirs)) for each in differences if each.what == "tick"}
    assert 0 < len(steps) < len(ours) / 4
    assert all(own == their * 10 for own, their in steps.values())
    # ccxt states the least worth of an order in USDT also of pairs in other coins: there it is not in the quote
    others = {str(each.id) for each in ours if each.quote not in {"USDT", "USDC"}}
    rest = [each for each in differences if each.what != "tick"]
    assert {(each.symbol, each.what) for each in rest} == {(symbol, "minimum notional") for symbol in others}


async def test_both_generations_list_the_same_instruments_at_the_same_fees():
    async with scene("demo", changes_per_s=50) as (lab, classic):
        config = BitgetConfig(base_url=lab.url_of("bitget"), rest_deadline_s=5, api="v3")
        unified = build(config, Surroundings(SystemClock(), Random(5)))
        try:
            for kind in MarketKind:
                old = {each.id: each for each in await classic.catalogue.fetch_instruments(kind)}
                new = {each.id: each for each in await unified.catalogue.fetch_instruments(kind)}
                assert old.keys() == new.keys()
                for key, each in old.items():
                    for name in ("tick", "lot", "min_notional", "multiplier", "asset", "settle", "asset_class"):
                        assert getattr(each, name) == getattr(new[key], name), (key, name)
                    is_open = each.status is InstrumentStatus.TRADING
                    assert (new[key].status is InstrumentStatus.TRADING) is is_open
                    # v2 lists what everybody pays everywhere, v3 on contracts alone: the schedule speaks for spot
                    assert each.taker_fee == Decimal("0.001" if kind is MarketKind.SPOT else "0.0006")
                    assert new[key].taker_fee == (None if kind is MarketKind.SPOT else each.taker_fee)
            in_usdc = [each for each in new.values() if each.quote == "USDC"]
            assert in_usdc
            assert all(each.min_notional == 5 for each in in_usdc)
        finally:
            await unified.close()


@GENERATIONS
async def test_networks_are_read_of_every_coin_and_every_state_there_is(api):
    async with scene("demo", api=api) as (_, venue):
        networks = await venue.catalogue.fetch_networks()
        bases = {each.base for each in await venue.catalogue.fetch_instruments(MarketKind.SPOT)}
    assert bases <= {each.coin for each in networks}
    ways = {(each.deposit, each.withdraw) for each in networks}
    assert len(ways) == 4
    assert NetworkState.UNKNOWN not in {state for way in ways for state in way}
    assert any(each.needs_memo for each in networks)
    assert any(each.is_congested for each in networks)
    assert any(each.withdraw_fee_pct > 0 for each in networks)
    assert all(each.contract is None or each.contract == each.contract.lower() for each in networks)
    assert {"ETH", "BSC", "ARBITRUM", "TRX", "BTC"} <= {each.network for each in networks}


async def test_an_index_names_its_pairs_as_the_venues_named_spell_them():
    async with scene("demo") as (_, venue):
        perps = {each.id.symbol: each for each in await venue.catalogue.fetch_instruments(MarketKind.PERP)}
        told = await venue.catalogue.fetch_index_components(perps["BTCUSDT"].id)
    assert {("binance", "BTCUSDT"), ("okx", "BTC-USDT"), ("bybit", "BTCUSDT")} <= {
        (c.venue, c.symbol) for c in told
    }
    assert all(component.price > 0 for component in told)


async def test_an_index_makes_a_contract_one_asset_with_the_spot_it_names():
    async with scene("demo") as (_, venue):
        perps = await venue.catalogue.fetch_instruments(MarketKind.PERP)
        universe = Universe()
        universe.merge("bitget", MarketKind.PERP, perps)
        universe.merge("binance", MarketKind.SPOT, [instrument_of("binance", MarketKind.SPOT, "BTC")])
        identity = AssetIdentity(universe, ())
        perp = next(each.id for each in perps if each.id.symbol == "BTCUSDT")
        slots = universe.slot_of(InstrumentId("binance", MarketKind.SPOT, "BTCUSDT")), universe.slot_of(perp)
        assert identity.find(*slots, (100.0, 100.1)).level is IdentityLevel.UNKNOWN
        identity.learn(slots[1], await venue.catalogue.fetch_index_components(perp))
        assert identity.find(*slots, (100.0, 100.1)).level is IdentityLevel.INDEX
