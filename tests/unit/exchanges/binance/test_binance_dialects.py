"""What each frame of a Binance link becomes at the sink, and what never reaches it."""

import json
from decimal import Decimal

import pytest

from arbedge.domain.instrument import Instrument, InstrumentStatus, MarketKind
from arbedge.errors import IntegrityError
from arbedge.exchanges.binance.dialects import DepthDialect, MarkDialect, TopDialect
from arbedge.exchanges.binance.funding import FundingTerms
from arbedge.exchanges.binance.recorded import LineKind, RecordedReader
from arbedge.exchanges.binance.symbols import instrument_id
from arbedge.exchanges.transport.dialect import Notice, NoticeKind
from arbedge.market.ports import Watched

ONE = Decimal(1)


def watched(slot: int, symbol: str, kind: MarketKind = MarketKind.PERP) -> Watched:
    instrument = Instrument(
        id=instrument_id(kind, symbol),
        base=symbol[:3],
        quote="USDT",
        asset=symbol[:3],
        settle=None,
        tick=ONE,
        lot=ONE,
        min_qty=ONE,
        min_notional=ONE,
        status=InstrumentStatus.TRADING,
    )
    return Watched(slot, instrument)


WATCHED = [watched(4, "BTCUSDT"), watched(7, "ETHUSDT")]


class Sink:
    def __init__(self) -> None:
        self.tops: list[tuple] = []
        self.changes: list[tuple] = []
        self.funding: list[tuple] = []

    def on_top(self, *values):
        self.tops.append(values)

    def on_book_change(self, slot, change):
        self.changes.append((slot, change))

    def on_funding(self, slot, state):
        self.funding.append((slot, state))


def framed(data: object) -> bytes:
    return json.dumps({"stream": "x", "data": data}).encode()


def top(**changes):
    values = {"u": 9, "s": "ETHUSDT", "b": "10.5", "B": "2", "a": "10.6", "A": "3", "T": 77, "E": 78, "st": 1}
    return framed(values | changes)


def depth(first: int, last: int, **changes):
    values = {"e": "depthUpdate", "E": 5, "s": "BTCUSDT", "U": first, "u": last, "pu": first - 1, "st": 1}
    return framed(values | {"b": [["1.5", "2"]], "a": [["1.6", "0"]]} | changes)


def test_a_top_goes_to_its_slot_with_every_value_in_place():
    sink = Sink()
    assert TopDialect(WATCHED, sink).deliver(top(), 123) is None
    assert sink.tops == [(7, 10.5, 2.0, 10.6, 3.0, 9, 77, 123)]


@pytest.mark.parametrize("changes", [{"st": 2}, {"s": "SOLUSDT"}, {"s": "ethusdt"}])
def test_rows_of_another_market_and_of_symbols_not_watched_are_skipped(changes):
    sink = Sink()
    assert TopDialect(WATCHED, sink).deliver(top(**changes), 1) is None
    assert DepthDialect(WATCHED, sink).deliver(depth(1, 2, **{"s": "SOLUSDT"} | changes), 1) is None
    assert (sink.tops, sink.changes) == ([], [])


def test_a_depth_change_keeps_ids_levels_and_clocks():
    sink = Sink()
    assert DepthDialect(WATCHED, sink).deliver(depth(11, 13), 99) is None
    ((slot, change),) = sink.changes
    assert (slot, str(change.instrument)) == (4, "binance:perp:BTCUSDT")
    assert (change.first, change.last, change.previous) == (11, 13, 10)
    assert (change.bids, change.asks) == ((("1.5", "2"),), (("1.6", "0"),))
    assert (change.venue_at_ms, change.received_ns) == (5, 99)


@pytest.mark.parametrize("level", [["1.5", "-2"], ["1e3", "2"], ["", "2"], ["NaN", "2"], ["1,5", "2"]])
def test_a_depth_change_with_a_level_that_is_no_number_is_garbage(level):
    sink = Sink()
    notice = DepthDialect(WATCHED, sink).deliver(depth(1, 2, b=[["1", "2"], level]), 1)
    assert notice is not None
    assert notice.kind is NoticeKind.GARBAGE
    assert sink.changes == []


def test_two_connections_at_once_give_each_change_once_and_only_while_they_overlap():
    sink = Sink()
    dialect = DepthDialect(WATCHED, sink)
    dialect.set_overlap(is_overlapping=True)
    for frame in (depth(1, 5), depth(1, 5), depth(6, 8), depth(3, 6), depth(1, 2, s="ETHUSDT")):
        dialect.deliver(frame, 1)
    assert [(slot, change.last) for slot, change in sink.changes] == [(4, 5), (4, 8), (7, 2)]
    dialect.set_overlap(is_overlapping=True)  # still the same overlap
    dialect.deliver(depth(6, 8), 1)
    assert len(sink.changes) == 3
    dialect.set_overlap(is_overlapping=False)
    dialect.deliver(depth(1, 2), 1)  # a venue that began its ids anew is heard
    assert [change.last for _, change in sink.changes][-1] == 2


