"""The delivery path: from the detector's events to the archive and to whoever watches, off the tick path.

`publish` is the detector's listener: synchronous, bounded, never waits. The archive is written in batches by
`run_writer`; an archive out of reach is tried again with growing pauses while events wait in the backlog.
"""

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Protocol

from arbedge.domain.events import OpportunityEvent
from arbedge.domain.opportunity import Rejection
from arbedge.errors import ArbEdgeError
from arbedge.flow.backlog import EventBacklog
from arbedge.flow.ports import FaultLog, RejectionSource
from arbedge.foundation.runtime.clock import Clock
from arbedge.opportunities.ports import OpportunityArchive, OpportunityRecord

__all__ = ["DeliveryPath", "DeliveryPolicy", "Recovering", "UnclosedRecords", "recover_open"]

_LEFT_OPEN_LIMIT = 10_000

Watcher = Callable[[OpportunityEvent], None]


@dataclass(frozen=True, slots=True, kw_only=True)
class DeliveryPolicy:
    """How events reach the archive: pauses between writes and after failures (seconds), sizes in rows."""

    flush_interval_s: float = 0.5
    batch_rows: int = 500
    max_pending_rows: int = 50_000
    rejections_every_s: float = 5.0
    first_retry_s: float = 0.5
    longest_retry_s: float = 10.0


class UnclosedRecords(Protocol):
    """Where opportunities an earlier run left open are found."""

    async def unclosed(self, limit: int) -> Sequence[OpportunityRecord]:
        """Those without a closing; raises `Unavailable` when the store cannot be reached."""
        ...


class Recovering(Protocol):
    """What is told of records an earlier run left open: the detector."""

    def recover(self, records: Sequence[OpportunityRecord]) -> None:
        """Close them."""
        ...


class DeliveryPath:
    """Fans events out. `problem` says in words why the archive is behind, None while it is not."""

    def __init__(self, archive: OpportunityArchive, clock: Clock, log: FaultLog, policy: DeliveryPolicy) -> None:
        self._archive = archive
        self._clock = clock
        self._log = log
        self._policy = policy
        self._backlog = EventBacklog(policy.max_pending_rows)
        self._watchers: list[Watcher] = []
        self._rejections: dict[str, Rejection] = {}
        self._rejections_ns: int | None = None
        self.archive_in_use = asyncio.Lock()
        """Held while the archive is written to. Whoever ends the writer takes it first: a write cut off in the
        middle leaves its connection waiting for a lock that nobody gives back."""
        self.problem: str | None = None
        self.written = 0

    @property
    def pending(self) -> int:
        """Events not stored yet."""
        return len(self._backlog)

    @property
    def merged(self) -> int:
        """Updates that a newer one replaced because the archive was behind."""
        return self._backlog.merged

    def watch(self, watcher: Watcher) -> Callable[[], None]:
        """Call `watcher` with each event from now on; it must return at once. Returns how to stop."""
        self._watchers.append(watcher)

        def stop() -> None:
            if watcher in self._watchers:
                self._watchers.remove(watcher)

        return stop

    def publish(self, event: OpportunityEvent) -> None:
        """Take one event: into the backlog first, then to every watcher; one that fails is not called again."""
        self._backlog.add(event)
        for watcher in tuple(self._watchers):
            try:
                watcher(event)
            except ArbEdgeError as error:
                self._watchers.remove(watcher)
                self._log.error("watcher_removed", error=repr(error))

    async def run_writer(self, rejections: RejectionSource) -> None:
        """Write to the archive for ever; under supervision."""
        pause_s = self._policy.flush_interval_s
        while True:
            await self._clock.sleep(pause_s)
            self._collect(rejections)
            if await self.flush():
                pause_s = self._policy.flush_interval_s
            else:
                pause_s = min(max(pause_s, self._policy.first_retry_s) * 2, self._policy.longest_retry_s)

    async def flush(self) -> bool:
        """Store everything that waits now; False when the archive refused, and then `problem` says why.

        Each call of the archive carries its own deadline.
        """
        try:
            async with self.archive_in_use:
                while batch := self._backlog.first(self._policy.batch_rows):
                    await self._archive.record(tuple(batch.values()))
                    self._backlog.drop(batch)
                    self.written += len(batch)
                await self._store_rejections()
        except ArbEdgeError as error:
            if self.problem is None:
                self._log.error("archive_unavailable", error=repr(error), pending=self.pending)
            self.problem = f"{error.code}: {error}"
            return False
        self.problem = None
        return True

    async def finish(self, rejections: RejectionSource) -> bool:
        """Store what is left at the end of a run; the caller sets the deadline."""
        self._rejections_ns = None
        self._collect(rejections)
        return await self.flush()

    def _collect(self, source: RejectionSource) -> None:
        now_ns = self._clock.monotonic_ns()
        last_ns = self._rejections_ns
        if last_ns is not None and now_ns - last_ns < self._policy.rejections_every_s * 1e9:
            return
        self._rejections_ns = now_ns
        for rejection in source.take_rejections():
            self._rejections[str(rejection.candidate)] = rejection

    async def _store_rejections(self) -> None:
        while self._rejections:
            batch = list(self._rejections.items())[: self._policy.batch_rows]
            await self._archive.record_rejections([rejection for _, rejection in batch])
            for key, stored in batch:
                if self._rejections.get(key) is stored:
                    del self._rejections[key]


async def recover_open(archive: UnclosedRecords, detector: Recovering) -> int:
    """At start: close what an earlier run left open; returns how many. Errors of the archive come through."""
    left = await archive.unclosed(_LEFT_OPEN_LIMIT)
    detector.recover(left)
    return len(left)
