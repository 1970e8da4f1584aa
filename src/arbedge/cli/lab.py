"""`arbedge lab serve|scenarios|traps` and `arbedge replay FILE…`: simulated venues in their real dialects."""

import argparse
import contextlib
import os
import signal
import sys
import threading
from pathlib import Path

from arbedge.cli.failure import EXIT_OK
from arbedge.cli.options import seed
from arbedge.lab.config import DEFAULT_PORT_BASE, LabOptions
from arbedge.lab.replay import run_replay
from arbedge.lab.scenarios import find_scenario, scenarios
from arbedge.lab.server import run_lab
from arbedge.lab.traps import traps
from arbedge.lab.universe import UNIVERSES

__all__ = ["configure", "run"]

_INPUT_BYTES = 4096


def configure(parser: argparse.ArgumentParser, name: str) -> None:
    """Declare the arguments."""
    if name == "replay":
        parser.add_argument(
            "files", nargs="+", metavar="FILE", help="recorded frames: .jsonl, .jsonl.gz or .jsonl.xz"
        )
        parser.add_argument(
            "--speed", type=float, default=1.0, help="1 as recorded, 10 ten times as fast (default: 1)"
        )
        parser.add_argument(
            "--port-base", type=int, default=DEFAULT_PORT_BASE, help=f"default: {DEFAULT_PORT_BASE}"
        )
        return
    actions = parser.add_subparsers(dest="action", metavar="serve|scenarios|traps", required=True)
    serve = actions.add_parser("serve", help="start the simulated exchanges", allow_abbrev=False)
    serve.add_argument(
        "--port-base",
        type=int,
        default=DEFAULT_PORT_BASE,
        help=f"port of the first venue (default: {DEFAULT_PORT_BASE})",
    )
    serve.add_argument(
        "--scenario", default="steady", help="what happens (default: steady; see: arbedge lab scenarios)"
    )
    serve.add_argument("--seed", type=seed, default=1, help="same seed, same market (default: 1)")
    serve.add_argument(
        "--universe", default="demo", choices=sorted(UNIVERSES), help="which instruments (default: demo)"
    )
    serve.add_argument(
        "--trap", action="append", default=[], metavar="NAME",
        help="set one more trap, or `all` (repeatable; see: arbedge lab traps)",
    )  # fmt: skip
    serve.add_argument(
        "--no-trap", action="append", default=[], metavar="NAME", help="switch one off, or `all` (repeatable)"
    )
    serve.add_argument(
        "--until-input-ends", action="store_true", help="stop when standard input ends, as with its parent process"
    )
    actions.add_parser("scenarios", help="list the scenarios", allow_abbrev=False)
    actions.add_parser("traps", help="list what can mislead a reader, by name", allow_abbrev=False)


def run(arguments: argparse.Namespace) -> int:
    """Run one of the lab commands."""
    if arguments.command == "replay":
        options = LabOptions(port_base=arguments.port_base)
        return run_replay([Path(name) for name in arguments.files], options, arguments.speed)
    if arguments.action == "scenarios":
        width = max(len(name) for name, _ in scenarios())
        for name, text in scenarios():
            sys.stdout.write(f"{name:<{width}}  {text}\n")
        return EXIT_OK
    if arguments.action == "traps":
        width = max(len(trap.name) for trap in traps())
        for trap in traps():
            sort = f"{trap.sort}, always" if trap.is_standing else trap.sort
            sys.stdout.write(f"{trap.name:<{width}}  {sort:<15}  {trap.text}\n")
        return EXIT_OK
    find_scenario(arguments.scenario)
    if arguments.until_input_ends:
        threading.Thread(target=_stop_after_input, name="input", daemon=True).start()
    return run_lab(
        LabOptions(
            port_base=arguments.port_base,
            scenario=arguments.scenario,
            seed=arguments.seed,
            universe=arguments.universe,
            traps=tuple(arguments.trap),
            no_traps=tuple(arguments.no_trap),
        )
    )


def _stop_after_input() -> None:
    """Read standard input to its end, then ask this process to stop: whoever started it is gone."""
    with contextlib.suppress(OSError):
        while os.read(sys.stdin.fileno(), _INPUT_BYTES):
            pass
    os.kill(os.getpid(), signal.SIGTERM)
