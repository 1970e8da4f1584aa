"""v3's language on its streams: `topic` and `symbol` in requests, books that chain by `pseq`, refusals in words.

Streams keep the names they have on our side (`USDT-FUTURES:books1:BTCUSDT`). The heartbeat is the classic one.
"""

from collections.abc import Sequence

import msgspec

from arbedge.domain.quote import Book, BookChange
from arbedge.exchanges.bitget.dialects import MarkDialect, Requests, garbage, stream_name
from arbedge.exchanges.bitget.v3 import wire
from arbedge.exchanges.bitget.wire import SNAPSHOT
from arbedge.exchanges.transport.dialect import Notice, NoticeKind
from arbedge.exchanges.transport.payloads import GARBAGE, are_plain
from arbedge.market.ports import MarketSink, Watched

__all__ = ["BROKEN", "UnifiedDepth", "UnifiedMarks", "UnifiedTops"]

BROKEN = 0
"""`previous` of a change that follows nothing, so that whoever keeps the book gives it up at once."""

_PONG = b"pong"
_NOBODY = (0.0, 0.0)


class _Unified(Requests):
    """What every v3 link can say, and how its answers are read."""

    def subscribe(self, streams: Sequence[str], request_id: int) -> bytes:  # noqa: ARG002 - requests have no number
        """The request that adds these streams."""
        return _request("subscribe", streams)

    def unsubscribe(self, streams: Sequence[str], request_id: int) -> bytes:  # noqa: ARG002
        """The request that drops these streams."""
        return _request("unsubscribe", streams)


class UnifiedTops(_Unified):
    """Best bid and ask of one kind (`books1`); a side nobody quotes is handed on as 0."""

    def __init__(self, watched: Sequence[Watched], sink: MarketSink) -> None:
        self._slots = {each.instrument.id.symbol: each.slot for each in watched}
        self._on_top = sink.on_top

    def deliver(self, payload: bytes | memoryview, received_ns: int) -> Notice | None:
        """Hand one frame to the sink."""
        try:
            frame = wire.decode_top(payload)
        except GARBAGE:
            return self._deliver_lopsided(payload, received_ns)
        slot = self._slots.get(frame.arg.symbol)
        if slot is not None:
            (top,) = frame.data
            ((bid, bid_qty),), ((ask, ask_qty),) = top.bids, top.asks
            self._on_top(slot, bid, bid_qty, ask, ask_qty, top.sequence, top.venue_at_ms, received_ns)
        return None

    def _deliver_lopsided(self, payload: bytes | memoryview, received_ns: int) -> Notice | None:
        try:
            frame = wire.decode_lopsided(payload)
        except GARBAGE:
            return read_answer(payload)
        slot = self._slots.get(frame.arg.symbol)
        if slot is not None:
            (top,) = frame.data
            bid, bid_qty = top.bids[0] if top.bids else _NOBODY
            ask, ask_qty = top.asks[0] if top.asks else _NOBODY
            self._on_top(slot, bid, bid_qty, ask, ask_qty, top.sequence, top.venue_at_ms, received_ns)
        return None


class UnifiedMarks(_Unified, MarkDialect):
    """Funding, mark and index of contracts (`ticker`), told as the classic ones are."""

    _decode = staticmethod(wire.decode_mark)

    def _answer(self, payload: bytes | memoryview) -> Notice:
        return read_answer(payload)


