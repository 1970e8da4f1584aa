"""A coin that cannot get in or out of a venue makes gaps nobody can close: it ranks every row of it lower.

Whoever looks at the gap alone puts the cut off coin first, also for contracts, which move no coin at all. The state is
told per network, has an age, and unknown is never open.
"""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest

from arbedge.domain.funding import Settlement, SettlementStatus
from arbedge.domain.network import CoinNetwork, NetworkFinding, NetworkState
from arbedge.domain.opportunity import OpportunityKind
from arbedge.foundation.runtime.clock import ManualClock
from arbedge.market.networks import NetworkTable
from arbedge.opportunities.config import OpportunityConfig
from arbedge.opportunities.detection.detector import DetectionSettings, Detector
from arbedge.opportunities.detection.documents import Provenance
from arbedge.opportunities.fakes import ScriptedMarket, perp, spot
from arbedge.opportunities.ranking.leaderboard import Leaderboard
from arbedge.opportunities.ranking.score import rank_key

OPEN, CLOSED, UNKNOWN = NetworkState.OPEN, NetworkState.CLOSED, NetworkState.UNKNOWN
KINDS = {
    OpportunityKind.SPOT_SPOT: (spot, spot),
    OpportunityKind.SPOT_PERP: (spot, perp),
    OpportunityKind.PERP_SPOT: (perp, spot),
    OpportunityKind.PERP_PERP: (perp, perp),
}


def finding(coin, deposit, withdraw):
    return NetworkFinding(
        venue="bitget", coin=coin, deposit=deposit, withdraw=withdraw, age_s=5.0, source="its public list"
    )


class Stage:
    """Coins under one gap each, bought at bitget and sold at binance."""

    def __init__(self, kind, gaps):
        self.clock = ManualClock()
        self.market = ScriptedMarket(self.clock, OpportunityConfig().horizons_h)
        self.board = Leaderboard(10)
        self.legs = {}
        bought, sold = KINDS[kind]
        for coin, gap_bps in gaps.items():
            here = self.market.add(bought(f"{coin}USDT", coin, venue="bitget"))
            there = self.market.add(sold(f"{coin}USDT", coin, venue="binance"))
            for slot, make in ((here, bought), (there, sold)):
                if make is perp:
                    at = self.clock.now() + timedelta(hours=4)
                    self.market.settle(slot, [Settlement(at, Decimal(0), SettlementStatus.ESTIMATE)])
            self.market.quote_top(here, "99.999", "100")
            self.market.quote_top(there, str(100 + gap_bps / 100), str(Decimal(str(100 + gap_bps / 100)) + 1))
            self.legs[coin] = (here, there)
        settings = DetectionSettings(
            config=OpportunityConfig(kinds=(kind,)), provenance=Provenance(config_hash="c", code_version="0")
        )
        self.detector = Detector(self.market, settings, self.clock, self.board.apply)

    def ranked(self):
        self.detector.sweep()
        return [each.asset for each in self.board.top()]


@pytest.mark.parametrize("kind", list(KINDS))
def test_the_wider_gap_of_a_cut_off_coin_ranks_below_the_one_that_can_be_had(kind):
    gaps = {"STUCK": 150, "FREE": 140}
    naive = Stage(kind, gaps)
    assert naive.ranked() == ["STUCK", "FREE"]  # by the gap alone, the trap comes first
    stage = Stage(kind, gaps)
    stage.market.alter(stage.legs["STUCK"][0], networks=finding("STUCK", CLOSED, CLOSED))
    stage.market.alter(stage.legs["FREE"][0], networks=finding("FREE", OPEN, OPEN))
    assert stage.ranked() == ["FREE", "STUCK"]


def test_the_other_leg_counts_as_well_and_the_most_cut_off_one_decides():
    stage = Stage(OpportunityKind.SPOT_PERP, {"ABC": 150})
    here, there = stage.legs["ABC"]
    stage.market.alter(here, networks=finding("ABC", OPEN, OPEN))
    stage.market.alter(there, networks=finding("ABC", OPEN, CLOSED))
    stage.ranked()
    parts = {name: value for name, value, _ in stage.board.top()[0].score.parts}
    assert parts["networks"] == 0.5


def test_closed_is_worse_than_unknown_and_unknown_worse_than_open():
    totals = {}
    for name, states in {"closed": (CLOSED, CLOSED), "one way": (OPEN, CLOSED), "unknown": (UNKNOWN, UNKNOWN),
                         "open": (OPEN, OPEN)}.items():  # fmt: skip
        stage = Stage(OpportunityKind.PERP_PERP, {"ABC": 150})
        stage.market.alter(stage.legs["ABC"][0], networks=finding("ABC", *states))
        stage.ranked()
        (found,) = stage.board.top()
        totals[name] = found.score.total
        assert ("networks" in {part[0] for part in found.score.parts}) is (name != "unknown")
    assert totals["closed"] < totals["one way"] < totals["open"]
    assert totals["closed"] < totals["unknown"] < totals["open"]


def test_rank_key_follows():
    stage = Stage(OpportunityKind.PERP_PERP, {"ABC": 150})
    stage.ranked()
    (found,) = stage.board.top()
    worse = replace(found, score=replace(found.score, total=found.score.total / 2))
    assert rank_key(found) < rank_key(worse)


async def test_what_was_open_ten_minutes_ago_is_unknown_now():
    clock = ManualClock(datetime(2026, 11, 22, tzinfo=UTC))
    table = NetworkTable(clock, max_age_s=600)
    row = CoinNetwork(venue="bitget", coin="ABC", network="ETH", label="ERC20", deposit=OPEN, withdraw=OPEN,
                      withdraw_fee=Decimal(1), received_ns=clock.monotonic_ns())  # fmt: skip
    table.learn("bitget", [row])
    assert table.find("bitget", "ABC").open_share == 1.0
    await clock.advance(601)
    assert table.find("bitget", "ABC").open_share is None
