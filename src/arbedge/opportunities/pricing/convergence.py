"""How much of a pair's mid gap is gone by a horizon: the share exact pricing calls convergence.

The gap g is the short leg's mid above the long leg's, in any one unit; it is held to fall back to its mean as
E[g_H] = mean + (g - mean) * 2 ** (-H / half-life), so the share is 1 - E[g_H] / g (opportunities.md,
"Convergence"). It may lie outside 0..1: a gap expected to widen has a negative share.
"""

from dataclasses import dataclass
from decimal import Context, Decimal
from functools import lru_cache

from arbedge.domain.money import ZERO
from arbedge.errors import Invalid
from arbedge.opportunities.pricing.exactness import exact_arithmetic

__all__ = ["LEAST_HISTORY_HOURS", "GapHistory", "convergence_share"]

LEAST_HISTORY_HOURS = 24
"""A pair observed for less proves nothing about its gap."""

_ONE = Decimal(1)
_STORED = Context(prec=12)
_POWER = Context(prec=34)
"""Far more digits than are stored. Powers are slow and come back at every look, so the latest are kept."""


@dataclass(frozen=True, slots=True)
class GapHistory:
    """What a pair's own recorded gap says: its mean (the gap's unit), its half-life, and hours observed."""

    mean: Decimal
    half_life_hours: Decimal
    observed_hours: Decimal


def convergence_share(gap: Decimal, horizon_hours: Decimal, history: GapHistory | None = None) -> Decimal:
    """The share of `gap` expected gone after `horizon_hours`, to 12 digits so that evidence can hold it.

    Without 24 hours of history a favourable gap (above 0) earns nothing and an adverse one costs all of itself.
    A gap of zero has nothing to lose: 0. Raises `Invalid` for a half-life of zero or less.
    """
    if gap == 0:
        return ZERO
    if history is None or history.observed_hours < LEAST_HISTORY_HOURS:
        return ZERO if gap > 0 else _ONE
    if history.half_life_hours <= 0:
        raise Invalid(f"half_life_hours: expected above 0, got {history.half_life_hours}")
    left = _left(horizon_hours, history.half_life_hours)
    with exact_arithmetic():
        expected = history.mean + (gap - history.mean) * left
        return _STORED.plus(_ONE - expected / gap)


@lru_cache(maxsize=4096)
def _left(horizon_hours: Decimal, half_life_hours: Decimal) -> Decimal:
    """The share of the way back that is left after the horizon."""
    return _POWER.power(Decimal(2), _POWER.divide(-horizon_hours, half_life_hours))
