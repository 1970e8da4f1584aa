"""What Bitget says about funding, in domain values: states now, and settlements paged from history.

Every contract's interval, clamps and next settlement are told with its rate (QUALITY.md), so nothing is defaulted
but the rate at zero premium: an interest of 0.01 % per 8 h, pro rata of the interval.
"""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from arbedge.domain.funding import FundingState, Settlement
from arbedge.domain.instrument import InstrumentId, MarketKind
from arbedge.exchanges.bitget import wire
from arbedge.exchanges.bitget.symbols import instrument_id
from arbedge.exchanges.reading.figures import decimal_or_none, moment, positive_or_none, unix_ms_of
from arbedge.exchanges.reading.history import settlements

__all__ = ["FundingTerms", "read_terms", "settled_history", "state_of_mark", "states_of"]

_INTEREST_8H = Decimal("0.0001")
_MAX_PAGES = 400


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
        row.symbol: FundingTerms(Decimal(row.interval_hours), decimal_or_none(row.cap), decimal_or_none(row.floor))
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
    rate, next_at = decimal_or_none(row.rate), moment(row.next_ms)
    if rate is None or next_at is None:
        return None
    return FundingState(
        instrument=instrument,
        rate=rate,
        next_at=next_at,
        interval_hours=terms.interval_hours,
        default_rate=terms.default_rate,
        cap=terms.cap,
        floor=terms.floor,
        mark=positive_or_none(row.mark),
        index=positive_or_none(row.index),
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
    start_ms, end_ms = unix_ms_of(since), unix_ms_of(until)
    rows: dict[int, str] = {}
    for number in range(1, _MAX_PAGES + 1):
        page = await fetch_page(number)
        rows.update((row.at_ms, row.rate) for row in page if start_ms <= row.at_ms < end_ms)
        if len(page) < page_rows or min(row.at_ms for row in page) < start_ms:
            break
    return settlements(rows, "bitget: a row of history-fund-rate")
