"""What a recorder is given: the whole board at one moment as what changed, prices of a round, funding that changed.

Slots are positions in the list of instruments; figures are floats as the board holds them, venue units unless said
otherwise.
"""

from dataclasses import dataclass
from datetime import datetime

import numpy as np
from numpy.typing import NDArray

__all__ = ["FundingSample", "PriceSample", "QuoteSample", "Sample"]

Slots = NDArray[np.intp]
Figures = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class QuoteSample:
    """Best bid and ask of the slots that differ from the sample before; NaN: it became unknown.

    `is_whole`: every known slot is here, so that nothing before it is needed. `venues` were being watched.
    """

    at: datetime
    slots: Slots
    bid: Figures
    ask: Figures
    venues: tuple[str, ...]
    is_whole: bool


@dataclass(frozen=True, slots=True)
class PriceSample:
    """The known mids of a round of the price history: reporting currency for one base unit."""

    at: datetime
    slots: Slots
    prices: Figures


@dataclass(frozen=True, slots=True)
class FundingSample:
    """Funding that differs from the sample before, a row a perpetual: NaN where a venue does not say.

    `rows` are rate, interval in hours, next settlement in seconds since 1970, mark, index.
    """

    at: datetime
    slots: Slots
    rows: Figures


Sample = QuoteSample | PriceSample | FundingSample
