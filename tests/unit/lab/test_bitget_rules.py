"""Small rules of the simulated Bitget: channels, request limits, decimals, checksums, lists, funding pages."""

import json
import zlib
from types import SimpleNamespace

import pytest

from arbedge.lab.books import Best, DepthTape, LiveBook
from arbedge.lab.exchanges.bitget import directory, shapes
from arbedge.lab.exchanges.bitget.coins import coin_list
from arbedge.lab.exchanges.bitget.history import candles, settled_funding
from arbedge.lab.exchanges.bitget.limits import RequestMeter
from arbedge.lab.exchanges.bitget.products import instrument_line, shelve
from arbedge.lab.exchanges.bitget.topics import parse_topic
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


def quiet_world(price=12.5):
    return SimpleNamespace(index=lambda _: price, mark=lambda _: price * 1.0002, bends={})


@pytest.mark.parametrize(
    ("line", "channel", "symbol", "every_ms", "levels"),
    [
        ("SPOT", "books1", "ABCUSDT", 60, 1),
        ("USDT-FUTURES", "books1", "ABCUSDT", 100, 1),
        ("USDT-FUTURES", "books1", "BTCUSDT", 20, 1),
        ("SPOT", "books5", "BTCUSDT", 200, 5),
        ("USDC-FUTURES", "books15", "BTCPERP", 150, 15),
        ("SPOT", "books", "BTCUSDT", 200, 0),
        ("USDT-FUTURES", "ticker", "BTCUSDT", 350, 0),
    ],
)
def test_channels_are_known_by_line_and_name(line, channel, symbol, every_ms, levels):
    topic = parse_topic(line, channel, symbol)
    assert (topic.every_ms, topic.levels, topic.is_quiet) == (every_ms, levels, False)
    assert json.loads(topic.arg) == {"instType": line, "channel": channel, "instId": symbol}


@pytest.mark.parametrize(
    ("line", "channel"), [("MARGIN", "ticker"), ("COIN-FUTURES", "books"), ("SPOT", "books50"), ("SPOT", "")]
)
def test_what_the_venue_does_not_have_is_no_channel(line, channel):
    assert parse_topic(line, channel, "BTCUSDT") is None


def test_trades_and_candles_exist_and_say_nothing():
    assert parse_topic("SPOT", "trade", "BTCUSDT").is_quiet
    assert parse_topic("SPOT", "candle1m", "BTCUSDT").is_quiet


def test_each_endpoint_counts_for_itself_and_a_minute_for_all():
    meter = RequestMeter()
    assert [meter.admits("a", "/x", 20, 1000 + i) for i in range(21)] == [True] * 20 + [False]
    assert meter.admits("a", "/y", 3, 1020)
    assert meter.admits("b", "/x", 20, 1020)
    assert meter.admits("a", "/x", 20, 2001)
    spread = RequestMeter()
    assert all(spread.admits("a", f"/{i}", 20, 5000) for i in range(6000))
    assert not spread.admits("a", "/more", 20, 5000)
    assert spread.admits("a", "/more", 20, 65_001)


def test_books_keep_their_decimals_and_tickers_drop_zeros():
    book = book_of(listing())
    frame = json.loads(shapes.top_frame(book, "books1", 1, NOW_MS))
    assert frame["action"] == "snapshot"
    assert frame["arg"] == {"instType": "SPOT", "channel": "books1", "instId": "ABCUSDT"}
    assert frame["data"] == [
        {"asks": [["12.502", "12.75"]], "bids": [["12.500", "3.40"]], "checksum": 0, "seq": 1003,
         "ts": str(NOW_MS)}
    ]  # fmt: skip
    row = json.loads(shapes.ticker_row(quiet_world(), None, book, NOW_MS))
    assert (row["bidPr"], row["bidSz"], row["askPr"], row["askSz"]) == ("12.5", "3.4", "12.502", "12.75")
    assert [shapes.plain(text) for text in ("27000.00", "0.5000", "1200", "0.00001")] == [
        "27000", "0.5", "1200", "0.00001"
    ]  # fmt: skip


def test_merged_depth_prints_numbers_and_spot_depth_strings():
    contract = json.loads(shapes.depth_answer(book_of(listing("usdm")), 1, NOW_MS))
    assert (contract["asks"], contract["bids"]) == ([[12.502, 12.75]], [[12.5, 3.4]])
    assert (contract["scale"], contract["precision"]) == ("0.001", "scale0")
    spot = json.loads(shapes.depth_answer(book_of(listing()), 1, NOW_MS))
    assert spot == {"asks": [["12.502", "12.75"]], "bids": [["12.500", "3.40"]], "ts": str(NOW_MS)}


def test_an_update_carries_the_checksum_of_the_book_it_leads_to():
    book = book_of(listing())
    book.tape = DepthTape(book)
    book.tape.follow("f", book)
    kept = {side: dict(levels) for side, levels in json.loads(shapes.books_frame(book, None, 0))["data"][0].items()
            if side in {"bids", "asks"}}  # fmt: skip
    for i in range(1, 40):
        book.move(Best(12_500 + i % 5, 300 + i, 12_503 + i % 7, 90 * i), 2, NOW_MS + i)
        frame = json.loads(shapes.books_frame(book, book.tape.take("f", book), NOW_MS))
        update = frame["data"][0]
        assert frame["action"] == "update"
        for side in ("bids", "asks"):
            kept[side] |= dict(update[side])
            kept[side] = {price: size for price, size in kept[side].items() if float(size) > 0}
        bids = sorted(kept["bids"].items(), key=lambda level: -float(level[0]))[:25]
        asks = sorted(kept["asks"].items(), key=lambda level: float(level[0]))[:25]
        text = ":".join(f"{b[0]}:{b[1]}:{a[0]}:{a[1]}" for b, a in zip(bids, asks, strict=True))
        assert update["checksum"] % 2**32 == zlib.crc32(text.encode())
        assert -(2**31) <= update["checksum"] < 2**31
        assert update["seq"] == book.update_id


