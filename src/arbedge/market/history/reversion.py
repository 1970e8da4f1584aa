"""How a pair's mid gap comes back to its mean: mean and half-life from recorded samples, or why there are none.

The model is the one pricing uses (opportunities.md, "Convergence"): E[g_t+H] = mean + (g_t - mean) * 2 ** (-H /
half-life), a first-order autoregression with coefficient phi a step, half-life = -ln 2 * step / ln phi.

- A mid carries noise (ticks, bounce) that is gone in the next sample and would pass for reversion in a plain
  regression. So g_t is regressed on g_t-1 with g_t-2 as the instrument, which the noise does not touch. Where it
  hides the answer, the same is asked of hourly means, in which little of it is left.
- A random walk seen for a while looks as if it reverted. Reversion counts as found only where both n * (phi - 1)
  and its t-ratio lie under the 1 % points of the Dickey-Fuller distributions with a constant, which this estimate
  keeps (A. Hall, "Testing for a unit root in the presence of moving average errors", Biometrika 76, 1989;
  the points are W. A. Fuller's, n = infinity).
- In small samples phi comes out too small by about (1 + 3 phi) / n (M. G. Kendall, Biometrika 41, 1954); that is
  added back, after the test, so that a half-life is not told shorter than it is.

Everything here is statistics on floats; it makes a share that evidence holds as a decimal, never a price.
"""

from dataclasses import dataclass
from math import log, sqrt

import numpy as np
from numpy.typing import NDArray

__all__ = ["LEAST_OBSERVED_H", "Reversion", "fit_reversion"]

LEAST_OBSERVED_H = 24.0
"""Both sides must have been known for so many hours (opportunities.md)."""

_FULLER_RHO = -20.7
_FULLER_T = -3.43
_LEAST_TRIPLES = 20
_BLOCK_H = 1.0

Gap = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Reversion:
    """What a gap does: the mean it comes back to (a fraction), how fast, and hours both sides were known.

    `is_bound`: it comes back faster than the step it was found at (one round, or an hour where noise hid more), and
    the half-life told is that step, an upper bound.
    """

    mean: float
    half_life_h: float
    observed_h: float
    is_bound: bool = False


@dataclass(frozen=True, slots=True)
class _Triples:
    """Samples in unbroken threes, less the mean of all, and what the three have in common."""

    now: Gap
    before: Gap
    first: Gap
    variance: float

    @property
    def correlation(self) -> float:
        """From one sample to the next."""
        return float(np.mean(self.before * self.first)) / self.variance

    @property
    def is_correlated(self) -> bool:
        """Whether more than chance explains it (two standard errors of white noise)."""
        return self.correlation > 2 / sqrt(len(self.now))

    def phi(self) -> float | None:
        """The coefficient, corrected for small samples; None where a random walk would look the same."""
        count, shared = len(self.now), float(np.sum(self.before * self.first))
        phi = float(np.sum(self.now * self.first)) / shared
        rest = self.now - phi * self.before
        error = sqrt(float(np.mean(rest**2)) * float(np.sum(self.first**2))) / shared
        if count * (phi - 1) > _FULLER_RHO or (phi - 1) / error > _FULLER_T:
            return None
        phi += (1 + 3 * phi) / count
        return phi if phi < 1 else None


def fit_reversion(gap: Gap, every_s: float) -> Reversion | str:
    """Mean and half-life of a gap sampled every `every_s` seconds (NaN where unknown), or in words why not."""
    known = ~np.isnan(gap)
    round_h = every_s / 3600
    observed_h = int(np.count_nonzero(known)) * round_h
    if observed_h < LEAST_OBSERVED_H:
        return f"seen together for {observed_h:.1f} h, {LEAST_OBSERVED_H:g} h needed"
    mean = float(gap[known].mean())
    size = max(1, round(_BLOCK_H / round_h))
    fine, coarse = _triples(gap - mean), _triples(_block_means(gap - mean, size))
    if fine is None or coarse is None:
        return f"seen together for {observed_h:.1f} h with too little movement, or too many gaps in between"
    if not (fine.is_correlated or coarse.is_correlated):
        return Reversion(mean, round_h, observed_h, is_bound=True)
    phi, step_h = fine.phi() if fine.is_correlated else None, round_h
    if phi is None and coarse.is_correlated:
        phi, step_h = coarse.phi(), size * round_h
    if phi is None:
        return f"no reversion found in {observed_h:.1f} h"
    half_life_h = -log(2) * step_h / log(phi) if phi > 0 else 0.0
    return Reversion(mean, max(half_life_h, step_h), observed_h, is_bound=half_life_h < step_h)


def _triples(away: Gap) -> _Triples | None:
    """None where the gap did not move, or too few samples stand in unbroken threes."""
    now, before, first = away[2:], away[1:-1], away[:-2]
    whole = ~(np.isnan(now) | np.isnan(before) | np.isnan(first))
    if int(np.count_nonzero(whole)) < _LEAST_TRIPLES:
        return None
    variance = float(np.nanmean(away**2))
    return _Triples(now[whole], before[whole], first[whole], variance) if variance > 0 else None


def _block_means(away: Gap, size: int) -> Gap:
    """Means of blocks of `size` rounds, the newest block whole; NaN where less than half of a block is known."""
    blocks = away[len(away) % size :].reshape(-1, size)
    known = np.count_nonzero(~np.isnan(blocks), axis=1)
    sums = np.nansum(blocks, axis=1)
    return np.where(2 * known >= size, sums / np.maximum(known, 1), np.nan)
