"""Bybit's listing rows to instruments: exact rules, classes, statuses, multipliers."""

import json
from datetime import UTC, datetime
from decimal import Decimal

import pytest

from arbedge.domain.instrument import AssetClass, InstrumentStatus, MarketKind, PriceBand
from arbedge.exchanges.bybit import wire
from arbedge.exchanges.bybit.symbols import index_name, parse_perps, parse_spot
from arbedge.exchanges.transport.payloads import decode

BASES = frozenset({"PEPE", "SHIB", "SATS", "BTC"})


def rows(*listed: dict) -> list[wire.ListedSymbol]:
    result = {"category": "x", "list": listed, "nextPageCursor": ""}
    body = json.dumps({"retCode": 0, "retMsg": "OK", "result": result, "retExtInfo": {}, "time": 1}).encode()
    return [decode(bytes(row), wire.ListedSymbol) for row in decode(body, wire.Listing).result.rows]


def spot_row(**changes: object) -> dict:
    row = {
        "symbol": "BTCUSDT",
        "baseCoin": "BTC",
        "quoteCoin": "USDT",
        "innovation": "0",
        "status": "Trading",
        "marginTrading": "utaOnly",
        "lotSizeFilter": {
            "basePrecision": "0.000001",
            "quotePrecision": "0.0000001",
            "minOrderQty": "0.000011",
            "maxOrderQty": "83",
            "minOrderAmt": "5",
            "maxOrderAmt": "8000000",
            "maxLimitOrderQty": "90",
            "maxMarketOrderQty": "45.5",
        },
        "priceFilter": {"tickSize": "0.1"},
        "riskParameters": {"priceLimitRatioX": "0.01", "priceLimitRatioY": "0.02"},
        "symbolType": "",
    }
    return row | changes


def perp_row(**changes: object) -> dict:
    row = {
        "symbol": "BTCUSDT",
        "contractType": "LinearPerpetual",
        "status": "Trading",
        "baseCoin": "BTC",
        "quoteCoin": "USDT",
        "settleCoin": "USDT",
        "launchTime": "1584230400000",
        "deliveryTime": "0",
        "priceFilter": {"minPrice": "0.10", "maxPrice": "1999999.80", "tickSize": "0.10"},
        "lotSizeFilter": {
            "maxOrderQty": "1190.000",
            "minOrderQty": "0.001",
            "qtyStep": "0.001",
            "postOnlyMaxOrderQty": "1190.000",
            "maxMktOrderQty": "500.000",
            "minNotionalValue": "5",
        },
        "fundingInterval": 480,
        "upperFundingRate": "0.005",
        "lowerFundingRate": "-0.005",
        "isPreListing": False,
        "preListingInfo": None,
        "symbolType": "",
        "marketRegion": "",
    }
    return row | changes


def perp(**changes: object):
    (instrument,) = parse_perps(rows(perp_row(**changes)), BASES).instruments
    return instrument


def spot(**changes: object):
    (instrument,) = parse_spot(rows(spot_row(**changes))).instruments
    return instrument


def test_a_spot_symbol_in_full():
    one = spot()
    assert str(one.id) == "bybit:spot:BTCUSDT"
    assert (one.base, one.quote, one.asset, one.settle) == ("BTC", "USDT", "BTC", None)
    assert (one.tick, one.lot) == (Decimal("0.1"), Decimal("0.000001"))
    assert (one.min_qty, one.min_notional, one.max_qty) == (Decimal("0.000011"), Decimal(5), Decimal("45.5"))
    assert (one.status, one.asset_class, one.is_borrowable) == (InstrumentStatus.TRADING, AssetClass.COIN, True)
    assert one.band == PriceBand(Decimal("0.01"), Decimal("0.01"))
    assert spot(marginTrading="none").is_borrowable is False


def test_a_perp_in_full():
    one = perp()
    assert str(one.id) == "bybit:perp:BTCUSDT"
    assert (one.base, one.quote, one.asset, one.settle) == ("BTC", "USDT", "BTC", "USDT")
    assert (one.tick, one.lot, one.min_qty) == (Decimal("0.10"), Decimal("0.001"), Decimal("0.001"))
    assert (one.min_notional, one.max_qty, one.contract_size) == (Decimal(5), Decimal(500), Decimal(1))
    assert one.listed_at == datetime(2020, 3, 15, tzinfo=UTC)
    assert (one.delists_at, one.band) == (None, None)


def test_spot_and_perp_share_a_symbol_and_not_an_identity():
    assert spot().id.symbol == perp().id.symbol
    assert spot().id != perp().id


def test_a_contract_in_usdc_keeps_its_own_name():
    one = perp(symbol="BTCPERP", quoteCoin="USDC", settleCoin="USDC")
    assert (one.id.symbol, one.quote, one.settle) == ("BTCPERP", "USDC", "USDC")
    assert (index_name("BTCPERP"), index_name("BTCUSDT")) == ("BTCUSDC", "BTCUSDT")


@pytest.mark.parametrize(
    ("base", "asset", "multiplier"),
    [
        ("1000PEPE", "PEPE", 1000),
        ("10000SATS", "SATS", 10_000),
        ("SHIB1000", "SHIB", 1000),
        ("1000CAT", "1000CAT", 1),
        ("BTC", "BTC", 1),
    ],
)
def test_a_number_is_a_multiplier_only_where_the_plain_coin_is_listed(base, asset, multiplier):
    one = perp(symbol=f"{base}USDT", baseCoin=base)
    assert (one.base, one.asset, one.multiplier) == (base, asset, Decimal(multiplier))


