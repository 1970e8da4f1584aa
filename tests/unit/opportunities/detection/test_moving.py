"""Spot against spot where the coin moves: the gate `network`, the fee in the evidence, both modes, and the words."""

import json
from datetime import timedelta
from decimal import Decimal

import pytest

from arbedge.cli.explaining import explain
from arbedge.cli.rows import opportunity_row
from arbedge.domain.network import NetworkFinding, NetworkState, TransferRoute
from arbedge.domain.opportunity import Gate, OpportunityKind
from arbedge.foundation.runtime.clock import ManualClock
from arbedge.opportunities.config import OpportunityConfig
from arbedge.opportunities.detection.detector import DetectionSettings, Detector
from arbedge.opportunities.detection.documents import Provenance
from arbedge.opportunities.evidence import parse
from arbedge.opportunities.fakes import ScriptedMarket, spot
from arbedge.opportunities.pricing import price

OPEN, CLOSED, UNKNOWN = NetworkState.OPEN, NetworkState.CLOSED, NetworkState.UNKNOWN


def route(**changes):
    fields = {"network": "TRX", "withdraw_fee": Decimal("0.00001"), "withdraw_fee_pct": Decimal(0),
              "needs_memo": False, "is_congested": False, "age_s": 30.0}  # fmt: skip
    return TransferRoute(**(fields | changes))


class Stage:
    """BTC on two venues, 100 bps apart: buy at the first, sell at the second."""

    def __init__(self, mode, **settings):
        self.clock = ManualClock()
        self.market = ScriptedMarket(self.clock, OpportunityConfig().horizons_h)
        self.here = self.market.add(spot("BTCUSDT", "BTC", venue="bitget"))
        self.there = self.market.add(spot("BTCUSDT", "BTC", venue="binance"))
        self.events = []
        config = OpportunityConfig(kinds=(OpportunityKind.SPOT_SPOT,), spot_spot_mode=mode, **settings)
        provenance = Provenance(config_hash="c0ffee", code_version="0.1.0")
        detection = DetectionSettings(config=config, provenance=provenance)
        self.detector = Detector(self.market, detection, self.clock, self.events.append)
        self.market.quote_top(self.here, "59999", "60000")
        self.market.quote_top(self.there, "60600", "60601")

    def sweep(self):
        self.detector.sweep()
        return self.events[-1].opportunity if self.events else None


def test_prefunded_moves_nothing_and_asks_for_no_network():
    found = Stage("prefunded").sweep()
    assert found.transfer is None
    assert found.priced.transfer == 0


def test_a_transfer_pays_the_withdrawal_fee_and_says_over_which_network():
    stage = Stage("transfer")
    stage.market.move(stage.here, stage.there, route(withdraw_fee_pct=Decimal("0.001")))
    found = stage.sweep()
    evidence = stage.events[-1].evidence
    assert found.transfer.network == "TRX"
    assert evidence["mode"] == "transfer"
    assert (evidence["withdraw_fee_base"], evidence["withdraw_fee_pct"]) == ("0.00001", "0.001")
    assert evidence["transfer"]["network"] == "TRX"
    received = found.priced.order_qty * Decimal("0.999")
    assert found.priced.transfer == -(Decimal("0.00001") + received * Decimal("0.001")) * found.priced.long_vwap
    assert price(parse(json.loads(json.dumps(evidence)))) == found.priced


def test_without_an_open_network_a_transfer_is_rejected_with_the_reason():
    stage = Stage("transfer")
    assert stage.sweep() is None
    (rejection,) = stage.detector.rejections()
    assert rejection.gate is Gate.NETWORK
    assert "unknown is not open" in rejection.reason
    assert dict(stage.detector.rejected()) == {Gate.NETWORK: 1}


def test_a_fee_that_eats_the_gap_is_found_out_at_the_net():
    stage = Stage("transfer")
    stage.market.move(stage.here, stage.there, route(withdraw_fee=Decimal("0.0002")))
    assert stage.sweep() is None
    assert stage.detector.rejections()[0].gate is Gate.NET


def test_a_fee_above_what_was_bought_is_found_out_at_the_size():
    stage = Stage("transfer")
    stage.market.move(stage.here, stage.there, route(withdraw_fee=Decimal(1)))
    assert stage.sweep() is None
    assert stage.detector.rejections()[0].gate is Gate.SIZE


@pytest.mark.parametrize(
    ("way", "moves"),
    [(route(), True), (route(withdraw_fee=Decimal("0.0002")), False), ("no network in common", False)],
)
def test_both_moves_the_coin_where_that_pays_and_sells_inventory_where_not(way, moves):
    stage = Stage("both")
    stage.market.move(stage.here, stage.there, way)
    found = stage.sweep()
    assert (found.transfer is not None) is moves
    assert stage.events[-1].evidence["mode"] == ("transfer" if moves else "prefunded")


async def test_a_network_that_closes_closes_the_opportunity():
    stage = Stage("transfer")
    stage.market.move(stage.here, stage.there, route())
    assert stage.sweep().closed_at is None
    stage.market.move(stage.here, stage.there, "TRX: deposits to binance are closed")
    for _ in range(15):
        await stage.clock.advance(1)
        stage.detector.sweep()
    closed = stage.events[-1].opportunity
    assert closed.close_reason == "network: TRX: deposits to binance are closed"
    assert closed.closed_at - closed.opened_at < timedelta(seconds=16)


def test_rows_and_words_tell_state_age_source_and_the_way(capsys):
    stage = Stage("transfer")
    told = NetworkFinding(venue="bitget", coin="BTC", deposit=OPEN, withdraw=CLOSED, age_s=42.04, source="its list")
    silent = NetworkFinding(
        venue="binance", coin="BTC", deposit=UNKNOWN, withdraw=UNKNOWN, age_s=None, source="key holders only"
    )
    stage.market.alter(stage.here, networks=told)
    stage.market.alter(stage.there, networks=silent)
    stage.market.move(stage.here, stage.there, route(needs_memo=True))
    found = stage.sweep()
    row = opportunity_row(found)
    assert row["networks"] == [
        {"venue": "bitget", "coin": "BTC", "deposit": "open", "withdraw": "closed", "age_s": 42.0,
         "source": "its list"},
        {"venue": "binance", "coin": "BTC", "deposit": "unknown", "withdraw": "unknown", "age_s": None,
         "source": "key holders only"},
    ]  # fmt: skip
    assert row["transfer_over"] == {"network": "TRX", "withdraw_fee_base": "0.00001", "withdraw_fee_pct": "0",
                                    "needs_memo": True, "congested": False, "age_s": 30.0}  # fmt: skip
    explain(found)
    told_words = capsys.readouterr().out
    assert "BTC at bitget: deposits open, withdrawals closed (its list, 42 s old)" in told_words
    assert "BTC at binance: deposits unknown, withdrawals unknown (key holders only)" in told_words
    assert "moves over   TRX, fee 0.00001 of the coin, needs a memo, read 30 s before" in told_words
