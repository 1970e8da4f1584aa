"""Funding of perpetuals: what is known now, and what was or will be settled.

A rate belongs to one contract and one interval: the fraction of the position's notional that longs pay shorts
at the settlement (negative: shorts pay longs). Only settlements move money, never a drip.
"""

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from enum import StrEnum

from arbedge.domain.instrument import InstrumentId

__all__ = ["FundingState", "Settlement", "SettlementStatus"]


class SettlementStatus(StrEnum):
    """How sure a settlement's rate is."""

    SETTLED = "settled"
    ESTIMATE = "estimate"
    FORECAST = "forecast"


@dataclass(frozen=True, slots=True)
class Settlement:
    """One funding settlement of one contract: when (UTC), the rate, and how sure it is."""

    at: datetime
    rate: Decimal
    status: SettlementStatus


@dataclass(frozen=True, slots=True, kw_only=True)
class FundingState:
    """A contract's funding as its venue states it now.

    `rate` is the running estimate for `next_at`; `interval_hours` is that contract's own (1, 2, 4, 8);
    `cap`, `floor` clamp a rate; `default_rate` is what the contract pays when its premium is zero.
    `mark` and `index` are venue prices. `received_ns` is monotonic.
    """

    instrument: InstrumentId
    rate: Decimal
    next_at: datetime
    interval_hours: Decimal
    default_rate: Decimal
    cap: Decimal | None
    floor: Decimal | None
    mark: Decimal | None
    index: Decimal | None
    venue_at_ms: int | None
    received_ns: int

    @property
    def at_cap(self) -> str | None:
        """`cap` or `floor` where the rate stands at that limit or beyond it; None elsewhere and without limits.

        A limit of zero on both sides is how a venue leaves limits unsaid, and marks nothing.
        """
        if self.cap == self.floor:
            return None
        if self.cap is not None and self.rate >= self.cap:
            return "cap"
        return "floor" if self.floor is not None and self.rate <= self.floor else None

    @property
    def rate_per_hour(self) -> Decimal:
        """The comparable form of the rate: fraction an hour."""
        return self.rate / self.interval_hours

    @property
    def rate_8h(self) -> Decimal:
        """The comparable form of the rate: fraction per eight hours."""
        return self.rate_per_hour * 8
