"""What each frame of an OKX link becomes at the sink, and what never reaches it."""

import json
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from arbedge.domain.instrument import Instrument, InstrumentStatus, MarketKind
from arbedge.errors import SequenceGap
from arbedge.exchanges.okx import wire
from arbedge.exchanges.okx.dialects import DepthDialect, MarkDialect, TopDialect
from arbedge.exchanges.okx.symbols import instrument_id
from arbedge.exchanges.transport.dialect import Notice, NoticeKind
from arbedge.market.feeds.book import LocalBook
from arbedge.market.ports import Watched

ONE = Decimal(1)
NEXT_MS = 1767254400000
HOUR_MS = 3_600_000


def watched(slot: int, symbol: str) -> Watched:
    instrument = Instrument(
        id=instrument_id(MarketKind.PERP, symbol),
        base=symbol.partition("-")[0],
        quote="USDT",
        asset=symbol.partition("-")[0],
        settle="USDT",
        tick=ONE,
        lot=ONE,
        min_qty=ONE,
        min_notional=ONE,
        status=InstrumentStatus.TRADING,
    )
    return Watched(slot, instrument)


WATCHED = [watched(4, "BTC-USDT-SWAP"), watched(7, "ETH-USDT-SWAP")]


class Sink:
    def __init__(self) -> None:
        self.tops: list[tuple] = []
        self.changes: list[tuple] = []
        self.books: list[tuple] = []
        self.funding: list[tuple] = []

    def on_top(self, *values):
        self.tops.append(values)

    def on_book_change(self, slot, change):
        self.changes.append((slot, change))

    def on_book(self, slot, book):
        self.books.append((slot, book))

    def on_funding(self, slot, state):
        self.funding.append((slot, state))


def framed(channel: str, row: dict, symbol: str = "BTC-USDT-SWAP", **more: object) -> bytes:
    message = {"arg": {"channel": channel, "instId": symbol}, **more, "data": [row]}
    return json.dumps(message, separators=(",", ":")).encode()


def best(sequence: int = 9, symbol: str = "ETH-USDT-SWAP", **changes: object) -> bytes:
    row = {"asks": [["10.6", "3", "0", "2"]], "bids": [["10.5", "2", "0", "13"]], "ts": "77", "seqId": sequence}
    return framed("bbo-tbt", row | changes, symbol)


def book(previous: int, last: int, action: str = "update", symbol: str = "BTC-USDT-SWAP", **changes: object):
    row = {
        "asks": [["1.6", "0", "0", "0"]],
        "bids": [["1.5", "2", "0", "1"]],
        "ts": "5",
        "checksum": 0,
        "seqId": last,
        "prevSeqId": previous,
    }
    return framed("books", row | changes, symbol, action=action)


def test_a_top_goes_to_its_slot_with_every_value_in_place():
    sink = Sink()
    assert TopDialect(WATCHED, sink).deliver(memoryview(best()), 123) is None
    assert sink.tops == [(7, 10.5, 2.0, 10.6, 3.0, 9, 77, 123)]


def test_pitfall_12_a_side_nobody_quotes_is_told_as_none_at_all():
    sink = Sink()
    TopDialect(WATCHED, sink).deliver(best(bids=[]), 1)
    TopDialect(WATCHED, sink).deliver(best(asks=[]), 2)
    assert sink.tops == [(7, 0.0, 0.0, 10.6, 3.0, 9, 77, 1), (7, 10.5, 2.0, 0.0, 0.0, 9, 77, 2)]


def test_symbols_not_watched_are_skipped():
    sink = Sink()
    assert TopDialect(WATCHED, sink).deliver(best(symbol="SOL-USDT-SWAP"), 1) is None
    assert DepthDialect(WATCHED, sink).deliver(book(1, 2, symbol="SOL-USDT-SWAP"), 1) is None
    assert MarkDialect(WATCHED, sink).deliver(slow("mark-price", "SOL-USDT-SWAP", markPx="1"), 1) is None
    assert (sink.tops, sink.changes, sink.funding) == ([], [], [])


def test_a_sequence_that_begins_anew_is_heard_but_not_while_two_connections_overlap():
    sink = Sink()
    dialect = TopDialect(WATCHED, sink)
    for sequence in (50, 52, 51, 53, 3, 4, 53, 3, 4, 5, 6):
        dialect.deliver(best(sequence), 1)
    assert [top[5] for top in sink.tops] == [50, 52, 53, 53, 0, 6]  # one old frame, two, then a new count
    dialect.set_overlap(is_overlapping=True)
    for sequence in (7, 5, 4, 3, 2, 7, 8):
        dialect.deliver(best(sequence), 1)
    assert [top[5] for top in sink.tops[6:]] == [7, 7, 8]


