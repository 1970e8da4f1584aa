"""The float screen: an upper bound of the exact gross edge, for single pairs and for whole arrays.

Floats by design; nothing here is ever shown or stored. Each bound adds `GUARD` (1e-12, relative), thousands of
times what a dozen float roundings can lose, so what exact pricing keeps is never rejected. It holds when each
float given is within 1e-13 (relative) of the exact figure, and each gain is not below its exact one by more.
Unknown figures are NaN: the bound is NaN then, which passes no threshold.
"""

from decimal import Decimal

import numpy as np
from numpy.typing import NDArray

from arbedge.domain.fees import FeeAsset

__all__ = ["GUARD", "buy_rate", "pair_bound", "pair_bounds", "sell_rate", "triangle_bound", "triangle_bounds"]

GUARD = 1e-12
"""How far a bound leans to the safe side, as a fraction of the figures it is made of."""

_Floats = NDArray[np.float64]


def pair_bound(long_ask: float, short_bid: float, gain: float = 0.0) -> float:
    """At least max(0, short_bid / long_ask - 1) + gain, as a fraction.

    Prices (above 0) in reporting currency for one base unit; `gain` is the funding expected over the horizon.
    """
    ratio = short_bid / long_ask
    return max(0.0, ratio - 1.0) + gain + GUARD * (1.0 + ratio + abs(gain))


def pair_bounds(long_ask: _Floats, short_bid: _Floats, gain: _Floats | float = 0.0) -> _Floats:
    """`pair_bound` for arrays of one shape (or shapes that broadcast)."""
    ratio = short_bid / long_ask
    bounds: _Floats = np.maximum(0.0, ratio - 1.0) + gain + GUARD * (1.0 + ratio + np.abs(gain))
    return bounds


def buy_rate(ask: float, taker_fee: Decimal | float, fee_asset: FeeAsset = FeeAsset.RECEIVED) -> float:
    """What one unit of quote becomes by buying at `ask`, after the fee: taken from what arrives, or paid on top."""
    fee = float(taker_fee)
    return (1.0 - fee) / ask if fee_asset is FeeAsset.RECEIVED else 1.0 / (ask * (1.0 + fee))


def sell_rate(bid: float, taker_fee: Decimal | float) -> float:
    """What one unit of base becomes by selling at `bid`, after the fee."""
    return bid * (1.0 - float(taker_fee))


def triangle_bound(first: float, second: float, third: float) -> float:
    """At least the net of three trades as a fraction of what the first spends, from their rates after fees."""
    product = first * second * third
    return product - 1.0 + GUARD * (1.0 + product)


def triangle_bounds(first: _Floats, second: _Floats, third: _Floats) -> _Floats:
    """`triangle_bound` for arrays of one shape."""
    product = first * second * third
    bounds: _Floats = product - 1.0 + GUARD * (1.0 + product)
    return bounds
