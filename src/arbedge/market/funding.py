"""The latest funding of every perpetual, what it will settle, and the bounds screening uses.

Rates belong to one contract and one interval; only settlements move money. Settlement times are the venue's own;
which of them still lie ahead is judged by the venue's clock, so a machine whose clock is off loses none.
"""

from bisect import bisect_right
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from math import inf, nan

import numpy as np
from numpy.typing import NDArray

from arbedge.domain.funding import FundingState, Settlement, SettlementStatus
from arbedge.foundation.runtime.clock import Clock
from arbedge.market.board import QuoteBoard
from arbedge.market.forecast import ForecastRule, GainWindow, gain_bounds

__all__ = ["FundingDesk"]

_BOUNDS_HOLD_S = 5.0
_LONGEST_INTERVAL_H = Decimal(24)
_FIRST_ROWS = 64
_SCHEDULE_MARGIN = timedelta(hours=1)


@dataclass(frozen=True, slots=True)
class _Schedule:
    """Settlements to `until` that hold for `inputs` while `start` <= now < `end`."""

    inputs: tuple[object, ...]
    start: datetime
    end: datetime
    until: datetime
    settlements: tuple[Settlement, ...]


class FundingDesk:
    """Latest `FundingState` by slot.

    `venue_now` is the wall time of a venue's clock as best known; `guard_s` the settlement guard of pricing.
    `refresh` must run at least every five seconds: the gain columns are bounds for that long.
    """

    def __init__(
        self,
        board: QuoteBoard,
        clock: Clock,
        venue_now: Callable[[str], datetime],
        *,
        horizons_h: Sequence[Decimal],
        rule: ForecastRule,
        guard_s: float,
    ) -> None:
        self._board = board
        self._clock = clock
        self._venue_now = venue_now
        self._horizons_h = tuple(float(hours) for hours in horizons_h)
        self._rule = rule
        self._guard_s = guard_s
        self._states: dict[int, FundingState] = {}
        self._passed: dict[int, Settlement] = {}
        self._schedules: dict[int, _Schedule] = {}
        self._rows: dict[int, int] = {}
        self._slots: list[int] = []
        self._contracts = np.zeros((6, _FIRST_ROWS))
        self._dirty: set[int] = set()
        self._bounds_end_ns = 0

    @property
    def rule(self) -> ForecastRule:
        """The forecast rule in use, for evidence."""
        return self._rule

    def state(self, slot: int) -> FundingState | None:
        """The latest funding of a slot, or None where none was heard."""
        return self._states.get(slot)

    def mark(self, slot: int) -> Decimal | None:
        """The venue's mark price of a perpetual in venue units, or None."""
        state = self._states.get(slot)
        return None if state is None else state.mark

    def expect(self, slots: Sequence[int]) -> None:
        """These are perpetuals: until their funding is heard their gains are unknown, not zero."""
        unheard = [slot for slot in slots if slot not in self._states]
        if unheard:
            blank = np.full((len(self._horizons_h), len(unheard)), nan)
            self._board.set_gains(np.asarray(unheard, dtype=np.intp), blank, blank)

    def store(self, slot: int, state: FundingState) -> bool:
        """Take a state in; False when it makes no sense or is older than what is known."""
        before = self._states.get(slot)
        if not _is_sane(state) or (before is not None and state.received_ns < before.received_ns):
            return False
        if before is not None and before.next_at < state.next_at:
            self._remember_passed(slot, before)
        self._states[slot] = state
        if before is None or _rule_inputs(before) != _rule_inputs(state):
            self._note(slot, state)
        return True

    def settlements(self, slot: int, until: datetime) -> tuple[Settlement, ...]:
        """Expected settlements from the guard before now to `until`, oldest first; empty where unknown."""
        state = self._states.get(slot)
        if state is None:
            return ()
        now = self._venue_now(state.instrument.venue)
        expected = self._expected(slot, state, now, until)
        found = expected[: bisect_right(expected, until, key=_moment)]
        passed = self._passed.get(slot)
        if passed is None or (found and found[0].at <= passed.at):
            return found
        is_recent = (now - passed.at).total_seconds() < self._guard_s
        return (passed, *found) if is_recent and passed.at <= until else found

    def _expected(self, slot: int, state: FundingState, now: datetime, until: datetime) -> tuple[Settlement, ...]:
        """The schedule at least to `until`, computed anew only when its inputs or what lies ahead changed."""
        inputs = _rule_inputs(state)
        known = self._schedules.get(slot)
        if known is not None and known.inputs == inputs and known.start <= now < known.end and until <= known.until:
            return known.settlements
        reach = until + _SCHEDULE_MARGIN
        found = self._rule.settlements(state, now, reach, guard_s=self._guard_s)
        guard = timedelta(seconds=self._guard_s)
        turns = [turn for each in found[:2] for turn in (each.at, each.at + guard) if turn > now]
        self._schedules[slot] = _Schedule(inputs, now, min(turns, default=reach), reach, found)
        return found

    def refresh(self) -> int:
        """Renew the gain columns of changed contracts, and of all when their bounds run out; returns how many."""
        now_ns = self._clock.monotonic_ns()
        if now_ns >= self._bounds_end_ns:
            self._dirty.update(self._states)
            self._bounds_end_ns = now_ns + int(_BOUNDS_HOLD_S * 0.9 * 1e9)
        if not self._dirty:
            return 0
        slots = sorted(self._dirty)
        self._dirty.clear()
        rows = np.asarray([self._rows[slot] for slot in slots], dtype=np.intp)
        contracts = self._contracts[:, rows]
        turning = self._roll_over(slots, contracts)
        now_s = self._clock.now().timestamp()
        window = GainWindow(start_s=now_s, span_s=_BOUNDS_HOLD_S, guard_s=self._guard_s)
        decay = float(self._rule.decay)
        short, long = gain_bounds(contracts, self._horizons_h, decay, window)
        if len(turning):
            # These settle while the bounds stand; from then on the rates count anew from the settlement after.
            contracts[4, turning] += contracts[5, turning] * 3600
            after = gain_bounds(contracts[:, turning], self._horizons_h, decay, window)
            short[:, turning] = np.maximum(short[:, turning], after[0])
            long[:, turning] = np.maximum(long[:, turning], after[1])
        self._board.set_gains(np.asarray(slots, dtype=np.intp), short, long)
        return len(slots)

    def _roll_over(self, slots: Sequence[int], contracts: NDArray[np.float64]) -> NDArray[np.intp]:
        """Move next settlements that have passed by the venue's clock to the one that lies ahead.

        Returns the columns whose next settlement passes while the bounds stand.
        """
        known: dict[str, float] = {}
        now_s = np.empty(len(slots))
        for column, slot in enumerate(slots):
            venue = self._states[slot].instrument.venue
            if venue not in known:
                known[venue] = self._venue_now(venue).timestamp()
            now_s[column] = known[venue]
        interval_s = contracts[5] * 3600
        passed = np.floor((now_s - contracts[4]) / interval_s) + 1
        contracts[4] += np.maximum(passed, 0) * interval_s
        return np.flatnonzero(contracts[4] <= now_s + _BOUNDS_HOLD_S)

    def _remember_passed(self, slot: int, before: FundingState) -> None:
        """Keep the settlement a venue has just moved on from: within the guard it still costs whoever pays."""
        ahead_s = (before.next_at - self._venue_now(before.instrument.venue)).total_seconds()
        if abs(ahead_s) < self._guard_s:
            self._passed[slot] = Settlement(before.next_at, before.rate, SettlementStatus.ESTIMATE)

    def _note(self, slot: int, state: FundingState) -> None:
        row = self._rows.get(slot)
        if row is None:
            row = self._rows[slot] = len(self._slots)
            self._slots.append(slot)
            if row >= self._contracts.shape[1]:
                self._contracts = np.hstack([self._contracts, np.zeros_like(self._contracts)])
        self._contracts[:, row] = (
            float(state.rate),
            float(state.default_rate),
            inf if state.cap is None else float(state.cap),
            -inf if state.floor is None else float(state.floor),
            state.next_at.timestamp(),
            float(state.interval_hours),
        )
        self._dirty.add(slot)


def _is_sane(state: FundingState) -> bool:
    return (
        state.rate.is_finite()
        and abs(state.rate) < 1
        and state.default_rate.is_finite()
        and 0 < state.interval_hours <= _LONGEST_INTERVAL_H
        and state.next_at.tzinfo is not None
        and (state.cap is None or state.floor is None or state.floor <= state.cap)
    )


def _rule_inputs(state: FundingState) -> tuple[object, ...]:
    return (state.rate, state.default_rate, state.cap, state.floor, state.next_at, state.interval_hours)


def _moment(settlement: Settlement) -> datetime:
    return settlement.at
