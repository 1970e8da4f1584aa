"""Fakes of one end of a stream connection, and the scene they play in: a keeper on a manual clock."""

import asyncio
import json
from collections.abc import Sequence
from random import Random
from typing import Any

import pytest

from arbedge.exchanges.spec import StreamHost
from arbedge.exchanges.transport.dialect import Notice, NoticeKind
from arbedge.exchanges.transport.keeper import Keeper, KeeperPace
from arbedge.exchanges.transport.session import LinkAddress, SessionPorts
from arbedge.exchanges.transport.ws import FrameListener
from arbedge.foundation.runtime.clock import ManualClock
from arbedge.foundation.runtime.supervision import Supervisor
from arbedge.market.ports import LinkEvent

HOST = StreamHost(
    name="h",
    url="wss://venue/stream",
    max_streams=10,
    params_per_frame=3,
    frame_spacing_s=0.3,
    probe_after_s=2.0,
    silence_limit_s=10.0,
    lifetime_s=1000.0,
)


class PlainGuard:
    """Calls the operation, once, with nothing round it."""

    async def call(self, operation: Any, *, cost: int = 1, deadline_s: float | None = None) -> Any:
        return await operation()


class FakeLink:
    """A connection the test plays the venue of."""

    def __init__(self, listener: FrameListener) -> None:
        self.listener = listener
        self.sent: list[dict[str, Any]] = []
        self.sent_ns: list[int] = []
        self.beats_ns: list[int] = []
        self.pings = 0
        self.clock: Any = None
        self._ended: asyncio.Future[str] = asyncio.get_running_loop().create_future()

    async def run(self) -> str:
        return await self._ended

    async def send(self, text: bytes) -> None:
        if text == b"beat":
            self.beats_ns.append(self.clock.monotonic_ns())
        else:
            self.sent.append(json.loads(text))
        self.sent_ns.append(self.clock.monotonic_ns())

    async def ping(self) -> None:
        self.pings += 1
        self.sent_ns.append(self.clock.monotonic_ns())

    async def close(self, reason: str) -> None:
        self.end(reason)

    @property
    def is_open(self) -> bool:
        return not self._ended.done()

    def end(self, reason: str) -> None:
        if not self._ended.done():
            self._ended.set_result(reason)

    def fail(self, error: Exception) -> None:
        self._ended.set_exception(error)

    def receive(self, payload: bytes) -> None:
        self.listener.on_frames([payload], self.clock.monotonic_ns())

    def accept_all(self) -> None:
        """Answer every request that was sent and not answered yet."""
        for request in self.sent:
            if not request.pop("answered", False):
                self.receive(b"ok %d" % request["id"])
            request["answered"] = True


class FakeConnector:
    """Hands out `FakeLink`s, or raises what the test queued."""

    def __init__(self, clock: Any) -> None:
        self.clock = clock
        self.links: list[FakeLink] = []
        self.errors: list[Exception] = []
        self.attempts_ns: list[int] = []

    async def connect(self, url: str, listener: FrameListener, *, deadline_s: float) -> FakeLink:
        self.attempts_ns.append(self.clock.monotonic_ns())
        if self.errors:
            raise self.errors.pop(0)
        link = FakeLink(listener)
        link.clock = self.clock
        self.links.append(link)
        return link


class WordDialect:
    """A toy language: `ok N` accepts request N, `no N` refuses it, `bye` announces the end, `data` is data.

    `yes S` and `not S` answer for a single stream, `anew S` says that it is to begin anew.
    """

    def __init__(self) -> None:
        self.delivered = 0
        self.overlaps: list[bool] = []

    def subscribe(self, streams: Sequence[str], request_id: int) -> bytes:
        return json.dumps({"add": list(streams), "id": request_id}).encode()

    def unsubscribe(self, streams: Sequence[str], request_id: int) -> bytes:
        return json.dumps({"drop": list(streams), "id": request_id}).encode()

    def set_overlap(self, *, is_overlapping: bool) -> None:
        if not self.overlaps or self.overlaps[-1] != is_overlapping:
            self.overlaps.append(is_overlapping)

    def deliver(self, payload: bytes | memoryview, received_ns: int) -> Notice | None:
        word, _, number = bytes(payload).decode().partition(" ")
        if word == "data":
            self.delivered += 1
            return None
        of_streams = {"yes": NoticeKind.ACCEPTED, "not": NoticeKind.REFUSED, "anew": NoticeKind.RESYNC}
        if word in of_streams:
            return Notice(of_streams[word], words=word, stream=number)
        kinds = {"ok": NoticeKind.ACCEPTED, "no": NoticeKind.REFUSED, "bye": NoticeKind.SHUTDOWN}
        return Notice(kinds.get(word, NoticeKind.GARBAGE), int(number) if number else None, word)


class EventSink:
    """A sink that remembers what a link told it."""

    def __init__(self) -> None:
        self.events: list[LinkEvent] = []
        self.alive: list[tuple[str, int]] = []

    def on_top(self, *_: Any) -> None:
        raise AssertionError

    def on_book_change(self, *_: Any) -> None:
        raise AssertionError

    def on_funding(self, *_: Any) -> None:
        raise AssertionError

    def on_alive(self, link: str, at_ns: int) -> None:
        self.alive.append((link, at_ns))

    def on_link(self, event: LinkEvent) -> None:
        self.events.append(event)


class QuietLog:
    """A log the test reads."""

    def __init__(self) -> None:
        self.lines: list[tuple[str, dict[str, Any]]] = []

    def warning(self, event: str, **fields: Any) -> None:
        self.lines.append((event, fields))

    def error(self, event: str, **fields: Any) -> None:
        self.lines.append((event, fields))


STREAMS = {f"s{number}": (number,) for number in range(7)}


class Play:
    """A keeper with its fakes, stepped every 50 ms of manual time."""

    def __init__(self, streams=STREAMS, quiet_limit_s=None, host=HOST, **pace):
        self.clock = ManualClock()
        self.connector = FakeConnector(self.clock)
        self.dialect = WordDialect()
        self.sink = EventSink()
        self.log = QuietLog()
        self.supervisor = Supervisor(self.clock, self.log)
        ports = SessionPorts(self.connector, PlainGuard(), self.clock, self.log)
        address = LinkAddress("v:spot:top:0", host, "wss://venue/stream", quiet_limit_s)
        self.keeper = Keeper(
            address, self.dialect, ports, self.sink, self.supervisor, KeeperPace(Random(3), **pace)
        )
        self.keeper.carry(streams)

    async def pass_time(self, seconds, *, answering=True, talking=True):
        for _ in range(round(seconds / 0.05)):
            await self.keeper.step(self.clock.monotonic_ns())
            await self.clock.advance(0.05)
            for link in self.connector.links:
                if link.is_open and answering:
                    link.accept_all()
                if link.is_open and talking:
                    link.receive(b"data")

    def told(self):
        return [(event.state, event.reason, event.slots) for event in self.sink.events]

    @property
    def link(self):
        return self.connector.links[-1]


@pytest.fixture
async def play():
    made = []

    def make(**options):
        made.append(Play(**options))
        return made[-1]

    yield make
    for each in made:
        for link in each.connector.links:
            link.end("over")
        await each.supervisor.stop(1)
