from dataclasses import replace
from math import nan

import pytest

from arbedge.domain.instrument import AssetClass, InstrumentStatus, MarketKind
from arbedge.domain.opportunity import IdentityLevel
from arbedge.market.fakes import instrument_of
from arbedge.market.ports import IndexComponent
from arbedge.market.universe.identity import AssetIdentity
from arbedge.market.universe.registry import Universe

SPOT, PERP = MarketKind.SPOT, MarketKind.PERP
EVEN = (2.0, 2.002)


@pytest.fixture
def universe():
    universe = Universe()
    universe.merge(
        "binance",
        SPOT,
        [
            instrument_of("binance", SPOT, "PEPE"),
            instrument_of("binance", SPOT, "PEPE", "USDC"),
            instrument_of("binance", SPOT, "CAT"),
        ],
    )
    universe.merge(
        "binance",
        PERP,
        [
            instrument_of("binance", PERP, "1000PEPE", multiplier=1000, asset="PEPE"),
            instrument_of("binance", PERP, "PEPE", "USDC"),
            instrument_of("binance", PERP, "CAT"),
            instrument_of("binance", PERP, "1000CAT", multiplier=1000, asset="CAT"),
        ],
    )
    return universe


PEPE, PEPE_USDC, CAT, PERP_1000PEPE, PERP_PEPE_USDC, PERP_CAT, PERP_1000CAT = range(7)


def component(symbol, venue="binance"):
    return IndexComponent(venue, symbol, None)


def find(identity, first, second, prices=EVEN):
    return identity.find(first, second, prices)


def test_an_index_that_names_the_spot_proves_it_with_agreeing_prices(universe):
    identity = AssetIdentity(universe, [])
    identity.learn(PERP_1000PEPE, [component("PEPE-USDT", "okex"), component("PEPEUSDT")])
    finding = find(identity, PEPE, PERP_1000PEPE)
    assert finding.level is IdentityLevel.INDEX
    assert "binance:perp:1000PEPEUSDT reads binance's PEPE spot" in finding.basis


def test_any_quote_of_the_same_coin_on_the_venue_the_index_names_is_that_coin(universe):
    identity = AssetIdentity(universe, [])
    identity.learn(PERP_1000PEPE, [component("PEPEUSDT")])
    assert find(identity, PEPE_USDC, PERP_1000PEPE).level is IdentityLevel.INDEX


def test_a_wrong_multiplier_shows_in_the_ratio(universe):
    identity = AssetIdentity(universe, ["PEPE"])
    identity.learn(PERP_1000PEPE, [component("PEPEUSDT")])
    finding = find(identity, PEPE, PERP_1000PEPE, (0.00001, 0.01))
    assert finding.level is IdentityLevel.UNKNOWN
    assert "factor of 1000" in finding.basis


@pytest.mark.parametrize("prices", [(nan, 1.0), (1.0, nan), (0.0, 1.0)])
def test_without_a_price_on_both_legs_nothing_is_known(universe, prices):
    identity = AssetIdentity(universe, ["PEPE"])
    identity.learn(PERP_1000PEPE, [component("PEPEUSDT")])
    finding = find(identity, PEPE, PERP_1000PEPE, prices)
    assert (finding.level, finding.basis) == (IdentityLevel.UNKNOWN, "no live price on both legs to compare")


def test_unread_unpublished_and_other_indexes_say_so(universe):
    identity = AssetIdentity(universe, [])
    assert "not yet read" in find(identity, PEPE, PERP_1000PEPE).basis
    identity.learn(PERP_1000PEPE, [])
    assert "publishes no index components" in find(identity, PEPE, PERP_1000PEPE).basis
    identity.learn(PERP_1000PEPE, [component("PEPE2USDT"), component("PEPE_USDT", "gate")])
    finding = find(identity, PEPE, PERP_1000PEPE)
    assert finding.level is IdentityLevel.UNKNOWN
    assert "names binance:PEPE2USDT, gate:PEPE_USDT, not binance:spot:PEPEUSDT" in finding.basis


