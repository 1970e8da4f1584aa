"""The one validated settings object: defaults, then the file, then the environment, then the command line.

The only reader of the environment and of the settings file. A bad start raises `InvalidSettings`, which names
every problem at once with secrets masked. Which settings there are: docs/reference/settings.md.
"""

import hashlib
import json
import os
import sys
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import Any, Literal, cast

from pydantic import BaseModel, ConfigDict, Field, SecretStr, ValidationError, field_validator
from pydantic_core import ErrorDetails

from arbedge.bootstrap.settings_catalogue import SettingEntry, catalogue
from arbedge.bootstrap.settings_problems import InvalidSettings, Problem, masked
from arbedge.bootstrap.settings_sources import (
    Given,
    Origin,
    Reading,
    read_command_line,
    read_environment,
    read_file,
)
from arbedge.domain.opportunity import OpportunityKind
from arbedge.exchanges.config import ExchangesConfig, VenueName
from arbedge.foundation.container.config import ContainerConfig
from arbedge.market.config import MarketConfig
from arbedge.opportunities.config import OpportunityConfig
from arbedge.opportunities.outcomes.config import OutcomesConfig
from arbedge.storage.config import StorageConfig
from arbedge.storage.recordings.config import RecorderConfig

__all__ = ["LoadedSettings", "SettingLine", "Settings", "default_data_dir", "load_settings", "settings_catalogue"]

_DEFAULT_VENUES: tuple[VenueName, ...] = ("binance", "bybit", "okx", "bitget")

_FILE_NAME = "arbedge.toml"
_SHORTEST_KEY_BYTES = 32
_LEFT_OUT_OF_HASH = ("data_dir", "log_level", "storage.", "recorder.", "services.")
"""Where and how things are kept, how much is logged, how services are watched: none of it changes a figure."""


class Settings(BaseModel):
    """Every setting of one process. Immutable; an unknown key is an error."""

    model_config = ConfigDict(frozen=True, extra="forbid", str_strip_whitespace=True)

    exchanges: tuple[VenueName, ...] = Field(
        default=_DEFAULT_VENUES, min_length=1, description="Venues that are watched."
    )
    data_dir: Path = Field(
        description="Folder that holds everything ArbEdge keeps; default: the user's data folder of this platform.",
    )
    log_level: Literal["DEBUG", "INFO", "WARNING", "ERROR"] = Field(
        default="INFO", description="Least severe event that is logged."
    )
    encryption_key: SecretStr | None = Field(
        default=None, description="Key that stored secrets are encrypted with; 32 bytes or more."
    )
    market: MarketConfig = Field(default=MarketConfig())
    opportunities: OpportunityConfig = Field(default=OpportunityConfig())
    outcomes: OutcomesConfig = Field(default=OutcomesConfig())
    venues: ExchangesConfig = Field(default=ExchangesConfig())
    storage: StorageConfig = Field(default=StorageConfig())
    recorder: RecorderConfig = Field(default=RecorderConfig())
    services: ContainerConfig = Field(default=ContainerConfig())

    @field_validator("exchanges", mode="before")
    @classmethod
    def _lower(cls, names: object) -> object:
        if not isinstance(names, list | tuple):
            return names
        return [name.strip().lower() if isinstance(name, str) else name for name in names]

    @field_validator("exchanges")
    @classmethod
    def _each_once(cls, names: tuple[VenueName, ...]) -> tuple[VenueName, ...]:
        return tuple(dict.fromkeys(names))

    @field_validator("log_level", mode="before")
    @classmethod
    def _upper(cls, level: object) -> object:
        return level.upper() if isinstance(level, str) else level

    @field_validator("encryption_key")
    @classmethod
    def _long_enough(cls, key: SecretStr | None) -> SecretStr | None:
        if key is not None and len(key.get_secret_value().encode()) < _SHORTEST_KEY_BYTES:
            raise ValueError(f"must be {_SHORTEST_KEY_BYTES} bytes or more")
        return key


@dataclass(frozen=True, slots=True)
class SettingLine:
    """One line of `arbedge config show`: the setting, its value as it may be shown, and where it came from."""

    path: str
    value: str
    source: str


