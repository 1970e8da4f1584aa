"""What Binance says about funding, in domain values: states now, and settlements paged from history.

Rules (QUALITY.md): settlements every 8 h unless fundingInfo says otherwise; a contract pays an interest of 0.01 %
per 8 h, pro rata of its interval, when its premium is zero, unless premiumIndex states an interest of zero.
"""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from arbedge.domain.funding import FundingState, Settlement
from arbedge.domain.instrument import InstrumentId, MarketKind
from arbedge.domain.money import ZERO
from arbedge.exchanges.binance import wire
from arbedge.exchanges.binance.symbols import instrument_id
from arbedge.exchanges.reading.figures import decimal_or_none, moment, positive_or_none
from arbedge.exchanges.reading.history import read_forwards

__all__ = ["DEFAULT_TERMS", "FundingTerms", "read_terms", "settled_history", "state_of_mark", "states_of"]

_INTEREST_8H = Decimal("0.0001")


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
            cap=decimal_or_none(rule.cap) if rule is not None else None,
            floor=decimal_or_none(rule.floor) if rule is not None else None,
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
    """Settlements with `since` <= at < `until`; the venue answers the oldest rows of a range first."""
    return await read_forwards(fetch_page, since, until, page_rows, "binance: a row of fundingRate")


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
    rate, next_at = decimal_or_none(values.rate), moment(values.next_ms)
    if rate is None or next_at is None:
        return None
    own = terms.get(values.symbol, DEFAULT_TERMS)
    return FundingState(
        instrument=instrument,
        rate=rate,
        next_at=next_at,
        interval_hours=own.interval_hours,
        default_rate=own.default_rate,
        cap=own.cap,
        floor=own.floor,
        mark=positive_or_none(values.mark),
        index=positive_or_none(values.index),
        venue_at_ms=values.venue_at_ms or None,
        received_ns=received_ns,
    )


def _is_zero(text: str) -> bool:
    return bool(text) and decimal_or_none(text) == 0
