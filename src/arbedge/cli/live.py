"""`arbedge run` and `arbedge demo`: the main job with a live screen, or one JSON event a line."""

import argparse
import asyncio
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from functools import partial

from rich.console import Console
from rich.live import Live

from arbedge.bootstrap.application import Application, running
from arbedge.bootstrap.demo import lab_process
from arbedge.bootstrap.settings import LoadedSettings
from arbedge.bootstrap.snapshot import RunSnapshot
from arbedge.cli.alert import QUEUE, WORKERS, AlertCommand
from arbedge.cli.failure import EXIT_OK
from arbedge.cli.lines import LINES, LineWriter
from arbedge.cli.options import add_settings, duration_s, seed, settings_of
from arbedge.cli.rows import event_row, opportunity_row, rejection_row, venue_row
from arbedge.cli.view import draw
from arbedge.domain.events import OpportunityEvent
from arbedge.foundation.runtime import loop
from arbedge.foundation.runtime.signals import StopSignal

__all__ = ["configure", "run"]

_SCREEN_S = 0.5
_STATUS_S = 1.0
_UNANSWERED = "no venue answers; it goes on trying; `make demo` shows the same on simulated exchanges"


def configure(parser: argparse.ArgumentParser, name: str) -> None:
    """Declare the arguments."""
    parser.add_argument(
        "--format",
        choices=("view", "jsonl"),
        default=None,
        help="a live screen, or one JSON event a line (default: view on a terminal, else jsonl)",
    )
    parser.add_argument(
        "--alert-cmd", metavar="COMMAND", help="run this for each opened opportunity (JSON on stdin)"
    )
    parser.add_argument(
        "--for", dest="seconds", type=duration_s, metavar="SECONDS", help="stop by itself after this long"
    )
    if name == "demo":
        from arbedge.lab.universe import UNIVERSES  # noqa: PLC0415 - the real job loads no simulation

        parser.add_argument(
            "--scenario", default="steady", help="what the simulated market does (arbedge lab scenarios)"
        )
        parser.add_argument("--seed", type=seed, default=7, help="same seed, same market (default: 7)")
        parser.add_argument(
            "--universe", default="demo", choices=sorted(UNIVERSES), help="which instruments exist (default: demo)"
        )
    add_settings(parser)


def run(arguments: argparse.Namespace) -> int:
    """Run until Ctrl-C (exit 0) or `--for` is over."""
    return loop.run(
        _demo(arguments) if arguments.command == "demo" else _main_job(arguments, settings_of(arguments))
    )


async def _demo(arguments: argparse.Namespace) -> int:
    async with lab_process(arguments.scenario, arguments.seed, arguments.universe) as lab:
        loaded = settings_of(arguments, **lab.overrides(settings_of(arguments)))
        return await _main_job(arguments, loaded, is_simulated=True)


async def _main_job(arguments: argparse.Namespace, loaded: LoadedSettings, *, is_simulated: bool = False) -> int:
    alert = AlertCommand(arguments.alert_cmd) if arguments.alert_cmd else None
    with StopSignal() as stop:
        async with running(loaded, is_simulated=is_simulated) as application:
            if alert is not None:
                events = application.open_stream("alerts", QUEUE)
                for number in range(WORKERS):
                    application.start_task(f"alert.{number}", partial(alert.work, events))
            wants_view = arguments.format == "view" or (arguments.format is None and sys.stdout.isatty())
            show = _screen if wants_view else _lines
            async with show(application, stop):
                await stop.wait(arguments.seconds)
    return EXIT_OK


@asynccontextmanager
async def _screen(application: Application, _: StopSignal) -> AsyncIterator[None]:
    console = Console()
    with Live(console=console, screen=False, auto_refresh=False, transient=False) as live:

        async def paint() -> None:
            while True:
                live.update(draw(application.snapshot(), console.width), refresh=True)
                await application.clock.sleep(_SCREEN_S)

        task = application.start_task("view", paint)
        try:
            yield
        finally:
            task.cancel()
            live.update(draw(application.snapshot(), console.width), refresh=True)


@asynccontextmanager
async def _lines(application: Application, stop: StopSignal) -> AsyncIterator[None]:
    """One JSON event a line: opportunities as they change, venues as they change, a status every second.

    When the reader of the lines has left it asks for the stop: there is nobody to tell.
    """
    waiting = application.open_stream("jsonl", LINES)
    here = asyncio.get_running_loop()
    with LineWriter(sys.stdout.fileno(), lambda: here.call_soon_threadsafe(stop.ask)) as lines:
        status = _Status(lines)

        def write_event(event: OpportunityEvent) -> None:
            body = {"opportunity": opportunity_row(event.opportunity)}
            lines.write(event_row(event.change.value, event.opportunity.updated_at, body))

        async def write_events() -> None:
            async for event in waiting:
                write_event(event)

        async def write_status() -> None:
            while True:
                status.write(application.snapshot())
                await application.clock.sleep(_STATUS_S)

        first = application.snapshot()
        started = {"simulated": first.is_simulated, "notices": list(first.notices)}
        lines.write(event_row("started", first.as_of, started))
        tasks = [
            application.start_task("jsonl.events", write_events),
            application.start_task("jsonl.status", write_status),
        ]
        try:
            yield
        finally:
            for task in tasks:
                task.cancel()
            for event in waiting.drain():
                write_event(event)
            last = application.snapshot()
            lines.write(event_row("stopped", last.as_of, {"open": len(last.opportunities)}))


class _Status:
    """What a snapshot adds to the lines: venues that changed, and the state of the whole."""

    def __init__(self, lines: LineWriter) -> None:
        self._lines = lines
        self._venues: dict[str, dict[str, object]] = {}
        self._is_unanswered = False

    def write(self, snapshot: RunSnapshot) -> None:
        """Write what changed about the venues, then the state of the whole."""
        for venue in snapshot.venues:
            row = venue_row(venue)
            facts = {name: row[name] for name in ("state", "instruments", "quotes", "error")}
            if self._venues.get(venue.name) != facts:
                self._venues[venue.name] = facts
                self._lines.write(event_row("venue", snapshot.as_of, {"venue": venue.name, **row}))
        if snapshot.is_unanswered and not self._is_unanswered:
            self._lines.write(event_row("notice", snapshot.as_of, {"text": _UNANSWERED}))
        self._is_unanswered = snapshot.is_unanswered
        body = {
            "uptime_s": round(snapshot.uptime_s, 1),
            "open": len(snapshot.opportunities),
            "rejected": dict(snapshot.rejected),
            "closest": rejection_row(snapshot.closest) if snapshot.closest else None,
            "simulated": snapshot.is_simulated,
            "dropped_lines": self._lines.dropped,
        }
        self._lines.write(event_row("status", snapshot.as_of, body))
