"""Bitget's depth (`books`): a snapshot when subscribed, then changes, each with the checksum of the book after it.

How the venue's sequence maps: `seq` rises with every frame of a symbol but does not name its predecessor, so that a
lost frame shows in the checksum only. Each change therefore goes out with first = last = `seq` and previous = the
`seq` of the frame handed out before it, and only after the checksum was found right over a copy of the book kept
here: CRC32, signed, over the best 25 levels, `bid:size:ask:size:…` in the strings received. What does not fit goes
out empty, with previous = 0, which follows nothing, and a number above all before it, so that whoever keeps the
book gives it up at once; the stream is subscribed anew and begins with a snapshot. Snapshots go out whole, by
`on_book`. A frame lost that only touched levels beyond the 25 is found when they come among them.
"""

import zlib
from collections.abc import Sequence
from itertools import zip_longest

from arbedge.domain.quote import Book, BookChange
from arbedge.errors import IntegrityError
from arbedge.exchanges.bitget import wire
from arbedge.exchanges.bitget.dialects import Requests, garbage, read_control, stream_name
from arbedge.exchanges.transport.dialect import Notice, NoticeKind
from arbedge.exchanges.transport.payloads import GARBAGE, are_plain
from arbedge.market.feeds.book import CHAINED_IDS, LocalBook
from arbedge.market.ports import MarketSink, Watched

__all__ = ["BROKEN", "DepthDialect", "checksum_of"]

BROKEN = 0
"""`previous` of a change that does not follow what was handed out before it."""

_CHECKED_LEVELS = 25


class DepthDialect(Requests):
    """Books of one kind. A frame sent twice goes out once, and so does what two overlapping connections deliver."""

    def __init__(self, watched: Sequence[Watched], sink: MarketSink) -> None:
        self._watched = {each.instrument.id.symbol: each for each in watched}
        self._sink = sink
        self._books: dict[str, LocalBook] = {}
        self._is_overlapping = False

    def set_overlap(self, *, is_overlapping: bool) -> None:
        """Only while overlapping is a repeat to be expected; else a number that went back is a fault."""
        self._is_overlapping = is_overlapping

    def unsubscribe(self, streams: Sequence[str], request_id: int) -> bytes:
        """The request that drops these streams; their books are forgotten."""
        for stream in streams:
            self._books.pop(stream.split(":", 2)[2], None)
        return super().unsubscribe(streams, request_id)

    def deliver(self, payload: bytes | memoryview, received_ns: int) -> Notice | None:
        """Hand one frame to the sink."""
        try:
            frame = wire.decode_book(payload)
        except GARBAGE:
            return read_control(payload)
        each = self._watched.get(frame.arg.symbol)
        if each is None:
            return None
        row = frame.data[0]
        if not (are_plain(row.bids) and are_plain(row.asks)):
            return garbage(payload)
        if frame.action == wire.SNAPSHOT:
            return self._begin(each, frame, row, received_ns)
        return self._change(each, frame, row, received_ns)

    def _begin(self, each: Watched, frame: wire.BookFrame, row: wire.BookRow, received_ns: int) -> Notice | None:
        symbol = frame.arg.symbol
        held = self._books.get(symbol)
        if self._is_overlapping and held is not None and row.sequence <= held.last:
            return None
        book = Book(each.instrument.id, row.bids, row.asks, row.sequence, row.venue_at_ms, received_ns)
        mine = LocalBook(each.instrument.id, CHAINED_IDS)
        try:
            mine.load(book, levels_asked=max(len(row.bids), len(row.asks)) + 1, is_in_stream=True)
        except IntegrityError as error:
            return self._give_up(each, frame, str(error), received_ns)
        self._books[symbol] = mine
        self._sink.on_book(each.slot, book)
        return None

    def _change(self, each: Watched, frame: wire.BookFrame, row: wire.BookRow, received_ns: int) -> Notice | None:
        held = self._books.get(frame.arg.symbol)
        if held is None or row.sequence == held.last or (row.sequence < held.last and self._is_overlapping):
            return None
        change = BookChange(
            instrument=each.instrument.id,
            first=row.sequence,
            last=row.sequence,
            previous=held.last,
            bids=row.bids,
            asks=row.asks,
            venue_at_ms=row.venue_at_ms,
            received_ns=received_ns,
        )
        if complaint := _complaint(held, change, row.checksum):
            return self._give_up(each, frame, complaint, received_ns)
        self._sink.on_book_change(each.slot, change)
        return None

    def _give_up(self, each: Watched, frame: wire.BookFrame, words: str, received_ns: int) -> Notice:
        """Tell whoever keeps this book that it is wrong, forget ours, and ask for the stream anew."""
        held = self._books.pop(frame.arg.symbol, None)
        number = frame.data[0].sequence  # one that went back would be taken for an old frame
        if held is not None:
            number = max(number, held.last + 1)
        broken = BookChange(each.instrument.id, number, number, BROKEN, (), (), None, received_ns)
        self._sink.on_book_change(each.slot, broken)
        stream = stream_name(frame.arg.line, frame.arg.channel, frame.arg.symbol)
        return Notice(NoticeKind.RESYNC, words=words, stream=stream)


def checksum_of(book: Book) -> int:
    """The venue's checksum over the best 25 levels a side."""
    sides = zip_longest(book.bids[:_CHECKED_LEVELS], book.asks[:_CHECKED_LEVELS])
    text = ":".join(":".join(level) for pair in sides for level in pair if level is not None)
    unsigned = zlib.crc32(text.encode())
    return unsigned - 2**32 if unsigned >= 2**31 else unsigned


def _complaint(held: LocalBook, change: BookChange, checksum: int) -> str:
    """Apply a change to the copy kept here; why the book is wrong after it, empty where it is right."""
    if change.last < held.last:
        return f"number {change.last} came after {held.last}"
    try:
        held.apply(change)
    except IntegrityError as error:
        return str(error)
    if checksum and checksum != checksum_of(held.snapshot(_CHECKED_LEVELS)):
        return "the checksum does not match"
    return ""