class UnifiedDepth(_Unified):
    """Books of one kind: each change names the number of the frame before it, 0 where the book begins anew.

    A frame sent twice goes out once, and so does what two overlapping connections deliver. One that does not follow
    goes out empty and following nothing, and its stream is subscribed anew.
    """

    def __init__(self, watched: Sequence[Watched], sink: MarketSink) -> None:
        self._watched = {each.instrument.id.symbol: each for each in watched}
        self._sink = sink
        self._last: dict[str, int] = {}
        self._is_overlapping = False

    def set_overlap(self, *, is_overlapping: bool) -> None:
        """Only while overlapping is a repeat to be expected; else a number that went back is a fault."""
        self._is_overlapping = is_overlapping

    def unsubscribe(self, streams: Sequence[str], request_id: int) -> bytes:
        """The request that drops these streams; their numbers are forgotten."""
        for stream in streams:
            self._last.pop(stream.split(":", 2)[2], None)
        return super().unsubscribe(streams, request_id)

    def deliver(self, payload: bytes | memoryview, received_ns: int) -> Notice | None:
        """Hand one frame to the sink."""
        try:
            frame = wire.decode_book(payload)
        except GARBAGE:
            return read_answer(payload)
        each, row = self._watched.get(frame.arg.symbol), frame.data[0]
        if not (are_plain(row.bids) and are_plain(row.asks)):
            return garbage(payload)
        return None if each is None else self._take(each, frame, received_ns)

    def _take(self, each: Watched, frame: wire.BookFrame, received_ns: int) -> Notice | None:
        row, last = frame.data[0], self._last.get(frame.arg.symbol)
        if last is not None and self._is_overlapping and row.sequence <= last:
            return None
        if row.previous == 0 or frame.action == SNAPSHOT:
            self._begin(each, row, received_ns)
            return None
        return None if last is None or row.sequence == last else self._follow(each, frame, last, received_ns)

    def _follow(self, each: Watched, frame: wire.BookFrame, last: int, received_ns: int) -> Notice | None:
        row = frame.data[0]
        if row.previous != last or row.sequence < last:
            return self._give_up(each, frame, last, received_ns)
        self._last[frame.arg.symbol] = row.sequence
        self._sink.on_book_change(each.slot, _change(each, row, received_ns))
        return None

    def _begin(self, each: Watched, row: wire.BookRow, received_ns: int) -> None:
        instrument = each.instrument.id
        self._last[instrument.symbol] = row.sequence
        book = Book(instrument, row.bids, row.asks, row.sequence, row.venue_at_ms, received_ns)
        self._sink.on_book(each.slot, book)

    def _give_up(self, each: Watched, frame: wire.BookFrame, last: int, received_ns: int) -> Notice:
        row = frame.data[0]
        del self._last[frame.arg.symbol]
        number = max(row.sequence, last + 1)  # one that went back would be taken for an old frame
        broken = BookChange(each.instrument.id, number, number, BROKEN, (), (), None, received_ns)
        self._sink.on_book_change(each.slot, broken)
        words = f"frame {row.sequence} follows {row.previous}, the book stands at {last}"
        return Notice(NoticeKind.RESYNC, words=words, stream=_stream_of(frame.arg))


def read_answer(payload: bytes | memoryview) -> Notice:
    """What a frame is that holds no market data of the expected shape."""
    if payload == _PONG:
        return Notice(NoticeKind.ALIVE)
    try:
        control = wire.decode_control(payload)
    except GARBAGE:
        return garbage(payload)
    if control.event == "error":
        stream = _named_stream(control)
        return Notice(NoticeKind.REFUSED, words=f"{control.code} {control.msg}", stream=stream)
    if control.event in {"subscribe", "unsubscribe"} and control.arg is not None:
        return Notice(NoticeKind.ACCEPTED, stream=_stream_of(control.arg))
    return garbage(payload)


def _named_stream(control: wire.Control) -> str:
    """The stream a refusal is about: its argument, or the one written out in its words; empty where neither is."""
    if control.arg is not None:
        return _stream_of(control.arg)
    named, brace, _ = control.msg.rpartition("}")
    try:
        return _stream_of(wire.decode_arg(named + brace))
    except GARBAGE:
        return ""


def _change(each: Watched, row: wire.BookRow, received_ns: int) -> BookChange:
    return BookChange(
        instrument=each.instrument.id,
        first=row.sequence,
        last=row.sequence,
        previous=row.previous,
        bids=row.bids,
        asks=row.asks,
        venue_at_ms=row.venue_at_ms,
        received_ns=received_ns,
    )


def _stream_of(arg: wire.Arg) -> str:
    return stream_name(arg.line.upper(), arg.topic, arg.symbol)


def _request(op: str, streams: Sequence[str]) -> bytes:
    args = []
    for stream in streams:
        line, topic, symbol = stream.split(":", 2)
        args.append({"instType": line.lower(), "topic": topic, "symbol": symbol})
    return msgspec.json.encode({"op": op, "args": args})
