"""Settled funding from as many pages as it takes, whichever way a venue pages; each settlement once, oldest first.

Pages overlap at one millisecond on purpose: a row at a page's edge is asked for twice and kept once. What makes no
sense in a row is an `IntegrityError` that begins with `what`.
"""

from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from datetime import datetime
from typing import Protocol

from arbedge.domain.funding import Settlement, SettlementStatus
from arbedge.domain.money import decimal_of
from arbedge.errors import IntegrityError, Invalid
from arbedge.exchanges.reading.figures import moment, unix_ms_of

__all__ = ["PastRate", "read_backwards", "read_forwards", "settlements"]

_MAX_PAGES = 1000


class PastRate(Protocol):
    """One settled rate as a venue lists it: when (UTC ms) and the rate as text."""

    @property
    def at_ms(self) -> int:
        """When it was settled."""
        ...

    @property
    def rate(self) -> str:
        """The fraction paid."""
        ...


FetchPage = Callable[[int, int], Awaitable[Sequence[PastRate]]]
"""Rows with first <= at <= last (UTC ms), as many as fit on a page."""


async def read_forwards(
    fetch_page: FetchPage, since: datetime, until: datetime, page_rows: int, what: str
) -> tuple[Settlement, ...]:
    """Settlements with `since` <= at < `until`, where a page holds the oldest rows of what is asked."""
    start_ms, end_ms = unix_ms_of(since), unix_ms_of(until) - 1
    rows: dict[int, str] = {}
    for _ in range(_MAX_PAGES):
        if start_ms > end_ms:
            break
        page = await fetch_page(start_ms, end_ms)
        rows.update(_within(page, start_ms, end_ms))
        last_ms = max((row.at_ms for row in page), default=end_ms)
        if len(page) < page_rows or last_ms <= start_ms:
            break
        start_ms = last_ms
    return settlements(rows, what)


async def read_backwards(
    fetch_page: FetchPage, since: datetime, until: datetime, page_rows: int, what: str
) -> tuple[Settlement, ...]:
    """Settlements with `since` <= at < `until`, where a page holds the newest rows of what is asked."""
    start_ms, end_ms = unix_ms_of(since), unix_ms_of(until) - 1
    rows: dict[int, str] = {}
    for _ in range(_MAX_PAGES):
        if start_ms > end_ms:
            break
        page = await fetch_page(start_ms, end_ms)
        rows.update(_within(page, start_ms, end_ms))
        oldest_ms = min((row.at_ms for row in page), default=start_ms)
        if len(page) < page_rows or oldest_ms >= end_ms:
            break
        end_ms = oldest_ms
    return settlements(rows, what)


def settlements(rows: Mapping[int, str], what: str) -> tuple[Settlement, ...]:
    """Rates by their time (UTC ms) as settlements, oldest first."""
    return tuple(_settlement(at_ms, rows[at_ms], what) for at_ms in sorted(rows))


def _within(page: Iterable[PastRate], start_ms: int, end_ms: int) -> dict[int, str]:
    return {row.at_ms: row.rate for row in page if start_ms <= row.at_ms <= end_ms}


def _settlement(at_ms: int, rate: str, what: str) -> Settlement:
    try:
        value, at = decimal_of(rate, "rate"), moment(at_ms)
    except Invalid as error:
        raise IntegrityError(f"{what} makes no sense: {error}") from error
    if at is None:
        raise IntegrityError(f"{what} makes no sense: {at_ms} is no time")
    return Settlement(at=at, rate=value, status=SettlementStatus.SETTLED)
