"""The score: normalised parts in 0..1 and their weighted mean; floats, for ordering only.

Every part, its formula and its weight are in docs/reference/ranking.md. A part without an input is left out and the
weights of the others keep their proportions, so a missing model never becomes a constant. `probability` has a
weight but no input until outcomes have trained one.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from math import log10, sqrt

from arbedge.domain.opportunity import IdentityLevel, Opportunity, Qualification, Score

__all__ = ["WEIGHTS", "ScoreInputs", "rank_key", "score"]

WEIGHTS = {
    "return_on_capital": 0.35,
    "rate_difference": 0.10,
    "risk": 0.20,
    "liquidity": 0.15,
    "time_sensitivity": 0.10,
    "market_conditions": 0.10,
    "networks": 0.10,
    "probability": 0.30,
}
"""Weight of each part before the absent ones are left out."""

_HALF_RETURN = 0.002
_HALF_RATE_DIFFERENCE = 0.0005
_HALF_SPREAD_BPS = 20.0
_HALF_SWING_BPS = 20.0
_HALF_LIFE_S = 60.0
_SETTLEMENT_SPAN_S = 8 * 3600.0
_LEAST_VOLUME, _FULL_VOLUME = 1e5, 1e9
_CONFIDENCE = {
    IdentityLevel.ADDRESS: 1.0,
    IdentityLevel.INDEX: 0.95,
    IdentityLevel.RATIO: 0.8,
    IdentityLevel.UNKNOWN: 0.0,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class ScoreInputs:
    """What a score is made of.

    `return_on_capital` is of the net that qualified, at the size shown; `rate_difference_8h` is None where no leg
    pays funding; `spread_bps` adds up the legs' quoted spreads; `swing_bps` is how far net is under its own peak;
    `expected_life_s` is the median time still to live, None where too few lives are known; `live_share` and `calm`
    describe the market now (0..1); `probability` is a calibrated one or None. `open_share` is how open the networks
    of the most cut off leg's coin are (1, 1/2, 0); None where no venue of it tells.
    """

    return_on_capital: float
    rate_difference_8h: float | None
    spread_bps: float
    swing_bps: float
    identity: IdentityLevel
    leg_count: int
    least_volume_usd: float | None
    capacity_usd: float
    notional: float
    age_s: float
    next_settlement_s: float | None
    live_share: float
    calm: float
    probability: float | None = None
    expected_life_s: float | None = None
    open_share: float | None = None


def score(inputs: ScoreInputs) -> Score:
    """The parts that have an input, and their weighted mean."""
    parts = tuple((name, value, WEIGHTS[name]) for name, value in _parts(inputs))
    total = sum(value * weight for _, value, weight in parts) / sum(weight for _, _, weight in parts)
    return Score(total, parts)


def rank_key(opportunity: Opportunity) -> tuple[bool, float, str]:
    """Sort ascending by this: what qualifies only "if it closes" comes after everything expected to pay."""
    return (opportunity.qualifies_on is not Qualification.NET, -opportunity.score.total, opportunity.id)


def _parts(inputs: ScoreInputs) -> Iterator[tuple[str, float]]:
    yield "return_on_capital", _saturating(inputs.return_on_capital, _HALF_RETURN)
    if inputs.rate_difference_8h is not None:
        yield "rate_difference", _saturating(inputs.rate_difference_8h, _HALF_RATE_DIFFERENCE)
    yield "risk", _risk(inputs)
    yield "liquidity", _liquidity(inputs)
    yield "time_sensitivity", _time_sensitivity(inputs)
    yield "market_conditions", _share(inputs.calm)
    if inputs.open_share is not None:
        yield "networks", _share(inputs.open_share)
    if inputs.probability is not None:
        yield "probability", _share(inputs.probability)


def _risk(inputs: ScoreInputs) -> float:
    """1 is least risk: identity, quoted spreads, swing, one leg more to go wrong, and how live the venues are."""
    spread = _HALF_SPREAD_BPS / (_HALF_SPREAD_BPS + max(0.0, inputs.spread_bps))
    swing = _HALF_SWING_BPS / (_HALF_SWING_BPS + max(0.0, inputs.swing_bps))
    legs = 2 / max(2, inputs.leg_count)
    return _CONFIDENCE[inputs.identity] * sqrt(spread * swing) * sqrt(legs) * _share(inputs.live_share)


def _liquidity(inputs: ScoreInputs) -> float:
    """Geometric mean of the thinner leg's 24 h volume (log scale) and of capacity against the size shown."""
    depth = _saturating(inputs.capacity_usd, inputs.notional)
    if inputs.least_volume_usd is None:
        return depth
    span = log10(_FULL_VOLUME / _LEAST_VOLUME)
    volume = _share(log10(max(inputs.least_volume_usd, 1.0) / _LEAST_VOLUME) / span)
    return sqrt(volume * depth)


def _time_sensitivity(inputs: ScoreInputs) -> float:
    """How much waiting costs: what will not live long is lost, funding is lost when its settlement passes.

    Where too few lives are known, young gaps are taken to fade with a half-life.
    """
    if inputs.expected_life_s is not None:
        freshness = _HALF_LIFE_S / (_HALF_LIFE_S + max(0.0, inputs.expected_life_s))
    else:
        freshness = 2 ** (-max(0.0, inputs.age_s) / _HALF_LIFE_S)
    if inputs.next_settlement_s is None:
        return freshness
    return max(freshness, 1 - _share(inputs.next_settlement_s / _SETTLEMENT_SPAN_S))


def _saturating(value: float, half: float) -> float:
    """0 at nothing or less, 1/2 at `half`, towards 1 beyond."""
    return value / (value + half) if value > 0 else 0.0


def _share(value: float) -> float:
    return min(1.0, max(0.0, value))
