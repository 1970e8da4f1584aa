"""Hyperliquid's WebSocket: one subscription a message, each answered by itself; books come whole twice a second.

`bbo` comes with the block that changes it, a contract's context once a second. A connection that has heard nothing
from the venue for a minute is closed, which a client prevents by `{"method":"ping"}`. What is said to a
subscription made twice and to one nobody can read follows other clients' records.
"""

from collections.abc import Callable, Mapping

import msgspec
from aiohttp import ClientConnectionResetError, web

from arbedge.lab.books import LiveBook
from arbedge.lab.crowd import GONE_AWAY, Crowd
from arbedge.lab.exchanges.hyperliquid import shapes
from arbedge.lab.peer import Peer
from arbedge.lab.stage import Stage

__all__ = ["StreamDesk"]

_ATTEMPTS_MOST = 150
_MOST_STREAMS = 1000
_EVERY_MS = {"bbo": 80, "l2Book": 500, "activeAssetCtx": 1000, "allMids": 500}
_QUIET = frozenset({"trades", "candle", "notification"})

Channel = tuple[str, str]
"""Type and coin; the coin is empty for what names none."""


class _Subscription(msgspec.Struct):
    type: str
    coin: str = ""


class _Request(msgspec.Struct):
    method: str
    subscription: msgspec.Raw = msgspec.field(default_factory=msgspec.Raw)


class _Listened:
    """One stream and who listens; `shown` is what was told last."""

    __slots__ = ("due_ms", "listeners", "shown")

    def __init__(self) -> None:
        self.listeners: set[Connection] = set()
        self.due_ms = 0
        self.shown: object = None


class Connection(Peer):
    """The lab's end of one connection."""

    __slots__ = ("channels", "told_ns")

    def __init__(self, request: web.Request, socket: web.WebSocketResponse, now_ns: int) -> None:
        super().__init__(request, socket, now_ns)
        self.host = "usdm"
        self.channels: set[Channel] = set()
        self.told_ns = now_ns