@dataclass(frozen=True, slots=True)
class LoadedSettings:
    """The settings with where each came from, and what a person should be told about them (`notices`)."""

    settings: Settings
    origins: Mapping[str, Origin]
    notices: tuple[str, ...]

    def sources(self) -> dict[str, str]:
        """Where every setting's value came from, by path; `default` where nothing was given."""
        known = settings_catalogue()
        found = {path: str(origin) for path, origin in self.origins.items()}
        return {path: "default" for path in known if path not in found} | found

    def lines(self) -> tuple[SettingLine, ...]:
        """Every setting with its value, secrets masked, in the order of docs/reference/settings.md."""
        known, sources = settings_catalogue(), self.sources()
        values = dict(_leaves(self.settings, ()))
        return tuple(SettingLine(path, _shown(values[path], known[path]), sources[path]) for path in known)

    def secrets(self) -> tuple[str, ...]:
        """Every secret value, for the redaction of logs and for nothing else."""
        leaves = (value for _, value in _leaves(self.settings, ()))
        return tuple(value.get_secret_value() for value in leaves if isinstance(value, SecretStr))

    @property
    def config_hash(self) -> str:
        """SHA-256 (hex) of every setting that can change a figure; secrets, places and logging are left out."""
        known = settings_catalogue()
        document = {
            path: _canonical(value)
            for path, value in _leaves(self.settings, ())
            if not known[path].is_secret and not path.startswith(_LEFT_OUT_OF_HASH)
        }
        text = json.dumps(document, sort_keys=True, separators=(",", ":"))
        return hashlib.sha256(text.encode()).hexdigest()


def settings_catalogue() -> dict[str, SettingEntry]:
    """Every setting by path."""
    return catalogue(Settings)


def default_data_dir(environ: Mapping[str, str], platform: str, home: Path) -> Path:
    """The platform's folder for data of one user (XDG_DATA_HOME where that is the custom)."""
    if platform == "darwin":
        return home / "Library" / "Application Support" / "arbedge"
    given = Path(environ.get("XDG_DATA_HOME", ""))
    return (given if given.is_absolute() else home / ".local" / "share") / "arbedge"


def load_settings(
    environ: Mapping[str, str] | None = None,
    *,
    folder: Path | None = None,
    overrides: Mapping[str, str] | None = None,
) -> LoadedSettings:
    """Read and check everything once. `overrides` maps setting paths to text, as given on the command line.

    `environ` and `folder` (where `arbedge.toml` is looked for) default to the process's own. Raises
    `InvalidSettings` naming every problem.
    """
    environ = os.environ if environ is None else environ
    folder = Path.cwd() if folder is None else folder
    known = settings_catalogue()
    readings = [
        _read_settings_file(environ, folder, known),
        read_environment(environ, known),
        read_command_line(overrides or {}, known),
    ]
    given = {value.path: value for reading in readings for value in reading.values}
    problems = [problem for reading in readings for problem in reading.problems]
    raw = _nested(given.values())
    home = Path(environ["HOME"]) if environ.get("HOME") else Path.home()
    raw["data_dir"] = _absolute(raw.get("data_dir", default_data_dir(environ, sys.platform, home)), folder, home)
    try:
        settings = Settings.model_validate(raw)
    except ValidationError as error:
        # `from None`: the cause would print the values that were given, secrets among them.
        details = _deepest(error.errors(include_url=False, include_context=False))
        raise InvalidSettings([*problems, *(_problem(detail, given, known) for detail in details)]) from None
    if problems:
        raise InvalidSettings(problems)
    notices = [notice for reading in readings for notice in reading.notices]
    origins = {".".join(path): value.origin for path, value in given.items()}
    return LoadedSettings(settings, origins, (*notices, *_remarks(settings)))


def _read_settings_file(environ: Mapping[str, str], folder: Path, known: Mapping[str, SettingEntry]) -> Reading:
    named = environ.get("ARBEDGE_CONFIG", "").strip()
    path = folder / (named or _FILE_NAME)
    return read_file(path, known) if named or path.exists() else Reading()


def _absolute(given: Any, folder: Path, home: Path) -> Any:
    if not isinstance(given, str | Path):
        return given
    text = str(given)
    return home / text[2:] if text.startswith("~/") else folder / text


