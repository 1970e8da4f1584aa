"""OKX's listing rows to instruments: contracts, states, classes, multipliers."""

import json
from datetime import UTC, datetime
from decimal import Decimal

import pytest

from arbedge.domain.instrument import AssetClass, InstrumentStatus
from arbedge.exchanges.okx import wire
from arbedge.exchanges.okx.symbols import index_symbol, parse_perps, parse_spot


def rows(*found: dict) -> list[wire.ListedInstrument]:
    body = json.dumps({"code": "0", "msg": "", "data": found}).encode()
    return wire.decode(body, wire.Envelope[list[wire.ListedInstrument]]).data


def spot_row(**changes: object) -> dict:
    row = {
        "instType": "SPOT",
        "instId": "BTC-USDT",
        "instCategory": "1",
        "baseCcy": "BTC",
        "quoteCcy": "USDT",
        "settleCcy": "",
        "ctVal": "",
        "ctMult": "",
        "ctType": "",
        "ctValCcy": "",
        "lever": "10",
        "tickSz": "0.1",
        "lotSz": "0.00000001",
        "minSz": "0.00001",
        "maxLmtSz": "9999",
        "maxMktSz": "1000000",
        "listTime": "1569398400000",
        "contTdSwTime": "1569402000000",
        "expTime": "",
        "ruleType": "normal",
        "state": "live",
        "uly": "",
        "instIdCode": 17,
        "tradeQuoteCcyList": ["USDT"],
    }
    return row | changes


def swap_row(**changes: object) -> dict:
    row = spot_row() | {
        "instType": "SWAP",
        "instId": "BTC-USDT-SWAP",
        "baseCcy": "",
        "quoteCcy": "",
        "settleCcy": "USDT",
        "ctVal": "0.01",
        "ctMult": "1",
        "ctType": "linear",
        "ctValCcy": "BTC",
        "uly": "BTC-USDT",
        "instFamily": "BTC-USDT",
        "lotSz": "0.1",
        "minSz": "0.1",
        "maxLmtSz": "100000000",
        "maxMktSz": "30000",
        "contTdSwTime": "",
    }
    return row | changes


def one(parsed):
    assert parsed.unreadable == ()
    (instrument,) = parsed.instruments
    return instrument


def test_a_spot_row_keeps_every_rule_exactly():
    btc = one(parse_spot(rows(spot_row())))
    assert str(btc.id) == "okx:spot:BTC-USDT"
    assert (btc.base, btc.quote, btc.asset, btc.settle) == ("BTC", "USDT", "BTC", None)
    rules = (btc.tick, btc.lot, btc.min_qty, btc.min_notional)
    assert rules == tuple(map(Decimal, ("0.1", "0.00000001", "0.00001", "0")))
    assert btc.max_qty == 9999  # a market order's maximum is an amount of money on spot
    assert (btc.contract_size, btc.multiplier, btc.is_borrowable) == (1, 1, True)
    assert btc.listed_at == datetime(2019, 9, 25, 9, tzinfo=UTC)
    assert one(parse_spot(rows(spot_row(lever="")))).is_borrowable is False


def test_a_share_on_spot_is_a_token_of_it():
    assert one(parse_spot(rows(spot_row(instCategory="3")))).asset_class is AssetClass.TOKENISED_STOCK


def test_pitfall_4_a_swap_counts_in_contracts():
    btc = one(parse_perps(rows(swap_row()), {"BTC"}))
    assert (btc.base, btc.quote, btc.settle) == ("BTC", "USDT", "USDT")
    assert (btc.contract_size, btc.unit) == (Decimal("0.01"), Decimal("0.01"))
    assert (btc.lot, btc.min_qty, btc.max_qty) == (Decimal("0.1"), Decimal("0.1"), 30000)
    assert btc.is_borrowable is None
    multiplied = one(parse_perps(rows(swap_row(ctVal="10", ctMult="0.5")), {"BTC"}))
    assert multiplied.contract_size == 5
    assert multiplied.unit * multiplied.lot == Decimal("0.5")


@pytest.mark.parametrize(
    ("says", "status"),
    [
        ("live", InstrumentStatus.TRADING),
        ("suspend", InstrumentStatus.SUSPENDED),
        ("rebase", InstrumentStatus.SUSPENDED),
        ("preopen", InstrumentStatus.PRELAUNCH),
        ("expired", InstrumentStatus.DELISTED),
        ("a word of next year", InstrumentStatus.SUSPENDED),
    ],
)
def test_pitfall_14_only_a_live_instrument_trades(says, status):
    assert one(parse_spot(rows(spot_row(state=says)))).status is status
    assert one(parse_perps(rows(swap_row(state=says)), {"BTC"})).status is status


