"""What is followed of a shown opportunity, and what can become of it; values only.

A mark asks: would it have paid, had it been entered then, at the books of then? `paying` means that the net it
qualified on (expected, or if the gap closes) was above zero at the same notional and horizon.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from enum import StrEnum
from typing import Any

from arbedge.domain.money import ZERO
from arbedge.domain.opportunity import Candidate, Opportunity, OpportunityKind, Qualification
from arbedge.domain.priced import PricedPair, PricedTriangle
from arbedge.opportunities.evidence.model import InventoryMode

__all__ = [
    "AFTER_S",
    "DueMark",
    "Followed",
    "Mark",
    "MarkOutcome",
    "PaperResult",
    "PaperStatus",
    "Standing",
    "due_marks",
    "follow",
    "lateness_allowed_s",
    "qualifying_bps",
]

_BPS = 10_000
_SHORTEST_LATENESS_S = 0.3
_TERMS = (
    "convergence",
    "settlement_guard_s",
    "leverage",
    "margin_buffer",
    "withdraw_fee_base",
    "withdraw_fee_pct",
)
_LATENESS_SHARE = 0.05


class Mark(StrEnum):
    """The moments after opening at which an opportunity is looked at again."""

    HALF_SECOND = "0.5s"
    ONE_SECOND = "1s"
    TWO_SECONDS = "2s"
    FIVE_SECONDS = "5s"
    THIRTY_SECONDS = "30s"
    FIVE_MINUTES = "5m"
    ONE_HOUR = "1h"
    HORIZON = "horizon"


AFTER_S: Mapping[Mark, float] = {
    Mark.HALF_SECOND: 0.5,
    Mark.ONE_SECOND: 1,
    Mark.TWO_SECONDS: 2,
    Mark.FIVE_SECONDS: 5,
    Mark.THIRTY_SECONDS: 30,
    Mark.FIVE_MINUTES: 300,
    Mark.ONE_HOUR: 3600,
}
"""Seconds after opening; the horizon is each opportunity's own."""


class Standing(StrEnum):
    """What a mark found: the last two are no answer, and never counted as one."""

    PAYING = "paying"
    NOT_PAYING = "not_paying"
    UNKNOWN = "unknown"
    MISSED = "missed"


class PaperStatus(StrEnum):
    """How far the paper trade is; the last three are its end."""

    PENDING = "pending"
    OPEN = "open"
    DONE = "done"
    NOT_ENTERED = "not_entered"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True, kw_only=True)
class Followed:
    """What was shown, and what prices it anew: legs, notional, horizon and the terms of its evidence.

    `predicted_bps` is the net it qualified on, on `entry_notional`; quantities are base units of the asset, 0 for
    triangles. `is_held` tells whether it is a position until its horizon, or over once traded.
    """

    id: str
    candidate: Candidate
    asset: str
    qualifies_on: Qualification
    opened_at: datetime
    notional: Decimal
    horizon_hours: Decimal
    predicted_bps: Decimal
    entry_notional: Decimal
    order_qty: Decimal = ZERO
    qty: Decimal = ZERO
    convergence: Decimal = ZERO
    settlement_guard_s: Decimal = Decimal(60)
    leverage: Decimal = Decimal(3)
    margin_buffer: Decimal = Decimal("0.1")
    mode: InventoryMode = InventoryMode.PREFUNDED
    withdraw_fee_base: Decimal = ZERO
    withdraw_fee_pct: Decimal = ZERO
    is_simulated: bool = False

    @property
    def is_held(self) -> bool:
        """Whether it is held until its horizon."""
        return self.candidate.kind not in {OpportunityKind.SPOT_SPOT, OpportunityKind.TRIANGULAR}

    @property
    def horizon_at(self) -> datetime:
        """When it would be closed again."""
        return self.opened_at + timedelta(hours=float(self.horizon_hours))


@dataclass(frozen=True, slots=True)
class DueMark:
    """A mark and the moment it is due (UTC)."""

    mark: Mark
    due_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class MarkOutcome:
    """What was found at a mark: `net_bps` where it could be priced, else `reason` in words."""

    opportunity_id: str
    mark: Mark
    due_at: datetime
    taken_at: datetime | None
    standing: Standing
    net_bps: Decimal | None = None
    reason: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class PaperResult:
    """What the paper trade made: net on the entry notional that was shown, in bps; None unless it is done.

    `reason` says why there is none, or what the result rests on (estimated rates, partial fills).
    """

    status: PaperStatus
    net_bps: Decimal | None = None
    reason: str | None = None


def follow(opportunity: Opportunity, evidence: Mapping[str, Any]) -> Followed:
    """What to follow of an opportunity that has just opened with this evidence document (schema 1)."""
    priced = opportunity.priced
    terms = {name: Decimal(evidence[name]) for name in _TERMS if name in evidence}
    entry_notional, order_qty, qty = _entry(priced)
    return Followed(
        id=opportunity.id,
        candidate=opportunity.candidate,
        asset=opportunity.asset,
        qualifies_on=opportunity.qualifies_on,
        opened_at=opportunity.opened_at,
        notional=opportunity.notional,
        horizon_hours=opportunity.horizon_hours,
        predicted_bps=qualifying_bps(priced, opportunity.qualifies_on),
        entry_notional=entry_notional,
        order_qty=order_qty,
        qty=qty,
        mode=InventoryMode(evidence.get("mode", InventoryMode.PREFUNDED)),
        is_simulated=opportunity.is_simulated,
        **terms,
    )


def qualifying_bps(priced: PricedPair | PricedTriangle, qualifies_on: Qualification) -> Decimal:
    """The net it qualifies on, in bps of its entry: as expected, or if the gap closes."""
    if qualifies_on is Qualification.NET_CLOSE and isinstance(priced, PricedPair) and priced.hedge is not None:
        return priced.hedge.net_close * _BPS / priced.entry_notional
    return priced.net_bps


def due_marks(followed: Followed) -> tuple[DueMark, ...]:
    """Every mark of an opportunity, soonest first; one that is not held has no horizon to look at."""
    marks = [DueMark(mark, followed.opened_at + timedelta(seconds=after)) for mark, after in AFTER_S.items()]
    if followed.is_held:
        marks.append(DueMark(Mark.HORIZON, followed.horizon_at))
    return tuple(sorted(marks, key=lambda each: each.due_at))


def lateness_allowed_s(followed: Followed, due_at: datetime) -> float:
    """How much later than due a mark may be taken and still speak of its moment: 5 %, at least 0.3 s."""
    return max(_SHORTEST_LATENESS_S, _LATENESS_SHARE * (due_at - followed.opened_at).total_seconds())


def _entry(priced: PricedPair | PricedTriangle) -> tuple[Decimal, Decimal, Decimal]:
    """(entry notional, quantity bought, quantity sold)."""
    if isinstance(priced, PricedPair):
        return priced.entry_notional, priced.order_qty, priced.qty
    return priced.spent, ZERO, ZERO
