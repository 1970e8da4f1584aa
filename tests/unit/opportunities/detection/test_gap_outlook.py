"""What a recorded gap changes: the share by horizon, what qualifies on what, and what the evidence tells."""

from datetime import timedelta
from decimal import Decimal

import pytest

from arbedge.domain.funding import Settlement, SettlementStatus
from arbedge.domain.opportunity import Gate, Qualification
from arbedge.foundation.runtime.clock import ManualClock
from arbedge.market.history.reversion import Reversion
from arbedge.opportunities.config import OpportunityConfig
from arbedge.opportunities.detection.detector import DetectionSettings, Detector
from arbedge.opportunities.detection.documents import Provenance
from arbedge.opportunities.detection.outlook import outlook
from arbedge.opportunities.evidence import parse
from arbedge.opportunities.fakes import ScriptedMarket, perp, spot
from arbedge.opportunities.pricing import price

HORIZONS = OpportunityConfig().horizons_h


class Told:
    """A `GapRecord` that says what it was told, and remembers who was asked about."""

    def __init__(self, answer):
        self.answer = answer
        self.asked = []

    def reversion(self, long, short):
        self.asked.append((long, short))
        return self.answer


def look(answer, perp_bid="60600"):
    """A sweep over BTC spot at 60,000 and its perpetual: the events, and what was rejected."""
    clock = ManualClock()
    market = ScriptedMarket(clock, HORIZONS)
    long, short = market.add(spot("BTCUSDT", "BTC")), market.add(perp("BTCUSDT", "BTC"))
    market.settle(
        short,
        [
            Settlement(clock.now() + timedelta(hours=1 + 8 * k), Decimal("0.0001"), SettlementStatus.ESTIMATE)
            for k in range(24)
        ],
    )
    market.quote_top(long, "59999", "60000")
    market.quote_top(short, perp_bid, str(Decimal(perp_bid) + 1))
    events, gaps = [], None if answer is None else Told(answer)
    provenance = Provenance(config_hash="c0ffee", code_version="0.1.0")
    settings = DetectionSettings(config=OpportunityConfig(), provenance=provenance)
    detector = Detector(market, settings, clock, events.append, gaps)
    detector.sweep()
    if gaps is not None:
        assert set(gaps.asked) >= {(long, short)}
    return events, detector.rejections()


def test_a_gap_proven_to_close_qualifies_on_its_net_with_the_share_of_its_horizon():
    events, _ = look(Reversion(mean=0.0, half_life_h=2.0, observed_h=70.0))
    found, evidence = events[0].opportunity, events[0].evidence
    assert found.qualifies_on is Qualification.NET
    assert found.half_life_s == 7200
    assert found.priced.net > 0
    hours = float(found.horizon_hours)
    assert float(evidence["convergence"]) == pytest.approx(1 - 2 ** (-hours / 2), rel=1e-9)
    assert price(parse(evidence)) == found.priced
    told = evidence["gap_history"]
    assert (told["mean"], told["half_life_hours"], told["observed_hours"]) == ("0", "2", "70")
    assert float(told["gap"]) == pytest.approx(60600.5 / 59999.5 - 1)
    assert "came back to 0 bps with a half-life of 2.00 h" in told["basis"]


def test_each_horizon_has_its_own_share():
    far = outlook(Told(Reversion(0.0, 24.0, 70.0)), (0, 1), Decimal(100), Decimal(101))
    assert list(far.shares(HORIZONS).values()) == sorted(far.shares(HORIZONS).values())
    assert far.share(Decimal(24)) == Decimal("0.5")
    assert far.share(Decimal(48)) == Decimal("0.75")


def test_a_gap_proven_to_stay_open_is_not_offered_as_one_that_may_close():
    events, rejections = look(Reversion(mean=0.0101, half_life_h=1.0, observed_h=70.0))
    assert not events
    rejected = next(each for each in rejections if each.gate is Gate.NET)
    assert "came back to 101 bps" in rejected.reason


@pytest.mark.parametrize("answer", [None, "seen together for 3.0 h, 24 h needed"])
def test_without_a_day_of_history_it_qualifies_only_if_it_closes_and_says_why(answer):
    events, _ = look(answer)
    found = events[0].opportunity
    assert found.qualifies_on is Qualification.NET_CLOSE
    assert found.half_life_s is None
    assert events[0].evidence["convergence"] == "0"
    assert events[0].evidence["gap_history"]["basis"] == (answer or "no prices are recorded")


def test_an_adverse_gap_costs_all_of_itself_without_history_and_its_way_to_the_mean_with_it():
    low, high = Decimal(99), Decimal(100)
    assert outlook(None, (0, 1), high, low).share(Decimal(8)) == 1
    told = outlook(Told(Reversion(-0.01, 1.0, 70.0)), (0, 1), high, low)
    assert told.share(Decimal(8)) == 0
    assert outlook(None, (0, 1), low, low).share(Decimal(8)) == 0
