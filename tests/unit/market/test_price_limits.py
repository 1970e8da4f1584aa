"""Price limits told for one instrument at a time: read when wanted, kept for a while, never guessed."""

import asyncio
from dataclasses import replace
from decimal import Decimal

import pytest

from arbedge.domain.instrument import Instrument, InstrumentId, InstrumentStatus, MarketKind
from arbedge.errors import ArbEdgeError, Unavailable
from arbedge.foundation.runtime.clock import ManualClock
from arbedge.market.limits import PriceLimitDesk
from arbedge.market.ports import PriceLimits
from arbedge.market.refresh import MarketRefresher
from arbedge.market.venues import VenueSources

BTC = Instrument(
    id=InstrumentId("okx", MarketKind.SPOT, "BTC-USDT"),
    base="BTC",
    quote="USDT",
    asset="BTC",
    settle=None,
    tick=Decimal("0.1"),
    lot=Decimal("0.00001"),
    min_qty=Decimal(0),
    min_notional=Decimal(0),
    status=InstrumentStatus.TRADING,
)
ETH = replace(BTC, id=BTC.id._replace(symbol="ETH-USDT"), base="ETH", asset="ETH")


class Source:
    def __init__(self):
        self.asked: list[str] = []
        self.fails = False

    async def fetch_price_limits(self, instrument: InstrumentId) -> PriceLimits:
        self.asked.append(instrument.symbol)
        if self.fails:
            raise Unavailable("busy")
        return PriceLimits(Decimal(len(self.asked)), None)


async def attempt(venue, what, read, failures):
    assert (venue, what) == ("okx", "price limits")
    try:
        await read()
    except ArbEdgeError:
        return 1.0 * 2**failures
    return None


class Bench:
    def __init__(self):
        self.clock, self.source = ManualClock(), Source()
        self.desk = PriceLimitDesk(self.clock, max_age_s=30)
        self.desk.open("okx")

    async def run_for(self, seconds, keep=()):
        """Let the desk work while somebody goes on asking for `keep`."""
        serving = asyncio.create_task(self.desk.serve("okx", self.source, attempt))
        try:
            for _ in range(round(seconds * 10)):
                for instrument in keep:
                    self.desk.at(instrument)
                for _ in range(6):
                    await asyncio.sleep(0)
                await self.clock.advance(0.1)
        finally:
            serving.cancel()
            await asyncio.gather(serving, return_exceptions=True)


@pytest.fixture
def bench():
    return Bench()


async def test_nothing_is_read_that_nobody_wants(bench):
    await bench.run_for(5)
    assert bench.source.asked == []


async def test_what_is_wanted_is_read_soon_and_known_with_its_age(bench):
    assert bench.desk.at(BTC) is None
    await bench.run_for(1, keep=[BTC])
    assert bench.source.asked == ["BTC-USDT"]
    assert bench.desk.at(BTC) == PriceLimits(Decimal(1), None)


async def test_it_is_read_again_while_wanted_and_forgotten_afterwards(bench):
    await bench.run_for(25, keep=[BTC, ETH])
    assert bench.source.asked.count("BTC-USDT") == bench.source.asked.count("ETH-USDT") == 3
    read = len(bench.source.asked)
    await bench.run_for(70)
    assert len(bench.source.asked) - read <= 6  # as long as the wish is young
    assert bench.desk.at(BTC) is None


async def test_what_is_old_is_not_known(bench):
    await bench.run_for(1, keep=[BTC])
    bench.source.fails = True
    await bench.run_for(32, keep=[BTC])
    assert bench.desk.at(BTC) is None
    assert len(bench.source.asked) < 9  # failures are not hurried
    bench.source.fails = False
    await bench.run_for(40, keep=[BTC])
    assert bench.desk.at(BTC) is not None


async def test_a_crowd_of_wishes_takes_turns_at_five_a_second(bench):
    crowd = [replace(BTC, id=BTC.id._replace(symbol=f"C{n}-USDT")) for n in range(40)]
    await bench.run_for(7, keep=crowd)
    assert len(bench.source.asked) <= 36
    assert len(set(bench.source.asked)) == len(bench.source.asked)


def test_a_venue_that_tells_none_is_not_asked():
    desk = PriceLimitDesk(ManualClock())
    assert desk.at(BTC) is None


async def test_a_leg_that_was_looked_at_knows_its_limits_soon_and_a_failure_is_named(house):
    source = Source()
    sources = VenueSources(house.venue, house.venue, limits=source)
    house.refresher = MarketRefresher(house.market, {"binance": sources}, house.config, house.clock)
    house.start_all()
    await house.pass_time(2)
    assert source.asked == []
    slot = house.slot(house.btc)
    assert house.market.leg(slot).limits is None
    await house.pass_time(0.5)
    assert source.asked == [house.btc.id.symbol]
    assert house.market.leg(slot).limits == PriceLimits(Decimal(1), None)
    source.fails = True
    for _ in range(14):
        house.market.leg(slot)
        await house.pass_time(1)
    (state,) = house.refresher.states()
    assert state.error == "price limits: busy"
    await house.pass_time(70)
    (state,) = house.refresher.states()
    assert state.error is None  # nobody wants them any more
