"""What Bybit says about funding, in domain values: states now, and settlements paged from history.

Rules (QUALITY.md): rate, next settlement and interval come with every ticker; the clamps come with the listing
(and, symmetric, with the ticker). A contract whose premium is zero pays an interest of 0.03 % a day, pro rata of
its interval: 0.01 % per 8 h.
"""

from collections.abc import Awaitable, Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from decimal import Decimal

from arbedge.domain.funding import FundingState, Settlement, SettlementStatus
from arbedge.domain.instrument import InstrumentId
from arbedge.domain.money import ZERO, decimal_of
from arbedge.errors import IntegrityError, Invalid
from arbedge.exchanges.bybit import wire

__all__ = ["DEFAULT_TERMS", "FundingTerms", "FundingValues", "read_terms", "settled_history", "state_of"]

_INTEREST_HOURLY = Decimal("0.0003") / 24
_MAX_PAGES = 1000
_YEAR_10000_MS = 253_402_300_800_000


@dataclass(frozen=True, slots=True)
class FundingTerms:
    """A contract's own terms as listed: hours between settlements, and the clamps where the venue states them."""

    interval_hours: Decimal = Decimal(8)
    cap: Decimal | None = None
    floor: Decimal | None = None


DEFAULT_TERMS = FundingTerms()
"""Terms of a contract the listing says nothing about."""


@dataclass(frozen=True, slots=True)
class FundingValues:
    """Funding of a contract as sent, by a ticker of REST or of the stream; empty or None where it was not sent."""

    rate: str | None
    next_ms: str | None
    interval_hours: str | None
    cap: str | None
    mark: str | None
    index: str | None
    venue_at_ms: int


def read_terms(rows: Iterable[wire.ListedSymbol]) -> Mapping[str, FundingTerms]:
    """Terms of every listed contract, by symbol; the listing states intervals in minutes."""
    return {
        row.symbol: FundingTerms(
            interval_hours=_interval(Decimal(row.interval_minutes or 0) / 60) or DEFAULT_TERMS.interval_hours,
            cap=_decimal_or_none(row.upper_rate),
            floor=_decimal_or_none(row.lower_rate),
        )
        for row in rows
    }


def state_of(
    instrument: InstrumentId, values: FundingValues, terms: FundingTerms, received_ns: int
) -> FundingState | None:
    """The state those values stand for; None where the contract pays none (a dated one) or they make no sense.

    The ticker's interval goes before the listed one: it changes first when the venue shortens it at a cap.
    """
    rate, next_ms = _decimal_or_none(values.rate), _decimal_or_none(values.next_ms)
    if rate is None or next_ms is None or not 0 < next_ms < _YEAR_10000_MS:
        return None
    hours = _interval(_decimal_or_none(values.interval_hours) or ZERO) or terms.interval_hours
    cap, floor = _clamps(values.cap, terms)
    return FundingState(
        instrument=instrument,
        rate=rate,
        next_at=datetime.fromtimestamp(int(next_ms) / 1000, UTC),
        interval_hours=hours,
        default_rate=_INTEREST_HOURLY * hours,
        cap=cap,
        floor=floor,
        mark=_positive_or_none(values.mark),
        index=_positive_or_none(values.index),
        venue_at_ms=values.venue_at_ms or None,
        received_ns=received_ns,
    )


async def settled_history(
    fetch_page: Callable[[int, int], Awaitable[list[wire.SettledRate]]],
    since: datetime,
    until: datetime,
    page_rows: int,
) -> tuple[Settlement, ...]:
    """Settlements with `since` <= at < `until`, oldest first, each once, from as many pages as it takes.

    The venue answers the newest rows of a range first, so paging goes back in time; the next page ends where the
    oldest row stood, and that row is kept once.
    """
    start_ms, end_ms = _unix_ms(since), _unix_ms(until) - 1
    rows: dict[int, str] = {}
    for _ in range(_MAX_PAGES):
        if start_ms > end_ms:
            break
        page = await fetch_page(start_ms, end_ms)
        rows.update((row.at_ms, row.rate) for row in page if start_ms <= row.at_ms <= end_ms)
        oldest_ms = min((row.at_ms for row in page), default=start_ms)
        if len(page) < page_rows or oldest_ms >= end_ms:
            break
        end_ms = oldest_ms
    return tuple(_settlement(at_ms, rows[at_ms]) for at_ms in sorted(rows))


def _settlement(at_ms: int, rate: str) -> Settlement:
    try:
        value = decimal_of(rate, "fundingRate")
        at = datetime.fromtimestamp(at_ms / 1000, UTC)
    except (Invalid, ValueError, OverflowError, OSError) as error:
        raise IntegrityError(f"bybit: a row of funding/history makes no sense: {error}") from error
    return Settlement(at=at, rate=value, status=SettlementStatus.SETTLED)


def _interval(hours: Decimal) -> Decimal | None:
    return hours if 1 <= hours <= 24 else None


def _clamps(ticker_cap: str | None, terms: FundingTerms) -> tuple[Decimal | None, Decimal | None]:
    """Cap and floor: a cap the ticker states is newer than the listing, and moves a floor that mirrors the cap."""
    cap = _positive_or_none(ticker_cap)
    if cap is None:
        return terms.cap, terms.floor
    is_mirrored = terms.cap is not None and terms.floor == -terms.cap
    return cap, -cap if is_mirrored else terms.floor


def _unix_ms(at: datetime) -> int:
    """UTC milliseconds, rounded up, so that a bound between two milliseconds excludes the earlier one."""
    return -((datetime.fromtimestamp(0, UTC) - at) // timedelta(milliseconds=1))


def _decimal_or_none(text: str | None) -> Decimal | None:
    if not text:
        return None
    try:
        return decimal_of(text, "value")
    except Invalid:
        return None


def _positive_or_none(text: str | None) -> Decimal | None:
    value = _decimal_or_none(text)
    return value if value is not None and value > 0 else None
