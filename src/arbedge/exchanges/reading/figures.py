"""Numbers and times as venues write them: text that may be empty, zero or nonsense, read to values or to None."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from math import isfinite

from arbedge.domain.money import decimal_of
from arbedge.errors import Invalid

__all__ = [
    "above_zero",
    "decimal_or_none",
    "float_or_zero",
    "least_limit",
    "moment",
    "positive_or_none",
    "unix_ms_of",
]

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_YEAR_10000_MS = 253_402_300_800_000
_LONGEST_MS_TEXT = 15


def decimal_or_none(text: str | None) -> Decimal | None:
    """The number a text holds; None where there is none."""
    if not text:
        return None
    try:
        return decimal_of(text, "value")
    except Invalid:
        return None


def positive_or_none(text: str | None) -> Decimal | None:
    """The number above 0 a text holds; None where there is none."""
    value = decimal_or_none(text)
    return value if value is not None and value > 0 else None


def above_zero(text: str, name: str) -> Decimal:
    """A number that must be above 0, as ticks and lots are. Raises `Invalid`, naming `name`."""
    value = decimal_of(text, name)
    if value <= 0:
        raise Invalid(f"{name}: {text!r} is not above 0")
    return value


def least_limit(*texts: str | None) -> Decimal | None:
    """The smallest of the order size limits that are set (empty and 0 are not); raises `Invalid` for nonsense."""
    limits = [decimal_of(text, "order size limit") for text in texts if text]
    return min((limit for limit in limits if limit > 0), default=None)


def float_or_zero(text: str | None) -> float:
    """A price or size for the pre-filter; 0 for a side nobody quotes and for what is no number."""
    try:
        value = float(text) if text else 0.0
    except ValueError:
        return 0.0
    return value if isfinite(value) else 0.0


def moment(unix_ms: int | str | None) -> datetime | None:
    """A wall time a venue states in UTC milliseconds; None where it states none (empty, 0, -1, nonsense)."""
    if isinstance(unix_ms, str):
        is_whole = unix_ms.isascii() and unix_ms.isdigit() and len(unix_ms) <= _LONGEST_MS_TEXT
        unix_ms = int(unix_ms) if is_whole else None
    if unix_ms is None or not 0 < unix_ms < _YEAR_10000_MS:
        return None
    return _EPOCH + timedelta(milliseconds=unix_ms)


def unix_ms_of(at: datetime) -> int:
    """UTC milliseconds, rounded up, so that a bound between two milliseconds excludes the earlier one."""
    return -((_EPOCH - at) // timedelta(milliseconds=1))
