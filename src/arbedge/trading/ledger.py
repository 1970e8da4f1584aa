"""What was executed, row by row: positions change by trades, cash by everything.

Venues report funding, fees and transfers in the same lists as fills, some with a quantity in them (Bybit's funding
rows carry the position's size). Only the types named in `MOVES_POSITION` move a position; whatever else arrives,
known or not, moves cash alone. Every row is booked against a second account, so all balances add up to zero.
Money is reporting currency, quantities are base units of the asset.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from enum import StrEnum

from arbedge.domain.money import EXACT, ZERO
from arbedge.errors import LedgerMismatch

__all__ = ["CASH", "MOVES_POSITION", "Execution", "ExecutionType", "Ledger", "execution_type"]

CASH = "cash"
"""Our own account; every other account is named after the type of row that was booked against it."""


class ExecutionType(StrEnum):
    """What a row of a venue's execution list is."""

    TRADE = "trade"
    LIQUIDATION = "liquidation"
    ADL = "adl"
    FUNDING = "funding"
    FEE = "fee"
    BORROW = "borrow"
    CONVERSION = "conversion"
    OTHER = "other"


MOVES_POSITION = frozenset({ExecutionType.TRADE, ExecutionType.LIQUIDATION, ExecutionType.ADL})
"""Trades of our own and those the venue forces on us; the whole list of what a position may follow from."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Execution:
    """One row. `cash` is what it brought (negative: cost); `qty` what it says of quantity (negative: sold).

    `qty` counts for the position only if the type moves one; a fee taken in kind is already out of it.
    """

    id: str
    type: ExecutionType
    leg: str
    at: datetime
    cash: Decimal
    qty: Decimal = ZERO


def execution_type(text: str) -> ExecutionType:
    """A venue's word for a row, any case; one that is not known moves no position."""
    try:
        return ExecutionType(text.strip().lower())
    except ValueError:
        return ExecutionType.OTHER


class Ledger:
    """Rows in the order they were booked, each once."""

    def __init__(self, executions: Iterable[Execution] = ()) -> None:
        self._rows: dict[str, Execution] = {}
        self._positions: defaultdict[str, Decimal] = defaultdict(lambda: ZERO)
        self._balances: defaultdict[str, Decimal] = defaultdict(lambda: ZERO)
        for execution in executions:
            self.post(execution)

    def post(self, execution: Execution) -> bool:
        """Book a row; False when it was booked before. Raises `LedgerMismatch` for another row of the same id."""
        known = self._rows.get(execution.id)
        if known is not None:
            if known != execution:
                raise LedgerMismatch(f"execution {execution.id}: booked as {known}, now reported as {execution}")
            return False
        self._rows[execution.id] = execution
        self._balances[CASH] = EXACT.add(self._balances[CASH], execution.cash)
        other = execution.type.value
        self._balances[other] = EXACT.subtract(self._balances[other], execution.cash)
        if execution.type in MOVES_POSITION:
            self._positions[execution.leg] = EXACT.add(self._positions[execution.leg], execution.qty)
        return True

    @property
    def executions(self) -> tuple[Execution, ...]:
        """Every row, in the order it was booked."""
        return tuple(self._rows.values())

    @property
    def cash(self) -> Decimal:
        """Everything brought less everything spent."""
        return self._balances[CASH]

    @property
    def balances(self) -> Mapping[str, Decimal]:
        """Every account; they add up to zero."""
        return dict(self._balances)

    def position(self, leg: str, at: datetime | None = None) -> Decimal:
        """What is held of a leg (negative: short), now or as of a moment."""
        if at is None:
            return self._positions[leg]
        moved = ZERO
        for row in self._rows.values():
            if row.leg == leg and row.at <= at and row.type in MOVES_POSITION:
                moved = EXACT.add(moved, row.qty)
        return moved

    def brought(self, kind: ExecutionType) -> Decimal:
        """Cash brought by all rows of a type."""
        return -self._balances[kind.value]
