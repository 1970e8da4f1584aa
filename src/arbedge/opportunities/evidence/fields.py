"""Reading one JSON object strictly: every error is an `Invalid` that names the key by its path.

Numbers are decimal strings in ASCII ("0.001", "1e-7"), finite, below 1e30 in size and with at most 60 decimals:
far beyond any market, and short enough for nobody to stall a pricing with one number.
"""

import re
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from decimal import Decimal
from enum import StrEnum
from typing import Any, TypeVar

from arbedge.domain.money import decimal_of
from arbedge.errors import Invalid

__all__ = ["Fields", "Range", "read_number"]

_Choice = TypeVar("_Choice", bound=StrEnum)
_NUMBER = re.compile(r"[+-]?(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][+-]?[0-9]+)?")
_LONGEST = 100
_LARGEST_EXPONENT = 30
_MOST_DECIMALS = 60
_MISSING = object()


class Range(StrEnum):
    """Which numbers a key takes; the value is how an error says it."""

    ANY = "any number"
    POSITIVE = "above 0"
    NOT_NEGATIVE = "0 or more"
    FEE = "below 1 and above -1"
    FRACTION = "0 or more and below 1"


def _is_inside(value: Decimal, allowed: Range) -> bool:
    if allowed is Range.POSITIVE:
        return value > 0
    if allowed is Range.NOT_NEGATIVE:
        return value >= 0
    if allowed is Range.FEE:
        return -1 < value < 1
    if allowed is Range.FRACTION:
        return 0 <= value < 1
    return True


def read_number(given: object, path: str, allowed: Range = Range.ANY) -> Decimal:
    """A decimal string as an exact number; `path` is what an error names."""
    if isinstance(given, str) and (len(given) > _LONGEST or not _NUMBER.fullmatch(given)):
        raise Invalid(f"{path}: {given[:_LONGEST]!r} is not a plain decimal number")
    value = decimal_of(given, path)
    exponent = value.as_tuple().exponent
    assert isinstance(exponent, int)
    if value.adjusted() >= _LARGEST_EXPONENT or exponent < -_MOST_DECIMALS:
        raise Invalid(f"{path}: {given!r} is out of range (below 1e30, at most 60 decimals)")
    if not _is_inside(value, allowed):
        raise Invalid(f"{path}: expected {allowed.value}, got {given!r}")
    return value


class Fields:
    """One JSON object and the path that leads to it; unknown keys are never looked at."""

    def __init__(self, given: object, path: str = "") -> None:
        if not isinstance(given, Mapping):
            raise Invalid(f"{path or 'evidence'}: expected a JSON object, got {type(given).__name__}")
        self._given: Mapping[str, Any] = given
        self._path = path

    def path(self, key: str) -> str:
        """The full name of a key."""
        return f"{self._path}.{key}" if self._path else key

    def has(self, key: str) -> bool:
        """Whether the key is there."""
        return key in self._given

    def value(self, key: str, default: object = _MISSING) -> Any:
        """The raw value; an absent key without a default is an error."""
        found = self._given.get(key, default)
        if found is _MISSING:
            raise Invalid(f"{self.path(key)}: required, and missing")
        return found

    def number(self, key: str, allowed: Range = Range.ANY, default: Decimal | None = None) -> Decimal:
        """A decimal string in range."""
        if default is not None and not self.has(key):
            return default
        return read_number(self.value(key), self.path(key), allowed)

    def text(self, key: str) -> str:
        """An optional string, empty when absent."""
        found = self.value(key, "")
        if not isinstance(found, str):
            raise Invalid(f"{self.path(key)}: expected a string, got {found!r}")
        return found

    def choice(self, key: str, kinds: type[_Choice], default: _Choice | None = None) -> _Choice:
        """One of an enumeration's values."""
        found = self.value(key, _MISSING if default is None else default.value)
        known = [kind.value for kind in kinds]
        if not isinstance(found, str) or found not in known:
            raise Invalid(f"{self.path(key)}: expected one of {', '.join(known)}, got {found!r}")
        return kinds(found)

    def moment(self, key: str) -> datetime:
        """An ISO-8601 time with an offset or Z, in UTC."""
        found = self.value(key)
        wanted = f'{self.path(key)}: expected an ISO-8601 time with offset, such as "2026-01-31T12:00:00Z"'
        if not isinstance(found, str):
            raise Invalid(f"{wanted}, got {found!r}")
        try:
            at = datetime.fromisoformat(found)
            if at.tzinfo is None:
                raise Invalid(f"{wanted}, got {found!r}")
            return at.astimezone(UTC)
        except (ValueError, OverflowError):
            raise Invalid(f"{wanted}, got {found!r}") from None

    def fields(self, key: str) -> "Fields":
        """A required object."""
        return Fields(self.value(key), self.path(key))

    def items(self, key: str, default: Sequence[Any] | None = None) -> list[tuple[str, Any]]:
        """The elements of a list, each with its path."""
        found = self.value(key, _MISSING if default is None else default)
        if not isinstance(found, list | tuple):
            raise Invalid(f"{self.path(key)}: expected a list, got {found!r}")
        return [(f"{self.path(key)}[{index}]", item) for index, item in enumerate(found)]