MARKS = [
    {"e": "markPriceUpdate", "E": 3, "s": "BTCUSDT", "p": "100", "i": "99", "r": "0.0001", "T": 1767254400000},
    {"e": "markPriceUpdate", "E": 3, "s": "ETHUSDT", "p": "10", "i": "9", "r": "", "T": 0},
    {"e": "markPriceUpdate", "E": 3, "s": "SOLUSDT", "p": "1", "i": "1", "r": "0.1", "T": 1767254400000},
]


def test_marks_are_read_with_the_contracts_own_terms_or_not_at_all():
    sink, terms = Sink(), {"now": None}
    dialect = MarkDialect(WATCHED, sink, lambda: terms["now"])
    assert dialect.deliver(framed(MARKS), 1) is None
    assert sink.funding == []
    terms["now"] = {"BTCUSDT": FundingTerms(interval_hours=Decimal(4))}
    assert dialect.deliver(framed(MARKS), 1) is None
    assert dialect.deliver(framed([MARKS[0] | {"st": 2}]), 1) is None
    ((slot, state),) = sink.funding
    assert (slot, state.interval_hours, state.rate, state.mark) == (4, 4, Decimal("0.0001"), 100)


@pytest.mark.parametrize(
    ("frame", "notice"),
    [
        (b'{"result":null,"id":12}', Notice(NoticeKind.ACCEPTED, 12)),
        (b'{"error":{"code":2,"msg":"bad"},"id":12}', Notice(NoticeKind.REFUSED, 12, "2 bad")),
        (b'{"code":3,"msg":"worse","id":12}', Notice(NoticeKind.REFUSED, 12, "3 worse")),
        (b'{"e":"serverShutdown","E":1}', Notice(NoticeKind.SHUTDOWN)),
        (b'{"stream":"s","data":{"e":"serverShutdown","E":1}}', Notice(NoticeKind.SHUTDOWN)),
    ],
)
@pytest.mark.parametrize("make", [TopDialect, DepthDialect, lambda w, s: MarkDialect(w, s, dict)])
def test_what_is_not_market_data_is_noticed_on_every_link(make, frame, notice):
    assert make(WATCHED, Sink()).deliver(memoryview(frame), 1) == notice


@pytest.mark.parametrize("frame", [b"", b"\xff", b"{}", b"[]", b"<html>" * 100, top()[:-4], framed({"u": "x"})])
@pytest.mark.parametrize("make", [TopDialect, DepthDialect, lambda w, s: MarkDialect(w, s, dict)])
def test_garbage_is_a_notice_never_an_exception(make, frame):
    sink = Sink()
    notice = make(WATCHED, sink).deliver(memoryview(frame), 1)
    assert notice is not None
    assert notice.kind is NoticeKind.GARBAGE
    assert len(notice.words) < 600
    assert (sink.tops, sink.changes, sink.funding) == ([], [], [])


def test_requests_are_what_the_venue_reads():
    dialect = TopDialect(WATCHED, Sink())
    asked = json.loads(dialect.subscribe(("btcusdt@bookTicker", "币安usdt@bookTicker"), 3))
    assert asked == {"method": "SUBSCRIBE", "params": ["btcusdt@bookTicker", "币安usdt@bookTicker"], "id": 3}
    assert json.loads(dialect.unsubscribe(("a",), 4)) == {"method": "UNSUBSCRIBE", "params": ["a"], "id": 4}


def test_a_recording_is_read_line_by_line():
    sink = Sink()
    reader = RecordedReader([WATCHED[0]], sink)
    line = b'17 {"stream":"btcusdt@bookTicker","data":{"u":9,"s":"BTCUSDT","b":"1","B":"1","a":"2","A":"1"}}\n'
    assert reader.feed(line).kind is LineKind.TOP
    assert sink.tops[0][-1] == 17
    snapshot = reader.feed(b'18 {"lastUpdateId":5,"bids":[["1","2"]],"asks":[["3","4"]]}')
    assert snapshot.kind is LineKind.SNAPSHOT
    assert snapshot.book is not None
    assert (snapshot.book.sequence, snapshot.book.bids, snapshot.book.received_ns) == (5, (("1", "2"),), 18)
    assert reader.feed(b'19 {"stream":"btcusdt@trade","data":{}}').kind is LineKind.OTHER
    assert reader.feed(b'20 {"stream":"btcusdt@depth@100ms","data":{"U":').kind is LineKind.GARBAGE
    with pytest.raises(IntegrityError, match="receive time"):
        reader.feed(b'{"stream":"x"}')
