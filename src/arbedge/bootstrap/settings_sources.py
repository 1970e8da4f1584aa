"""Reads settings as they were given: from the file, the environment and the command line, each with its origin.

Nothing is validated here beyond the names; unknown names and text that cannot be taken apart become problems.
"""

import difflib
import json
import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from pathlib import Path
from typing import Any

from arbedge.bootstrap.settings_catalogue import ALIASES, PREFIX, RESERVED_NAMES, SettingEntry, Shape
from arbedge.bootstrap.settings_problems import Problem, masked

__all__ = ["Given", "Origin", "Reading", "read_command_line", "read_environment", "read_file"]


@dataclass(frozen=True, slots=True)
class Origin:
    """Where a value came from: `source` (`environment`, `command line` or the file's path), and its name there."""

    source: str
    name: str

    def __str__(self) -> str:
        return f"{self.source} ({self.name})"


@dataclass(frozen=True, slots=True)
class Given:
    """One value as it was given. `path` has one part more than the setting's for an item of a table."""

    path: tuple[str, ...]
    value: Any
    origin: Origin


@dataclass(slots=True)
class Reading:
    """What one source gave: values in the order they were met, the problems met on the way, and remarks."""

    values: list[Given] = field(default_factory=list)
    problems: list[Problem] = field(default_factory=list)
    notices: list[str] = field(default_factory=list)


def read_environment(environ: Mapping[str, str], entries: Mapping[str, SettingEntry]) -> Reading:
    """Every setting named in the environment; empty text counts as not set.

    The names of existing deployments come first, so that an `ARBEDGE_…` name given too wins; a notice says so.
    """
    reading = Reading()
    given = {name: text.strip() for name, text in sorted(environ.items()) if text.strip()}
    for alias, path in ALIASES.items():
        if alias not in given:
            continue
        if entries[path].env in given:
            reading.notices.append(f"{alias} is ignored because {entries[path].env} is set too")
        else:
            _take_text(reading, entries[path], given[alias], Origin("environment", alias))
    for name, text in given.items():
        if name.startswith(PREFIX) and name not in RESERVED_NAMES:
            _take_variable(reading, name, text, entries)
    return reading


def read_command_line(given: Mapping[str, str], entries: Mapping[str, SettingEntry]) -> Reading:
    """Values given as `path=text` on the command line."""
    reading = Reading()
    for path, text in given.items():
        entry = entries.get(path)
        if entry is None:
            reading.problems.append(_unknown(path, entries))
        else:
            _take_text(reading, entry, text, Origin("command line", path))
    return reading


def read_file(path: Path, entries: Mapping[str, SettingEntry]) -> Reading:
    """Every setting of a TOML file. The file must be there."""
    reading = Reading()
    try:
        document = tomllib.loads(path.read_text(encoding="utf-8"), parse_float=Decimal)
    except FileNotFoundError:
        reading.problems.append(Problem("ARBEDGE_CONFIG", masked(str(path), is_secret=False), "no such file"))
    except (OSError, UnicodeDecodeError) as error:
        reason = error.strerror if isinstance(error, OSError) else "is not UTF-8 text"
        reading.problems.append(Problem(str(path), None, f"cannot be read: {reason}"))
    except (tomllib.TOMLDecodeError, RecursionError) as error:
        reading.problems.append(Problem(str(path), None, f"is not valid TOML: {error}"))
    else:
        _take_table(reading, str(path), (), document, entries)
    return reading


def _take_variable(reading: Reading, name: str, text: str, entries: Mapping[str, SettingEntry]) -> None:
    parts = name[len(PREFIX) :].split("__")
    origin = Origin("environment", name)
    entry = entries.get(".".join(parts).lower())
    table = entries.get(".".join(parts[:-1]).lower())
    if entry is not None:
        _take_text(reading, entry, text, origin)
    elif table is not None and table.shape is Shape.MAPPING and parts[-1]:
        reading.values.append(Given((*table.path.split("."), parts[-1]), text, origin))
    else:
        reading.problems.append(_unknown(name, entries))


def _take_text(reading: Reading, entry: SettingEntry, text: str, origin: Origin) -> None:
    """Take apart what a list or a table is in one line of text; a scalar stays the text it is."""
    value: Any = text
    try:
        if entry.shape is not Shape.SCALAR and text[:1] in {"[", "{"}:
            value = json.loads(text, parse_float=Decimal)
        elif entry.shape is Shape.LIST:
            value = [item.strip() for item in text.split(",") if item.strip()]
        elif entry.shape is Shape.MAPPING:
            value = dict(_named_items(text))
    except (ValueError, RecursionError) as error:
        expected = f"expected {entry.expected} ({error})"
        reading.problems.append(Problem(origin.name, masked(text, is_secret=entry.is_secret), expected))
        return
    _take(reading, entry, value, origin)


def _named_items(text: str) -> Iterable[tuple[str, str]]:
    for item in text.split(","):
        name, separator, value = item.partition("=")
        if not separator:
            raise ValueError(f"{item.strip()!r} is not name=value")
        yield name.strip(), value.strip()


def _take(reading: Reading, entry: SettingEntry, value: Any, origin: Origin) -> None:
    path = tuple(entry.path.split("."))
    if value == "":
        return
    if isinstance(value, bool):
        shown = masked(str(value).lower(), is_secret=entry.is_secret)
        reading.problems.append(Problem(origin.name, shown, f"expected {entry.expected}"))
    elif entry.shape is Shape.MAPPING and isinstance(value, dict):
        # Item by item, so that one source may add to the table of another.
        for name, item in value.items():
            reading.values.append(Given((*path, name), item, Origin(origin.source, f"{origin.name}.{name}")))
    else:
        reading.values.append(Given(path, value, origin))


def _take_table(
    reading: Reading,
    source: str,
    above: tuple[str, ...],
    table: Mapping[str, Any],
    entries: Mapping[str, SettingEntry],
) -> None:
    for key, value in table.items():
        path = ".".join((*above, key))
        entry = entries.get(path)
        if entry is not None:
            _take(reading, entry, value, Origin(source, path))
        elif not _is_group(path, entries):
            reading.problems.append(_unknown(path, entries))
        elif isinstance(value, Mapping):
            _take_table(reading, source, (*above, key), value, entries)
        else:
            reading.problems.append(Problem(path, None, f"is a group of settings: write it as a table [{path}]"))


def _is_group(path: str, entries: Mapping[str, SettingEntry]) -> bool:
    return any(known.startswith(f"{path}.") for known in entries)


def _unknown(name: str, entries: Mapping[str, SettingEntry]) -> Problem:
    """An unknown name, with the closest one that exists, written the way the user writes names.

    Its value is not shown: it may be a secret under a misspelt name.
    """
    if name.startswith(PREFIX):
        known = [
            *(entry.env for entry in entries.values()),
            *RESERVED_NAMES,
            *(PREFIX + alias for alias in ALIASES),
        ]
        if _is_group(name[len(PREFIX) :].replace("__", ".").lower(), entries):
            return Problem(name, None, f"is a group of settings: set one of its own, as {name}__…")
    else:
        known = list(entries)
    close = difflib.get_close_matches(name, known, n=1, cutoff=0.75) or [
        path for path in known if path.replace("__", ".").rpartition(".")[2] == name.rpartition(".")[2]
    ]
    if not close:
        return Problem(name, None, "no such setting; docs/reference/settings.md lists them all")
    meant = close[0].removeprefix(PREFIX) if close[0].removeprefix(PREFIX) in ALIASES else close[0]
    return Problem(name, None, f"no such setting; did you mean {meant}?")
