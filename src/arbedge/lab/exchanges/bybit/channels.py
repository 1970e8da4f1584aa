"""Who listens to which topic of Bybit, and what each sends when the world moves.

Every book topic counts its own `u`, one a frame. Level 1 comes whole each time and again every three seconds when
nothing changed, with the same `u`; deeper books come whole to who joins and as changes within their depth after
that: what falls out of it is deleted. Contracts' tickers come whole once, then only what changed.
"""

from collections.abc import Mapping

from arbedge.lab.books import LiveBook
from arbedge.lab.exchanges.bybit import shapes
from arbedge.lab.exchanges.bybit.connection import Connection
from arbedge.lab.exchanges.bybit.topics import Topic
from arbedge.lab.stage import Stage

__all__ = ["Channel", "ChannelBoard"]

_LOOK_MS = 250
_REPEAT_MS = 3_000
_TICKER_LOOK_MS = 1_000


class Channel:
    """One topic and its listeners; `shown` is what they have been told, `update` the last `u`."""

    __slots__ = ("book", "due_ms", "fields", "is_waiting", "listeners", "sent_ms", "shown", "topic", "update")

    def __init__(self, topic: Topic, book: LiveBook, true_ms: int) -> None:
        self.topic = topic
        self.book = book
        self.listeners: set[Connection] = set()
        self.due_ms = self.sent_ms = true_ms
        self.is_waiting = False
        self.update = 1_000 + book.update_id % 1_000_000
        self.shown = _window(book, topic.depth)
        self.fields: dict[str, str] = {}

    def send(self, text: str, true_ms: int) -> None:
        """Hand one frame to every listener."""
        payload = text.encode()
        self.sent_ms, self.due_ms = true_ms, true_ms + self.topic.every_ms
        for listener in self.listeners:
            listener.push(payload)


