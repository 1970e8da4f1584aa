"""A live market over one scripted venue, and a way to let its loops run for some simulated seconds."""

import asyncio
import contextlib
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest

from arbedge.domain.funding import FundingState
from arbedge.domain.instrument import MarketKind
from arbedge.domain.quote import Book, BookChange
from arbedge.foundation.runtime.clock import ManualClock
from arbedge.market.config import MarketConfig
from arbedge.market.fakes import ScriptedStreams, ScriptedVenue, instrument_of
from arbedge.market.feeds.desk import DepthVenue
from arbedge.market.refresh import MarketRefresher
from arbedge.market.streaming import StreamRunner
from arbedge.market.venues import VenueSources
from arbedge.market.view import LiveMarket, MarketTerms

NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)


class Sink:
    """Hands every call of a stream on to the market."""

    def __init__(self, market: LiveMarket) -> None:
        self.on_top = market.accept_top
        self.on_book_change = market.accept_book_change
        self.on_book = market.accept_book
        self.on_funding = market.accept_funding
        self.on_alive = market.accept_alive
        self.on_link = market.accept_link


class House:
    """Everything of the market stage over one scripted venue called binance: BTC and USDC spot, a BTC perp."""

    def __init__(self, **config) -> None:
        self.clock = ManualClock(NOW)
        self.config = MarketConfig(**config)
        spot, perp = MarketKind.SPOT, MarketKind.PERP
        self.btc = instrument_of("binance", spot, "BTC")
        self.usdc = instrument_of("binance", spot, "USDC")
        self.perp = instrument_of("binance", perp, "BTC")
        self.venue = ScriptedVenue(self.clock, [self.btc, self.usdc, self.perp])
        for each, mid in ((self.btc, 100.0), (self.usdc, 1.0), (self.perp, 101.0)):
            self.venue.tops[each.id] = (mid * 0.999, mid * 1.001)
        self.venue.funding[self.perp.id] = self.funding()
        self.streams = ScriptedStreams("binance", self.clock)
        terms = MarketTerms(horizons_h=(Decimal(8), Decimal(24)))
        depth = {"binance": DepthVenue(self.venue, self.streams.want_depth)}
        self.market = LiveMarket(self.config, terms, self.clock, depth)
        self.sink = Sink(self.market)
        self.refresher = MarketRefresher(
            self.market, {"binance": VenueSources(self.venue, self.venue)}, self.config, self.clock
        )
        self.runner = StreamRunner(self.market, self.refresher, self.clock)
        self.jobs: list[asyncio.Task] = []

    def funding(self, **changes):
        known = {
            "instrument": self.perp.id,
            "rate": Decimal("0.0003"),
            "next_at": NOW + timedelta(hours=4),
            "interval_hours": Decimal(8),
            "default_rate": Decimal("0.0001"),
            "cap": None,
            "floor": None,
            "mark": Decimal(101),
            "index": None,
            "venue_at_ms": None,
            "received_ns": self.clock.monotonic_ns(),
        }
        return FundingState(**(known | changes))

    def start(self, *work: Callable[[], Awaitable[None]]) -> None:
        self.jobs += [asyncio.get_running_loop().create_task(each()) for each in work]

    def start_all(self) -> None:
        self.start(
            self.refresher.run,
            self.market.desk.run,
            lambda: self.runner.run("binance", self.streams, self.sink),
        )

    async def pass_time(self, seconds: float, *, beating: bool = True) -> None:
        """Let simulated time pass in steps, the streams' connections speaking all the while."""
        for _ in range(round(seconds / 0.05)):
            for _ in range(10):
                await asyncio.sleep(0)
            await self.clock.advance(0.05)
            if beating and self.streams.sink is not None:
                self.market.accept_alive("binance:any:top:0", self.clock.monotonic_ns())

    async def stop(self) -> None:
        for job in self.jobs:
            job.cancel()
        for job in self.jobs:
            with contextlib.suppress(asyncio.CancelledError):
                await job

    def slot(self, instrument) -> int:
        return self.market.universe.slot_of(instrument.id)

    def quote(self, instrument, bid, ask, *, sequence=0):
        return self.market.accept_top(
            self.slot(instrument), bid, 1.0, ask, 1.0, sequence, 0, self.clock.monotonic_ns()
        )

    def script_book(self, instrument, sequence, *, bid=99.9, ask=100.1, levels=200):
        self.venue.books[instrument.id] = Book(
            instrument.id,
            tuple((f"{bid - n / 100:.2f}", "1") for n in range(levels)),
            tuple((f"{ask + n / 100:.2f}", "1") for n in range(levels)),
            sequence,
            None,
            0,
        )

    def change(self, instrument, first, last, *, bids=(), asks=(), venue_at_ms=None):
        return BookChange(
            instrument.id, first, last, None, tuple(bids), tuple(asks), venue_at_ms, self.clock.monotonic_ns()
        )


@pytest.fixture
async def house():
    built = House()
    yield built
    await built.stop()


@pytest.fixture
def house_of():
    return House
