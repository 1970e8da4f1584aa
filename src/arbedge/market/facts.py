"""What the market stage hands to detection: facts of one leg, identity findings, and flat columns to screen.

All of it is a view of one moment; nothing here is ever changed after it was handed out, except the columns,
which are live arrays with one writer (the board) on the same thread.
"""

from dataclasses import dataclass
from decimal import Decimal

import numpy as np
from numpy.typing import NDArray

from arbedge.domain.fees import FeeRate
from arbedge.domain.instrument import Instrument
from arbedge.domain.network import NetworkFinding
from arbedge.domain.opportunity import IdentityLevel
from arbedge.domain.quarantine import Doubt
from arbedge.domain.quote import Book
from arbedge.market.ports import PriceLimits, Turnover

__all__ = ["Columns", "ConversionRate", "IdentityFinding", "LegFacts"]


@dataclass(frozen=True, slots=True, kw_only=True)
class LegFacts:
    """Everything the gates ask about one instrument, at `as_of_ns` (monotonic).

    `book` is None exactly when `book_problem` says why in words. `is_alive` is False exactly when
    `alive_problem` says why. `book_confirmed_ns` is when the detail book was last known to be true (monotonic).
    `mark` is a venue price. `borrow_rate_hourly` is None where unknown; unknown is not borrowable. `networks` says
    how cut off the coin is at its venue; None for what is no coin. `limits` are those the venue tells on demand.
    """

    slot: int
    instrument: Instrument
    book: Book | None
    book_problem: str | None
    book_confirmed_ns: int
    is_alive: bool
    alive_problem: str | None
    turnover: Turnover | None
    fee: FeeRate
    mark: Decimal | None
    borrow_rate_hourly: Decimal | None
    networks: NetworkFinding | None = None
    limits: PriceLimits | None = None


@dataclass(frozen=True, slots=True)
class IdentityFinding:
    """Whether two instruments stand for the same asset: the level, and what it rests on in words.

    `doubt` says why a person should look at an unknown pair, None where there is nothing to decide (yet);
    `ratio` is the pair's prices a base unit, one over the other, in the order of their names; `case` names the
    pair in quarantine.
    """

    level: IdentityLevel
    basis: str
    doubt: Doubt | None = None
    ratio: float | None = None
    case: str | None = None


@dataclass(frozen=True, slots=True)
class ConversionRate:
    """A currency in the reporting currency: live mid, and the fraction lost turning one into the other."""

    rate: Decimal
    cost: Decimal


@dataclass(frozen=True, slots=True)
class Columns:
    """Flat columns by slot (float64, pre-filter only). Unknown is NaN, which no comparison passes.

    `bid`, `ask`: venue price. `scale`: quote_rate / multiplier, so `bid * scale` is reporting currency for one
    base unit. `short_gain[h]`, `long_gain[h]`: upper bound of the funding a short or a long gains up to horizon
    number h, as a fraction; 0 for spot. `gains_epoch` is one cell that counts how often the gains were written.
    """

    bid: NDArray[np.float64]
    ask: NDArray[np.float64]
    scale: NDArray[np.float64]
    short_gain: NDArray[np.float64]
    long_gain: NDArray[np.float64]
    gains_epoch: NDArray[np.int64]
