"""A book is either right or says that it is not in step, whatever a stream drops, repeats, reorders or resets.

A venue keeps the true book and numbers every change. Its frames reach the book through a stream that loses some,
repeats some and swaps some, and its snapshots may be late or out of a cache. After every step the book, where there
is one, must show exactly what the venue's book was at the id it claims to stand at.
"""

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from arbedge.domain.instrument import InstrumentId, MarketKind
from arbedge.domain.quote import Book, BookChange
from arbedge.market.feeds.sync import BookSync

ID = InstrumentId("binance", MarketKind.SPOT, "BTCUSDT")
DEPTH = 200

prices = st.integers(1, 60)
sizes = st.integers(0, 4)


def text(number: int) -> str:
    return f"{number}.00"


class StreamedBook(RuleBasedStateMachine):
    """The venue of one symbol, its stream, and the book under test."""

    @initialize(is_chained=st.booleans(), cut=st.sampled_from([3, DEPTH]))
    def open(self, is_chained: bool, cut: int) -> None:
        self.is_chained = is_chained
        self.cut = cut
        self.id = 100
        self.bids: dict[int, int] = {50: 1, 49: 2, 40: 1, 30: 3}
        self.asks: dict[int, int] = {52: 1, 53: 2, 60: 1, 70: 3}
        self.history = {self.id: self.levels()}
        self.previous = 100
        self.wire: list[BookChange] = []
        self.now_ns = 1
        self.asked: Book | None = None
        self.sync = BookSync(ID)
        self.asked_whole: list[Book] = [self.snapshot()]

    def levels(self):
        return (
            tuple((text(p), text(s)) for p, s in sorted(self.bids.items(), reverse=True)),
            tuple((text(p), text(s)) for p, s in sorted(self.asks.items())),
        )

    def snapshot(self) -> Book:
        bids, asks = self.levels()
        return Book(ID, bids[: self.cut], asks[: self.cut], self.id, None, 1)

    @rule(
        changes=st.lists(st.tuples(st.booleans(), prices, sizes), min_size=1, max_size=4),
        skipped=st.integers(0, 3),
        fate=st.sampled_from(["arrives", "arrives", "arrives", "is lost", "waits", "comes twice"]),
    )
    def trade(self, changes, skipped, fate) -> None:
        """The venue's book changes; one frame tells it. Where ids are shared, other symbols use some up."""
        first = self.id + 1 + (skipped if self.is_chained else 0)
        bids: dict[int, int] = {}
        asks: dict[int, int] = {}
        for is_bid, price, size in changes:
            side, told = (self.bids, bids) if is_bid else (self.asks, asks)
            at = price if is_bid else price + 20
            if is_bid and self.asks and at >= min(self.asks):
                continue
            if not is_bid and self.bids and at <= max(self.bids):
                continue
            if size:
                side[at] = size
            else:
                side.pop(at, None)
            told[at] = size
        last = first + len(changes) - 1
        self.id = last
        self.history[last] = self.levels()
        frame = BookChange(
            ID,
            first,
            last,
            self.previous if self.is_chained else None,
            tuple((text(p), text(s)) for p, s in bids.items()),
            tuple((text(p), text(s)) for p, s in asks.items()),
            None,
            self.now_ns,
        )
        self.previous = last
        self.asked_whole.append(self.snapshot())
        if fate == "waits":
            self.wire.append(frame)
            return
        if fate != "is lost":
            while self.wire:
                self.receive(self.wire.pop(0))
            self.receive(frame)
        if fate == "comes twice":
            self.receive(frame)

    @precondition(lambda self: self.wire)
    @rule()
    def deliver(self) -> None:
        self.receive(self.wire.pop(0))

    @precondition(lambda self: len(self.wire) > 1)
    @rule()
    def swap(self) -> None:
        self.wire[0], self.wire[1] = self.wire[1], self.wire[0]

    @precondition(lambda self: not self.sync.is_fetching)
    @rule()
    def ask(self) -> None:
        self.sync.begin_snapshot()
        self.now_ns += 1

    @precondition(lambda self: self.sync.is_fetching)
    @rule(back=st.integers(0, 6))
    def answer(self, back) -> None:
        """A snapshot of now, or one that a cache kept."""
        book = self.asked_whole[max(0, len(self.asked_whole) - 1 - back)]
        self.sync.on_snapshot(book, levels_asked=self.cut, asked_ns=self.now_ns, compared=5)

    @precondition(lambda self: not self.sync.is_fetching)
    @rule()
    def catch_up(self) -> None:
        """Asked and answered with nothing in between, the wire being empty."""
        while self.wire:
            self.receive(self.wire.pop(0))
        self.ask()
        self.answer(0)
        assert self.sync.problem is None

    @precondition(lambda self: self.sync.is_fetching or self.wire)
    @rule(is_lost=st.booleans())
    def give_up(self, is_lost) -> None:
        """The snapshot does not come, or the connection is lost with all it carried."""
        if is_lost:
            self.wire.clear()
            self.sync.lose("connection lost")
        else:
            self.sync.abandon_snapshot("no answer")

    def receive(self, frame: BookChange) -> None:
        self.now_ns += 1
        self.sync.on_change(frame, self.now_ns)

    @invariant()
    def right_or_says_so(self) -> None:
        book = self.sync.book(DEPTH)
        if book is None:
            assert self.sync.problem
            return
        assert self.sync.problem is None
        true_bids, true_asks = self.history[book.sequence]
        # What was cut off at a number of levels shows a whole beginning of the truth, never a hole.
        assert book.bids == true_bids[: len(book.bids)]
        assert book.asks == true_asks[: len(book.asks)]
        if self.cut == DEPTH:
            assert (book.bids, book.asks) == (true_bids, true_asks)


StreamedBook.TestCase.settings = settings(
    max_examples=300, stateful_step_count=40, deadline=None, suppress_health_check=[HealthCheck.too_slow]
)
TestStreamedBook = StreamedBook.TestCase
