"""Pitfall 18: gross is before fees and net is after all of them; every fee has a source and a date, none is guessed."""

import copy
from dataclasses import replace
from decimal import Decimal

import pytest

from arbedge.domain.instrument import InstrumentId, MarketKind
from arbedge.errors import NotFound
from arbedge.market.fakes import instrument_of
from arbedge.market.fees import PUBLIC_SCHEDULE, FeeTable
from arbedge.opportunities.evidence import parse
from arbedge.opportunities.pricing import price

SPOT, PERP = MarketKind.SPOT, MarketKind.PERP
HALF_A_PERCENT = {
    "schema": "arbedge.evidence/1", "kind": "spot_perp", "as_of": "2026-11-22T12:00:00Z", "notional": "1000",
    "convergence": "1",
    "long": {"kind": "spot", "lot": "0.0001", "taker_fee": "0.001", "fee_asset": "received",
             "book": {"bids": [["99.999", "100"]], "asks": [["100", "100"]]}},
    "short": {"kind": "perp", "lot": "0.0001", "taker_fee": "0.0005",
              "book": {"bids": [["100.5", "100"]], "asks": [["100.501", "100"]]}},
}  # fmt: skip


def test_half_a_percent_gross_is_a_fifth_of_one_net():
    found = price(parse(HALF_A_PERCENT))
    gross_bps = (Decimal("100.5") / 100 - 1) * 10_000
    assert gross_bps == 50
    assert 18 < found.net_bps < 21  # four fees: two of 10 bps, two of 5
    assert found.fees_entry + found.fees_exit == pytest.approx(Decimal(-3), abs=Decimal("0.02"))


def test_the_users_tier_overrides_and_shows_in_the_net():
    own = FeeTable(own_rates={("binance", SPOT): Decimal("0.0004")})
    usual = FeeTable()
    btc = instrument_of("binance", SPOT, "BTC")
    assert usual.of(btc).taker == Decimal("0.001")
    assert (own.of(btc).taker, own.of(btc).source) == (Decimal("0.0004"), "your settings")
    cheaper = copy.deepcopy(HALF_A_PERCENT)
    cheaper["long"]["taker_fee"] = str(own.of(btc).taker)
    assert price(parse(cheaper)).net_bps - price(parse(HALF_A_PERCENT)).net_bps == pytest.approx(
        Decimal(12), abs=Decimal("0.1")
    )


def test_every_fee_says_where_it_is_from_and_how_old_it_is():
    for rate in PUBLIC_SCHEDULE.values():
        assert rate.source
        assert rate.as_of.year >= 2026
        assert 0 < rate.taker < Decimal("0.01")


def test_a_market_without_a_schedule_is_refused_and_not_free():
    stranger = instrument_of("binance", SPOT, "BTC")
    stranger = replace(stranger, id=InstrumentId("nowhere", SPOT, "BTCUSDT"))
    with pytest.raises(NotFound):
        FeeTable().of(stranger)
    with pytest.raises(NotFound):
        FeeTable(own_rates={("nowhere", PERP): Decimal(0)})
