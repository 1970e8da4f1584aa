"""Reads the live market at intervals for whoever records it: what changed of the board, mids by round, funding.

Only the copy of the columns is taken at one moment; asking each slot whether it is alive is done a share at a time,
so that a sample never holds up the tick path for more than a millisecond.
"""

from collections.abc import Iterator
from datetime import datetime
from math import floor, nan

import numpy as np
from numpy.typing import NDArray

from arbedge.domain.funding import FundingState
from arbedge.domain.instrument import InstrumentStatus, MarketKind
from arbedge.foundation.runtime.clock import Clock
from arbedge.market.history.samples import FundingSample, PriceSample, QuoteSample
from arbedge.market.view import LiveMarket

__all__ = ["MarketSampler"]

_SHARE = 500
"""Slots looked at before the event loop gets its turn."""

Figures = NDArray[np.float64]


class MarketSampler:
    """Remembers what it last told, so that a sample holds what changed since. One caller at a time."""

    def __init__(self, market: LiveMarket, clock: Clock) -> None:
        self._market = market
        self._clock = clock
        self._bid = np.empty(0)
        self._ask = np.empty(0)
        self._round = -1
        self._priced = np.zeros(0, dtype=np.bool_)
        self._funding: dict[int, FundingState] = {}

    async def quotes(self, *, is_whole: bool) -> tuple[QuoteSample, PriceSample | None]:
        """The board now, and the price of each slot the first time it is known in a round of the history.

        The history gets the prices too.
        """
        at = self._clock.now()
        columns = self._market.columns()
        bid, ask, scale = columns.bid.copy(), columns.ask.copy(), columns.scale.copy()
        silent = await self._silent(bid)
        bid[silent] = nan
        ask[silent] = nan
        before_bid, before_ask = _widened(self._bid, len(bid)), _widened(self._ask, len(bid))
        known = ~np.isnan(bid)
        changed = known if is_whole else _differs(bid, before_bid) | _differs(ask, before_ask)
        self._bid, self._ask = bid, ask
        slots = np.flatnonzero(changed)
        sample = QuoteSample(at, slots, bid[slots], ask[slots], self._venues(), is_whole)
        return sample, self._price(at, (bid + ask) / 2 * scale)

    async def funding(self, *, is_whole: bool) -> FundingSample:
        """Funding of every perpetual that differs from what was last told."""
        at = self._clock.now()
        slots: list[int] = []
        rows: list[tuple[float, ...]] = []
        for count, slot in enumerate(self._perpetuals()):
            if count % _SHARE == _SHARE - 1:
                await self._clock.sleep(0)
            state = self._market.funding.state(slot)
            if state is None or (not is_whole and _is_same(state, self._funding.get(slot))):
                continue
            self._funding[slot] = state
            slots.append(slot)
            rows.append(_row(state))
        return FundingSample(at, np.asarray(slots, dtype=np.intp), np.asarray(rows).reshape(-1, 5))

    def _price(self, at: datetime, prices: Figures) -> PriceSample | None:
        history = self._market.history
        number = floor(at.timestamp() / history.every_s)
        is_new = np.ones(len(prices), dtype=np.bool_)
        if number == self._round:
            is_new[: len(self._priced)] = ~self._priced
        fresh = np.where(is_new & (prices > 0), prices, nan)
        self._round, self._priced = number, ~is_new | (fresh > 0)
        slots = np.flatnonzero(fresh > 0)
        if not len(slots):
            return None
        history.sample(at, _widened(fresh, len(history)))
        return PriceSample(at, slots, fresh[slots])

    async def _silent(self, bid: Figures) -> list[int]:
        """Slots with a quote that is not confirmed any more."""
        silent: list[int] = []
        quoted = np.flatnonzero(~np.isnan(bid)).tolist()
        for start in range(0, len(quoted), _SHARE):
            now_ns = self._clock.monotonic_ns()
            is_alive = self._market.liveness.is_alive
            silent += [slot for slot in quoted[start : start + _SHARE] if not is_alive(slot, now_ns)]
            await self._clock.sleep(0)
        return silent

    def _perpetuals(self) -> Iterator[int]:
        for slot, each in enumerate(tuple(self._market.instruments())):
            if each.id.kind is MarketKind.PERP and each.status is not InstrumentStatus.DELISTED:
                yield slot

    def _venues(self) -> tuple[str, ...]:
        return tuple(sorted({each.id.venue for each in self._market.instruments()}))


def _differs(now: Figures, before: Figures) -> NDArray[np.bool_]:
    """Where a figure changed, came or went."""
    changed: NDArray[np.bool_] = (now != before) & ~(np.isnan(now) & np.isnan(before))
    return changed


def _widened(array: Figures, count: int) -> Figures:
    if len(array) == count:
        return array
    wider = np.full(count, nan)
    wider[: len(array)] = array
    return wider


def _is_same(state: FundingState, before: FundingState | None) -> bool:
    return before is not None and (state is before or _figures(state) == _figures(before))


def _figures(state: FundingState) -> tuple[object, ...]:
    return (state.rate, state.interval_hours, state.next_at, state.mark, state.index)


def _row(state: FundingState) -> tuple[float, ...]:
    mark = nan if state.mark is None else float(state.mark)
    index = nan if state.index is None else float(state.index)
    return (float(state.rate), float(state.interval_hours), state.next_at.timestamp(), mark, index)
