"""Our reading of a listing against ccxt's, for every instrument of the lab's whole universe."""

from dataclasses import replace
from decimal import Decimal
from random import Random

import pytest

from arbedge.domain.instrument import InstrumentStatus, MarketKind
from arbedge.errors import Rejected, Unavailable
from arbedge.exchanges.binance.adapter import Surroundings, build
from arbedge.exchanges.config import VenueConfig
from arbedge.exchanges.crosscheck import GUARD_POLICY, compare, load_markets
from arbedge.foundation.resilience.guard import Guard
from arbedge.foundation.runtime.clock import SystemClock
from arbedge.lab.config import LabOptions
from arbedge.lab.server import running_lab


def oracle_guard() -> Guard:
    return Guard("binance:ccxt", GUARD_POLICY, SystemClock(), Random(1))


pytestmark = pytest.mark.serial


@pytest.mark.parametrize("universe", ["binance"])
async def test_every_instrument_is_read_as_ccxt_reads_it(universe):
    async with running_lab(LabOptions(port_base=0, universe=universe, scenario="calm")) as lab:
        venue = build(VenueConfig(base_url=lab.base_url), Surroundings(SystemClock(), Random(1)))
        try:
            spot = await venue.catalogue.fetch_instruments(MarketKind.SPOT)
            perps = await venue.catalogue.fetch_instruments(MarketKind.PERP)
            before = lab.turns
            theirs = await load_markets("binance", oracle_guard(), base_url=lab.base_url)
            assert lab.turns > before + 10  # the loop went on meanwhile
        finally:
            await venue.close()
    ours = [*spot, *perps]
    assert len(spot) > 2000
    assert len(perps) > 500
    assert compare(ours, theirs) == ()
    assert not any(venue.catalogue.unreadable.values())

    # the comparison itself can fail: one changed value, one missing instrument
    changed = [replace(ours[0], tick=ours[0].tick * 2, status=InstrumentStatus.DELISTED), *ours[2:]]
    assert {(d.symbol, d.what) for d in compare(changed, theirs)} == {
        (str(ours[0].id), "tick"),
        (str(ours[0].id), "trading"),
        (f"{ours[1].id.kind}:{ours[1].id.symbol}", "listed"),
    }
    assert all(each.contract_size == Decimal(1) for each in ours)


async def test_an_unknown_venue_and_an_absent_one_are_said_so():
    with pytest.raises(Rejected, match="knows no venue"):
        await load_markets("nowhere", oracle_guard())
    with pytest.raises(Unavailable, match="could not load"):
        await load_markets("binance", oracle_guard(), base_url="http://127.0.0.1:9")
