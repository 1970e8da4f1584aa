"""What OKX says about funding, in domain values: states now, and settlements paged from history.

Rules (QUALITY.md): the running rate settles at `fundingTime`, and the interval is the distance to the round after
it (or from the one before). With formula `withRate` a contract pays `interestRate` (per 8 h, pro rata of its
interval) at zero premium, with `noRate` nothing.
"""

from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta
from decimal import Decimal

from arbedge.domain.funding import FundingState, Settlement, SettlementStatus
from arbedge.domain.instrument import InstrumentId
from arbedge.domain.money import ZERO, decimal_of
from arbedge.errors import IntegrityError, Invalid
from arbedge.exchanges.okx import wire
from arbedge.exchanges.okx.symbols import moment

__all__ = ["settled_history", "state_of"]

_HOUR_MS = 3_600_000
_LONGEST_HOURS = 24
_MAX_PAGES = 400


def state_of(
    instrument: InstrumentId, row: wire.FundingRow, mark: str, index: str, received_ns: int
) -> FundingState | None:
    """Funding of a contract from its row and the prices known of it; None where the row makes no sense."""
    rate, at = _decimal_or_none(row.rate), moment(row.at_ms)
    hours = _interval_hours(row)
    if rate is None or at is None or hours is None:
        return None
    return FundingState(
        instrument=instrument,
        rate=rate,
        next_at=at,
        interval_hours=hours,
        default_rate=_default_rate(row, hours),
        cap=_decimal_or_none(row.cap),
        floor=_decimal_or_none(row.floor),
        mark=_positive_or_none(mark),
        index=_positive_or_none(index),
        venue_at_ms=_unix(row.venue_at_ms) or None,
        received_ns=received_ns,
    )


async def settled_history(
    fetch_page: Callable[[int], Awaitable[list[wire.SettledRow]]], since: datetime, until: datetime, page_rows: int
) -> tuple[Settlement, ...]:
    """Settlements with `since` <= at < `until`, oldest first, each once, from as many pages as it takes.

    Pages go backwards: each is what lies before the oldest row so far. What the venue has forgotten (it keeps
    three months) is not there.
    """
    start_ms, end_ms = _unix_ms(since), _unix_ms(until)
    rows: dict[int, wire.SettledRow] = {}
    before_ms = end_ms
    for _ in range(_MAX_PAGES):
        if before_ms <= start_ms:
            break
        page = await fetch_page(before_ms)
        rows.update((row.at_ms, row) for row in page if start_ms <= row.at_ms < end_ms)
        oldest_ms = min((row.at_ms for row in page), default=start_ms)
        if len(page) < page_rows or oldest_ms >= before_ms:
            break
        before_ms = oldest_ms
    return tuple(_settlement(rows[at_ms]) for at_ms in sorted(rows))


def _interval_hours(row: wire.FundingRow) -> Decimal | None:
    """Hours between settlements around the next one; None where the venue's times do not tell."""
    at_ms = _unix(row.at_ms)
    for length_ms in (_unix(row.next_ms) - at_ms, at_ms - _unix(row.previous_ms)):
        if 0 < length_ms <= _LONGEST_HOURS * _HOUR_MS:
            return Decimal(length_ms) / _HOUR_MS
    return None


def _default_rate(row: wire.FundingRow, hours: Decimal) -> Decimal:
    interest = _decimal_or_none(row.interest)
    return ZERO if interest is None or row.formula == "noRate" else interest * hours / 8


def _settlement(row: wire.SettledRow) -> Settlement:
    try:
        rate = decimal_of(row.realized or row.estimate, "realizedRate")
        at = datetime.fromtimestamp(row.at_ms / 1000, UTC)
    except (Invalid, ValueError, OverflowError, OSError) as error:
        raise IntegrityError(f"okx: a row of funding-rate-history makes no sense: {error}") from error
    return Settlement(at=at, rate=rate, status=SettlementStatus.SETTLED)


def _unix(text: str) -> int:
    """Milliseconds, 0 where none are stated."""
    return int(text) if text.isascii() and text.isdigit() and len(text) < 16 else 0


def _unix_ms(at: datetime) -> int:
    """UTC milliseconds, rounded up, so that a bound between two milliseconds excludes the earlier one."""
    return -((datetime.fromtimestamp(0, UTC) - at) // timedelta(milliseconds=1))


def _decimal_or_none(text: str) -> Decimal | None:
    if not text:
        return None
    try:
        return decimal_of(text, "value")
    except Invalid:
        return None


def _positive_or_none(text: str) -> Decimal | None:
    value = _decimal_or_none(text)
    return value if value is not None and value > 0 else None
