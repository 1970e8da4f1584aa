"""Fetches the snapshots that wanted books need, and keeps the venues' depth subscriptions in line with them.

A few workers a venue; each takes the most urgent need: a book that is out of step, one whose range is used up, one
nobody has confirmed lately. Failures back off by doubling; a budget of snapshots a venue bounds the whole.
"""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from functools import partial

from arbedge.domain.quote import Book, BookChange
from arbedge.errors import ArbEdgeError
from arbedge.foundation.runtime.clock import Clock
from arbedge.foundation.runtime.supervision import run_all
from arbedge.market.feeds.shelf import BookShelf, DeskEntry
from arbedge.market.feeds.sync import SnapshotOutcome
from arbedge.market.ports import DepthSource, LinkEvent

__all__ = ["DepthDesk", "DepthVenue", "SnapshotBudget"]

_TICK_S = 0.05
_WORKERS = 3
_SUBSCRIBE_WAIT_NS = 3_000_000_000
_FIRST_BACKOFF_NS = 250_000_000
_LONGEST_BACKOFF_NS = 15_000_000_000
_QUIET_PACE_NS = 1_000_000_000
_FETCHED_FACTOR = 2
"""Levels asked for, of those handed out: snapshots of 100 levels cost a venue's budget a fifth of those of 500."""


@dataclass(frozen=True, slots=True)
class DepthVenue:
    """What the desk uses of a venue: snapshots, and the call that says which slots' depth to stream.

    A venue that `sends_books` begins each subscription with the whole book, and its snapshots by request do not
    chain to its stream: a book out of step is had again by subscribing anew.
    """

    source: DepthSource
    want_depth: Callable[[frozenset[int]], None]
    sends_books: bool = False


class SnapshotBudget:
    """Snapshots allowed: `burst` at once, then `per_s`; asking does not wait."""

    def __init__(self, per_s: float, burst: int) -> None:
        self._per_ns = per_s / 1e9
        self._burst = float(burst)
        self._left = float(burst)
        self._at_ns: int | None = None

    def take(self, now_ns: int) -> bool:
        """Spend one if there is one."""
        if self._at_ns is not None:
            self._left = min(self._burst, self._left + (now_ns - self._at_ns) * self._per_ns)
        self._at_ns = now_ns
        if self._left < 1:
            return False
        self._left -= 1
        return True


