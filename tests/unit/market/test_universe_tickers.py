"""Tickers as claims: by their letters alone, so that nothing else listed can change how one is read."""

from dataclasses import replace
from decimal import Decimal

import pytest

from arbedge.domain.instrument import AssetClass, MarketKind
from arbedge.market.fakes import instrument_of
from arbedge.market.universe.tickers import RENAMES, as_claimed

SPOT, PERP = MarketKind.SPOT, MarketKind.PERP


def read(base, venue="binance", kind=PERP, **changes):
    found = as_claimed(replace(instrument_of(venue, kind, base), **changes))
    return (found.asset, int(found.multiplier))


@pytest.mark.parametrize(
    ("base", "asset", "multiplier"),
    [
        ("1000PEPE", "PEPE", 1000),
        ("SHIB1000", "SHIB", 1000),
        ("10000SATS", "SATS", 10_000),
        ("1MBABYDOGE", "BABYDOGE", 1_000_000),
        ("1000000MOG", "MOG", 1_000_000),
        ("10000000AIDOGE", "AIDOGE", 10_000_000),
        ("kPEPE", "PEPE", 1000),
        ("1000X", "X", 1000),
        ("1000CAT", "CAT", 1000),
        ("CAT", "CAT", 1),
        ("1INCH", "1INCH", 1),
        ("KAVA", "KAVA", 1),
        ("SPX6900", "SPX6900", 1),
        ("100X", "100X", 1),
        ("1000", "1000", 1),
        ("1000000", "1000000", 1),
        ("2000PEPE", "2000PEPE", 1),
        ("BANANAS31", "BANANAS31", 1),
        ("API3", "API3", 1),
        ("C98", "C98", 1),
    ],
)
def test_a_power_of_ten_before_or_behind_a_ticker_is_a_claim(base, asset, multiplier):
    assert read(base) == (asset, multiplier)


def test_spot_and_perpetual_of_every_venue_are_read_alike():
    assert {read("1000CAT", venue, kind) for venue in ("binance", "bybit", "bitget") for kind in (SPOT, PERP)} == {
        ("CAT", 1000)
    }


@pytest.mark.parametrize("asset_class", [AssetClass.STOCK, AssetClass.TOKENISED_STOCK, AssetClass.COMMODITY])
def test_what_is_no_coin_is_never_scaled_by_its_ticker(asset_class):
    assert read("1000CAT", asset_class=asset_class) == ("1000CAT", 1)


def test_a_multiplier_the_venue_states_is_kept():
    assert read("AAPLX", asset="AAPLX", multiplier=Decimal(7)) == ("AAPLX", 7)


@pytest.mark.parametrize(
    ("venue", "base", "asset", "multiplier"),
    [
        ("binance", "LUNA2", "LUNA", 1),
        ("binance", "DODOX", "DODO", 1),
        ("binance", "BEAMX", "BEAM", 1),
        ("bybit", "RONIN", "RON", 1),
        ("bitget", "VELO", "VELODROME", 1),
        ("bybit", "VELO", "VELO", 1),
        ("bybit", "1000NEIROCTO", "NEIRO", 1000),
        ("okx", "LUNA2", "LUNA2", 1),
    ],
)
def test_a_name_of_one_venue_is_read_as_the_others_call_it(venue, base, asset, multiplier):
    assert read(base, venue) == (asset, multiplier)


def test_renames_name_each_market_once_and_never_lead_on():
    names = [(each.venue, each.kind, each.base) for each in RENAMES]
    assert len(set(names)) == len(names)
    assert not {(each.venue, each.kind, each.asset) for each in RENAMES} & set(names)
