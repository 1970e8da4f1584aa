"""What a venue has taken off, halted or announced to end is not tradable, however alive its last quote looks.

Trackers went on showing markets at their default rate for months after the end, because a market once active stayed so.
"""

from dataclasses import replace
from datetime import timedelta
from decimal import Decimal

import pytest

from arbedge.domain.funding import Settlement, SettlementStatus
from arbedge.domain.instrument import InstrumentStatus, MarketKind
from arbedge.domain.opportunity import Gate, IdentityLevel
from arbedge.domain.quarantine import HandDecision, Verdict
from arbedge.foundation.runtime.clock import ManualClock
from arbedge.market.config import MarketConfig
from arbedge.market.fakes import instrument_of
from arbedge.market.ports import IndexComponent
from arbedge.market.view import LiveMarket, MarketTerms
from arbedge.opportunities.config import OpportunityConfig
from arbedge.opportunities.detection.detector import DetectionSettings, Detector
from arbedge.opportunities.detection.documents import Provenance
from arbedge.opportunities.fakes import ScriptedMarket, perp, spot

SPOT, PERP = MarketKind.SPOT, MarketKind.PERP


class Stage:
    """A basis of 100 bps, open."""

    def __init__(self):
        self.clock, self.events = ManualClock(), []
        self.config = OpportunityConfig()
        self.market = ScriptedMarket(self.clock, self.config.horizons_h)
        self.spot = self.market.add(spot("BTCUSDT", "BTC"))
        self.perp = self.market.add(perp("BTCUSDT", "BTC"))
        self.market.quote_top(self.spot, "59999", "60000")
        self.market.quote_top(self.perp, "60600", "60601")
        hours = [self.clock.now() + timedelta(hours=1 + 8 * k) for k in range(24)]
        self.market.settle(
            self.perp, [Settlement(at, Decimal("0.0001"), SettlementStatus.ESTIMATE) for at in hours]
        )
        settings = DetectionSettings(
            config=self.config, provenance=Provenance(config_hash="c0ffee", code_version="0.1.0")
        )
        self.detector = Detector(self.market, settings, self.clock, self.events.append)
        self.detector.sweep()
        assert len(self.detector.open_opportunities()) == 1

    async def sweep_for(self, seconds):
        for _ in range(round(seconds / 0.2)):
            await self.clock.advance(0.2)
            self.detector.sweep()


@pytest.mark.parametrize(
    "status",
    [
        InstrumentStatus.SUSPENDED,
        InstrumentStatus.DELISTED,
        InstrumentStatus.CANCEL_ONLY,
        InstrumentStatus.PRELAUNCH,
    ],
)
async def test_what_stops_trading_closes_what_is_open_although_it_is_still_quoted(status):
    stage = Stage()
    stage.market.alter(stage.spot, instrument=replace(stage.market.instruments()[stage.spot], status=status))
    await stage.sweep_for(5)
    assert stage.detector.open_opportunities() == ()
    assert stage.events[-1].opportunity.close_reason == f"trading: binance:spot:BTCUSDT is {status}, not trading"
    assert stage.detector.rejected() == {Gate.TRADING: 1}


async def test_an_announced_end_closes_what_would_outlive_it():
    stage = Stage()
    ends = stage.clock.now() + timedelta(minutes=59)
    stage.market.alter(stage.perp, instrument=replace(stage.market.instruments()[stage.perp], delists_at=ends))
    await stage.sweep_for(5)
    assert stage.detector.open_opportunities() == ()
    assert "is delisted at" in stage.events[-1].opportunity.close_reason


class Live:
    """A live market of one coin on two venues: `relist` as the venues' next lists say."""

    def __init__(self):
        self.clock = ManualClock()
        self.market = LiveMarket(MarketConfig(), MarketTerms(horizons_h=(Decimal(8),)), self.clock, {})
        self.here, self.there = instrument_of("a", SPOT, "ABC"), instrument_of("b", PERP, "ABC")
        self.list(self.here)
        self.list(self.there)
        self.quote(0, 1.0)
        self.quote(1, 1.001)

    def list(self, *instruments):
        return self.market.accept_listing(instruments[0].id.venue, instruments[0].id.kind, instruments)

    def quote(self, slot, price):
        self.market.accept_top(slot, price * 0.9999, 1.0, price * 1.0001, 1.0, 0, 0, self.clock.monotonic_ns())


def test_one_list_without_it_is_enough():
    live = Live()
    change = live.list(instrument_of("a", SPOT, "XYZ"))
    assert change.delisted == (0,)
    assert live.market.instruments()[0].status is InstrumentStatus.DELISTED
    assert [each.slot for each in live.market.universe.watched("a")] == [2]  # the new one, without a restart


def test_a_symbol_that_comes_back_does_not_inherit_what_its_index_named():
    live = Live()
    live.market.asset_identity.learn(1, [IndexComponent("a", "ABCUSDT", None)])
    assert live.market.identity(0, 1).level is IdentityLevel.INDEX
    live.list(instrument_of("b", PERP, "XYZ"))
    live.list(live.there)
    assert live.market.identity(0, 1).level is IdentityLevel.UNKNOWN
    assert live.market.next_index_wish("b") == 1  # and it is read anew


def test_a_symbol_that_comes_back_does_not_inherit_a_persons_word():
    live = Live()
    live.market.asset_identity.learn(1, [])
    assert live.market.identity(0, 1).case is not None
    (case,) = live.market.identities.quarantine.cases()
    word = HandDecision(Verdict.APPROVED, live.clock.now(), "ann", "the same contract")
    live.market.identities.decide([replace(case, decision=word)])
    assert live.market.identity(0, 1).level is IdentityLevel.RATIO
    live.list(instrument_of("a", SPOT, "XYZ"))
    live.list(live.here)
    assert live.market.identity(0, 1).level is IdentityLevel.UNKNOWN


def test_a_symbol_that_came_back_unnoticed_shows_in_its_price():
    live = Live()
    live.market.asset_identity.learn(1, [IndexComponent("a", "ABCUSDT", None)])
    live.quote(0, 7.0)
    live.quote(0, 7.0)  # a jump counts once a second quote agrees
    finding = live.market.identity(0, 1)
    assert finding.level is IdentityLevel.UNKNOWN
    assert "not one asset" in finding.basis