class DepthDesk:
    """Keeps the shelf's books in step. `run` until cancelled; everything else is synchronous.

    `confirm_within_s` is how fresh a priced book must be: quiet books still wanted are confirmed by snapshots a
    little sooner, one a second each at most.
    """

    def __init__(
        self,
        shelf: BookShelf,
        clock: Clock,
        venues: Mapping[str, DepthVenue],
        *,
        confirm_within_s: float,
        snapshots_per_s: float = 10.0,
    ) -> None:
        self._shelf = shelf
        self._clock = clock
        self._venues = dict(venues)
        self._confirm_ns = int(confirm_within_s * 1e9)
        self._budgets = {name: SnapshotBudget(snapshots_per_s, burst=60) for name in self._venues}
        self._told: dict[str, frozenset[int] | None] = dict.fromkeys(self._venues, frozenset())
        self._seen_version = -1
        self.snapshots = 0
        self.failures = 0

    @property
    def shelf(self) -> BookShelf:
        """The books."""
        return self._shelf

    def want(self, slot: int) -> None:
        """Ask for a slot's book."""
        self._shelf.want(slot)

    def book(self, slot: int) -> tuple[Book | None, str | None, int]:
        """The book, why there is none, and when it was last known to be true (monotonic)."""
        return self._shelf.book(slot)

    def on_change(self, slot: int, change: BookChange) -> bool:
        """A depth frame; True when it was in sequence."""
        return self._shelf.on_change(slot, change)

    def on_book(self, slot: int, book: Book) -> bool:
        """A whole book from a stream; True when it was usable."""
        return self._shelf.on_book(slot, book)

    def on_link(self, event: LinkEvent) -> None:
        """A connection changed state."""
        self._shelf.on_link(event)

    def retell(self, venue: str) -> None:
        """The venue's streams start over and must be told again what depth is wanted."""
        self._told[venue] = None
        self._seen_version = -1

    async def run(self) -> None:
        """Serve until cancelled. A venue's failures are counted and backed off from, never raised."""
        jobs: list[Callable[[], Awaitable[None]]] = [self._watch]
        for name, venue in self._venues.items():
            if not venue.sends_books:
                jobs += [partial(self._work, name)] * _WORKERS
        await run_all(jobs, limit=len(jobs))

    async def _watch(self) -> None:
        """Tell venues what to stream, release idle books, compare books with the board."""
        while True:
            self.tend()
            await self._clock.sleep(_TICK_S)

    def tend(self) -> None:
        """One round of `run` without the fetching."""
        self._shelf.release_idle()
        if self._shelf.version != self._seen_version:
            self._seen_version = self._shelf.version
            for name, venue in self._venues.items():
                slots = self._shelf.wanted(name)
                if slots != self._told[name]:
                    self._told[name] = slots
                    venue.want_depth(slots)
        self._renew_streams()
        for entry in self._shelf.entries:
            self._shelf.compare(entry)

    def _renew_streams(self) -> None:
        """Subscribe anew where the stream itself must bring the book and has not, or has fallen silent."""
        now_ns = self._clock.monotonic_ns()
        for entry in self._shelf.entries:
            venue = self._venues.get(entry.sync.instrument.venue)
            if venue is None or not venue.sends_books or now_ns < entry.waits_until_ns:
                continue
            if self._shelf.is_overdue(entry, _SUBSCRIBE_WAIT_NS):
                name = entry.sync.instrument.venue
                self._back_off(entry)
                entry.waits_until_ns = max(entry.waits_until_ns, now_ns + _SUBSCRIBE_WAIT_NS)
                venue.want_depth(self._shelf.wanted(name) - {entry.slot})
                self._told[name] = None
                self._seen_version = -1  # the next round asks for all of them again

    async def _work(self, venue: str) -> None:
        while True:
            entry, levels = self._next_due(venue)
            if entry is None or not self._budgets[venue].take(self._clock.monotonic_ns()):
                await self._clock.sleep(_TICK_S)
                continue
            await self._fetch(venue, entry, levels)

    async def _fetch(self, venue: str, entry: DeskEntry, levels: int) -> None:
        self.snapshots += 1
        number = self._shelf.begin_snapshot(entry)
        try:
            book = await self._venues[venue].source.fetch_book(entry.sync.instrument, levels)
        except ArbEdgeError as error:
            entry.sync.abandon_snapshot(f"its snapshot failed: {error}")
            self._back_off(entry)
            return
        except BaseException:
            entry.sync.abandon_snapshot("its snapshot was given up")
            raise
        if not entry.sync.is_fetching or entry.asks != number:
            return  # the connection was lost meanwhile: what came may predate the loss
        outcome = self._shelf.on_snapshot(entry, book, levels_asked=levels)
        if outcome in {SnapshotOutcome.UNUSABLE, SnapshotOutcome.TOO_OLD}:
            self._back_off(entry)
        else:
            entry.failures = 0
            entry.waits_until_ns = entry.asked_ns + _QUIET_PACE_NS
            if outcome is SnapshotOutcome.CORRECTED:
                self._shelf.resyncs += 1

    def _back_off(self, entry: DeskEntry) -> None:
        self.failures += 1
        wait_ns = min(_LONGEST_BACKOFF_NS, _FIRST_BACKOFF_NS << min(entry.failures, 10))
        entry.failures += 1
        entry.waits_until_ns = self._clock.monotonic_ns() + wait_ns

    def _next_due(self, venue: str) -> tuple[DeskEntry | None, int]:
        """The most urgent need of a venue and the levels to ask for."""
        now_ns = self._clock.monotonic_ns()
        best: tuple[int, int] | None = None
        chosen: DeskEntry | None = None
        for entry in self._shelf.entries:
            if entry.sync.instrument.venue != venue or entry.sync.is_fetching or now_ns < entry.waits_until_ns:
                continue
            urgency = self._urgency(entry, now_ns)
            if urgency is not None and (best is None or (urgency, -entry.wanted_ns) < best):
                best, chosen = (urgency, -entry.wanted_ns), entry
        if chosen is None or best is None:
            return None, 0
        return chosen, self._shelf.levels * _FETCHED_FACTOR

    def _urgency(self, entry: DeskEntry, now_ns: int) -> int | None:
        """0: out of step, 1: range used up, 2: unconfirmed though wanted; None: nothing to do."""
        if entry.sync.problem is not None:
            is_late = now_ns - entry.added_ns > _SUBSCRIBE_WAIT_NS
            return 0 if is_late or self._shelf.is_carried(entry.slot) else None
        if entry.sync.is_thin(self._shelf.levels):
            return 1
        is_wanted = now_ns - entry.wanted_ns < self._confirm_ns
        is_quiet = now_ns - self._shelf.confirmed_ns(entry) > self._confirm_ns // 2
        return 2 if is_wanted and is_quiet else None
