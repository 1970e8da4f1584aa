"""What each frame of a Bitget link becomes at the sink, and what never reaches it."""

import json
import zlib
from decimal import Decimal
from random import Random

import pytest

from arbedge.domain.instrument import Instrument, InstrumentStatus, MarketKind
from arbedge.domain.quote import Book
from arbedge.errors import SequenceGap
from arbedge.exchanges.bitget.depth import BROKEN, DepthDialect, checksum_of
from arbedge.exchanges.bitget.dialects import MarkDialect, TopDialect
from arbedge.exchanges.bitget.facts import PUBLIC, SPEC
from arbedge.exchanges.bitget.funding import FundingTerms
from arbedge.exchanges.bitget.stream import BitgetScript
from arbedge.exchanges.bitget.symbols import instrument_id
from arbedge.exchanges.transport.dialect import Notice, NoticeKind
from arbedge.market.feeds.book import LocalBook
from arbedge.market.ports import Watched

ONE = Decimal(1)
LINE = "USDT-FUTURES"


def watched(slot, symbol, kind=MarketKind.PERP):
    instrument = Instrument(
        id=instrument_id(kind, symbol),
        base=symbol[:3],
        quote="USDT",
        asset=symbol[:3],
        settle="USDT" if kind is MarketKind.PERP else None,
        tick=ONE,
        lot=ONE,
        min_qty=ONE,
        min_notional=ONE,
        status=InstrumentStatus.TRADING,
    )
    return Watched(slot, instrument)


WATCHED = [watched(4, "BTCUSDT"), watched(7, "ETHUSDT")]


class Sink:
    def __init__(self):
        self.tops = []
        self.books = []
        self.changes = []
        self.funding = []

    def on_top(self, *values):
        self.tops.append(values)

    def on_book(self, slot, book):
        self.books.append((slot, book))

    def on_book_change(self, slot, change):
        self.changes.append((slot, change))

    def on_funding(self, slot, state):
        self.funding.append((slot, state))


def framed(channel, row, symbol="BTCUSDT", action="snapshot"):
    arg = {"instType": LINE, "channel": channel, "instId": symbol}
    return json.dumps({"action": action, "arg": arg, "data": [row], "ts": 9}).encode()


def top(symbol="ETHUSDT", **changes):
    row = {"asks": [["10.6", "3"]], "bids": [["10.5", "2"]], "checksum": 0, "seq": 9, "ts": "77"}
    return framed("books1", row | changes, symbol)


def ticker(symbol="BTCUSDT", **changes):
    row = {
        "instId": symbol,
        "lastPr": "1",
        "fundingRate": "0.0002",
        "nextFundingTime": "1795392000000",
        "markPrice": "100.5",
        "indexPrice": "100.4",
        "ts": "1795381000000",
    }
    return framed("ticker", row | changes, symbol)


class Venue:
    """The other side's book of BTCUSDT, in strings, numbering and signing its frames."""

    def __init__(self):
        self.bids = {"1.5": "2", "1.4": "7"}
        self.asks = {"1.6": "3", "1.7": "1"}
        self.sequence = 10

    def best(self):
        bids = sorted(self.bids.items(), key=lambda level: -float(level[0]))[:25]
        return bids, sorted(self.asks.items(), key=lambda level: float(level[0]))[:25]

    def checksum(self):
        bids, asks = self.best()
        parts = []
        for number in range(25):
            parts += [":".join(side[number]) for side in (bids, asks) if number < len(side)]
        unsigned = zlib.crc32(":".join(parts).encode())
        return unsigned - 2**32 if unsigned >= 2**31 else unsigned

    def snapshot(self):
        row = {"bids": list(self.bids.items()), "asks": list(self.asks.items()), "checksum": 0}
        return framed("books", row | {"seq": self.sequence, "ts": "5"})

    def change(self, bids=(), asks=(), **changes):
        self.sequence += 3
        for side, levels in ((self.bids, bids), (self.asks, asks)):
            for price, size in levels:
                side[price] = size
                if float(size) == 0:
                    del side[price]
        row = {"bids": bids, "asks": asks, "checksum": self.checksum(), "seq": self.sequence, "ts": "6"}
        return framed("books", row | changes, action="update")


@pytest.fixture
def sink():
    return Sink()


@pytest.fixture
def venue():
    return Venue()


@pytest.fixture
def depth(sink):
    return DepthDialect(WATCHED, sink)


def test_a_top_goes_to_its_slot_with_every_value_in_place(sink):
    assert TopDialect(WATCHED, sink).deliver(memoryview(top()), 123) is None
    assert sink.tops == [(7, 10.5, 2.0, 10.6, 3.0, 9, 77, 123)]


