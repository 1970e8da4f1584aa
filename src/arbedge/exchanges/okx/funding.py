"""What OKX says about funding, in domain values: states now, and settlements paged from history.

Rules (QUALITY.md): the running rate settles at `fundingTime`, and the interval is the distance to the round after
it (or from the one before). With formula `withRate` a contract pays `interestRate` (per 8 h, pro rata of its
interval) at zero premium, with `noRate` nothing.
"""

from collections.abc import Awaitable, Callable
from datetime import datetime
from decimal import Decimal

from arbedge.domain.funding import FundingState, Settlement
from arbedge.domain.instrument import InstrumentId
from arbedge.domain.money import ZERO
from arbedge.exchanges.okx import wire
from arbedge.exchanges.reading.figures import decimal_or_none, moment, positive_or_none
from arbedge.exchanges.reading.history import read_backwards

__all__ = ["settled_history", "state_of"]

_HOUR_MS = 3_600_000
_LONGEST_HOURS = 24


def state_of(
    instrument: InstrumentId, row: wire.FundingRow, mark: str, index: str, received_ns: int
) -> FundingState | None:
    """Funding of a contract from its row and the prices known of it; None where the row makes no sense."""
    rate, at = decimal_or_none(row.rate), moment(row.at_ms)
    hours = _interval_hours(row)
    if rate is None or at is None or hours is None:
        return None
    return FundingState(
        instrument=instrument,
        rate=rate,
        next_at=at,
        interval_hours=hours,
        default_rate=_default_rate(row, hours),
        cap=decimal_or_none(row.cap),
        floor=decimal_or_none(row.floor),
        mark=positive_or_none(mark),
        index=positive_or_none(index),
        venue_at_ms=_unix(row.venue_at_ms) or None,
        received_ns=received_ns,
    )


async def settled_history(
    fetch_page: Callable[[int], Awaitable[list[wire.SettledRow]]], since: datetime, until: datetime, page_rows: int
) -> tuple[Settlement, ...]:
    """Settlements with `since` <= at < `until`: each page is what lies before the oldest row so far.

    What the venue has forgotten (it keeps three months) is not there.
    """

    async def page(_: int, end_ms: int) -> list[wire.SettledRow]:
        return await fetch_page(end_ms + 1)

    return await read_backwards(page, since, until, page_rows, "okx: a row of funding-rate-history")


def _interval_hours(row: wire.FundingRow) -> Decimal | None:
    """Hours between settlements around the next one; None where the venue's times do not tell."""
    at_ms = _unix(row.at_ms)
    for length_ms in (_unix(row.next_ms) - at_ms, at_ms - _unix(row.previous_ms)):
        if 0 < length_ms <= _LONGEST_HOURS * _HOUR_MS:
            return Decimal(length_ms) / _HOUR_MS
    return None


def _default_rate(row: wire.FundingRow, hours: Decimal) -> Decimal:
    interest = decimal_or_none(row.interest)
    return ZERO if interest is None or row.formula == "noRate" else interest * hours / 8


def _unix(text: str) -> int:
    """Milliseconds, 0 where none are stated."""
    return int(text) if text.isascii() and text.isdigit() and len(text) < 16 else 0
