"""Binance's language on its streams: requests, and what each frame of a link means to the sink."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import msgspec

from arbedge.domain.quote import BookChange
from arbedge.exchanges.binance import wire
from arbedge.exchanges.binance.funding import FundingTerms, state_of_mark
from arbedge.exchanges.transport.dialect import Notice, NoticeKind, Payload, ReadByRead, tops_of
from arbedge.market.ports import MarketSink, TopRow, Watched

__all__ = ["DepthDialect", "MarkDialect", "TopDialect"]

_SHOWN_BYTES = 120


@dataclass(frozen=True, slots=True)
class _Request:
    """A subscription request as Binance reads it."""

    method: str
    params: Sequence[str]
    id: int


class _Requests:
    """What every Binance link can say, and how it reads what is not market data."""

    def subscribe(self, streams: Sequence[str], request_id: int) -> bytes:
        """The request that adds these streams."""
        return msgspec.json.encode(_Request("SUBSCRIBE", streams, request_id))

    def unsubscribe(self, streams: Sequence[str], request_id: int) -> bytes:
        """The request that drops these streams."""
        return msgspec.json.encode(_Request("UNSUBSCRIBE", streams, request_id))

    def set_overlap(self, *, is_overlapping: bool) -> None:
        """Repeats of tops and marks do no harm: the same values come twice."""


class TopDialect(_Requests, ReadByRead):
    """Best bid and ask of one kind; frames of symbols not watched and of the coin-margined market are skipped."""

    def __init__(self, watched: Sequence[Watched], sink: MarketSink) -> None:
        self._slots = {each.instrument.id.symbol: each.slot for each in watched}
        self._on_tops = tops_of(sink)

    def deliver_all(self, payloads: Sequence[Payload], received_ns: int) -> list[tuple[int, Notice]]:
        """Hand the frames of one read to the sink together."""
        find, decode, coin_margined = self._slots.get, wire.decode_top, wire.COIN_MARGINED
        rows: list[TopRow] = []
        notices: list[tuple[int, Notice]] = []
        for place, payload in enumerate(payloads):
            try:
                top = decode(payload).data
            except wire.GARBAGE:
                notices.append((place, _read_control(payload)))
                continue
            slot = find(top.symbol)
            if slot is not None and top.market != coin_margined:
                rows.append((slot, top.bid, top.bid_qty, top.ask, top.ask_qty, top.sequence, top.venue_at_ms))
        if rows:
            self._on_tops(iter(rows), received_ns)
        return notices


class DepthDialect(_Requests):
    """Depth changes of one kind. While two connections overlap, a change both deliver goes out once."""

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
            diff = wire.decode_depth(payload).data
        except wire.GARBAGE:
            return _read_control(payload)
        each = self._watched.get(diff.symbol)
        if each is None or diff.market == wire.COIN_MARGINED:
            return None
        if not (wire.are_plain(diff.bids) and wire.are_plain(diff.asks)):
            return _garbage(payload)
        if self._last is not None:
            if diff.last <= self._last.get(each.slot, -1):
                return None
            self._last[each.slot] = diff.last
        self._sink.on_book_change(
            each.slot,
            BookChange(
                instrument=each.instrument.id,
                first=diff.first,
                last=diff.last,
                previous=diff.previous,
                bids=diff.bids,
                asks=diff.asks,
                venue_at_ms=diff.venue_at_ms,
                received_ns=received_ns,
            ),
        )
        return None


class MarkDialect(_Requests):
    """Marks, indexes and funding of all contracts at once; silent until the contracts' own terms are known.

    A contract whose interval is not known yet must not be read with the default one.
    """

    def __init__(
        self, watched: Sequence[Watched], sink: MarketSink, terms: Callable[[], Mapping[str, FundingTerms] | None]
    ) -> None:
        self._watched = {each.instrument.id.symbol: each for each in watched}
        self._sink = sink
        self._terms = terms

    def deliver(self, payload: bytes | memoryview, received_ns: int) -> Notice | None:
        """Hand one frame to the sink."""
        try:
            rows = wire.decode_mark(payload).data
        except wire.GARBAGE:
            return _read_control(payload)
        terms = self._terms()
        if terms is None:
            return None
        for row in rows:
            each = self._watched.get(row.symbol)
            if each is None or row.market == wire.COIN_MARGINED:
                continue
            state = state_of_mark(each.instrument.id, row, terms, received_ns)
            if state is not None:
                self._sink.on_funding(each.slot, state)
        return None


def _read_control(payload: bytes | memoryview) -> Notice:
    """What a frame is that holds no market data of the expected shape."""
    try:
        control = wire.decode_control(payload)
    except wire.GARBAGE:
        return _garbage(payload)
    if control.is_shutdown:
        return Notice(NoticeKind.SHUTDOWN)
    refusal = control.refusal
    if refusal is not None:
        return Notice(NoticeKind.REFUSED, control.id, f"{refusal.code} {refusal.msg}")
    return Notice(NoticeKind.ACCEPTED, control.id) if control.id is not None else _garbage(payload)


def _garbage(payload: bytes | memoryview) -> Notice:
    return Notice(NoticeKind.GARBAGE, words=repr(bytes(payload[:_SHOWN_BYTES])))
