"""Frames in, opportunities out: the real market, detector and delivery joined by the flow, on a scripted venue."""

import asyncio
from datetime import timedelta
from decimal import Decimal
from functools import partial

from arbedge.domain.events import OpportunityChange
from arbedge.domain.funding import FundingState
from arbedge.domain.instrument import InstrumentId, MarketKind
from arbedge.domain.opportunity import OpportunityKind
from arbedge.domain.quote import Book
from arbedge.flow.delivery_path import DeliveryPath, DeliveryPolicy
from arbedge.flow.tick_path import TickPath
from arbedge.foundation.runtime.clock import ManualClock
from arbedge.foundation.runtime.supervision import Supervisor
from arbedge.market.config import MarketConfig
from arbedge.market.fakes import ScriptedStreams, ScriptedVenue, instrument_of
from arbedge.market.feeds.desk import DepthVenue
from arbedge.market.refresh import MarketRefresher
from arbedge.market.streaming import StreamRunner
from arbedge.market.venues import VenueSources
from arbedge.market.view import LiveMarket, MarketTerms
from arbedge.opportunities.config import OpportunityConfig
from arbedge.opportunities.detection.detector import DetectionSettings, Detector
from arbedge.opportunities.detection.documents import Provenance
from arbedge.opportunities.evidence import parse
from arbedge.opportunities.fakes import MemoryArchive
from arbedge.opportunities.pricing import price

SPOT = InstrumentId("binance", MarketKind.SPOT, "BTCUSDT")
PERP = InstrumentId("binance", MarketKind.PERP, "BTCUSDT")


class Log:
    def error(self, event, **fields):
        raise AssertionError((event, fields))


class Hooks:
    def __init__(self):
        self.latencies = []

    def batch_done(self, slots, candidate_after_s):
        if candidate_after_s is not None:
            self.latencies.append(candidate_after_s)


class World:
    """One venue with spot and perpetual of BTC, everything above it real."""

    def __init__(self):
        self.clock = clock = ManualClock()
        listed = [instrument_of("binance", kind, "BTC") for kind in MarketKind]
        self.venue = ScriptedVenue(clock, listed=listed, turnover=Decimal(10**9))
        self.streams = ScriptedStreams("binance", clock)
        self.set_price(SPOT, 60000)
        self.set_price(PERP, 60600)
        self.venue.funding[PERP] = FundingState(
            instrument=PERP,
            rate=Decimal("0.0001"),
            next_at=clock.now() + timedelta(hours=4),
            interval_hours=Decimal(8),
            default_rate=Decimal("0.0001"),
            cap=Decimal("0.003"),
            floor=Decimal("-0.003"),
            mark=None,
            index=None,
            venue_at_ms=None,
            received_ns=0,
        )
        config, opportunities = MarketConfig(), OpportunityConfig()
        terms = MarketTerms(horizons_h=opportunities.horizons_h)
        depth = {"binance": DepthVenue(self.venue, self.streams.want_depth)}
        self.market = LiveMarket(config, terms, clock, depth)
        sources = VenueSources(self.venue, self.venue)
        self.refresher = MarketRefresher(self.market, {"binance": sources}, config, clock)
        self.archive, self.hooks = MemoryArchive(), Hooks()
        self.delivery = DeliveryPath(self.archive, clock, Log(), DeliveryPolicy(flush_interval_s=0.1))
        settings = DetectionSettings(config=opportunities, provenance=Provenance(config_hash="c", code_version="v"))
        self.detector = Detector(self.market, settings, clock, self.delivery.publish)
        self.path = TickPath(self.market, self.detector, clock, Log(), self.hooks)
        self.heard = []
        self.delivery.watch(self.heard.append)
        self.sequence = 0
        self.supervisor = Supervisor(clock)

    def set_price(self, instrument, mid):
        self.venue.tops[instrument] = (float(mid - 1), float(mid))
        levels = [((f"{mid - 1 - k}", "5"), (f"{mid + k}", "5")) for k in range(20)]
        bids, asks = tuple(bid for bid, _ in levels), tuple(ask for _, ask in levels)
        self.venue.books[instrument] = Book(instrument, bids, asks, 1, None, 0)

    def start(self):
        self.path.start(asyncio.get_running_loop().call_soon)
        for name, run in {
            "refresh": self.refresher.run,
            "desk": self.market.desk.run,
            "streams": partial(
                StreamRunner(self.market, self.refresher, self.clock).run, "binance", self.streams, self.path
            ),
            "sweeps": self.path.run_sweeps,
            "writer": partial(self.delivery.run_writer, self.detector),
        }.items():
            self.supervisor.start(name, run)

    async def pass_time(self, seconds):
        for _ in range(round(seconds / 0.05)):
            await self.clock.advance(0.05)
            self.tick()
            for _ in range(5):
                await asyncio.sleep(0)

    def tick(self):
        """Every quote again, as a busy market sends them."""
        now_ns = self.clock.monotonic_ns()
        for watched in self.streams.watched:
            self.sequence += 1
            bid, ask = self.venue.tops[watched.instrument.id]
            self.path.on_top(watched.slot, bid, 1.0, ask, 1.0, self.sequence, 0, now_ns)
        for purpose in ("top", "depth"):
            self.path.on_alive(f"binance:any:{purpose}:0", now_ns)


async def test_a_basis_is_found_stored_and_closed_when_it_is_gone():
    world = World()
    world.start()
    await world.pass_time(6)
    (found,) = world.detector.open_opportunities()
    assert found.kind is OpportunityKind.SPOT_PERP
    record = await world.archive.find(found.id)
    assert price(parse(record.evidence)) == record.opportunity.priced
    assert world.heard[0].change is OpportunityChange.OPENED
    assert not world.path.faults
    world.set_price(PERP, 60010)
    await world.pass_time(4)
    assert world.detector.open_opportunities() == ()
    assert world.heard[-1].change is OpportunityChange.CLOSED
    assert (await world.archive.find(found.id)).opportunity.closed_at is not None
    assert not world.path.faults
    await world.supervisor.stop(1.0)
