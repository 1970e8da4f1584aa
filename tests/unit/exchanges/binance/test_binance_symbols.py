"""Binance's listing rows to instruments: exact rules, classes, statuses, multipliers."""

import json
from datetime import UTC, datetime
from decimal import Decimal

import pytest

from arbedge.domain.instrument import AssetClass, InstrumentStatus, MarketKind, PriceBand
from arbedge.exchanges.binance import wire
from arbedge.exchanges.binance.symbols import parse_perps, parse_spot
from arbedge.exchanges.transport.multipliers import split_multiplier

FILTERS = [
    {"filterType": "PRICE_FILTER", "minPrice": "0.01", "maxPrice": "1000000", "tickSize": "0.01000000"},
    {"filterType": "LOT_SIZE", "minQty": "0.00100000", "maxQty": "9000", "stepSize": "0.00100000"},
    {"filterType": "MARKET_LOT_SIZE", "minQty": "0", "maxQty": "120.5", "stepSize": "0"},
    {"filterType": "ICEBERG_PARTS", "limit": 10},
]


def listing(*rows: dict) -> list[wire.ListedSymbol]:
    told = wire.decode(json.dumps({"timezone": "UTC", "symbols": rows}).encode(), wire.ExchangeListing)
    return [wire.decode(bytes(row), wire.ListedSymbol) for row in told.symbols]


def spot_row(**changes: object) -> dict:
    row = {
        "symbol": "BTCUSDT",
        "status": "TRADING",
        "baseAsset": "BTC",
        "quoteAsset": "USDT",
        "isMarginTradingAllowed": True,
        "isSpotTradingAllowed": True,
        "filters": [
            *FILTERS,
            {"filterType": "NOTIONAL", "minNotional": "5.0", "applyMinToMarket": True},
            {
                "filterType": "PERCENT_PRICE_BY_SIDE",
                "bidMultiplierUp": "1.2",
                "bidMultiplierDown": "0.2",
                "askMultiplierUp": "5",
                "askMultiplierDown": "0.85",
                "avgPriceMins": 5,
            },
        ],
    }
    return row | changes


def perp_row(**changes: object) -> dict:
    row = {
        "symbol": "BTCUSDT",
        "pair": "BTCUSDT",
        "contractType": "PERPETUAL",
        "deliveryDate": 4133404800000,
        "onboardDate": 1569398400000,
        "status": "TRADING",
        "baseAsset": "BTC",
        "quoteAsset": "USDT",
        "marginAsset": "USDT",
        "underlyingType": "COIN",
        "filters": [
            *FILTERS,
            {"filterType": "MIN_NOTIONAL", "notional": "100"},
            {
                "filterType": "PERCENT_PRICE",
                "multiplierUp": "1.05",
                "multiplierDown": "0.95",
                "multiplierDecimal": "4",
            },
        ],
    }
    return row | changes


def test_a_spot_row_keeps_every_rule_exactly():
    (btc,) = parse_spot(listing(spot_row())).instruments
    assert str(btc.id) == "binance:spot:BTCUSDT"
    assert (btc.base, btc.quote, btc.asset, btc.settle) == ("BTC", "USDT", "BTC", None)
    assert (btc.tick, btc.lot, btc.min_qty, btc.min_notional) == tuple(
        map(Decimal, ("0.01", "0.001", "0.001", "5"))
    )
    assert btc.max_qty == Decimal("120.5")  # the smaller of LOT_SIZE and MARKET_LOT_SIZE
    assert btc.band == PriceBand(up=Decimal("0.2"), down=Decimal("0.15"))
    assert btc.is_borrowable is True
    assert btc.status is InstrumentStatus.TRADING


def test_a_perp_row_keeps_every_rule_exactly():
    (btc,) = parse_perps(listing(perp_row()), {"BTC"}).instruments
    assert btc.id.kind is MarketKind.PERP
    assert (btc.settle, btc.contract_size, btc.multiplier, btc.min_notional) == ("USDT", 1, 1, 100)
    assert btc.band == PriceBand(up=Decimal("0.05"), down=Decimal("0.05"))
    assert btc.listed_at == datetime(2019, 9, 25, 8, tzinfo=UTC)
    assert btc.delists_at is None
    assert btc.is_borrowable is None


@pytest.mark.parametrize(
    ("venue_says", "allowed", "status"),
    [
        ("TRADING", True, InstrumentStatus.TRADING),
        ("TRADING", False, InstrumentStatus.SUSPENDED),
        ("BREAK", True, InstrumentStatus.SUSPENDED),
        ("HALT", True, InstrumentStatus.SUSPENDED),
        ("CANCEL_ONLY", True, InstrumentStatus.CANCEL_ONLY),
        ("A_WORD_OF_NEXT_YEAR", True, InstrumentStatus.SUSPENDED),
    ],
)
def test_spot_status(venue_says, allowed, status):
    (btc,) = parse_spot(listing(spot_row(status=venue_says, isSpotTradingAllowed=allowed))).instruments
    assert btc.status is status


