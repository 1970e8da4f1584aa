"""Every setting there is, read off the config models: path, names, what is expected, default, what it means."""

import types
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal
from enum import Enum, StrEnum
from pathlib import Path
from typing import Any, Literal, Union, get_args, get_origin

from pydantic import BaseModel, SecretStr
from pydantic.fields import FieldInfo
from pydantic_core import PydanticUndefined

__all__ = ["ALIASES", "PREFIX", "RESERVED_NAMES", "SettingEntry", "Shape", "catalogue"]

PREFIX = "ARBEDGE_"

ALIASES: Mapping[str, str] = types.MappingProxyType(
    {
        "EXCHANGES": "exchanges",
        "MONITORED_PAIRS_CONFIG": "market.monitored_pairs",
        "ARBITRAGE_THRESHOLD": "opportunities.threshold",
        "MIN_NET_BPS": "opportunities.min_net_bps",
        "ENCRYPTION_KEY": "encryption_key",
    }
)
"""Environment names that existing deployments use, and the setting each of them is."""

RESERVED_NAMES: Mapping[str, str] = types.MappingProxyType(
    {
        "ARBEDGE_CONFIG": "Path of the settings file; default: `arbedge.toml` in the working directory, if there.",
        "ARBEDGE_RECORDED_DATA": "Folder of recorded market data; read by the tests alone.",
    }
)
"""Environment names with the prefix that are not settings."""

_BOUND_WORDS = {"ge": "at least {}", "gt": "above {}", "le": "at most {}", "lt": "below {}"}


_PLURALS: Mapping[Any, str] = types.MappingProxyType({str: "texts", Decimal: "numbers"})


class Shape(StrEnum):
    """How a setting is written in one line of text."""

    SCALAR = "scalar"
    LIST = "list"
    MAPPING = "mapping"


@dataclass(frozen=True, slots=True)
class SettingEntry:
    """One setting: `path` is its place in the file (`market.skew_s`), `env` and `alias` its environment names."""

    path: str
    env: str
    alias: str | None
    expected: str
    default: str
    description: str
    shape: Shape
    is_secret: bool


def catalogue(model: type[BaseModel]) -> dict[str, SettingEntry]:
    """Every setting of a model and its nested models by path, in the order of declaration."""
    return {entry.path: entry for entry in _walk(model, ())}


def _walk(model: type[BaseModel], above: tuple[str, ...]) -> Iterator[SettingEntry]:
    by_path = {path: alias for alias, path in ALIASES.items()}
    for name, field in model.model_fields.items():
        parts = (*above, name)
        annotation = field.annotation
        if isinstance(annotation, type) and issubclass(annotation, BaseModel):
            yield from _walk(annotation, parts)
            continue
        path = ".".join(parts)
        plain = _without_none(annotation)
        yield SettingEntry(
            path=path,
            env=PREFIX + "__".join(parts).upper(),
            alias=by_path.get(path),
            expected=_expected(plain, field),
            default=_default_text(field),
            description=field.description or "",
            shape=_shape(plain),
            is_secret=plain is SecretStr,
        )


def _without_none(annotation: Any) -> Any:
    if get_origin(annotation) in {Union, types.UnionType}:
        rest = [choice for choice in get_args(annotation) if choice is not type(None)]
        return rest[0] if len(rest) == 1 else annotation
    return annotation


def _shape(annotation: Any) -> Shape:
    origin = get_origin(annotation)
    if origin is tuple:
        return Shape.LIST
    return Shape.MAPPING if isinstance(origin, type) and issubclass(origin, Mapping) else Shape.SCALAR


def _expected(annotation: Any, field: FieldInfo) -> str:
    bounds = []
    for constraint in field.metadata:
        for bound, words in _BOUND_WORDS.items():
            limit = getattr(constraint, bound, None)
            if limit is not None:
                bounds.append(words.format(_number_text(limit)))
    return ", ".join([_type_words(annotation), *bounds])


def _type_words(annotation: Any) -> str:
    origin, args = get_origin(annotation), get_args(annotation)
    if origin is Literal:
        return "one of " + ", ".join(map(str, args))
    if origin is tuple:
        return "a list of " + _PLURALS.get(args[0], _type_words(args[0]).replace("one of ", ""))
    if isinstance(origin, type) and issubclass(origin, Mapping):
        return f"a table of name = {_type_words(args[1]).removeprefix('a ')}"
    return _class_words(annotation)


def _class_words(annotation: Any) -> str:
    if isinstance(annotation, type) and issubclass(annotation, Enum):
        return "one of " + ", ".join(str(member.value) for member in annotation)
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return "{" + ", ".join(annotation.model_fields) + "}"
    words = {
        int: "a whole number",
        float: "a number",
        Decimal: "a number",
        SecretStr: "a secret text",
        Path: "a path",
    }
    return words.get(annotation, "a text")


def _default_text(field: FieldInfo) -> str:
    default = field.get_default(call_default_factory=False)
    if default is None or default is PydanticUndefined or default in {(), ""}:
        return "unset"
    return _value_text(default)


def _value_text(value: object) -> str:
    if isinstance(value, tuple):
        return ",".join(_value_text(item) for item in value)
    return _number_text(value)


def _number_text(value: object) -> str:
    if isinstance(value, float | Decimal):
        return f"{Decimal(str(value)).normalize():f}"
    return str(value)
