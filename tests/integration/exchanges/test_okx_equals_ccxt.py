"""Our reading of OKX's listing against ccxt's, for every instrument of the lab's whole universe."""

from dataclasses import replace
from random import Random

import pytest

from arbedge.domain.instrument import MarketKind
from arbedge.exchanges.config import VenueConfig
from arbedge.exchanges.crosscheck import GUARD_POLICY, compare, load_markets
from arbedge.exchanges.okx.adapter import build
from arbedge.exchanges.transport.surroundings import Surroundings
from arbedge.foundation.resilience.guard import Guard
from arbedge.foundation.runtime.clock import SystemClock
from arbedge.lab.config import LabOptions
from arbedge.lab.server import running_lab

pytestmark = pytest.mark.serial


@pytest.mark.parametrize("universe", ["small", "four"])
async def test_every_instrument_is_read_as_ccxt_reads_it(universe):
    async with running_lab(LabOptions(port_base=0, universe=universe, scenario="calm")) as lab:
        url = lab.url_of("okx")
        venue = build(VenueConfig(base_url=url), Surroundings(SystemClock(), Random(1)))
        try:
            ours = [each for kind in MarketKind for each in await venue.catalogue.fetch_instruments(kind)]
            guard = Guard("okx:ccxt", GUARD_POLICY, SystemClock(), Random(1))
            theirs = await load_markets("okx", guard, base_url=url)
        finally:
            await venue.close()
        listed = len(lab.stages["okx"].universe.listings)
    assert len(ours) == listed > 10
    assert compare(ours, theirs) == ()
    assert not any(venue.catalogue.unreadable.values())
    perp = next(each for each in ours if each.id.kind is MarketKind.PERP and each.contract_size != 1)
    wrong = [replace(perp, contract_size=perp.contract_size * 10) if each is perp else each for each in ours]
    assert [(each.symbol, each.what) for each in compare(wrong, theirs)] == [(str(perp.id), "contract size")]
