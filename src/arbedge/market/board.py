"""The latest best bid and ask of every instrument, as flat columns for screening and as values for people.

One writer (the market's intake), on the thread of the event loop. Prices are venue units and floats: the board
feeds the pre-filter and displays; every priced figure comes from books. NaN means "not known to be true now".
"""

from collections.abc import Iterable, Sequence
from math import isnan, nan
from typing import NamedTuple, TypeAlias, cast

import numpy as np
from numpy.typing import NDArray

from arbedge.domain.instrument import InstrumentId
from arbedge.domain.quote import TopOfBook
from arbedge.market.facts import Columns
from arbedge.market.ports import TopRow

__all__ = ["OpenRows", "QuoteBoard"]

_FIRST_CAPACITY = 256

_Cells: TypeAlias = tuple["memoryview[float]", "memoryview[float]"]


class OpenRows(NamedTuple):
    """What a quote is written into, by slot: the row, its sequence, when it was received, and the two prices."""

    tops: list[TopRow | None]
    sequences: list[int]
    received_ns: list[int]
    bids: "memoryview[float]"
    asks: "memoryview[float]"


class QuoteBoard:
    """Best bid and ask by slot. `horizons` is how many funding horizons the gain columns have.

    Columns grow by doubling; `columns()` hands out views of the used part, the same arrays until `extend`.
    Scalars are kept in lists besides: reading one float out of an array costs several times a list's.
    """

    def __init__(self, horizons: int, *, capacity: int = _FIRST_CAPACITY) -> None:
        self._horizons = horizons
        self._ids: list[InstrumentId] = []
        self._prices = np.full((2, max(1, capacity)), nan)
        self._scale = np.full(max(1, capacity), nan)
        self._gains = np.zeros((2, horizons, max(1, capacity)))
        self._gains_epoch = np.zeros(1, dtype=np.int64)
        self._tops: list[TopRow | None] = []
        self._sequences: list[int] = []
        self._received_ns: list[int] = []
        self._quoted = 0
        self._stored = 0
        self._columns = self._view()

    def __len__(self) -> int:
        return len(self._ids)

    @property
    def quoted(self) -> int:
        """How many instruments have a quote now."""
        return self._quoted

    @property
    def stored(self) -> int:
        """How many quotes were stored since the start."""
        return self._stored

    def extend(self, ids: Sequence[InstrumentId]) -> None:
        """Add instruments at the next slots, without a quote; their gains are 0, their scale unknown."""
        if not ids:
            return
        self._ids.extend(ids)
        self._tops.extend([None] * len(ids))
        self._sequences.extend([0] * len(ids))
        self._received_ns.extend([0] * len(ids))
        capacity = len(self._scale)
        while capacity < len(self._ids):
            capacity *= 2
        if capacity != len(self._scale):
            self._prices = _grown(self._prices, capacity, nan)
            self._scale = _grown(self._scale, capacity, nan)
            self._gains = _grown(self._gains, capacity, 0.0)
        self._columns = self._view()

    def columns(self) -> Columns:
        """The live columns, exactly one entry an instrument."""
        return self._columns

    def store(  # noqa: PLR0913 - one call a frame: values stay on the stack
        self,
        slot: int,
        bid: float,
        bid_qty: float,
        ask: float,
        ask_qty: float,
        sequence: int,
        venue_at_ms: int,
        received_ns: int,
    ) -> bool:
        """Take a clean quote in; True when a price changed or there was none before.

        A new size at unchanged prices is stored and answers False: nothing screened on it.
        """
        before = self._tops[slot]
        self._tops[slot] = (slot, bid, bid_qty, ask, ask_qty, sequence, venue_at_ms)
        self._sequences[slot] = sequence
        self._received_ns[slot] = received_ns
        self._stored += 1
        if before is None:
            self._quoted += 1
        elif before[1] == bid and before[3] == ask:
            return False
        self._prices[0, slot] = bid
        self._prices[1, slot] = ask
        return True

    def open_rows(self) -> OpenRows:
        """The rows themselves, for the intake's one loop; ask anew after `extend`, and tell `count_stored`."""
        bids, asks = self._price_cells
        return OpenRows(self._tops, self._sequences, self._received_ns, bids, asks)

    def count_stored(self, quotes: int) -> None:
        """So many quotes were written into the open rows, over quotes that stood there."""
        self._stored += quotes

    def invalidate(self, slots: Iterable[int]) -> None:
        """Forget quotes that are no longer known to be true; their sequence starts anew with the next frame."""
        for slot in slots:
            self.withdraw(slot)
            self._sequences[slot] = 0

    def withdraw(self, slot: int) -> None:
        """Forget one quote whose venue just said something impossible; older frames stay unwelcome."""
        if self._tops[slot] is not None:
            self._tops[slot] = None
            self._quoted -= 1
            self._prices[:, slot] = nan

    def has_quote(self, slot: int) -> bool:
        """Whether the slot has a quote now."""
        return self._tops[slot] is not None

    def sequence(self, slot: int) -> int:
        """The sequence number of the quote; 0 without one."""
        return self._sequences[slot]

    def best(self, slot: int) -> tuple[float, float] | None:
        """Best bid and ask in venue units, or None."""
        top = self._tops[slot]
        return None if top is None else (top[1], top[3])

    def mid(self, slot: int) -> float:
        """Middle of the quote in venue units; NaN without one."""
        top = self._tops[slot]
        return nan if top is None else (top[1] + top[3]) / 2

    def price(self, slot: int) -> float:
        """Middle in the reporting currency for one base unit; NaN where quote or conversion is not known."""
        return self.mid(slot) * float(self._scale[slot])

    def received_ns(self, slot: int) -> int:
        """When the latest quote of the slot was received (monotonic)."""
        return self._received_ns[slot]

    def top(self, slot: int) -> TopOfBook | None:
        """The quote as a value, or None."""
        top = self._tops[slot]
        if top is None:
            return None
        _, bid, bid_qty, ask, ask_qty, sequence, venue_at_ms = top
        return TopOfBook(
            instrument=self._ids[slot],
            bid=bid,
            bid_qty=bid_qty,
            ask=ask,
            ask_qty=ask_qty,
            sequence=sequence,
            venue_at_ms=venue_at_ms or None,
            received_ns=self._received_ns[slot],
        )

    def count_quoted(self, slots: Iterable[int]) -> int:
        """How many of these slots have a quote now."""
        return sum(self._tops[slot] is not None for slot in slots)

    def set_scale(self, slots: NDArray[np.intp], scale: NDArray[np.float64]) -> None:
        """Write quote_rate / multiplier of some slots (NaN: no live rate)."""
        self._scale[slots] = scale

    def scale(self, slot: int) -> float:
        """quote_rate / multiplier of a slot; NaN where no live rate is known."""
        return float(self._scale[slot])

    def set_gains(
        self, slots: NDArray[np.intp], short_gain: NDArray[np.float64], long_gain: NDArray[np.float64]
    ) -> None:
        """Write the funding bounds of some slots; both arrays are horizons by slots, as fractions."""
        self._gains[0][:, slots] = short_gain
        self._gains[1][:, slots] = long_gain
        self._gains_epoch += 1

    def is_scaled(self, slot: int) -> bool:
        """Whether the slot's prices can be told in the reporting currency now."""
        return not isnan(self._scale[slot])

    def _view(self) -> Columns:
        used = len(self._ids)
        # writing one float through a memoryview costs a quarter of writing it through the array
        self._price_cells: _Cells = cast("_Cells", (self._prices[0].data, self._prices[1].data))
        return Columns(
            bid=self._prices[0, :used],
            ask=self._prices[1, :used],
            scale=self._scale[:used],
            short_gain=self._gains[0, :, :used],
            long_gain=self._gains[1, :, :used],
            gains_epoch=self._gains_epoch,
        )


def _grown(array: NDArray[np.float64], capacity: int, fill: float) -> NDArray[np.float64]:
    """A copy with its last axis at `capacity`."""
    wider = np.full((*array.shape[:-1], capacity), fill)
    wider[..., : array.shape[-1]] = array
    return wider
