"""What exact pricing returns: every line of an opportunity's profit, as exact decimals (evidence schema 1).

Positive is gain. All money is in the reporting currency (USDT), quantities in base units of the asset.
The lines sum to `net` exactly, before any rounding; printing happens in `domain.money.figure` only.
"""

from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum

__all__ = ["BelowMinimumSize", "HedgeFigures", "PricedPair", "PricedTriangle", "SizePoint", "Verdict"]


class Verdict(StrEnum):
    """Whether the size can be traded at all; `ok` says nothing about profit."""

    OK = "ok"
    BELOW_MINIMUM = "below_minimum"


@dataclass(frozen=True, slots=True)
class BelowMinimumSize:
    """The size cannot be traded: lots, minima or depth leave nothing. `reason` names which, for people."""

    reason: str

    @property
    def verdict(self) -> Verdict:
        """Always `below_minimum`."""
        return Verdict.BELOW_MINIMUM


@dataclass(frozen=True, slots=True, kw_only=True)
class HedgeFigures:
    """Figures only hedged kinds have: net if the gap stays (rho 0) or closes (rho 1), funding as a yearly rate."""

    net_stay: Decimal
    net_close: Decimal
    carry_apr: Decimal


@dataclass(frozen=True, slots=True, kw_only=True)
class PricedPair:
    """A priced two-leg trade."""

    order_qty: Decimal
    qty: Decimal
    residual_base: Decimal
    long_vwap: Decimal
    short_vwap: Decimal
    entry_notional: Decimal
    price: Decimal
    fees_entry: Decimal
    fees_exit: Decimal
    funding: Decimal
    borrow: Decimal
    transfer: Decimal
    conversion: Decimal
    net: Decimal
    net_bps: Decimal
    capital: Decimal
    return_on_capital: Decimal
    hedge: HedgeFigures | None = None

    @property
    def verdict(self) -> Verdict:
        """Always `ok`, also when net is negative."""
        return Verdict.OK


@dataclass(frozen=True, slots=True, kw_only=True)
class PricedTriangle:
    """A priced triangle: what the first leg really used, what arrived, the difference."""

    spent: Decimal
    end: Decimal
    net: Decimal
    net_bps: Decimal

    @property
    def verdict(self) -> Verdict:
        """Always `ok`, also when net is negative."""
        return Verdict.OK

    @property
    def capital(self) -> Decimal:
        """What must be held to trade it."""
        return self.spent

    @property
    def return_on_capital(self) -> Decimal:
        """Net as a fraction of what was spent."""
        return self.net / self.spent


@dataclass(frozen=True, slots=True)
class SizePoint:
    """One point of a size curve: the notional asked for, and the net it leaves (reporting currency and bps)."""

    notional: Decimal
    entry_notional: Decimal
    net: Decimal
    net_bps: Decimal
