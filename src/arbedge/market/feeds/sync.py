"""Keeps one book in step with its stream: buffers while a snapshot is under way, checks it, says when it is lost.

No awaiting and no fetching here: `DepthDesk` asks for snapshots and hands them in, so every order of events can be
played through in a test.
"""

from collections import deque
from enum import StrEnum

from arbedge.domain.instrument import InstrumentId
from arbedge.domain.quote import Book, BookChange
from arbedge.errors import IntegrityError
from arbedge.market.feeds.book import LocalBook

__all__ = ["BookSync", "SnapshotOutcome"]

_KEPT_FRAMES = 2000
"""Frames kept while a snapshot is under way: 200 s of ten a second; beyond, the oldest go and the snapshot will not
connect, which is found and answered with another."""

_OLD_IN_ROW_LIMIT = 50
"""Frames in a row that are older than the book: more than a lagging stream sends, so the ids were reset."""

_NEVER = -(1 << 62)


class SnapshotOutcome(StrEnum):
    """What a snapshot did."""

    LOADED = "loaded"
    CONFIRMED = "confirmed"
    CORRECTED = "corrected"
    TOO_OLD = "too_old"
    UNUSABLE = "unusable"


class BookSync:
    """One instrument's book and whether it may be used.

    `problem` is None exactly while the book is in sequence; `is_behind` while the latest frame was older than the
    book, so that the stream proves nothing about it yet. Times are monotonic nanoseconds.
    """

    def __init__(self, instrument: InstrumentId) -> None:
        self.instrument = instrument
        self.resyncs = 0
        self.confirmed_ns = _NEVER
        self.is_behind = False
        self._old_in_row = 0
        self._book: LocalBook | None = None
        self._problem = "waiting for its first snapshot"
        self._frames: deque[BookChange] | None = None

    @property
    def problem(self) -> str | None:
        """Why there is no book, in words, or None."""
        return None if self._book is not None else self._problem

    @property
    def is_fetching(self) -> bool:
        """Whether a snapshot is under way."""
        return self._frames is not None

    def best(self) -> tuple[float, float] | None:
        """Best bid and ask, or None."""
        return None if self._book is None else self._book.best()

    def book(self, levels: int) -> Book | None:
        """The book now, or None where `problem` says why."""
        return None if self._book is None else self._book.snapshot(levels)

    def is_thin(self, levels: int) -> bool:
        """Whether a fresh snapshot is due because the old one's range is used up."""
        return self._book is not None and self._book.is_thin(levels)

    def begin_snapshot(self) -> None:
        """A snapshot is being asked for: keep every frame from now on."""
        self._frames = deque(maxlen=_KEPT_FRAMES)

    def abandon_snapshot(self, reason: str) -> None:
        """The snapshot did not come."""
        self._frames = None
        if self._book is None:
            self._problem = reason

    def lose(self, reason: str) -> None:
        """The book can no longer be trusted; it waits for a snapshot. One under way started before and is void."""
        self._drop(reason)
        self._frames = None

    def on_change(self, change: BookChange, confirmed_ns: int) -> bool:
        """Take a frame in; `confirmed_ns` is when it was true. True while the book is in sequence after it."""
        if self._frames is not None:
            self._frames.append(change)
        if self._book is None:
            return False
        try:
            is_new = self._book.apply(change)
        except IntegrityError as error:
            self._drop(str(error))
            return False
        self.is_behind = not is_new
        self._old_in_row = 0 if is_new else self._old_in_row + 1
        if is_new:
            self.confirmed_ns = max(self.confirmed_ns, confirmed_ns)
        elif self._old_in_row > _OLD_IN_ROW_LIMIT:
            self._drop(f"the last {self._old_in_row} frames were older than the book: the venue's ids went back")
            return False
        return True

    def on_whole(self, book: Book, confirmed_ns: int) -> bool:
        """Take in a whole book from the stream itself: what comes next chains to it. False when it is unusable.

        The venue keeps this view complete by its own changes, however few levels it has: nothing of it is cut off.
        """
        fresh = LocalBook(self.instrument)
        try:
            fresh.load(book, levels_asked=max(len(book.bids), len(book.asks)) + 1, is_in_stream=True)
        except IntegrityError as error:
            self._drop(str(error))
            return False
        self._book, self._frames = fresh, None
        self.is_behind, self._old_in_row = False, 0
        self.confirmed_ns = max(self.confirmed_ns, confirmed_ns)
        return True

    def on_snapshot(self, book: Book, *, levels_asked: int, asked_ns: int, compared: int) -> SnapshotOutcome:
        """Take a snapshot in with the frames kept since it was asked for; the best `compared` levels are compared.

        A book in sequence is replaced by what the snapshot and the frames say, whether they agree or not; it is
        kept only when the snapshot is older than every frame kept (a venue's cache), which proves nothing.
        """
        frames, self._frames = self._frames, None
        fresh = LocalBook(self.instrument)
        try:
            fresh.load(book, levels_asked=levels_asked)
            fresh.replay(frames or ())
        except IntegrityError as error:
            if self._book is None:
                self._problem = f"the snapshot did not connect: {error}"
            return SnapshotOutcome.UNUSABLE
        held = self._book
        if held is not None and fresh.last < held.last:
            return SnapshotOutcome.TOO_OLD
        self._book = fresh
        self.is_behind, self._old_in_row = False, 0
        self.confirmed_ns = max(self.confirmed_ns, asked_ns)
        if held is None:
            return SnapshotOutcome.LOADED
        if fresh.last != held.last:
            return SnapshotOutcome.LOADED
        ours, theirs = held.snapshot(compared), fresh.snapshot(compared)
        is_same = _agree(ours, theirs)
        return SnapshotOutcome.CONFIRMED if is_same else SnapshotOutcome.CORRECTED

    def _drop(self, reason: str) -> None:
        if self._book is not None:
            self.resyncs += 1
        self._book = None
        self._problem = reason
        self.confirmed_ns = _NEVER


def _agree(ours: Book, theirs: Book) -> bool:
    """Whether both show the same levels as far as both reach; spelling does not count (`1.0` and `1.00`)."""
    for mine, other in ((ours.bids, theirs.bids), (ours.asks, theirs.asks)):
        for first, second in zip(mine, other, strict=False):
            if float(first[0]) != float(second[0]) or float(first[1]) != float(second[1]):
                return False
    return True
