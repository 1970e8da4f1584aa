"""What Bitget says about funding, in domain values: states now, and settlements paged from history.

Every contract's interval, clamps and next settlement are told with its rate (QUALITY.md), so nothing is defaulted
but the rate at zero premium: an interest of 0.01 % per 8 h, pro rata of the interval.
"""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from decimal import Decimal

from arbedge.domain.funding import FundingState, Settlement, SettlementStatus
from arbedge.domain.instrument import InstrumentId, MarketKind
from arbedge.domain.money import decimal_of
from arbedge.errors import IntegrityError, Invalid
from arbedge.exchanges.bitget import wire
from arbedge.exchanges.bitget.symbols import instrument_id

__all__ = ["FundingTerms", "read_terms", "settled_history", "state_of_mark", "states_of"]

_INTEREST_8H = Decimal("0.0001")
_MAX_PAGES = 400
_YEAR_10000_MS = 253_402_300_800_000


@dataclass(frozen=True, slots=True)
class FundingTerms:
    """A contract's own terms: hours between settlements, and the clamps where known."""

    interval_hours: Decimal
    cap: Decimal | None
    floor: Decimal | None

    @property
    def default_rate(self) -> Decimal:
        """The rate at zero premium."""
        return _INTEREST_8H * self.interval_hours / 8


def read_terms(rows: Sequence[wire.FundingRow]) -> Mapping[str, FundingTerms]:
    """Terms by symbol; a row whose interval makes no sense has none."""
    return {
        row.symbol: FundingTerms(
            Decimal(row.interval_hours), _decimal_or_none(row.cap), _decimal_or_none(row.floor)
        )
        for row in rows
        if 1 <= row.interval_hours <= 24
    }


def states_of(
    rows: Sequence[wire.FundingRow], days: Mapping[str, wire.RestDay], received_ns: int
) -> tuple[FundingState, ...]:
    """Funding of every contract that pays it; `days` adds mark and index by symbol."""
    terms = read_terms(rows)
    states = []
    for row in rows:
        day = days.get(row.symbol)
        values = wire.MarkRow(
            rate=row.rate,
            next_ms=row.next_ms,
            mark=(day.mark or "") if day is not None else "",
            index=(day.index or "") if day is not None else "",
        )
        own = terms.get(row.symbol)
        if own is None:
            continue
        state = state_of_mark(instrument_id(MarketKind.PERP, row.symbol), values, own, received_ns)
        if state is not None:
            states.append(state)
    return tuple(states)


def state_of_mark(
    instrument: InstrumentId, row: wire.MarkRow, terms: FundingTerms, received_ns: int
) -> FundingState | None:
    """A contract's funding from one frame of its ticker; None where it makes no sense."""
    rate = _decimal_or_none(row.rate)
    if rate is None or not 0 < row.next_ms < _YEAR_10000_MS:
        return None
    return FundingState(
        instrument=instrument,
        rate=rate,
        next_at=datetime.fromtimestamp(row.next_ms / 1000, UTC),
        interval_hours=terms.interval_hours,
        default_rate=terms.default_rate,
        cap=terms.cap,
        floor=terms.floor,
        mark=_positive_or_none(row.mark),
        index=_positive_or_none(row.index),
        venue_at_ms=row.venue_at_ms or None,
        received_ns=received_ns,
    )


async def settled_history(
    fetch_page: Callable[[int], Awaitable[list[wire.SettledRate]]], since: datetime, until: datetime, page_rows: int
) -> tuple[Settlement, ...]:
    """Settlements with `since` <= at < `until`, oldest first, each once.

    The venue pages backwards from now and takes no times: pages are read until one reaches before `since`. A
    settlement that falls due meanwhile moves rows to later pages, where they are read again and kept once.
    """
    start_ms, end_ms = _unix_ms(since), _unix_ms(until)
    rows: dict[int, str] = {}
    for number in range(1, _MAX_PAGES + 1):
        page = await fetch_page(number)
        rows.update((row.at_ms, row.rate) for row in page if start_ms <= row.at_ms < end_ms)
        if len(page) < page_rows or min(row.at_ms for row in page) < start_ms:
            break
    return tuple(_settlement(at_ms, rows[at_ms]) for at_ms in sorted(rows))


def _settlement(at_ms: int, rate: str) -> Settlement:
    try:
        value = decimal_of(rate, "fundingRate")
        at = datetime.fromtimestamp(at_ms / 1000, UTC)
    except (Invalid, ValueError, OverflowError, OSError) as error:
        raise IntegrityError(f"bitget: a row of history-fund-rate makes no sense: {error}") from error
    return Settlement(at=at, rate=value, status=SettlementStatus.SETTLED)


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


def _positive_or_none(text: str) -> Decimal | None:
    value = _decimal_or_none(text)
    return value if value is not None and value > 0 else None
