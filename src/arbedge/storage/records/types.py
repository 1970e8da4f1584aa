"""Column types that lose nothing: exact decimals and aware UTC moments, both kept as text.

SQLite has no decimal type (its NUMERIC turns digits into binary floats) and no time zone; text keeps both, and
the fixed width of the moments makes their text order their time order.
"""

from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

from sqlalchemy import Dialect, Text
from sqlalchemy.types import TypeDecorator

from arbedge.errors import Invalid

__all__ = ["ExactDecimal", "UtcDateTime", "moment_text"]


def moment_text(value: datetime) -> str:
    """The stored spelling of a moment: `2026-01-02T03:04:05.000006Z`, 27 characters. Naive raises Invalid."""
    if value.tzinfo is None:
        raise Invalid(f"{value!r} has no time zone; stored moments are aware UTC")
    return value.astimezone(UTC).replace(tzinfo=None).isoformat(timespec="microseconds") + "Z"


class ExactDecimal(TypeDecorator[Decimal]):
    """A decimal kept digit for digit, trailing zeros and exponent included. Floats and NaN raise Invalid.

    Order and sums in SQL mean nothing on it: compare in Python.
    """

    impl = Text
    cache_ok = True

    def process_bind_param(self, value: Any, dialect: Dialect) -> str | None:  # noqa: ARG002 - SQLAlchemy's name
        """Python to database."""
        if value is None:
            return None
        if not isinstance(value, Decimal) or not value.is_finite():
            raise Invalid(f"expected a finite Decimal, got {value!r}")
        return str(value)

    def process_result_value(self, value: Any, dialect: Dialect) -> Decimal | None:  # noqa: ARG002
        """Database to Python."""
        return None if value is None else Decimal(value)


class UtcDateTime(TypeDecorator[datetime]):
    """An aware moment kept as UTC text with microseconds; naive values raise Invalid."""

    impl = Text
    cache_ok = True

    def process_bind_param(self, value: Any, dialect: Dialect) -> str | None:  # noqa: ARG002
        """Python to database."""
        return None if value is None else moment_text(value)

    def process_result_value(self, value: Any, dialect: Dialect) -> datetime | None:  # noqa: ARG002
        """Database to Python."""
        return None if value is None else datetime.fromisoformat(value)
