"""The outcome path: every opportunity that opens is followed, marked when due, traded on paper, and stored.

`publish` is a watcher of the delivery path: synchronous, bounded, never waits. Overflow policy `refuse_newest`: at
most `max_followed` are followed at once; one that opens beyond is not, and is counted in `refused`. A mark whose
moment went by unwatched is stored as missed, never taken later.
"""

import asyncio
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import NamedTuple

from arbedge.domain.events import OpportunityChange, OpportunityEvent
from arbedge.errors import ArbEdgeError
from arbedge.flow.outcome_rows import PaperRow, PendingOutcome, Unstored
from arbedge.flow.paper_desk import PaperDesk, PaperTrade
from arbedge.flow.ports import FaultLog, OutcomeArchive
from arbedge.flow.settlement_watch import SettlementWatch
from arbedge.foundation.runtime.clock import Clock
from arbedge.opportunities.outcomes.config import OutcomesConfig
from arbedge.opportunities.outcomes.following import (
    DueMark,
    Followed,
    Mark,
    MarkOutcome,
    Standing,
    due_marks,
    follow,
    lateness_allowed_s,
)
from arbedge.opportunities.outcomes.repricing import Moment, Repricer
from arbedge.opportunities.outcomes.schedule import DueSchedule

__all__ = ["OutcomePath", "OutcomeTools"]

_TICK_S = 0.1
_TURN_NS = 10_000_000
_YIELD_S = 0.002
"""So much of the thread's time is taken in one turn, and so long it is left to others before the next."""
_KEEP_EVERY_NS = 400_000_000
_WATCH_EVERY_NS = 2_000_000_000
_DENSE_S = 31.0
"""Marks lie so close together after opening that the books are kept all the while."""
_LEAD_S = 10.0
"""A later mark has its books asked for so long before."""
_SETTLED_AFTER_S = 120.0
_SETTLE_TRIES = 5
_BATCH = 500
_DUES_EACH = 16
_FLUSH_S = 0.5
_LONGEST_PAUSE_S = 10.0


class _What(StrEnum):
    """What is to be done when something is due."""

    MARK = "mark"
    KEEP = "keep"
    ENTER = "enter"
    WORK = "work"
    LEAVE = "leave"
    SETTLE = "settle"


class _Due(NamedTuple):
    id: str
    what: _What
    mark: DueMark | None = None


@dataclass(slots=True)
class _Follow:
    """One that is followed: marks still to be taken, its paper trade, and how long its books are kept."""

    trade: PaperTrade
    slots: tuple[int, ...]
    left: set[Mark]
    kept_until_ns: int = 0
    settle_tries: int = 0


@dataclass(frozen=True, slots=True)
class OutcomeTools:
    """What the path works with: prices anew, trades on paper, watches settlements."""

    repricer: Repricer
    desk: PaperDesk
    watch: SettlementWatch
    clock: Clock
    log: FaultLog