def test_a_stock_perp_is_never_read_as_a_scaled_coin():
    one = perp(symbol="1000PEPEUSDT", baseCoin="1000PEPE", symbolType="stock")
    assert (one.asset, one.multiplier, one.asset_class) == ("1000PEPE", Decimal(1), AssetClass.STOCK)


@pytest.mark.parametrize(
    ("symbol_type", "expected"),
    [
        ("", AssetClass.COIN),
        ("innovation", AssetClass.COIN),
        ("adventure", AssetClass.COIN),
        ("xstocks", AssetClass.TOKENISED_STOCK),
        ("mstocks", AssetClass.TOKENISED_STOCK),
        ("stock", AssetClass.STOCK),
        ("etf", AssetClass.STOCK),
        ("forex", AssetClass.FX),
        ("commodity", AssetClass.COMMODITY),
        ("somethingnew", AssetClass.UNKNOWN),
    ],
)
def test_the_class_is_said_or_unknown(symbol_type, expected):
    assert spot(symbolType=symbol_type).asset_class is expected
    assert perp(symbolType=symbol_type).asset_class is expected


def test_a_stock_market_region_makes_a_stock():
    assert perp(symbolType="", marketRegion="US").asset_class is AssetClass.STOCK
    assert spot(symbolType="", marketRegion="US").asset_class is AssetClass.TOKENISED_STOCK


def test_a_contract_on_a_coin_that_does_not_trade_yet_is_of_its_own_class():
    assert perp(isPreListing=True).asset_class is AssetClass.PREMARKET
    assert perp(isPreListing=True, symbolType="stock").asset_class is AssetClass.STOCK


def test_a_tokenised_stock_says_how_many_shares_it_is():
    one = spot(symbol="AAPLXUSDT", baseCoin="AAPLX", symbolType="xstocks", xstockMultiplier="0.1")
    assert (one.multiplier, one.asset_class) == (Decimal("0.1"), AssetClass.TOKENISED_STOCK)


@pytest.mark.parametrize(
    ("status", "expected"),
    [
        ("Trading", InstrumentStatus.TRADING),
        ("PreLaunch", InstrumentStatus.PRELAUNCH),
        ("Settling", InstrumentStatus.SUSPENDED),
        ("Delivering", InstrumentStatus.SUSPENDED),
        ("Closed", InstrumentStatus.DELISTED),
        ("SomethingNew", InstrumentStatus.SUSPENDED),
    ],
)
def test_only_trading_is_trading(status, expected):
    assert perp(status=status).status is expected
    assert spot(status=status).status is expected


def test_a_delisting_date_is_told():
    assert perp(deliveryTime="1763856000000").delists_at == datetime(2025, 11, 23, tzinfo=UTC)
    assert perp(deliveryTime="999999999999999999").delists_at is None


@pytest.mark.parametrize(
    "changes",
    [
        {"contractType": "LinearFutures", "symbol": "BTC-26DEC25"},
        {"contractType": "InversePerpetual", "quoteCoin": "USD", "settleCoin": "BTC"},
        {"quoteCoin": "USD", "settleCoin": "USD"},
        {"settleCoin": "USDC"},
    ],
)
def test_what_is_no_linear_perp_in_a_stable_coin_is_left_out(changes):
    assert parse_perps(rows(perp_row(**changes)), BASES) == parse_perps([], BASES)


def test_a_contract_listed_twice_is_one():
    listed = parse_perps(rows(perp_row(), perp_row(status="PreLaunch")), BASES)
    assert [each.status for each in listed.instruments] == [InstrumentStatus.TRADING]


@pytest.mark.parametrize("tick", ["0", "", "-1", "NaN", "abc"])
def test_a_rule_that_makes_no_sense_leaves_its_symbol_out_by_name(tick):
    bad = {"priceFilter": {"tickSize": tick}}
    listed = parse_spot(rows(spot_row(), spot_row(symbol="ODDUSDT", **bad)))
    assert ([each.id.symbol for each in listed.instruments], listed.unreadable) == (["BTCUSDT"], ("ODDUSDT",))
    contracts = parse_perps(rows(perp_row(symbol="ODDUSDT", **bad)), BASES)
    assert (contracts.instruments, contracts.unreadable) == ((), ("ODDUSDT",))


def test_limits_that_are_not_set_are_none():
    bare = {"basePrecision": "0.1", "minOrderQty": "", "maxOrderQty": "0"}
    one = spot(lotSizeFilter=bare, riskParameters=None)
    assert (one.max_qty, one.min_qty, one.min_notional, one.band) == (None, Decimal(0), Decimal(0), None)
    assert one.id.kind is MarketKind.SPOT


def test_nulls_and_empty_texts_are_nothing_stated():
    blank = dict.fromkeys(("symbolType", "marketRegion", "launchTime", "upperFundingRate", "riskParameters"))
    one = perp(**blank, deliveryTime="")
    assert (one.listed_at, one.delists_at, one.band, one.asset_class) == (None, None, None, AssetClass.COIN)
    assert spot(marginTrading=None, symbolType=None).is_borrowable is False
