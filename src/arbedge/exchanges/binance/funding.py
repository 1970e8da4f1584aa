"""What Binance says about funding, in domain values: states now, and settlements paged from history.

Rules (QUALITY.md): settlements every 8 h unless fundingInfo says otherwise; a contract pays an interest of 0.01 %
per 8 h, pro rata of its interval, when its premium is zero, unless premiumIndex states an interest of zero.
"""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from decimal import Decimal

from arbedge.domain.funding import FundingState, Settlement, SettlementStatus
from arbedge.domain.instrument import InstrumentId, MarketKind
from arbedge.domain.money import ZERO, decimal_of
from arbedge.errors import IntegrityError, Invalid
from arbedge.exchanges.binance import wire
from arbedge.exchanges.binance.symbols import instrument_id

__all__ = ["DEFAULT_TERMS", "FundingTerms", "read_terms", "settled_history", "state_of_mark", "states_of"]

_INTEREST_8H = Decimal("0.0001")
_MAX_PAGES = 200
_YEAR_10000_MS = 253_402_300_800_000


@dataclass(frozen=True, slots=True)
class FundingTerms:
    """A contract's own terms: hours between settlements, the rate at zero premium, and the clamps where known."""

    interval_hours: Decimal = Decimal(8)
    default_rate: Decimal = _INTEREST_8H
    cap: Decimal | None = None
    floor: Decimal | None = None


DEFAULT_TERMS = FundingTerms()
"""Terms of a contract that fundingInfo does not name."""


def read_terms(rules: Sequence[wire.FundingRule], marks: Sequence[wire.MarkSnapshot]) -> Mapping[str, FundingTerms]:
    """Terms of every contract that has some of its own, by symbol; a row that makes no sense leaves the default."""
    without_interest = {row.symbol for row in marks if _is_zero(row.interest)}
    by_symbol = {rule.symbol: rule for rule in rules}
    terms: dict[str, FundingTerms] = {}
    for symbol in by_symbol.keys() | without_interest:
        rule = by_symbol.get(symbol)
        hours = rule.interval_hours if rule is not None and 1 <= rule.interval_hours <= 24 else 8
        terms[symbol] = FundingTerms(
            interval_hours=Decimal(hours),
            default_rate=ZERO if symbol in without_interest else _INTEREST_8H * hours / 8,
            cap=_decimal_or_none(rule.cap) if rule is not None else None,
            floor=_decimal_or_none(rule.floor) if rule is not None else None,
        )
    return terms


def states_of(
    marks: Sequence[wire.MarkSnapshot], terms: Mapping[str, FundingTerms], received_ns: int
) -> tuple[FundingState, ...]:
    """Funding of every contract that pays it; dated futures (no next settlement) are left out."""
    states = []
    for row in marks:
        values = _Values(row.symbol, row.rate, row.next_ms, row.mark, row.index, row.venue_at_ms)
        state = _state(instrument_id(MarketKind.PERP, row.symbol), values, terms, received_ns)
        if state is not None:
            states.append(state)
    return tuple(states)


def state_of_mark(
    instrument: InstrumentId, row: wire.MarkRow, terms: Mapping[str, FundingTerms], received_ns: int
) -> FundingState | None:
    """The same from one row of the mark stream; None where it makes no sense."""
    values = _Values(row.symbol, row.rate, row.next_ms, row.mark, row.index, row.venue_at_ms)
    return _state(instrument, values, terms, received_ns)


async def settled_history(
    fetch_page: Callable[[int, int], Awaitable[list[wire.SettledRate]]],
    since: datetime,
    until: datetime,
    page_rows: int,
) -> tuple[Settlement, ...]:
    """Settlements with `since` <= at < `until`, oldest first, each once, from as many pages as it takes.

    Pages overlap at one millisecond on purpose: a row at a page's edge is asked for twice and kept once.
    """
    start_ms, end_ms = _unix_ms(since), _unix_ms(until) - 1
    rows: dict[int, str] = {}
    for _ in range(_MAX_PAGES):
        if start_ms > end_ms:
            break
        page = await fetch_page(start_ms, end_ms)
        rows.update((row.at_ms, row.rate) for row in page if start_ms <= row.at_ms <= end_ms)
        last_ms = max((row.at_ms for row in page), default=end_ms)
        if len(page) < page_rows or last_ms <= start_ms:
            break
        start_ms = last_ms
    return tuple(_settlement(at_ms, rows[at_ms]) for at_ms in sorted(rows))


@dataclass(frozen=True, slots=True)
class _Values:
    """One row of funding as sent, from REST or from the stream."""

    symbol: str
    rate: str
    next_ms: int
    mark: str
    index: str
    venue_at_ms: int


def _state(
    instrument: InstrumentId, values: _Values, terms: Mapping[str, FundingTerms], received_ns: int
) -> FundingState | None:
    rate = _decimal_or_none(values.rate)
    if rate is None or not 0 < values.next_ms < _YEAR_10000_MS:
        return None
    own = terms.get(values.symbol, DEFAULT_TERMS)
    return FundingState(
        instrument=instrument,
        rate=rate,
        next_at=datetime.fromtimestamp(values.next_ms / 1000, UTC),
        interval_hours=own.interval_hours,
        default_rate=own.default_rate,
        cap=own.cap,
        floor=own.floor,
        mark=_positive_or_none(values.mark),
        index=_positive_or_none(values.index),
        venue_at_ms=values.venue_at_ms or None,
        received_ns=received_ns,
    )


def _settlement(at_ms: int, rate: str) -> Settlement:
    try:
        value = decimal_of(rate, "fundingRate")
        at = datetime.fromtimestamp(at_ms / 1000, UTC)
    except (Invalid, ValueError, OverflowError, OSError) as error:
        raise IntegrityError(f"binance: a row of fundingRate makes no sense: {error}") from error
    return Settlement(at=at, rate=value, status=SettlementStatus.SETTLED)


def _unix_ms(at: datetime) -> int:
    """UTC milliseconds, rounded up, so that a bound between two milliseconds excludes the earlier one."""
    return -((datetime.fromtimestamp(0, UTC) - at) // timedelta(milliseconds=1))


def _is_zero(text: str) -> bool:
    return bool(text) and _decimal_or_none(text) == 0


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