class OutcomePath:
    """Follows what is shown. `problem` says in words why the archive is behind, None while it is not."""

    def __init__(self, tools: OutcomeTools, archive: OutcomeArchive, config: OutcomesConfig) -> None:
        self._tools = tools
        self._archive = archive
        self._config = config
        self._follows: dict[str, _Follow] = {}
        self._near: set[str] = set()
        self._schedule: DueSchedule[_Due] = DueSchedule(config.max_followed * _DUES_EACH)
        self._settling: dict[str, None] = {}
        self._unstored = Unstored()
        self._kept_ns = self._watched_ns = 0
        self.archive_in_use = asyncio.Lock()
        """Held while the archive is written to; whoever ends the writer takes it first."""
        self.problem: str | None = None
        self.refused = 0
        self.missed = 0

    @property
    def followed_count(self) -> int:
        """How many are followed now."""
        return len(self._follows)

    def publish(self, event: OpportunityEvent) -> None:
        """Take one event of a life; an opening begins to be followed, if there is room."""
        if event.change is not OpportunityChange.OPENED or event.opportunity.id in self._follows:
            return
        if len(self._follows) >= self._config.max_followed or len(self._unstored) > 10 * self._config.max_followed:
            self.refused += 1
            return
        followed = follow(event.opportunity, event.evidence)
        now = self._moment()
        begun = self._begin(PaperTrade(followed), due_marks(followed), now)
        self._keep_until(begun, now, _DENSE_S)
        self._unstored.started[followed.id] = followed
        self._plan(_Due(followed.id, _What.ENTER), followed.opened_at, now, self._config.entry_latency_ms / 1000)

    async def recover(self) -> int:
        """At start: take up what an earlier run was following; returns how many."""
        pending = await self._archive.pending(self._config.max_followed)
        now = self._moment()
        for each in pending:
            self._take_up(each, now)
        return len(pending)

    async def run(self) -> None:
        """Mark and trade for ever; under supervision."""
        pause_s = _TICK_S
        while True:
            await self._tools.clock.sleep(pause_s)
            pause_s = _TICK_S if self.work() else _YIELD_S

    def work(self) -> bool:
        """What is due now, for a few milliseconds at a time; False when more of it waits for another turn."""
        now = self._moment()
        ends_ns = now.ns + _TURN_NS
        self._keep_books(now)
        self._watch_settlements(now)
        while (due := self._schedule.take_due(now.ns)) is not None:
            known = self._follows.get(due.id)
            if known is not None:
                self._do(known, due, now)
            now = self._moment()
            if now.ns > ends_ns:
                return False
        return True

    async def run_settling(self) -> None:
        """Ask venues what was settled, one position after another, for ever; under supervision."""
        while True:
            await self._tools.clock.sleep(_TICK_S)
            await self.settle_next()

    async def settle_next(self) -> None:
        """The position that waits longest for its settled rates, if any does."""
        key = next(iter(self._settling), None)
        known = self._follows.get(key) if key is not None else None
        if key is None or known is None:
            return
        known.settle_tries += 1
        is_done = await self._tools.desk.settle(known.trade, is_last=known.settle_tries >= _SETTLE_TRIES)
        self._settling.pop(key, None)
        now = self._moment()
        if is_done:
            self._note_paper(known, now)
        else:
            self._plan(_Due(key, _What.SETTLE), now.at, now, _SETTLED_AFTER_S)

    async def run_writer(self) -> None:
        """Write to the archive for ever; under supervision. A failure is tried again with growing pauses."""
        pause_s = _FLUSH_S
        while True:
            await self._tools.clock.sleep(pause_s)
            pause_s = _FLUSH_S if await self.flush() else min(pause_s * 2, _LONGEST_PAUSE_S)

    async def flush(self) -> bool:
        """Store what waits; False when the archive refused, and then `problem` says why."""
        try:
            async with self.archive_in_use:
                while len(self._unstored):
                    await self._store_some()
        except ArbEdgeError as error:
            if self.problem is None:
                self._tools.log.error("outcomes_unavailable", error=repr(error), pending=len(self._unstored))  # noqa: TRY400 - expected
            self.problem = f"{error.code}: {error}"
            return False
        self.problem = None
        return True

    def _begin(self, trade: PaperTrade, marks: Iterable[DueMark], now: Moment) -> _Follow:
        followed = trade.followed
        begun = _Follow(trade, self._tools.repricer.slots(followed) or (), {each.mark for each in marks})
        self._follows[followed.id] = begun
        for each in marks:
            self._plan(_Due(followed.id, _What.MARK, each), each.due_at, now)
            if (each.due_at - followed.opened_at).total_seconds() > _DENSE_S:
                self._plan(_Due(followed.id, _What.KEEP, each), each.due_at, now, -_LEAD_S)
        if followed.is_held:
            self._plan(_Due(followed.id, _What.LEAVE), followed.horizon_at, now)
        return begun

    def _take_up(self, pending: PendingOutcome, now: Moment) -> None:
        followed = pending.followed
        trade = self._tools.desk.resume(pending, now.at)
        open_marks = []
        for each in due_marks(followed):
            if each.mark in pending.taken:
                continue
            if (now.at - each.due_at).total_seconds() > lateness_allowed_s(followed, each.due_at):
                self._miss(followed, each, "arbedge was not running")
            else:
                open_marks.append(each)
        known = self._begin(trade, open_marks, now)
        if trade.needs_rates:
            self._settling[followed.id] = None
        self._note_paper(known, now)

    def _plan(self, due: _Due, at: datetime, now: Moment, plus_s: float = 0.0) -> None:
        """Put it on the monotonic clock, so that a jump of the wall clock moves no mark."""
        self._schedule.add(now.ns + int(((at - now.at).total_seconds() + plus_s) * 1e9), due)

    def _do(self, known: _Follow, due: _Due, now: Moment) -> None:
        desk, trade = self._tools.desk, known.trade
        if not known.slots:
            known.slots = self._tools.repricer.slots(trade.followed) or ()  # listings come after a restart
        again_s = None
        if due.what is _What.MARK:
            assert due.mark is not None
            self._take(known, due.mark, now)
            return
        if due.what is _What.KEEP:
            self._keep_until(known, now, _LEAD_S + 1)
            return
        if due.what is _What.SETTLE:
            self._settling[due.id] = None
            return
        if due.what is _What.ENTER:
            again_s = desk.enter(trade, now)
        elif due.what is _What.WORK:
            again_s = desk.work(trade, now)
        else:
            again_s = desk.leave(trade, now)
        if again_s is not None:
            self._keep_until(known, now, again_s + 1)
            self._plan(_Due(due.id, _What.WORK), now.at, now, again_s)
        elif trade.needs_rates:
            self._plan(_Due(due.id, _What.SETTLE), now.at, now, _SETTLED_AFTER_S)
        self._note_paper(known, now)

    def _take(self, known: _Follow, due: DueMark, now: Moment) -> None:
        followed = known.trade.followed
        late_s = (now.at - due.due_at).total_seconds()
        if late_s > lateness_allowed_s(followed, due.due_at):
            self._miss(followed, due, f"looked at {late_s:.2f} s too late")
        else:
            found = self._tools.repricer.reprice(followed, now)
            self._unstored.marks.append(
                MarkOutcome(
                    opportunity_id=followed.id,
                    mark=due.mark,
                    due_at=due.due_at,
                    taken_at=now.at,
                    standing=found.standing,
                    net_bps=found.net_bps,
                    reason=found.reason,
                )
            )
        known.left.discard(due.mark)
        if not known.left and known.trade.is_over:
            self._note_paper(known, now)

    def _miss(self, followed: Followed, due: DueMark, reason: str) -> None:
        self.missed += 1
        self._unstored.marks.append(
            MarkOutcome(
                opportunity_id=followed.id,
                mark=due.mark,
                due_at=due.due_at,
                taken_at=None,
                standing=Standing.MISSED,
                reason=reason,
            )
        )

    def _note_paper(self, known: _Follow, now: Moment) -> None:
        trade = known.trade
        is_ended = trade.is_over and not known.left
        state = trade.position.state if trade.position is not None else None
        self._unstored.papers[trade.followed.id] = PaperRow(
            trade.followed.id, trade.result, state, now.at if is_ended else None
        )
        if is_ended:
            del self._follows[trade.followed.id]

    def _keep_until(self, known: _Follow, now: Moment, seconds: float) -> None:
        known.kept_until_ns = max(known.kept_until_ns, now.ns + int(seconds * 1e9))
        self._near.add(known.trade.followed.id)

    def _keep_books(self, now: Moment) -> None:
        """Ask for the books that will be looked at, those that are needed no longer soonest first."""
        if now.ns - self._kept_ns < _KEEP_EVERY_NS:
            return
        self._kept_ns = now.ns
        found = {key: self._follows.get(key) for key in self._near}
        near = [each for each in found.values() if each is not None and each.kept_until_ns > now.ns]
        self._near = {each.trade.followed.id for each in near}
        near.sort(key=lambda each: each.kept_until_ns)
        kept: dict[int, None] = {}
        for each in near:
            if len(kept.keys() | set(each.slots)) <= self._config.max_kept_books:
                kept.update(dict.fromkeys(each.slots))
        for slot in kept:
            self._tools.repricer.keep(slot)

    def _watch_settlements(self, now: Moment) -> None:
        if now.ns - self._watched_ns < _WATCH_EVERY_NS:
            return
        self._watched_ns = now.ns
        holding = [each for each in self._follows.values() if each.trade.is_holding]
        slots = dict.fromkeys(slot for each in holding for slot in each.slots)
        for passing in self._tools.watch.look(slots, now.at):
            for each in holding:
                if self._tools.desk.pass_by(each.trade, each.slots, passing):
                    self._note_paper(each, now)

    async def _store_some(self) -> None:
        batch = self._unstored.batch(_BATCH)
        await self._archive.keep(batch)
        self._unstored.drop(batch)

    def _moment(self) -> Moment:
        return Moment(self._tools.clock.now(), self._tools.clock.monotonic_ns())
