"""A local order book: a snapshot plus depth frames in unbroken sequence, in the venue's own strings.

How frames chain differs by venue, so it is a small value (`SequenceRule`) chosen by the first frame. The book is
either right or raises: a frame that does not follow is a `SequenceGap`, a bid at or above an ask a `CrossedBook`.
"""

from bisect import bisect_left, bisect_right, insort
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Protocol

from arbedge.domain.instrument import InstrumentId
from arbedge.domain.quote import Book, BookChange, Level
from arbedge.errors import CrossedBook, IntegrityError, SequenceGap

__all__ = ["CHAINED_IDS", "SPANNED_IDS", "ChainedIds", "LocalBook", "SequenceRule", "SpannedIds", "rule_of"]


class SequenceRule(Protocol):
    """How a venue's depth frames follow a snapshot and one another."""

    def is_old(self, change: BookChange, last: int) -> bool:
        """Whether a frame holds nothing a book at id `last` does not have."""
        ...

    def opens(self, change: BookChange, snapshot: int) -> bool:
        """Whether a frame is the right first one after a snapshot with that id."""
        ...

    def follows(self, change: BookChange, last: int) -> bool:
        """Whether a frame follows one whose last id was `last`."""
        ...


@dataclass(frozen=True, slots=True)
class SpannedIds:
    """Frames span ids without holes, a symbol having its own ids (Binance spot).

    First after a snapshot S: first <= S + 1 <= last; then first == previous last + 1. Source: Binance spot
    documentation, "How to manage a local order book correctly".
    """

    def is_old(self, change: BookChange, last: int) -> bool:
        """Nothing new when it ends at or before the book's id."""
        return change.last <= last

    def opens(self, change: BookChange, snapshot: int) -> bool:
        """It covers the id after the snapshot's."""
        return change.first <= snapshot + 1 <= change.last

    def follows(self, change: BookChange, last: int) -> bool:
        """It starts right after the frame before it."""
        return change.first == last + 1


@dataclass(frozen=True, slots=True)
class ChainedIds:
    """Frames name the last id of the frame before them, ids being shared by all symbols (Binance USD-M `pu`).

    First after a snapshot S: first <= S <= last; then previous == last id before. Source: Binance USD-M
    documentation, "How to manage a local order book correctly". Where S lies between two frames of a quiet symbol
    no frame contains it; previous <= S <= last says the same for that case, because nothing of the symbol lies
    between a frame and the one it names.
    """

    def is_old(self, change: BookChange, last: int) -> bool:
        """Nothing new when it ends before the book's id, or at it, unless it names the book as its predecessor.

        One that does and ends at the same id is a heartbeat; at a lower id the venue began its count anew (OKX).
        """
        return change.last <= last and change.previous != last

    def opens(self, change: BookChange, snapshot: int) -> bool:
        """It reaches over the snapshot's id, and the frame before it does not."""
        return (
            change.first <= snapshot or (change.previous is not None and change.previous <= snapshot)
        ) and snapshot <= change.last

    def follows(self, change: BookChange, last: int) -> bool:
        """It names the frame before it."""
        return change.previous == last


SPANNED_IDS = SpannedIds()
CHAINED_IDS = ChainedIds()


def rule_of(change: BookChange) -> SequenceRule:
    """The rule a frame's own fields call for: chained where it names its predecessor, else spanned."""
    return SPANNED_IDS if change.previous is None else CHAINED_IDS


class _Side:
    """One side: levels by price, and the prices in ascending order. `bound` is the worst price known whole."""

    __slots__ = ("bound", "is_bid", "levels", "prices")

    def __init__(self, *, is_bid: bool) -> None:
        self.is_bid = is_bid
        self.levels: dict[float, Level] = {}
        self.prices: list[float] = []
        self.bound: float | None = None

    def load(self, levels: Sequence[Level], *, is_whole: bool) -> None:
        self.levels = {}
        for level in levels:
            price, size = _numbers(level)
            if size > 0:
                self.levels[price] = level
        self.prices = sorted(self.levels)
        self.bound = None
        if not is_whole and self.prices:
            self.bound = self.prices[0] if self.is_bid else self.prices[-1]

    def set(self, level: Level) -> None:
        price, size = _numbers(level)
        known = price in self.levels
        if size > 0:
            if not known:
                insort(self.prices, price)
            self.levels[price] = level
        elif known:
            del self.levels[price]
            del self.prices[bisect_left(self.prices, price)]

    def best(self) -> float | None:
        if not self.prices:
            return None
        return self.prices[-1] if self.is_bid else self.prices[0]

    def known(self) -> int:
        """How many levels are known whole."""
        if self.bound is None:
            return len(self.prices)
        if self.is_bid:
            return len(self.prices) - bisect_left(self.prices, self.bound)
        return bisect_right(self.prices, self.bound)

    def top(self, count: int) -> tuple[Level, ...]:
        """The best levels, none beyond what is known whole."""
        prices = self.prices[: -count - 1 : -1] if self.is_bid else self.prices[:count]
        bound = self.bound
        if bound is None:
            return tuple(self.levels[price] for price in prices)
        if self.is_bid:
            return tuple(self.levels[price] for price in prices if price >= bound)
        return tuple(self.levels[price] for price in prices if price <= bound)


