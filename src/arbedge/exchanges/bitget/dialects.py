"""Bitget's language on its streams: requests, and what each frame of a link means to the sink.

A stream is named `line:channel:symbol` here (`SPOT:books1:BTCUSDT`). Requests carry no number: the venue answers
stream by stream. The heartbeat is the text `ping`, answered by the text `pong`.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Protocol

import msgspec

from arbedge.exchanges.bitget import wire
from arbedge.exchanges.bitget.funding import FundingTerms, state_of_mark
from arbedge.exchanges.transport.dialect import Notice, NoticeKind, Payload, ReadByRead, tops_of
from arbedge.exchanges.transport.payloads import GARBAGE
from arbedge.market.ports import MarketSink, TopRow, Watched

__all__ = ["MarkDialect", "Requests", "TopDialect", "garbage", "read_control", "stream_name"]

_SHOWN_BYTES = 120
_PONG = b"pong"
_NOBODY = (0.0, 0.0)
_MARK_EVERY_NS = 1_000_000_000


def stream_name(line: str, channel: str, symbol: str) -> str:
    """The name of a stream on our side."""
    return f"{line}:{channel}:{symbol}"


class _Named(Protocol):
    @property
    def symbol(self) -> str: ...


class Requests:
    """What every Bitget link can say."""

    def subscribe(self, streams: Sequence[str], request_id: int) -> bytes:  # noqa: ARG002 - requests have no number
        """The request that adds these streams."""
        return _request("subscribe", streams)

    def unsubscribe(self, streams: Sequence[str], request_id: int) -> bytes:  # noqa: ARG002
        """The request that drops these streams."""
        return _request("unsubscribe", streams)

    def set_overlap(self, *, is_overlapping: bool) -> None:
        """Repeats of tops and marks do no harm: the same values come twice."""


class TopDialect(Requests, ReadByRead):
    """Best bid and ask of one kind (`books1`); a side nobody quotes is handed on as 0."""

    def __init__(self, watched: Sequence[Watched], sink: MarketSink) -> None:
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
                found = self._read_lopsided(payload)
                if isinstance(found, Notice):
                    notices.append((place, found))
                elif found is not None:
                    rows.append(found)
                continue
            slot = find(frame.arg.symbol)
            if slot is not None:
                (top,) = frame.data
                ((bid, bid_qty),), ((ask, ask_qty),) = top.bids, top.asks
                rows.append((slot, bid, bid_qty, ask, ask_qty, top.sequence, top.venue_at_ms))
        if rows:
            self._on_tops(iter(rows), received_ns)
        return notices

    def _read_lopsided(self, payload: Payload) -> TopRow | Notice | None:
        """A frame with a side missing as a row, or what else it says; None for a symbol not watched."""
        try:
            frame = wire.decode_lopsided(payload)
        except GARBAGE:
            return read_control(payload)
        slot = self._slots.get(frame.arg.symbol)
        if slot is None:
            return None
        (top,) = frame.data
        bid, bid_qty = top.bids[0] if top.bids else _NOBODY
        ask, ask_qty = top.asks[0] if top.asks else _NOBODY
        return slot, bid, bid_qty, ask, ask_qty, top.sequence, top.venue_at_ms


class _MarkFrame(Protocol):
    """A frame of `ticker` on contracts, of either generation."""

    @property
    def arg(self) -> _Named: ...
    @property
    def data(self) -> tuple[wire.MarkRow]: ...


class MarkDialect(Requests):
    """Funding, mark and index of contracts (`ticker`); silent until a contract's own terms are known.

    A ticker comes with every trade: a new rate or settlement is handed on at once, a mark alone once a second.
    """

    _decode: Callable[[bytes | memoryview], _MarkFrame] = staticmethod(wire.decode_mark)

    def __init__(
        self, watched: Sequence[Watched], sink: MarketSink, terms: Callable[[], Mapping[str, FundingTerms] | None]
    ) -> None:
        self._watched = {each.instrument.id.symbol: each for each in watched}
        self._sink = sink
        self._terms = terms
        self._told: dict[int, tuple[str, int, FundingTerms, int]] = {}

    def deliver(self, payload: bytes | memoryview, received_ns: int) -> Notice | None:
        """Hand one frame to the sink."""
        try:
            frame = self._decode(payload)
        except GARBAGE:
            return self._answer(payload)
        each = self._watched.get(frame.arg.symbol)
        terms = self._terms()
        own = terms.get(frame.arg.symbol) if terms is not None else None
        if each is None or own is None:
            return None
        row = frame.data[0]
        told = self._told.get(each.slot)
        is_news = told is None or told[:3] != (row.rate, row.next_ms, own)
        if told is not None and not is_news and received_ns - told[3] < _MARK_EVERY_NS:
            return None
        state = state_of_mark(each.instrument.id, row, own, received_ns)
        if state is not None:
            self._told[each.slot] = (row.rate, row.next_ms, own, received_ns)
            self._sink.on_funding(each.slot, state)
        return None

    def _answer(self, payload: bytes | memoryview) -> Notice:
        return read_control(payload)


def read_control(payload: bytes | memoryview) -> Notice:
    """What a frame is that holds no market data of the expected shape."""
    if payload == _PONG:
        return Notice(NoticeKind.ALIVE)
    try:
        control = wire.decode_control(payload)
    except GARBAGE:
        return garbage(payload)
    stream = stream_name(control.arg.line, control.arg.channel, control.arg.symbol) if control.arg else ""
    if control.event == "error":
        return Notice(NoticeKind.REFUSED, words=f"{control.code} {control.msg} {stream}".rstrip(), stream=stream)
    if control.event in {"subscribe", "unsubscribe"} and stream:
        return Notice(NoticeKind.ACCEPTED, stream=stream)
    return garbage(payload)


def garbage(payload: bytes | memoryview) -> Notice:
    """A frame we understand nothing of."""
    return Notice(NoticeKind.GARBAGE, words=repr(bytes(payload[:_SHOWN_BYTES])))


def _request(op: str, streams: Sequence[str]) -> bytes:
    args = []
    for stream in streams:
        line, channel, symbol = stream.split(":", 2)
        args.append({"instType": line, "channel": channel, "instId": symbol})
    return msgspec.json.encode({"op": op, "args": args})
