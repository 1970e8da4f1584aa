"""The dialect of a venue whose every frame is whole: one best bid/ask, one contract's funding, one book.

What is left to the venue is a `Tongue`: how a stream is asked for, and what one frame holds in domain values. Books
come whole again and again, so nothing chains; numbers only ever rise, and times may stand for them.
"""

from collections.abc import Sequence
from typing import Protocol

from arbedge.domain.funding import FundingState
from arbedge.domain.quote import Book, TopOfBook
from arbedge.errors import IntegrityError
from arbedge.exchanges.transport.dialect import Notice, garbage
from arbedge.exchanges.transport.payloads import GARBAGE
from arbedge.exchanges.transport.plan import LinkPlan, LinkRole
from arbedge.market.ports import MarketSink

__all__ = ["PlainDialect", "Tongue"]

_TELL_EVERY_NS = 1_000_000_000


class Tongue(Protocol):
    """How a venue says things. Readers raise one of `GARBAGE` for a frame of another kind, and `IntegrityError`
    for one that makes no sense.
    """

    def request(self, verb: str, streams: Sequence[str], request_id: int) -> bytes:
        """The request that does `subscribe` or `unsubscribe` to these streams."""
        ...

    def best(self, payload: bytes | memoryview, received_ns: int) -> TopOfBook:
        """A best bid and ask; 0 for a side nobody quotes."""
        ...

    def funding(self, payload: bytes | memoryview, received_ns: int) -> FundingState | None:
        """Funding of a contract; None where it makes no sense."""
        ...

    def book(self, payload: bytes | memoryview, received_ns: int) -> Book:
        """A whole book."""
        ...

    def control(self, payload: bytes | memoryview) -> Notice:
        """Any other frame."""
        ...


class PlainDialect:
    """The language of a link; its role says how frames are read. Marks go out at most once a second each."""

    def __init__(self, plan: LinkPlan, sink: MarketSink, tongue: Tongue) -> None:
        takes = {LinkRole.TOP: self._top, LinkRole.MARK: self._mark, LinkRole.DEPTH: self._book}
        self._take = takes[plan.role]
        self._slots = {each.instrument.id: each.slot for each in plan.watched}
        self._sink = sink
        self._tongue = tongue
        self._told_ns: dict[int, int] = {}
        self._last: dict[int, int] | None = None

    def subscribe(self, streams: Sequence[str], request_id: int) -> bytes:
        """The request that adds these streams."""
        return self._tongue.request("subscribe", streams, request_id)

    def unsubscribe(self, streams: Sequence[str], request_id: int) -> bytes:
        """The request that drops these streams."""
        return self._tongue.request("unsubscribe", streams, request_id)

    def set_overlap(self, *, is_overlapping: bool) -> None:
        """While two connections deliver one may lag: books older than the last are left out, then only."""
        self._last = (self._last or {}) if is_overlapping else None

    def deliver(self, payload: bytes | memoryview, received_ns: int) -> Notice | None:
        """Hand one frame to the sink; frames of instruments not watched are skipped."""
        try:
            self._take(payload, received_ns)
        except GARBAGE:
            return self._control(payload)
        except IntegrityError:
            return garbage(payload)
        return None

    def _control(self, payload: bytes | memoryview) -> Notice:
        try:
            return self._tongue.control(payload)
        except GARBAGE:
            return garbage(payload)

    def _top(self, payload: bytes | memoryview, received_ns: int) -> None:
        top = self._tongue.best(payload, received_ns)
        slot = self._slots.get(top.instrument)
        if slot is not None:
            at_ms = top.venue_at_ms or 0
            self._sink.on_top(slot, top.bid, top.bid_qty, top.ask, top.ask_qty, top.sequence, at_ms, received_ns)

    def _mark(self, payload: bytes | memoryview, received_ns: int) -> None:
        state = self._tongue.funding(payload, received_ns)
        slot = self._slots.get(state.instrument) if state is not None else None
        if state is None or slot is None:
            return
        if received_ns - self._told_ns.get(slot, -_TELL_EVERY_NS) >= _TELL_EVERY_NS:
            self._told_ns[slot] = received_ns
            self._sink.on_funding(slot, state)

    def _book(self, payload: bytes | memoryview, received_ns: int) -> None:
        book = self._tongue.book(payload, received_ns)
        slot = self._slots.get(book.instrument)
        if slot is None or (self._last is not None and book.sequence < self._last.get(slot, 0)):
            return
        if self._last is not None:
            self._last[slot] = book.sequence
        self._sink.on_book(slot, book)
