"""Bybit's language on its streams: requests, and what each frame of a link means to the sink.

Depth: a subscription begins with the whole book (`snapshot`), which goes to the sink as a book whose id is the
frame's `u`. Every further frame (`delta`) has `u` one above the last one of its topic: it goes out as a change
with first = last = `u` and previous = `u` - 1. A snapshot may come again at any time and starts anew, `u` = 1 among
them (the service restarted). Where a `u` is missing, the change goes out all the same, so that the market sees
the gap, and the topic is subscribed anew for its snapshot; where `u` went back without a snapshot, an empty change
goes out that follows nothing, to the same end.
"""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import msgspec

from arbedge.domain.quote import Book, BookChange
from arbedge.exchanges.bybit import wire
from arbedge.exchanges.bybit.funding import DEFAULT_TERMS, FundingTerms, FundingValues, state_of
from arbedge.exchanges.transport.dialect import Notice, NoticeKind, Payload, ReadByRead, tops_of
from arbedge.exchanges.transport.payloads import GARBAGE, are_plain
from arbedge.market.ports import MarketSink, TopRow, Watched

__all__ = ["DepthDialect", "MarkDialect", "TopDialect"]

_SHOWN_BYTES = 120
_SNAPSHOT, _DELTA = "snapshot", "delta"
_TELL_EVERY_NS = 1_000_000_000
"""A contract's mark is told once a second, as often as the slowest venue sends it; its funding at once."""

_TOPIC = re.compile(r"(?:orderbook\.\d+|tickers)\.[0-9A-Za-z]+")


@dataclass(frozen=True, slots=True)
class _Request:
    """A request as Bybit reads it; the answer repeats `req_id`."""

    op: str
    req_id: str
    args: Sequence[str]


class _Requests:
    """What every Bybit link can say, and how it reads what is not market data."""

    def __init__(self) -> None:
        self._refused: set[str] = set()

    def subscribe(self, streams: Sequence[str], request_id: int) -> bytes:
        """The request that adds these streams, without those refused before: one bad topic spoils a request."""
        good = [stream for stream in streams if stream not in self._refused]
        return msgspec.json.encode(_Request("subscribe", str(request_id), good or streams))

    def unsubscribe(self, streams: Sequence[str], request_id: int) -> bytes:
        """The request that drops these streams."""
        good = [stream for stream in streams if stream not in self._refused]
        return msgspec.json.encode(_Request("unsubscribe", str(request_id), good or streams))

    def set_overlap(self, *, is_overlapping: bool) -> None:
        """Repeats of tops and tickers do no harm: the same values come twice."""

    def _read_control(self, payload: bytes | memoryview) -> Notice:
        """What a frame is that holds no market data of the expected shape."""
        try:
            control = wire.decode_control(payload)
        except GARBAGE:
            return _garbage(payload)
        if control.op == "pong" or control.words == "pong":
            return Notice(NoticeKind.ALIVE)
        number = int(control.request) if control.request.isascii() and control.request.isdigit() else None
        if control.success is False:
            if "already" not in control.words:
                self._refused.update(_TOPIC.findall(control.words))
            return Notice(NoticeKind.REFUSED, number, control.words[:_SHOWN_BYTES])
        if control.success and number is not None:
            return Notice(NoticeKind.ACCEPTED, number)
        return _garbage(payload)


