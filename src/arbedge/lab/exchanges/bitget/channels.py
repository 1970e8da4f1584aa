"""Who listens to which channel of Bitget's, and what each sends when the world moves.

A channel sends when its market changed, at most once in its interval; the first thing a listener hears is the
present state. Payloads are encoded once for all listeners of a channel.
"""

from collections.abc import Callable

from arbedge.lab.books import DepthTape, LiveBook
from arbedge.lab.exchanges.bitget import shapes
from arbedge.lab.exchanges.bitget.products import Shelves, instrument_line
from arbedge.lab.exchanges.bitget.topics import UNIFIED, Topic
from arbedge.lab.exchanges.bitget.v3 import shapes as unified
from arbedge.lab.faults import Fault
from arbedge.lab.peer import Peer
from arbedge.lab.stage import Stage

__all__ = ["ChannelBoard", "FaultAsked"]

FaultAsked = Callable[[str, str, str | None], Fault | None]
"""The fault of a name that strikes a host (`spot` or `usdm`) and symbol now, if there is one."""

_TAPES = {2: "bitget books", 3: "bitget books of v3"}


class _Channel:
    """One channel and its listeners, and when it may send next."""

    __slots__ = ("book", "due_ms", "is_dirty", "listeners", "owes_snapshot", "told", "topic")

    def __init__(self, topic: Topic, book: LiveBook) -> None:
        self.topic = topic
        self.book = book
        self.listeners: set[Peer] = set()
        self.due_ms = 0
        self.is_dirty = False
        self.owes_snapshot = False  # of `books`: a listener came while the market was silenced
        self.told = book.update_id  # of `books`: the number its listeners stand at


class ChannelBoard:
    """All channels of the venue."""

    def __init__(self, stage: Stage, shelves: Shelves, fault: FaultAsked) -> None:
        self._stage = stage
        self._shelves = shelves
        self._fault = fault
        self._channels: dict[Topic, _Channel] = {}
        self._by_book: dict[tuple[str, str], list[_Channel]] = {}
        self._dirty: list[_Channel] = []
        self._updates = 0  # of `books`, counted while a gap fault lasts

    def lists(self, topic: Topic) -> bool:
        """Whether the venue lists the topic's market."""
        return topic.symbol in self._shelves[topic.line]

    def join(self, topic: Topic, listener: Peer, now_ms: int) -> None:
        """Add a listener and send it the present state of the market."""
        channel = self._channels.get(topic)
        if channel is None:
            channel = self._open(topic)
        elif topic.channel == "books" and not self._is_silent(channel.book):
            self._send_update(channel, now_ms)  # what is told is told before the newcomer's snapshot
        channel.listeners.add(listener)
        if self._is_silent(channel.book):
            channel.owes_snapshot = True
        elif not topic.is_quiet:
            listener.push(self._present(channel, now_ms).encode())

    def leave(self, topic: Topic, listener: Peer) -> None:
        """Remove a listener; the last one's leaving closes the channel."""
        channel = self._channels.get(topic)
        if channel is None:
            return
        channel.listeners.discard(listener)
        if channel.listeners:
            return
        del self._channels[topic]
        self._by_book[topic.line, topic.symbol].remove(channel)
        tape = channel.book.tape
        if topic.channel == "books" and tape is not None and tape.leave(_TAPES[topic.generation]):
            channel.book.tape = None

    def note(self, book: LiveBook) -> None:
        """Remember that a market changed."""
        item = book.listing
        for channel in self._by_book.get((instrument_line(item), item.symbol), ()):
            if not channel.is_dirty and not channel.topic.is_quiet:
                channel.is_dirty = True
                self._dirty.append(channel)

    def publish(self, true_ms: int, now_ms: Callable[[str], int]) -> None:
        """Send what changed and is due; what is not due yet, or silenced, waits."""
        waiting, self._dirty = self._dirty, []
        stamps = {host: now_ms(host) for host in ("spot", "usdm")}
        for channel in waiting:
            if not channel.listeners:
                continue
            if channel.due_ms > true_ms or self._is_silent(channel.book):
                self._dirty.append(channel)
                continue
            channel.due_ms, channel.is_dirty = true_ms + channel.topic.every_ms, False
            stamp_ms = stamps[_host(channel.book)]
            if channel.topic.channel == "books":
                self._send_update(channel, stamp_ms)
            else:
                _send(channel, self._present(channel, stamp_ms))

    def _open(self, topic: Topic) -> _Channel:
        book = self._shelves[topic.line][topic.symbol]
        channel = self._channels[topic] = _Channel(topic, book)
        self._by_book.setdefault((topic.line, topic.symbol), []).append(channel)
        if topic.channel == "books":
            if book.tape is None:
                book.tape = DepthTape(book)
            book.tape.follow(_TAPES[topic.generation], book)
        return channel

    def _present(self, channel: _Channel, now_ms: int) -> str:
        topic, book = channel.topic, channel.book
        if topic.generation == UNIFIED:
            return self._present_unified(channel, now_ms)
        if topic.channel == "ticker":
            return shapes.ticker_frame(self._stage.world, self._stage.funding, book, now_ms)
        if topic.channel == "books":
            return shapes.books_frame(book, None, now_ms)
        return shapes.top_frame(book, topic.channel, topic.levels, now_ms)

    def _present_unified(self, channel: _Channel, now_ms: int) -> str:
        topic, book = channel.topic, channel.book
        if topic.channel == "ticker":
            return unified.ticker_frame(self._stage.world, self._stage.funding, book, now_ms)
        if topic.channel == "books":
            return unified.books_frame(book, None, channel.told, now_ms)
        return unified.top_frame(book, topic.channel, topic.levels, now_ms)

    def _send_update(self, channel: _Channel, now_ms: int) -> None:
        book = channel.book
        is_unified = channel.topic.generation == UNIFIED
        diff = book.tape.take(_TAPES[channel.topic.generation], book) if book.tape is not None else None
        if diff is not None:
            channel.told = diff.last
        if channel.owes_snapshot:
            channel.owes_snapshot = False
            _send(channel, self._present(channel, now_ms))
        elif diff is not None and not self._is_lost(book):
            frame = unified.books_frame(book, diff, channel.told, now_ms) if is_unified else None
            _send(channel, frame or shapes.books_frame(book, diff, now_ms))

    def _is_silent(self, book: LiveBook) -> bool:
        """Whether the symbol's channels say nothing while REST goes on."""
        return book.is_muted or self._fault("stale", _host(book), book.listing.symbol) is not None

    def _is_lost(self, book: LiveBook) -> bool:
        """Whether a gap fault swallows this update: a steady share of them, which only the checksum betrays."""
        gap = self._fault("gap", _host(book), book.listing.symbol)
        if gap is None:
            return False
        self._updates += 1
        share = gap.number("rate", 0.2)
        return int(self._updates * share) != int((self._updates - 1) * share)


def _send(channel: _Channel, text: str) -> None:
    payload = text.encode()
    for listener in channel.listeners:
        listener.push(payload)


def _host(book: LiveBook) -> str:
    return "spot" if book.listing.market == "spot" else "usdm"
