"""Our reading of Bybit's listing against ccxt's, for every instrument of the lab's whole universe."""

from dataclasses import replace
from decimal import Decimal
from random import Random

import pytest

from arbedge.domain.instrument import InstrumentStatus, MarketKind
from arbedge.exchanges.bybit.adapter import build
from arbedge.exchanges.config import VenueConfig
from arbedge.exchanges.crosscheck import GUARD_POLICY, compare, load_markets
from arbedge.exchanges.transport.surroundings import Surroundings
from arbedge.foundation.resilience.guard import Guard
from arbedge.foundation.runtime.clock import SystemClock
from arbedge.lab.config import LabOptions
from arbedge.lab.server import running_lab

pytestmark = pytest.mark.serial


@pytest.mark.parametrize("universe", ["small", "four"])
async def test_every_instrument_is_read_as_ccxt_reads_it(universe):
    async with running_lab(LabOptions(port_base=0, universe=universe, scenario="calm")) as lab:
        url = lab.url_of("bybit")
        venue = build(VenueConfig(base_url=url), Surroundings(SystemClock(), Random(1)))
        try:
            ours = [each for kind in MarketKind for each in await venue.catalogue.fetch_instruments(kind)]
            guard = Guard("bybit:ccxt", GUARD_POLICY, SystemClock(), Random(1))
            theirs = await load_markets("bybit", guard, base_url=url)
        finally:
            await venue.close()
    assert len(ours) > 10
    assert compare(ours, theirs) == ()
    assert not any(venue.catalogue.unreadable.values())
    assert all(each.contract_size == 1 for each in ours)
    perps = [each for each in ours if each.id.kind is MarketKind.PERP]
    assert {each.settle for each in perps} <= {"USDT", "USDC"}
    scaled = [each for each in perps if each.multiplier != 1]
    assert scaled
    assert all(each.base != each.asset and each.multiplier >= 1000 for each in scaled)

    # the comparison itself can fail
    wrong = [replace(ours[0], lot=ours[0].lot * Decimal(2), status=InstrumentStatus.DELISTED), *ours[1:]]
    assert {each.what for each in compare(wrong, theirs)} == {"lot", "trading"}
