from datetime import timedelta
from decimal import Decimal

import pytest

from arbedge.domain.events import OpportunityChange
from arbedge.domain.instrument import InstrumentId, MarketKind
from arbedge.domain.opportunity import (
    Candidate,
    IdentityLevel,
    Leg,
    OpportunityKind,
    Qualification,
    Score,
    Side,
)
from arbedge.domain.priced import PricedTriangle
from arbedge.foundation.runtime.clock import ManualClock
from arbedge.opportunities.detection.life import LifeTracker, Sighting, closed_by_restart, opportunity_id

LEGS = (
    Leg(InstrumentId("a", MarketKind.SPOT, "X"), Side.BUY),
    Leg(InstrumentId("a", MarketKind.PERP, "X"), Side.SELL),
)
OPENED, UPDATED, CLOSED = OpportunityChange.OPENED, OpportunityChange.UPDATED, OpportunityChange.CLOSED


@pytest.fixture
def clock():
    return ManualClock()


def sighting(clock, net_bps=10):
    net = Decimal(net_bps) / 10
    return Sighting(
        candidate=Candidate(OpportunityKind.SPOT_PERP, LEGS),
        asset="X",
        identity=IdentityLevel.INDEX,
        qualifies_on=Qualification.NET,
        notional=Decimal(1000),
        horizon_hours=Decimal(8),
        breakeven_hours=None,
        priced=PricedTriangle(spent=Decimal(1000), end=1000 + net, net=net, net_bps=Decimal(net_bps)),
        size_curve=(),
        capacity_usd=Decimal(1000),
        score=Score(0.5, ()),
        evidence={"net": net_bps},
        evidence_hash="h",
        at=clock.now(),
        at_ns=clock.monotonic_ns(),
    )


def changes(events):
    return [event.change for event in events]


async def test_unchanged_figures_are_told_once_a_second_not_on_every_look(clock):
    tracker = LifeTracker(2.0, is_simulated=False)
    told = list(tracker.sight(sighting(clock)))
    for _ in range(25):
        await clock.advance(0.1)
        told += tracker.sight(sighting(clock))
    assert changes(told) == [OPENED, UPDATED, UPDATED]
    told = tracker.sight(sighting(clock, 11))
    assert changes(told) == [UPDATED]
    assert told[0].opportunity.peak_net_bps == 11


async def test_the_grace_is_inclusive_and_a_longer_gap_is_two_lives(clock):
    tracker = LifeTracker(2.0, is_simulated=False)
    (first,) = tracker.sight(sighting(clock))
    await clock.advance(2.0)
    assert tracker.miss(LEGS, "net: low", clock.now(), clock.monotonic_ns()) == ()
    assert changes(tracker.sight(sighting(clock))) == [UPDATED]
    await clock.advance(2.01)
    told = tracker.sight(sighting(clock))
    assert changes(told) == [CLOSED, OPENED]
    assert told[0].opportunity.id == first.opportunity.id != told[1].opportunity.id
    assert told[0].opportunity.close_reason == "fresh: not confirmed within the grace"


async def test_the_reason_of_a_close_is_the_last_miss_not_one_it_recovered_from(clock):
    tracker = LifeTracker(2.0, is_simulated=False)
    tracker.sight(sighting(clock))
    tracker.miss(LEGS, "fresh: blip", clock.now(), clock.monotonic_ns())
    tracker.sight(sighting(clock))
    await clock.advance(2.5)
    (closed,) = tracker.expire(clock.now(), clock.monotonic_ns())
    assert closed.opportunity.close_reason == "fresh: not confirmed within the grace"
    tracker.sight(sighting(clock))
    await clock.advance(2.5)
    (closed,) = tracker.miss(LEGS, "net: 3 bps", clock.now(), clock.monotonic_ns())
    assert closed.opportunity.close_reason == "net: 3 bps"


async def test_age_and_peak_are_of_this_life(clock):
    tracker = LifeTracker(2.0, is_simulated=True)
    assert tracker.peak_and_age(LEGS, clock.monotonic_ns()) == (None, 0.0)
    tracker.sight(sighting(clock, 12))
    await clock.advance(1.5)
    tracker.sight(sighting(clock, 10))
    assert tracker.peak_and_age(LEGS, clock.monotonic_ns()) == (12, 1.5)
    assert tracker.open_ones()[0].is_simulated
    assert LEGS in tracker
    assert len(tracker) == 1


def test_an_id_is_stable_and_depends_on_candidate_and_moment(clock):
    candidate = Candidate(OpportunityKind.SPOT_PERP, LEGS)
    assert opportunity_id(candidate, clock.now()) == opportunity_id(candidate, clock.now())
    assert len(opportunity_id(candidate, clock.now())) == 16
    assert opportunity_id(candidate, clock.now()) != opportunity_id(candidate, clock.now() + timedelta(seconds=1))
    turned = Candidate(OpportunityKind.SPOT_PERP, LEGS[::-1])
    assert opportunity_id(candidate, clock.now()) != opportunity_id(turned, clock.now())


def test_missing_something_never_open_says_nothing(clock):
    assert LifeTracker(0.0, is_simulated=False).miss(LEGS, "net", clock.now(), clock.monotonic_ns()) == ()


async def test_closing_after_a_restart_keeps_when_it_was_last_seen(clock):
    (opened,) = LifeTracker(2.0, is_simulated=False).sight(sighting(clock))
    await clock.advance(3600)
    event = closed_by_restart(opened.opportunity, opened.evidence, clock.now())
    assert event.opportunity.close_reason == "restart: not watched after 2026-01-01 00:00:00 UTC"
    assert event.opportunity.closed_at == clock.now()
    assert event.opportunity.updated_at == opened.opportunity.updated_at
