"""What a paper position made in the end: its cash, the funding that really settled, and what is left over."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal

from arbedge.domain.funding import Settlement
from arbedge.domain.instrument import MarketKind
from arbedge.domain.money import ZERO
from arbedge.opportunities.outcomes.following import PaperResult, PaperStatus
from arbedge.opportunities.pricing.carry import borrow_hours
from arbedge.opportunities.pricing.exactness import exact_arithmetic
from arbedge.trading.ledger import Execution, ExecutionType
from arbedge.trading.paper.position import PaperPosition, PositionState, leg_name
from arbedge.trading.paper.saga import SHORT

__all__ = ["LegFunding", "SettledRates", "result_of"]

_BPS = 10_000
_NEAR = timedelta(seconds=90)
"""A venue stamps a settlement up to seconds after the full hour; marks were read around it."""
_MICROSECOND = timedelta(microseconds=1)

SettledRates = Mapping[int, Sequence[Settlement] | None]
"""By leg, what its venue says was settled between entry and exit; None where it could not be asked."""


@dataclass(frozen=True, slots=True)
class LegFunding:
    """Funding rows of one leg, and in words what they rest on besides settled rates and their marks."""

    rows: tuple[Execution, ...]
    basis: str | None = None
    problem: str | None = None


def result_of(position: PaperPosition, settled: SettledRates) -> PaperResult:
    """The result of a position that is over; its funding and interest are booked on the way."""
    saga = position.saga
    if saga.is_stuck:
        return PaperResult(status=PaperStatus.UNKNOWN, reason=f"could not be closed or hedged: {saga.trouble}")
    if not position.has_traded:
        return PaperResult(
            status=PaperStatus.NOT_ENTERED, reason="no order was filled at the books after the latency"
        )
    notes = [saga.trouble] if saga.trouble else []
    for leg in (number for number, kind in enumerate(position.state.kinds) if kind is MarketKind.PERP):
        funding = _funding(position, leg, settled.get(leg))
        if funding.problem is not None:
            return PaperResult(status=PaperStatus.UNKNOWN, reason=funding.problem)
        position.book(funding.rows)
        notes += [funding.basis] if funding.basis else []
    position.book(_interest(position))
    with exact_arithmetic():
        net_bps = (position.ledger.cash + position.state.dust) * _BPS / position.followed.entry_notional
    return PaperResult(status=PaperStatus.DONE, net_bps=net_bps, reason="; ".join(notes) or None)


def _funding(position: PaperPosition, leg: int, settled: Sequence[Settlement] | None) -> LegFunding:
    state = position.state
    if state.entered_at is None or state.exited_at is None or not position.saga.rules.is_held:
        return LegFunding(())
    name, basis = leg_name(leg), set[str]()
    marks = [each for each in state.passed if each.leg == leg]
    rates: list[tuple[datetime, Decimal]] = []
    if settled is not None:
        rates = [(each.at, each.rate) for each in settled if state.entered_at < each.at <= state.exited_at]
    else:
        rates = [(each.at, each.rate) for each in marks if each.rate is not None]
        unseen = _unseen(state, leg, [at for at, _ in rates])
        if unseen is not None:
            return LegFunding(
                (), problem=f"{name} leg: what was settled at {unseen:%Y-%m-%d %H:%M} UTC is not known"
            )
        if rates:
            basis.add(f"{name} leg: funding from the last estimates before settlement")
    rows = []
    for at, rate in rates:
        near = [each.mark for each in marks if each.mark is not None and abs(each.at - at) <= _NEAR]
        mark = near[0] if near else state.entry_marks[leg]
        if not near:
            basis.add(f"{name} leg: funding at the mark of the entry")
        with exact_arithmetic():
            cash = -rate * mark * position.ledger.position(name, at)
        row_id = f"{position.saga.id}-funding-{leg}-{at:%Y%m%dT%H%M%S}"
        rows.append(Execution(id=row_id, type=ExecutionType.FUNDING, leg=name, at=at, cash=cash))
    return LegFunding(tuple(rows), "; ".join(sorted(basis)) or None)


def _unseen(state: PositionState, leg: int, seen: Sequence[datetime]) -> datetime | None:
    """A settlement that was expected while the position was held and that nobody watched, if there is one."""
    assert state.entered_at is not None
    assert state.exited_at is not None
    for each in state.expected:
        is_within = each.leg == leg and state.entered_at < each.at <= state.exited_at
        if is_within and not any(abs(at - each.at) <= _NEAR for at in seen):
            return each.at
    return None


def _interest(position: PaperPosition) -> tuple[Execution, ...]:
    """What borrowing the sold coin cost: by the hour begun, on what it cost to buy back, as in exact pricing."""
    state = position.state
    if not state.borrow_rate_hourly or state.entered_at is None or state.exited_at is None:
        return ()
    name = leg_name(SHORT)
    trades = [row for row in state.executions if row.leg == name and row.type is ExecutionType.TRADE]
    # Where it is not bought back, the loan is worth what the coin was sold for.
    worth = [-row.cash for row in trades if row.qty > 0] or [row.cash for row in trades]
    hours = borrow_hours(state.entered_at, (state.exited_at - state.entered_at) // _MICROSECOND)
    with exact_arithmetic():
        cash = -state.borrow_rate_hourly * hours * sum(worth, ZERO)
    row_id = f"{position.saga.id}-borrow"
    return (Execution(id=row_id, type=ExecutionType.BORROW, leg=name, at=state.exited_at, cash=cash),)
