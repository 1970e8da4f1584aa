"""`arbedge record`: the venues recorded, with one status line that changes or one JSON status a line."""

import argparse
import json
import sys
from collections.abc import Callable
from dataclasses import replace
from typing import Any

from arbedge.bootstrap.record_job import RecordJob, RecordSnapshot, recording
from arbedge.cli.failure import EXIT_OK
from arbedge.cli.options import add_settings, duration_s, settings_of
from arbedge.cli.rows import stamp
from arbedge.foundation.runtime import loop
from arbedge.foundation.runtime.signals import StopSignal

__all__ = ["configure", "run"]

_STATUS_S = 1.0
_MB = 1e6


def configure(parser: argparse.ArgumentParser, name: str) -> None:
    """Declare the arguments."""
    _ = name
    parser.add_argument(
        "--for", dest="seconds", type=duration_s, metavar="TIME", help="stop by itself: 90, 10m, 24h"
    )
    parser.add_argument("--json", action="store_true", help="one JSON status a line instead of a line that changes")
    add_settings(parser)


def run(arguments: argparse.Namespace) -> int:
    """Record until Ctrl-C (exit 0) or `--for` is over."""
    return loop.run(_record(arguments))


async def _record(arguments: argparse.Namespace) -> int:
    show = _json_line if arguments.json else _line_that_changes(is_terminal=sys.stdout.isatty())
    with StopSignal() as stop:
        async with recording(settings_of(arguments)) as job:
            task = job.start_task("status", _teller(job, show, stop))
            await stop.wait(arguments.seconds)
            task.cancel()
            last = job.snapshot()
        show(replace(last, recorder=job.snapshot().recorder), True)
    return EXIT_OK


def _teller(job: RecordJob, show: Callable[[RecordSnapshot, bool], None], stop: StopSignal) -> Callable[[], Any]:
    async def tell() -> None:
        while True:
            try:
                show(job.snapshot(), False)
            except BrokenPipeError:
                stop.ask()  # the reader left: there is nobody to tell
                return
            await job.clock.sleep(_STATUS_S)

    return tell


def _json_line(snapshot: RecordSnapshot, is_last: bool) -> None:
    status = snapshot.recorder
    row = {
        "type": "stopped" if is_last else "status",
        "at": stamp(snapshot.as_of),
        "uptime_s": round(snapshot.uptime_s, 1),
        "simulated": snapshot.is_simulated,
        "venues": {
            each.name: {
                "state": each.state.value,
                "instruments": each.instruments,
                "quotes": each.quotes,
                "error": each.error,
            }
            for each in snapshot.venues
        },
        "recorded": {
            "rows": status.rows,
            "bytes": status.bytes,
            "parts": status.parts,
            "written_at": stamp(status.written_at) if status.written_at else None,
            "samples_refused": status.refused,
            "samples_lost": status.lost,
            "hours_deleted": status.hours_deleted,
            "disk_bytes": status.disk_bytes,
            "problem": status.problem,
        },
    }
    sys.stdout.write(json.dumps(row, separators=(",", ":")) + "\n")
    sys.stdout.flush()


def _line_that_changes(*, is_terminal: bool) -> Callable[[RecordSnapshot, bool], None]:
    """On a terminal the line is written over; elsewhere only the last one is written."""

    def show(snapshot: RecordSnapshot, is_last: bool) -> None:
        if is_terminal:
            sys.stdout.write(f"\r\x1b[K{_words(snapshot)}" + ("\n" if is_last else ""))
        elif is_last:
            sys.stdout.write(f"{_words(snapshot)}\n")
        sys.stdout.flush()

    return show


def _words(snapshot: RecordSnapshot) -> str:
    status = snapshot.recorder
    venues = ", ".join(
        f"{each.name} {each.quotes}/{each.instruments} {each.state.value}" for each in snapshot.venues
    )
    recorded = f"{status.rows:,} rows, {status.bytes / _MB:,.1f} MB in {snapshot.uptime_s:,.0f} s"
    simulated = "SIMULATED, " if snapshot.is_simulated else ""
    problem = f" | {status.problem}" if status.problem else ""
    kept = f"{status.disk_bytes / _MB:,.1f} MB on disk"
    return f"{simulated}{venues} | {recorded}, {kept}{problem}"
