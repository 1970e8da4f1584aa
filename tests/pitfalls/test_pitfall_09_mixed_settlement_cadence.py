"""Pitfall 9: between the rounds of a slow leg the fast leg alone has paid; both are counted to one horizon."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest

from arbedge.opportunities.evidence import parse
from arbedge.opportunities.pricing import price

NOW = datetime(2026, 11, 22, 12, 30, tzinfo=UTC)
HOURLY, EIGHT_HOURLY = Decimal("0.0002"), Decimal("0.002")
BOOK = {"bids": [["99.99", "1000"]], "asks": [["100", "1000"]]}


def leg(rate, first_h, every_h, until_h=24):
    hours = range(int((until_h - first_h) / every_h) + 1)
    return {
        "kind": "perp", "lot": "0.01", "taker_fee": "0", "mark": "100", "book": BOOK,
        "settlements": [
            {"at": (NOW + timedelta(hours=first_h + every_h * k)).isoformat(), "rate": str(rate),
             "status": "estimate"} for k in hours
        ],
    }  # fmt: skip


def funding_at(horizon_h):
    document = {
        "schema": "arbedge.evidence/1", "kind": "funding", "as_of": NOW.isoformat(), "notional": "10000",
        "horizon_hours": str(horizon_h), "long": leg(HOURLY, 0.5, 1), "short": leg(EIGHT_HOURLY, 7.5, 8),
    }  # fmt: skip
    return price(parse(document)).funding


@pytest.mark.parametrize(
    ("horizon_h", "fast_rounds", "slow_rounds"), [("1", 1, 0), ("4", 4, 0), ("7", 7, 0), ("8", 8, 1), ("24", 24, 3)]
)
def test_each_leg_counts_the_rounds_it_has_to_the_horizon(horizon_h, fast_rounds, slow_rounds):
    expected = Decimal(10_000) * (EIGHT_HOURLY * slow_rounds - HOURLY * fast_rounds)
    assert funding_at(horizon_h) == expected


def test_between_rounds_the_sign_is_not_that_of_the_whole():
    assert funding_at("7") < 0 < funding_at("8")
    # rate against rate, as if both were for one round, promises four and a half times what a round of eight hours pays
    naive = EIGHT_HOURLY - HOURLY
    assert naive == Decimal("0.0018")
    assert funding_at("8") / 10_000 == EIGHT_HOURLY - 8 * HOURLY == Decimal("0.0004")
