from datetime import date
from decimal import Decimal

import pytest

from arbedge.domain.fees import FeeAsset, FeeRate
from arbedge.domain.opportunity import Side
from arbedge.foundation.runtime.clock import ManualClock
from arbedge.opportunities.detection.orders import mid_price, pair_orders, triangle_orders
from arbedge.opportunities.fakes import ScriptedMarket, perp, spot

ON_TOP = FeeRate(Decimal("0.001"), FeeAsset.QUOTE, "test", date(2026, 1, 1))


@pytest.fixture
def market():
    return ScriptedMarket(ManualClock())


def test_a_pair_walks_both_books_in_each_venue_s_own_units(market):
    a = market.add(spot("PEPEUSDT", "PEPE"))
    b = market.add(perp("PEPE-SWAP", "PEPE", contract_size=Decimal(10_000_000)))
    market.quote(a, [("0.0000099", "1")], [("0.00001", "50000000"), ("0.000011", "900000000")])
    market.quote(b, [("0.0000102", "5"), ("0.0000101", "100")], [("0.0000103", "5")])
    long, short = pair_orders(market.leg(a), market.leg(b), Decimal(1), Decimal(1600))
    assert long.quantity == 150_000_000  # 500 USDT at the first level, 1,100 at the second
    assert long.worst_price == Decimal("0.000011")
    assert short.quantity == 15  # contracts
    assert short.worst_price == Decimal("0.0000101")
    assert long.is_filled
    assert short.is_filled
    assert short.reference == mid_price(market.leg(b).book) == Decimal("0.00001025")


def test_the_quote_rate_and_the_mark_are_used(market):
    a, b = market.add(spot("XUSDC", "X", "USDC")), market.add(perp("XUSDT", "X"))
    market.quote_top(a, "9", "10")
    market.quote_top(b, "10", "11")
    market.alter(b, mark=Decimal("10.7"))
    long, short = pair_orders(market.leg(a), market.leg(b), Decimal("0.5"), Decimal(100))
    assert long.quantity == 20
    assert short.reference == Decimal("10.7")


def test_a_book_too_thin_says_so(market):
    a, b = market.add(spot("XUSDT", "X")), market.add(perp("XUSDT", "X"))
    market.quote(a, [("9", "1")], [("10", "3"), ("11", "2")])
    market.quote(b, [("10", "4")], [("11", "1")])
    long, short = pair_orders(market.leg(a), market.leg(b), Decimal(1), Decimal(1000))
    assert (long.quantity, long.worst_price, long.is_filled) == (5, 11, False)
    assert (short.quantity, short.worst_price, short.is_filled) == (5, 10, False)


def test_each_trade_of_a_triangle_has_what_the_one_before_brought(market):
    btc, cross, eth = (
        market.add(spot("BTCUSDT", "BTC")),
        market.add(spot("ETHBTC", "ETH", "BTC")),
        market.add(spot("ETHUSDT", "ETH")),
    )
    market.quote_top(btc, "49999", "50000")
    market.quote_top(cross, "0.04", "0.05")
    market.quote(eth, [("2600", "0.1"), ("2500", "9")], [("2601", "1")])
    legs = [market.leg(slot) for slot in (btc, cross, eth)]
    first, second, third = triangle_orders(legs, (Side.BUY, Side.BUY, Side.SELL), Decimal(1000))
    assert first.quantity == Decimal("0.02")
    assert second.quantity == Decimal("0.02") * Decimal("0.999") / Decimal("0.05")
    assert third.quantity == second.quantity * Decimal("0.999")
    assert third.worst_price == 2500
    backward = triangle_orders(legs[::-1], (Side.BUY, Side.SELL, Side.SELL), Decimal(1000))
    assert backward[2].quantity == backward[1].quantity * Decimal("0.04") * Decimal("0.999")


def test_a_fee_on_top_must_be_afforded_and_takes_nothing_from_what_arrives(market):
    btc, cross = market.add(spot("BTCUSDT", "BTC")), market.add(spot("ETHBTC", "ETH", "BTC"))
    market.quote_top(btc, "49999", "50000")
    market.quote_top(cross, "0.04", "0.05")
    for slot in (btc, cross):
        market.alter(slot, fee=ON_TOP)
    first, second = triangle_orders([market.leg(btc), market.leg(cross)], (Side.BUY, Side.BUY), Decimal(1000))
    assert first.quantity == Decimal("0.01998")
    assert second.quantity == Decimal("0.01998") * Decimal("0.999") / Decimal("0.05")
