"""Binance's WebSocket side: connections accepted, subscriptions answered, frames sent, ends enforced.

Paths: spot `/ws`, `/ws/<stream>`, `/stream?streams=`, also `/stream/ws…` (clients that tell spot by `/stream`);
USD-M `/public|market|private/ws`, `…/ws/<stream>` and `…/stream?streams=`. The unrouted USD-M paths, retired in
April 2026, would collide with spot's on one port and are spot's here.
"""

from collections.abc import Mapping
from typing import Protocol

import msgspec
from aiohttp import ClientConnectionResetError, web

from arbedge.foundation.runtime.clock import Clock
from arbedge.lab.config import LabOptions
from arbedge.lab.crowd import GONE_AWAY, Crowd
from arbedge.lab.exchanges.binance.connection import INBOUND_PER_S, STREAMS_MOST, Connection
from arbedge.lab.exchanges.binance.topics import ROUTES, Topic, parse_topic
from arbedge.lab.faults import FaultBoard

__all__ = ["StreamDesk", "StreamSource", "VenueClock", "is_stream_path"]

_ATTEMPTS_MOST = 300


class _Request(msgspec.Struct):
    method: str
    params: list[str | bool] = []
    id: int | str | None = None


def is_stream_path(path: str) -> bool:
    """Whether a path is one of the WebSocket's."""
    parts = path.strip("/").split("/")
    return parts[0] in {"ws", "stream"} or (parts[0] in ROUTES and len(parts) > 1 and parts[1] in {"ws", "stream"})


class StreamSource(Protocol):
    """What feeds one host's listeners: the moving world's channels, or a recording's."""

    def join(self, topic: Topic, listener: Connection) -> None:
        """Add a listener to a stream."""
        ...

    def leave(self, name: str, listener: Connection) -> None:
        """Remove a listener from a stream, if it is there."""
        ...


class VenueClock(Protocol):
    """What the connections' clockwork needs of a lab."""

    options: LabOptions
    clock: Clock
    faults: FaultBoard

    def now_ms(self, host: str) -> int:
        """What the clock of that host shows, in milliseconds UTC."""
        ...