def test_a_seed_gives_the_level_ratio_and_names_what_is_missing(universe):
    identity = AssetIdentity(universe, ["PEPE"])
    finding = find(identity, PEPE, PERP_1000PEPE)
    assert finding.level is IdentityLevel.RATIO
    assert "not yet read" in finding.basis


def test_a_collision_is_not_settled_by_a_seed_but_by_an_index(universe):
    identity = AssetIdentity(universe, ["CAT"])
    finding = find(identity, CAT, PERP_CAT)
    assert finding.level is IdentityLevel.UNKNOWN
    assert "several perp instruments of binance claim CAT/USDT" in finding.basis
    identity.learn(PERP_1000CAT, [component("CATUSDT")])
    identity.learn(PERP_CAT, [component("CATERPILLAR", "nyse")])
    assert find(identity, CAT, PERP_1000CAT).level is IdentityLevel.INDEX
    assert find(identity, CAT, PERP_CAT).level is IdentityLevel.UNKNOWN


def test_a_collision_ends_with_the_delisting_of_one_claimant(universe):
    identity = AssetIdentity(universe, ["CAT"])
    assert find(identity, CAT, PERP_CAT).level is IdentityLevel.UNKNOWN
    listed = [universe.instruments[slot] for slot in (PERP_1000PEPE, PERP_PEPE_USDC, PERP_CAT)]
    universe.merge("binance", PERP, listed)
    assert universe.instruments[PERP_1000CAT].status is InstrumentStatus.DELISTED
    assert find(identity, CAT, PERP_CAT).level is IdentityLevel.RATIO


def test_different_classes_are_different_assets_whatever_the_index_says(universe):
    stock = replace(universe.instruments[PERP_CAT], asset_class=AssetClass.STOCK)
    universe.merge("binance", PERP, [*(universe.instruments[s] for s in (3, 4, 6)), stock])
    identity = AssetIdentity(universe, ["CAT"])
    identity.learn(PERP_CAT, [component("CATUSDT")])
    finding = find(identity, CAT, PERP_CAT)
    assert (finding.level, finding.basis) == (IdentityLevel.UNKNOWN, "different asset classes: coin and stock")


def test_different_assets_are_not_the_same(universe):
    assert "different assets" in find(AssetIdentity(universe, []), PEPE, CAT).basis


def test_one_balance_of_one_venue_is_the_surest(universe):
    finding = find(AssetIdentity(universe, []), PEPE, PEPE_USDC)
    assert finding.level is IdentityLevel.ADDRESS
    assert "one balance of binance" in finding.basis


def test_two_perpetuals_that_read_the_same_spot_are_one_asset(universe):
    identity = AssetIdentity(universe, [])
    identity.learn(PERP_1000PEPE, [component("PEPEUSDT")])
    assert find(identity, PERP_1000PEPE, PERP_PEPE_USDC).level is IdentityLevel.UNKNOWN
    identity.learn(PERP_PEPE_USDC, [component("PEPEUSDC")])
    finding = find(identity, PERP_1000PEPE, PERP_PEPE_USDC)
    assert finding.level is IdentityLevel.INDEX
    assert " and of " in finding.basis


def test_the_same_ticker_on_two_venues_stays_unknown_without_proof(universe):
    universe.merge("okx", SPOT, [instrument_of("okx", SPOT, "PEPE")])
    okx = len(universe) - 1
    identity = AssetIdentity(universe, [])
    assert "no index joins two spot markets" in find(identity, PEPE, okx).basis
    assert find(AssetIdentity(universe, ["PEPE"]), PEPE, okx).level is IdentityLevel.RATIO


def test_an_index_read_before_the_listing_counts_after_it(universe):
    identity = AssetIdentity(universe, [])
    identity.learn(PERP_1000PEPE, [component("PEPEUSDT", "okex")])
    universe.merge("okx", SPOT, [instrument_of("okx", SPOT, "PEPE")])
    assert find(identity, len(universe) - 1, PERP_1000PEPE).level is IdentityLevel.INDEX
