"""Pitfall 5: an inverse contract pays in the coin; only linear contracts with a known settle currency are traded."""

import json
import urllib.request
from asyncio import to_thread
from decimal import Decimal
from random import Random

from arbedge.domain.instrument import MarketKind
from arbedge.exchanges.config import VenueConfig
from arbedge.exchanges.okx.adapter import build
from arbedge.exchanges.transport.surroundings import Surroundings
from arbedge.foundation.runtime.clock import SystemClock
from arbedge.lab.config import LabOptions
from arbedge.lab.server import running_lab
from arbedge.market.config import MarketConfig
from arbedge.market.view import LiveMarket, MarketTerms


def fetch(url):
    with urllib.request.urlopen(url, timeout=5) as answer:
        return json.load(answer)["data"]


async def test_coin_margined_swaps_stand_among_the_linear_ones_and_are_left_out():
    async with running_lab(LabOptions(port_base=0, universe="small", scenario="calm")) as lab:
        url = lab.url_of("okx")
        rows = await to_thread(fetch, f"{url}/api/v5/public/instruments?instType=SWAP")
        venue = build(VenueConfig(base_url=url), Surroundings(SystemClock(), Random(1)))
        try:
            ours = await venue.catalogue.fetch_instruments(MarketKind.PERP)
            tops = await venue.catalogue.fetch_tops(MarketKind.PERP)
            funding = await venue.catalogue.fetch_funding()
        finally:
            await venue.close()
    # by the first word of its id alone this is one more perp of BTC, and its "100" contracts are dollars
    naive = {row["instId"] for row in rows if row["instId"].startswith("BTC-") and row["state"] == "live"}
    inverse = {row["instId"] for row in rows if row["ctType"] == "inverse"}
    assert "BTC-USD-SWAP" in inverse & naive
    assert {each.id.symbol for each in ours} == {row["instId"] for row in rows} - inverse
    assert not any(venue.catalogue.unreadable.values())  # left out on purpose, not for making no sense
    assert not {state.instrument.symbol for state in funding} & inverse
    clock = SystemClock()
    market = LiveMarket(MarketConfig(), MarketTerms(horizons_h=(Decimal(8),)), clock, {})
    market.accept_listing("okx", MarketKind.PERP, ours)
    assert inverse < {top.instrument.symbol for top in tops}  # the list of all prices has them, too
    taken = {top.instrument.symbol for top in tops if market.accept_snapshot_top(top, clock.monotonic_ns())}
    assert not taken & inverse
    assert {each.id.symbol for each in market.instruments()} == {each.id.symbol for each in ours}
    assert all(each.settle == each.quote for each in ours)
