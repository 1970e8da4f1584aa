"""The life of opportunities as a state machine: whatever happens in whatever order, the story told makes sense."""

import asyncio
from decimal import Decimal

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

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
from arbedge.opportunities.detection.life import LifeTracker, Sighting

GRACE_S = 2.0
NAMES = ("BTCUSDT", "ETHUSDT")
OPENED, UPDATED, CLOSED = OpportunityChange.OPENED, OpportunityChange.UPDATED, OpportunityChange.CLOSED


def candidate(name, kind=OpportunityKind.PERP_PERP):
    legs = (
        Leg(InstrumentId("a", MarketKind.PERP, name), Side.BUY),
        Leg(InstrumentId("b", MarketKind.PERP, name), Side.SELL),
    )
    return Candidate(kind, legs)


def sighting(clock, name, net_bps, kind=OpportunityKind.PERP_PERP):
    net = Decimal(net_bps) / 10
    return Sighting(
        candidate=candidate(name, kind),
        asset=name[:3],
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
        evidence_hash=str(net_bps),
        at=clock.now(),
        at_ns=clock.monotonic_ns(),
    )


class Lives(RuleBasedStateMachine):
    @initialize()
    def start(self):
        self.clock = ManualClock()
        self.tracker = LifeTracker(GRACE_S, is_simulated=False)
        self.told = []
        self.last_seen_ns = {}
        self.last_figures = {}

    def tell(self, events):
        self.told += events

    @rule(name=st.sampled_from(NAMES), net_bps=st.integers(5, 9), kind=st.sampled_from(["perp_perp", "funding"]))
    def qualify(self, name, net_bps, kind):
        self.tell(self.tracker.sight(sighting(self.clock, name, net_bps, OpportunityKind(kind))))
        self.last_seen_ns[name] = self.clock.monotonic_ns()
        self.last_figures[name] = net_bps

    @rule(name=st.sampled_from(NAMES))
    def miss(self, name):
        self.tell(
            self.tracker.miss(candidate(name).legs, "net: too little", self.clock.now(), self.clock.monotonic_ns())
        )

    @rule(seconds=st.sampled_from([0.05, 0.5, 1.0, 1.9, 2.1, 10.0]))
    def pass_time(self, seconds):
        asyncio.run(self.clock.advance(seconds))

    @rule(seconds=st.sampled_from([-5.0, 3.0]))
    def correct_the_wall_clock(self, seconds):
        self.clock.shift_wall(seconds)

    @rule()
    def expire(self):
        self.tell(self.tracker.expire(self.clock.now(), self.clock.monotonic_ns()))
        now_ns = self.clock.monotonic_ns()
        fresh = {name for name, seen in self.last_seen_ns.items() if now_ns - seen <= GRACE_S * 1e9}
        assert {o.candidate.legs[0].instrument.symbol for o in self.tracker.open_ones()} <= fresh

    @invariant()
    def the_story_makes_sense(self):
        open_now = {}
        peaks = {}
        stamps = {}
        for event in getattr(self, "told", []):
            told = event.opportunity
            legs = told.candidate.legs
            if event.change is OPENED:
                assert legs not in open_now
                assert told.opened_at == told.updated_at
                open_now[legs] = told.id
                peaks[told.id] = told.priced.net_bps
            else:
                assert open_now[legs] == told.id  # one id while the same legs qualify
                assert told.updated_at >= stamps[told.id]
                peaks[told.id] = max(peaks[told.id], told.priced.net_bps)
            assert told.peak_net_bps >= peaks[told.id]
            stamps[told.id] = told.updated_at
            assert event.evidence == {"net": int(told.priced.net_bps)}
            assert (told.closed_at is None) == (event.change is not CLOSED) == (told.close_reason is None)
            if event.change is CLOSED:
                assert told.closed_at >= told.updated_at >= told.opened_at
                del open_now[legs]
        assert set(open_now.values()) == {
            o.id for o in getattr(self, "tracker", LifeTracker(1, is_simulated=False)).open_ones()
        }

    @invariant()
    def what_is_open_shows_its_latest_figures(self):
        for opportunity in getattr(self, "tracker", LifeTracker(1, is_simulated=False)).open_ones():
            name = opportunity.candidate.legs[0].instrument.symbol
            assert opportunity.priced.net_bps == self.last_figures[name]

    def teardown(self):
        """Ending the watch closes everything exactly once."""
        if hasattr(self, "tracker"):
            self.tell(self.tracker.close_all("stopped", self.clock.now()))
            assert self.tracker.open_ones() == ()
            assert [e.change for e in self.told].count(OPENED) == [e.change for e in self.told].count(CLOSED)


TestLives = Lives.TestCase
TestLives.settings = settings(max_examples=60, stateful_step_count=40, deadline=None)
