"""Our reading of Hyperliquid's contracts against ccxt's, for every one of the lab's universes."""

from dataclasses import replace
from decimal import Decimal
from random import Random

import pytest

from arbedge.domain.instrument import InstrumentStatus, MarketKind
from arbedge.exchanges.config import VenueConfig
from arbedge.exchanges.crosscheck import GUARD_POLICY, compare, load_markets
from arbedge.exchanges.hyperliquid.adapter import build
from arbedge.exchanges.transport.surroundings import Surroundings
from arbedge.foundation.resilience.guard import Guard
from arbedge.foundation.runtime.clock import SystemClock
from arbedge.lab.config import LabOptions
from arbedge.lab.server import running_lab

pytestmark = pytest.mark.serial


@pytest.mark.parametrize("universe", ["small", "four"])
async def test_every_contract_is_read_as_ccxt_reads_it(universe):
    # one quiet coin a while: a mark that crosses a power of ten between two readings has another tick
    options = LabOptions(port_base=0, universe=universe, scenario="calm", changes_per_s=1)
    async with running_lab(options) as lab:
        url = lab.url_of("hyperliquid")
        venue = build(VenueConfig(base_url=url), Surroundings(SystemClock(), Random(1)))
        try:
            ours = await venue.catalogue.fetch_instruments(MarketKind.PERP)
            guard = Guard("hyperliquid:ccxt", GUARD_POLICY, SystemClock(), Random(1))
            theirs = await load_markets("hyperliquid", guard, base_url=url)
        finally:
            await venue.close()
        listed = len(lab.stages["hyperliquid"].universe.listings)
    assert len(ours) == listed > 10
    assert compare(ours, theirs) == ()
    assert not any(venue.catalogue.unreadable.values())
    assert any(each.status is InstrumentStatus.DELISTED for each in ours)
    assert {each.multiplier for each in ours} == {Decimal(1), Decimal(1000)}
    wrong = [replace(ours[0], lot=ours[0].lot * 10), *ours[1:]]
    assert [(each.symbol, each.what) for each in compare(wrong, theirs)] == [(str(ours[0].id), "lot")]