class LocalBook:
    """One instrument's book. `load` first, then `apply` every frame; `snapshot` whenever asked.

    A snapshot that was cut off at a number of levels knows nothing beyond its worst price: frames may set levels
    there, but what lies between them is unknown, so `snapshot` never goes beyond, and `is_thin` tells when too
    little is left. Levels of size zero are deletions. Memory is bounded by what the venue keeps in its own book.
    """

    def __init__(self, instrument: InstrumentId, rule: SequenceRule | None = None) -> None:
        self.instrument = instrument
        self._rule = rule
        self._bids = _Side(is_bid=True)
        self._asks = _Side(is_bid=False)
        self._last = 0
        self._venue_at_ms: int | None = None
        self._received_ns = 0
        self._is_opened = False

    @property
    def last(self) -> int:
        """The id the book stands at."""
        return self._last

    @property
    def received_ns(self) -> int:
        """When the newest part of it was received (monotonic)."""
        return self._received_ns

    def load(self, book: Book, *, levels_asked: int, is_in_stream: bool = False) -> None:
        """Start from a snapshot; a side shorter than `levels_asked` is the venue's whole side.

        One that came `is_in_stream` is itself a link of the chain: the next frame must follow it.

        Raises `IntegrityError` for a level that is no number and `CrossedBook`.
        """
        self._bids.load(book.bids, is_whole=len(book.bids) < levels_asked)
        self._asks.load(book.asks, is_whole=len(book.asks) < levels_asked)
        self._last = book.sequence
        self._venue_at_ms = book.venue_at_ms
        self._received_ns = book.received_ns
        self._is_opened = is_in_stream
        self._check_uncrossed()

    def apply(self, change: BookChange) -> bool:
        """Apply the next frame; False when it is old and changes nothing.

        Raises `SequenceGap` when frames are missing before it, `CrossedBook` and `IntegrityError`; after any of
        them the book is not to be used again until loaded anew.
        """
        rule = self._rule
        if rule is None:
            rule = self._rule = rule_of(change)
        if rule.is_old(change, self._last):
            return False
        fits = rule.follows(change, self._last) if self._is_opened else rule.opens(change, self._last)
        if not fits:
            raise SequenceGap(
                f"{self.instrument}: frame {change.first}..{change.last} does not follow {self._last}"
            )
        for level in change.bids:
            self._bids.set(level)
        for level in change.asks:
            self._asks.set(level)
        self._last = change.last
        self._is_opened = True
        self._received_ns = change.received_ns
        if change.venue_at_ms is not None:
            self._venue_at_ms = change.venue_at_ms
        self._check_uncrossed()
        return True

    def best(self) -> tuple[float, float] | None:
        """Best bid and ask as floats, or None where a side is empty."""
        bid, ask = self._bids.best(), self._asks.best()
        return None if bid is None or ask is None else (bid, ask)

    def is_thin(self, levels: int) -> bool:
        """Whether fewer than `levels` are left on a side that was cut off when it was loaded."""
        return any(side.bound is not None and side.known() < levels for side in (self._bids, self._asks))

    def snapshot(self, levels: int) -> Book:
        """The best `levels` a side as a value."""
        return Book(
            instrument=self.instrument,
            bids=self._bids.top(levels),
            asks=self._asks.top(levels),
            sequence=self._last,
            venue_at_ms=self._venue_at_ms,
            received_ns=self._received_ns,
        )

    def replay(self, changes: Iterable[BookChange]) -> None:
        """Apply frames kept while the snapshot was under way. Raises as `apply` does."""
        for change in changes:
            self.apply(change)

    def _check_uncrossed(self) -> None:
        best = self.best()
        if best is not None and best[0] >= best[1]:
            raise CrossedBook(f"{self.instrument}: bid {best[0]!r} at or above ask {best[1]!r}")


def _numbers(level: Level) -> tuple[float, float]:
    """Price and size as floats, which order levels and tell zero; the strings stay what was sent."""
    try:
        price, size = float(level[0]), float(level[1])
    except ValueError:
        raise IntegrityError(f"a level is no pair of numbers: {level!r}") from None
    if not (0 < price < _INFINITY and 0 <= size < _INFINITY):
        raise IntegrityError(f"a level is out of range: {level!r}")
    return price, size


_INFINITY = float("inf")
