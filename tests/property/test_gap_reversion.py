"""Laws of the reversion fit: it recovers what was planted, never invents, and does not care about units."""

from math import sqrt

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from arbedge.market.history.reversion import Reversion, fit_reversion

EVERY_S = 300.0
THREE_DAYS = 864
Gap = NDArray[np.float64]


def reverting(rng: np.random.Generator, half_life_h: float, *, mean: float = 0.002, noise: float = 0.0) -> Gap:
    """Three days of a gap of spread 0.1 % with this mean and half-life; `noise` in shares of the spread."""
    phi = 2 ** (-EVERY_S / 3600 / half_life_h)
    away = np.empty(THREE_DAYS)
    away[0] = rng.normal()
    for index in range(1, THREE_DAYS):
        away[index] = phi * away[index - 1] + sqrt(1 - phi * phi) * rng.normal()
    return mean + 0.001 * (away + noise * rng.normal(size=THREE_DAYS))


def wandering(rng: np.random.Generator, count: int, *, noise: float = 0.0) -> Gap:
    """A random walk: it never comes back to anything."""
    return 1e-4 * (np.cumsum(rng.normal(size=count)) + noise * rng.normal(size=count))


@pytest.mark.parametrize("half_life_h", [0.25, 0.5, 1.0])
@pytest.mark.parametrize("missing", [0.0, 0.1])
def test_a_planted_half_life_and_mean_are_recovered(half_life_h: float, missing: float) -> None:
    rng = np.random.default_rng(5)
    fits = []
    for _ in range(40):
        gap = reverting(rng, half_life_h)
        gap[rng.random(THREE_DAYS) < missing] = np.nan
        fits.append(fit_reversion(gap, EVERY_S))
    found = [each for each in fits if isinstance(each, Reversion)]
    assert len(found) >= 30
    assert np.median([each.half_life_h for each in found]) == pytest.approx(half_life_h, rel=0.2)
    assert all(half_life_h / 2.5 < each.half_life_h < max(1.0, half_life_h * 2.5) * 1.01 for each in found)
    spread_of_mean = 0.001 * sqrt(2 * half_life_h / 0.693 / 72)
    assert all(abs(each.mean - 0.002) < 5 * spread_of_mean for each in found)


def test_noise_of_the_mids_does_not_pass_for_reversion() -> None:
    rng = np.random.default_rng(6)
    found = [fit_reversion(reverting(rng, 1.0, noise=0.3), EVERY_S) for _ in range(40)]
    told = [each.half_life_h for each in found if isinstance(each, Reversion)]
    assert told
    assert np.median(told) == pytest.approx(1.0, rel=0.35)


def test_what_is_gone_within_a_round_is_told_as_a_bound() -> None:
    fit = fit_reversion(reverting(np.random.default_rng(7), 0.01), EVERY_S)
    assert isinstance(fit, Reversion)
    assert fit.is_bound
    assert fit.half_life_h == EVERY_S / 3600


@pytest.mark.parametrize("noise", [0.0, 1.0, 5.0])
@pytest.mark.parametrize("count", [300, THREE_DAYS])
def test_a_random_walk_is_seldom_taken_for_reversion(noise: float, count: int) -> None:
    rng = np.random.default_rng(8)
    fits = [fit_reversion(wandering(rng, count, noise=noise), EVERY_S) for _ in range(300)]
    assert sum(isinstance(each, Reversion) for each in fits) <= 9
    assert any(isinstance(each, str) and "no reversion found" in each for each in fits)


def test_a_lasting_step_of_the_gap_is_not_reversion() -> None:
    rng = np.random.default_rng(9)
    gap = 0.0001 * rng.normal(size=THREE_DAYS)
    gap[-60:] += 0.02
    assert isinstance(fit_reversion(gap, EVERY_S), str)


@given(st.integers(0, 10_000), st.integers(0, 287))
@settings(max_examples=30)
def test_less_than_a_day_proves_nothing(seed: int, count: int) -> None:
    gap = np.full(THREE_DAYS, np.nan)
    gap[-count:] = reverting(np.random.default_rng(seed), 0.25)[-count:] if count else np.nan
    fit = fit_reversion(gap, EVERY_S)
    assert isinstance(fit, str)
    assert "24 h needed" in fit


def test_a_gap_that_never_moved_or_is_all_holes_is_refused_in_words() -> None:
    assert isinstance(fit_reversion(np.zeros(THREE_DAYS), EVERY_S), str)
    gap = reverting(np.random.default_rng(10), 0.5)
    gap[::2] = np.nan
    fit = fit_reversion(gap, EVERY_S)
    assert isinstance(fit, str)
    assert "gaps in between" in fit


@given(st.integers(0, 10_000), st.floats(0.001, 1000), st.floats(-0.1, 0.1))
@settings(max_examples=40)
def test_unit_and_offset_change_nothing_but_the_mean(seed: int, unit: float, offset: float) -> None:
    gap = reverting(np.random.default_rng(seed), 0.5)
    plain, other = fit_reversion(gap, EVERY_S), fit_reversion(gap * unit + offset * unit, EVERY_S)
    if isinstance(plain, str):
        assert plain == other
        return
    assert isinstance(other, Reversion)
    assert other.half_life_h == pytest.approx(plain.half_life_h, rel=1e-6)
    assert other.mean == pytest.approx((plain.mean + offset) * unit, rel=1e-6, abs=1e-9 * unit)
    assert other.observed_h == plain.observed_h
