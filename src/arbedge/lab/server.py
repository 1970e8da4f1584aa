"""The running lab: one process, one loop, a port for each simulated venue, and the lab's own pages beside them.

The world moves in turns of a few milliseconds, driven by a timer of the event loop; nothing here starts a task.
Own pages: `GET /lab/truth`, `GET|POST|DELETE /lab/faults`, `GET /lab/status`.
"""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Callable

import msgspec
from aiohttp import web

from arbedge.errors import Invalid
from arbedge.foundation.runtime.clock import Clock, SystemClock
from arbedge.lab.config import VENUE_PORTS, LabOptions
from arbedge.lab.exchanges.binance.venue import BinanceVenue
from arbedge.lab.faults import FAULTS, parse_fault
from arbedge.lab.port import Port, run_until_stopped, until_stopped
from arbedge.lab.scenarios import Scenario, find_scenario
from arbedge.lab.stage import Stage
from arbedge.lab.truth import Planner

__all__ = ["Lab", "run_lab", "running_lab", "serve"]

_TURN_S = 0.02


class Lab:
    """One lab. `start` opens its ports, `stop` closes them; between the two `ready` describes it."""

    def __init__(self, options: LabOptions, clock: Clock | None = None) -> None:
        self.options = options
        self._clock = clock or SystemClock()
        scenario: Scenario = find_scenario(options.scenario)
        self.stage = Stage(options, self._clock)
        self.planner = Planner(self.stage, scenario)
        self.venue = BinanceVenue(self.stage)
        self._port = Port(options)
        self._timer: asyncio.TimerHandle | None = None
        self.turns = 0

    async def start(self) -> None:
        """Open the ports and let the world move; ConfigError when a port is taken."""
        application = web.Application()
        application.router.add_get("/lab/truth", self._truth)
        application.router.add_route("*", "/lab/faults", self._faults)
        application.router.add_get("/lab/status", self._status)
        application.router.add_route("*", "/{path:.*}", self.venue.answer)
        await self._port.open(application, VENUE_PORTS["binance"])
        self._turn()

    async def stop(self) -> None:
        """Stop the world, end every connection, close the ports; within a couple of seconds."""
        if self._timer is not None:
            self._timer.cancel()
        self.venue.close()
        await self._port.close()

    @property
    def base_url(self) -> str:
        """Where the Binance of this lab listens."""
        return self._port.base_url

    def ready(self) -> dict[str, object]:
        """What the ready line says."""
        universe = self.stage.universe
        counts = {"spot": universe.count("spot"), "perp": universe.count("usdm")}
        return {
            "ready": True,
            "simulated": True,
            "scenario": self.options.scenario,
            "seed": self.options.seed,
            "universe": self.options.universe,
            "venues": {self.venue.name: {"base_url": self.base_url, "instruments": counts}},
            "truth": f"{self.base_url}/lab/truth",
        }

    def _turn(self) -> None:
        """Move everything on by one turn and set the timer for the next."""
        self._timer = asyncio.get_running_loop().call_later(_TURN_S, self._turn)
        self.turns += 1
        stage, now_ns = self.stage, self._clock.monotonic_ns()
        for fault in stage.faults.expire(now_ns):
            stage.end(fault)
        true_ms = stage.true_ms()
        changed = self.planner.turn(true_ms) + stage.world.step(true_ms)
        self.venue.turn(changed, true_ms, now_ns)

    async def _truth(self, _: web.Request) -> web.Response:
        return _json(self.planner.truth(self.stage.true_ms()))

    async def _faults(self, request: web.Request) -> web.Response:
        faults = self.stage.faults
        if request.method == "POST":
            try:
                document = msgspec.json.decode(await request.read())
                self.stage.begin(parse_fault(document, self._clock.monotonic_ns()))
            except (msgspec.DecodeError, Invalid) as error:
                return _json({"error": str(error)}, status=400)
        elif request.method == "DELETE":
            for fault in faults.staged():
                self.stage.end(fault)
            faults.clear()
        now_ns = self._clock.monotonic_ns()
        active = [
            {"fault": fault.name, "params": {**fault.numbers, "host": fault.host, "symbol": fault.symbol},
             "seconds_left": round((fault.until_ns - now_ns) / 1e9, 1)}
            for fault in faults.staged()
        ]  # fmt: skip
        return _json({"active": active, "known": FAULTS})

    async def _status(self, _: web.Request) -> web.Response:
        streams = self.venue.streams
        return _json(
            {**self.ready(), "turns": self.turns, "requests": self.venue.served, "connections": streams.open_count,
             "connections_accepted": streams.accepted}
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
