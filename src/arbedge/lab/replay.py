"""Recorded frames served on loopback as the venue sent them, at a chosen speed.

The replay waits at its first frame until somebody subscribes; the venue's clock shows the recording's own time.
It answers what its recordings know: the markets, best prices, depth, time. Funding was not recorded, so
`premiumIndex` and `fundingInfo` answer empty lists.
"""

import asyncio
import contextlib
import sys
from collections.abc import AsyncIterator, Callable, Iterator
from itertools import chain
from pathlib import Path

import msgspec
from aiohttp import web

from arbedge.errors import Invalid
from arbedge.foundation.runtime.clock import Clock, SystemClock
from arbedge.lab.config import VENUE_PORTS, LabOptions
from arbedge.lab.exchanges.binance import directory
from arbedge.lab.exchanges.binance.replayed import ReplayBoard, ReplayedMarket
from arbedge.lab.exchanges.binance.streams import StreamDesk, is_stream_path
from arbedge.lab.faults import FaultBoard
from arbedge.lab.port import Port, run_until_stopped, until_stopped
from arbedge.lab.recorded import RecordedFrame, Recording, merged, open_recording, recorded_frames

__all__ = ["ReplayLab", "run_replay", "running_replay", "serve_replay"]

_TURN_S = 0.02
_MOST_A_TURN = 2000
_BACKLOG_BYTES = 1_000_000  # a reader further behind than this holds the replay back
_Answer = Callable[[web.Request], bytes]


