"""A day of agreeing prices on three venues proves identity; anything less does not, and disagreement refutes."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import numpy as np
import pytest

from arbedge.domain.instrument import AssetClass, MarketKind
from arbedge.domain.opportunity import IdentityLevel
from arbedge.domain.quarantine import Doubt
from arbedge.market.fakes import instrument_of
from arbedge.market.history.prices import PriceHistory
from arbedge.market.universe.identity import AssetIdentity, IdentitySources
from arbedge.market.universe.registry import Universe

START = datetime(2026, 11, 20, tzinfo=UTC)
VENUES = ("binance", "bybit", "okx", "bitget")
EVEN = (1.0, 1.001)


class Room:
    """ABC spot on four venues, slots 0 to 3, and a record of their prices."""

    def __init__(self, seed=(), base="ABC"):
        self.universe = Universe()
        for venue in VENUES:
            self.universe.merge(venue, MarketKind.SPOT, [instrument_of(venue, MarketKind.SPOT, base)])
        self.record = PriceHistory(every_s=300, span_h=72)
        self.record.extend(4)
        self.identity = AssetIdentity(self.universe, seed, IdentitySources(self.record))

    def pass_hours(self, hours, *prices, at=START):
        for number in range(round(hours * 12)):
            self.record.sample(at + timedelta(minutes=5 * number), np.array(prices, dtype=float))

    def find(self, first=0, second=1, prices=EVEN):
        return self.identity.find(first, second, prices)


@pytest.fixture
def room():
    return Room()


NAN = float("nan")


def test_a_day_on_three_venues_is_proof_and_says_so(room):
    room.pass_hours(24, 1.0, 1.01, 1.005, NAN)
    finding = room.find()
    assert finding.level is IdentityLevel.RATIO
    assert finding.basis.startswith("prices within 1.00 % of one another for 24 h on binance, bybit, okx")


def test_an_hour_less_is_not(room):
    room.pass_hours(23, 1.0, 1.01, 1.005, NAN)
    finding = room.find()
    assert (finding.level, finding.doubt) == (IdentityLevel.UNKNOWN, Doubt.UNPROVEN)
    assert "prices agree for 23.0 h so far, 24 h needed" in finding.basis


def test_two_venues_are_not(room):
    room.pass_hours(30, 1.0, 1.01, NAN, NAN)
    assert room.find().level is IdentityLevel.UNKNOWN
    assert "prices agree on 2 venues, 3 needed" in room.find().basis


@pytest.mark.parametrize("third", [0.99, 1.03])
def test_a_third_that_agrees_with_only_one_does_not_count(room, third):
    room.pass_hours(30, 1.0, 1.015, third, NAN)
    assert room.find().level is IdentityLevel.UNKNOWN


def test_one_moment_outside_the_band_refutes_as_long_as_it_is_remembered(room):
    room.pass_hours(40, 1.0, 1.0, 1.0, 1.0)
    assert room.find().level is IdentityLevel.RATIO
    room.pass_hours(0.1, 1.0, 1.03, 1.0, 1.0, at=START + timedelta(hours=40))
    finding = room.find()
    assert (finding.level, finding.doubt) == (IdentityLevel.UNKNOWN, Doubt.COLLISION)
    assert "recorded prices were up to 3.00 % apart, 2.00 % allowed" in finding.basis
    room.pass_hours(73, 1.0, 1.0, 1.0, 1.0, at=START + timedelta(hours=40.1))
    assert room.find().level is IdentityLevel.RATIO


def test_hours_count_only_where_both_were_known(room):
    room.pass_hours(20, 1.0, 1.0, 1.0, NAN)
    room.pass_hours(20, 1.0, NAN, 1.0, NAN, at=START + timedelta(hours=20))
    assert room.find().level is IdentityLevel.UNKNOWN
    assert "20.0 h so far" in room.find().basis


def test_prices_far_apart_now_refute_whatever_was_recorded(room):
    room.pass_hours(30, 1.0, 1.0, 1.0, 1.0)
    assert room.find(prices=(1.0, 3.0)).level is IdentityLevel.UNKNOWN


def test_classes_must_be_known_and_equal(room):
    room.pass_hours(30, 1.0, 1.0, 1.0, 1.0)
    for asset_class in (AssetClass.UNKNOWN, AssetClass.TOKENISED_STOCK, AssetClass.LEVERAGED):
        listed = replace(room.universe.instruments[1], asset_class=asset_class)
        room.universe.merge("bybit", MarketKind.SPOT, [listed])
        assert room.find().level is IdentityLevel.UNKNOWN
    assert room.find(0, 2).level is IdentityLevel.RATIO  # bitget is the third


def test_recorded_prices_far_apart_refute_the_seed_list():
    room = Room(seed=["ABC"])
    assert room.find().level is IdentityLevel.RATIO
    room.pass_hours(0.1, 1.0, 1.3, 1.0, 1.0)
    assert room.find().level is IdentityLevel.RATIO
    room.pass_hours(0.1, 1.0, 1.5, 1.0, 1.0, at=START + timedelta(hours=1))
    finding = room.find()
    assert (finding.level, finding.doubt) == (IdentityLevel.UNKNOWN, Doubt.COLLISION)
    assert "50.00 % apart" in finding.basis


def test_what_was_recorded_of_an_earlier_listing_does_not_count(room):
    room.pass_hours(30, 1.0, 1.0, 1.0, 1.0)
    assert room.find().level is IdentityLevel.RATIO
    room.identity.forget([1])
    assert room.find().level is IdentityLevel.UNKNOWN
    assert room.find(0, 2).level is IdentityLevel.RATIO


def test_what_was_recorded_before_a_listing_began_is_of_another(room):
    room.pass_hours(40, 1.0, 1.0, 1.0, 1.0)
    for age_h, level in ((30, IdentityLevel.RATIO), (20, IdentityLevel.UNKNOWN), (-1, IdentityLevel.UNKNOWN)):
        listed_at = START + timedelta(hours=40 - age_h)
        room.universe.merge("bybit", MarketKind.SPOT, [replace(room.universe.instruments[1], listed_at=listed_at)])
        assert room.find().level is level


def test_a_scaled_ticker_is_proved_by_the_same_day():
    room = Room()
    thousand = instrument_of("okx", MarketKind.SPOT, "1000ABC")
    room.universe.merge("okx", MarketKind.SPOT, [instrument_of("okx", MarketKind.SPOT, "ABC"), thousand])
    slot = room.universe.slot_of(thousand.id)
    room.record.extend(1)
    room.pass_hours(24, 1.0, 1.0, NAN, 1.0, 1.002)
    finding = room.find(0, slot)
    assert finding.level is IdentityLevel.RATIO
    assert "which proves 1000ABC to hold 1000 ABC" in finding.basis
    apart = room.find(0, slot, (1.0, 0.001))
    assert (apart.level, apart.doubt) == (IdentityLevel.UNKNOWN, Doubt.MULTIPLIER)
    assert "claim is not what their prices say" in apart.basis
