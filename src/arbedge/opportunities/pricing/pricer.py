"""The one call that prices evidence, and the exact gross edge the float bound must never undercut."""

from decimal import Decimal

from arbedge.domain.money import ZERO
from arbedge.domain.priced import BelowMinimumSize, PricedPair, PricedTriangle
from arbedge.opportunities.evidence.model import PairEvidence, TriangleEvidence
from arbedge.opportunities.pricing.exactness import exact_arithmetic
from arbedge.opportunities.pricing.pair import PairPricer
from arbedge.opportunities.pricing.triangle import TrianglePricer

__all__ = ["Evidence", "Priced", "gross_edge", "price", "pricer_of"]

Evidence = PairEvidence | TriangleEvidence
Priced = PricedPair | PricedTriangle | BelowMinimumSize


def price(evidence: Evidence) -> Priced:
    """Every line of the trade this evidence describes. Raises `Invalid` for figures too far apart to compute."""
    with exact_arithmetic():
        return pricer_of(evidence).price(evidence.notional)


def pricer_of(evidence: Evidence) -> PairPricer | TrianglePricer:
    """The pricer of this evidence; use it inside `exact_arithmetic`."""
    return PairPricer(evidence) if isinstance(evidence, PairEvidence) else TrianglePricer(evidence)


def gross_edge(long_ask: Decimal, short_bid: Decimal, gain: Decimal = ZERO) -> Decimal:
    """max(0, short bid / long ask - 1) + `gain`, as a fraction.

    Prices in reporting currency for one base unit; `gain` is the funding expected over the horizon, a fraction.
    """
    with exact_arithmetic():
        return max(ZERO, short_bid / long_ask - 1) + gain
