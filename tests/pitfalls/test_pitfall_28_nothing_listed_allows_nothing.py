"""Pitfall 28: an empty list, an unknown state or a missing fact allows nothing; what is allowed is said."""

from datetime import timedelta
from decimal import Decimal

import pytest
from pydantic import ValidationError

from arbedge.bootstrap.settings import load_settings
from arbedge.domain.funding import Settlement, SettlementStatus
from arbedge.domain.opportunity import Gate, IdentityLevel
from arbedge.errors import ConfigError
from arbedge.foundation.runtime.clock import ManualClock
from arbedge.market.facts import IdentityFinding
from arbedge.opportunities.config import OpportunityConfig
from arbedge.opportunities.detection.appraisal import Appraiser, Refusal
from arbedge.opportunities.detection.documents import Provenance
from arbedge.opportunities.detection.gates import Freshness
from arbedge.opportunities.detection.routes import Routes
from arbedge.opportunities.fakes import ScriptedMarket, perp, spot


class Room:
    """A spot and a perp 100 bps apart that would qualify."""

    def __init__(self):
        self.clock = ManualClock()
        self.config = OpportunityConfig()
        self.market = ScriptedMarket(self.clock, self.config.horizons_h)
        self.slots = self.market.add(spot("BTCUSDT", "BTC")), self.market.add(perp("BTCUSDT", "BTC"))
        self.market.quote_top(self.slots[0], "59999", "60000")
        self.market.quote_top(self.slots[1], "60600", "60601")
        at = self.clock.now() + timedelta(hours=1)
        self.market.settle(self.slots[1], [Settlement(at, Decimal("0.0001"), SettlementStatus.ESTIMATE)])

    def appraise(self):
        routes = Routes(self.config.kinds)
        routes.extend(self.market.instruments())
        (number,) = [n for n in range(len(routes)) if routes.route(n).slots == self.slots]
        provenance = Provenance(config_hash="c", code_version="v")
        return Appraiser(self.market, self.config, self.clock, provenance, Freshness()).appraise(
            routes.route(number), 0.01
        )


def test_no_kinds_means_none_are_looked_for_or_the_setting_is_refused():
    with pytest.raises(ValidationError):
        OpportunityConfig(kinds=())
    nothing = Routes(())
    nothing.extend([spot("BTCUSDT", "BTC"), perp("BTCUSDT", "BTC"), spot("ETHBTC", "ETH", "BTC")])
    assert len(nothing) == 0


def test_no_venues_are_an_error_and_not_all_venues(tmp_path):
    with pytest.raises(ConfigError):
        load_settings({"HOME": str(tmp_path), "EXCHANGES": ","}, folder=tmp_path)


def test_what_nobody_confirmed_is_not_the_same_asset():
    room = Room()
    assert not isinstance(room.appraise(), Refusal)
    room.market.identify(*room.slots, IdentityFinding(IdentityLevel.UNKNOWN, "nothing is known of either"))
    refused = room.appraise()
    assert isinstance(refused, Refusal)
    assert refused.rejection.gate is Gate.IDENTITY


@pytest.mark.parametrize(
    ("facts", "gate"),
    [
        ({"turnover": None}, Gate.LIQUIDITY),
        ({"book": None, "book_problem": "no book yet"}, Gate.BOOK),
        ({"is_alive": False, "alive_problem": "no stream connection carries it"}, Gate.FRESH),
    ],
)
def test_a_fact_that_is_missing_is_a_no(facts, gate):
    room = Room()
    room.market.alter(room.slots[0], **facts)
    refused = room.appraise()
    assert isinstance(refused, Refusal)
    assert refused.rejection.gate is gate


def test_funding_nobody_told_is_unknown_and_not_zero():
    room = Room()
    room.market.settle(room.slots[1], [])
    refused = room.appraise()
    assert isinstance(refused, Refusal)
    assert refused.rejection.gate is Gate.FRESH
    assert "funding not known" in refused.rejection.reason
