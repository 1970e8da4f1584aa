"""The tick path: a frame enters the market at once; detection looks at all changed slots once an event-loop turn.

Synchronous, on the event loop's thread. A burst of frames read in one turn costs one look, however many slots it
touched; the slots waiting are at most the slots there are, and of one slot the newest quote wins.
"""

from collections import Counter
from collections.abc import Callable, Iterator, Mapping

from arbedge.domain.funding import FundingState
from arbedge.domain.quote import Book, BookChange
from arbedge.errors import ArbEdgeError
from arbedge.flow.ports import FaultLog, MarketIntake, TickHooks, TickSink
from arbedge.foundation.runtime.clock import Clock
from arbedge.market.ports import LinkEvent, TopRow

__all__ = ["TickPath"]

_CONTAINED = (ArbEdgeError, ArithmeticError, AssertionError, AttributeError, LookupError, TypeError, ValueError)
"""What a fault inside a pure stage raises. It costs the frame it came with, never the connection or the turn."""

SWEEP_S = 0.2
"""Seconds between looks at everything."""


class TickPath:
    """A `MarketSink` in front of the market and its detector.

    `defer` runs a callback in the next turn of the event loop (`loop.call_soon`). Faults are contained, counted by
    place and logged once each.
    """

    def __init__(
        self, intake: MarketIntake, detector: TickSink, clock: Clock, log: FaultLog, hooks: TickHooks
    ) -> None:
        self._intake = intake
        self._detector = detector
        self._clock = clock
        self._log = log
        self._hooks = hooks
        self._defer: Callable[[Callable[[], None]], object] | None = None
        self._dirty: dict[int, int] = {}
        self._is_deferred = False
        self._faults: Counter[str] = Counter()

    @property
    def faults(self) -> Mapping[str, int]:
        """Faults contained so far, by place and error."""
        return self._faults

    def start(self, defer: Callable[[Callable[[], None]], object]) -> None:
        """Give the path its event loop; until then frames reach the market and changed slots wait for a sweep."""
        self._defer = defer

    def on_top(  # noqa: PLR0913 - one call a frame: values stay on the stack, no object is made
        self,
        slot: int,
        bid: float,
        bid_qty: float,
        ask: float,
        ask_qty: float,
        sequence: int,
        venue_at_ms: int,
        received_ns: int,
    ) -> None:
        """Best bid and ask of a slot."""
        try:
            changed = self._intake.accept_top(slot, bid, bid_qty, ask, ask_qty, sequence, venue_at_ms, received_ns)
        except _CONTAINED as error:
            self._contain("top", error)
            return
        if changed:
            self._mark(slot, received_ns)

    def on_tops(self, rows: Iterator[TopRow], received_ns: int) -> None:
        """Best bids and asks of one read; a fault costs the row it came with, the iterator stands behind it."""
        changed: list[int] = []
        while True:
            try:
                self._intake.accept_tops(rows, received_ns, changed)
                break
            except _CONTAINED as error:
                self._contain("top", error)
        dirty = self._dirty
        for slot in changed:
            if slot not in dirty:
                dirty[slot] = received_ns
        if dirty and not self._is_deferred and self._defer is not None:
            self._is_deferred = True
            self._defer(self._look)

    def on_book_change(self, slot: int, change: BookChange) -> None:
        """One depth frame of a slot; only slots a candidate asked for have them, so each is worth a look."""
        try:
            is_whole = self._intake.accept_book_change(slot, change)
        except _CONTAINED as error:
            self._contain("book", error)
            return
        if is_whole:
            self._mark(slot, change.received_ns)

    def on_book(self, slot: int, book: Book) -> None:
        """A whole book of a slot, sent within its stream."""
        try:
            is_whole = self._intake.accept_book(slot, book)
        except _CONTAINED as error:
            self._contain("book", error)
            return
        if is_whole:
            self._mark(slot, book.received_ns)

    def on_funding(self, slot: int, state: FundingState) -> None:
        """Funding of a slot; it moves slowly, the next sweep sees it."""
        try:
            self._intake.accept_funding(slot, state)
        except _CONTAINED as error:
            self._contain("funding", error)

    def on_alive(self, link: str, at_ns: int) -> None:
        """Proof of life of a connection."""
        try:
            self._intake.accept_alive(link, at_ns)
        except _CONTAINED as error:
            self._contain("alive", error)

    def on_link(self, event: LinkEvent) -> None:
        """A connection changed state."""
        try:
            self._intake.accept_link(event)
        except _CONTAINED as error:
            self._contain("link", error)

    async def run_sweeps(self, every_s: float = SWEEP_S) -> None:
        """Sweep for ever; under supervision. A fault in a sweep is contained like one in a tick."""
        while True:
            await self._clock.sleep(every_s)
            try:
                self._detector.sweep()
            except _CONTAINED as error:
                self._contain("sweep", error)

    def _mark(self, slot: int, received_ns: int) -> None:
        self._dirty.setdefault(slot, received_ns)
        if not self._is_deferred and self._defer is not None:
            self._is_deferred = True
            self._defer(self._look)

    def _look(self) -> None:
        self._is_deferred = False
        dirty, self._dirty = self._dirty, {}
        try:
            appraised = self._detector.touch(dirty)
        except _CONTAINED as error:
            self._contain("detection", error)
            return
        after_s = None
        if appraised:
            after_s = (self._clock.monotonic_ns() - min(dirty.values())) / 1e9
        self._hooks.batch_done(len(dirty), after_s)

    def _contain(self, place: str, error: Exception) -> None:
        fault = f"{place}:{type(error).__name__}"
        self._faults[fault] += 1
        if self._faults[fault] == 1:
            self._log.error("tick_path_fault", place=place, error=repr(error), exc_info=error)