class TopDialect(_Requests, ReadByRead):
    """Best bid and ask of one kind: level 1 of the book, a snapshot each time, repeated when nothing changes.

    A side nobody quotes is told as 0.
    """

    def __init__(self, watched: Sequence[Watched], sink: MarketSink) -> None:
        super().__init__()
        self._slots = {each.instrument.id.symbol: each.slot for each in watched}
        self._on_tops = tops_of(sink)

    def deliver_all(self, payloads: Sequence[Payload], received_ns: int) -> list[tuple[int, Notice]]:
        """Hand the frames of one read to the sink together."""
        find, decode = self._slots.get, wire.decode_top
        rows: list[TopRow] = []
        notices: list[tuple[int, Notice]] = []
        for place, payload in enumerate(payloads):
            try:
                frame = decode(payload)
            except GARBAGE:
                found = self._read_sparse(payload)
                if isinstance(found, Notice):
                    notices.append((place, found))
                elif found is not None:
                    rows.append(found)
                continue
            if frame.type != _SNAPSHOT:
                notices.append((place, _garbage(payload)))
                continue
            top = frame.fields
            slot = find(top.symbol)
            if slot is not None:
                ((bid, bid_qty),), ((ask, ask_qty),) = top.bids, top.asks
                rows.append((slot, bid, bid_qty, ask, ask_qty, top.sequence, frame.venue_at_ms))
        if rows:
            self._on_tops(iter(rows), received_ns)
        return notices

    def _read_sparse(self, payload: Payload) -> TopRow | Notice | None:
        """A frame with a side missing as a row, or what else it says; None for a symbol not watched."""
        try:
            frame = wire.decode_sparse_top(payload)
        except GARBAGE:
            return self._read_control(payload)
        if frame.type != _SNAPSHOT:
            return _garbage(payload)
        top = frame.fields
        slot = self._slots.get(top.symbol)
        if slot is None:
            return None
        bid, bid_qty = top.bids[0] if top.bids else (0.0, 0.0)
        ask, ask_qty = top.asks[0] if top.asks else (0.0, 0.0)
        return slot, bid, bid_qty, ask, ask_qty, top.sequence, frame.venue_at_ms


class DepthDialect(_Requests):
    """Books and their changes, of one kind. While two connections overlap, what both deliver goes out once."""

    def __init__(self, watched: Sequence[Watched], sink: MarketSink) -> None:
        super().__init__()
        self._watched = {each.instrument.id.symbol: each for each in watched}
        self._sink = sink
        self._last: dict[int, int] = {}
        self._is_overlapping = False

    def set_overlap(self, *, is_overlapping: bool) -> None:
        """Whether older frames are to be expected now; otherwise what is not the next frame is a gap."""
        self._is_overlapping = is_overlapping

    def deliver(self, payload: bytes | memoryview, received_ns: int) -> Notice | None:
        """Hand one frame to the sink."""
        try:
            frame = wire.decode_depth(payload)
        except GARBAGE:
            return self._read_control(payload)
        fields = frame.fields
        if frame.type not in {_SNAPSHOT, _DELTA} or not (are_plain(fields.bids) and are_plain(fields.asks)):
            return _garbage(payload)
        each = self._watched.get(fields.symbol)
        if each is None:
            return None
        if frame.type == _DELTA:
            return self._change(each, frame, received_ns)
        self._whole(each, frame, received_ns)
        return None

    def _whole(self, each: Watched, frame: wire.DepthFrame, received_ns: int) -> None:
        fields = frame.fields
        if self._is_overlapping and 1 < fields.last <= self._last.get(each.slot, -1):
            return  # the successor's first book is older than what the other connection has delivered
        self._last[each.slot] = fields.last
        self._sink.on_book(
            each.slot,
            Book(
                instrument=each.instrument.id,
                bids=tuple(level for level in fields.bids if level[1].strip("0.")),
                asks=tuple(level for level in fields.asks if level[1].strip("0.")),
                sequence=fields.last,
                venue_at_ms=frame.venue_at_ms,
                received_ns=received_ns,
            ),
        )

    def _change(self, each: Watched, frame: wire.DepthFrame, received_ns: int) -> Notice | None:
        fields = frame.fields
        last = self._last.get(each.slot)
        if last is None or fields.last == last or (self._is_overlapping and fields.last < last):
            return None  # nothing to apply it to, or it has been brought already
        # where ids go back the frame itself would pass for an old one: what goes out then follows nothing
        is_back = fields.last < last
        number = last + 2 if is_back else fields.last
        self._sink.on_book_change(
            each.slot,
            BookChange(
                instrument=each.instrument.id,
                first=number,
                last=number,
                previous=number - 1,
                bids=() if is_back else fields.bids,
                asks=() if is_back else fields.asks,
                venue_at_ms=frame.venue_at_ms,
                received_ns=received_ns,
            ),
        )
        if number == last + 1:
            self._last[each.slot] = number
            return None
        del self._last[each.slot]
        return Notice(NoticeKind.RESYNC, words=f"{last} was followed by {fields.last}", stream=frame.topic)


