"""What Bitget's refusals mean, how calls are counted, and how odd answers are read."""

import asyncio
from decimal import Decimal
from random import Random

import msgspec
import pytest

from arbedge.domain.instrument import InstrumentId, MarketKind
from arbedge.errors import IntegrityError, RateLimited, Rejected, Unavailable
from arbedge.exchanges.bitget.adapter import build
from arbedge.exchanges.bitget.catalogue import BitgetCatalogue
from arbedge.exchanges.bitget.faults import read_fault
from arbedge.exchanges.bitget.limits import EndpointLimiter
from arbedge.exchanges.bitget.rest import BitgetRest
from arbedge.exchanges.config import VenueConfig
from arbedge.exchanges.transport.faults import Restricted
from arbedge.exchanges.transport.http import Answer
from arbedge.exchanges.transport.surroundings import Surroundings
from arbedge.foundation.runtime.clock import ManualClock


@pytest.mark.parametrize(
    ("status", "body", "kind"),
    [
        (200, b'{"code":"00000","msg":"success","data":[]}', None),
        (200, b'{"msg":"success","data":[],"code":"00000"}', None),
        (200, b"<html>", None),
        (200, b'{"code":"40034","msg":"Parameter does not exist"}', Rejected),
        (400, b'{"code":"40034","msg":"Parameter does not exist"}', Rejected),
        (400, b"<html>", Rejected),
        (400, b'{"code":"40725","msg":"service return an error"}', Unavailable),
        (200, b'{"code":"40015","msg":null}', Unavailable),
        (200, b'{"code":"429","msg":"Too Many Requests"}', RateLimited),
        (429, b'{"code":"429","msg":"Too Many Requests"}', RateLimited),
        (403, b'{"code":"40014","msg":"x"}', Restricted),
        (451, b"", Restricted),
        (503, b'{"code":"00000"}', Unavailable),
    ],
)
def test_refusals_are_told_apart_by_status_and_code(status, body, kind):
    fault = read_fault("bitget", "bitget: GET /x", status, {}, body)
    assert (fault is None) if kind is None else (type(fault) is kind)
    if kind is Rejected and b"40034" in body:
        assert "40034 Parameter does not exist" in str(fault)


class Room:
    def __init__(self, wait_s=0.0):
        self.wait_s = wait_s
        self.taken = 0
        self.silent_s = 0.0

    def reserve(self, weight):
        self.taken += weight if not self.wait_s else 0
        return self.wait_s

    def penalise(self, seconds):
        self.silent_s = seconds


def test_a_call_needs_room_at_its_endpoint_and_over_all():
    endpoint, overall = Room(), Room()
    both = EndpointLimiter(endpoint, overall)
    assert both.reserve(1) == 0
    endpoint.wait_s = 0.5
    assert both.reserve(1) == 0.5
    assert overall.taken == 1
    endpoint.wait_s, overall.wait_s = 0.0, 7.0
    assert both.reserve(1) == 7.0
    both.penalise(60)
    assert (endpoint.silent_s, overall.silent_s) == (60, 60)


async def test_one_endpoint_is_never_asked_more_often_than_its_own_share():
    clock = ManualClock()
    venue = build(VenueConfig(), Surroundings(clock, Random(1)))
    (guard,) = (each for each in venue.guards if each.name == "bitget:v2/mix/market/merge-depth")
    asked = []

    async def ask():
        asked.append(clock.monotonic_ns())

    for _ in range(40):
        task = asyncio.ensure_future(guard.call(ask))
        while not task.done():
            await clock.advance(0.01)
        await task
    window = max(sum(at <= other < at + 1_000_000_000 for other in asked) for at in asked)
    assert window <= 16  # 80 % of 20 a second
    assert venue.budgets["public"].used >= window
    await venue.close()


class Endpoint:
    """An endpoint that answers what the test says."""

    def __init__(self, body):
        self.body = body
        self.asked = []

    async def get(self, path, params, *, weight, timeout_s):
        self.asked.append((path, dict(params), weight))
        return Answer(200, {}, self.body, 1.0, 3.0, 77)


def envelope(data):
    return msgspec.json.encode({"code": "00000", "msg": "success", "requestTime": 1, "data": data})


def catalogue(**answers):
    endpoints = {path.replace("__", "/").replace("_", "-"): Endpoint(body) for path, body in answers.items()}
    rest = BitgetRest(endpoints, timeout_s=1)
    return BitgetCatalogue(rest, ManualClock(), tuple(MarketKind)), endpoints


