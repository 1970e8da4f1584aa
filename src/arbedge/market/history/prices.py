"""The mids of every instrument over the last days, one sample a round, in flat columns.

Prices are reporting currency for one base unit, kept as float32: a relative error of at most 6e-8, a thousandth of
a basis point, is far below any spread. Floats serve statistics and identity only, never a priced figure.

Memory is 4 bytes a slot and round, in blocks of 512 slots: 12,000 slots (24 blocks) at one round in 5 minutes over
72 h (864 rounds) take 42 MB.
"""

from datetime import UTC, datetime, timedelta
from math import floor, nan

import numpy as np
from numpy.typing import NDArray

__all__ = ["PriceHistory"]

_BLOCK = 512
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_HOUR_S = 3600.0

Series = NDArray[np.float32]


class PriceHistory:
    """Rounds of `every_s` seconds, the newest `span_h` hours of them; a round nobody sampled is a gap.

    Rounds are counted from 1970 (UTC), so that every process and every restart agrees on them. A pair of slots is
    named long first, short second. One thread, no awaits.
    """

    def __init__(self, every_s: float, span_h: float) -> None:
        if not every_s > 0 or not span_h * _HOUR_S >= every_s:
            raise ValueError(f"a history of {span_h} h in rounds of {every_s} s holds nothing")
        self._every_s = every_s
        self._rounds = round(span_h * _HOUR_S / every_s)
        self._blocks: list[Series] = []
        self._slots = 0
        self._newest: int | None = None
        self._revision = 0

    def __len__(self) -> int:
        return self._slots

    @property
    def every_s(self) -> float:
        """Seconds from one round to the next."""
        return self._every_s

    @property
    def span_h(self) -> float:
        """Hours the history reaches back."""
        return self._rounds * self._every_s / _HOUR_S

    @property
    def latest_at(self) -> datetime | None:
        """When the newest round began (UTC); None before the first sample."""
        return None if self._newest is None else _EPOCH + timedelta(seconds=self._newest * self._every_s)

    @property
    def revision(self) -> int:
        """Rises when a round begins and when an older one learns something: what was worked out before is stale."""
        return self._revision

    def extend(self, count: int) -> None:
        """Add `count` slots at the end, unknown so far."""
        self._slots += count
        while len(self._blocks) * _BLOCK < self._slots:
            self._blocks.append(np.full((_BLOCK, self._rounds), nan, dtype=np.float32))

    def sample(self, at: datetime, prices: NDArray[np.float64]) -> None:
        """Keep one price a slot (NaN: unknown or not alive) for the round `at` lies in.

        Rounds since the newest one become gaps. A second sample of a round replaces what it knows and leaves
        the rest; one of an older round fills only what was unknown. Raises ValueError
        where there is not one price a slot.
        """
        if len(prices) != self._slots:
            raise ValueError(f"{len(prices)} prices for {self._slots} slots")
        wanted = self._round(at)
        is_late = self._newest is not None and wanted < self._newest
        is_new = wanted != self._newest
        if not self._open(wanted):
            return
        self._revision += is_new
        known = np.where(prices > 0, prices, nan).astype(np.float32)
        column = wanted % self._rounds
        for number, block in enumerate(self._blocks):
            fresh = known[number * _BLOCK : (number + 1) * _BLOCK]
            held = block[: len(fresh), column]
            has_new = np.isnan(held) & ~np.isnan(fresh) if is_late else ~np.isnan(fresh)
            held[has_new] = fresh[has_new]

    def restore(self, slot: int, at_s: NDArray[np.int64], prices: NDArray[np.float64]) -> int:
        """Take recorded prices of one slot in (moments in seconds since 1970), where nothing is known yet.

        Returns how many were taken; what lies before the span is left out.
        """
        rounds = np.floor_divide(at_s, self._every_s).astype(np.int64)
        usable = prices > 0
        rounds, prices = rounds[usable], prices[usable]
        if not len(rounds):
            return 0
        self._open(int(rounds.max()))
        assert self._newest is not None
        inside = rounds > self._newest - self._rounds
        columns, kept = rounds[inside] % self._rounds, prices[inside]
        row = self._row(slot)
        self._revision += 1
        is_unknown = np.isnan(row[columns])
        row[columns[is_unknown]] = kept[is_unknown]
        return int(is_unknown.sum())

    def forget(self, slot: int) -> None:
        """Drop everything known of a slot: its symbol may stand for something else from now on."""
        self._row(slot)[:] = nan

    def series(self, slot: int) -> Series:
        """The prices of a slot, oldest round first, NaN where unknown; a copy, aligned by time for all slots."""
        row = self._row(slot)
        first = 0 if self._newest is None else (self._newest + 1) % self._rounds
        return np.concatenate((row[first:], row[:first]))

    def covered_h(self, first: int, second: int, span_h: float | None = None) -> float:
        """Hours in which both slots were known, by the count of samples; within the last `span_h` where given."""
        ratio = self._ratio(first, second, span_h)
        return int(np.count_nonzero(~np.isnan(ratio))) * self._every_s / _HOUR_S

    def gap(self, first: int, second: int) -> NDArray[np.float64]:
        """The relative gap of the mids, second / first - 1, oldest round first; NaN where either is unknown."""
        return self._ratio(first, second, None) - 1

    def ratio_range(self, first: int, second: int, span_h: float) -> tuple[float, float] | None:
        """Least and largest mid of second over first within the last `span_h`; None where never both were known.

        Says nothing about how long they were known: ask `covered_h` with the same span.
        """
        ratio = self._ratio(first, second, span_h)
        known = ratio[~np.isnan(ratio)]
        return (float(known.min()), float(known.max())) if len(known) else None

    def _ratio(self, first: int, second: int, span_h: float | None) -> NDArray[np.float64]:
        count = (
            self._rounds if span_h is None else max(1, min(self._rounds, round(span_h * _HOUR_S / self._every_s)))
        )
        below, above = self.series(first)[-count:], self.series(second)[-count:]
        ratio: NDArray[np.float64] = above.astype(np.float64) / below.astype(np.float64)
        return ratio

    def _round(self, at: datetime) -> int:
        return floor((at - _EPOCH).total_seconds() / self._every_s)

    def _open(self, wanted: int) -> bool:
        """Make the round the newest where it is later, clearing what it displaces; False where it is long gone."""
        if self._newest is None:
            self._newest = wanted
        elif wanted > self._newest:
            passed = min(wanted - self._newest, self._rounds)
            columns = (wanted - np.arange(passed)) % self._rounds
            for block in self._blocks:
                block[:, columns] = nan
            self._newest = wanted
        return wanted > self._newest - self._rounds

    def _row(self, slot: int) -> Series:
        if not 0 <= slot < self._slots:
            raise IndexError(f"slot {slot} of {self._slots}")
        row: Series = self._blocks[slot // _BLOCK][slot % _BLOCK]
        return row
