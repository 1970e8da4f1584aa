"""The running lab: one process, one loop, a port for each simulated venue, and the lab's own pages beside them.

The world moves in turns of a few milliseconds, driven by a timer of the event loop; nothing here starts a task.
Own pages: `GET /lab/truth`, `GET|POST|DELETE /lab/faults`, `GET /lab/status`.
"""

import asyncio
import contextlib
import functools
from collections.abc import AsyncIterator, Callable

import msgspec
from aiohttp import web

from arbedge.errors import ConfigError, Invalid
from arbedge.foundation.runtime.clock import Clock, SystemClock
from arbedge.lab.config import VENUE_PORTS, LabOptions
from arbedge.lab.dialect import Dialect
from arbedge.lab.faults import FAULTS, parse_fault
from arbedge.lab.port import Port, run_until_stopped, until_stopped
from arbedge.lab.scenarios import Scenario, find_scenario
from arbedge.lab.speakers import SPEAKERS
from arbedge.lab.stage import Stage, StageSet
from arbedge.lab.truth import Planner

__all__ = ["Lab", "run_lab", "running_lab", "serve"]

_TURN_S = 0.02


class Lab:
    """One lab. `start` opens its ports, `stop` closes them; between the two `ready` describes it."""

    def __init__(self, options: LabOptions, clock: Clock | None = None) -> None:
        self.options = options
        self._clock = clock or SystemClock()
        scenario: Scenario = find_scenario(options.scenario)
        self.stages = StageSet(options, self._clock)
        self.planner = Planner(self.stages, scenario)
        self.dialects = {name: speak(self.stages[name]) for name, speak in SPEAKERS.items() if name in self.stages}
        self._ports = {name: Port(options) for name in self.dialects}
        self._timer: asyncio.TimerHandle | None = None
        self.turns = 0

    async def start(self) -> None:
        """Open the ports and let the world move; ConfigError when a port is taken."""
        try:
            for name, dialect in self.dialects.items():
                application = web.Application()
                application.router.add_get("/lab/truth", self._truth)
                application.router.add_route("*", "/lab/faults", self._faults)
                application.router.add_get("/lab/status", functools.partial(self._status, name))
                application.router.add_route("*", "/{path:.*}", dialect.answer)
                await self._ports[name].open(application, VENUE_PORTS[name])
        except ConfigError:
            await self.stop()
            raise
        self._turn()

    async def stop(self) -> None:
        """Stop the world, end every connection, close the ports; within a couple of seconds."""
        if self._timer is not None:
            self._timer.cancel()
        for dialect in self.dialects.values():
            dialect.close()
        for port in self._ports.values():
            await port.close()

    @property
    def base_url(self) -> str:
        """Where the Binance of this lab listens."""
        return self.url_of("binance")

    @property
    def stage(self) -> Stage:
        """Binance's stage."""
        return self.stages["binance"]

    @property
    def venue(self) -> Dialect:
        """Binance's dialect."""
        return self.dialects["binance"]

    def url_of(self, name: str) -> str:
        """Where a venue of this lab listens; KeyError for one that does not speak."""
        return self._ports[name].base_url

    def ready(self) -> dict[str, object]:
        """What the ready line says."""
        return {
            "ready": True,
            "simulated": True,
            "scenario": self.options.scenario,
            "seed": self.options.seed,
            "universe": self.options.universe,
            "traps": sorted(self.stages.traps),
            "venues": {name: self._introduce(name) for name in self.dialects},
            "truth": f"{self.base_url}/lab/truth",
        }

    def _introduce(self, name: str) -> dict[str, object]:
        universe = self.stages[name].universe
        counts = {"spot": universe.count("spot"), "perp": universe.count("usdm")}
        return {"base_url": self.url_of(name), "instruments": counts}

    def _turn(self) -> None:
        """Move everything on by one turn and set the timer for the next."""
        self._timer = asyncio.get_running_loop().call_later(_TURN_S, self._turn)
        self.turns += 1
        now_ns = self._clock.monotonic_ns()
        self.stages.expire(now_ns)
        true_ms = self.stages.true_ms()
        planted, moved = self.planner.turn(true_ms), self.stages.motion.step(true_ms)
        for name, dialect in self.dialects.items():
            dialect.turn(planted[name] + moved[name], true_ms, now_ns)

    async def _truth(self, _: web.Request) -> web.Response:
        return _json(self.planner.truth(self.stages.true_ms()))

    async def _faults(self, request: web.Request) -> web.Response:
        if request.method == "POST":
            try:
                document = msgspec.json.decode(await request.read())
                self.stages.begin(parse_fault(document, self._clock.monotonic_ns()))
            except (msgspec.DecodeError, Invalid) as error:
                return _json({"error": str(error)}, status=400)
        elif request.method == "DELETE":
            self.stages.clear()
        now_ns = self._clock.monotonic_ns()
        active = [
            {"fault": fault.name,
             "params": {**fault.numbers, "host": fault.host, "symbol": fault.symbol, "venue": fault.venue},
             "seconds_left": round((fault.until_ns - now_ns) / 1e9, 1)}
            for fault in self.stages.staged()
        ]  # fmt: skip
        return _json({"active": active, "known": FAULTS})

    async def _status(self, name: str, _: web.Request) -> web.Response:
        dialect = self.dialects[name]
        return _json(
            {**self.ready(), "turns": self.turns, "requests": dialect.served, "connections": dialect.open_count,
             "connections_accepted": dialect.accepted}
        )  # fmt: skip


@contextlib.asynccontextmanager
async def running_lab(options: LabOptions, clock: Clock | None = None) -> AsyncIterator[Lab]:
    """A started lab, stopped on leaving; with `port_base` 0 it takes any free port."""
    lab = Lab(options, clock)
    await lab.start()
    try:
        yield lab
    finally:
        await lab.stop()


async def serve(options: LabOptions, announce: Callable[[str], None] | None = None) -> None:
    """Run a lab until SIGINT or SIGTERM; `announce` gets the ready line (default: stdout)."""
    async with running_lab(options) as lab:
        await until_stopped(lab.ready(), announce)


def run_lab(options: LabOptions) -> int:
    """Run a lab until told to stop; 0 after a stop, 2 with one line on stderr when it cannot start."""
    return run_until_stopped(lambda: serve(options))


def _json(document: object, status: int = 200) -> web.Response:
    return web.Response(status=status, body=msgspec.json.encode(document), content_type="application/json")
