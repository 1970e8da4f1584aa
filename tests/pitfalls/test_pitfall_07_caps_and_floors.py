"""Pitfall 7: a venue pays no more than its cap and no less than its floor, whatever the premium would make it."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from arbedge.cli.markets import _funding_row
from arbedge.domain.funding import FundingState
from arbedge.domain.instrument import InstrumentId, MarketKind
from arbedge.exchanges.bybit.adapter import build
from arbedge.exchanges.config import VenueConfig
from arbedge.exchanges.transport.surroundings import Surroundings
from arbedge.foundation.runtime.clock import SystemClock
from arbedge.lab.config import LabOptions
from arbedge.lab.server import running_lab
from arbedge.market.forecast import ForecastRule

NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)
CAP = Decimal("0.0003")


def state_of(rate, default="0.0001", cap=CAP, floor=-CAP):
    return FundingState(
        instrument=InstrumentId("bybit", MarketKind.PERP, "HICAPUSDT"), rate=Decimal(rate),
        next_at=NOW + timedelta(hours=1), interval_hours=Decimal(8), default_rate=Decimal(default), cap=cap,
        floor=floor, mark=Decimal(1), index=Decimal(1), venue_at_ms=None, received_ns=1,
    )  # fmt: skip


async def test_a_rate_at_its_limit_is_read_with_the_limit():
    options = LabOptions(port_base=0, universe="small", scenario="calm", traps=("funding_cap",))
    async with running_lab(options) as lab:
        venue = build(VenueConfig(base_url=lab.url_of("bybit")), Surroundings(SystemClock(), Random(1)))
        try:
            await venue.catalogue.fetch_instruments(MarketKind.PERP)
            states = {state.instrument.symbol: state for state in await venue.catalogue.fetch_funding()}
        finally:
            await venue.close()
    wanted = lab.stages["bybit"].world.bends["usdm", "HICAPUSDT"].funding_rate
    assert wanted > float(CAP) * 60  # what the premium asks for
    assert states["HICAPUSDT"].rate == states["HICAPUSDT"].cap == CAP
    assert states["LOCAPUSDT"].rate == -CAP


@pytest.mark.parametrize(
    ("rate", "mark"),
    [("0.0003", "cap"), ("0.0004", "cap"), ("0.000299", None), ("-0.000299", None), ("-0.0003", "floor")],
)
def test_a_rate_at_its_limit_is_marked(rate, mark):
    assert state_of(rate).at_cap == mark
    assert _funding_row(state_of(rate))["at_cap"] == mark
    assert state_of(rate, cap=None, floor=None).at_cap is None


@pytest.mark.parametrize("rate", ["0", "0.0003", "-0.0003"])
def test_limits_a_venue_leaves_at_zero_mark_nothing(rate):
    assert state_of(rate, cap=Decimal(0), floor=Decimal(0)).at_cap is None


@given(rate=st.decimals("-0.2", "0.2", places=6), default=st.decimals("-0.01", "0.01", places=6))
def test_no_expected_settlement_leaves_the_limits(rate, default):
    found = ForecastRule(Decimal("0.5")).settlements(
        state_of(rate, default), NOW, NOW + timedelta(hours=72), guard_s=60
    )
    assert len(found) == 9
    assert all(-CAP <= each.rate <= CAP for each in found)


def test_unclamped_a_premium_promises_what_is_never_paid():
    until = NOW + timedelta(hours=24)
    clamped = ForecastRule(Decimal("0.5")).settlements(state_of("0.02"), NOW, until, guard_s=60)
    naive = ForecastRule(Decimal("0.5")).settlements(state_of("0.02", cap=None, floor=None), NOW, until, guard_s=60)
    assert sum(each.rate for each in naive) == pytest.approx(Decimal("0.0176"), abs=Decimal("0.0002"))
    assert sum(each.rate for each in clamped) == 3 * CAP
