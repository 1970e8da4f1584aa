"""Pitfall 6: the hours between settlements belong to a contract and a moment; none is assumed, changes are read anew."""

import importlib
from decimal import Decimal
from random import Random

import pytest

from arbedge.exchanges.config import VenueConfig
from arbedge.exchanges.transport.surroundings import Surroundings
from arbedge.foundation.runtime.clock import SystemClock
from arbedge.lab.config import LabOptions
from arbedge.lab.server import running_lab

THREE_A_DAY = 3


@pytest.mark.parametrize("name", ["binance", "bybit", "okx", "bitget"])
async def test_a_contract_that_begins_to_settle_hourly_is_read_as_hourly(name):
    symbol = {"okx": "SHIFTY-USDT-SWAP"}.get(name, "SHIFTYUSDT")
    adapter = importlib.import_module(f"arbedge.exchanges.{name}.adapter")
    options = LabOptions(port_base=0, universe="small", scenario="calm", traps=("funding_change", "funding_2h"))
    async with running_lab(options) as lab:
        around = Surroundings(SystemClock(), Random(1))
        venue = adapter.build(VenueConfig(base_url=lab.url_of(name)), around)
        again = adapter.build(VenueConfig(base_url=lab.url_of(name)), around)
        stage = lab.stages[name]
        book = stage.world.books["usdm", symbol]
        try:
            before = {state.instrument.symbol: state for state in await venue.catalogue.fetch_funding()}
            stage.funding.changes(book.listing, stage.true_ms())
            stage.world.settle_every(("usdm", symbol), 1)
            after = {state.instrument.symbol: state for state in await again.catalogue.fetch_funding()}
        finally:
            await venue.close()
            await again.close()
    first, second = before[symbol], after[symbol]
    assert (first.interval_hours, second.interval_hours) == (8, 1)
    assert {state.interval_hours for state in after.values()} >= {1, 2}
    # three settlements a day for all would tell a carry that fell to an eighth, though nothing changed
    assert second.rate * THREE_A_DAY < first.rate * THREE_A_DAY / 5
    assert float(second.rate_8h / first.rate_8h) == pytest.approx(1, rel=0.1)
    assert second.rate_per_hour * 24 == pytest.approx(second.rate_8h * 3, rel=Decimal("1e-9"))