def test_pitfall_12_a_side_nobody_quotes_is_handed_on_as_nothing(sink):
    assert TopDialect(WATCHED, sink).deliver(top(asks=[]), 1) is None
    assert sink.tops == [(7, 10.5, 2.0, 0.0, 0.0, 9, 77, 1)]


def test_symbols_not_watched_are_skipped(sink, depth, venue):
    assert TopDialect(WATCHED, sink).deliver(top("SOLUSDT"), 1) is None
    assert MarkDialect(WATCHED, sink, dict).deliver(ticker("SOLUSDT"), 1) is None
    assert depth.deliver(venue.snapshot().replace(b"BTCUSDT", b"SOLUSDT"), 1) is None
    assert (sink.tops, sink.funding, sink.books) == ([], [], [])


@pytest.mark.parametrize(
    ("frame", "notice"),
    [
        (b"pong", Notice(NoticeKind.ALIVE)),
        (
            b'{"event":"subscribe","arg":{"instType":"SPOT","channel":"books1","instId":"BTCUSDT"}}',
            Notice(NoticeKind.ACCEPTED, stream="SPOT:books1:BTCUSDT"),
        ),
        (
            b'{"event":"unsubscribe","arg":{"instType":"SPOT","channel":"books","instId":"BTCUSDT"}}',
            Notice(NoticeKind.ACCEPTED, stream="SPOT:books:BTCUSDT"),
        ),
        (
            b'{"event":"error","arg":{"instType":"SPOT","channel":"books1","instId":"X"},"code":30001,"msg":"no such"}',
            Notice(NoticeKind.REFUSED, words="30001 no such SPOT:books1:X", stream="SPOT:books1:X"),
        ),
        (
            b'{"event":"error","code":"30006","msg":"too many requests","op":"subscribe"}',
            Notice(NoticeKind.REFUSED, words="30006 too many requests"),
        ),
    ],
)
def test_every_answer_is_told_apart_on_every_link(frame, notice, sink):
    for dialect in (TopDialect(WATCHED, sink), DepthDialect(WATCHED, sink), MarkDialect(WATCHED, sink, dict)):
        assert dialect.deliver(memoryview(frame), 1) == notice


@pytest.mark.parametrize("frame", [b"", b"ping", b"[]", b"{}", b'{"event":"login"}', b"\xff", b"[" * 5000])
def test_garbage_is_named_and_never_raised(frame, sink):
    for dialect in (TopDialect(WATCHED, sink), DepthDialect(WATCHED, sink), MarkDialect(WATCHED, sink, dict)):
        assert dialect.deliver(frame, 1).kind is NoticeKind.GARBAGE


@pytest.mark.parametrize("changes", [{"bids": [["x", "1"]]}, {"bids": [["1"]]}, {"seq": -1}, {"bids": None}])
def test_a_top_that_makes_no_sense_is_garbage(changes, sink):
    assert TopDialect(WATCHED, sink).deliver(top(**changes), 1).kind is NoticeKind.GARBAGE
    assert sink.tops == []


def test_requests_name_line_channel_and_symbol(sink):
    dialect = TopDialect(WATCHED, sink)
    args = [{"instType": "SPOT", "channel": "books1", "instId": "BTCUSDT"}]
    assert json.loads(dialect.subscribe(["SPOT:books1:BTCUSDT"], 3)) == {"op": "subscribe", "args": args}
    assert json.loads(dialect.unsubscribe(["SPOT:books1:BTCUSDT"], 4)) == {"op": "unsubscribe", "args": args}


def test_marks_wait_for_the_contracts_own_terms_and_come_once_a_second_unless_the_rate_moves(sink):
    terms = {}
    dialect = MarkDialect(WATCHED, sink, lambda: terms)
    assert dialect.deliver(ticker(), 0) is None
    assert sink.funding == []
    terms["BTCUSDT"] = FundingTerms(Decimal(4), Decimal("0.003"), Decimal("-0.003"))
    for at_ns in (0, 10, 999_999_999, 1_000_000_000):
        dialect.deliver(ticker(markPrice=f"{at_ns + 1}"), at_ns)
    assert [state.mark for _, state in sink.funding] == [1, 1_000_000_001]
    dialect.deliver(ticker(fundingRate="0.0003"), 1_000_000_001)
    ((slot, state),) = sink.funding[2:]
    assert (slot, state.rate, state.interval_hours, state.cap) == (4, Decimal("0.0003"), 4, Decimal("0.003"))
    assert state.default_rate == Decimal("0.00005")


@pytest.mark.parametrize("changes", [{"fundingRate": ""}, {"fundingRate": "x"}, {"nextFundingTime": "0"}])
def test_funding_that_makes_no_sense_is_not_told(changes, sink):
    terms = {"BTCUSDT": FundingTerms(Decimal(8), None, None)}
    assert MarkDialect(WATCHED, sink, lambda: terms).deliver(ticker(**changes), 0) is None
    assert sink.funding == []


