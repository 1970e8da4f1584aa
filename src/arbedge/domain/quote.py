"""What a venue says about prices: best bid and ask, books, and the two clocks each carries.

`venue_at_ms` is the venue's own stamp (UTC milliseconds, None where the venue sends none, as Binance spot's
bookTicker); `received_ns` is our monotonic clock when the frame arrived. Ages are measured on the latter only.
Prices and sizes inside books stay the venue's decimal strings, so that evidence repeats what was sent.
"""

from dataclasses import dataclass
from typing import NamedTuple

from arbedge.domain.instrument import InstrumentId

__all__ = ["Book", "BookChange", "Level", "TopOfBook"]

Level = tuple[str, str]
"""(price, size) as the venue sent them, in venue units."""


class TopOfBook(NamedTuple):
    """Best bid and ask in venue units. Floats: these feed the pre-filter and displays, never a priced figure.

    A tuple, because a venue's snapshot makes thousands at once: a frozen dataclass costs three times as much.
    """

    instrument: InstrumentId
    bid: float
    bid_qty: float
    ask: float
    ask_qty: float
    sequence: int
    venue_at_ms: int | None
    received_ns: int


@dataclass(frozen=True, slots=True)
class Book:
    """A book at one moment: best level first on both sides, sizes > 0."""

    instrument: InstrumentId
    bids: tuple[Level, ...]
    asks: tuple[Level, ...]
    sequence: int
    venue_at_ms: int | None
    received_ns: int


@dataclass(frozen=True, slots=True)
class BookChange:
    """One depth frame: levels to set (size "0…" deletes).

    `first` and `last` are the frame's own first and last update ids; `previous` is the last id of the frame
    before it where the venue sends it (Binance USD-M `pu`), else None.
    """

    instrument: InstrumentId
    first: int
    last: int
    previous: int | None
    bids: tuple[Level, ...]
    asks: tuple[Level, ...]
    venue_at_ms: int | None
    received_ns: int