class ChannelBoard:
    """All topics of one category."""

    def __init__(self, stage: Stage, host: str, books: Mapping[str, LiveBook]) -> None:
        self._stage = stage
        self._host = host
        self._books = books
        self._channels: dict[str, Channel] = {}
        self._by_symbol: dict[str, list[Channel]] = {}
        self._waiting: list[Channel] = []
        self._look_ms = 0
        self._diffs = 0  # counted while a gap fault lasts
        self._reset_ns = 0  # when the last staged restart began

    def join(self, topic: Topic, listener: Connection) -> None:
        """Add a listener and give it the present state; a quiet topic has nothing to give."""
        if topic.is_quiet:
            return
        true_ms = self._stage.true_ms()
        channel = self._channels.get(topic.name)
        if channel is None:
            channel = self._channels[topic.name] = Channel(topic, self._books[topic.symbol], true_ms)
            self._by_symbol.setdefault(topic.symbol, []).append(channel)
        else:
            self._tell_change(channel, true_ms)  # the newcomer's whole state must meet what all hear next
        if not self._is_silent(channel.book):
            listener.push(self._whole(channel).encode())
        channel.listeners.add(listener)

    def leave(self, name: str, listener: Connection) -> None:
        """Remove a listener; the last one's leaving closes the topic."""
        channel = self._channels.get(name)
        if channel is None:
            return
        channel.listeners.discard(listener)
        if not channel.listeners:
            del self._channels[name]
            self._by_symbol[channel.topic.symbol].remove(channel)

    def publish(self, changed: list[LiveBook], true_ms: int) -> None:
        """Send what these books' changes make due, and what is repeated though nothing changed."""
        if not self._stage.faults.is_quiet:
            self._restart(true_ms)
        for book in changed:
            for channel in self._by_symbol.get(book.listing.symbol, ()):
                if not channel.is_waiting:
                    channel.is_waiting = True
                    self._waiting.append(channel)
        if self._waiting:
            self._waiting = [channel for channel in self._waiting if self._waits_on(channel, true_ms)]
        if true_ms >= self._look_ms:
            self._look_ms = true_ms + _LOOK_MS
            for channel in self._channels.values():
                self._break_silence(channel, true_ms)

    def _restart(self, true_ms: int) -> None:
        """Let books begin anew at `u` 1, once a staged restart, as a restarted service does."""
        for channel in self._channels.values():
            item = channel.book.listing
            fault = self._stage.faults.active("sequence_reset", self._host, item.symbol)
            if fault is not None and fault.since_ns > self._reset_ns and channel.topic.depth > 0:
                channel.update, channel.shown = 1, _window(channel.book, channel.topic.depth)
                channel.send(self._whole(channel), true_ms)
        fault = self._stage.faults.active("sequence_reset", self._host)
        self._reset_ns = max(self._reset_ns, fault.since_ns if fault is not None else 0)

    def _waits_on(self, channel: Channel, true_ms: int) -> bool:
        """Send a topic's change if its pace allows; whether it has to wait on."""
        if channel.listeners and (channel.due_ms > true_ms or self._is_silent(channel.book)):
            return True
        channel.is_waiting = False
        if channel.listeners:
            self._tell_change(channel, true_ms)
        return False

    def _break_silence(self, channel: Channel, true_ms: int) -> None:
        still_ms = true_ms - channel.sent_ms
        if channel.topic.depth == 1:
            if still_ms >= _REPEAT_MS and not self._is_silent(channel.book):
                channel.send(self._whole(channel), true_ms)
        elif channel.topic.depth == 0 and still_ms >= _TICKER_LOOK_MS and not self._is_silent(channel.book):
            self._tell_change(channel, true_ms)

    def _tell_change(self, channel: Channel, true_ms: int) -> None:
        """Send what differs from what the listeners have been told; nothing where nothing does."""
        if channel.topic.depth == 0:
            self._tell_ticker(channel, true_ms)
            return
        shown, now = channel.shown, _window(channel.book, channel.topic.depth)
        if shown == now:
            return
        channel.shown = now
        channel.update += 1
        if channel.topic.depth == 1:
            channel.send(self._whole(channel), true_ms)
            return
        sides = [
            _changes(old, new, is_bid=side == 0) for side, (old, new) in enumerate(zip(shown, now, strict=True))
        ]
        if not self._is_lost(channel.book):
            channel.send(self._book_frame(channel, sides, "delta"), true_ms)

    def _tell_ticker(self, channel: Channel, true_ms: int) -> None:
        before, fields = channel.fields, self._figures(channel)
        changes = {name: value for name, value in fields.items() if before.get(name) != value}
        if not changes:
            return
        channel.fields = fields
        if channel.book.listing.market == "spot":
            channel.send(self._ticker_frame(channel, fields, "snapshot"), true_ms)
        else:
            is_sparse = "absent_fields" in self._stage.traps
            told = {"symbol": fields["symbol"], **changes} if is_sparse else fields
            channel.send(self._ticker_frame(channel, told, "delta"), true_ms)

    def _whole(self, channel: Channel) -> str:
        """A topic's present state, whole, as the listeners know it."""
        if channel.topic.depth == 0:
            channel.fields = channel.fields or self._figures(channel)
            return self._ticker_frame(channel, channel.fields, "snapshot")
        bids, asks = channel.shown
        return self._book_frame(channel, [sorted(bids.items(), reverse=True), sorted(asks.items())], "snapshot")

    def _book_frame(self, channel: Channel, sides: list[list[tuple[int, int]]], kind: str) -> str:
        return shapes.book_frame(channel.topic.name, channel.book, sides, channel.update, kind, self._now_ms())

    def _ticker_frame(self, channel: Channel, fields: Mapping[str, str], kind: str) -> str:
        stamps = self._now_ms(), channel.book.update_id
        return shapes.ticker_frame(channel.topic.name, channel.book.listing, fields, kind, stamps)

    def _figures(self, channel: Channel) -> dict[str, str]:
        return shapes.figures(
            self._stage.world, self._stage.funding, channel.book, self._now_ms(), is_streamed=True
        )

    def _now_ms(self) -> int:
        return self._stage.now_ms(self._host)

    def _is_silent(self, book: LiveBook) -> bool:
        """Whether the symbol's topics say nothing while REST goes on."""
        if book.is_muted:
            return True
        faults = self._stage.faults
        return not faults.is_quiet and faults.active("stale", self._host, book.listing.symbol) is not None

    def _is_lost(self, book: LiveBook) -> bool:
        """Whether a gap fault swallows this change: a steady share of them."""
        gap = self._stage.faults.active("gap", self._host, book.listing.symbol)
        if gap is None:
            return False
        self._diffs += 1
        share = gap.number("rate", 0.2)
        return int(self._diffs * share) != int((self._diffs - 1) * share)


def _window(book: LiveBook, depth: int) -> tuple[dict[int, int], dict[int, int]]:
    """The best levels of both sides (ticks to lots), none for tickers."""
    if depth == 1:
        bids = {book.bid: book.bid_lots} if book.bid else {}
        return bids, {book.ask: book.ask_lots} if book.ask else {}
    return dict(book.bids(depth)), dict(book.asks(depth))


def _changes(old: Mapping[int, int], new: Mapping[int, int], *, is_bid: bool) -> list[tuple[int, int]]:
    """Levels to set, 0 lots where one is gone, best first."""
    touched = {price for price, _ in old.items() ^ new.items()}
    return [(price, new.get(price, 0)) for price in sorted(touched, reverse=is_bid)]
