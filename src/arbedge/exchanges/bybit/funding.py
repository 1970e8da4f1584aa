"""What Bybit says about funding, in domain values: states now, and settlements paged from history.

Rules (QUALITY.md): rate, next settlement and interval come with every ticker; the clamps come with the listing
(and, symmetric, with the ticker). A contract whose premium is zero pays an interest of 0.03 % a day, pro rata of
its interval: 0.01 % per 8 h.
"""

from collections.abc import Awaitable, Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from arbedge.domain.funding import FundingState, Settlement
from arbedge.domain.instrument import InstrumentId
from arbedge.domain.money import ZERO
from arbedge.exchanges.bybit import wire
from arbedge.exchanges.reading.figures import decimal_or_none, moment, positive_or_none
from arbedge.exchanges.reading.history import read_backwards

__all__ = ["DEFAULT_TERMS", "FundingTerms", "FundingValues", "read_terms", "settled_history", "state_of"]

_INTEREST_HOURLY = Decimal("0.0003") / 24


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
            cap=decimal_or_none(row.upper_rate),
            floor=decimal_or_none(row.lower_rate),
        )
        for row in rows
    }


def state_of(
    instrument: InstrumentId, values: FundingValues, terms: FundingTerms, received_ns: int
) -> FundingState | None:
    """The state those values stand for; None where the contract pays none (a dated one) or they make no sense.

    The ticker's interval goes before the listed one: it changes first when the venue shortens it at a cap.
    """
    rate, next_at = decimal_or_none(values.rate), moment(values.next_ms)
    if rate is None or next_at is None:
        return None
    hours = _interval(decimal_or_none(values.interval_hours) or ZERO) or terms.interval_hours
    cap, floor = _clamps(values.cap, terms)
    return FundingState(
        instrument=instrument,
        rate=rate,
        next_at=next_at,
        interval_hours=hours,
        default_rate=_INTEREST_HOURLY * hours,
        cap=cap,
        floor=floor,
        mark=positive_or_none(values.mark),
        index=positive_or_none(values.index),
        venue_at_ms=values.venue_at_ms or None,
        received_ns=received_ns,
    )


async def settled_history(
    fetch_page: Callable[[int, int], Awaitable[list[wire.SettledRate]]],
    since: datetime,
    until: datetime,
    page_rows: int,
) -> tuple[Settlement, ...]:
    """Settlements with `since` <= at < `until`; the venue answers the newest rows of a range first."""
    return await read_backwards(fetch_page, since, until, page_rows, "bybit: a row of funding/history")


def _interval(hours: Decimal) -> Decimal | None:
    return hours if 1 <= hours <= 24 else None


def _clamps(ticker_cap: str | None, terms: FundingTerms) -> tuple[Decimal | None, Decimal | None]:
    """Cap and floor: a cap the ticker states is newer than the listing, and moves a floor that mirrors the cap."""
    cap = positive_or_none(ticker_cap)
    if cap is None:
        return terms.cap, terms.floor
    is_mirrored = terms.cap is not None and terms.floor == -terms.cap
    return cap, -cap if is_mirrored else terms.floor
