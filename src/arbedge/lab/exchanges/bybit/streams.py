"""Bybit's WebSocket side: connections accepted, subscriptions answered, the silent and the greedy ended.

Paths `/v5/public/spot` and `/v5/public/linear`. A request is served whole or not at all: one topic nobody has
spoils it. Clients keep a connection by `{"op":"ping"}`; one that says nothing for ten minutes is closed. What the
venue says to more than ten topics at once on spot, and to more than 21,000 characters of topics, is from memory.
"""

from collections.abc import Mapping

import msgspec
from aiohttp import ClientConnectionResetError, web

from arbedge.lab.crowd import GONE_AWAY, Crowd
from arbedge.lab.exchanges.bybit.channels import ChannelBoard
from arbedge.lab.exchanges.bybit.connection import TOPICS_CHARS, Connection
from arbedge.lab.exchanges.bybit.topics import CATEGORIES, Topic, parse_topic
from arbedge.lab.stage import Stage

__all__ = ["StreamDesk", "is_stream_path"]

_ATTEMPTS_MOST = 500
_SPOT_ARGS_MOST = 10
_PATH = "/v5/public/"


class _Request(msgspec.Struct):
    op: str
    args: list[str] | None = None
    req_id: str | int = ""


class _Answer(msgspec.Struct):
    success: bool
    ret_msg: str
    conn_id: str
    req_id: str | int
    op: str


def is_stream_path(path: str) -> bool:
    """Whether a path is one of the WebSocket's."""
    return path.startswith(_PATH) and path.removeprefix(_PATH) in CATEGORIES


class StreamDesk:
    """All connections of the venue and what they listen to; boards and listed symbols by category."""

    def __init__(
        self, stage: Stage, boards: Mapping[str, ChannelBoard], listed: Mapping[str, frozenset[str]]
    ) -> None:
        self._stage = stage
        self._boards = boards
        self._listed = listed
        self.crowd: Crowd[Connection] = Crowd(stage.faults, _ATTEMPTS_MOST)

    async def serve(self, request: web.Request) -> web.StreamResponse:
        """One connection from handshake to end."""
        now_ns, address = self._stage.clock.monotonic_ns(), request.remote or "?"
        if not self.crowd.admits(address, now_ns):
            return web.Response(status=403, text="access too frequent.")
        socket = web.WebSocketResponse(autoping=False, compress=False, timeout=2.0, max_msg_size=1_048_576)
        try:
            await socket.prepare(request)
        except ClientConnectionResetError:
            return socket  # whoever asked is gone already
        category = request.path.removeprefix(_PATH)
        connection = Connection(request, socket, category, self.crowd.accepted + 1, now_ns)
        self.crowd.add(connection)
        try:
            await self._listen(connection)
        finally:
            self.crowd.remove(connection)
            for name in connection.topics:
                self._boards[category].leave(name, connection)
        return socket

    def turn(self, now_ns: int) -> None:
        """Let faults strike, keep every connection's clockwork, and write what waits."""
        if not self._stage.faults.is_quiet:
            self.crowd.strike(now_ns)
        pace = self._stage.options.pace
        for connection in self.crowd.peers():
            is_forgotten = (now_ns - connection.heard_ns) / 1e9 > pace.bybit_idle_s
            if is_forgotten or (now_ns - connection.opened_ns) / 1e9 >= pace.cut_s:
                connection.close(GONE_AWAY)
            self.crowd.flush(connection)

    async def _listen(self, connection: Connection) -> None:
        while True:
            kind, text = await connection.receive()
            if kind == "closed":
                return
            connection.heard_ns = self._stage.clock.monotonic_ns()
            if kind == "text":
                self._reply(connection, text)
                self.crowd.flush(connection)

    def _reply(self, connection: Connection, text: str) -> None:
        try:
            request = msgspec.json.decode(text, type=_Request)
        except (msgspec.DecodeError, msgspec.ValidationError):
            self._say(connection, _Request(""), "error:invalid request", success=False)
            return
        if request.op == "ping":
            is_mute = self._stage.faults.active("mute_pings", connection.host) is not None
            if not is_mute:
                self._say(connection, request, "pong")
        elif request.op == "subscribe":
            refusal = self._subscribe(connection, request.args or [])
            self._say(connection, request, refusal, success=not refusal)
            if not refusal:
                self._join(connection, request.args or [])
        elif request.op == "unsubscribe":
            for name in request.args or []:
                connection.topics.discard(name)
                self._boards[connection.category].leave(name, connection)
            self._say(connection, request, "")
        else:
            self._say(connection, request, "error:invalid op", success=False)

    def _subscribe(self, connection: Connection, names: list[str]) -> str:
        """Why a subscription is refused; empty where it is not."""
        if not names:
            return "error:request args is empty"
        if connection.category == "spot" and len(names) > _SPOT_ARGS_MOST:
            return "args size >10"
        for name in names:
            if self._parse(connection, name) is None:
                return f"error:handler not found,topic:{name}"
            if name in connection.topics:
                return f"error:already subscribed,topic:{name}"
        if connection.topics_chars + sum(map(len, names)) > TOPICS_CHARS:
            return f"error:args length over {TOPICS_CHARS}"
        return ""

    def _join(self, connection: Connection, names: list[str]) -> None:
        for name in names:
            topic = self._parse(connection, name)
            if topic is not None and name not in connection.topics:
                connection.topics.add(name)
                self._boards[connection.category].join(topic, connection)

    def _parse(self, connection: Connection, name: str) -> Topic | None:
        return parse_topic(name, connection.category, self._listed[connection.category])

    def _say(self, connection: Connection, request: _Request, words: str, *, success: bool = True) -> None:
        answer = _Answer(success, words, connection.number, request.req_id, request.op)
        connection.push(msgspec.json.encode(answer))