class StreamDesk:
    """All connections and what they listen to; `mids` words the middles of all contracts."""

    def __init__(self, stage: Stage, books: Mapping[str, LiveBook], mids: Callable[[], str]) -> None:
        self._stage = stage
        self._books = books
        self._mids = mids
        self._listened: dict[Channel, _Listened] = {}
        self.crowd: Crowd[Connection] = Crowd(stage.faults, _ATTEMPTS_MOST)

    async def serve(self, request: web.Request) -> web.StreamResponse:
        """One connection from handshake to end."""
        now_ns, address = self._stage.clock.monotonic_ns(), request.remote or "?"
        if not self.crowd.admits(address, now_ns):
            return web.Response(status=429)
        socket = web.WebSocketResponse(autoping=False, compress=False, timeout=2.0, max_msg_size=1_048_576)
        try:
            await socket.prepare(request)
        except ClientConnectionResetError:
            return socket  # whoever asked is gone already
        connection = Connection(request, socket, now_ns)
        self.crowd.add(connection)
        try:
            await self._listen(connection)
        finally:
            self.crowd.remove(connection)
            for channel in tuple(connection.channels):
                self._leave(connection, channel)
        return socket

    def turn(self, true_ms: int, now_ns: int) -> None:
        """Send what is due, let faults strike, keep every connection's clockwork, and write what waits."""
        for (kind, coin), listened in self._listened.items():
            if listened.due_ms <= true_ms:
                self._tell(kind, coin, listened, true_ms)
        if not self._stage.faults.is_quiet:
            self.crowd.strike(now_ns)
        pace = self._stage.options.pace
        for connection in self.crowd.peers():
            if connection.has_frames:
                connection.told_ns = now_ns
            is_forgotten = (now_ns - connection.told_ns) / 1e9 > 60
            if is_forgotten or (now_ns - connection.opened_ns) / 1e9 >= pace.cut_s:
                connection.close(GONE_AWAY)
            self.crowd.flush(connection)

    def _tell(self, kind: str, coin: str, listened: _Listened, true_ms: int) -> None:
        book = self._books.get(coin)
        if book is not None and self._is_silent(book):
            return
        text = self._news(kind, book, listened)
        if text is None:
            return
        listened.due_ms = true_ms + _EVERY_MS[kind]
        payload = text.encode()
        for listener in listened.listeners:
            listener.push(payload)

    def _news(self, kind: str, book: LiveBook | None, listened: _Listened) -> str | None:
        """The frame that is due; None where nothing changed or nothing is carried."""
        now_ms = self._stage.now_ms("usdm")
        if kind == "allMids":
            return f'{{"channel":"allMids","data":{{"mids":{self._mids()}}}}}'
        if book is None or kind not in _EVERY_MS:
            return None
        if kind == "l2Book":
            return f'{{"channel":"l2Book","data":{shapes.book_answer(book, now_ms)}}}'
        if kind == "activeAssetCtx":
            row = shapes.context_row(self._stage, book, now_ms)
            return f'{{"channel":"activeAssetCtx","data":{{"coin":"{book.listing.symbol}","ctx":{row}}}}}'
        best = (book.bid, book.bid_lots, book.ask, book.ask_lots)
        if best == listened.shown:
            return None
        listened.shown = best
        return shapes.best_frame(book, now_ms)

    def _is_silent(self, book: LiveBook) -> bool:
        faults = self._stage.faults
        is_stale = not faults.is_quiet and faults.active("stale", "usdm", book.listing.symbol) is not None
        return book.is_muted or is_stale

    async def _listen(self, connection: Connection) -> None:
        while True:
            kind, text = await connection.receive()
            if kind == "closed":
                return
            if kind == "text":
                self._reply(connection, text)
                self.crowd.flush(connection)

    def _reply(self, connection: Connection, text: str) -> None:
        try:
            request = msgspec.json.decode(text, type=_Request)
        except msgspec.DecodeError:
            _refuse(connection, f"Error parsing JSON into valid websocket request: {text[:200]}")
            return
        if request.method == "ping":
            if self._stage.faults.active("mute_pings", "usdm") is None:
                connection.push(b'{"channel":"pong"}')
        elif request.method in {"subscribe", "unsubscribe"}:
            self._arrange(connection, request)
        else:
            _refuse(connection, f"Error parsing JSON into valid websocket request: {text[:200]}")

    def _arrange(self, connection: Connection, request: _Request) -> None:
        words = bytes(request.subscription).decode()
        try:
            wanted = msgspec.json.decode(request.subscription, type=_Subscription)
        except msgspec.DecodeError:
            _refuse(connection, f"Invalid subscription {words}")
            return
        channel = (wanted.type, wanted.coin)
        is_there, is_adding = channel in connection.channels, request.method == "subscribe"
        if not self._is_known(channel) or (is_adding and len(connection.channels) >= _MOST_STREAMS):
            _refuse(connection, f"Invalid subscription {words}")
        elif is_there is is_adding:
            _refuse(connection, f"Already {'subscribed' if is_adding else 'unsubscribed'}: {words}")
        else:
            connection.push(
                f'{{"channel":"subscriptionResponse","data":{{"method":"{request.method}",'
                f'"subscription":{words}}}}}'.encode()
            )
            (self._join if is_adding else self._leave)(connection, channel)

    def _is_known(self, channel: Channel) -> bool:
        kind, coin = channel
        return kind == "allMids" or ((kind in _EVERY_MS or kind in _QUIET) and coin in self._books)

    def _join(self, connection: Connection, channel: Channel) -> None:
        connection.channels.add(channel)
        listened = self._listened.setdefault(channel, _Listened())
        book = self._books.get(channel[1])
        if book is None or not self._is_silent(book):
            first = self._news(channel[0], book, _Listened())
            if first is not None:
                connection.push(first.encode())
        listened.listeners.add(connection)

    def _leave(self, connection: Connection, channel: Channel) -> None:
        connection.channels.discard(channel)
        listened = self._listened.get(channel)
        if listened is not None:
            listened.listeners.discard(connection)
            if not listened.listeners:
                del self._listened[channel]


def _refuse(connection: Connection, words: str) -> None:
    connection.push(msgspec.json.encode({"channel": "error", "data": words}))