@dataclass(slots=True)
class _Ticker:
    """A contract's ticker put together from its snapshot and what changed since."""

    rate: str | None = None
    next_ms: str | None = None
    interval_hours: str | None = None
    cap: str | None = None
    mark: str | None = None
    index: str | None = None
    told_ns: int = 0

    def take(self, fields: wire.TickerFields) -> bool:
        """Take in what is there; True where the funding itself changed, not only mark and index."""
        before = (self.rate, self.next_ms, self.interval_hours, self.cap)
        self.rate = self.rate if fields.rate is None else fields.rate
        self.next_ms = self.next_ms if fields.next_ms is None else fields.next_ms
        self.interval_hours = self.interval_hours if fields.interval_hours is None else fields.interval_hours
        self.cap = self.cap if fields.cap is None else fields.cap
        self.mark = self.mark if fields.mark is None else fields.mark
        self.index = self.index if fields.index is None else fields.index
        return before != (self.rate, self.next_ms, self.interval_hours, self.cap)

    def values(self, venue_at_ms: int) -> FundingValues:
        """As read from any ticker."""
        return FundingValues(
            self.rate, self.next_ms, self.interval_hours, self.cap, self.mark, self.index, venue_at_ms
        )


class MarkDialect(_Requests):
    """Marks, indexes and funding of contracts, from their tickers; silent until the contracts' terms are known.

    A delta carries only what changed; what it leaves out stays as it was, and a delta before any snapshot of its
    contract says nothing.
    """

    def __init__(
        self, watched: Sequence[Watched], sink: MarketSink, terms: Callable[[], Mapping[str, FundingTerms] | None]
    ) -> None:
        super().__init__()
        self._watched = {each.instrument.id.symbol: each for each in watched}
        self._sink = sink
        self._terms = terms
        self._tickers: dict[str, _Ticker] = {}

    def deliver(self, payload: bytes | memoryview, received_ns: int) -> Notice | None:
        """Hand one frame to the sink."""
        try:
            frame = wire.decode_ticker(payload)
        except GARBAGE:
            return self._read_control(payload)
        fields = frame.fields
        each = self._watched.get(fields.symbol)
        if each is None:
            return None
        if frame.type == _SNAPSHOT:
            self._tickers[fields.symbol] = _Ticker()
        elif frame.type != _DELTA:
            return _garbage(payload)
        ticker = self._tickers.get(fields.symbol)
        if ticker is not None and (ticker.take(fields) or received_ns - ticker.told_ns >= _TELL_EVERY_NS):
            self._tell(each, ticker, frame.venue_at_ms, received_ns)
        return None

    def _tell(self, each: Watched, ticker: _Ticker, venue_at_ms: int, received_ns: int) -> None:
        terms = self._terms()
        if terms is None:
            return
        instrument = each.instrument.id
        own = terms.get(instrument.symbol, DEFAULT_TERMS)
        state = state_of(instrument, ticker.values(venue_at_ms), own, received_ns)
        if state is not None:
            ticker.told_ns = received_ns
            self._sink.on_funding(each.slot, state)


def _garbage(payload: bytes | memoryview) -> Notice:
    return Notice(NoticeKind.GARBAGE, words=repr(bytes(payload[:_SHOWN_BYTES])))
