"""What time adds to a held pair: funding settlements and the hours a borrowed coin is paid for.

Spans are microseconds after `as_of`, so that every comparison is exact. Runs inside `exact_arithmetic`.
"""

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import NamedTuple

from arbedge.domain.instrument import MarketKind
from arbedge.domain.money import ZERO
from arbedge.opportunities.evidence.model import PairEvidence

__all__ = ["HOUR_US", "Payment", "borrow_hours", "funding_until", "payments"]

HOUR_US = 3_600_000_000
_MICROSECOND = timedelta(microseconds=1)


class Payment(NamedTuple):
    """One settlement that may count: when (microseconds after `as_of`), and gain per base unit held."""

    after_us: int
    gain: Decimal


def payments(evidence: PairEvidence, long_mark: Decimal, short_mark: Decimal) -> tuple[Payment, ...]:
    """Settlements of the perpetual legs that the guard lets count, oldest first, up to the last one known.

    The long pays its rate, the short receives it, on the mark (reporting currency for one base unit). Income
    counts when it comes later than the guard after `as_of`; a payment counts already from the guard before.
    """
    guard_us = evidence.settlement_guard_s * 1_000_000
    found: list[Payment] = []
    for leg, mark, sign in ((evidence.long, -long_mark, -1), (evidence.short, short_mark, 1)):
        if leg.kind is not MarketKind.PERP:
            continue
        for settlement in leg.settlements:
            after_us = (settlement.at - evidence.as_of) // _MICROSECOND
            if after_us > (guard_us if settlement.rate * sign > 0 else -guard_us):
                found.append(Payment(after_us, settlement.rate * mark))
    found.sort(key=lambda payment: payment.after_us)
    return tuple(found)


def funding_until(found: tuple[Payment, ...], until_us: Decimal | int) -> Decimal:
    """Funding per base unit over all payments not later than `until_us`."""
    return sum((payment.gain for payment in found if payment.after_us <= until_us), ZERO)


def borrow_hours(as_of: datetime, until_us: Decimal | int) -> int:
    """Hours of interest: the one that runs, plus each whole clock hour (UTC) beginning in (as_of, as_of + span]."""
    at = as_of.astimezone(UTC)
    into_hour_us = (at.minute * 60 + at.second) * 1_000_000 + at.microsecond
    return 1 + int((into_hour_us + until_us) // HOUR_US)
