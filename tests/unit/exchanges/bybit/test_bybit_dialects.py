"""What each frame of a Bybit link becomes at the sink, and what never reaches it."""

import json
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from arbedge.domain.instrument import Instrument, InstrumentStatus, MarketKind
from arbedge.errors import SequenceGap
from arbedge.exchanges.bybit.dialects import DepthDialect, MarkDialect, TopDialect
from arbedge.exchanges.bybit.funding import FundingTerms
from arbedge.exchanges.bybit.symbols import instrument_id
from arbedge.exchanges.transport.dialect import Notice, NoticeKind
from arbedge.market.feeds.book import LocalBook
from arbedge.market.ports import Watched

ONE = Decimal(1)
SECOND_NS = 1_000_000_000


def watched(slot: int, symbol: str) -> Watched:
    instrument = Instrument(
        id=instrument_id(MarketKind.PERP, symbol),
        base=symbol[:3],
        quote="USDT",
        asset=symbol[:3],
        settle="USDT",
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
        self.books: list[tuple] = []
        self.changes: list[tuple] = []
        self.funding: list[tuple] = []

    def on_top(self, *values):
        self.tops.append(values)

    def on_book(self, slot, book):
        self.books.append((slot, book))

    def on_book_change(self, slot, change):
        self.changes.append((slot, change))

    def on_funding(self, slot, state):
        self.funding.append((slot, state))


def frame(topic: str, data: dict, kind: str = "snapshot", ts: int = 77) -> bytes:
    return json.dumps({"topic": topic, "type": kind, "ts": ts, "data": data, "cts": ts - 3}).encode()


def top(kind: str = "snapshot", **changes) -> bytes:
    data = {"s": "ETHUSDT", "b": [["10.5", "2"]], "a": [["10.6", "3"]], "u": 9, "seq": 90} | changes
    return frame("orderbook.1.ETHUSDT", data, kind)


def depth(update: int, kind: str = "delta", bids=(), asks=(), symbol: str = "ETHUSDT") -> bytes:
    data = {"s": symbol, "b": [*bids], "a": [*asks], "u": update, "seq": 1000 + 7 * update}
    return frame(f"orderbook.50.{symbol}", data, kind, 1000 + update)


def ticker(kind: str = "delta", **fields: str) -> bytes:
    return frame("tickers.BTCUSDT", {"symbol": "BTCUSDT", **fields}, kind)


FULL = {
    "markPrice": "100.5",
    "indexPrice": "100.4",
    "fundingRate": "-0.000212",
    "nextFundingTime": "1763856000000",
    "fundingIntervalHour": "4",
    "fundingCap": "0.005",
    "bid1Price": "100",
}


class TestTops:
    def test_a_snapshot_is_told_in_full_and_again_when_it_repeats(self):
        sink = Sink()
        dialect = TopDialect(WATCHED, sink)
        assert dialect.deliver(top(), 5) is None
        assert dialect.deliver(memoryview(top()), 6) is None
        assert sink.tops == [(7, 10.5, 2.0, 10.6, 3.0, 9, 77, 5), (7, 10.5, 2.0, 10.6, 3.0, 9, 77, 6)]

    def test_the_spots_order_of_keys_reads_the_same(self):
        sink = Sink()
        data = {"s": "BTCUSDT", "b": [["1", "2"]], "a": [["3", "4"]], "u": 1, "seq": 2}
        spot = {"topic": "orderbook.1.BTCUSDT", "ts": 8, "type": "snapshot", "data": data}
        assert TopDialect(WATCHED, sink).deliver(json.dumps(spot).encode(), 5) is None
        assert sink.tops == [(4, 1.0, 2.0, 3.0, 4.0, 1, 8, 5)]

    def test_an_empty_side_is_told_as_nothing(self):
        sink = Sink()
        assert TopDialect(WATCHED, sink).deliver(top(b=[]), 5) is None
        assert sink.tops == [(7, 0.0, 0.0, 10.6, 3.0, 9, 77, 5)]

    @pytest.mark.parametrize(
        "payload",
        [
            top("delta"),
            top("delta", b=[]),
            top(b=[["ten", "2"]]),
            top(u=-1),
            b"",
            b"[]",
            b'{"topic":',
            b"[" * 100_000,
            frame("tickers.ETHUSDT", {"symbol": "ETHUSDT"}),
        ],
    )
    def test_what_is_no_snapshot_of_two_sides_never_reaches_the_sink(self, payload):
        sink = Sink()
        notice = TopDialect(WATCHED, sink).deliver(payload, 5)
        assert notice is not None
        assert notice.kind is NoticeKind.GARBAGE
        assert sink.tops == []

    def test_a_symbol_not_watched_is_skipped(self):
        sink = Sink()
        assert TopDialect(WATCHED, sink).deliver(top(s="XRPUSDT"), 5) is None
        assert TopDialect(WATCHED, sink).deliver(top(s="XRPUSDT", b=[]), 5) is None
        assert sink.tops == []


class TestAnswers:
    @pytest.mark.parametrize(
        ("answer", "notice"),
        [
            ({"success": True, "ret_msg": "", "req_id": "12", "op": "subscribe"}, (NoticeKind.ACCEPTED, 12)),
            ({"success": True, "ret_msg": "pong", "op": "ping"}, (NoticeKind.ALIVE, None)),
            ({"op": "pong", "args": ["1"], "conn_id": "x"}, (NoticeKind.ALIVE, None)),
            ({"success": True, "ret_msg": "pong", "req_id": "", "op": "ping"}, (NoticeKind.ALIVE, None)),
            ({"success": False, "ret_msg": "no", "req_id": "3", "op": "subscribe"}, (NoticeKind.REFUSED, 3)),
            ({"success": False, "ret_msg": "no", "op": "subscribe"}, (NoticeKind.REFUSED, None)),
            ({"hello": 1}, (NoticeKind.GARBAGE, None)),
        ],
    )
    def test_each_answer_is_read(self, answer, notice):
        for made in (TopDialect, DepthDialect):
            read = made(WATCHED, Sink()).deliver(json.dumps(answer).encode(), 5)
            assert (read.kind, read.request_id) == notice
        read = MarkDialect(WATCHED, Sink(), dict).deliver(json.dumps(answer).encode(), 5)
        assert (read.kind, read.request_id) == notice

    def test_requests_carry_their_number_as_text(self):
        dialect = TopDialect(WATCHED, Sink())
        ask = json.loads(dialect.subscribe(("orderbook.1.A", "orderbook.1.B"), 5))
        assert ask == {"op": "subscribe", "req_id": "5", "args": ["orderbook.1.A", "orderbook.1.B"]}
        assert json.loads(dialect.unsubscribe(("orderbook.1.A",), 6))["op"] == "unsubscribe"

    def test_a_refused_topic_no_longer_spoils_the_request_of_the_others(self):
        dialect = TopDialect(WATCHED, Sink())
        words = "error:handler not found,topic:orderbook.1.GONEUSDT"
        refusal = {"success": False, "ret_msg": words, "req_id": "1", "op": "subscribe"}
        assert dialect.deliver(json.dumps(refusal).encode(), 5).words == words
        ask = json.loads(dialect.subscribe(("orderbook.1.GONEUSDT", "orderbook.1.B"), 2))
        assert ask["args"] == ["orderbook.1.B"]

    def test_a_topic_refused_for_being_there_already_is_asked_for_again(self):
        dialect = TopDialect(WATCHED, Sink())
        refusal = {"success": False, "ret_msg": "error:already subscribed,topic:orderbook.1.B", "req_id": "1"}
        assert dialect.deliver(json.dumps(refusal).encode(), 5).kind is NoticeKind.REFUSED
        assert json.loads(dialect.subscribe(("orderbook.1.B",), 2))["args"] == ["orderbook.1.B"]


class TestDepth:
    def test_a_snapshot_is_a_book_and_deltas_chain_to_it(self):
        sink = Sink()
        dialect = DepthDialect(WATCHED, sink)
        levels = {"bids": [["10", "1"], ["9", "2"]], "asks": [["11", "3"]]}
        assert dialect.deliver(depth(500, "snapshot", **levels), 5) is None
        assert dialect.deliver(depth(501, bids=[["10", "0"]], asks=[["10.5", "1.5"]]), 6) is None
        assert dialect.deliver(depth(502, bids=[["9.5", "4"]]), 7) is None
        ((slot, whole),) = sink.books
        assert (slot, whole.sequence, whole.bids, whole.asks) == (
            7,
            500,
            (("10", "1"), ("9", "2")),
            (("11", "3"),),
        )
        book = LocalBook(WATCHED[1].instrument.id)
        book.load(whole, levels_asked=50, is_in_stream=True)
        for _, change in sink.changes:
            assert book.apply(change)
        assert book.snapshot(5).bids == (("9.5", "4"), ("9", "2"))
        assert book.snapshot(5).asks == (("10.5", "1.5"), ("11", "3"))
        assert (book.last, book.received_ns) == (502, 7)

    def test_a_missing_frame_is_seen_by_the_book_and_subscribed_anew_once(self):
        sink = Sink()
        dialect = DepthDialect(WATCHED, sink)
        dialect.deliver(depth(500, "snapshot", [["10", "1"]], [["11", "1"]]), 5)
        notice = dialect.deliver(depth(502, bids=[["9", "1"]]), 6)
        assert (notice.kind, notice.stream) == (NoticeKind.RESYNC, "orderbook.50.ETHUSDT")
        book = LocalBook(WATCHED[1].instrument.id)
        book.load(sink.books[0][1], levels_asked=50, is_in_stream=True)
        with pytest.raises(SequenceGap):
            book.apply(sink.changes[0][1])
        assert dialect.deliver(depth(503, bids=[["8", "1"]]), 7) is None
        assert len(sink.changes) == 1
        dialect.deliver(depth(600, "snapshot", [["10", "1"]], [["11", "1"]]), 8)
        assert dialect.deliver(depth(601, bids=[["9", "1"]]), 9) is None
        assert [change.last for _, change in sink.changes] == [502, 601]

    def test_a_restarted_service_begins_at_one_and_overwrites(self):
        sink = Sink()
        dialect = DepthDialect(WATCHED, sink)
        dialect.set_overlap(is_overlapping=True)
        dialect.deliver(depth(900, "snapshot", [["10", "1"]], [["11", "1"]]), 5)
        dialect.deliver(depth(1, "snapshot", [["20", "1"]], [["21", "1"]]), 6)
        assert [book.sequence for _, book in sink.books] == [900, 1]
        assert dialect.deliver(depth(2, bids=[["19", "1"]]), 7) is None
        assert sink.changes[0][1].previous == 1

    def test_while_two_connections_overlap_each_frame_goes_out_once(self):
        sink = Sink()
        dialect = DepthDialect(WATCHED, sink)
        dialect.deliver(depth(10, "snapshot", [["10", "1"]], [["11", "1"]]), 1)
        dialect.set_overlap(is_overlapping=True)
        dialect.deliver(depth(11), 2)
        dialect.deliver(depth(11, "snapshot", [["10", "1"]], [["11", "1"]]), 3)
        for update in (12, 12, 13, 13):
            assert dialect.deliver(depth(update), 4) is None
        dialect.set_overlap(is_overlapping=False)
        assert dialect.deliver(depth(14), 5) is None
        assert [change.last for _, change in sink.changes] == [11, 12, 13, 14]
        assert len(sink.books) == 1

    def test_a_repeat_changes_nothing_and_ids_that_go_back_are_a_gap(self):
        sink = Sink()
        dialect = DepthDialect(WATCHED, sink)
        dialect.deliver(depth(10, "snapshot", [["10", "1"]], [["11", "1"]]), 1)
        assert dialect.deliver(depth(11, bids=[["9", "1"]]), 2) is None
        assert dialect.deliver(depth(11, bids=[["9", "1"]]), 3) is None
        assert len(sink.changes) == 1
        assert dialect.deliver(depth(4, bids=[["8", "1"]]), 4).kind is NoticeKind.RESYNC
        book = LocalBook(WATCHED[1].instrument.id)
        book.load(sink.books[0][1], levels_asked=50, is_in_stream=True)
        assert book.apply(sink.changes[0][1])
        with pytest.raises(SequenceGap):
            book.apply(sink.changes[1][1])

    def test_changes_before_any_book_say_nothing(self):
        sink = Sink()
        assert DepthDialect(WATCHED, sink).deliver(depth(5), 1) is None
        assert (sink.changes, sink.books) == ([], [])

    @pytest.mark.parametrize(
        "payload",
        [
            depth(5, "snapshot", [["-1", "1"]], []),
            depth(5, "snapshot", [["1", "NaN"]], []),
            depth(5, "snapshot", [["1e5", "1"]], []),
            depth(5, "partial", [["1", "1"]], []),
            frame("orderbook.50.ETHUSDT", {"s": "ETHUSDT", "b": [["1"]], "a": [], "u": 3}),
            frame("orderbook.50.ETHUSDT", {"s": "ETHUSDT", "b": [[1, 2]], "a": [], "u": 3}),
        ],
    )
    def test_garbage_never_reaches_the_sink(self, payload):
        sink = Sink()
        assert DepthDialect(WATCHED, sink).deliver(payload, 1).kind is NoticeKind.GARBAGE
        assert (sink.changes, sink.books) == ([], [])


class View:
    """A venue's view of its best levels, as bids only: what falls out of it is deleted, what comes in is sent."""

    def __init__(self, levels: int) -> None:
        self.levels, self.update = levels, 100
        self.every: dict[int, int] = dict.fromkeys(range(20, 40), 1)
        self.shown = self.now()

    def now(self) -> dict[int, int]:
        return {price: self.every[price] for price in sorted(self.every, reverse=True)[: self.levels]}

    def whole(self) -> bytes:
        return depth(self.update, "snapshot", [[str(p), str(q)] for p, q in self.shown.items()], [["99", "1"]])

    def change(self, price: int, size: int) -> bytes:
        if size:
            self.every[price] = size
        elif len(self.every) > 1:
            self.every.pop(price, None)
        before, self.shown = self.shown, self.now()
        self.update += 1
        gone = [[str(p), "0"] for p in before if p not in self.shown]
        new = [[str(p), str(q)] for p, q in self.shown.items() if before.get(p) != q]
        return depth(self.update, bids=gone + new)


class Reader:
    """A market's end of the stream: the book while it stands, None while a frame is known to be missing."""

    def __init__(self) -> None:
        self.sink, self.book = Sink(), None
        self.dialect = DepthDialect(WATCHED, self.sink)

    def hear(self, payload: bytes) -> None:
        self.sink.books.clear()
        self.sink.changes.clear()
        notice = self.dialect.deliver(payload, 1)
        for _, whole in self.sink.books:
            self.book = LocalBook(WATCHED[1].instrument.id)
            self.book.load(whole, levels_asked=50, is_in_stream=True)
        for _, change in self.sink.changes:
            try:
                if self.book is not None:
                    self.book.apply(change)
            except SequenceGap:
                self.book = None
                assert notice.kind is NoticeKind.RESYNC


ACTS = st.sampled_from(["send", "lose", "twice", "back", "whole"])


@given(st.lists(st.tuples(ACTS, st.integers(10, 60), st.integers(0, 3))))
def test_whatever_is_lost_or_repeated_a_book_that_stands_is_the_venues_own(steps):
    view, reader = View(levels=5), Reader()
    reader.hear(view.whole())
    for act, price, size in steps:
        payload = view.whole() if act == "whole" else view.change(price, size)
        if act == "lose":
            continue
        reader.hear(payload)
        if act == "twice":
            reader.hear(payload)
        elif act == "back":
            reader.hear(depth(view.update - 3, bids=[["50", "9"]]))
        if reader.book is not None:
            assert reader.book.last == view.update
            assert {int(price): int(size) for price, size in reader.book.snapshot(50).bids} == view.shown
    reader.hear(view.whole())
    assert reader.book is not None


TERMS = {"BTCUSDT": FundingTerms(Decimal(8), Decimal("0.01"), Decimal("-0.01"))}


class TestMarks:
    def test_a_delta_changes_only_what_it_carries(self):
        sink = Sink()
        dialect = MarkDialect(WATCHED, sink, lambda: TERMS)
        assert dialect.deliver(ticker("snapshot", **FULL), SECOND_NS) is None
        assert dialect.deliver(ticker(markPrice="101"), 3 * SECOND_NS) is None
        (_, first), (slot, second) = sink.funding
        assert slot == 4
        assert (first.mark, second.mark) == (Decimal("100.5"), Decimal(101))
        assert (first.rate, first.next_at, first.index) == (second.rate, second.next_at, second.index)
        assert (second.rate, second.interval_hours) == (Decimal("-0.000212"), Decimal(4))
        assert (second.cap, second.floor) == (Decimal("0.005"), Decimal("-0.005"))
        assert second.default_rate == Decimal("0.00005")
        assert (second.venue_at_ms, second.received_ns) == (77, 3 * SECOND_NS)

    def test_marks_are_told_once_a_second_and_funding_at_once(self):
        sink = Sink()
        dialect = MarkDialect(WATCHED, sink, lambda: TERMS)
        dialect.deliver(ticker("snapshot", **FULL), SECOND_NS)
        for at in range(1, 10):
            dialect.deliver(ticker(markPrice=f"{100 + at}"), SECOND_NS + at * 100_000_000)
        assert len(sink.funding) == 1
        dialect.deliver(ticker(fundingRate="0.0003"), SECOND_NS + 950_000_000)
        assert (sink.funding[-1][1].rate, sink.funding[-1][1].mark) == (Decimal("0.0003"), Decimal(109))
        dialect.deliver(ticker(fundingIntervalHour="1"), SECOND_NS + 960_000_000)
        assert sink.funding[-1][1].interval_hours == 1

    def test_a_delta_before_its_snapshot_says_nothing(self):
        sink = Sink()
        assert MarkDialect(WATCHED, sink, lambda: TERMS).deliver(ticker(**FULL), 1) is None
        assert sink.funding == []

    def test_a_new_snapshot_forgets_what_it_leaves_out(self):
        sink = Sink()
        dialect = MarkDialect(WATCHED, sink, lambda: TERMS)
        dialect.deliver(ticker("snapshot", **FULL), SECOND_NS)
        dialect.deliver(ticker("snapshot", markPrice="7"), 5 * SECOND_NS)
        assert len(sink.funding) == 1

    def test_nothing_is_told_before_the_terms_are_known(self):
        sink = Sink()
        terms: list = []
        dialect = MarkDialect(WATCHED, sink, lambda: terms[0] if terms else None)
        dialect.deliver(ticker("snapshot", **FULL), SECOND_NS)
        assert sink.funding == []
        terms.append(TERMS)
        dialect.deliver(ticker(indexPrice="3"), SECOND_NS + 1)
        assert sink.funding[0][1].index == 3

    @pytest.mark.parametrize(
        "changes",
        [{"fundingRate": ""}, {"fundingRate": "NaN"}, {"nextFundingTime": "0"}, {"nextFundingTime": "9" * 30}],
    )
    def test_a_ticker_without_sound_funding_is_not_told(self, changes):
        sink = Sink()
        dialect = MarkDialect(WATCHED, sink, lambda: TERMS)
        assert dialect.deliver(ticker("snapshot", **FULL | changes), SECOND_NS) is None
        assert sink.funding == []

    def test_an_unknown_type_is_garbage(self):
        notice = MarkDialect(WATCHED, Sink(), lambda: TERMS).deliver(ticker("other", **FULL), 1)
        assert isinstance(notice, Notice)
        assert notice.kind is NoticeKind.GARBAGE