def test_pitfall_14_an_announced_end_is_told():
    assert one(parse_perps(rows(swap_row(expTime="1774598400000")), ())).delists_at == datetime(
        2026, 3, 27, 8, tzinfo=UTC
    )
    assert one(parse_perps(rows(swap_row(expTime="4133404800000000")), ())).delists_at is None


@pytest.mark.parametrize(
    "changes",
    [
        {"instId": "BTC-USD-SWAP", "ctType": "inverse", "uly": "BTC-USD", "ctValCcy": "USD", "settleCcy": "BTC"},
        {"instId": "BTC-USD_UM-SWAP", "uly": "BTC-USD_UM", "settleCcy": "USDC"},
        {"settleCcy": "USDC"},
        {"settleCcy": "EUR", "uly": "BTC-EUR"},
        {"ctType": "", "settleCcy": "", "uly": "", "state": "preopen"},
    ],
)
def test_pitfall_5_only_linear_swaps_settled_in_their_quote_are_perps(changes):
    parsed = parse_perps(rows(swap_row(**changes)), {"BTC"})
    assert (parsed.instruments, parsed.unreadable) == ((), ())


def test_a_usdc_swap_is_a_perp_of_its_own():
    perp = one(parse_perps(rows(swap_row(instId="BTC-USDC-SWAP", uly="BTC-USDC", settleCcy="USDC")), {"BTC"}))
    assert (perp.quote, perp.settle) == ("USDC", "USDC")
    assert index_symbol(perp.id) == "BTC-USDC"


@pytest.mark.parametrize(
    ("base", "spot", "asset", "multiplier"),
    [
        ("PEPE", {"PEPE"}, "PEPE", 1),
        ("1000PEPE", {"PEPE"}, "PEPE", 1000),
        ("SHIB1000", {"SHIB"}, "SHIB", 1000),
        ("1000CAT", {"CAT", "1000CAT"}, "1000CAT", 1),
        ("1000XYZ", set(), "1000XYZ", 1),
    ],
)
def test_pitfall_2_a_number_in_a_ticker_is_a_multiplier_only_where_spot_agrees(base, spot, asset, multiplier):
    row = swap_row(instId=f"{base}-USDT-SWAP", uly=f"{base}-USDT", ctValCcy=base, ctVal="10")
    perp = one(parse_perps(rows(row), spot))
    assert (perp.asset, perp.multiplier, perp.unit) == (asset, multiplier, 10 * multiplier)


@pytest.mark.parametrize(
    ("changes", "asset_class"),
    [
        ({"instCategory": "1"}, AssetClass.COIN),
        ({"instCategory": "3"}, AssetClass.STOCK),
        ({"instCategory": "3", "ruleType": "rebase_contract", "state": "rebase"}, AssetClass.STOCK),
        ({"instCategory": "4"}, AssetClass.COMMODITY),
        ({"instCategory": "5"}, AssetClass.UNKNOWN),
        ({"instCategory": ""}, AssetClass.COIN),
        ({"instCategory": "1", "ruleType": "pre_market"}, AssetClass.PREMARKET),
        ({"instCategory": "", "ruleType": "rebase_contract"}, AssetClass.UNKNOWN),
    ],
)
def test_pitfall_1_a_stock_is_never_taken_for_a_coin(changes, asset_class):
    row = swap_row(instId="1000CAT-USDT-SWAP", uly="1000CAT-USDT", ctValCcy="1000CAT", **changes)
    perp = one(parse_perps(rows(row), {"CAT"}))
    assert perp.asset_class is asset_class
    assert perp.multiplier == (1000 if asset_class is AssetClass.COIN else 1)


@pytest.mark.parametrize(
    "changes",
    [{"tickSz": ""}, {"lotSz": "0"}, {"minSz": "NaN"}, {"ctVal": ""}, {"ctVal": "-1"}, {"ctValCcy": "USD"}],
)
def test_a_swap_without_sane_rules_is_named_and_left_out(changes):
    parsed = parse_perps(rows(swap_row(**changes), swap_row(instId="X-USDT-SWAP")), {"BTC"})
    assert parsed.unreadable == ("BTC-USDT-SWAP",)
    assert [each.id.symbol for each in parsed.instruments] == ["X-USDT-SWAP"]


def test_a_spot_row_of_nothing_but_its_id_is_unreadable():
    found = rows({"instId": "NEW-USDT", "instType": "SPOT", "state": "preopen"})
    assert parse_spot(found).unreadable == ("NEW-USDT",)
