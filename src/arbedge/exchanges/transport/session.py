"""One physical connection: opened through the guard, subscribed in paced requests, watched for silence.

`run` opens and reads until the end; `step`, called many times a second by the keeper, sends what is due. Both on
the event loop's thread. A frame that makes no sense is counted and logged once; several in a row end it.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum

from arbedge.errors import ArbEdgeError
from arbedge.exchanges.spec import StreamHost
from arbedge.exchanges.transport.dialect import LinkDialect, Notice, NoticeKind, deliver_all_of
from arbedge.exchanges.transport.guarding import CallGuard
from arbedge.exchanges.transport.ws import WsConnector, WsLink
from arbedge.foundation.runtime.clock import Clock
from arbedge.foundation.runtime.tasks import ErrorLog

__all__ = ["LinkAddress", "Session", "SessionPorts", "SessionState"]

_ANSWER_WAIT_NS = 10_000_000_000
_MAX_GARBAGE_IN_A_ROW = 5
_ALIVE_EVERY_NS = 20_000_000
_CONNECT_DEADLINE_S = 10.0


class SessionState(StrEnum):
    """Where a connection stands."""

    CONNECTING = "connecting"
    OPEN = "open"
    ENDED = "ended"


@dataclass(frozen=True, slots=True)
class LinkAddress:
    """A logical link: its name, what its host allows, and the address really asked.

    Where market data must come all the time, `quiet_limit_s` without any ends the connection although it answers
    pings: a venue can keep a dead stream open.
    """

    name: str
    host: StreamHost
    url: str
    quiet_limit_s: float | None = None


@dataclass(frozen=True, slots=True)
class SessionPorts:
    """What every connection of a venue uses."""

    connector: WsConnector
    guard: CallGuard
    clock: Clock
    log: ErrorLog


@dataclass(frozen=True, slots=True)
class _Request:
    """A request on its way: what it asked, what of it is not answered yet, and when."""

    streams: tuple[str, ...]
    is_adding: bool
    sent_ns: int
    unanswered: set[str]


class Session:
    """One connection of a logical link; a new one is made for every attempt."""

    def __init__(
        self, address: LinkAddress, dialect: LinkDialect, ports: SessionPorts, on_alive: Callable[[int], None]
    ) -> None:
        self.name = address.name
        self.state = SessionState.CONNECTING
        self.reason = ""
        self.error: ArbEdgeError | None = None
        self.opened_ns = 0
        self.is_renewal_due = False
        self.frames = 0
        self.garbage = 0
        self._host = address.host
        self._url = address.url
        self._dialect = dialect
        self._deliver_all = deliver_all_of(dialect)
        self._ports = ports
        self._on_alive = on_alive
        self._link: WsLink | None = None
        self._wanted: dict[str, None] = {}
        self._told: dict[str, None] = {}
        self._active: dict[str, None] = {}
        self._requests: dict[int, _Request] = {}
        self._last_id = 0
        self._again: set[str] = set()
        self._is_dirty = False
        self._refusal = ""
        self._garbage_in_a_row = 0
        self._quiet_limit_ns = None if address.quiet_limit_s is None else int(address.quiet_limit_s * 1e9)
        self._heard_ns = 0
        self._fed_ns = 0
        self._alive_ns = 0
        self._sent_ns = 0
        self._probed_ns = 0
        self._beat_ns = 0

    @property
    def active(self) -> tuple[str, ...]:
        """Streams the venue has accepted."""
        return tuple(self._active)

    @property
    def is_subscribed(self) -> bool:
        """Whether the venue has accepted everything wanted, and nothing else."""
        return self.state is SessionState.OPEN and not self._is_dirty and not self._requests

    def want(self, streams: Iterable[str]) -> None:
        """Carry exactly these streams from now on; the requests go out as pacing allows."""
        before, self._wanted = self._wanted, dict.fromkeys(streams)
        # dropped and wanted anew before the drop was sent: who asks so wants the stream to begin anew
        self._again |= self._told.keys() & self._wanted.keys() - before.keys()
        self._again &= self._wanted.keys()
        self._is_dirty = bool(self._again) or self._told.keys() != self._wanted.keys()

    async def run(self) -> None:
        """Open, read until the end, and say why it ended; an error of the venue or the network is not raised."""
        ports = self._ports
        try:
            link = await ports.guard.call(
                lambda: ports.connector.connect(self._url, self, deadline_s=_CONNECT_DEADLINE_S)
            )
        except ArbEdgeError as error:
            self.error, self.reason = error, str(error)
        else:
            self._link = link
            self.opened_ns = self._heard_ns = self._fed_ns = self._beat_ns = ports.clock.monotonic_ns()
            self.state = SessionState.OPEN
            self.reason = await link.run()
        finally:
            self.reason = self.reason or "ended by a fault of our own"
            self.state = SessionState.ENDED

    async def close(self, reason: str) -> None:
        """End it now."""
        if self._link is not None and self.state is SessionState.OPEN:
            await self._link.close(reason)

    async def step(self, now_ns: int) -> None:
        """Send what is due, probe a silent connection, give up a dead one."""
        link = self._link
        if link is None or self.state is not SessionState.OPEN:
            return
        silent_ns = now_ns - self._heard_ns
        if complaint := self._complaint(now_ns, silent_ns):
            await link.close(complaint)
        elif now_ns - self._sent_ns >= self._host.frame_spacing_s * 1e9:
            await self._send_due(link, now_ns, silent_ns)

    def _complaint(self, now_ns: int, silent_ns: int) -> str:
        """Why this connection is of no use any more; empty while it is."""
        if silent_ns > self._host.silence_limit_s * 1e9:
            return f"silent for {silent_ns / 1e9:.1f} s"
        if self._quiet_limit_ns is not None and now_ns - self._fed_ns > self._quiet_limit_ns:
            return f"no market data for {(now_ns - self._fed_ns) / 1e9:.1f} s"
        if self._refusal:
            return self._refusal
        if any(now_ns - request.sent_ns > _ANSWER_WAIT_NS for request in self._requests.values()):
            return "a subscription request was not answered"
        if self._garbage_in_a_row >= _MAX_GARBAGE_IN_A_ROW:
            return f"{self._garbage_in_a_row} frames in a row made no sense"
        return ""

    def on_frames(self, payloads: Sequence[bytes], received_ns: int) -> None:
        """Messages of the venue, in order."""
        self._heard_ns = received_ns
        self.frames += len(payloads)
        notices = self._deliver_all(payloads, received_ns)
        if not notices:
            self._fed_ns = received_ns
            self._garbage_in_a_row = 0
        elif not self._note_all(notices, len(payloads), received_ns):
            return
        if received_ns - self._alive_ns >= _ALIVE_EVERY_NS:
            self._alive_ns = received_ns
            self._on_alive(received_ns)

    def on_sign_of_life(self, received_ns: int, *, is_answered: bool) -> None:
        """A ping or a pong; our pong counts against the venue's limit of messages."""
        self._heard_ns = received_ns
        if is_answered:
            self._sent_ns = received_ns
        self._on_alive(received_ns)

    def _note_all(self, notices: Sequence[tuple[int, Notice]], frames: int, received_ns: int) -> bool:
        """Take the notices among so many frames in; False where no frame made sense."""
        makes_sense = len(notices) < frames
        if makes_sense:
            self._fed_ns = received_ns
        fed_up_to = 0
        for place, notice in notices:
            if place > fed_up_to:
                self._garbage_in_a_row = 0
            fed_up_to = place + 1
            if self._note(notice):
                self._garbage_in_a_row = 0
                makes_sense = True
        if fed_up_to < frames:
            self._garbage_in_a_row = 0
        return makes_sense

    def _note(self, notice: Notice) -> bool:
        """Take a notice in; False where the frame made no sense and proves nothing."""
        if notice.kind is NoticeKind.GARBAGE:
            self.garbage += 1
            self._garbage_in_a_row += 1
            if self.garbage == 1:
                self._ports.log.warning("a frame made no sense", link=self.name, frame=notice.words)
            return False
        if notice.kind is NoticeKind.SHUTDOWN:
            self.is_renewal_due = True
        elif notice.kind is NoticeKind.REFUSED:
            self._ports.log.warning("the venue refused a request", link=self.name, answer=notice.words)
            if notice.stream:
                self._answer(notice.stream, is_accepted=False)
            elif notice.request_id in self._requests:
                self._refusal = f"the venue refused a subscription: {notice.words}"
        elif notice.kind is NoticeKind.RESYNC:
            self._subscribe_anew(notice.stream)
        elif notice.stream:
            self._answer(notice.stream, is_accepted=True)
        elif notice.request_id is not None:
            self._accept(notice.request_id)
        return True

    def _accept(self, request_id: int) -> None:
        request = self._requests.pop(request_id, None)
        if request is None:
            return
        if request.is_adding:
            self._active.update(dict.fromkeys(request.streams))
        else:
            for stream in request.streams:
                self._active.pop(stream, None)

    def _answer(self, stream: str, *, is_accepted: bool) -> None:
        """One stream's own answer. A refused one is left out, so that one dead symbol does not end all others."""
        waiting = ((each, request) for each, request in self._requests.items() if stream in request.unanswered)
        number, request = next(waiting, (0, None))
        if request is None:
            return
        request.unanswered.discard(stream)
        if is_accepted and request.is_adding:
            self._active[stream] = None
        else:
            self._active.pop(stream, None)
        if not request.unanswered:
            del self._requests[number]

    def _subscribe_anew(self, stream: str) -> None:
        """Drop a stream and ask for it again, for the venue to start it with a snapshot."""
        if stream in self._told and stream in self._wanted:
            self._again.add(stream)
            self._is_dirty = True

    async def _send_due(self, link: WsLink, now_ns: int, silent_ns: int) -> None:
        if self._is_dirty and not self._requests:
            await self._send_request(link, now_ns)
        elif self._is_probe_due(now_ns, silent_ns):
            await self._probe(link, now_ns)

    def _is_probe_due(self, now_ns: int, silent_ns: int) -> bool:
        """Whether to ping: when silent, and all the time where the venue wants that."""
        every_s, after_ns = self._host.heartbeat_every_s, self._host.probe_after_s * 1e9
        is_quiet = silent_ns > after_ns and now_ns - self._probed_ns > after_ns
        return is_quiet or (every_s is not None and now_ns - self._beat_ns >= every_s * 1e9)

    async def _probe(self, link: WsLink, now_ns: int) -> None:
        """Ask for a sign of life, in the venue's way."""
        self._probed_ns = self._beat_ns = self._sent_ns = now_ns
        if self._host.heartbeat:
            await link.send(self._host.heartbeat)
        else:
            await link.ping()

    async def _send_request(self, link: WsLink, now_ns: int) -> None:
        """The next request towards what is wanted: drops first, so that a full connection has room."""
        most = self._host.params_per_frame
        drop = [stream for stream in self._told if stream not in self._wanted or stream in self._again][:most]
        add = [] if drop else [stream for stream in self._wanted if stream not in self._told][:most]
        self._last_id += 1
        streams = tuple(drop or add)
        self._requests[self._last_id] = _Request(streams, bool(add), now_ns, set(streams))
        self._sent_ns = now_ns
        if self._host.max_requests is not None and self._last_id >= self._host.max_requests:
            self.is_renewal_due = True
        if drop:
            for stream in drop:
                del self._told[stream]
            self._again.difference_update(drop)
        else:
            self._told.update(dict.fromkeys(streams))
        self._is_dirty = self._told.keys() != self._wanted.keys() or bool(self._again)
        say = self._dialect.unsubscribe if drop else self._dialect.subscribe
        await link.send(say(streams, self._last_id))
