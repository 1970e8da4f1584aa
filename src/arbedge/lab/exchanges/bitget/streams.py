"""Bitget's public WebSocket: connections accepted, subscriptions answered, frames sent, ends enforced.

One path a generation, `/v2/ws/public` and `/v3/ws/public`, carries every product line; limits count both together.
The client keeps it alive with the text `ping`; the venue sends none of its own. Codes of errors follow the
published table; that a connection over its channels is told 30007 and cut, and one over its requests 30006, is a
reading of that table which no recording confirms.
"""

import msgspec
from aiohttp import ClientConnectionResetError, web

from arbedge.lab.crowd import GONE_AWAY, Crowd
from arbedge.lab.exchanges.bitget.channels import ChannelBoard
from arbedge.lab.exchanges.bitget.connection import CHANNELS_MOST, INBOUND_PER_S, Connection
from arbedge.lab.exchanges.bitget.topics import CLASSIC, UNIFIED, Topic, parse_topic
from arbedge.lab.stage import Stage

__all__ = ["STREAM_PATHS", "StreamDesk"]

STREAM_PATHS = {"/v2/ws/public": CLASSIC, "/v3/ws/public": UNIFIED}
"""The streams' paths, and which generation each speaks."""

_ATTEMPTS_MOST = 300
_CONNECTIONS_MOST = 100
_REQUEST_BYTES_MOST = 4_096


class _Arg(msgspec.Struct):
    channel: str = ""
    topic: str = ""
    symbol: str = ""
    inst_type: str = msgspec.field(default="", name="instType")
    inst_id: str = msgspec.field(default="", name="instId")


class _Request(msgspec.Struct):
    op: str
    args: list[_Arg] = []


