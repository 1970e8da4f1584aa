"""A paper position in two legs: the saga's orders meet books, every fill is booked, the end is a result.

Money is reporting currency. Fees, conversion and borrowing are those of exact pricing, on what was really filled;
funding is booked from settlements that fell between entry and exit, never from a forecast.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from decimal import Decimal

from arbedge.domain.fees import FeeAsset
from arbedge.domain.instrument import MarketKind
from arbedge.domain.money import ZERO
from arbedge.domain.opportunity import OpportunityKind, Side
from arbedge.opportunities.evidence import PairEvidence
from arbedge.opportunities.evidence.model import LegEvidence
from arbedge.opportunities.outcomes.following import Followed
from arbedge.opportunities.pricing.exactness import exact_arithmetic
from arbedge.trading.ledger import Execution, ExecutionType, Ledger
from arbedge.trading.paper.fills import TakenDepth, fill_order
from arbedge.trading.paper.saga import LONG, SHORT, LegRule, Order, Saga, SagaRules, Stage, begin

__all__ = ["PaperPosition", "PassedSettlement", "PositionState", "leg_name"]


@dataclass(frozen=True, slots=True)
class PassedSettlement:
    """A settlement seen to pass: the leg, when, the last estimate before it, the mark then (per base unit).

    `mark` is reporting currency for one base unit, None where nobody watched.
    """

    leg: int
    at: datetime
    rate: Decimal | None
    mark: Decimal | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class PositionState:
    """Everything a position is, as it is stored.

    `expected` are the settlements known at entry, `passed` those seen to pass. `entry_marks` are reporting currency
    for one base unit. `dust` is what is left over, at the books of the last fill.
    """

    saga: Saga
    kinds: tuple[MarketKind, MarketKind]
    executions: tuple[Execution, ...] = ()
    expected: tuple[PassedSettlement, ...] = ()
    passed: tuple[PassedSettlement, ...] = ()
    entry_marks: tuple[Decimal, Decimal] = (ZERO, ZERO)
    borrow_rate_hourly: Decimal = ZERO
    entered_at: datetime | None = None
    exited_at: datetime | None = None
    dust: Decimal = ZERO


class PaperPosition:
    """One followed pair traded on paper. `state` is replaced, never changed, so it can be stored at any time."""

    def __init__(self, followed: Followed, state: PositionState) -> None:
        self.followed = followed
        self.state = state
        self._ledger = Ledger(state.executions)
        self._taken = {(leg, side): TakenDepth() for leg in (LONG, SHORT) for side in Side}

    @classmethod
    def enter(cls, followed: Followed, evidence: PairEvidence) -> "PaperPosition":
        """Send both entry orders: the quantities that were shown, to the books of this evidence."""
        legs = (evidence.long, evidence.short)
        received = followed.order_qty * (1 - _kept_fee(evidence.long, LONG, Side.BUY))
        rules = SagaRules(
            (_rule(evidence.long), _rule(evidence.short)),
            max(ZERO, received - followed.qty),
            followed.candidate.kind is not OpportunityKind.SPOT_SPOT,
        )
        state = PositionState(
            saga=begin(followed.id, (followed.order_qty, followed.qty), rules),
            kinds=(evidence.long.kind, evidence.short.kind),
            expected=tuple(
                PassedSettlement(number, each.at, None)
                for number, leg in enumerate(legs)
                if leg.kind is MarketKind.PERP
                for each in leg.settlements
                if each.at > evidence.as_of
            ),
            entry_marks=(_mark(evidence.long), _mark(evidence.short)),
            borrow_rate_hourly=evidence.short.borrow_rate_hourly if evidence.is_borrowed else ZERO,
        )
        return cls(followed, state)

    @property
    def saga(self) -> Saga:
        """Where it stands."""
        return self.state.saga

    @property
    def ledger(self) -> Ledger:
        """What was executed."""
        return self._ledger

    @property
    def is_over(self) -> bool:
        """Whether nothing more will be traded."""
        return self.saga.stage is Stage.DONE

    @property
    def has_traded(self) -> bool:
        """Whether anything was filled at all."""
        return bool(self._ledger.executions)

    def meet(self, evidence: PairEvidence) -> None:
        """Every open order meets the books of this moment, and is over; what follows from it is sent next time."""
        saga, legs, at = self.saga, (evidence.long, evidence.short), evidence.as_of
        for order in saga.open_orders:
            leg = legs[order.leg]
            filled = fill_order(leg, order.side, order.qty, self._taken[order.leg, order.side])
            kept = ZERO
            if filled.qty:
                with exact_arithmetic():
                    kept = filled.qty * (1 - _kept_fee(leg, order.leg, order.side))
                self._book(order, leg, filled.amount, kept, at)
            saga = saga.report(order.client_id, filled.qty, kept).end(order.client_id)
        self._note(saga, evidence)

    def leave(self) -> None:
        """The horizon is reached: close both legs."""
        self.state = replace(self.state, saga=self.saga.leave())

    def lose(self, leg: int, kind: ExecutionType, cash: Decimal, at: datetime) -> None:
        """The venue took a leg away, for so much cash: book it, and close the other."""
        qty = -self._ledger.position(leg_name(leg))
        self._ledger.post(
            Execution(id=f"{self.saga.id}-{kind}-{leg}", type=kind, leg=leg_name(leg), at=at, cash=cash, qty=qty)
        )
        saga = self.saga.lose(leg, kind.value)
        self.state = replace(self.state, saga=saga, executions=self._ledger.executions)

    def note_settlement(self, passed: PassedSettlement) -> None:
        """A settlement went by while the position was held."""
        known = {(each.leg, each.at) for each in self.state.passed}
        if (passed.leg, passed.at) not in known:
            self.state = replace(self.state, passed=(*self.state.passed, passed))

    def book(self, rows: Sequence[Execution]) -> None:
        """Book rows that are not fills: funding, borrowing."""
        for row in rows:
            self._ledger.post(row)
        self.state = replace(self.state, executions=self._ledger.executions)

    def _book(self, order: Order, leg: LegEvidence, amount: Decimal, kept: Decimal, at: datetime) -> None:
        is_buy = order.side is Side.BUY
        name = leg_name(order.leg)
        with exact_arithmetic():
            fee = ZERO if kept != 0 and _kept_fee(leg, order.leg, order.side) else amount * leg.taker_fee
            lost = amount * leg.conversion_cost if leg.kind is MarketKind.SPOT else ZERO
            cash = -amount if is_buy else amount
        rows = [
            (ExecutionType.TRADE, cash, kept if is_buy else -kept),
            (ExecutionType.FEE, -fee, ZERO),
            (ExecutionType.CONVERSION, -lost, ZERO),
        ]
        for kind, money, qty in rows:
            if money or qty:
                row = Execution(id=f"{order.client_id}-{kind}", type=kind, leg=name, at=at, cash=money, qty=qty)
                self._ledger.post(row)

    def _note(self, saga: Saga, evidence: PairEvidence) -> None:
        """What is left over is worth what closing it at the best price brings."""
        at = evidence.as_of
        with exact_arithmetic():
            bid = _unit(evidence.long) * evidence.long.bids[0][0]
            over = saga.held[LONG] if saga.rules.is_held else saga.held[LONG] - saga.held[SHORT]
            dust = over * bid
            if saga.rules.is_held:
                dust -= saga.held[SHORT] * _unit(evidence.short) * evidence.short.asks[0][0]
        is_over = saga.stage is Stage.DONE
        self.state = replace(
            self.state,
            saga=saga,
            executions=self._ledger.executions,
            entered_at=self.state.entered_at or at,
            exited_at=at if is_over else None,
            dust=dust if is_over else ZERO,
        )


def leg_name(leg: int) -> str:
    """The ledger's name of a leg."""
    return ("long", "short")[leg]


def _kept_fee(leg: LegEvidence, number: int, side: Side) -> Decimal:
    """The share of what is bought that the venue keeps in kind; as exact pricing has it, of the long leg only."""
    is_in_kind = number == LONG and side is Side.BUY and leg.fee_asset is FeeAsset.RECEIVED
    return leg.taker_fee if is_in_kind else ZERO


def _rule(leg: LegEvidence) -> LegRule:
    """The least order: the venue's quantity, and its notional at the price of now, with a tenth to spare."""
    unit = leg.contract_size * leg.multiplier
    with exact_arithmetic():
        by_notional = leg.min_notional / leg.bids[0][0] / leg.contract_size * Decimal("1.1")
        return LegRule(leg.lot * unit, max(leg.lot, leg.min_qty, by_notional) * unit)


def _unit(leg: LegEvidence) -> Decimal:
    return leg.quote_rate / leg.multiplier


def _mark(leg: LegEvidence) -> Decimal:
    with exact_arithmetic():
        price = leg.mark if leg.mark is not None else (leg.bids[0][0] + leg.asks[0][0]) / 2
        return price * _unit(leg)