class StreamDesk:
    """All connections of the venue, and what they listen to; one source of frames a host."""

    def __init__(self, stage: VenueClock, sources: Mapping[str, StreamSource]) -> None:
        self._stage = stage
        self._sources = sources
        self.crowd: Crowd[Connection] = Crowd(stage.faults, _ATTEMPTS_MOST)

    @property
    def backlog_bytes(self) -> int:
        """The longest backlog of a client, in bytes."""
        return self.crowd.backlog_bytes

    @property
    def open_count(self) -> int:
        """Connections open now."""
        return self.crowd.open_count

    @property
    def accepted(self) -> int:
        """Connections accepted so far."""
        return self.crowd.accepted

    async def serve(self, request: web.Request) -> web.StreamResponse:
        """One connection from handshake to end."""
        now_ns = self._stage.clock.monotonic_ns()
        parts = request.path.strip("/").split("/")
        route = parts.pop(0) if parts[0] in ROUTES else ""
        host = "usdm" if route else "spot"
        if not self.crowd.admits(request.remote or "?", now_ns):
            return web.Response(status=429, text="Too many connection attempts")
        socket = web.WebSocketResponse(autoping=False, compress=False, timeout=2.0, max_msg_size=262_144)
        try:
            await socket.prepare(request)
        except ClientConnectionResetError:
            return socket  # whoever asked is gone already
        connection = Connection(request, socket, host, route, now_ns)
        connection.is_combined = parts[0] == "stream" and len(parts) == 1
        self.crowd.add(connection)
        named = request.query.get("streams", "").split("/") if connection.is_combined else parts[1:]
        try:
            self._join(connection, [name for name in named if "@" in name or name.startswith("!")])
            await self._listen(connection)
        finally:
            self._forget(connection)
        return socket

    def turn(self, now_ns: int) -> None:
        """Let faults strike, keep every connection's clockwork, and write what waits."""
        if not self._stage.faults.is_quiet:
            self.crowd.strike(now_ns, self._announce)
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
            if not connection.counts_inbound(clock.monotonic_ns(), INBOUND_PER_S[connection.host]):
                connection.close()
                return
            if kind == "pong" and text == _ping_text(connection.pinged_ns):
                connection.ponged_ns = clock.monotonic_ns()
            elif kind == "text":
                connection.push(self._reply(connection, text))
                self.crowd.flush(connection)

    def _reply(self, connection: Connection, text: str) -> bytes:
        try:
            request = msgspec.json.decode(text, type=_Request)
        except msgspec.ValidationError as error:
            return msgspec.json.encode({"error": {"code": 2, "msg": f"Invalid request: {error}"}})
        except msgspec.DecodeError as error:
            return msgspec.json.encode({"error": {"code": 3, "msg": f"Invalid JSON: {error}"}})
        names = [param for param in request.params if isinstance(param, str)]
        result: object = None
        if request.method == "SUBSCRIBE":
            if not self._join(connection, names):
                return msgspec.json.encode(
                    {"error": {"code": 2, "msg": "Invalid request: unknown stream"}, "id": request.id}
                )
        elif request.method == "UNSUBSCRIBE":
            for name in names:
                connection.names.discard(name)
                self._sources[connection.host].leave(name, connection)
        elif request.method == "LIST_SUBSCRIPTIONS":
            result = sorted(connection.names)
        elif request.method == "SET_PROPERTY" and names == ["combined"]:
            connection.is_combined = True in request.params
        elif request.method == "GET_PROPERTY" and names == ["combined"]:
            result = connection.is_combined
        else:
            message = f"Invalid request: unknown variant {request.method}"
            return msgspec.json.encode({"error": {"code": 2, "msg": message}, "id": request.id})
        return msgspec.json.encode({"result": result, "id": request.id})

    def _join(self, connection: Connection, names: list[str]) -> bool:
        """Subscribe to streams; false (and nothing done) when one is malformed. Too many end the connection."""
        topics = [parse_topic(name, connection.host) for name in names]
        wanted = [topic for topic in topics if topic is not None]
        if len(wanted) < len(topics):
            return False
        connection.names.update(names)
        if len(connection.names) > STREAMS_MOST[connection.host]:
            connection.close()
        for topic in wanted:
            self._sources[connection.host].join(topic, connection)
        return True

    def _forget(self, connection: Connection) -> None:
        self.crowd.remove(connection)
        for name in connection.names:
            self._sources[connection.host].leave(name, connection)

    def _keep(self, connection: Connection, now_ns: int) -> None:
        """Pings, the deadline of their pongs, and the 24 h cut."""
        pace, host = self._stage.options.pace, connection.host
        ping_s, pong_s = (
            (pace.spot_ping_s, pace.spot_pong_s) if host == "spot" else (pace.usdm_ping_s, pace.usdm_pong_s)
        )
        since_ping_s = (now_ns - connection.pinged_ns) / 1e9
        is_unanswered = connection.pinged_ns > connection.ponged_ns
        if is_unanswered and (now_ns - connection.ponged_ns) / 1e9 > ping_s + pong_s:
            connection.close()
        elif since_ping_s >= ping_s and self._stage.faults.active("mute_pings", host) is None:
            connection.ping(now_ns, _ping_text(now_ns).encode())
        age_s = (now_ns - connection.opened_ns) / 1e9
        if age_s >= pace.cut_s:
            connection.close(GONE_AWAY)
        elif host == "spot" and age_s >= pace.cut_s - pace.cut_notice_s:
            self._announce(connection)

    def _announce(self, connection: Connection) -> None:
        """Tell a spot connection once that its server is about to go."""
        if connection.cut_told or connection.host != "spot":
            return
        connection.cut_told = True
        event = f'{{"e":"serverShutdown","E":{self._stage.now_ms("spot")}}}'
        wrapped = f'{{"stream":"!serverShutdown","data":{event}}}' if connection.is_combined else event
        connection.push(wrapped.encode())


def _ping_text(pinged_ns: int) -> str:
    """A ping's payload: the moment it was sent, which the pong must repeat."""
    return str(pinged_ns // 1_000_000)
