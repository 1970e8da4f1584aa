"""OKX's WebSocket side: connections accepted, subscriptions answered, silence and greed ended.

Paths `/ws/v5/public`, `/ws/v5/business`, `/ws/v5/private`. Every argument of a request is answered by itself.
Clients keep a connection by the text `ping`; one on which nobody says anything for 30 s is closed with 4004. The
venue has no daily cut of its own; it announces the end of a connection (a service upgrade) by the notice 64008.
"""

import msgspec
from aiohttp import ClientConnectionResetError, web

from arbedge.lab.crowd import GONE_AWAY, Crowd
from arbedge.lab.exchanges.okx.channels import ChannelBoard
from arbedge.lab.exchanges.okx.connection import Connection
from arbedge.lab.exchanges.okx.limits import SUBSCRIBE_BYTES, SlidingMeter
from arbedge.lab.exchanges.okx.topics import Arg, TopicRefused, parse_arg
from arbedge.lab.stage import Stage

__all__ = ["StreamDesk"]

_ATTEMPTS_MOST = 900  # in five minutes; three a second is the rule that bites
_CONNECTS_A_SECOND = 3
_TOO_LONG = 1009
_IDLE = 4004


class _Request(msgspec.Struct):
    op: str
    args: list[Arg] = []
    id: str = ""


class StreamDesk:
    """All connections of the venue and what they listen to; `listed` and `indices` are the names there are."""

    def __init__(self, stage: Stage, board: ChannelBoard, listed: frozenset[str], indices: frozenset[str]) -> None:
        self._stage = stage
        self._board = board
        self._listed = listed
        self._indices = indices
        self._connects = SlidingMeter(1000)
        self.crowd: Crowd[Connection] = Crowd(stage.faults, _ATTEMPTS_MOST)

    async def serve(self, request: web.Request) -> web.StreamResponse:
        """One connection from handshake to end; 429 to an address that opens more than three a second."""
        now_ns, address = self._stage.clock.monotonic_ns(), request.remote or "?"
        is_paced = self._connects.admits(address, _CONNECTS_A_SECOND, now_ns // 1_000_000)
        if not is_paced or not self.crowd.admits(address, now_ns):
            return web.Response(status=429, text="Too Many Requests")
        socket = web.WebSocketResponse(autoping=False, compress=False, timeout=2.0, max_msg_size=4_194_304)
        try:
            await socket.prepare(request)
        except ClientConnectionResetError:
            return socket  # whoever asked is gone already
        connection = Connection(request, socket, self.crowd.accepted + 1, now_ns)
        self.crowd.add(connection)
        try:
            await self._listen(connection)
        finally:
            self.crowd.remove(connection)
            for arg in connection.topics:
                self._board.leave(arg, connection)
        return socket

    def turn(self, now_ns: int) -> None:
        """Let faults strike, keep every connection's clockwork, and write what waits."""
        if not self._stage.faults.is_quiet:
            self.crowd.strike(now_ns, self._announce)
        pace = self._stage.options.pace
        for connection in self.crowd.peers():
            if connection.has_frames:
                connection.active_ns = now_ns
            age_s = (now_ns - connection.opened_ns) / 1e9
            if (now_ns - connection.active_ns) / 1e9 > pace.okx_idle_s:
                connection.close(_IDLE)
            elif age_s >= pace.cut_s:
                connection.close(GONE_AWAY)
            elif age_s >= pace.cut_s - pace.cut_notice_s:
                self._announce(connection)
            self.crowd.flush(connection)

    async def _listen(self, connection: Connection) -> None:
        clock = self._stage.clock
        while True:
            kind, text = await connection.receive()
            if kind == "closed":
                return
            connection.active_ns = clock.monotonic_ns()
            if kind != "text":
                continue
            if text == "ping":
                connection.write([b"pong"])
            elif len(text.encode()) > SUBSCRIBE_BYTES:
                connection.close(_TOO_LONG)
                return
            else:
                self._reply(connection, text)
                self.crowd.flush(connection)

    def _reply(self, connection: Connection, text: str) -> None:
        """Answer one request, argument by argument."""
        if not connection.counts_request(connection.active_ns):
            self._refuse(connection, "60014", "Requests too frequent")
            return
        try:
            request = msgspec.json.decode(text, type=_Request)
        except (msgspec.DecodeError, msgspec.ValidationError):
            self._refuse(connection, "60012", f"Invalid request: {text}")
            return
        if request.op == "login":
            self._refuse(connection, "60032", "API key doesn't exist.", request.id)
        elif request.op not in {"subscribe", "unsubscribe"}:
            self._refuse(connection, "60019", f"Invalid op: {request.op}", request.id)
        elif not request.args:
            self._refuse(connection, "60013", "Invalid args", request.id)
        else:
            for arg in request.args:
                self._take_arg(connection, request, arg)

    def _take_arg(self, connection: Connection, request: _Request, arg: Arg) -> None:
        topic = parse_arg(arg, connection.path, self._listed, self._indices)
        if isinstance(topic, TopicRefused):
            self._refuse(connection, topic.code, topic.message, request.id)
            return
        head = f'"id":"{request.id}",' if request.id else ""
        answer = f'{{{head}"event":"{request.op}","arg":{topic.arg},"connId":"{connection.number}"}}'
        connection.push(answer.encode())
        if request.op == "subscribe":
            connection.topics.add(topic.arg)
            self._board.join(topic, connection)
        elif topic.arg in connection.topics:
            connection.topics.discard(topic.arg)
            self._board.leave(topic.arg, connection)

    def _refuse(self, connection: Connection, code: str, message: str, request_id: str = "") -> None:
        named = {"id": request_id} if request_id else {}
        document = {**named, "event": "error", "code": code, "msg": message, "connId": connection.number}
        connection.push(msgspec.json.encode(document))

    def _announce(self, connection: Connection) -> None:
        """Tell a connection once that it is about to be closed."""
        if connection.cut_told:
            return
        connection.cut_told = True
        connection.push(
            b'{"event":"notice","code":"64008","msg":"The connection will soon be closed for a service upgrade. '
            b'Please reconnect.","connId":"%s"}' % connection.number.encode()
        )
