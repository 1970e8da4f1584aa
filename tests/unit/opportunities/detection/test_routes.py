import numpy as np
import pytest

from arbedge.domain.opportunity import OpportunityKind, Side
from arbedge.opportunities.detection.routes import Routes
from arbedge.opportunities.fakes import perp, spot

ALL = tuple(OpportunityKind)


def described(routes):
    return {str(routes.route(number).candidate()) for number in range(len(routes))}


def test_a_spot_and_a_perp_of_one_asset_make_both_directions():
    routes = Routes(ALL)
    routes.extend([spot("BTCUSDT", "BTC"), perp("BTCUSDT", "BTC"), spot("ETHUSDT", "ETH")])
    assert described(routes) == {
        "spot_perp|buy binance:spot:BTCUSDT|sell binance:perp:BTCUSDT",
        "perp_spot|buy binance:perp:BTCUSDT|sell binance:spot:BTCUSDT",
    }


def test_scaled_tickers_pair_by_asset_not_by_base():
    routes = Routes(ALL)
    routes.extend([spot("PEPEUSDT", "PEPE"), perp("1000PEPEUSDT", "1000PEPE", asset="PEPE")])
    assert len(routes) == 2
    assert routes.route(0).asset == "PEPE"


def test_spots_of_one_venue_never_pair_but_of_two_venues_do():
    routes = Routes(ALL)
    routes.extend([spot("BTCUSDT", "BTC"), spot("BTCUSDC", "BTC", "USDC"), spot("BTC-USDT", "BTC", venue="okx")])
    kinds = {(r.slots, r.kind) for r in map(routes.route, range(len(routes)))}
    assert kinds == {(slots, OpportunityKind.SPOT_SPOT) for slots in ((0, 2), (2, 0), (1, 2), (2, 1))}


def test_two_perps_pair_in_both_directions_on_any_venues():
    routes = Routes((OpportunityKind.FUNDING,))
    routes.extend([perp("BTCUSDT", "BTC"), perp("BTCUSDC", "BTC", "USDC"), perp("X", "BTC", venue="bybit")])
    assert sorted(routes.route(n).slots for n in range(len(routes))) == [
        (0, 1),
        (0, 2),
        (1, 0),
        (1, 2),
        (2, 0),
        (2, 1),
    ]
    assert {routes.route(n).kind for n in range(len(routes))} == {OpportunityKind.PERP_PERP}


def test_only_enabled_kinds_are_routes():
    routes = Routes((OpportunityKind.SPOT_PERP,))
    routes.extend(
        [spot("BTCUSDT", "BTC"), perp("BTCUSDT", "BTC"), spot("ETHBTC", "ETH", "BTC"), spot("ETHUSDT", "ETH")]
    )
    assert described(routes) == {"spot_perp|buy binance:spot:BTCUSDT|sell binance:perp:BTCUSDT"}


def test_a_triangle_is_found_in_both_directions_with_the_right_sides():
    routes = Routes((OpportunityKind.TRIANGULAR,))
    routes.extend([spot("BTCUSDT", "BTC"), spot("ETHBTC", "ETH", "BTC"), spot("ETHUSDT", "ETH")])
    found = {(r.slots, tuple(leg.side for leg in r.legs)) for r in map(routes.route, range(len(routes)))}
    assert found == {
        ((0, 1, 2), (Side.BUY, Side.BUY, Side.SELL)),
        ((2, 1, 0), (Side.BUY, Side.SELL, Side.SELL)),
    }


@pytest.mark.parametrize("order", [(0, 1, 2), (1, 0, 2), (2, 1, 0), (1, 2, 0), (0, 2, 1), (2, 0, 1)])
def test_a_triangle_is_found_once_whatever_order_it_is_listed_in(order):
    legs = [spot("BTCUSDT", "BTC"), spot("ETHBTC", "ETH", "BTC"), spot("ETHUSDT", "ETH")]
    routes = Routes((OpportunityKind.TRIANGULAR,))
    for count in range(1, 4):
        routes.extend([legs[k] for k in order[:count]])
    assert len(routes) == 2


def test_a_triangle_through_a_market_quoted_the_other_way_round():
    routes = Routes((OpportunityKind.TRIANGULAR,))
    routes.extend([spot("USDTTRY", "USDT", "TRY"), spot("BTCTRY", "BTC", "TRY"), spot("BTCUSDT", "BTC")])
    first = next(r for r in map(routes.route, range(2)) if r.slots == (0, 1, 2))
    assert [leg.side for leg in first.legs] == [Side.SELL, Side.BUY, Side.SELL]


def test_triangles_go_by_fields_not_by_glued_symbols():
    """`CTUSD` read as CT/USD would close a triangle that does not exist."""
    routes = Routes((OpportunityKind.TRIANGULAR,))
    routes.extend([spot("CTUSD", "C", "TUSD"), spot("CTUSDT", "CT"), spot("USDUSDT", "USD")])
    assert len(routes) == 0


def test_triangles_never_cross_venues():
    routes = Routes((OpportunityKind.TRIANGULAR,))
    routes.extend([spot("BTCUSDT", "BTC"), spot("ETHBTC", "ETH", "BTC"), spot("ETHUSDT", "ETH", venue="okx")])
    assert len(routes) == 0


def test_growing_one_by_one_gives_the_same_routes_as_at_once():
    instruments = [spot(f"A{k}USDT", f"A{k}") for k in range(40)] + [perp(f"A{k}USDT", f"A{k}") for k in range(40)]
    instruments += [spot("A1A2", "A1", "A2"), spot("A3A2", "A3", "A2")]
    at_once, grown = Routes(ALL), Routes(ALL)
    at_once.extend(instruments)
    for count in range(len(instruments) + 1):
        grown.extend(instruments[:count])
        if count:
            grown.pairs_at(0)  # caches filled along the way must not go stale
            grown.triangles_at(1)
    assert described(at_once) == described(grown)
    assert np.array_equal(at_once.pairs_at(0), grown.pairs_at(0))
    assert np.array_equal(at_once.triangles_at(2), grown.triangles_at(2))
    assert grown.triangles_at(2).shape[1] == 4


def test_columns_survive_growth_beyond_their_first_capacity():
    routes = Routes((OpportunityKind.SPOT_PERP,))
    instruments = [maker(f"A{k}USDT", f"A{k}") for k in range(1500) for maker in (spot, perp)]
    routes.extend(instruments)
    numbers, longs, shorts = routes.pair_columns()
    assert list(numbers) == list(range(1500))
    assert list(longs) == list(range(0, 3000, 2))
    assert list(shorts) == list(range(1, 3000, 2))