def test_a_change_covers_what_follows_the_frame_before_it():
    sink = Sink()
    assert DepthDialect(WATCHED, sink).deliver(book(10, 13), 99) is None
    ((slot, change),) = sink.changes
    assert (slot, str(change.instrument)) == (4, "okx:perp:BTC-USDT-SWAP")
    assert (change.first, change.last, change.previous) == (11, 13, 10)
    assert (change.bids, change.asks) == ((("1.5", "2"),), (("1.6", "0"),))
    assert (change.venue_at_ms, change.received_ns) == (5, 99)


def test_the_whole_book_in_the_stream_is_handed_on_as_a_book():
    sink = Sink()
    dialect = DepthDialect(WATCHED, sink)
    dialect.deliver(book(-1, 13, "snapshot", asks=[["1.6", "4", "0", "1"], ["1.7", "0", "0", "0"]]), 99)
    ((slot, whole),) = sink.books
    assert (slot, whole.sequence, whole.bids, whole.asks) == (4, 13, (("1.5", "2"),), (("1.6", "4"),))
    assert (whole.venue_at_ms, whole.received_ns) == (5, 99)
    assert sink.changes == []


def applied(*frames: bytes, snapshot: int | None = None) -> LocalBook:
    """A book over what the dialect made of the frames, from a snapshot in the stream or one by request."""
    sink = Sink()
    dialect = DepthDialect(WATCHED, sink)
    for frame in frames:
        assert dialect.deliver(frame, 1) is None
    local = LocalBook(WATCHED[0].instrument.id)
    whole = sink.books[0][1]
    local.load(whole, levels_asked=400, is_in_stream=snapshot is None)
    for _, change in sink.changes:
        local.apply(change)
    return local


WHOLE = book(-1, 10, "snapshot", asks=[["1.8", "4", "0", "1"]])


def test_changes_chain_to_the_book_heartbeats_confirm_it_and_a_restart_of_ids_is_followed():
    quiet = {"asks": [], "bids": []}
    local = applied(WHOLE, book(10, 15), book(15, 15, **quiet), book(15, 3), book(3, 5))
    assert local.last == 5
    assert local.best() == (1.5, 1.8)


def test_pitfall_12_a_lost_frame_is_a_gap():
    with pytest.raises(SequenceGap):
        applied(WHOLE, book(10, 15), book(16, 18))
    with pytest.raises(SequenceGap):
        applied(WHOLE, book(9, 15))


def test_a_snapshot_by_request_connects_in_the_middle_of_a_frame():
    assert applied(WHOLE, book(4, 8), book(8, 15), book(15, 17), snapshot=10).last == 17
    with pytest.raises(SequenceGap):
        applied(WHOLE, book(4, 8), book(11, 15), snapshot=10)


@pytest.mark.parametrize("level", [["1.5", "-2"], ["1e3", "2"], ["", "2"], ["NaN", "2"], ["1,5", "2"], ["1.5"]])
def test_a_level_that_is_no_number_is_garbage(level):
    sink = Sink()
    notice = DepthDialect(WATCHED, sink).deliver(book(1, 2, bids=[["1", "2", "0", "1"], level]), 1)
    assert notice is not None
    assert notice.kind is NoticeKind.GARBAGE
    assert (sink.changes, sink.books) == ([], [])


def test_two_connections_at_once_give_each_frame_once_and_only_while_they_overlap():
    sink = Sink()
    dialect = DepthDialect(WATCHED, sink)
    dialect.set_overlap(is_overlapping=True)
    for frame in (book(1, 5), book(-1, 5, "snapshot"), book(1, 5), book(5, 8), book(3, 6)):
        dialect.deliver(frame, 1)
    assert [change.last for _, change in sink.changes] == [5, 8]
    assert sink.books == []
    dialect.set_overlap(is_overlapping=False)
    dialect.deliver(book(8, 2), 1)
    assert sink.changes[-1][1].last == 2


def slow(channel: str, symbol: str = "BTC-USDT-SWAP", **row: str) -> bytes:
    return framed(channel, {"instId": symbol, "ts": "3"} | row, symbol)


def funding(**changes: str) -> bytes:
    row = {
        "formulaType": "withRate",
        "fundingRate": "0.0002",
        "fundingTime": str(NEXT_MS),
        "nextFundingTime": str(NEXT_MS + 4 * HOUR_MS),
        "interestRate": "0.0001",
        "maxFundingRate": "0.015",
        "minFundingRate": "-0.015",
        "nextFundingRate": "",
        "method": "current_period",
        "settState": "settled",
    }
    return slow("funding-rate", **(row | changes))


