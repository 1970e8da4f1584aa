"""Bybit's answers over REST: pages, refusals, and what becomes of rows that make no sense."""

import json
from collections.abc import Mapping
from datetime import UTC, datetime
from decimal import Decimal

import pytest

from arbedge.domain.instrument import InstrumentStatus, MarketKind
from arbedge.errors import IntegrityError, RateLimited, Rejected, Unavailable
from arbedge.exchanges.bybit.catalogue import BybitCatalogue
from arbedge.exchanges.bybit.rest import BybitRest, read_fault
from arbedge.exchanges.bybit.symbols import instrument_id
from arbedge.exchanges.transport.faults import Banned, Restricted
from arbedge.exchanges.transport.http import Answer
from arbedge.foundation.runtime.clock import ManualClock

SPOT, PERP = MarketKind.SPOT, MarketKind.PERP


def body(result: object, code: int = 0, words: str = "OK") -> bytes:
    return json.dumps({"retCode": code, "retMsg": words, "result": result, "retExtInfo": {}, "time": 555}).encode()


class Host:
    """Answers what the test laid out, by path; remembers what was asked."""

    def __init__(self, **answers: object) -> None:
        self.answers = answers
        self.asked: list[tuple[str, dict[str, str]]] = []

    async def get(self, path: str, params: Mapping[str, str], *, weight: int, timeout_s: float) -> Answer:
        assert (weight, timeout_s) == (1, 2.0)
        name = path.removeprefix("/v5/market/")
        self.asked.append((name, dict(params)))
        answer = self.answers[name.replace("-", "_").replace("/", "_")]
        made = answer(dict(params)) if callable(answer) else answer
        if isinstance(made, Exception):
            raise made
        told = made if isinstance(made, bytes) else body(made)
        return Answer(200, {}, told, 1000.0, 1010.0, 7)


def catalogue(host: Host, clock: ManualClock | None = None) -> BybitCatalogue:
    return BybitCatalogue(BybitRest(host, timeout_s=2.0), clock or ManualClock(), (SPOT, PERP))  # type: ignore[arg-type]


def spot_row(base: str) -> dict:
    return {
        "symbol": f"{base}USDT",
        "baseCoin": base,
        "quoteCoin": "USDT",
        "status": "Trading",
        "lotSizeFilter": {"basePrecision": "0.1", "minOrderQty": "1", "minOrderAmt": "5"},
        "priceFilter": {"tickSize": "0.01"},
    }


def perp_row(base: str, status: str = "Trading", **changes: object) -> dict:
    row = {
        "symbol": f"{base}USDT",
        "contractType": "LinearPerpetual",
        "status": status,
        "baseCoin": base,
        "quoteCoin": "USDT",
        "settleCoin": "USDT",
        "lotSizeFilter": {"qtyStep": "1", "minOrderQty": "1", "minNotionalValue": "5"},
        "priceFilter": {"tickSize": "0.01"},
        "fundingInterval": 240,
        "upperFundingRate": "0.02",
        "lowerFundingRate": "-0.02",
    }
    return row | changes


def listing(params: dict[str, str]) -> dict:
    """Two pages of contracts, one before its launch, and a spot market in one."""
    if params["category"] == "spot":
        return {"category": "spot", "list": [spot_row("BTC"), spot_row("PEPE")]}
    if params.get("status") == "PreLaunch":
        return {"list": [perp_row("NEW", "PreLaunch")], "nextPageCursor": ""}
    if "cursor" not in params:
        return {"list": [perp_row("BTC")], "nextPageCursor": "second%3D"}
    assert params["cursor"] == "second%3D"
    return {"list": [perp_row("1000PEPE"), {**perp_row("DATED"), "contractType": "LinearFutures"}]}


def ticker(symbol: str, **changes: str) -> dict:
    row = {
        "symbol": symbol,
        "bid1Price": "10",
        "bid1Size": "1",
        "ask1Price": "11",
        "ask1Size": "2",
        "turnover24h": "12345.5",
        "openInterest": "77",
        "fundingRate": "0.0002",
        "nextFundingTime": "1763856000000",
        "fundingIntervalHour": "4",
        "markPrice": "10.5",
        "indexPrice": "10.4",
    }
    return row | changes


