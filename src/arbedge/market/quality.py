"""Figures about recorded or live quotes that tell how good they are: the basis between two markets over time.

Floats: these are statistics for people, nothing is priced with them.
"""

from bisect import bisect_left
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

__all__ = ["BasisSummary", "TimedQuote", "basis_summary"]

_BPS = 1e4


@dataclass(frozen=True, slots=True)
class TimedQuote:
    """A best bid and ask at one moment; `at_ns` on one clock for all quotes compared."""

    at_ns: int
    bid: float
    ask: float


@dataclass(frozen=True, slots=True)
class BasisSummary:
    """Perpetual against spot over a stretch of time, in basis points of the spot price, weighted by time.

    `mid` is perp mid / spot mid - 1. `carry_best` is the best moment to buy spot and short the perp at the touch
    (perp bid / spot ask - 1), `reverse_best` the best to sell spot and buy the perp (spot bid / perp ask - 1).
    `span_s` is the time both quoted, `changes` how often either quote changed in it.
    """

    span_s: float
    changes: int
    mid_mean_bps: float
    mid_min_bps: float
    mid_max_bps: float
    carry_best_bps: float
    reverse_best_bps: float

    def best_after_fees_bps(self, fees: float) -> float:
        """The better of both directions less the fees of entry and exit, given as a fraction of notional."""
        return max(self.carry_best_bps, self.reverse_best_bps) - fees * _BPS


def basis_summary(spot: Sequence[TimedQuote], perp: Sequence[TimedQuote]) -> BasisSummary | None:
    """Summarise the basis while both quote; each quote holds until the next of its side. None without overlap.

    Both series are in order of time.
    """
    if not spot or not perp:
        return None
    start_ns = max(spot[0].at_ns, perp[0].at_ns)
    end_ns = min(spot[-1].at_ns, perp[-1].at_ns)
    if end_ns <= start_ns:
        return None
    moments = sorted({start_ns, *(q.at_ns for q in (*spot, *perp) if start_ns < q.at_ns < end_ns), end_ns})
    spot_at = [quote.at_ns for quote in spot]
    perp_at = [quote.at_ns for quote in perp]
    mids: list[float] = []
    carries: list[float] = []
    reverses: list[float] = []
    weighted = 0.0
    for at_ns, next_ns in pairwise(moments):
        near, far = spot[bisect_left(spot_at, at_ns + 1) - 1], perp[bisect_left(perp_at, at_ns + 1) - 1]
        mid = ((far.bid + far.ask) / (near.bid + near.ask) - 1) * _BPS
        mids.append(mid)
        carries.append((far.bid / near.ask - 1) * _BPS)
        reverses.append((near.bid / far.ask - 1) * _BPS)
        weighted += mid * (next_ns - at_ns)
    return BasisSummary(
        span_s=(end_ns - start_ns) / 1e9,
        changes=len(mids),
        mid_mean_bps=weighted / (end_ns - start_ns),
        mid_min_bps=min(mids),
        mid_max_bps=max(mids),
        carry_best_bps=max(carries),
        reverse_best_bps=max(reverses),
    )