class TestDepth:
    def test_a_book_and_its_changes_chain_and_rebuild_the_venues_book(self, depth, sink, venue):
        depth.deliver(venue.snapshot(), 1)
        depth.deliver(venue.change(bids=[("1.55", "1"), ("1.4", "0")]), 2)
        depth.deliver(venue.change(asks=[("1.6", "0.5")]), 3)
        ((slot, book),) = sink.books
        assert (slot, book.sequence, book.venue_at_ms, book.received_ns) == (4, 10, 5, 1)
        assert [(c.first, c.last, c.previous) for _, c in sink.changes] == [(13, 13, 10), (16, 16, 13)]
        mine = LocalBook(book.instrument)
        mine.load(book, levels_asked=2, is_in_stream=True)
        mine.replay(change for _, change in sink.changes)
        assert mine.snapshot(9).bids == (("1.55", "1"), ("1.5", "2"))
        assert mine.snapshot(9).asks == (("1.6", "0.5"), ("1.7", "1"))

    def test_changes_before_the_snapshot_go_nowhere(self, depth, sink, venue):
        assert depth.deliver(venue.change(bids=[("1.55", "1")]), 1) is None
        assert sink.changes == []

    def test_a_lost_frame_shows_in_the_checksum_and_the_stream_is_had_anew(self, depth, sink, venue):
        depth.deliver(venue.snapshot(), 1)
        venue.change(bids=[("1.55", "1")])
        notice = depth.deliver(venue.change(bids=[("1.45", "1")]), 3)
        assert (notice.kind, notice.stream) == (NoticeKind.RESYNC, f"{LINE}:books:BTCUSDT")
        assert [change.previous for _, change in sink.changes] == [BROKEN]
        assert depth.deliver(venue.change(bids=[("1.46", "1")]), 4) is None
        assert len(sink.changes) == 1
        depth.deliver(venue.snapshot(), 5)
        depth.deliver(venue.change(bids=[("1.47", "1")]), 6)
        assert [book.sequence for _, book in sink.books] == [10, 19]
        assert sink.changes[-1][1].previous == 19

    def test_a_number_that_goes_back_ends_the_book(self, depth, sink, venue):
        depth.deliver(venue.snapshot(), 1)
        assert depth.deliver(venue.change(seq=9), 2).kind is NoticeKind.RESYNC
        assert (sink.changes[-1][1].previous, sink.changes[-1][1].last) == (BROKEN, 11)

    def test_a_frame_sent_twice_goes_out_once(self, depth, sink, venue):
        depth.deliver(venue.snapshot(), 1)
        frame = venue.change(bids=[("1.55", "1")])
        for _ in range(2):
            assert depth.deliver(frame, 2) is None
        assert len(sink.changes) == 1

    def test_a_crossed_book_ends_it_though_its_checksum_is_right(self, depth, sink, venue):
        depth.deliver(venue.snapshot(), 1)
        assert depth.deliver(venue.change(bids=[("1.65", "1")]), 2).kind is NoticeKind.RESYNC
        crossed = Venue()
        crossed.bids["9"] = "1"
        assert depth.deliver(crossed.snapshot(), 3).kind is NoticeKind.RESYNC
        assert len(sink.books) == 1
        assert [change.previous for _, change in sink.changes] == [BROKEN, BROKEN]

    def test_a_frame_without_checksum_is_taken_by_its_number(self, depth, sink, venue):
        depth.deliver(venue.snapshot(), 1)
        depth.deliver(venue.change(bids=[("1.55", "1")], checksum=0), 2)
        assert sink.changes[-1][1].previous == 10

    def test_pitfall_13_while_two_connections_overlap_repeats_go_out_once(self, depth, sink, venue):
        depth.deliver(venue.snapshot(), 1)
        late = venue.snapshot()
        depth.set_overlap(is_overlapping=True)
        frame = venue.change(bids=[("1.55", "1")])
        for each in (frame, late, frame):
            assert depth.deliver(each, 2) is None
        assert (len(sink.books), len(sink.changes)) == (1, 1)
        depth.set_overlap(is_overlapping=False)
        depth.deliver(late, 3)  # a new connection begins with a snapshot, whatever its number
        assert len(sink.books) == 2

    def test_unsubscribing_forgets_the_book(self, depth, sink, venue):
        depth.deliver(venue.snapshot(), 1)
        depth.unsubscribe([f"{LINE}:books:BTCUSDT"], 1)
        assert depth.deliver(venue.change(bids=[("1.55", "1")]), 2) is None
        assert sink.changes == []

    @pytest.mark.parametrize("level", [["1.5", "-2"], ["1e3", "2"], ["", "2"], ["NaN", "2"], ["1,5", "2"]])
    def test_a_level_that_is_no_number_is_garbage(self, level, depth, sink, venue):
        depth.deliver(venue.snapshot(), 1)
        frame = framed("books", {"bids": [level], "asks": [], "seq": 11, "ts": "6"}, action="update")
        assert depth.deliver(frame, 2).kind is NoticeKind.GARBAGE
        assert sink.changes == []

    def test_the_checksum_of_a_lopsided_book_takes_what_is_there(self):
        bids = tuple((str(50 - n), "1") for n in range(30))
        book = Book(WATCHED[0].instrument.id, bids, (("60", "2"),), 1, None, 0)
        text = "50:1:60:2:" + ":".join(f"{50 - n}:1" for n in range(1, 25))
        assert checksum_of(book) % 2**32 == zlib.crc32(text.encode())


