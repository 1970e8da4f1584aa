"""Digits in a ticker claim a multiplier and do not prove it: 1000CAT and CAT are kept apart, whatever is listed first.

Seen in a public bot: a venue's 1000CAT (a coin) and CAT (a share) fell into one name, and which of the two it meant
depended on the order of the list.
"""

from itertools import permutations

import pytest

from arbedge.domain.instrument import MarketKind
from arbedge.domain.opportunity import IdentityLevel
from arbedge.domain.quarantine import Doubt
from arbedge.exchanges.transport.multipliers import split_multiplier
from arbedge.market.fakes import instrument_of
from arbedge.market.ports import IndexComponent
from arbedge.market.universe.identity import AssetIdentity
from arbedge.market.universe.registry import Universe

SPOT, PERP = MarketKind.SPOT, MarketKind.PERP
PRICES = {"1000CAT": 0.0072, "CAT": 418.0, "SHIB1000": 0.0124, "SHIB": 0.0000124}


def naive(listed):
    """By stripping digits: the last one listed takes the name."""
    return {base.removeprefix("1000"): base for base in listed}


def test_the_naive_reading_depends_on_the_order_of_the_list():
    assert naive(["1000CAT", "CAT"]) != naive(["CAT", "1000CAT"])
    assert len(naive(["1000CAT", "CAT"])) == 1


class Room:
    """Bitget's two contracts of one name in the order given, and the coin's spot on OKX."""

    def __init__(self, order, seed=("CAT",)):
        self.universe = Universe()
        rows = {base: instrument_of("bitget", PERP, base) for base in order}
        self.universe.merge("bitget", PERP, rows.values())
        coin = instrument_of("okx", SPOT, "CAT")
        self.universe.merge("okx", SPOT, [coin])
        self.slot = {base: self.universe.slot_of(each.id) for base, each in rows.items()}
        self.coin = self.universe.slot_of(coin.id)
        self.identity = AssetIdentity(self.universe, seed)

    def find(self, base, coin_price=0.0000072):
        instrument = self.universe.instruments[self.slot[base]]
        price = PRICES[base] / float(instrument.multiplier)
        return self.identity.find(self.slot[base], self.coin, (price, coin_price))


@pytest.mark.parametrize("order", list(permutations(["1000CAT", "CAT"])))
def test_the_coin_and_the_share_stay_apart_in_any_order(order):
    room = Room(order)
    share = room.find("CAT")
    assert (share.level, share.doubt) == (IdentityLevel.UNKNOWN, Doubt.COLLISION)
    apart = room.identity.find(room.slot["1000CAT"], room.slot["CAT"], (0.0072 / 1000, 418.0))
    assert apart.level is IdentityLevel.UNKNOWN


@pytest.mark.parametrize("order", list(permutations(["1000CAT", "CAT"])))
def test_the_index_and_the_price_together_prove_the_thousand(order):
    room = Room(order)
    assert room.find("1000CAT").level is IdentityLevel.UNKNOWN  # two claim the name: the seed list does not decide
    for base in order:
        room.identity.learn(room.slot[base], [IndexComponent("okx", "CAT-USDT", None)] if base == "1000CAT" else [])
    finding = room.find("1000CAT")
    assert finding.level is IdentityLevel.INDEX
    assert "proves 1000CAT to hold 1000 CAT" in finding.basis
    assert room.find("CAT").level is IdentityLevel.UNKNOWN


@pytest.mark.parametrize("wrong", [0.0072, 0.000072, 0.00000000072])
def test_a_thousand_that_prices_deny_is_named_as_such(wrong):
    room = Room(["1000CAT"])
    room.identity.learn(room.slot["1000CAT"], [IndexComponent("okx", "CAT-USDT", None)])
    finding = room.find("1000CAT", coin_price=wrong)
    assert (finding.level, finding.doubt) == (IdentityLevel.UNKNOWN, Doubt.MULTIPLIER)
    assert "1000CAT (1000)" in finding.basis


@pytest.mark.parametrize("spot_bases", [set(), {"CAT"}, {"1000CAT"}, {"CAT", "1000CAT"}])
def test_what_else_the_venue_lists_does_not_change_how_a_ticker_is_read(spot_bases):
    """A venue's own list decides what its adapter makes of a ticker; in the universe all read alike."""
    asset, multiplier = split_multiplier("1000CAT", spot_bases)
    universe = Universe()
    listed = instrument_of("bitget", PERP, "1000CAT", multiplier=int(multiplier), asset=asset)
    universe.merge("bitget", PERP, [listed])
    assert (universe.instruments[0].asset, universe.instruments[0].multiplier) == ("CAT", 1000)


def test_a_suffix_claims_like_a_prefix():
    universe = Universe()
    universe.merge("bybit", PERP, [instrument_of("bybit", PERP, "SHIB1000")])
    universe.merge("bybit", SPOT, [instrument_of("bybit", SPOT, "SHIB")])
    identity = AssetIdentity(universe, ["SHIB"])
    prices = (PRICES["SHIB1000"] / float(universe.instruments[0].multiplier), PRICES["SHIB"])
    assert identity.find(0, 1, prices).level is IdentityLevel.RATIO
    assert identity.find(0, 1, (PRICES["SHIB1000"], PRICES["SHIB"])).doubt is Doubt.MULTIPLIER
