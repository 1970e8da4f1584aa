"""The commands' reference page, drawn from the parsers: `python -m arbedge.cli.manual > FILE` renews it."""

import argparse
import sys
from collections.abc import Iterator

from arbedge.cli.app import COMMANDS, parser_for

__all__ = ["commands_page"]

_INTRODUCTION = """# Commands

`arbedge COMMAND --help` says the same in the terminal. Exit codes: 0 done · 1 a proof failed or something broke ·
2 the input or a setting is wrong · 3 no venue answered · 4 a source is unavailable.
"""


def commands_page() -> str:
    """The page in Markdown, one section a command."""
    children = _subparsers(parser_for())
    sections = [_INTRODUCTION]
    for command in COMMANDS:
        sections.append(f"## arbedge {command.name}\n\n{command.summary[0].upper()}{command.summary[1:]}.\n")
        sections += _section(children[command.name])
    return "\n".join(sections)


def _section(parser: argparse.ArgumentParser) -> Iterator[str]:
    rows = [_row(action) for action in _visible(parser)]
    if rows:
        yield "| argument | meaning |\n|---|---|\n" + "\n".join(rows) + "\n"
    for name, child in _subparsers(parser).items():
        title = child.prog.partition(" ")[2] or name
        yield f"### arbedge {title}\n\n{child.description or _help_of(parser, name)}.\n"
        yield from _section(child)


def _row(action: argparse.Action) -> str:
    if action.option_strings:
        value = "" if action.nargs == 0 else f" {_value(action)}"
        name = f"`{', '.join(action.option_strings)}{value}`"
    else:
        name = f"`{_value(action)}`"
    return f"| {name} | {action.help or ''} |"


def _value(action: argparse.Action) -> str:
    if isinstance(action.metavar, str):
        return action.metavar
    if action.choices is not None:
        return "\\|".join(str(choice) for choice in action.choices)
    return action.dest.upper()


def _visible(parser: argparse.ArgumentParser) -> list[argparse.Action]:
    return [
        action
        for action in parser._actions  # noqa: SLF001 - argparse offers no other way to its own arguments
        if action.dest != "help" and not isinstance(action, argparse._SubParsersAction)  # noqa: SLF001
    ]


def _subparsers(parser: argparse.ArgumentParser) -> dict[str, argparse.ArgumentParser]:
    for action in parser._actions:  # noqa: SLF001
        if isinstance(action, argparse._SubParsersAction):  # noqa: SLF001
            return dict(action.choices)
    return {}


def _help_of(parser: argparse.ArgumentParser, name: str) -> str:
    for action in parser._actions:  # noqa: SLF001
        if isinstance(action, argparse._SubParsersAction):  # noqa: SLF001
            for choice in action._choices_actions:  # noqa: SLF001
                if choice.dest == name:
                    return str(choice.help)
    return name


if __name__ == "__main__":
    sys.stdout.write(commands_page())
