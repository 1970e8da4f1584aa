"""`arbedge scan --once`: one look at the market; what qualifies now, and what was rejected by which gate."""

import argparse
import json
import sys

from rich.console import Console

from arbedge.bootstrap.application import running
from arbedge.bootstrap.snapshot import RunSnapshot
from arbedge.cli.failure import EXIT_NO_VENUE, EXIT_OK
from arbedge.cli.options import add_format, add_settings, duration_s, settings_of
from arbedge.cli.rows import scan_document
from arbedge.cli.view import draw
from arbedge.foundation.runtime import loop

__all__ = ["configure", "run"]

_DEADLINE_S = 20.0


def configure(parser: argparse.ArgumentParser, name: str) -> None:
    """Declare the arguments."""
    _ = name
    parser.add_argument("--once", action="store_true", help="look once (the only way so far; the default)")
    parser.add_argument(
        "--within",
        type=duration_s,
        default=_DEADLINE_S,
        metavar="SECONDS",
        help=f"answer with what is known after this long at the latest (default: {_DEADLINE_S:g})",
    )
    add_format(parser, "table", "json")
    add_settings(parser)


def run(arguments: argparse.Namespace) -> int:
    """Look once; exit 3 when no venue answered."""
    snapshot = loop.run(_look(arguments))
    if arguments.format == "json":
        sys.stdout.write(json.dumps(scan_document(snapshot), indent=1) + "\n")
    else:
        console = Console()
        console.print(draw(snapshot, console.width, is_live=False))
    if snapshot.quoting_venues == 0:
        reasons = "; ".join(f"{venue.name}: {venue.error or venue.state}" for venue in snapshot.venues)
        sys.stderr.write(f"arbedge: no venue answered ({reasons}); `arbedge demo` works without any\n")
        return EXIT_NO_VENUE
    return EXIT_OK


async def _look(arguments: argparse.Namespace) -> RunSnapshot:
    async with running(settings_of(arguments), is_recording=False) as application:
        await application.settled(arguments.within)
        return application.snapshot()