class ReplayLab:
    """One replay. `speed` 1 is the recorded pace, 0 as fast as its readers read. Recordings of COIN-M are left out.

    Raises Invalid when no file holds a spot or USD-M market, or a market's depth snapshot is missing.
    """

    def __init__(
        self, paths: list[Path], options: LabOptions, speed: float = 1.0, clock: Clock | None = None
    ) -> None:
        if speed < 0:
            raise Invalid(f"--speed {speed}: expected 0 (as fast as it can be read) or more")
        self.options, self.speed = options, speed
        self.clock = clock or SystemClock()
        self.faults = FaultBoard()
        found = [open_recording(path) for path in paths]
        self.left_out = [str(recording.path) for recording in found if recording.host == "coinm"]
        self._recordings = [recording for recording in found if recording.host != "coinm"]
        if not self._recordings:
            raise Invalid("no recording of a spot or USD-M market among the files")
        self.markets = {(r.host, r.symbol): ReplayedMarket(r, _snapshot(r)) for r in self._recordings}
        self._boards = {host: ReplayBoard() for host in ("spot", "usdm")}
        self._streams = StreamDesk(self, self._boards)
        self._port = Port(options)
        self._timer: asyncio.TimerHandle | None = None
        self._frames: Iterator[tuple[Recording, RecordedFrame]] = merged(self._recordings)
        first = next(self._frames)
        self._frames = chain([first], self._frames)
        self._first_ns = self._at_ns = first[1].received_ns
        self._began_ns: int | None = None
        self._held: tuple[Recording, RecordedFrame] | None = None
        self._answers = self._routes()
        self.frames_sent = 0
        self.finished = False
        self.problem: str | None = None

    @property
    def base_url(self) -> str:
        """Where the replayed venue listens."""
        return self._port.base_url

    def now_ms(self, host: str) -> int:
        """The newest stamp of that host's recorded events, or the receive time before there was one."""
        stamps = [market.event_ms for (of, _), market in self.markets.items() if of == host]
        return max([*stamps, 0]) or self._at_ns // 1_000_000

    async def start(self) -> None:
        """Open the port; ConfigError when it is taken."""
        application = web.Application()
        application.router.add_route("*", "/{path:.*}", self._answer)
        await self._port.open(application, VENUE_PORTS["binance"])
        self._turn()

    async def stop(self) -> None:
        """End every connection and close the port."""
        if self._timer is not None:
            self._timer.cancel()
        self._streams.drop_all()
        await self._port.close()

    def ready(self) -> dict[str, object]:
        """What the ready line says."""
        count = {
            kind: sum(host == of for of, _ in self.markets) for kind, host in (("spot", "spot"), ("perp", "usdm"))
        }
        return {
            "ready": True,
            "simulated": True,
            "replay": [str(recording.path) for recording in self._recordings],
            "left_out": self.left_out,
            "speed": self.speed,
            "venues": {"binance": {"base_url": self.base_url, "instruments": count}},
        }

    def _turn(self) -> None:
        self._timer = asyncio.get_running_loop().call_later(_TURN_S, self._turn)
        now_ns = self.clock.monotonic_ns()
        if self._began_ns is None and any(board.joined for board in self._boards.values()):
            self._began_ns = now_ns
        if self._began_ns is not None and not self.finished and self._streams.backlog_bytes < _BACKLOG_BYTES:
            self._advance(now_ns - self._began_ns)
        self._streams.turn(now_ns)

    def _advance(self, elapsed_ns: int) -> None:
        """Send every frame due by now, at most two thousand a turn."""
        due_ns = self._first_ns + int(elapsed_ns * self.speed)
        for _ in range(_MOST_A_TURN):
            entry = self._held or self._next()
            self._held = None
            if entry is None:
                self.finished = True
                return
            recording, frame = entry
            if self.speed and frame.received_ns > due_ns:
                self._held = entry
                return
            self._at_ns = frame.received_ns
            if frame.stream:
                self.markets[recording.host, recording.symbol].note(frame)
                self._boards[recording.host].publish(frame, recording.symbol)
                self.frames_sent += 1

    def _next(self) -> tuple[Recording, RecordedFrame] | None:
        """The next frame; None at the end, which a damaged recording brings early, with its reason kept."""
        try:
            return next(self._frames, None)
        except Invalid as error:
            self.problem = str(error)
            sys.stderr.write(f"arbedge: replay ends here: {error}\n")
            return None

    async def _answer(self, request: web.Request) -> web.StreamResponse:
        if is_stream_path(request.path):
            return await self._streams.serve(request)
        answer = self._answers.get(request.path)
        if answer is None:
            return _json(b'{"code":-5000,"msg":"Path is invalid"}', 404)
        try:
            return _json(answer(request), 200)
        except KeyError:
            return _json(b'{"code":-1121,"msg":"Invalid symbol."}', 400)

    def _routes(self) -> dict[str, _Answer]:
        routes: dict[str, _Answer] = {"/lab/status": lambda _: msgspec.json.encode(self._status())}
        for host, root, listing in (
            ("spot", "/api/v3", directory.spot_listing),
            ("usdm", "/fapi/v1", directory.usdm_listing),
        ):
            body = listing([market.listing for (of, _), market in self.markets.items() if of == host])
            routes |= self._host_routes(host, root, body)
        empty = ("/fapi/v1/premiumIndex", "/fapi/v1/fundingInfo", "/fapi/v1/fundingRate")
        return routes | dict.fromkeys(empty, lambda _: b"[]")

    def _host_routes(self, host: str, root: str, listing: bytes) -> dict[str, _Answer]:
        def rows(request: web.Request, row: Callable[[ReplayedMarket], dict[str, object]]) -> bytes:
            if "symbol" in request.query:
                return msgspec.json.encode(row(self.markets[host, request.query["symbol"]]))
            return msgspec.json.encode([row(market) for (of, _), market in self.markets.items() if of == host])

        def depth(request: web.Request) -> bytes:
            limit = request.query.get("limit", "100")
            return self.markets[host, request.query["symbol"]].depth(int(limit) if limit.isdigit() else 100)

        def now() -> int:
            return self.now_ms(host)

        return {
            f"{root}/ping": lambda _: b"{}",
            f"{root}/time": lambda _: b'{"serverTime":%d}' % now(),
            f"{root}/exchangeInfo": lambda _: b'{"timezone":"UTC","serverTime":%d,' % now() + listing,
            f"{root}/ticker/bookTicker": lambda request: rows(request, ReplayedMarket.best_row),
            f"{root}/ticker/24hr": lambda request: rows(request, ReplayedMarket.day_row),
            f"{root}/depth": depth,
        }

    def _status(self) -> dict[str, object]:
        where = {"frames_sent": self.frames_sent, "finished": self.finished, "at_ns": self._at_ns}
        return {**self.ready(), **where, "problem": self.problem}


@contextlib.asynccontextmanager
async def running_replay(
    paths: list[Path], options: LabOptions, speed: float = 1.0, clock: Clock | None = None
) -> AsyncIterator[ReplayLab]:
    """A started replay, stopped on leaving."""
    lab = ReplayLab(paths, options, speed, clock)
    await lab.start()
    try:
        yield lab
    finally:
        await lab.stop()


async def serve_replay(paths: list[Path], options: LabOptions, speed: float = 1.0) -> None:
    """Replay until SIGINT or SIGTERM."""
    async with running_replay(paths, options, speed) as lab:
        await until_stopped(lab.ready())


def run_replay(paths: list[Path], options: LabOptions, speed: float = 1.0) -> int:
    """Replay until told to stop; 0 after a stop, 2 with one line on stderr when it cannot start."""
    return run_until_stopped(lambda: serve_replay(paths, options, speed))


def _snapshot(recording: Recording) -> bytes:
    """The recording's first depth snapshot."""
    for frame in recorded_frames(recording.path):
        if not frame.stream and b'"lastUpdateId"' in frame.payload[:40]:
            return frame.payload
    raise Invalid(f"{recording.path}: no depth snapshot in the recording")


def _json(body: bytes, status: int) -> web.Response:
    return web.Response(status=status, body=body, content_type="application/json")