def ticker(symbol, **changes):
    row = {"symbol": symbol, "bidPr": "10.5", "askPr": "10.6", "bidSz": "2", "askSz": "3", "ts": "77"}
    return row | {"quoteVolume": "1000.5", "holdingAmount": "12.5"} | changes


@pytest.mark.parametrize("nothing", ["", None, "0"])
async def test_pitfall_12_a_symbol_without_both_sides_is_left_out_and_spoils_no_other(nothing):
    rows = [ticker("AUSDT", bidPr=nothing), ticker("BUSDT")]
    asked, _ = catalogue(v2__spot__market__tickers=envelope(rows))
    (top,) = await asked.fetch_tops(MarketKind.SPOT)
    assert top.instrument == InstrumentId("bitget", MarketKind.SPOT, "BUSDT")
    assert (top.bid, top.bid_qty, top.ask, top.ask_qty, top.venue_at_ms, top.sequence) == (10.5, 2, 10.6, 3, 77, 0)


async def test_turnover_is_in_quote_currency_and_contracts_tell_what_is_open():
    rows = [ticker("AUSDT"), ticker("BUSDT", quoteVolume=None), ticker("CUSDT", holdingAmount=None)]
    asked, endpoints = catalogue(v2__mix__market__tickers=envelope(rows))
    turnover = await asked.fetch_turnover(MarketKind.PERP)
    assert {str(key): (each.quote_volume, each.open_interest) for key, each in turnover.items()} == {
        "bitget:perp:AUSDT": (Decimal("1000.5"), Decimal("12.5")),
        "bitget:perp:CUSDT": (Decimal("1000.5"), None),
    }
    lines = [params for _, params, _ in endpoints["v2/mix/market/tickers"].asked]
    assert lines == [{"productType": "USDT-FUTURES"}, {"productType": "USDC-FUTURES"}]


async def test_a_book_of_numbers_keeps_every_digit():
    body = b'{"code":"00000","data":{"asks":[[10.60,0.250],[10.7,0]],"bids":[["10.50","2"]],"ts":"99"}}'
    asked, _ = catalogue(v2__spot__market__orderbook=body)
    book = await asked.fetch_book(InstrumentId("bitget", MarketKind.SPOT, "BUSDT"), 500)
    assert (book.asks, book.bids, book.sequence) == ((("10.60", "0.250"),), (("10.50", "2"),), 99)


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"[]",
        b'{"code":"00000","data":null}',
        b'{"code":"00000","data":{"asks":[[1e3,1]],"bids":[],"ts":"1"}}',
        b'{"code":"00000","data":{"asks":[["1",null]],"bids":[],"ts":"1"}}',
    ],
)
async def test_a_book_that_makes_no_sense_is_an_integrity_error(body):
    asked, _ = catalogue(v2__spot__market__orderbook=body)
    with pytest.raises(IntegrityError):
        await asked.fetch_book(InstrumentId("bitget", MarketKind.SPOT, "BUSDT"), 5)


@pytest.mark.parametrize(("levels", "limit"), [(1, "1"), (6, "15"), (50, "50"), (51, "max")])
async def test_a_contracts_book_is_asked_in_the_venues_steps(levels, limit):
    asked, endpoints = catalogue(
        v2__mix__market__contracts=envelope([]),
        v2__spot__public__symbols=envelope([]),
        v2__mix__market__merge_depth=envelope({"asks": [], "bids": [], "ts": "5"}),
    )
    await asked.fetch_book(InstrumentId("bitget", MarketKind.PERP, "BUSDT"), levels)
    ((path, params, weight),) = endpoints["v2/mix/market/merge-depth"].asked
    assert (path, weight) == ("/api/v2/mix/market/merge-depth", 1)
    assert params == {"symbol": "BUSDT", "productType": "USDT-FUTURES", "precision": "scale0", "limit": limit}


async def test_index_components_are_told_in_the_other_venues_words():
    rows = [
        {"exchange": "BINANCE", "spotPair": "BTC/USDT", "equivalentPrice": "9.5", "weight": "0.5"},
        {"exchange": "BITGET_FUTURE", "spotPair": "BTC/USDT", "equivalentPrice": "9.6", "weight": "0.5"},
    ]
    body = envelope({"symbol": "BTCUSDT", "componentList": rows})
    asked, _ = catalogue(v3__market__index_components=body)
    told = await asked.fetch_index_components(InstrumentId("bitget", MarketKind.PERP, "BTCUSDT"))
    assert [(each.venue, each.symbol) for each in told] == [("binance", "BTCUSDT"), ("bitget_future", "BTCUSDT")]
