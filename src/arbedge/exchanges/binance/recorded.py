"""Recorded raw frames through the very decoders the live streams use.

A recording is lines of `<receive ns> <raw JSON>`: combined-stream frames of one market, and depth snapshots as the
REST call answered them. The receive stamp is passed on as it was written, whatever clock wrote it.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

from arbedge.domain.quote import Book
from arbedge.errors import IntegrityError
from arbedge.exchanges.binance import wire
from arbedge.exchanges.binance.dialects import DepthDialect, TopDialect
from arbedge.exchanges.transport.dialect import NoticeKind
from arbedge.market.ports import MarketSink, Watched

__all__ = ["LineKind", "RecordedLine", "RecordedReader"]

_STREAM_BYTES = 64
_SNAPSHOT = b'{"lastUpdateId"'


class LineKind(StrEnum):
    """What a recorded line was."""

    TOP = "top"
    DEPTH = "depth"
    SNAPSHOT = "snapshot"
    OTHER = "other"
    GARBAGE = "garbage"


@dataclass(frozen=True, slots=True)
class RecordedLine:
    """One line read: what it was, when it was received, and the book where it was a snapshot."""

    kind: LineKind
    received_ns: int
    book: Book | None = None


class RecordedReader:
    """Feeds a recording of one market to a sink, line by line; instruments not watched are skipped."""

    def __init__(self, watched: Sequence[Watched], sink: MarketSink) -> None:
        self._watched = tuple(watched)
        self._top = TopDialect(watched, sink)
        self._depth = DepthDialect(watched, sink)

    def feed(self, line: bytes) -> RecordedLine:
        """One line, without or with its newline. Raises `IntegrityError` where it has no receive stamp."""
        stamp, _, payload = line.rstrip().partition(b" ")
        if not stamp.isdigit():
            raise IntegrityError(f"a recorded line starts with its receive time in nanoseconds, not {stamp[:40]!r}")
        received_ns = int(stamp)
        if payload.startswith(_SNAPSHOT):
            return self._read_snapshot(payload, received_ns)
        head = payload[:_STREAM_BYTES]
        if b"@bookTicker" in head:
            kind, notice = LineKind.TOP, self._top.deliver(payload, received_ns)
        elif b"@depth" in head:
            kind, notice = LineKind.DEPTH, self._depth.deliver(payload, received_ns)
        else:
            return RecordedLine(LineKind.OTHER, received_ns)
        is_garbage = notice is not None and notice.kind is NoticeKind.GARBAGE
        return RecordedLine(LineKind.GARBAGE if is_garbage else kind, received_ns)

    def _read_snapshot(self, payload: bytes, received_ns: int) -> RecordedLine:
        """A snapshot names no symbol on spot and USD-M: it belongs to the one instrument of the recording."""
        try:
            snapshot = wire.decode(payload, wire.DepthSnapshot)
        except wire.GARBAGE:
            return RecordedLine(LineKind.GARBAGE, received_ns)
        if len(self._watched) != 1 or not (wire.are_plain(snapshot.bids) and wire.are_plain(snapshot.asks)):
            return RecordedLine(LineKind.OTHER, received_ns)
        book = Book(
            instrument=self._watched[0].instrument.id,
            bids=snapshot.bids,
            asks=snapshot.asks,
            sequence=snapshot.last,
            venue_at_ms=snapshot.venue_at_ms,
            received_ns=received_ns,
        )
        return RecordedLine(LineKind.SNAPSHOT, received_ns, book)
