"""OKX's price limits: read of the lab by request, and part of what a candidate's leg is judged by."""

from random import Random

import pytest

from arbedge.domain.instrument import InstrumentId, MarketKind
from arbedge.errors import Rejected
from arbedge.exchanges.config import VenueConfig
from arbedge.exchanges.okx.adapter import build
from arbedge.exchanges.transport.surroundings import Surroundings
from arbedge.foundation.runtime.clock import SystemClock
from arbedge.lab.config import LabOptions
from arbedge.lab.server import running_lab
from arbedge.market.ports import LimitSource


async def test_limits_stand_about_the_market_and_an_unknown_instrument_is_refused():
    async with running_lab(LabOptions(port_base=0, universe="small", scenario="calm")) as lab:
        venue = build(VenueConfig(base_url=lab.url_of("okx")), Surroundings(SystemClock(), Random(1)))
        try:
            assert isinstance(venue.catalogue, LimitSource)
            for kind in MarketKind:
                for each in (await venue.catalogue.fetch_instruments(kind))[:5]:
                    limits = await venue.catalogue.fetch_price_limits(each.id)
                    book = await venue.catalogue.fetch_book(each.id, 5)
                    assert limits.highest_buy > float(book.asks[0][0])
                    assert limits.lowest_sell < float(book.bids[0][0])
            with pytest.raises(Rejected):
                await venue.catalogue.fetch_price_limits(InstrumentId("okx", MarketKind.SPOT, "NO-SUCH"))
        finally:
            await venue.close()


async def test_a_limit_that_is_not_in_force_is_none():
    async with running_lab(LabOptions(port_base=0, universe="small", scenario="calm")) as lab:
        world = lab.stages["okx"].world
        book = world.books["spot", "BTC-USDT"]
        venue = build(VenueConfig(base_url=lab.url_of("okx")), Surroundings(SystemClock(), Random(1)))
        try:
            world.halt(("spot", "BTC-USDT"))
            book.bid = book.ask = 0
            limits = await venue.catalogue.fetch_price_limits(InstrumentId("okx", MarketKind.SPOT, "BTC-USDT"))
        finally:
            await venue.close()
    assert (limits.highest_buy, limits.lowest_sell) == (None, None)
