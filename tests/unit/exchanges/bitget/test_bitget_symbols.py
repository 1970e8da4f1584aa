"""Bitget's lists to instruments: steps, statuses, classes, multipliers, and what is left out."""

from datetime import UTC, datetime
from decimal import Decimal

import msgspec
import pytest

from arbedge.domain.instrument import AssetClass, InstrumentStatus
from arbedge.exchanges.bitget import wire
from arbedge.exchanges.bitget.symbols import component_of, line_of, parse_perps, parse_spot
from arbedge.exchanges.transport.multipliers import split_multiplier
from arbedge.exchanges.transport.payloads import decode

SPOT_BASES = frozenset({"BTC", "PEPE", "SHIB", "CAT", "1000CAT"})


def pair(**changes):
    row = {
        "symbol": "BTCUSDT",
        "baseCoin": "BTC",
        "quoteCoin": "USDT",
        "minTradeAmount": "0",
        "pricePrecision": "2",
        "quantityPrecision": "6",
        "quotePrecision": "8",
        "status": "online",
        "minTradeUSDT": "1",
        "buyLimitPriceRatio": "0.05",
        "openTime": "1532454360000",
        "offTime": "",
    }
    return row | changes


def contract(**changes):
    row = {
        "symbol": "BTCUSDT",
        "baseCoin": "BTC",
        "quoteCoin": "USDT",
        "supportMarginCoins": ["USDT"],
        "minTradeNum": "0.001",
        "priceEndStep": "5",
        "volumePlace": "3",
        "pricePlace": "1",
        "sizeMultiplier": "0.001",
        "symbolType": "perpetual",
        "minTradeUSDT": "5",
        "symbolStatus": "normal",
        "offTime": "-1",
        "limitOpenTime": "-1",
        "deliveryTime": "",
        "launchTime": "1569398400000",
        "fundInterval": "8",
        "maxOrderQty": "1200",
        "maxMarketOrderQty": "220",
    }
    return row | changes


def read(shape, *rows):
    body = msgspec.json.encode({"code": "00000", "msg": "success", "requestTime": 1, "data": rows})
    return decode(body, wire.Envelope[list[shape]]).data


def perps(*rows):
    return parse_perps(read(wire.Contract, *rows), SPOT_BASES)


def spots(*rows):
    return parse_spot(read(wire.Pair, *rows))


def test_spot_steps_are_numbers_of_decimals():
    (each,) = spots(pair()).instruments
    assert str(each.id) == "bitget:spot:BTCUSDT"
    assert (each.tick, each.lot, each.min_qty, each.min_notional) == tuple(
        map(Decimal, ("0.01", "0.000001", "0", "1"))
    )
    assert (each.base, each.quote, each.asset, each.settle) == ("BTC", "USDT", "BTC", None)
    assert each.listed_at == datetime(2018, 7, 24, 17, 46, tzinfo=UTC)
    assert each.delists_at is None
    assert line_of(each) == "SPOT"


def test_pitfall_4_a_contracts_tick_is_so_many_units_of_its_last_decimal_and_sizes_are_base_units():
    (each,) = perps(contract()).instruments
    assert (each.tick, each.lot, each.min_qty) == (Decimal("0.5"), Decimal("0.001"), Decimal("0.001"))
    assert (each.contract_size, each.max_qty, each.min_notional) == (Decimal(1), Decimal(220), Decimal(5))
    assert (each.settle, line_of(each)) == ("USDT", "USDT-FUTURES")
    assert each.delists_at is None


def test_a_usdc_contract_keeps_its_own_name_and_line():
    row = contract(symbol="BTCPERP", quoteCoin="USDC", supportMarginCoins=["USDC"])
    (each,) = perps(row).instruments
    assert (str(each.id), each.base, each.quote, line_of(each)) == (
        "bitget:perp:BTCPERP",
        "BTC",
        "USDC",
        "USDC-FUTURES",
    )


def test_the_least_cost_is_known_in_dollars_only():
    rows = [
        pair(),
        pair(symbol="ETHBTC", baseCoin="ETH", quoteCoin="BTC"),
        pair(symbol="ETHUSDC", quoteCoin="USDC"),
    ]
    assert [each.min_notional for each in spots(*rows).instruments] == [1, 0, 1]


@pytest.mark.parametrize(
    ("told", "status"),
    [
        ("online", InstrumentStatus.TRADING),
        ("gray", InstrumentStatus.PRELAUNCH),
        ("halt", InstrumentStatus.SUSPENDED),
        ("offline", InstrumentStatus.DELISTED),
        ("something new", InstrumentStatus.SUSPENDED),
    ],
)
def test_pitfall_14_spot_statuses(told, status):
    assert spots(pair(status=told)).instruments[0].status is status