def _nested(values: Iterable[Given]) -> dict[str, Any]:
    document: dict[str, Any] = {}
    for given in values:
        table = document
        for part in given.path[:-1]:
            below = table.get(part)
            # A scalar where a table belongs gives way; alone it would be found by the validation.
            table[part] = table = below if isinstance(below, dict) else {}
        table[given.path[-1]] = given.value
    return document


def _deepest(details: Sequence[ErrorDetails]) -> list[ErrorDetails]:
    """Without findings about a whole whose part is wrong: a list is not also too short for its wrong item."""
    wrong = {detail["loc"] for detail in details}
    return [
        detail
        for detail in details
        if not any(
            len(other) > len(detail["loc"]) and other[: len(detail["loc"])] == detail["loc"] for other in wrong
        )
    ]


def _problem(
    detail: ErrorDetails, given: Mapping[tuple[str, ...], Given], known: Mapping[str, SettingEntry]
) -> Problem:
    """One finding of the validation, under the name the user gave the value."""
    location = detail["loc"]
    reason = detail["msg"].removeprefix("Value error, ")
    for length in range(len(location), 0, -1):
        path = tuple(map(str, location[:length]))
        if path not in given:
            continue
        value, entry = given[path], known.get(".".join(path)) or known[".".join(path[:-1])]
        name = value.origin.name + "".join(f"[{p}]" if isinstance(p, int) else f".{p}" for p in location[length:])
        shown = masked(value.value if length == len(location) else detail["input"], is_secret=entry.is_secret)
        if detail["type"] == "extra_forbidden":
            return Problem(name, None, f"unknown key; expected {entry.expected}")
        return Problem(name, shown, reason if detail["type"] == "value_error" else f"expected {entry.expected}")
    parts = tuple(map(str, location))
    inside = [str(value.origin.name) for path, value in given.items() if path[: len(parts)] == parts]
    return Problem(", ".join(inside[:3]) or ".".join(parts), None, reason)


def _remarks(settings: Settings) -> Iterator[str]:
    between = {OpportunityKind.SPOT_SPOT, OpportunityKind.PERP_PERP, OpportunityKind.FUNDING}
    off = sorted(between.difference(settings.opportunities.kinds))
    if len(settings.exchanges) > 1 and off:
        yield f"several venues are watched, but {', '.join(off)} are not looked for (opportunities.kinds)"
    pairs = settings.market.monitored_pairs
    if not pairs:
        return
    named = ", ".join(f"{pair.symbol} on {pair.exchange_id}" for pair in pairs[:5])
    more = f" and {len(pairs) - 5} more" if len(pairs) > 5 else ""
    yield f"the watch list is restricted to {len(pairs)} pairs (MONITORED_PAIRS_CONFIG): {named}{more}"
    unused = sorted({pair.exchange_id for pair in pairs} - set(settings.exchanges))
    if unused:
        yield f"monitored pairs of {', '.join(unused)} are not watched: EXCHANGES does not name it"


def _leaves(model: BaseModel, above: tuple[str, ...]) -> Iterator[tuple[str, object]]:
    for name in type(model).model_fields:
        value = getattr(model, name)
        if isinstance(value, BaseModel):
            yield from _leaves(value, (*above, name))
        else:
            yield ".".join((*above, name)), cast("object", value)


def _canonical(value: object) -> Any:
    """The value as JSON in one spelling: equal settings give equal text, however they were written."""
    match value:
        case BaseModel():
            return {name: _canonical(getattr(value, name)) for name in type(value).model_fields}
        case tuple():
            return [_canonical(item) for item in value]
        case Mapping():
            return {str(name): _canonical(item) for name, item in value.items()}
        case Decimal() | float():
            return format(Decimal(str(value)).normalize(), "f")
        case _:
            return None if value is None else str(value)


def _shown(value: object, entry: SettingEntry) -> str:
    if value is None:
        return "unset"
    if entry.is_secret:
        return masked(value, is_secret=True)
    canonical = _canonical(value)
    if canonical in ([], {}):
        return "none"
    if isinstance(canonical, list) and all(isinstance(item, str) for item in canonical):
        return ",".join(canonical)
    return canonical if isinstance(canonical, str) else json.dumps(canonical)
