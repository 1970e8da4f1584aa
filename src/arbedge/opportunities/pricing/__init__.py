"""Exact pricing: from evidence to every line of a trade's profit, in decimals; and the float bound that screens.

Comes in: evidence. Goes out: `PricedPair`, `PricedTriangle` or `BelowMinimumSize`, size curves, capacity, the best
horizon. It never reads a clock, never rounds before printing, and uses binary floats only in `bound`.
"""

from arbedge.opportunities.pricing.bound import (
    buy_rate,
    pair_bound,
    pair_bounds,
    sell_rate,
    triangle_bound,
    triangle_bounds,
)
from arbedge.opportunities.pricing.convergence import GapHistory, convergence_share
from arbedge.opportunities.pricing.figures import render
from arbedge.opportunities.pricing.horizons import HorizonChoice, price_horizons
from arbedge.opportunities.pricing.pricer import Evidence, Priced, gross_edge, price
from arbedge.opportunities.pricing.sizes import best_size, capacity, size_curve

__all__ = [
    "Evidence",
    "GapHistory",
    "HorizonChoice",
    "Priced",
    "best_size",
    "buy_rate",
    "capacity",
    "convergence_share",
    "gross_edge",
    "pair_bound",
    "pair_bounds",
    "price",
    "price_horizons",
    "render",
    "sell_rate",
    "size_curve",
    "triangle_bound",
    "triangle_bounds",
]