async def test_contracts_come_from_every_page_and_from_before_their_launch():
    host = Host(instruments_info=listing)
    perps = await catalogue(host).fetch_instruments(PERP)
    assert [(each.id.symbol, each.status) for each in perps] == [
        ("BTCUSDT", InstrumentStatus.TRADING),
        ("1000PEPEUSDT", InstrumentStatus.TRADING),
        ("NEWUSDT", InstrumentStatus.PRELAUNCH),
    ]
    assert (perps[1].asset, perps[1].multiplier) == ("PEPE", Decimal(1000))
    assert [params.get("limit") for _, params in host.asked] == [None, "1000", "1000", "1000"]


async def test_a_cursor_that_leads_nowhere_ends():
    endless = {"list": [perp_row("BTC")], "nextPageCursor": "again"}
    host = Host(instruments_info=lambda params: listing(params) if params["category"] == "spot" else endless)
    assert len(await catalogue(host).fetch_instruments(PERP)) == 1
    assert len(host.asked) == 41


async def test_tops_leave_out_who_has_not_both_sides():
    rows = [
        ticker("AUSDT"),
        ticker("BUSDT", bid1Price=""),
        ticker("CUSDT", ask1Price="x"),
        ticker("D", ask1Size=""),
    ]
    tops = await catalogue(Host(tickers={"list": rows})).fetch_tops(SPOT)
    assert [(top.instrument.symbol, top.bid, top.ask, top.ask_qty) for top in tops] == [
        ("AUSDT", 10.0, 11.0, 2.0),
        ("D", 10.0, 11.0, 0.0),
    ]
    assert {(top.venue_at_ms, top.received_ns) for top in tops} == {(555, 7)}


async def test_turnover_is_in_quote_and_open_interest_in_base():
    rows = [ticker("BTCUSDT"), ticker("ODDUSDT", turnover24h="", openInterest="")]
    turnover = await catalogue(Host(tickers={"list": rows})).fetch_turnover(PERP)
    assert {str(key): (one.quote_volume, one.open_interest) for key, one in turnover.items()} == {
        "bybit:perp:BTCUSDT": (Decimal("12345.5"), Decimal(77))
    }


async def test_funding_of_all_is_one_call_once_the_terms_are_known():
    clock = ManualClock()
    host = Host(
        instruments_info=listing, tickers={"list": [ticker("BTCUSDT"), ticker("BTC-26DEC25", fundingRate="")]}
    )
    made = catalogue(host, clock)
    await made.fetch_instruments(PERP)
    assert made.terms is None
    host.asked.clear()
    (state,) = await made.fetch_funding()
    assert [name for name, _ in host.asked] == ["tickers"]
    assert (state.rate, state.interval_hours, state.cap, state.floor) == (
        Decimal("0.0002"),
        4,
        Decimal("0.02"),
        Decimal("-0.02"),
    )
    assert state.next_at == datetime(2025, 11, 23, tzinfo=UTC)
    assert made.terms["BTCUSDT"].interval_hours == 4
    await clock.advance(601)
    await made.fetch_funding()
    assert [name for name, _ in host.asked].count("instruments-info") == 3


async def test_index_components_are_named_as_we_name_venues_with_the_price_they_show():
    rows = [
        {"exchange": "Binance", "spotPair": "PEPEUSDT", "price": "0.0105", "multiplier": "1000", "weight": "0.5"},
        {"exchange": "GateIO", "spotPair": "PEPE_USDT", "price": "", "multiplier": "1000"},
        {"exchange": "OKEX", "spotPair": "PEPE-USDT", "price": "0", "multiplier": "0"},
    ]
    host = Host(index_price_components={"indexName": "1000PEPEUSDT", "components": rows})
    told = await catalogue(host).fetch_index_components(instrument_id(PERP, "1000PEPEUSDT"))
    assert [(one.venue, one.symbol, one.price) for one in told] == [
        ("binance", "PEPEUSDT", Decimal("0.0000105")),
        ("gate", "PEPE_USDT", None),
        ("okx", "PEPE-USDT", None),
    ]


