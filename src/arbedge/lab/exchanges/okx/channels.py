"""Who listens to which channel of OKX, and what each pushes when the world moves.

A channel is made when its first listener comes and forgotten when its last one leaves; a message is encoded once
for all listeners. Books, tickers, marks and indices speak after a change of their book, no sooner than their pace
allows; what stood still speaks now and then all the same, so that a listener can tell quiet from dead.
"""

from collections.abc import Mapping

from arbedge.lab.books import DepthTape, LiveBook
from arbedge.lab.exchanges.okx import shapes
from arbedge.lab.exchanges.okx.connection import Connection
from arbedge.lab.exchanges.okx.numbering import Numbering
from arbedge.lab.exchanges.okx.topics import Topic
from arbedge.lab.stage import Stage

__all__ = ["Channel", "ChannelBoard"]

_LOOK_MS = 500
_MARK_QUIET_MS = 10_000
_TAPE = "okx-books"


class Channel:
    """One channel of one instrument; `last_id` is the sequence id its listeners have, `sent_ms` when it spoke.

    Who comes to `books` while they are silent is `owed` a snapshot, and listens from then on.
    """

    __slots__ = ("book", "due_ms", "is_waiting", "last_id", "listeners", "owed", "sent_ms", "topic")

    def __init__(self, topic: Topic, book: LiveBook, last_id: int, true_ms: int) -> None:
        self.topic = topic
        self.book = book
        self.listeners: set[Connection] = set()
        self.owed: set[Connection] = set()
        self.due_ms = true_ms + topic.every_ms
        self.sent_ms = true_ms
        self.last_id = last_id
        self.is_waiting = False

    def send(self, text: str, true_ms: int) -> None:
        """Hand one message to every listener."""
        payload = text.encode()
        self.sent_ms, self.due_ms = true_ms, true_ms + self.topic.every_ms
        for listener in self.listeners:
            listener.push(payload)


