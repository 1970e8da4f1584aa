"""Small rules of the simulated Bitget's v3: names, steps, books that chain, pages, what an index is made of."""

import json
from types import SimpleNamespace

import pytest

from arbedge.lab.books import Best, DepthTape, LiveBook
from arbedge.lab.exchanges.bitget.products import shelve
from arbedge.lab.exchanges.bitget.requests import Refused
from arbedge.lab.exchanges.bitget.topics import UNIFIED, parse_topic
from arbedge.lab.exchanges.bitget.v3 import shapes
from arbedge.lab.exchanges.bitget.v3.directory import instrument_row
from arbedge.lab.exchanges.bitget.v3.rest import UnifiedDesk
from arbedge.lab.funding import FundingBook
from arbedge.lab.listing import Funding, Listing

NOW_MS = 1_795_380_000_000
HOUR_MS = 3_600_000


def listing(market="spot", quote="USDT", **changes):
    fields = {
        "symbol": "ABCUSDT", "market": market, "base": "ABC", "quote": quote, "coin": "ABC", "scale": 1,
        "status": "TRADING", "tick_dp": 3, "lot_dp": 2, "price_dp": 8, "qty_dp": 8, "min_notional": "5",
        "start_price": 12.5, "quote_usd": 1.0, "rank": 6, "volume_usd": 4e6, "depth_usd": 2e5, "spread_bps": 4.0,
        "onboard_ms": NOW_MS - 900 * 24 * HOUR_MS,
    }  # fmt: skip
    if market == "usdm":
        fields |= {"contract": "PERPETUAL", "funding": Funding(4, 0.02, -0.02, 0.00005, is_adjusted=True)}
    return Listing(**(fields | changes))


def book_of(item):
    book = LiveBook(item, 7, 1000)
    book.move(Best(12_500, 340, 12_502, 1_275), 3, NOW_MS)
    return book


def world():
    return SimpleNamespace(index=lambda _: 12.5, mark=lambda _: 12.5025, bends={}, halts=0)


def desk(*items):
    stage = SimpleNamespace(world=world(), funding=FundingBook(world()), now_ms=lambda _: NOW_MS)
    table = UnifiedDesk(stage, shelve([book_of(item) for item in items])).endpoints()
    return lambda name, **params: json.loads(table[f"/api/v3/market/{name}"].answer(params))


@pytest.mark.parametrize(
    ("line", "topic", "known"),
    [("SPOT", "books1", True), ("USDT-FUTURES", "books50", True), ("USDC-FUTURES", "books5", True),
     ("SPOT", "books", True), ("SPOT", "ticker", True), ("SPOT", "books15", False), ("MARGIN", "ticker", False)],
)  # fmt: skip
def test_topics_are_those_of_v3(line, topic, known):
    found = parse_topic(line, topic, "ABCUSDT", UNIFIED)
    assert (found is not None) is known
    if found is not None:
        assert json.loads(found.arg) == {"instType": line.lower(), "topic": topic, "symbol": "ABCUSDT"}
        assert found != parse_topic(line, topic, "ABCUSDT")


def test_a_step_is_told_beside_the_decimals_and_may_be_coarser():
    plain, fine = (instrument_row(listing("usdm", rank=rank)) for rank in (6, 10))
    assert (plain["pricePrecision"], plain["priceMultiplier"]) == ("3", "0.001")
    assert (fine["pricePrecision"], fine["priceMultiplier"]) == ("4", "0.001")
    spot = instrument_row(listing())
    assert "priceMultiplier" not in spot
    assert "takerFeeRate" not in spot
    assert (spot["category"], plain["category"]) == ("SPOT", "USDT-FUTURES")
    assert instrument_row(listing(status="BREAK"))["status"] == "offline"