async def test_an_index_the_venue_does_not_name_has_no_components():
    perp = instrument_id(PERP, "NOUSDT")
    assert await catalogue(Host(index_price_components=Rejected("no"))).fetch_index_components(perp) == ()
    assert await catalogue(Host(index_price_components={"components": None})).fetch_index_components(perp) == ()
    with pytest.raises(Restricted):
        await catalogue(Host(index_price_components=Restricted("here"))).fetch_index_components(perp)


@pytest.mark.parametrize(("kind", "levels", "asked"), [(SPOT, 5, "5"), (SPOT, 900, "200"), (PERP, 900, "500")])
async def test_a_book_is_asked_for_as_deep_as_the_venue_answers(kind, levels, asked):
    host = Host(orderbook={"s": "X", "b": [["2", "1"], ["1", "0"]], "a": [["3", "1"]], "ts": 9, "u": 4, "seq": 5})
    book = await catalogue(host).fetch_book(instrument_id(kind, "X"), levels)
    assert host.asked[0][1]["limit"] == asked
    assert (book.bids, book.asks, book.sequence, book.venue_at_ms) == ((("2", "1"),), (("3", "1"),), 4, 9)


async def test_a_book_that_is_no_numbers_is_an_integrity_error():
    host = Host(orderbook={"s": "X", "b": [["2", "-1"]], "a": [], "ts": 9, "u": 4})
    with pytest.raises(IntegrityError, match="not a number"):
        await catalogue(host).fetch_book(instrument_id(PERP, "X"), 5)


async def test_the_clock_is_read_to_the_millisecond():
    sample = await catalogue(Host(time={"timeSecond": "1", "timeNano": "1763856000123456789"})).fetch_clock()
    assert (sample.server_ms, sample.sent_ms, sample.received_ms) == (1763856000123, 1000.0, 1010.0)


@pytest.mark.parametrize("told", [b"", b"{", b"[]", b'{"retCode":0,"result":{}}', body([])])
async def test_an_answer_of_another_shape_is_an_integrity_error(told):
    with pytest.raises(IntegrityError, match="tickers"):
        await catalogue(Host(tickers=told)).fetch_tops(SPOT)


class TestRefusals:
    def read(self, status: int, told: bytes):
        return read_fault("bybit", "bybit: GET x", status, {}, told)

    def test_a_good_answer_is_none(self):
        assert self.read(200, body({})) is None
        assert self.read(200, b"not json") is None

    def test_403_for_asking_too_often_is_ten_minutes_of_silence(self):
        error = self.read(403, b"Access too frequent, please try again later")
        assert isinstance(error, Banned)
        assert error.retry_after_s == 600

    def test_403_and_451_by_location_are_restrictions(self):
        blocked = b"The Amazon CloudFront distribution is configured to block access from your country."
        assert isinstance(self.read(403, blocked), Restricted)
        assert isinstance(self.read(403, b""), Restricted)
        assert isinstance(self.read(451, b""), Restricted)

    @pytest.mark.parametrize(
        ("code", "kind", "wait_s"),
        [(10006, RateLimited, 5.0), (10018, Banned, 600.0), (10009, Banned, 600.0)],
    )
    def test_waiting_is_told_inside_a_good_status(self, code, kind, wait_s):
        error = self.read(200, body({}, code, "Too many visits!"))
        assert type(error) is kind
        assert error.retry_after_s == wait_s

    @pytest.mark.parametrize(
        ("code", "kind"), [(10001, Rejected), (10016, Unavailable), (10000, Unavailable), (10024, Restricted)]
    )
    def test_other_codes_say_whether_asking_again_helps(self, code, kind):
        error = self.read(200, body({}, code, "words of the venue"))
        assert type(error) is kind

    def test_a_server_error_is_unavailable(self):
        assert type(self.read(502, b"")) is Unavailable
