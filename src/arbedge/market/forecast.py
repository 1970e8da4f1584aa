"""The rule by which coming funding settlements are expected, as decimals for pricing and arrays for screening.

The k-th settlement after now is d + (r0 - d) * s ** (k * interval / 8): r0 the venue's current rate, d the
contract's default, s the share of the distance left after eight hours, caps and floors clamping
(opportunities.md, "Where the inputs come from"). Read literally: the next settlement is the first after now, so
k is 1 for it. Large differentials thus realise 29 % of their naive carry over a day and 16 % over two.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import ROUND_HALF_EVEN, Context, Decimal
from math import ceil

import numpy as np
from numpy.typing import NDArray

from arbedge.domain.funding import FundingState, Settlement, SettlementStatus
from arbedge.domain.money import EXACT

__all__ = ["ForecastRule", "GainWindow", "gain_bounds"]

_FACTOR_DIGITS = Context(prec=34, rounding=ROUND_HALF_EVEN)
_RATE_STEP = Decimal("1e-18")
_EIGHT = Decimal(8)
_BOUND_SLACK = 1e-9
"""Relative upward guard on the bounds: floats must never fall under what decimals give."""


class ForecastRule:
    """Expected settlements of one contract; `decay` is s, a share in 0..1."""

    def __init__(self, decay: Decimal) -> None:
        self.decay = decay
        self._factors: dict[Decimal, list[Decimal]] = {}

    def settlements(
        self, state: FundingState, now: datetime, until: datetime, *, guard_s: float
    ) -> tuple[Settlement, ...]:
        """Settlements with now - `guard_s` < at <= `until`, oldest first.

        One that has just passed still counts against a payer within the guard, at the rate last announced for it.
        The next one rests on the venue's running estimate and says `estimate`; the later ones say `forecast`.
        """
        step = _interval(state)
        passed = 0
        if state.next_at <= now:
            passed = (now - state.next_at) // step + 1
        found: list[Settlement] = []
        last_passed = state.next_at + step * (passed - 1)
        if passed and last_passed > now - timedelta(seconds=guard_s) and last_passed <= until:
            found.append(Settlement(last_passed, state.rate, SettlementStatus.ESTIMATE))
        at = state.next_at + step * passed
        power = 1
        while at <= until:
            status = SettlementStatus.ESTIMATE if power == 1 else SettlementStatus.FORECAST
            found.append(Settlement(at, self.rate(state, power), status))
            at += step
            power += 1
        return tuple(found)

    def rate(self, state: FundingState, power: int) -> Decimal:
        """The expected rate of the `power`-th settlement after now (1 is the next), clamped, to 18 places."""
        distance = EXACT.subtract(state.rate, state.default_rate)
        expected = EXACT.add(
            state.default_rate, EXACT.multiply(distance, self._factor(state.interval_hours, power))
        )
        if state.cap is not None:
            expected = min(expected, state.cap)
        if state.floor is not None:
            expected = max(expected, state.floor)
        return EXACT.quantize(expected, _RATE_STEP)

    def _factor(self, interval_hours: Decimal, power: int) -> Decimal:
        known = self._factors.setdefault(interval_hours, [Decimal(1)])
        while len(known) <= power:
            exponent = EXACT.divide(EXACT.multiply(Decimal(len(known)), interval_hours), _EIGHT)
            known.append(_power(self.decay, exponent))
        return known[power]


@dataclass(frozen=True, slots=True)
class GainWindow:
    """When gain bounds hold: for every as_of in [start_s, start_s + span_s], seconds since the epoch."""

    start_s: float
    span_s: float
    guard_s: float


def gain_bounds(
    contracts: NDArray[np.float64],
    horizons_h: Sequence[float],
    decay: float,
    window: GainWindow,
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Upper bounds of what a short and a long gain from funding, as fractions: two arrays, horizons by contracts.

    `contracts` has one column a contract and six rows: current rate, default rate, cap, floor (infinite where there
    is none), seconds since the epoch of the next settlement (in the future by the venue's clock), interval in
    hours. Over the window an income counts when it counts at any moment of it, a payment only when it counts at
    every moment; a payment already past is left out. So the bound never falls under the exact figure.
    """
    count = contracts.shape[1]
    short = np.zeros((len(horizons_h), count))
    long = np.zeros((len(horizons_h), count))
    for interval_h in np.unique(contracts[5]):
        columns = np.flatnonzero(contracts[5] == interval_h)
        rate, default, cap, floor, next_s, _ = contracts[:, columns]
        powers = np.arange(1, ceil((max(horizons_h) + window.span_s / 3600) / interval_h) + 2)[:, None]
        rates = default + (rate - default) * decay ** (powers * interval_h / 8)
        rates = np.clip(rates, floor, cap)
        ahead_s = next_s - window.start_s + (powers - 1) * interval_h * 3600
        is_income_due = ahead_s > window.guard_s
        is_payment_due = ahead_s > window.span_s - window.guard_s
        positive, negative = np.maximum(rates, 0), np.maximum(-rates, 0)
        for row, hours in enumerate(horizons_h):
            income = is_income_due & (ahead_s <= hours * 3600 + window.span_s)
            payment = is_payment_due & (ahead_s <= hours * 3600)
            short[row, columns] = _raised((positive * income).sum(0), (negative * payment).sum(0))
            long[row, columns] = _raised((negative * income).sum(0), (positive * payment).sum(0))
    return short, long


def _raised(gain: NDArray[np.float64], loss: NDArray[np.float64]) -> NDArray[np.float64]:
    return gain * (1 + _BOUND_SLACK) - loss * (1 - _BOUND_SLACK)


def _interval(state: FundingState) -> timedelta:
    return timedelta(seconds=float(state.interval_hours * 3600))


def _power(share: Decimal, exponent: Decimal) -> Decimal:
    if share == 0:
        return Decimal(0)
    return _FACTOR_DIGITS.power(share, exponent)
