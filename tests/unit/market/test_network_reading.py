"""Networks of coins in the live market: read again and again, aged out, joined by instrument, silent without a key."""

from dataclasses import replace
from decimal import Decimal

from arbedge.domain.instrument import AssetClass, MarketKind
from arbedge.domain.network import CoinNetwork, NetworkState, TransferRoute
from arbedge.errors import Unavailable
from arbedge.market.fakes import ScriptedVenue, instrument_of
from arbedge.market.refresh import MarketRefresher
from arbedge.market.venues import VenueSources

OPEN, UNKNOWN = NetworkState.OPEN, NetworkState.UNKNOWN


def network(venue, coin="BTC", **changes):
    fields = {"network": "BTC", "label": "BTC", "deposit": OPEN, "withdraw": OPEN, "withdraw_fee": Decimal("0.001")}
    return CoinNetwork(venue=venue, coin=coin, **(fields | {"received_ns": 0} | changes))


def at(house, instrument):
    return house.market.leg(house.slot(instrument)).networks


async def test_a_venue_that_tells_them_is_read_again_and_its_silence_ages(house):
    sources = VenueSources(house.venue, house.venue, networks=house.venue)
    house.refresher = MarketRefresher(house.market, {"binance": sources}, house.config, house.clock)
    house.venue.networks = [network("binance")]
    house.start(house.refresher.run)
    await house.pass_time(2)
    for instrument in (house.btc, house.perp):
        assert (at(house, instrument).deposit, at(house, instrument).coin) == (OPEN, "BTC")
    assert at(house, house.usdc).deposit is UNKNOWN
    await house.pass_time(130)
    assert at(house, house.btc).age_s < 120
    house.venue.errors["fetch_networks"] = Unavailable("gone")
    await house.pass_time(300)
    assert at(house, house.btc).deposit is OPEN
    await house.pass_time(430)
    assert at(house, house.btc).deposit is UNKNOWN
    assert "600 s allowed" in at(house, house.btc).source
    assert "networks: gone" in house.refresher.states()[0].error


async def test_a_venue_that_tells_only_key_holders_says_so(house):
    house.start(house.refresher.run)
    await house.pass_time(1)
    found = at(house, house.btc)
    assert (found.deposit, found.withdraw, found.age_s) == (UNKNOWN, UNKNOWN, None)
    assert found.source == "binance tells them to key holders only"


async def test_a_transfer_is_asked_in_base_units_and_never_between_different_amounts(house):
    thousand = instrument_of("binance", MarketKind.SPOT, "1000SATS", multiplier=1000, asset="SATS")
    other = ScriptedVenue(house.clock, [replace(thousand, id=thousand.id._replace(venue="bybit"))])
    plain = instrument_of("bybit", MarketKind.SPOT, "SATS")
    house.market.accept_listing("binance", MarketKind.SPOT, [house.btc, thousand])
    house.market.accept_listing("bybit", MarketKind.SPOT, [*other.listed, plain])
    for venue in ("binance", "bybit"):
        house.market.networks.learn(
            venue, [network(venue, "1000SATS", withdraw_fee=Decimal(2), received_ns=house.clock.monotonic_ns())]
        )
    slots = [house.market.universe.slot_of(each.id) for each in (thousand, other.listed[0], plain)]
    route = house.market.transfer(slots[0], slots[1], Decimal(50_000))
    assert isinstance(route, TransferRoute)
    assert route.withdraw_fee == 2000
    assert "would arrive" in house.market.transfer(slots[0], slots[1], Decimal(1_500))
    assert "different amounts" in house.market.transfer(slots[0], slots[2], Decimal(50_000))


async def test_what_is_no_coin_has_no_networks(house):
    stock = replace(instrument_of("binance", MarketKind.PERP, "AAPL"), asset_class=AssetClass.STOCK)
    assert house.market.networks.at(stock) is None
