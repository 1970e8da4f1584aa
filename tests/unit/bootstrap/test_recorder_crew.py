"""The recorder's crew: what one run recorded, the next one remembers, whatever order the venue lists in."""

import asyncio
import time
from datetime import UTC, datetime, timedelta
from decimal import Decimal

import numpy as np
import pytest

from arbedge.bootstrap.crews import Tools
from arbedge.bootstrap.recording import RecorderCrew, RecordingPlan, recordings_folder
from arbedge.bootstrap.settings import load_settings
from arbedge.domain.instrument import MarketKind
from arbedge.foundation.runtime.clock import SystemClock
from arbedge.foundation.runtime.tasks import StandardLog
from arbedge.foundation.telemetry.metrics import Metrics
from arbedge.market.config import MarketConfig
from arbedge.market.fakes import ScriptedVenue, instrument_of
from arbedge.market.history.samples import PriceSample
from arbedge.market.refresh import MarketRefresher
from arbedge.market.venues import VenueSources
from arbedge.market.view import LiveMarket, MarketTerms
from arbedge.storage.recordings.config import RecorderConfig
from arbedge.storage.recordings.recorder import Recorder

PATIENCE_S = 20
BASES = ("BTC", "ETH", "SOL")


def spot(base):
    return instrument_of("binance", MarketKind.SPOT, base)


def folder(loaded):
    return recordings_folder(loaded, is_simulated=False)


@pytest.fixture
def loaded(tmp_path):
    environ = {"HOME": str(tmp_path), "ARBEDGE_DATA_DIR": str(tmp_path / "data")}
    return load_settings(environ, folder=tmp_path, overrides={"recorder.every_s": "0.5"})


def written(loaded, rounds):
    """Prices of the three coins in the last `rounds` rounds of 5 minutes, as an earlier run recorded them."""
    recorder = Recorder(folder(loaded), RecorderConfig(min_free_gb=0), [spot(base) for base in BASES])
    recorder.start()
    now = datetime.now(UTC)
    moments = [now - timedelta(minutes=5 * k) for k in range(rounds, 0, -1)]
    for k, at in enumerate(moments):
        prices = np.asarray([100.0 + k, 10.0 + k, 1.0 + k])
        while not recorder.offer(PriceSample(at, np.arange(3, dtype=np.intp), prices)):
            time.sleep(0.01)  # the disk is behind
    assert recorder.close(PATIENCE_S)


async def until(condition):
    async with asyncio.timeout(PATIENCE_S):
        while not condition():  # noqa: ASYNC110 - a thread and a loop are waited for, neither has an event
            await asyncio.sleep(0.01)


def start_over(loaded, bases, *, is_writing=True):
    """A new process's market, refresher and crew over a venue that lists these coins."""
    clock = SystemClock()
    market = LiveMarket(MarketConfig(), MarketTerms(horizons_h=(Decimal(8),)), clock, {})
    venue = ScriptedVenue(clock, [spot(base) for base in bases])
    sources = VenueSources(venue, venue, (MarketKind.SPOT,))
    refresher = MarketRefresher(market, {"binance": sources}, MarketConfig(), clock)
    plan = RecordingPlan(folder(loaded), loaded.settings.recorder, is_writing=is_writing)
    crew = RecorderCrew(Tools(clock, StandardLog(), Metrics()), plan, market, refresher)
    return market, refresher, crew


async def test_a_restart_keeps_what_was_recorded(loaded):
    written(loaded, 300)
    market, refresher, crew = start_over(loaded, ["SOL", "XRP", "BTC"])  # ETH is gone, the order is another
    await crew.start()
    crew.put_to_work("refresh", refresher.run)
    await until(lambda: crew.recalled == 600)
    slots = {each.base: slot for slot, each in enumerate(market.instruments())}
    history = market.history
    btc, sol = history.series(slots["BTC"]), history.series(slots["SOL"])
    known = ~np.isnan(btc)
    assert np.count_nonzero(known) == 300
    assert (btc[known] - sol[known] == 99).all()
    assert (np.diff(btc[known]) == 1).all()
    assert history.covered_h(slots["BTC"], slots["SOL"]) == 25
    assert np.isnan(history.series(slots["XRP"])).all()
    assert await crew.ping() is None
    await crew.stop()


async def test_damaged_recordings_are_told_and_the_rest_goes_on(loaded):
    written(loaded, 3)
    for part in folder(loaded).rglob("*.parquet"):
        part.write_bytes(b"PAR1 no more")
    market, refresher, crew = start_over(loaded, ["BTC"])
    await crew.start()
    crew.put_to_work("refresh", refresher.run)
    await until(lambda: crew.status.parts > 0 or market.instruments())
    await crew.stop()
    assert crew.recalled == 0
    assert crew.status.problem is None


async def test_switched_off_it_still_remembers_but_writes_nothing(loaded):
    written(loaded, 3)
    before = sorted(path for path in folder(loaded).rglob("*"))
    market, refresher, crew = start_over(loaded, ["BTC"], is_writing=False)
    await crew.start()
    crew.put_to_work("refresh", refresher.run)
    await until(lambda: crew.recalled == 3)
    assert crew.status is None
    assert np.count_nonzero(~np.isnan(market.history.series(0))) == 3
    await crew.stop()
    assert sorted(path for path in folder(loaded).rglob("*")) == before


def test_simulated_prices_never_lie_beside_real_ones(loaded):
    assert folder(loaded) != recordings_folder(loaded, is_simulated=True)
