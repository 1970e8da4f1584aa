"""What a cell of a recorded file says: a decimal, or a moment.

A binary float stands for the shortest decimal that reads back as it: the figure its venue printed, up to 15 digits.
"""

from datetime import UTC, datetime, timedelta
from decimal import Decimal, DecimalException
from typing import Any

__all__ = ["decimal_cell", "moment_cell"]

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_UNITS = ((10**17, -1000), (10**14, 1), (10**11, 1000), (0, 1_000_000))
"""A whole number from so much on counts nanoseconds, microseconds, milliseconds, seconds (years 1973 to 5138)."""
_LATEST = 9 * 10**18
"""Nanoseconds until the year 2255; what counts more is no moment."""


def decimal_cell(cell: Any) -> Decimal | None:
    """The number in the cell; None where there is none (empty, not a number, infinite)."""
    if cell is None or isinstance(cell, bool):
        return None
    try:
        value = Decimal(repr(cell)) if isinstance(cell, float) else Decimal(str(cell).strip())
    except DecimalException:
        return None
    return value if value.is_finite() else None


def moment_cell(cell: Any) -> datetime | None:
    """The moment in the cell, or None: a timestamp, ISO 8601 (UTC where no offset is given), a count since 1970."""
    if isinstance(cell, datetime):
        return _in_utc(cell)
    number = decimal_cell(cell)
    if number is not None:
        unit = next((unit for least, unit in _UNITS if number >= least), None)
        if unit is None or number >= _LATEST:
            return None
        span_us = number / -unit if unit < 0 else number * unit
        return _EPOCH + timedelta(microseconds=int(span_us))
    try:
        return _in_utc(datetime.fromisoformat(str(cell)))
    except ValueError:
        return None


def _in_utc(moment: datetime) -> datetime:
    return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)
