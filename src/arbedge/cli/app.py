"""The command line's frame: which commands exist, how arguments are read, and how errors leave.

Exit codes: 0 done · 1 a proof failed or something broke · 2 the input or a setting is wrong · 3 no venue answered
· 4 a source is unavailable.
"""

import argparse
import importlib
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from typing import NoReturn, Protocol, cast

from arbedge.cli import interrupt
from arbedge.cli.failure import EXIT_INPUT, report_error, report_unexpected
from arbedge.errors import ArbEdgeError

__all__ = ["COMMANDS", "Command", "main", "parser_for"]


class CommandModule(Protocol):
    """What a command's module offers: how to read its arguments, and how to run it."""

    def configure(self, parser: argparse.ArgumentParser, name: str) -> None:
        """Declare the arguments of command `name`."""
        ...

    def run(self, arguments: argparse.Namespace) -> int:
        """Run it; returns the exit code."""
        ...


@dataclass(frozen=True, slots=True)
class Command:
    """One command: its name, the module that holds it (imported only when used), and one line about it."""

    name: str
    module: str
    summary: str


COMMANDS: tuple[Command, ...] = (
    Command("run", "live", "watch the venues and show ranked opportunities as they live"),
    Command("demo", "live", "the same against simulated exchanges started on this machine"),
    Command("scan", "scan", "look once, print what qualifies now and what was rejected by which gate"),
    Command("record", "record", "record quotes and funding of the venues, and nothing else"),
    Command("price", "price", "price an evidence file exactly and print every line of its profit"),
    Command("prove", "proof", "rebuild a stored opportunity's figures from its evidence, to the last digit"),
    Command("why", "proof", "why an opportunity is shown, or which gate keeps a candidate out"),
    Command("markets", "markets", "list instruments as ArbEdge understands them"),
    Command("funding", "markets", "funding now, or settled history of one contract"),
    Command("history", "history", "opportunities seen so far, newest first"),
    Command("export", "history", "write opportunities to CSV or Parquet"),
    Command(
        "quarantine", "quarantine", "pairs of instruments that wait for a person to say whether they are one asset"
    ),
    Command("outcomes", "outcomes", "what became of what was shown: still paying later, paper against prediction"),
    Command("lab", "lab", "simulated exchanges in the venues' real dialects"),
    Command("replay", "lab", "serve recorded frames as a simulated venue"),
    Command("report", "report", "what recorded data says: how long edges live, what funding really paid"),
    Command("doctor", "doctor", "check this machine, the settings and each venue, and say what to fix"),
    Command("config", "inspect", "show the effective settings and where each came from"),
    Command("services", "inspect", "the service graph, or the health of each service"),
    Command("version", "inspect", "print the version"),
)


class _Parser(argparse.ArgumentParser):
    """argparse with one line per mistake instead of a usage dump."""

    def error(self, message: str) -> NoReturn:
        """Print one line naming the fix; exit 2."""
        self.exit(EXIT_INPUT, f"{self.prog}: {message} (see: {self.prog} --help)\n")


def parser_for(selected: str | None = None) -> argparse.ArgumentParser:
    """The argument parser; only the selected command's module is imported (all when None)."""
    parser = _Parser(
        prog="arbedge",
        description="Finds crypto arbitrage, priced net of everything and provable to the last digit.",
        epilog="New here? `arbedge demo` shows it at work on simulated exchanges, `arbedge run` on real ones. "
        "Exit codes: 0 done, 1 a proof failed or something broke, 2 the input or a setting is wrong, 3 no venue "
        "answered, 4 a source is unavailable.",
        allow_abbrev=False,
    )
    groups = parser.add_subparsers(dest="command", metavar="command", required=True, parser_class=_Parser)
    for command in COMMANDS:
        child = groups.add_parser(
            command.name,
            help=command.summary,
            description=f"{command.summary[0].upper()}{command.summary[1:]}.",
            allow_abbrev=False,
        )
        if selected is None or selected == command.name:
            _module_of(command).configure(child, command.name)
    return parser


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command; every way out is an exit code."""
    words = list(sys.argv[1:] if argv is None else argv)
    names = {command.name: command for command in COMMANDS}
    selected = next((word for word in words if word in names), "")
    if words and words[0] in {"-V", "--version"}:
        words, selected = ["version"], "version"
    arguments = parser_for(selected).parse_args(words)
    command = names[cast("str", arguments.command)]
    interrupt.raise_again()
    try:
        return _module_of(command).run(arguments)
    except ArbEdgeError as error:
        return report_error(error)
    except BrokenPipeError:
        # The reader (head, less) left; there is nobody to tell.
        sys.stderr.close()
        return 0
    except KeyboardInterrupt:
        return interrupt.exit_code()
    except Exception as error:  # noqa: BLE001 - the process edge: one line for the person, the rest to the log
        return report_unexpected(error)


def _module_of(command: Command) -> CommandModule:
    return cast("CommandModule", importlib.import_module(f"arbedge.cli.{command.module}"))
