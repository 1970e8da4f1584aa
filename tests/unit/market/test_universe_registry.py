from dataclasses import replace

import pytest

from arbedge.domain.instrument import InstrumentId, InstrumentStatus, MarketKind
from arbedge.errors import IntegrityError
from arbedge.market.config import MonitoredPair
from arbedge.market.fakes import instrument_of
from arbedge.market.universe.registry import Universe

SPOT, PERP = MarketKind.SPOT, MarketKind.PERP


def spot(base, quote="USDT"):
    return instrument_of("binance", SPOT, base, quote)


def test_slots_are_dense_and_in_the_order_of_the_listing():
    universe = Universe()
    change = universe.merge("binance", SPOT, [spot("BTC"), spot("ETH")])
    assert change.added == (0, 1)
    assert universe.merge("binance", PERP, [instrument_of("binance", PERP, "BTC")]).added == (2,)
    assert universe.slot_of(InstrumentId("binance", PERP, "BTCUSDT")) == 2
    assert universe.slots("binance", SPOT) == (0, 1)
    assert universe.slots("binance") == (0, 1, 2)


def test_a_slot_survives_delisting_and_return():
    universe = Universe()
    universe.merge("binance", SPOT, [spot("BTC"), spot("ETH"), spot("LTC")])
    gone = universe.merge("binance", SPOT, [spot("LTC"), spot("BTC"), spot("SOL")])
    assert gone.delisted == (1,)
    assert gone.added == (3,)
    assert universe.instruments[1].status is InstrumentStatus.DELISTED
    assert [each.slot for each in universe.watched("binance")] == [0, 2, 3]
    back = universe.merge("binance", SPOT, [spot("BTC"), spot("ETH"), spot("LTC"), spot("SOL")])
    assert (back.added, back.changed) == ((), (1,))
    assert universe.instruments[1].status is InstrumentStatus.TRADING


def test_version_rises_only_with_a_change():
    universe = Universe()
    universe.merge("binance", SPOT, [spot("BTC")])
    version = universe.version
    assert universe.merge("binance", SPOT, [spot("BTC")]).is_empty
    assert universe.version == version
    halted = replace(spot("BTC"), status=InstrumentStatus.SUSPENDED)
    assert universe.merge("binance", SPOT, [halted]).changed == (0,)
    assert universe.version == version + 1


def test_an_empty_or_foreign_listing_is_refused_and_changes_nothing():
    universe = Universe()
    universe.merge("binance", SPOT, [spot("BTC")])
    with pytest.raises(IntegrityError, match="no spot instrument at all"):
        universe.merge("binance", SPOT, [])
    with pytest.raises(IntegrityError, match="okx:spot:BTCUSDT"):
        universe.merge("binance", SPOT, [instrument_of("okx", SPOT, "BTC")])
    assert universe.instruments[0].status is InstrumentStatus.TRADING


def test_of_a_repeated_row_the_first_counts():
    universe = Universe()
    other = replace(spot("BTC"), status=InstrumentStatus.SUSPENDED)
    assert universe.merge("binance", SPOT, [spot("BTC"), other]).repeated == 1
    assert universe.instruments[0].status is InstrumentStatus.TRADING


def test_the_watch_list_goes_by_fields_and_keeps_the_conversions_it_needs():
    pairs = [
        MonitoredPair(symbol="BTCUSDT", base="BTC", quote="USDT", exchange_id="binance"),
        MonitoredPair(symbol="ETHUSDC", base="ETH", quote="USDC", exchange_id="binance"),
    ]
    universe = Universe(pairs)
    listed = [spot("BTC"), spot("BT", "CUSDT"), spot("ETH"), spot("ETH", "USDC"), spot("USDC"), spot("SOL")]
    universe.merge("binance", SPOT, listed)
    assert [(each.base, each.quote) for each in universe.instruments] == [
        ("BTC", "USDT"),
        ("ETH", "USDC"),
        ("USDC", "USDT"),
    ]
    assert "restricted to 2 pairs" in (universe.restriction or "")
    assert Universe().restriction is None


def test_a_restricted_listing_may_hold_nothing_that_is_watched():
    universe = Universe([MonitoredPair(symbol="X", base="X", quote="USDT", exchange_id="okx")])
    assert universe.merge("binance", SPOT, [spot("BTC")]).is_empty


def test_the_very_same_objects_change_nothing_and_a_changed_one_is_seen():
    universe = Universe(())
    rows = (spot("BTC"), spot("ETH"), spot("BTC"))
    universe.merge("binance", SPOT, rows)
    version = universe.version
    again = universe.merge("binance", SPOT, tuple(rows))
    assert (again.is_empty, again.repeated, universe.version) == (True, 1, version)
    assert universe.merge("binance", SPOT, rows[:1]).delisted == (1,)
    assert universe.merge("binance", SPOT, rows).changed == (1,)