@pytest.mark.parametrize(
    ("venue_says", "status"),
    [
        ("TRADING", InstrumentStatus.TRADING),
        ("PENDING_TRADING", InstrumentStatus.PRELAUNCH),
        ("SETTLING", InstrumentStatus.SUSPENDED),
        ("CLOSE", InstrumentStatus.DELISTED),
        ("A_WORD_OF_NEXT_YEAR", InstrumentStatus.SUSPENDED),
    ],
)
def test_perp_status(venue_says, status):
    (btc,) = parse_perps(listing(perp_row(status=venue_says)), {"BTC"}).instruments
    assert btc.status is status


def test_only_linear_contracts_without_expiry_are_perps():
    rows = (
        perp_row(symbol="BTCUSDT_260327", contractType="CURRENT_QUARTER", deliveryDate=1774598400000),
        perp_row(symbol="BTCUSD_PERP", marginAsset="BTC", quoteAsset="USD"),
        perp_row(symbol="BTCBUSD", marginAsset="BUSD", quoteAsset="BUSD"),
        perp_row(symbol="BTCUSDC", marginAsset="USDC", quoteAsset="USDC"),
        perp_row(symbol="ETHBTC", marginAsset="BTC", quoteAsset="BTC"),
        perp_row(symbol="BTCUSDT", marginAsset="USDT", quoteAsset="USDC"),
    )
    assert [each.id.symbol for each in parse_perps(listing(*rows), {"BTC"}).instruments] == ["BTCUSDC"]


def test_a_perp_with_an_end_says_when():
    (btc,) = parse_perps(listing(perp_row(deliveryDate=1774598400000)), {"BTC"}).instruments
    assert btc.delists_at == datetime(2026, 3, 27, 8, tzinfo=UTC)


@pytest.mark.parametrize(
    ("contract", "underlying", "asset_class"),
    [
        ("PERPETUAL", "COIN", AssetClass.COIN),
        ("PERPETUAL", "PREMARKET", AssetClass.PREMARKET),
        ("PERPETUAL", "INDEX", AssetClass.INDEX),
        ("TRADIFI_PERPETUAL", "EQUITY", AssetClass.STOCK),
        ("TRADIFI_PERPETUAL", "KR_EQUITY", AssetClass.STOCK),
        ("TRADIFI_PERPETUAL", "COMMODITY", AssetClass.COMMODITY),
        ("TRADIFI_PERPETUAL", "", AssetClass.UNKNOWN),
        ("PERPETUAL", "SOMETHING", AssetClass.UNKNOWN),
    ],
)
def test_what_stands_behind_a_perp(contract, underlying, asset_class):
    row = perp_row(contractType=contract, underlyingType=underlying)
    (perp,) = parse_perps(listing(row), {"BTC"}).instruments
    assert perp.asset_class is asset_class


SPOT_BASES = frozenset({"PEPE", "SHIB", "MOG", "BABYDOGE", "1000SATS", "CAT", "1000CAT", "M"})


@pytest.mark.parametrize(
    ("base", "asset", "multiplier"),
    [
        ("PEPE", "PEPE", 1),
        ("1000PEPE", "PEPE", 1000),
        ("1000000MOG", "MOG", 1_000_000),
        ("1MBABYDOGE", "BABYDOGE", 1_000_000),
        ("10000SHIB", "SHIB", 10_000),
        ("1000SATS", "1000SATS", 1),  # the spot market lists it under that very ticker
        ("1000CAT", "1000CAT", 1),  # both exist: the prefix is part of the name
        ("1000XYZ", "1000XYZ", 1),  # nothing to compare with: no guess
        ("10000PEPEX", "10000PEPEX", 1),
    ],
)
def test_a_prefix_is_a_multiplier_only_where_spot_agrees(base, asset, multiplier):
    assert split_multiplier(base, SPOT_BASES) == (asset, Decimal(multiplier))


def test_a_stock_keeps_its_ticker_even_where_a_coin_has_the_rest_of_it():
    row = perp_row(
        symbol="1000CATUSDT", baseAsset="1000CAT", contractType="TRADIFI_PERPETUAL", underlyingType="EQUITY"
    )
    (cat,) = parse_perps(listing(row), {"CAT"}).instruments
    assert (cat.asset, cat.multiplier, cat.asset_class) == ("1000CAT", 1, AssetClass.STOCK)


@pytest.mark.parametrize(
    "filters",
    [
        [],
        FILTERS[:1],
        [{**FILTERS[0], "tickSize": "0"}, FILTERS[1]],
        [FILTERS[0], {**FILTERS[1], "stepSize": "NaN"}],
        [FILTERS[0], {**FILTERS[1], "stepSize": "-1"}],
    ],
)
def test_a_row_without_sane_rules_is_named_and_left_out(filters):
    parsed = parse_spot(listing(spot_row(filters=filters), spot_row(symbol="ETHUSDT")))
    assert parsed.unreadable == ("BTCUSDT",)
    assert [each.id.symbol for each in parsed.instruments] == ["ETHUSDT"]
