"""The depth books that are wanted now: which, whether each is in step, and when each was last known to be true.

Bounded: at most `max_books`; the least recently wanted makes room. A book is confirmed by its own frame, by a
snapshot, or by any later depth frame of its connection, because frames of one connection keep their order; the
last only while its own symbol was heard or matched within the confirmation time.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

from arbedge.domain.instrument import Instrument
from arbedge.domain.quote import Book, BookChange
from arbedge.foundation.runtime.clock import Clock
from arbedge.market.feeds.clocks import VenueClocks
from arbedge.market.feeds.liveness import LinkPurpose, link_purpose
from arbedge.market.feeds.sync import BookSync, SnapshotOutcome
from arbedge.market.ports import LinkEvent, LinkState

__all__ = ["BookShelf", "DeskEntry"]

_NEVER = -(1 << 62)
_HOLD_NS = 2_000_000_000
"""A book wanted within this time is not displaced, so that sixty-one wishes do not throw out one another."""
_IDLE_NS = 60_000_000_000
_STEADY_NS = 1_000_000_000
_UNSTEADY_NS = 5_000_000_000


@dataclass(slots=True)
class DeskEntry:
    """One wanted book. `waits_until_ns`, `failures` belong to whoever fetches snapshots."""

    slot: int
    sync: BookSync
    wanted_ns: int
    added_ns: int
    heard_ns: int = _NEVER
    sent_ns: int = _NEVER
    waits_until_ns: int = _NEVER
    failures: int = 0
    asked_ns: int = _NEVER
    asks: int = 0
    cached: Book | None = None
    differs_since_ns: int | None = None
    differs_same_since_ns: int | None = None
    differing: tuple[tuple[float, float], tuple[float, float]] | None = None
    muted_until_ns: int = _NEVER


class BookShelf:
    """Wanted books by slot; intake is synchronous. `best` is the board's best bid and ask of a slot."""

    def __init__(  # noqa: PLR0913 - two collaborators, the list of instruments and three limits
        self,
        instruments: Sequence[Instrument],
        clock: Clock,
        clocks: VenueClocks,
        best: Callable[[int], tuple[float, float] | None],
        *,
        max_books: int,
        levels: int,
        confirmation_s: float,
    ) -> None:
        self._instruments = instruments
        self._clock = clock
        self._clocks = clocks
        self._best = best
        self._max_books = max_books
        self._levels = levels
        self._confirmation_ns = int(confirmation_s * 1e9)
        self._entries: dict[int, DeskEntry] = {}
        self._links: dict[str, int] = {}
        self._carried: dict[int, tuple[str, int]] = {}
        self._version = 0
        self.resyncs = 0
        self.disagreements = 0

    @property
    def version(self) -> int:
        """Rises whenever the set of wanted books changes."""
        return self._version

    @property
    def levels(self) -> int:
        """Levels a side a book is handed out with."""
        return self._levels

    @property
    def entries(self) -> Iterable[DeskEntry]:
        """Every wanted book."""
        return self._entries.values()

    def entry(self, slot: int) -> DeskEntry | None:
        """The wanted book of a slot, or None."""
        return self._entries.get(slot)

    def wanted(self, venue: str) -> frozenset[int]:
        """The slots of a venue whose depth should be streamed."""
        return frozenset(slot for slot in self._entries if self._instruments[slot].id.venue == venue)

    def want(self, slot: int) -> None:
        """Ask for a slot's book, so that it is there soon; asking again keeps it."""
        now_ns = self._clock.monotonic_ns()
        entry = self._entries.get(slot)
        if entry is not None:
            entry.wanted_ns = now_ns
            return
        if len(self._entries) >= self._max_books:
            oldest = min(self._entries.values(), key=lambda each: each.wanted_ns)
            if now_ns - oldest.wanted_ns < _HOLD_NS:
                return
            del self._entries[oldest.slot]
        sync = BookSync(self._instruments[slot].id)
        self._entries[slot] = DeskEntry(slot, sync, wanted_ns=now_ns, added_ns=now_ns)
        self._version += 1

    def release_idle(self) -> None:
        """Let go of books nobody has asked for in a minute."""
        now_ns = self._clock.monotonic_ns()
        idle = [slot for slot, entry in self._entries.items() if now_ns - entry.wanted_ns > _IDLE_NS]
        for slot in idle:
            del self._entries[slot]
        if idle:
            self._version += 1

    def book(self, slot: int) -> tuple[Book | None, str | None, int]:
        """The book, why there is none (in words), and when it was last known to be true (monotonic)."""
        entry = self._entries.get(slot)
        if entry is None:
            if len(self._entries) < self._max_books:
                return None, "no detail book yet", _NEVER
            return None, f"no detail book yet: all {self._max_books} are in use by other candidates", _NEVER
        problem = entry.sync.problem
        if problem is not None:
            return None, problem, _NEVER
        if entry.cached is None:
            entry.cached = entry.sync.book(self._levels)
        return entry.cached, None, self.confirmed_ns(entry)

    def confirmed_ns(self, entry: DeskEntry) -> int:
        """When a book was last known to be true."""
        confirmed_ns = entry.sync.confirmed_ns
        carried = self._carried.get(entry.slot)
        if carried is None or entry.sync.is_behind or entry.sync.problem is not None:
            return confirmed_ns
        if self._clock.monotonic_ns() - entry.heard_ns > self._confirmation_ns:
            return confirmed_ns
        link, since_ns = carried
        link_ns = self._links.get(link, _NEVER)
        return max(confirmed_ns, link_ns) if link_ns >= since_ns else confirmed_ns

    def links(self, prefix: str) -> tuple[str, ...]:
        """Depth connections whose name starts so and that carry something."""
        return tuple(sorted({link for link, _ in self._carried.values() if link.startswith(prefix)}))

    def is_carried(self, slot: int) -> bool:
        """Whether a subscribed connection carries the slot's depth."""
        return slot in self._carried

    def on_change(self, slot: int, change: BookChange) -> bool:
        """Take a depth frame in; True when it was in sequence, which is proof of life of the symbol."""
        entry = self._entries.get(slot)
        if entry is None:
            return False
        venue = self._instruments[slot].id.venue
        true_ns = change.received_ns - self._clocks.lag_ns(venue, change.venue_at_ms, change.received_ns)
        link, _ = self._carried.get(slot, ("", 0))
        if link and true_ns > self._links.get(link, _NEVER):
            self._links[link] = true_ns
        was_whole = entry.sync.problem is None
        is_whole = entry.sync.on_change(change, true_ns)
        entry.cached = None
        if is_whole and not entry.sync.is_behind:
            entry.heard_ns = max(entry.heard_ns, true_ns)
        elif was_whole and not is_whole:
            self.resyncs += 1
        return is_whole and not entry.sync.is_behind

    def on_book(self, slot: int, book: Book) -> bool:
        """Take in a whole book the stream sent; True when it was usable."""
        entry = self._entries.get(slot)
        if entry is None:
            return False
        venue = self._instruments[slot].id.venue
        true_ns = book.received_ns - self._clocks.lag_ns(venue, book.venue_at_ms, book.received_ns)
        link, _ = self._carried.get(slot, ("", 0))
        if link and true_ns > self._links.get(link, _NEVER):
            self._links[link] = true_ns
        entry.cached = None
        entry.failures = 0
        entry.sent_ns = book.received_ns
        if not entry.sync.on_whole(book, true_ns):
            return False
        entry.heard_ns = max(entry.heard_ns, true_ns)
        return True

    def is_overdue(self, entry: DeskEntry, patience_ns: int) -> bool:
        """Whether a book that comes by stream alone is missing, or was not heard of for too long."""
        now_ns = self._clock.monotonic_ns()
        if entry.sync.problem is not None:
            return now_ns - max(entry.added_ns, entry.sent_ns) > patience_ns
        return now_ns - entry.heard_ns > self._confirmation_ns

    def on_link(self, event: LinkEvent) -> None:
        """A connection changed state; those that carry depth make or lose books.

        A subscribed event names everything the connection carries from then on.
        """
        if link_purpose(event.link) != LinkPurpose.DEPTH:
            return
        if event.state is LinkState.SUBSCRIBED:
            self._carry(event)
        elif event.state is LinkState.LOST:
            self._links.pop(event.link, None)
            orphans = {slot for slot, (link, _) in self._carried.items() if link == event.link}
            for slot in orphans:
                del self._carried[slot]
            for slot in orphans.union(event.slots).difference(self._carried):
                self._lose(slot, f"its depth connection was lost: {event.reason}")

    def _carry(self, event: LinkEvent) -> None:
        named = set(event.slots)
        for slot, (link, _) in list(self._carried.items()):
            if link == event.link and slot not in named:
                del self._carried[slot]
        for slot in event.slots:
            if slot not in self._carried:
                self._carried[slot] = (event.link, event.at_ns)
                entry = self._entries.get(slot)
                if entry is None or event.at_ns - entry.sent_ns > _HOLD_NS:
                    self._lose(slot, "its stream has only begun: changes before it went unseen")

    def _lose(self, slot: int, reason: str) -> None:
        entry = self._entries.get(slot)
        if entry is not None:
            entry.cached = None
            entry.sync.lose(reason)

    def begin_snapshot(self, entry: DeskEntry) -> int:
        """A snapshot is being asked for now; returns its number, by which an outdated answer is known."""
        entry.asked_ns = self._clock.monotonic_ns()
        entry.asks += 1
        entry.sync.begin_snapshot()
        return entry.asks

    def on_snapshot(self, entry: DeskEntry, book: Book, *, levels_asked: int) -> SnapshotOutcome:
        """The snapshot asked for arrived."""
        outcome = entry.sync.on_snapshot(
            book, levels_asked=levels_asked, asked_ns=entry.asked_ns, compared=self._levels
        )
        entry.cached = None
        if outcome in {SnapshotOutcome.LOADED, SnapshotOutcome.CONFIRMED, SnapshotOutcome.CORRECTED}:
            entry.heard_ns = max(entry.heard_ns, entry.asked_ns)
        return outcome

    def compare(self, entry: DeskEntry) -> None:
        """Check a book's best against the board's; one that differs for long is dropped and built anew.

        Streams of tops and of depth run at different paces, so a difference counts after a second with both
        unchanged, or after five seconds without any moment of agreement.
        """
        now_ns = self._clock.monotonic_ns()
        ours, theirs = entry.sync.best(), self._best(entry.slot)
        if ours is None or theirs is None or ours == theirs or now_ns < entry.muted_until_ns:
            entry.differs_since_ns = entry.differs_same_since_ns = entry.differing = None
            return
        if entry.differs_since_ns is None:
            entry.differs_since_ns = now_ns
        if entry.differing != (ours, theirs):
            entry.differing, entry.differs_same_since_ns = (ours, theirs), now_ns
        steady_since_ns = entry.differs_same_since_ns or now_ns
        if now_ns - steady_since_ns > _STEADY_NS or now_ns - entry.differs_since_ns > _UNSTEADY_NS:
            self.disagreements += 1
            self.resyncs += 1
            entry.differs_since_ns = entry.differs_same_since_ns = entry.differing = None
            entry.muted_until_ns = now_ns + _IDLE_NS // 2
            entry.cached = None
            entry.sync.lose(
                f"book {ours[0]:g}/{ours[1]:g} and best quote {theirs[0]:g}/{theirs[1]:g} differed for too long"
            )
