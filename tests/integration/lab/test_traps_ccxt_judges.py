"""Unmodified ccxt still reads every dialect when every trap of its listing is set, and so do we."""

import asyncio
import contextlib
import importlib
from random import Random

import ccxt.async_support as ccxt_async
import pytest

from arbedge.domain.instrument import MarketKind
from arbedge.exchanges.config import VenueConfig
from arbedge.exchanges.crosscheck import GUARD_POLICY, compare, load_markets
from arbedge.exchanges.transport.surroundings import Surroundings
from arbedge.foundation.resilience.guard import Guard
from arbedge.foundation.runtime.clock import SystemClock
from arbedge.lab.config import LabOptions
from arbedge.lab.server import running_lab
from arbedge.lab.traps import traps

pytestmark = pytest.mark.serial

SET = tuple(trap.name for trap in traps() if trap.sort in {"listing", "plant"})


VENUES = ("binance", "bybit", "okx", "bitget")


def moved(addresses, base_url):
    """Every address on the lab's scheme and host, paths kept."""
    if isinstance(addresses, dict):
        return {name: moved(address, base_url) for name, address in addresses.items()}
    path = addresses.split("/", 3)[3] if addresses.count("/") > 2 else ""
    return f"{base_url}/{path}" if path else base_url


@contextlib.asynccontextmanager
async def judged(name, *trap_names):
    async with running_lab(LabOptions(port_base=0, universe="small", scenario="calm", traps=trap_names)) as lab:
        exchange = getattr(ccxt_async, name)({"enableRateLimit": False})
        api = exchange.urls["api"]
        api.update(moved({key: value for key, value in api.items() if key != "ws"}, lab.url_of(name)))
        exchange.options["fetchMarkets"] = {"types": ["spot", "linear" if name in {"binance", "bybit"} else "swap"]}
        try:
            async with asyncio.timeout(30):
                await exchange.load_markets()
                yield lab.stages[name], exchange
        finally:
            await exchange.close()


@pytest.mark.parametrize("name", VENUES)
async def test_a_book_that_lacks_a_side_is_read_as_one_that_lacks_it(name):
    spot, perp = "HOLLOW/USDT", "HOLLOW/USDT:USDT"
    bare_asks = {"binance": spot, "bitget": perp}
    bare_bids = {"okx": perp, "bybit": perp}
    async with judged(name, "one_sided") as (_, exchange):
        symbol = bare_asks.get(name) or bare_bids[name]
        book, ticker = await exchange.fetch_order_book(symbol, 50), await exchange.fetch_ticker(symbol)
    lacking, there = ("ask", "bid") if name in bare_asks else ("bid", "ask")
    assert book[f"{lacking}s"] == []
    assert len(book[f"{there}s"]) == 50
    assert not ticker[lacking]
    if (name, symbol) != ("binance", perp):
        assert ticker[there] > 0


@pytest.mark.parametrize("name", VENUES)
async def test_other_hours_between_settlements_are_told_as_the_venue_tells_them(name):
    symbol = "SHIFTY/USDT:USDT"
    async with judged(name, "funding_change") as (stage, exchange):
        market = exchange.market(symbol)["id"]

        async def hours():
            if name == "binance":
                return (await exchange.fetch_funding_intervals())[symbol]["interval"]
            if name == "bitget":
                return (await exchange.fetch_funding_interval(symbol))["interval"]
            return (await exchange.fetch_funding_rate(symbol))["interval"]

        before = await hours()
        stage.funding.changes(stage.world.books["usdm", market].listing, stage.true_ms())
        stage.world.settle_every(("usdm", market), 1)
        await exchange.load_markets(reload=True)  # ccxt reads Bybit's hours from the list
        assert (before, await hours()) == ("8h", "1h")


@pytest.mark.parametrize("name", VENUES)
async def test_every_instrument_among_traps_is_read_as_ccxt_reads_it(name):
    adapter = importlib.import_module(f"arbedge.exchanges.{name}.adapter")
    async with running_lab(LabOptions(port_base=0, universe="demo", scenario="calm", traps=SET)) as lab:
        url = lab.url_of(name)
        venue = adapter.build(VenueConfig(base_url=url), Surroundings(SystemClock(), Random(1)))
        try:
            ours = [each for kind in MarketKind for each in await venue.catalogue.fetch_instruments(kind)]
            theirs = await load_markets(
                name, Guard(f"{name}:ccxt", GUARD_POLICY, SystemClock(), Random(1)), base_url=url
            )
        finally:
            await venue.close()
    # ccxt leaves out the minimum of Bitget's contracts, which the venue states
    found = [each for each in compare(ours, theirs) if (each.what, each.theirs) != ("minimum notional", "0")]
    assert found == []
    assert not any(venue.catalogue.unreadable.values())
    bases = {each.base for each in ours}
    assert {"TWIN", "JYNX", "HICAP", "LOCAP", "SHIFTY", "HOLLOW", "HALTD", "TWOHR", "WIPER"} <= bases
    assert ("TSLAX" in bases) == (name == "bybit")
    assert ("TSLA" in bases) == (name != "bybit")