@pytest.mark.parametrize(
    ("told", "status"),
    [
        ("normal", InstrumentStatus.TRADING),
        ("listed", InstrumentStatus.PRELAUNCH),
        ("limit_open", InstrumentStatus.CANCEL_ONLY),
        ("maintain", InstrumentStatus.SUSPENDED),
        ("restrictedAPI", InstrumentStatus.SUSPENDED),
        ("off", InstrumentStatus.DELISTED),
        ("something new", InstrumentStatus.SUSPENDED),
    ],
)
def test_pitfall_14_contract_statuses(told, status):
    assert perps(contract(symbolStatus=told)).instruments[0].status is status


def test_a_delisting_is_dated():
    (each,) = perps(contract(offTime="1795000000000")).instruments
    assert each.delists_at == datetime.fromtimestamp(1_795_000_000, UTC)


@pytest.mark.parametrize("text", ["", "-1", "0", "soon", "9" * 16, "253402300800000", None])
def test_a_date_that_is_none_is_none(text):
    (each,) = perps(contract(offTime=text, launchTime=text)).instruments
    assert (each.listed_at, each.delists_at) == (None, None)


@pytest.mark.parametrize(
    "changes",
    [
        {"symbolType": "delivery", "symbol": "BTCUSDT260327"},
        {"quoteCoin": "USD", "supportMarginCoins": ["BTC"], "symbol": "BTCUSD"},
        {"quoteCoin": "EUR", "supportMarginCoins": ["EUR"]},
    ],
)
def test_pitfall_5_dated_and_coin_margined_contracts_are_left_out(changes):
    assert perps(contract(**changes)).instruments == ()


@pytest.mark.parametrize("changes", [{"priceEndStep": "0"}, {"sizeMultiplier": "x"}, {"pricePlace": "99"}])
def test_rules_that_make_no_sense_are_named_and_left_out(changes):
    listing = perps(contract(**changes), contract(symbol="ETHUSDT"))
    assert [each.id.symbol for each in listing.instruments] == ["ETHUSDT"]
    assert listing.unreadable == ("BTCUSDT",)


def test_a_symbol_in_two_lines_is_read_once():
    listing = perps(contract(), contract(quoteCoin="USDC", supportMarginCoins=["USDC"]))
    assert [each.settle for each in listing.instruments] == ["USDT"]
    assert listing.unreadable == ("BTCUSDT",)


@pytest.mark.parametrize(
    ("base", "asset", "multiplier"),
    [
        ("1000PEPE", "PEPE", 1000),
        ("SHIB1000", "SHIB", 1000),
        ("1MPEPE", "PEPE", 1_000_000),
        ("PEPE1000000", "PEPE", 1_000_000),
        ("1000CAT", "1000CAT", 1),
        ("10000XYZ", "10000XYZ", 1),
    ],
)
def test_pitfall_2_a_multiplier_needs_the_plain_coin_on_spot(base, asset, multiplier):
    (each,) = perps(contract(symbol=f"{base}USDT", baseCoin=base)).instruments
    assert (each.base, each.asset, each.multiplier) == (base, asset, Decimal(multiplier))
    assert split_multiplier(base, SPOT_BASES) == (asset, Decimal(multiplier))


def test_pitfall_1_what_is_no_coin_is_marked_and_never_scaled():
    stock, metal, coin = perps(
        contract(symbol="1000PEPEUSDT", baseCoin="1000PEPE", isRwa="YES"),
        contract(symbol="XAUUSDT", baseCoin="XAU", isRwa="YES"),
        contract(isRwa="NO"),
    ).instruments
    assert (stock.asset_class, stock.multiplier) == (AssetClass.STOCK, 1)
    assert (metal.asset_class, coin.asset_class) == (AssetClass.COMMODITY, AssetClass.COIN)


@pytest.mark.parametrize(
    ("row", "venue", "symbol", "price"),
    [
        (("BINANCE", "BTC/USDT", "88456.65"), "binance", "BTCUSDT", Decimal("88456.65")),
        (("OKX", "BTC/USDT", "0"), "okx", "BTC-USDT", None),
        (("GATEIO", "BTC/USDT", ""), "gateio", "BTC_USDT", None),
        (("BITGET_FUTURE", "BTC/USDT", "1"), "bitget_future", "BTCUSDT", Decimal(1)),
    ],
)
def test_an_index_names_other_venues_in_their_own_spelling(row, venue, symbol, price):
    component = component_of(wire.Component(*row))
    assert (component.venue, component.symbol, component.price) == (venue, symbol, price)