class StreamDesk:
    """All connections of the venue, and what they listen to."""

    def __init__(self, stage: Stage, board: ChannelBoard) -> None:
        self._stage = stage
        self._board = board
        self.crowd: Crowd[Connection] = Crowd(stage.faults, _ATTEMPTS_MOST)

    async def serve(self, request: web.Request) -> web.StreamResponse:
        """One connection from handshake to end."""
        address, now_ns = request.remote or "?", self._stage.clock.monotonic_ns()
        mates = sum(peer.address == address for peer in self.crowd.peers())
        if not self.crowd.admits(address, now_ns) or mates >= _CONNECTIONS_MOST:
            return web.Response(status=429, text="Too many connections")
        socket = web.WebSocketResponse(autoping=False, compress=False, timeout=2.0, max_msg_size=262_144)
        try:
            await socket.prepare(request)
        except ClientConnectionResetError:
            return socket  # whoever asked is gone already
        connection = Connection(request, socket, now_ns, STREAM_PATHS[request.path.rstrip("/")])
        self.crowd.add(connection)
        try:
            await self._listen(connection)
        finally:
            self.crowd.remove(connection)
            for topic in connection.topics:
                self._board.leave(topic, connection)
        return socket

    def turn(self, now_ns: int) -> None:
        """Let faults strike, keep every connection's clockwork, and write what waits."""
        if not self._stage.faults.is_quiet:
            self.crowd.strike(now_ns)
        for connection in self.crowd.peers():
            self._keep(connection, now_ns)
            self.crowd.flush(connection)

    def drop_all(self) -> None:
        """End every connection, as a stopping server does."""
        self.crowd.drop_all()

    async def _listen(self, connection: Connection) -> None:
        clock = self._stage.clock
        while True:
            kind, text = await connection.receive()
            if kind == "closed":
                return
            now_ns = clock.monotonic_ns()
            if not connection.counts_inbound(now_ns, INBOUND_PER_S):
                connection.close()
                return
            if kind == "text" and text == "ping":
                self._greet(connection, now_ns)
            elif kind == "text":
                self._obey(connection, text, now_ns)
                self.crowd.flush(connection)

    def _greet(self, connection: Connection, now_ns: int) -> None:
        """Answer a `ping` at once, and though all else be silent; a `mute_pings` fault leaves it unanswered."""
        connection.greeted_ns = now_ns
        if self._stage.faults.active("mute_pings", connection.host) is None:
            connection.write([b"pong"])

    def _obey(self, connection: Connection, text: str, now_ns: int) -> None:
        if len(text) > _REQUEST_BYTES_MOST:
            connection.push(_error(30016, f"Param error: {len(text)} bytes of {_REQUEST_BYTES_MOST}"))
            return
        try:
            request = msgspec.json.decode(text, type=_Request)
        except msgspec.DecodeError as error:
            connection.push(_error(30016, f"Param error: {error}"))
            return
        if request.op not in {"subscribe", "unsubscribe"}:
            connection.push(_error(30003, "invalid op"))
        elif request.op == "unsubscribe":
            for arg in request.args:
                self._leave(connection, arg)
        elif not connection.counts_request(now_ns):
            connection.push(_error(30006, "too many requests"))
        else:
            for arg in request.args:
                self._join(connection, arg)
        connection.settle_host()

    def _join(self, connection: Connection, arg: _Arg) -> None:
        topic = self._topic(connection, arg)
        if topic is None:
            connection.push(_unknown(connection, arg))
            return
        if topic in connection.topics:
            connection.push(_event("subscribe", topic))
            return
        if len(connection.topics) >= CHANNELS_MOST:
            connection.push(_error(30007, "request over limit, connection close"))
            self.crowd.flush(connection)
            connection.close()
            return
        connection.topics.add(topic)
        connection.push(_event("subscribe", topic))
        self._board.join(topic, connection, self._stage.now_ms("spot" if topic.line == "SPOT" else "usdm"))

    def _leave(self, connection: Connection, arg: _Arg) -> None:
        topic = self._topic(connection, arg)
        if topic is None or topic not in connection.topics:
            connection.push(_unknown(connection, arg))
            return
        connection.topics.discard(topic)
        self._board.leave(topic, connection)
        connection.push(_event("unsubscribe", topic))

    def _topic(self, connection: Connection, arg: _Arg) -> Topic | None:
        """The channel an argument names; None where the venue has no such channel or market."""
        line, generation = arg.inst_type.upper(), connection.generation
        if generation == UNIFIED:
            topic = parse_topic(line, arg.topic, arg.symbol, generation)
        else:
            topic = parse_topic(line, arg.channel, arg.inst_id)
        return topic if topic is not None and self._board.lists(topic) else None

    def _keep(self, connection: Connection, now_ns: int) -> None:
        """The end of who has not said `ping` for too long, and the 24 h cut."""
        pace = self._stage.options.pace
        if (now_ns - connection.greeted_ns) / 1e9 > pace.bitget_idle_s:
            connection.close()
        elif (now_ns - connection.opened_ns) / 1e9 >= pace.cut_s:
            connection.close(GONE_AWAY)


def _event(event: str, topic: Topic) -> bytes:
    return f'{{"event":"{event}","arg":{topic.arg}}}'.encode()


def _error(code: int, message: str, arg: object = None) -> bytes:
    body: dict[str, object] = {"event": "error", "code": code, "msg": message, "op": "subscribe"}
    return msgspec.json.encode(body if arg is None else {**body, "arg": arg})


def _unknown(connection: Connection, arg: _Arg) -> bytes:
    """There is no such channel: v3 names it in its words alone, as a live capture shows."""
    if connection.generation == UNIFIED:
        named = msgspec.json.encode({"instType": arg.inst_type, "symbol": arg.symbol, "topic": arg.topic}).decode()
        return msgspec.json.encode(
            {"event": "error", "code": 30001, "msg": f"{named} doesn't exist", "connId": "lab"}
        )
    name = f"instType:{arg.inst_type},channel:{arg.channel},instId:{arg.inst_id}"
    shown = {"channel": arg.channel, "instType": arg.inst_type, "instId": arg.inst_id}
    return _error(30001, f"{name} doesn't exist", shown)
