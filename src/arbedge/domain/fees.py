"""Trading fees: a taker's rate, which asset it is taken from, and where the figure comes from."""

from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from enum import StrEnum

__all__ = ["FeeAsset", "FeeRate"]


class FeeAsset(StrEnum):
    """Which asset the venue takes its fee from: the quote currency, or whatever the trade received."""

    QUOTE = "quote"
    RECEIVED = "received"


@dataclass(frozen=True, slots=True)
class FeeRate:
    """A taker fee as a fraction (0.001 = 10 bps), with its source and the day it was true."""

    taker: Decimal
    asset: FeeAsset
    source: str
    as_of: date