@pytest.mark.parametrize("market", ["spot", "usdm"])
def test_updates_chain_by_the_number_before_and_carry_no_checksum(market):
    book = book_of(listing(market))
    book.tape = DepthTape(book)
    book.tape.follow("v3", book)
    whole = json.loads(shapes.books_frame(book, None, book.update_id, NOW_MS))
    (row,) = whole["data"]
    assert (whole["action"], row["pseq"], int(row["seq"])) == ("snapshot", 0, 1003)
    assert isinstance(row["seq"], str) is (market == "spot")
    kept = {side: dict(row[side]) for side in "ab"}
    last = int(row["seq"])
    for i in range(1, 30):
        book.move(Best(12_500 + i % 5, 300 + i, 12_503 + i % 7, 90 * i), 2, NOW_MS + i)
        diff = book.tape.take("v3", book)
        (row,) = json.loads(shapes.books_frame(book, diff, diff.last, NOW_MS))["data"]
        assert "checksum" not in row
        assert row["pseq"] == last
        last = int(row["seq"])
        for side in "ab":
            kept[side] = {p: q for p, q in (kept[side] | dict(row[side])).items() if float(q) > 0}
    assert kept["b"] == dict(json.loads(shapes.books_frame(book, None, last, NOW_MS))["data"][0]["b"])


def test_a_ticker_has_the_next_settlement_on_streams_alone():
    book, funding = book_of(listing("usdm")), FundingBook(world())
    row = json.loads(shapes.ticker_row(world(), funding, book, NOW_MS))
    (told,) = json.loads(shapes.ticker_frame(world(), funding, book, NOW_MS))["data"]
    assert (row["bid1Price"], row["ask1Size"], row["category"]) == ("12.5", "12.75", "USDT-FUTURES")
    assert "nextFundingTime" not in row
    assert int(told["nextFundingTime"]) > NOW_MS
    assert "ts" not in told


def test_settled_funding_is_paged_by_a_cursor_and_goes_back_90_days():
    ask = desk(listing("usdm"))
    params = {"category": "USDT-FUTURES", "symbol": "ABCUSDT", "limit": "100"}
    rows = []
    for page in range(1, 9):
        found = ask("history-fund-rate", **params, cursor=str(page))["resultList"]
        rows += found
        if len(found) < 100:
            break
    stamps = [int(row["fundingRateTimestamp"]) for row in rows]
    assert stamps == [stamps[0] - i * 4 * HOUR_MS for i in range(len(stamps))]
    assert len(stamps) in {539, 540}


def test_an_index_names_the_pairs_in_the_contracts_own_unit():
    ask = desk(listing("usdm"), listing("usdm", symbol="1000DEFUSDT", base="1000DEF", coin="DEF", scale=1000,
                                        index_of="DEFUSDT"), listing("usdm", symbol="TWNUSDT", index_of="TWINUSDT"),
               listing("usdm", symbol="NEWUSDT", has_spot=False))  # fmt: skip

    def pairs(symbol):
        rows = ask("index-components", symbol=symbol)["componentList"]
        return {(row["exchange"], row["spotPair"]) for row in rows}

    assert ("BINANCE", "ABC/USDT") in pairs("ABCUSDT")
    assert ("OKX", "1000DEF/USDT") in pairs("1000DEFUSDT")
    assert ("BYBIT", "TWIN/USDT") in pairs("TWNUSDT")
    assert {venue for venue, _ in pairs("NEWUSDT")} == {"BITGET_FUTURE"}


def test_rates_are_told_of_one_symbol_or_of_a_whole_category():
    ask = desk(listing("usdm"), listing("usdm", symbol="DEFUSDT"), listing("usdm", "USDC", symbol="ABCPERP"))
    assert [row["symbol"] for row in ask("current-fund-rate", category="USDT-FUTURES")] == ["ABCUSDT", "DEFUSDT"]
    assert [row["symbol"] for row in ask("current-fund-rate", symbol="ABCPERP")] == ["ABCPERP"]


@pytest.mark.parametrize(
    ("name", "params", "code"),
    [("tickers", {}, "40019"), ("tickers", {"category": "SHARES"}, "40020"),
     ("orderbook", {"category": "SPOT"}, "40019"), ("orderbook", {"category": "SPOT", "symbol": "NO"}, "40034"),
     ("orderbook", {"category": "SPOT", "symbol": "ABCUSDT", "limit": "0"}, "40020")],
)  # fmt: skip
def test_what_is_asked_wrongly_is_refused(name, params, code):
    with pytest.raises(Refused) as refusal:
        desk(listing())(name, **params)
    assert refusal.value.venue_code == code
