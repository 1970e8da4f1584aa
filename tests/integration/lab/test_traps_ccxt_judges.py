"""Unmodified ccxt still reads every dialect when every trap of its listing is set, and so do we."""

import importlib
from random import Random

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


@pytest.mark.parametrize("name", ["binance", "bybit", "okx", "bitget"])
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