def test_funding_mark_and_index_are_joined_and_told_once_a_second():
    sink = Sink()
    dialect = MarkDialect(WATCHED, sink)
    dialect.deliver(slow("mark-price", markPx="100"), 0)
    assert sink.funding == []  # a mark alone says nothing of funding
    dialect.deliver(funding(), 1)
    for moment_ns in range(2, 50):
        dialect.deliver(slow("mark-price", markPx="101"), moment_ns)
        dialect.deliver(slow("index-tickers", "BTC-USDT", idxPx="99"), moment_ns)
    assert [state.mark for _, state in sink.funding] == [100]
    dialect.deliver(slow("mark-price", markPx="102"), 1_000_000_001)
    slot, state = sink.funding[-1]
    assert len(sink.funding) == 2
    assert (slot, state.mark, state.index, state.interval_hours) == (4, 102, 99, 4)
    assert (state.rate, state.default_rate) == (Decimal("0.0002"), Decimal("0.00005"))
    assert (state.cap, state.floor) == (Decimal("0.015"), Decimal("-0.015"))
    dialect.deliver(funding(nextFundingTime=str(NEXT_MS + HOUR_MS)), 1_000_000_002)
    assert sink.funding[-1][1].interval_hours == 1  # pitfall 6: a new interval is told at once


CONTROLS = [
    (b"pong", Notice(NoticeKind.ALIVE)),
    (
        b'{"event":"subscribe","arg":{"channel":"bbo-tbt","instId":"BTC-USDT"},"connId":"a4d3ae55"}',
        Notice(NoticeKind.ACCEPTED, stream="bbo-tbt:BTC-USDT"),
    ),
    (
        b'{"id":"3","event":"unsubscribe","arg":{"channel":"books","instId":"X-USDT-SWAP"},"connId":"a"}',
        Notice(NoticeKind.ACCEPTED, stream="books:X-USDT-SWAP"),
    ),
    (
        b'{"event":"error","code":"60018","msg":"Wrong URL or channel:books,instId:FOO-USDT doesn\'t exist."}',
        Notice(
            NoticeKind.REFUSED,
            words="60018 Wrong URL or channel:books,instId:FOO-USDT doesn't exist.",
            stream="books:FOO-USDT",
        ),
    ),
    (
        b'{"id":"12","event":"error","code":"60012","msg":"Invalid request","connId":"a"}',
        Notice(NoticeKind.REFUSED, 12, "60012 Invalid request"),
    ),
    (
        b'{"event":"error","code":"60014","msg":"Requests too frequent","connId":"a"}',
        Notice(NoticeKind.REFUSED, None, "60014 Requests too frequent"),
    ),
    (
        b'{"event":"notice","code":"64008","msg":"The connection will soon be closed","connId":"a"}',
        Notice(NoticeKind.SHUTDOWN),
    ),
    (
        b'{"event":"channel-conn-count","channel":"orders","connCount":"2","connId":"a"}',
        Notice(NoticeKind.ALIVE),
    ),
]


@pytest.mark.parametrize(("frame", "notice"), CONTROLS)
@pytest.mark.parametrize("make", [TopDialect, DepthDialect, MarkDialect])
def test_what_is_not_market_data_is_noticed_on_every_link(make, frame, notice):
    assert make(WATCHED, Sink()).deliver(memoryview(frame), 1) == notice


GARBAGE = [
    b"",
    b"\xff",
    b"ping",
    b"null",
    b"[]",
    b"{}",
    b"[" * 100_000,
    b"<html>" * 100,
    best()[:-4],
    best(sequence=-1),
    best(ts="soon"),
    best(bids=[["one", "1"]]),
    b'{"arg":{"channel":"books","instId":"BTC-USDT-SWAP"},"action":"update","data":[]}',
    b'{"event":"something else"}',
]


@pytest.mark.parametrize("frame", GARBAGE, ids=range(len(GARBAGE)))
@pytest.mark.parametrize("make", [TopDialect, DepthDialect])
def test_garbage_is_a_notice_never_an_exception(make, frame):
    sink = Sink()
    notice = make(WATCHED, sink).deliver(memoryview(frame), 1)
    assert notice is not None
    assert notice.kind is NoticeKind.GARBAGE
    assert len(notice.words) < 600
    assert (sink.tops, sink.changes, sink.books) == ([], [], [])


@given(st.binary(max_size=200))
def test_any_bytes_decode_or_raise_a_declared_error(frame):
    for read in (wire.decode_best, wire.decode_book, wire.decode_slow, wire.decode_control):
        try:
            read(frame)
        except wire.GARBAGE:
            continue


def test_requests_are_what_the_venue_reads():
    dialect = TopDialect(WATCHED, Sink())
    asked = json.loads(dialect.subscribe(("bbo-tbt:BTC-USDT", "books:币安-USDT"), 3))
    assert asked == {
        "id": "3",
        "op": "subscribe",
        "args": [{"channel": "bbo-tbt", "instId": "BTC-USDT"}, {"channel": "books", "instId": "币安-USDT"}],
    }
    assert json.loads(dialect.unsubscribe(("books:A",), 4))["op"] == "unsubscribe"
