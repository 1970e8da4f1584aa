"""OKX's small rules in the lab: how figures are written, what is counted, which channels there are."""

from decimal import Decimal

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from arbedge.foundation.runtime.clock import SystemClock
from arbedge.lab.config import LabOptions
from arbedge.lab.exchanges.okx import figures, shapes
from arbedge.lab.exchanges.okx.directory import instrument
from arbedge.lab.exchanges.okx.limits import SlidingMeter
from arbedge.lab.exchanges.okx.topics import Arg, Topic, TopicRefused, parse_arg
from arbedge.lab.stage import StageSet

STAGE = StageSet(LabOptions(universe="small", port_base=0), SystemClock())["okx"]
BOOKS = {book.listing.symbol: book for book in STAGE.world.books.values()}
LISTED = frozenset(BOOKS)
INDICES = frozenset({"BTC-USDT"})


@pytest.mark.parametrize(
    ("value", "places", "text"),
    [(100.0, 0, "100"), (100.0, 2, "100"), (0.5, 2, "0.5"), (0.000012, 8, "0.000012"), (0.0, 4, "0"),
     (1e7, 1, "10000000")],
)  # fmt: skip
def test_figures_end_without_zeros_or_exponents(value, places, text):
    assert figures.plain(value, places) == text


@given(st.decimals(min_value="0.000001", max_value="1000000000", allow_nan=False, places=6))
def test_decimals_are_written_out(value):
    text = figures.decimals(value)
    assert Decimal(text) == value
    assert "e" not in text.lower()


def test_contract_sizes_are_written_out_even_where_python_would_use_an_exponent():
    assert figures.decimals(Decimal(10) ** 7) == "10000000"
    assert figures.decimals(Decimal("1E+7")) == "10000000"
    assert instrument(BOOKS["PEPE-USDT-SWAP"].listing)["ctVal"] == "10000000"


@given(st.integers(1, 10**9), st.sampled_from(sorted(LISTED)))
def test_sizes_and_prices_read_back_exactly(units, symbol):
    item = BOOKS[symbol].listing
    assert Decimal(figures.price(item, units)) == Decimal(units).scaleb(-item.tick_dp)
    assert Decimal(figures.size(item, units)) == Decimal(units).scaleb(-item.lot_dp)


def test_swaps_count_contracts_and_spot_counts_coins():
    for symbol, book in BOOKS.items():
        row = msgspec.json.decode(shapes.ticker_entry(book, STAGE.true_ms()))
        item = book.listing
        if not item.is_trading:
            assert float(row["vol24h"]) == 0
            continue
        base = float(row["volCcy24h"]) if item.market != "spot" else float(row["vol24h"])
        assert base * item.start_price * item.quote_usd == pytest.approx(item.volume_usd, rel=0.1), symbol
        if item.market != "spot":
            contracts = float(row["vol24h"]) * float(item.contract_size)
            assert contracts == pytest.approx(base, rel=0.01, abs=float(item.contract_size))


def test_an_instrument_that_never_traded_has_no_prices():
    book = BOOKS["OLD1-USDT-SWAP"]
    row = msgspec.json.decode(shapes.ticker_entry(book, 1))
    assert (row["askPx"], row["bidPx"]) == ("", "")
    assert msgspec.json.decode(shapes.best_entry(book, 1, 5))["asks"] == []
    assert msgspec.json.decode(shapes.price_limit_row(book, 1))["enabled"] is False
    assert instrument(book.listing)["state"] == "suspend"
    assert instrument(BOOKS["SOON-USDT-SWAP"].listing)["state"] == "preopen"


def test_a_meter_forgets_after_its_window_and_counts_each_key_alone():
    meter = SlidingMeter(2000)
    assert [meter.admits("a", 3, at) for at in (0, 1, 2, 3)] == [True, True, True, False]
    assert meter.admits("b", 3, 3)
    assert not meter.admits("a", 3, 1999)
    assert meter.admits("a", 3, 2000)
    assert not meter.admits("a", 3, 2000)


@pytest.mark.parametrize(
    ("path", "channel", "inst_id", "expected"),
    [
        ("public", "bbo-tbt", "BTC-USDT", 0),
        ("public", "books", "BTC-USDT-SWAP", 100),
        ("public", "index-tickers", "BTC-USDT", 100),
        ("public", "index-tickers", "BTC-USDT-SWAP", "60018"),
        ("public", "mark-price", "BTC-USDT", "60018"),
        ("public", "tickers", "btc-usdt", "60018"),
        ("public", "tickers", "", "60018"),
        ("public", "books50-l2-tbt", "BTC-USDT", "64003"),
        ("business", "candle1D", "BTC-USDT", 0),
        ("public", "candle1D", "BTC-USDT", "60018"),
        ("private", "orders", "BTC-USDT", "60011"),
    ],
)
def test_what_may_be_subscribed_to_where(path, channel, inst_id, expected):
    answer = parse_arg(Arg(channel, inst_id), f"/ws/v5/{path}", LISTED, INDICES)
    if isinstance(expected, int):
        assert isinstance(answer, Topic)
        assert answer.every_ms == expected
        assert msgspec.json.decode(answer.arg) == {"channel": channel, "instId": inst_id}
    else:
        assert isinstance(answer, TopicRefused)
        assert answer.code == expected