def test_a_contract_states_its_tick_by_places_and_end_step():
    rows = {rank: directory.contract_row(listing("usdm", rank=rank)) for rank in (6, 10)}
    assert (rows[6]["pricePlace"], rows[6]["priceEndStep"]) == ("3", "1")
    assert (rows[10]["pricePlace"], rows[10]["priceEndStep"]) == ("4", "10")
    for row in rows.values():
        assert int(row["priceEndStep"]) * 10 ** -int(row["pricePlace"]) == pytest.approx(0.001)
        assert (row["sizeMultiplier"], row["fundInterval"], row["supportMarginCoins"]) == ("0.01", "4", ["USDT"])
    assert directory.contract_row(listing("usdm", status="SETTLING"))["symbolStatus"] == "off"
    assert directory.contract_row(listing("usdm", underlying="EQUITY"))["isRwa"] == "YES"
    spot = directory.spot_row(listing(status="BREAK"))
    assert (spot["pricePrecision"], spot["quantityPrecision"], spot["status"]) == ("3", "2", "halt")


def test_coins_tell_each_network_both_ways():
    items = [listing(base=f"C{i}", coin=f"C{i}", symbol=f"C{i}USDT") for i in range(150)]
    coins = json.loads(coin_list(items, frozenset({"closed_networks"})))
    assert len(coins) == 151
    chains = [chain for coin in coins for chain in coin["chains"]]
    ways = {(chain["rechargeable"], chain["withdrawable"]) for chain in chains}
    assert ways == {("true", "true"), ("true", "false"), ("false", "true"), ("false", "false")}
    assert {chain["congestion"] for chain in chains} == {"normal", "congested"}
    assert {chain["extraWithdrawFee"] for chain in chains} == {"0", "0.02"}
    # one way here and the other there: what reads as open both ways from the coin alone
    crossed = [c for c in coins if {(x["rechargeable"], x["withdrawable"]) for x in c["chains"]} ==
               {("true", "false"), ("false", "true")}]  # fmt: skip
    assert crossed
    assert [c["coin"] for c in json.loads(coin_list(items, frozenset(), only="C7"))] == ["C7"]


def test_without_the_trap_every_network_is_open_and_addresses_follow_the_coin():
    items = [listing(base="ABC", coin="ABC"), listing(base="XYZ", coin="ABC", symbol="XYZUSDT"),
             listing(base="QRS", coin="QRS", symbol="QRSUSDT"), listing(base="XRP", coin="XRP", symbol="XRPUSDT")]  # fmt: skip
    coins = {row["coin"]: row["chains"] for row in json.loads(coin_list(items, frozenset()))}
    assert all(x["rechargeable"] == x["withdrawable"] == "true" for chains in coins.values() for x in chains)
    addresses = {name: {x["contractAddress"] for x in chains} for name, chains in coins.items()}
    assert addresses["ABC"] == addresses["XYZ"]
    assert not addresses["ABC"] & addresses["QRS"]
    assert addresses["XRP"] == {""}
    assert coins["XRP"][0]["needTag"] == "true"
    assert float(coins["ABC"][0]["withdrawFee"]) * 12.5 == pytest.approx(0.8)


def test_markets_are_kept_by_line():
    items = [listing(), listing("usdm"), listing("usdm", "USDC", symbol="ABCPERP"),
             listing("usdm", symbol="ABCUSDT_261225", funding=None)]  # fmt: skip
    assert [instrument_line(item) for item in items[:3]] == ["SPOT", "USDT-FUTURES", "USDC-FUTURES"]
    shelves = shelve([LiveBook(item, 1, 1) for item in items])
    assert {line: list(shelf) for line, shelf in shelves.items()} == {
        "SPOT": ["ABCUSDT"], "USDT-FUTURES": ["ABCUSDT"], "USDC-FUTURES": ["ABCPERP"]
    }  # fmt: skip


def test_settled_funding_comes_in_pages_newest_first():
    book, funding = book_of(listing("usdm")), FundingBook(quiet_world())
    pages = [json.loads(settled_funding(funding, book, 20, page, NOW_MS)) for page in (1, 2, 200)]
    stamps = [int(row["fundingTime"]) for page in pages[:2] for row in page]
    assert len(stamps) == 40
    assert stamps == [stamps[0] - i * 4 * HOUR_MS for i in range(40)]
    assert NOW_MS - 4 * HOUR_MS < stamps[0] <= NOW_MS
    assert all(stamp % (4 * HOUR_MS) == 0 for stamp in stamps)
    assert pages[2] == []
    assert settled_funding(funding, book_of(listing()), 20, 1, NOW_MS) == "[]"


@pytest.mark.parametrize(("market", "granularity", "columns"), [("spot", "1min", 8), ("usdm", "1m", 7)])
def test_candles_follow_one_another(market, granularity, columns):
    rows = json.loads(candles(book_of(listing(market)), granularity, 10, NOW_MS))
    assert {len(row) for row in rows} == {columns}
    assert [int(row[0]) for row in rows] == [NOW_MS // 60_000 * 60_000 - 60_000 * age for age in range(9, -1, -1)]
    assert all(float(row[3]) <= min(float(row[1]), float(row[4])) for row in rows)
    with pytest.raises(KeyError):
        candles(book_of(listing(market)), "7min", 10, NOW_MS)
