"""OKX's language on its streams: requests, and what each frame of a link means to the sink.

A stream is spelled `channel:instId`, as OKX names it in its answers, which come for each stream by itself.

How books chain: a `books` frame names the sequence it ends at (`seqId`) and the one the frame before it ended at
(`prevSeqId`). As a `BookChange` it covers `first` = prevSeqId + 1 to `last` = seqId, with `previous` = prevSeqId.
Where nothing changed for a while both are equal: a heartbeat, handed on as a change without levels. After
maintenance a frame may end below the one before it, which it still names. A subscription begins with the whole book
(`prevSeqId` -1, action `snapshot`), handed on as a book, where the venue still sends it; where it does not, the
market's own snapshot by request carries the same numbers.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass

import msgspec

from arbedge.domain.instrument import InstrumentId
from arbedge.domain.quote import Book, BookChange
from arbedge.exchanges.okx import wire
from arbedge.exchanges.okx.funding import state_of
from arbedge.exchanges.okx.symbols import index_symbol
from arbedge.exchanges.transport.dialect import Notice, NoticeKind, Payload, ReadByRead, tops_of
from arbedge.market.ports import MarketSink, TopRow, Watched

__all__ = ["BEST", "BOOKS", "FUNDING", "INDEX", "MARK", "DepthDialect", "MarkDialect", "TopDialect"]

BEST, BOOKS, FUNDING, MARK, INDEX = "bbo-tbt", "books", "funding-rate", "mark-price", "index-tickers"
"""Channels: best bid/ask tick by tick, 400 levels every 100 ms, funding, mark and index prices."""

_SHOWN_BYTES = 120
_TELL_EVERY_NS = 1_000_000_000
_LOWER_IN_ROW = 3
_NO_LEVEL = wire.BestLevel(0.0, 0.0)
_NAMED = re.compile(r"channel:\s*([\w-]+)\s*,\s*instId:\s*([^\s,]+)", re.IGNORECASE)
_SHUTDOWN = "64008"


class _Requests:
    """What every OKX link can say, and how it reads what is not market data."""

    def subscribe(self, streams: Sequence[str], request_id: int) -> bytes:
        """The request that adds these streams."""
        return _request("subscribe", streams, request_id)

    def unsubscribe(self, streams: Sequence[str], request_id: int) -> bytes:
        """The request that drops these streams."""
        return _request("unsubscribe", streams, request_id)

    def set_overlap(self, *, is_overlapping: bool) -> None:
        """Repeats of marks do no harm: the same values come twice."""


class TopDialect(_Requests, ReadByRead):
    """Best bid and ask of one kind; frames of symbols not watched are skipped.

    A side nobody quotes is told as 0. Sequences may begin anew after maintenance: several lower ones in a row on a
    single connection are believed, the last of them told as 0 (not numbered), so that what counts on rising
    numbers starts over with it. One alone is an old frame, and so is any while two connections overlap.
    """

    def __init__(self, watched: Sequence[Watched], sink: MarketSink) -> None:
        self._slots = {each.instrument.id.symbol: each.slot for each in watched}
        self._on_tops = tops_of(sink)
        self._last: dict[int, int] = {}
        self._lower: dict[int, int] = {}
        self._is_overlapping = False

    def set_overlap(self, *, is_overlapping: bool) -> None:
        """While two connections deliver, the later one may lag."""
        self._is_overlapping = is_overlapping

    def deliver_all(self, payloads: Sequence[Payload], received_ns: int) -> list[tuple[int, Notice]]:
        """Hand the frames of one read to the sink together."""
        find, decode, last = self._slots.get, wire.decode_best, self._last
        rows: list[TopRow] = []
        notices: list[tuple[int, Notice]] = []
        for place, payload in enumerate(payloads):
            try:
                frame = decode(payload)
            except wire.GARBAGE:
                notices.append((place, _read_control(payload)))
                continue
            slot = find(frame.arg.symbol)
            if slot is None:
                continue
            row = frame.data.row
            bid, ask = row.bids.best or _NO_LEVEL, row.asks.best or _NO_LEVEL
            sequence = told = row.sequence
            if sequence >= last.get(slot, 0):
                if self._lower:
                    self._lower.pop(slot, None)
            elif self._has_begun_anew(slot):
                told = 0
            else:
                continue
            last[slot] = sequence
            rows.append((slot, bid.price, bid.qty, ask.price, ask.qty, told, row.venue_at_ms))
        if rows:
            self._on_tops(iter(rows), received_ns)
        return notices

    def _has_begun_anew(self, slot: int) -> bool:
        """Whether a lower sequence is believed now; counts those in a row."""
        if self._is_overlapping:
            return False
        count = self._lower.get(slot, 0) + 1
        if count < _LOWER_IN_ROW:
            self._lower[slot] = count
            return False
        del self._lower[slot]
        return True


class DepthDialect(_Requests):
    """Books of one kind. While two connections overlap, what both deliver goes out once."""

    def __init__(self, watched: Sequence[Watched], sink: MarketSink) -> None:
        self._watched = {each.instrument.id.symbol: each for each in watched}
        self._sink = sink
        self._last: dict[int, int] | None = None

    def set_overlap(self, *, is_overlapping: bool) -> None:
        """Only while overlapping: a venue that restarts its ids must not be muted for ever."""
        if not is_overlapping:
            self._last = None
        elif self._last is None:
            self._last = {}

    def deliver(self, payload: bytes | memoryview, received_ns: int) -> Notice | None:
        """Hand one frame to the sink."""
        try:
            frame = wire.decode_book(payload)
        except wire.GARBAGE:
            return _read_control(payload)
        each = self._watched.get(frame.arg.symbol)
        if each is None or frame.arg.channel != BOOKS:
            return None
        sides = [(wire.levels_of(row.bids), wire.levels_of(row.asks)) for row in frame.data]
        if not all(wire.are_plain(bids) and wire.are_plain(asks) for bids, asks in sides):
            return _garbage(payload)
        for row, (bids, asks) in zip(frame.data, sides, strict=True):
            if self._is_repeat(each.slot, row.last):
                continue
            if frame.action == "snapshot" or row.previous < 0:
                book = _book(each.instrument.id, row, bids, asks, received_ns)
                self._sink.on_book(each.slot, book)
            else:
                change = _change(each.instrument.id, row, bids, asks, received_ns)
                self._sink.on_book_change(each.slot, change)
        return None

    def _is_repeat(self, slot: int, last: int) -> bool:
        if self._last is None:
            return False
        if last <= self._last.get(slot, -1):
            return True
        self._last[slot] = last
        return False


@dataclass(slots=True)
class _Known:
    """What is known of one perp, piece by piece; told at most once a second unless its funding changed."""

    watched: Watched
    funding: wire.FundingRow | None = None
    mark: str = ""
    index: str = ""
    told_ns: int = -_TELL_EVERY_NS


class MarkDialect(_Requests):
    """Funding, mark and index of perps, joined from three channels; silent until the funding is known."""

    def __init__(self, watched: Sequence[Watched], sink: MarketSink) -> None:
        self._known = {each.instrument.id.symbol: _Known(each) for each in watched}
        self._by_index: dict[str, list[_Known]] = {}
        for known in self._known.values():
            self._by_index.setdefault(index_symbol(known.watched.instrument.id), []).append(known)
        self._sink = sink

    def deliver(self, payload: bytes | memoryview, received_ns: int) -> Notice | None:
        """Hand one frame to the sink."""
        try:
            frame = wire.decode_slow(payload)
        except wire.GARBAGE:
            return _read_control(payload)
        channel, row = frame.arg.channel, frame.data[-1]
        if channel == INDEX:
            for known in self._by_index.get(row.symbol, ()):
                known.index = row.index
                self._tell(known, received_ns, is_urgent=False)
            return None
        known_perp = self._known.get(row.symbol)
        if known_perp is None:
            return None
        if channel == FUNDING:
            known_perp.funding = row
        elif channel == MARK:
            known_perp.mark = row.mark
        else:
            return None
        self._tell(known_perp, received_ns, is_urgent=channel == FUNDING)
        return None

    def _tell(self, known: _Known, received_ns: int, *, is_urgent: bool) -> None:
        if known.funding is None or not (is_urgent or received_ns - known.told_ns >= _TELL_EVERY_NS):
            return
        state = state_of(known.watched.instrument.id, known.funding, known.mark, known.index, received_ns)
        if state is not None:
            known.told_ns = received_ns
            self._sink.on_funding(known.watched.slot, state)


def _book(
    instrument: InstrumentId,
    row: wire.BookRow,
    bids: tuple[wire.WireLevel, ...],
    asks: tuple[wire.WireLevel, ...],
    received_ns: int,
) -> Book:
    return Book(
        instrument=instrument,
        bids=tuple(level for level in bids if level[1].strip("0.")),
        asks=tuple(level for level in asks if level[1].strip("0.")),
        sequence=row.last,
        venue_at_ms=row.venue_at_ms,
        received_ns=received_ns,
    )


def _change(
    instrument: InstrumentId,
    row: wire.BookRow,
    bids: tuple[wire.WireLevel, ...],
    asks: tuple[wire.WireLevel, ...],
    received_ns: int,
) -> BookChange:
    return BookChange(
        instrument=instrument,
        first=min(row.previous + 1, row.last),
        last=row.last,
        previous=row.previous,
        bids=bids,
        asks=asks,
        venue_at_ms=row.venue_at_ms,
        received_ns=received_ns,
    )


def _request(verb: str, streams: Sequence[str], request_id: int) -> bytes:
    args = [
        {"channel": channel, "instId": symbol} for channel, _, symbol in (each.partition(":") for each in streams)
    ]
    return msgspec.json.encode({"id": str(request_id), "op": verb, "args": args})


def _read_control(payload: bytes | memoryview) -> Notice:
    """What a frame is that holds no market data of the expected shape."""
    if payload == b"pong":
        return Notice(NoticeKind.ALIVE)
    try:
        control = wire.decode_control(payload)
    except wire.GARBAGE:
        return _garbage(payload)
    if control.event in {"subscribe", "unsubscribe"} and control.arg is not None:
        return Notice(NoticeKind.ACCEPTED, stream=_stream(control.arg.channel, control.arg.symbol))
    if control.event == "error":
        return _refused(control)
    if control.event == "notice" and control.code == _SHUTDOWN:
        return Notice(NoticeKind.SHUTDOWN)
    # counts of connections and notices of other kinds prove that the link lives, nothing more
    return Notice(NoticeKind.ALIVE) if control.event.startswith(("notice", "channel-conn")) else _garbage(payload)


def _refused(control: wire.Control) -> Notice:
    """A refusal names its stream in its words, if it is about one stream; else its request, if it names that."""
    words = f"{control.code} {control.msg}"
    named = _NAMED.search(control.msg)
    if control.arg is not None:
        return Notice(NoticeKind.REFUSED, words=words, stream=_stream(control.arg.channel, control.arg.symbol))
    if named is not None:
        return Notice(NoticeKind.REFUSED, words=words, stream=_stream(named[1], named[2]))
    request_id = int(control.id) if control.id.isascii() and control.id.isdigit() and len(control.id) < 10 else None
    return Notice(NoticeKind.REFUSED, request_id, words)


def _stream(channel: str, symbol: str) -> str:
    return f"{channel}:{symbol}"


def _garbage(payload: bytes | memoryview) -> Notice:
    return Notice(NoticeKind.GARBAGE, words=repr(bytes(payload[:_SHOWN_BYTES])))
