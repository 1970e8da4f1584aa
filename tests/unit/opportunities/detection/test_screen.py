from datetime import timedelta
from decimal import Decimal

import pytest

from arbedge.domain.funding import Settlement, SettlementStatus
from arbedge.domain.opportunity import OpportunityKind
from arbedge.foundation.runtime.clock import ManualClock
from arbedge.market.facts import ConversionRate
from arbedge.opportunities.detection.routes import Routes
from arbedge.opportunities.detection.screen import Screen
from arbedge.opportunities.fakes import ScriptedMarket, perp, spot


@pytest.fixture
def market():
    return ScriptedMarket(ManualClock())


def screened(market, threshold=0.001, kinds=tuple(OpportunityKind)):
    routes = Routes(kinds)
    routes.extend(market.instruments())
    return routes, Screen(market, routes, threshold)


def found(routes, hits):
    return {
        str(routes.route(int(number)).candidate()): round(float(gross), 6)
        for number, gross in zip(hits.numbers, hits.gross, strict=True)
    }


def test_a_gap_over_the_threshold_is_a_hit_and_its_reverse_is_not(market):
    a, b = market.add(spot("BTCUSDT", "BTC")), market.add(perp("BTCUSDT", "BTC"))
    market.quote_top(a, "100", "100.1")
    market.quote_top(b, "100.6", "100.7")
    routes, screen = screened(market)
    expected = {"spot_perp|buy binance:spot:BTCUSDT|sell binance:perp:BTCUSDT": 0.004995}
    assert found(routes, screen.scan()) == expected
    assert found(routes, screen.touch([a])) == expected
    assert found(routes, screen.touch([a, b])) == expected


def test_an_unquoted_leg_and_an_unknown_currency_never_pass(market):
    a, b = market.add(spot("BTCUSDC", "BTC", "USDC")), market.add(perp("BTCUSDT", "BTC"))
    market.quote_top(b, "200", "201")
    routes, screen = screened(market)
    assert not screen.scan().numbers.size
    market.quote_top(a, "100", "100.1")
    assert not screen.scan().numbers.size
    market.convert("USDC", ConversionRate(Decimal("0.999"), Decimal("0.0002")))
    assert len(found(routes, screen.scan())) == 1


def test_funding_counts_at_its_best_horizon(market):
    a, b = market.add(spot("BTCUSDT", "BTC")), market.add(perp("BTCUSDT", "BTC"))
    market.quote_top(a, "100", "100.1")
    market.quote_top(b, "100", "100.1")
    clock_now = market._clock.now()
    market.settle(
        b,
        [
            Settlement(clock_now + timedelta(hours=2), Decimal("0.0015"), SettlementStatus.ESTIMATE),
            Settlement(clock_now + timedelta(hours=10), Decimal("-0.001"), SettlementStatus.FORECAST),
        ],
    )
    routes, screen = screened(market)
    assert found(routes, screen.scan()) == {"spot_perp|buy binance:spot:BTCUSDT|sell binance:perp:BTCUSDT": 0.0015}
    assert screen.gross(int(screen.scan().numbers[0])) == pytest.approx(0.0015, abs=1e-8)


def test_multipliers_are_undone_before_comparing(market):
    a = market.add(spot("PEPEUSDT", "PEPE"))
    b = market.add(perp("1000PEPEUSDT", "1000PEPE", asset="PEPE", multiplier=Decimal(1000)))
    market.quote_top(a, "0.00001000", "0.00001001")
    market.quote_top(b, "0.01000", "0.01001")
    _, screen = screened(market)
    assert not screen.scan().numbers.size


def test_a_triangle_is_screened_by_the_product_of_its_rates(market):
    btc, cross, eth = (
        market.add(spot("BTCUSDT", "BTC")),
        market.add(spot("ETHBTC", "ETH", "BTC")),
        market.add(spot("ETHUSDT", "ETH")),
    )
    market.quote_top(btc, "59999", "60000")
    market.quote_top(cross, "0.0499", "0.05")
    market.quote_top(eth, "3050", "3051")
    routes, screen = screened(market)
    expected = {
        "triangular|buy binance:spot:BTCUSDT|buy binance:spot:ETHBTC|sell binance:spot:ETHUSDT": round(
            3050 / 0.05 / 60000 - 1, 6
        )
    }
    assert found(routes, screen.scan()) == expected
    assert found(routes, screen.touch([cross])) == expected
    assert found(routes, screen.touch([btc, eth])) == expected
    assert screen.gross(int(screen.scan().numbers[0])) == pytest.approx(3050 / 0.05 / 60000 - 1, abs=1e-8)


def test_the_best_route_is_known_even_under_the_threshold(market):
    a, b = market.add(spot("BTCUSDT", "BTC")), market.add(perp("BTCUSDT", "BTC"))
    routes, screen = screened(market)
    assert screen.best() is None
    market.quote_top(a, "100", "100.1")
    market.quote_top(b, "100.14", "100.2")
    number, gross = screen.best()
    assert routes.route(number).kind is OpportunityKind.SPOT_PERP
    assert gross == pytest.approx(0.04 / 100.1, abs=1e-8)


def test_many_touched_slots_are_screened_once_each(market):
    slots = []
    for k in range(20):
        a, b = market.add(spot(f"A{k}USDT", f"A{k}")), market.add(perp(f"A{k}USDT", f"A{k}"))
        market.quote_top(a, "100", "100.1")
        market.quote_top(b, "101", "101.1")
        slots += [a, b]
    routes, screen = screened(market)
    few = screen.touch(slots[:8])
    assert len(few.numbers) == 4
    assert len(screen.touch(slots).numbers) == 20
    assert len(routes) == 40
