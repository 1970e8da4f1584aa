"""Who listens to which stream, and what each stream sends when the world moves.

A channel is made when its first listener comes and forgotten when its last one leaves. Payloads are encoded once
for all listeners of a channel.
"""

from arbedge.lab.books import DepthTape, LiveBook
from arbedge.lab.exchanges.binance import shapes
from arbedge.lab.exchanges.binance.connection import Connection
from arbedge.lab.exchanges.binance.topics import Topic
from arbedge.lab.stage import Stage

__all__ = ["Channel", "ChannelBoard"]


class Channel:
    """One stream and its listeners; `book` is None for all-market streams and for symbols not listed."""

    __slots__ = ("book", "due_ms", "last_id", "listeners", "topic", "wrapper")

    def __init__(self, topic: Topic, book: LiveBook | None) -> None:
        self.topic = topic
        self.book = book
        self.listeners: set[Connection] = set()
        self.due_ms = 0
        self.last_id = 0 if book is None else book.update_id
        self.wrapper = f'{{"stream":"{topic.name}","data":'.encode()

    def send(self, text: str) -> None:
        """Hand one payload to every listener, wrapped for the combined ones."""
        payload = text.encode()
        wrapped = b""
        for listener in self.listeners:
            if listener.is_combined:
                wrapped = wrapped or self.wrapper + payload + b"}"
                listener.push(wrapped)
            else:
                listener.push(payload)


class ChannelBoard:
    """All channels of one host (`spot` or `usdm`)."""

    def __init__(self, stage: Stage, host: str) -> None:
        self._stage = stage
        self._host = host
        self._channels: dict[str, Channel] = {}
        self._by_symbol: dict[str, Channel] = {}  # best bid and ask, the busiest, found by symbol
        self._timed: dict[str, Channel] = {}
        self._diffs = 0  # counted while a gap fault lasts

    def join(self, topic: Topic, listener: Connection) -> None:
        """Add a listener; on USD-M a stream asked for on the wrong route is accepted and stays silent."""
        is_strict = self._host == "usdm" and "wrong_route" in self._stage.traps
        if is_strict and topic.route != listener.route:
            return
        channel = self._channels.get(topic.name)
        if channel is None:
            book = self._stage.world.books.get((self._host, topic.symbol)) if topic.symbol else None
            channel = self._channels[topic.name] = Channel(topic, book)
            self._open(channel)
        channel.listeners.add(listener)

    def leave(self, name: str, listener: Connection) -> None:
        """Remove a listener; the last one's leaving closes the channel."""
        channel = self._channels.get(name)
        if channel is None:
            return
        channel.listeners.discard(listener)
        if not channel.listeners:
            del self._channels[name]
            self._timed.pop(name, None)
            if channel.topic.kind == "book":
                self._by_symbol.pop(channel.topic.symbol, None)
            self._release_tape(channel)

    def publish_best(self, book: LiveBook, now_ms: int) -> None:
        """Send a changed book's best bid and ask to whoever listens."""
        channel = self._by_symbol.get(book.listing.symbol)
        if channel is not None and not self._is_silent(book):
            channel.send(shapes.book_ticker_frame(book, now_ms))

    def publish_timed(self, true_ms: int, now_ms: int) -> None:
        """Send what is due: depth, marks, tickers. `true_ms` paces, `now_ms` stamps."""
        for channel in self._timed.values():
            if channel.due_ms > true_ms:
                continue
            channel.due_ms = true_ms + channel.topic.every_ms
            for text in self._compose(channel, now_ms):
                channel.send(text)

    def _open(self, channel: Channel) -> None:
        if channel.topic.kind == "book":
            self._by_symbol[channel.topic.symbol] = channel
            return
        self._timed[channel.topic.name] = channel
        if channel.topic.kind == "depth" and channel.book is not None:
            if channel.book.tape is None:
                channel.book.tape = DepthTape(channel.book)
            channel.book.tape.follow(channel.topic.name, channel.book)

    def _release_tape(self, channel: Channel) -> None:
        book = channel.book
        if channel.topic.kind != "depth" or book is None or book.tape is None:
            return
        if book.tape.leave(channel.topic.name):
            book.tape = None

    def _compose(self, channel: Channel, now_ms: int) -> list[str]:
        """The payloads due on a timed channel; none when there is nothing to say."""
        topic, book = channel.topic, channel.book
        world, funding = self._stage.world, self._stage.funding
        if topic.kind == "quiet":
            return []
        if not topic.symbol:
            return self._compose_all(topic, now_ms)
        if book is None or self._is_silent(book):
            return []
        if topic.kind == "mark":
            return [shapes.mark_entry(world, funding, book.listing, now_ms)]
        if topic.kind in {"ticker", "mini"}:
            entry = shapes.day_stream_frame if topic.kind == "ticker" else shapes.mini_ticker_entry
            return [entry(book, now_ms)]
        return self._compose_depth(channel, book, now_ms)

    def _compose_all(self, topic: Topic, now_ms: int) -> list[str]:
        """The payloads of an all-market stream; best bids and asks come one a frame, COIN-M mixed in."""
        world, funding = self._stage.world, self._stage.funding
        books = [b for b in world.books.values() if b.listing.market == self._host and b.listing.is_trading]
        if topic.kind == "book_all":
            return [shapes.book_ticker_frame(book, now_ms) for book in books if not book.is_muted] + [
                shapes.coin_margined_frame(book, now_ms)
                for book in (books[:3] if "coin_margined_rows" in self._stage.traps else ())
            ]
        if topic.kind == "mark_all":
            entries = [shapes.mark_entry(world, funding, book.listing, now_ms) for book in books]
        else:
            entry = shapes.day_stream_frame if topic.kind == "ticker_all" else shapes.mini_ticker_entry
            entries = [entry(book, now_ms) for book in books]
        return ["[" + ",".join(entries) + "]"]

    def _compose_depth(self, channel: Channel, book: LiveBook, now_ms: int) -> list[str]:
        topic = channel.topic
        if topic.kind == "partial":
            if book.update_id == channel.last_id:
                return []
            previous, channel.last_id = channel.last_id, book.update_id
            return [shapes.partial_depth_frame(book, topic.levels, previous, now_ms)]
        diff = book.tape.take(topic.name, book) if book.tape is not None else None
        if diff is None or self._is_lost(topic.symbol):
            return []
        return [shapes.depth_frame(book, diff, now_ms)]

    def _is_silent(self, book: LiveBook) -> bool:
        """Whether the symbol's streams say nothing while REST goes on."""
        if book.is_muted:
            return True
        faults = self._stage.faults
        return not faults.is_quiet and faults.active("stale", self._host, book.listing.symbol) is not None

    def _is_lost(self, symbol: str) -> bool:
        """Whether a gap fault swallows this diff: a steady share of them."""
        gap = self._stage.faults.active("gap", self._host, symbol)
        if gap is None:
            return False
        self._diffs += 1
        share = gap.number("rate", 0.2)
        return int(self._diffs * share) != int((self._diffs - 1) * share)