class ChannelBoard:
    """All channels of the venue; `indices` names the swap's book whose index carries a name such as `BTC-USDT`."""

    def __init__(
        self, stage: Stage, books: Mapping[str, LiveBook], indices: Mapping[str, LiveBook], numbering: Numbering
    ) -> None:
        self._stage = stage
        self._books = books
        self._indices = indices
        self._numbering = numbering
        self._quiet_ms = int(stage.options.pace.okx_quiet_s * 1000)
        self._channels: dict[str, Channel] = {}
        self._by_symbol: dict[str, list[Channel]] = {}
        self._waiting: list[Channel] = []
        self._look_ms = 0
        self._diffs = 0  # counted while a gap fault lasts

    def join(self, topic: Topic, listener: Connection) -> None:
        """Add a listener and give it the channel's present state; a quiet channel has nothing to give."""
        if topic.is_quiet:
            return
        true_ms = self._stage.true_ms()
        channel = self._channels.get(topic.arg)
        if channel is None:
            book = (self._indices if topic.channel == "index-tickers" else self._books)[topic.inst_id]
            channel = self._channels[topic.arg] = Channel(topic, book, self._numbering.told(book), true_ms)
            self._open(channel)
        elif listener in channel.listeners or listener in channel.owed:
            return
        elif topic.channel == "books":
            self._push_diff(channel, true_ms)  # the newcomer's snapshot must meet what all hear next
        channel.sent_ms = true_ms
        is_silent = self._is_silent(channel.book)
        if is_silent and topic.channel == "books":
            channel.owed.add(listener)
            return
        if not is_silent and not self._is_bare(channel):
            listener.push(self._present(channel).encode())
        channel.listeners.add(listener)

    def leave(self, arg: str, listener: Connection) -> None:
        """Remove a listener; the last one's leaving closes the channel."""
        channel = self._channels.get(arg)
        if channel is None:
            return
        channel.listeners.discard(listener)
        channel.owed.discard(listener)
        if channel.listeners or channel.owed:
            return
        del self._channels[arg]
        self._by_symbol[channel.book.listing.symbol].remove(channel)
        tape = channel.book.tape
        if channel.topic.channel == "books" and tape is not None and tape.leave(_TAPE):
            channel.book.tape = None

    def publish(self, changed: list[LiveBook], true_ms: int) -> None:
        """Push what these books' changes make due, and what has been quiet for too long."""
        self._numbering.watch(self._books.values())
        for book in changed:
            for channel in self._by_symbol.get(book.listing.symbol, ()):
                if channel.topic.every_ms == 0:
                    if not self._is_silent(book):
                        channel.send(self._present(channel), true_ms)
                elif not channel.is_waiting and channel.topic.channel != "funding-rate":
                    channel.is_waiting = True
                    self._waiting.append(channel)
        if self._waiting:
            self._waiting = [channel for channel in self._waiting if self._waits_on(channel, true_ms)]
        if true_ms >= self._look_ms:
            self._look_ms = true_ms + _LOOK_MS
            for channel in self._channels.values():
                self._break_silence(channel, true_ms)

    def _open(self, channel: Channel) -> None:
        book = channel.book
        self._by_symbol.setdefault(book.listing.symbol, []).append(channel)
        if channel.topic.channel == "books":
            if book.tape is None:
                book.tape = DepthTape(book)
            book.tape.follow(_TAPE, book)

    def _waits_on(self, channel: Channel, true_ms: int) -> bool:
        """Push a channel's change if its pace allows; whether it has to wait on."""
        is_heard = bool(channel.listeners or channel.owed)
        if is_heard and (channel.due_ms > true_ms or self._is_silent(channel.book)):
            return True
        channel.is_waiting = False
        if not is_heard:
            return False  # closed meanwhile; another may have taken its place
        if channel.topic.channel == "books":
            self._push_diff(channel, true_ms)
            self._pay(channel)
        else:
            channel.send(self._present(channel), true_ms)
        return False

    def _pay(self, channel: Channel) -> None:
        """Give who came during a silence its snapshot."""
        for listener in channel.owed:
            listener.push(self._present(channel).encode())
        channel.listeners |= channel.owed
        channel.owed.clear()

    def _break_silence(self, channel: Channel, true_ms: int) -> None:
        topic, still_ms = channel.topic, true_ms - channel.sent_ms
        if topic.channel == "funding-rate":
            limit_ms = topic.every_ms
        elif topic.channel in {"mark-price", "index-tickers"}:
            limit_ms = _MARK_QUIET_MS
        else:
            limit_ms = self._quiet_ms
        if self._is_silent(channel.book):
            return
        if channel.owed and not channel.is_waiting:
            self._pay(channel)
        if still_ms < limit_ms:
            return
        if topic.channel == "books":
            channel.send(self._books_frame(channel, ([], []), channel.last_id), true_ms)
        else:
            channel.send(self._present(channel), true_ms)

    def _push_diff(self, channel: Channel, true_ms: int) -> None:
        """Push what changed in a book since the last diff; one lost to a gap fault is gone for good."""
        book = channel.book
        diff = book.tape.take(_TAPE, book) if book.tape is not None else None
        if diff is None:
            return
        previous, channel.last_id = channel.last_id, self._numbering.told(book, diff.last)
        if not self._is_lost(book):
            channel.send(self._books_frame(channel, (diff.bids, diff.asks), previous), true_ms)

    def _books_frame(
        self, channel: Channel, sides: tuple[list[tuple[int, int]], list[tuple[int, int]]], previous: int
    ) -> str:
        """One message of `books`: a snapshot where `previous` is -1, a heartbeat where it is its own id."""
        tail = f',"checksum":0,"prevSeqId":{previous},"seqId":{channel.last_id}'
        entry = shapes.book_entry(channel.book.listing, sides, self._now_ms(channel.book), tail)
        return shapes.frame(channel.topic.arg, entry, "snapshot" if previous == -1 else "update")

    def _present(self, channel: Channel) -> str:
        """A channel's whole present state as one message."""
        name, book = channel.topic.channel, channel.book
        now_ms, world, item = self._now_ms(book), self._stage.world, book.listing
        if name == "books":
            return self._books_frame(channel, (book.bids(400), book.asks(400)), -1)
        if name == "bbo-tbt":
            made_ms = book.changed_ms + now_ms - self._stage.true_ms()
            entry = shapes.best_entry(book, made_ms, self._numbering.told(book))
        elif name == "books5":
            tail = f',"instId":"{item.symbol}","seqId":{self._numbering.told(book)}'
            entry = shapes.book_entry(item, (book.bids(5), book.asks(5)), now_ms, tail)
        elif name == "tickers":
            entry = shapes.ticker_entry(book, now_ms)
        elif name == "mark-price":
            entry = shapes.mark_entry(world, item, now_ms)
        elif name == "index-tickers":
            entry = shapes.index_entry(world, item, now_ms)
        else:
            entry = shapes.funding_entry(world, self._stage.funding, item, now_ms)
        return shapes.frame(channel.topic.arg, entry)

    def _now_ms(self, book: LiveBook) -> int:
        return self._stage.now_ms(book.listing.market)

    def _is_silent(self, book: LiveBook) -> bool:
        """Whether the instrument's channels say nothing while REST goes on."""
        if book.is_muted:
            return True
        faults, item = self._stage.faults, book.listing
        return not faults.is_quiet and faults.active("stale", item.market, item.symbol) is not None

    def _is_bare(self, channel: Channel) -> bool:
        """Whether the venue begins books without a snapshot, as it announced in February 2026 and may yet do."""
        faults, item = self._stage.faults, channel.book.listing
        if channel.topic.channel != "books" or faults.is_quiet:
            return False
        return faults.active("no_snapshot", item.market, item.symbol) is not None

    def _is_lost(self, book: LiveBook) -> bool:
        """Whether a gap fault swallows this diff: a steady share of them."""
        gap = self._stage.faults.active("gap", book.listing.market, book.listing.symbol)
        if gap is None:
            return False
        self._diffs += 1
        share = gap.number("rate", 0.2)
        return int(self._diffs * share) != int((self._diffs - 1) * share)