class Keeper(Sink):
    """Keeps the book as whoever receives it would: given up where a change does not follow."""

    kept = None

    def on_book(self, slot, book):
        self.kept = LocalBook(book.instrument)
        self.kept.load(book, levels_asked=1000, is_in_stream=True)

    def on_book_change(self, slot, change):
        try:
            self.kept.apply(change)
        except SequenceGap:
            self.kept = None


def spoiled(rng, line):
    """The frames under way with the newest one lost, sent twice, or before its neighbour, now and then."""
    chance = rng.random()
    if chance < 0.05:
        return line[:-1]
    if chance < 0.10:
        return [*line, line[-1]]
    return [*line[:-2], *line[:-3:-1]] if chance < 0.15 else line


def random_change(rng, venue):
    side, low = ("bids", 100) if rng.random() < 0.5 else ("asks", 160)
    price = f"{rng.randrange(low, low + 50) / 100:.2f}"
    is_removed = price in getattr(venue, side) and rng.random() < 0.4
    return venue.change(**{side: [(price, "0" if is_removed else f"{rng.randrange(1, 50) / 10}")]})


@pytest.mark.parametrize("seed", range(30))
def test_whatever_is_lost_swapped_or_repeated_the_kept_levels_are_the_venues_own(seed, venue):
    """The checksum covers 25 levels: so far a kept book is right after every frame, or given up."""
    rng, sink = Random(seed), Keeper()
    depth = DepthDialect(WATCHED, sink)
    venue.bids, venue.asks = {"1.50": "2"}, {"1.60": "3"}
    line, truth, resyncs = [venue.snapshot()], {}, 0
    for _ in range(300):
        line = spoiled(rng, [*line, random_change(rng, venue)])
        truth[venue.sequence] = venue.best()
        while len(line) > 2:
            notice = depth.deliver(line.pop(0), 1)
            if notice is not None:
                resyncs += 1
                assert (notice.kind, sink.kept) == (NoticeKind.RESYNC, None)
                line = [venue.snapshot()]
            elif sink.kept is not None and sink.kept.last in truth:
                book = sink.kept.snapshot(25)
                assert (list(book.bids), list(book.asks)) == truth[sink.kept.last]
    assert resyncs > 3


class TestPlan:
    SCRIPT = BitgetScript(SPEC.streams, lambda: None)

    def test_everything_watched_is_on_one_top_link_and_every_contract_on_one_mark_link(self):
        every = [watched(n, f"C{n}USDT", MarketKind.SPOT if n < 850 else MarketKind.PERP) for n in range(1450)]
        plans = self.SCRIPT.plan(every, None)
        most = SPEC.streams[PUBLIC].max_streams
        assert all(0 < len(plan.streams) <= most for plan in plans)
        assert len(plans) < 50  # an address may hold 100
        tops = [stream for plan in plans if plan.role == "top" for stream in plan.streams]
        marks = [stream for plan in plans if plan.role == "mark" for stream in plan.streams]
        assert len(tops) == len(set(tops)) == 1450
        assert len(marks) == len(set(marks)) == 600
        assert tops[0] == "SPOT:books1:C0USDT"
        assert marks[0] == "USDT-FUTURES:ticker:C850USDT"
        assert len({plan.name for plan in plans}) == len(plans)

    def test_a_lower_limit_is_kept(self):
        plans = self.SCRIPT.plan([watched(n, f"C{n}USDT") for n in range(7)], 3)
        assert [len(plan.streams) for plan in plans] == [2, 2, 3, 2, 2, 3]

    def test_no_request_is_longer_than_the_venue_reads(self, sink):
        host = SPEC.streams[PUBLIC]
        streams = [f"USDT-FUTURES:books1:10000000LONGNAME{n}USDT" for n in range(host.params_per_frame)]
        assert len(TopDialect(WATCHED, sink).subscribe(streams, 1)) <= 4096

    def test_depth_lives_on_the_one_host(self):
        assert self.SCRIPT.depth_host(MarketKind.SPOT) == PUBLIC
        assert self.SCRIPT.depth_stream(WATCHED[0]) == "USDT-FUTURES:books:BTCUSDT"
