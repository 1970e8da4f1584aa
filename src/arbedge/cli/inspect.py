"""`arbedge config show`, `arbedge services graph|health` and `arbedge version`."""

import argparse
import json
import platform
import sys

from arbedge import __version__
from arbedge.bootstrap.application import running, service_graph
from arbedge.cli.failure import EXIT_BROKEN, EXIT_OK
from arbedge.cli.options import add_format, add_settings, settings_of
from arbedge.foundation.runtime import loop

__all__ = ["configure", "run"]

_HEALTH_WITHIN_S = 10.0
_PING_EVERY_S = 0.25
_VALUE_WIDTH_MAX = 40


def configure(parser: argparse.ArgumentParser, name: str) -> None:
    """Declare the arguments."""
    if name == "version":
        return
    if name == "config":
        parser.add_argument("action", nargs="?", choices=("show",), default="show")
    else:
        parser.add_argument("action", nargs="?", choices=("graph", "health"), default="graph")
    add_format(parser, "table", "json")
    add_settings(parser)


def run(arguments: argparse.Namespace) -> int:
    """Run one of the three."""
    if arguments.command == "version":
        sys.stdout.write(f"arbedge {__version__} (Python {platform.python_version()})\n")
        return EXIT_OK
    if arguments.command == "config":
        return _config(arguments)
    return _graph(arguments) if arguments.action == "graph" else loop.run(_health(arguments))


def _config(arguments: argparse.Namespace) -> int:
    loaded = settings_of(arguments)
    if arguments.format == "json":
        document = {line.path: {"value": line.value, "source": line.source} for line in loaded.lines()}
        sys.stdout.write(json.dumps({"config_hash": loaded.config_hash, "settings": document}, indent=1) + "\n")
        return EXIT_OK
    lines = loaded.lines()
    path_width = max(len(line.path) for line in lines)
    value_width = min(max(len(line.value) for line in lines), _VALUE_WIDTH_MAX)
    for line in lines:
        sys.stdout.write(f"{line.path:<{path_width}}  {line.value:<{value_width}}  {line.source}\n")
    for notice in loaded.notices:
        sys.stdout.write(f"note: {notice}\n")
    return EXIT_OK


def _graph(arguments: argparse.Namespace) -> int:
    graph = service_graph(settings_of(arguments))
    if arguments.format == "json":
        sys.stdout.write(json.dumps({name: list(needs) for name, needs in graph.items()}, indent=1) + "\n")
        return EXIT_OK
    for name, needs in graph.items():
        sys.stdout.write(f"{name} <- {', '.join(needs) or 'nothing'}\n")
    return EXIT_OK


async def _health(arguments: argparse.Namespace) -> int:
    """Start everything but the recording, look, stop; exit 1 when a service is not well."""
    # A run of seconds must ask sooner than a run of days.
    loaded = settings_of(arguments, **{"services.ping_interval_s": str(_PING_EVERY_S)})
    async with running(loaded, is_recording=False) as application:
        await application.settled(_HEALTH_WITHIN_S)
        await application.clock.sleep(2 * _PING_EVERY_S)
        rows = application.health()
    if arguments.format == "json":
        sys.stdout.write(
            json.dumps({row.name: {"state": row.state, "reason": row.reason} for row in rows}, indent=1) + "\n"
        )
    else:
        for row in rows:
            sys.stdout.write(f"{row.name:<24} {row.state:<10} {row.reason}\n".rstrip() + "\n")
    return EXIT_OK if all(row.state == "healthy" for row in rows) else EXIT_BROKEN
