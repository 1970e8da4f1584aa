"""Pitfall 8: a predicted rate is no money; only who holds at the settlement is paid, and what was paid is told apart."""

import copy
from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest

from arbedge.domain.funding import FundingState, SettlementStatus
from arbedge.domain.instrument import InstrumentId, MarketKind
from arbedge.market.forecast import ForecastRule
from arbedge.opportunities.evidence import parse
from arbedge.opportunities.pricing import price

NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)
PAIR = {
    "schema": "arbedge.evidence/1", "kind": "spot_perp", "as_of": NOW.isoformat(), "notional": "1000",
    "long": {"kind": "spot", "lot": "0.01", "taker_fee": "0",
             "book": {"bids": [["99.99", "100"]], "asks": [["100", "100"]]}},
    "short": {"kind": "perp", "lot": "0.01", "taker_fee": "0", "mark": "100",
              "book": {"bids": [["100", "100"]], "asks": [["100.01", "100"]]}},
}  # fmt: skip


def funding_of(horizon_h, *settlements):
    document = copy.deepcopy(PAIR) | {"horizon_hours": str(horizon_h)}
    document["short"]["settlements"] = [
        {"at": (NOW + timedelta(hours=hours)).isoformat(), "rate": "0.001", "status": status}
        for hours, status in settlements
    ]
    return price(parse(document)).funding


@pytest.mark.parametrize(("held_h", "paid"), [("3.9", 0), ("4", 1), ("11.9", 1), ("12", 2)])
def test_money_moves_at_settlements_and_never_between_them(held_h, paid):
    naive = Decimal(1000) * Decimal("0.001") * Decimal(held_h) / 8  # dripping by the hour
    funding = funding_of(held_h, (4, "estimate"), (12, "forecast"))
    assert funding == paid
    assert funding != naive


def test_who_enters_within_the_guard_of_a_settlement_does_not_count_on_it():
    assert funding_of(8, (0.01, "estimate")) == 0
    assert funding_of(8, (0.02, "estimate")) == 1


def test_what_is_predicted_never_says_settled():
    state = FundingState(
        instrument=InstrumentId("okx", MarketKind.PERP, "BTC-USDT-SWAP"), rate=Decimal("0.001"),
        next_at=NOW + timedelta(hours=4), interval_hours=Decimal(8), default_rate=Decimal("0.0001"), cap=None,
        floor=None, mark=None, index=None, venue_at_ms=None, received_ns=1,
    )  # fmt: skip
    found = ForecastRule(Decimal("0.5")).settlements(state, NOW, NOW + timedelta(hours=30), guard_s=60)
    assert [each.status for each in found] == [SettlementStatus.ESTIMATE] + [SettlementStatus.FORECAST] * 3
    # today's rate for ever is what pages advertise; the expected rounds fade
    assert sum(each.rate for each in found) < 4 * state.rate / 2
