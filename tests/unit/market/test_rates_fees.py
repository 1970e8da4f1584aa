"""Rates between currencies, and what a taker pays."""

from dataclasses import replace
from datetime import date
from decimal import Decimal
from math import isnan

import pytest

from arbedge.domain.fees import FeeAsset
from arbedge.domain.instrument import MarketKind
from arbedge.errors import NotFound
from arbedge.market.board import QuoteBoard
from arbedge.market.fakes import instrument_of
from arbedge.market.fees import FeeTable
from arbedge.market.rates import QuoteRates
from arbedge.market.universe.registry import Universe

SPOT, PERP = MarketKind.SPOT, MarketKind.PERP
USDC, ETH_USDC, TRY, BTC_TRY, PEPE, ETH_DAI, PERP_USDC = range(7)


class Bench:
    def __init__(self):
        self.universe = Universe()
        self.board = QuoteBoard(1)
        self.dead = set()
        spots = [
            ("USDC", "USDT"),
            ("ETH", "USDC"),
            ("USDT", "TRY"),
            ("BTC", "TRY"),
            ("PEPE", "USDT"),
            ("ETH", "DAI"),
        ]
        self.universe.merge("binance", SPOT, [instrument_of("binance", SPOT, *each) for each in spots])
        perp = instrument_of("binance", PERP, "1000PEPE", "USDC", multiplier=1000, asset="PEPE")
        self.universe.merge("binance", PERP, [perp])
        self.board.extend([each.id for each in self.universe.instruments])
        self.rates = QuoteRates(self.universe, self.board, FeeTable(), lambda slot: slot not in self.dead)
        self.rates.renew()

    def quote(self, slot, bid, ask):
        self.board.store(slot, bid, 1.0, ask, 1.0, 0, 0, 1)
        self.rates.on_quote(slot)


@pytest.fixture
def bench():
    return Bench()


def test_the_reporting_currency_is_itself_and_costs_nothing(bench):
    assert (bench.rates.find("USDT").rate, bench.rates.find("USDT").cost) == (Decimal(1), Decimal(0))
    assert bench.board.scale(PEPE) == 1.0


def test_no_rate_is_assumed(bench):
    assert bench.rates.find("USDC") is None
    assert bench.rates.find("DAI") is None
    assert isnan(bench.board.scale(ETH_USDC))
    assert isnan(bench.board.scale(ETH_DAI))


def test_a_live_market_tells_the_rate_and_half_its_spread_and_fee_the_cost(bench):
    bench.quote(USDC, 0.999, 1.0)
    found = bench.rates.find("USDC")
    assert found.rate == Decimal("0.9995")
    assert found.cost == pytest.approx(
        Decimal("0.0005") / Decimal("0.9995") + Decimal("0.001"), abs=Decimal("1e-20")
    )
    assert bench.board.scale(ETH_USDC) == pytest.approx(0.9995)
    assert bench.board.scale(PERP_USDC) == pytest.approx(0.0009995)


def test_a_market_the_other_way_round_is_inverted(bench):
    bench.quote(TRY, 39.0, 41.0)
    assert bench.rates.find("TRY").rate == Decimal("0.025")
    assert bench.rates.find("TRY").cost == Decimal("0.026")
    assert bench.board.scale(BTC_TRY) == pytest.approx(0.025)


def test_a_lost_or_silent_market_tells_nothing(bench):
    bench.quote(USDC, 0.999, 1.0)
    bench.dead.add(USDC)
    assert bench.rates.find("USDC") is None
    bench.dead.clear()
    bench.board.invalidate([USDC])
    bench.rates.on_quote(USDC)
    assert bench.rates.find("USDC") is None
    assert isnan(bench.board.scale(ETH_USDC))
    bench.quote(USDC, 0.999, 1.0)
    assert bench.board.scale(ETH_USDC) == pytest.approx(0.9995)


def test_a_new_listing_gets_its_scale(bench):
    bench.quote(USDC, 1.0, 1.002)
    listed = [each for each in bench.universe.instruments if each.id.kind is SPOT]
    bench.universe.merge("binance", SPOT, [*listed, instrument_of("binance", SPOT, "SOL", "USDC")])
    bench.board.extend([bench.universe.instruments[7].id])
    bench.rates.renew()
    assert bench.board.scale(7) == pytest.approx(1.001)


def test_fees_have_a_source_a_day_and_the_asset_they_are_taken_from():
    fees = FeeTable()
    spot = fees.of(instrument_of("binance", SPOT, "BTC"))
    perp = fees.of(instrument_of("binance", PERP, "BTC"))
    assert (spot.taker, spot.asset) == (Decimal("0.001"), FeeAsset.RECEIVED)
    assert (perp.taker, perp.asset) == (Decimal("0.0005"), FeeAsset.QUOTE)
    assert spot.source
    assert spot.as_of >= date(2026, 1, 1)


def test_own_rates_win_and_say_so():
    fees = FeeTable(own_rates={("binance", PERP): Decimal("0.0002")}, as_of=date(2026, 11, 22))
    assert fees.of_market("binance", PERP).taker == Decimal("0.0002")
    assert fees.of_market("binance", PERP).source == "your settings"
    assert fees.of_market("binance", SPOT).taker == Decimal("0.001")


def test_what_the_venue_lists_wins_over_the_schedule_and_own_rates_over_both():
    dear = replace(instrument_of("bitget", PERP, "NEW"), taker_fee=Decimal("0.0008"))
    told = FeeTable(as_of=date(2026, 11, 23)).of(dear)
    assert (told.taker, told.source, told.as_of) == (
        Decimal("0.0008"), "bitget's list of instruments", date(2026, 11, 23)
    )  # fmt: skip
    assert told.asset == FeeTable().of(instrument_of("bitget", PERP, "BTC")).asset
    assert FeeTable().of(replace(dear, taker_fee=None)).taker == Decimal("0.0006")
    own = FeeTable(own_rates={("bitget", PERP): Decimal("0.0002")}).of(dear)
    assert (own.taker, own.source) == (Decimal("0.0002"), "your settings")


def test_a_market_without_a_schedule_is_never_free():
    with pytest.raises(NotFound, match="no fee schedule for mexc spot"):
        FeeTable().of(instrument_of("mexc", SPOT, "BTC"))
    with pytest.raises(NotFound, match="mexc spot"):
        FeeTable(own_rates={("mexc", SPOT): Decimal(0)})


def test_a_venue_that_stands_apart_does_not_move_what_a_currency_is_worth_everywhere(bench):
    for venue in ("bybit", "okx", "bitget"):
        bench.universe.merge(venue, SPOT, [instrument_of(venue, SPOT, "USDC", "USDT")])
    bench.board.extend([each.id for each in bench.universe.instruments[PERP_USDC + 1 :]])
    bench.rates.renew()
    bench.quote(USDC, 1.0599, 1.0601)  # listed first, and six percent off
    for slot, mid in zip(range(PERP_USDC + 1, PERP_USDC + 4), (0.9997, 0.9999, 1.0001), strict=True):
        bench.quote(slot, mid - 0.0001, mid + 0.0001)
    assert bench.rates.find("USDC").rate == Decimal("0.9999")
    assert bench.board.scale(ETH_USDC) == pytest.approx(0.9999)
