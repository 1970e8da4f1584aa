"""The quarantine's path: doubts of the market go to the store, decisions of persons come back, within seconds."""

import asyncio
from datetime import datetime, timedelta
from typing import Protocol

from arbedge.domain.quarantine import QuarantineCase
from arbedge.errors import ArbEdgeError
from arbedge.flow.ports import FaultLog
from arbedge.foundation.runtime.clock import Clock
from arbedge.market.universe.desk import IdentityDesk

__all__ = ["QuarantinePath", "QuarantineStore"]

_EVERY_S = 2.0
_BATCH = 500
_PRUNE_EVERY = timedelta(hours=1)


class QuarantineStore(Protocol):
    """Where cases are kept and decisions are found; `market.universe.ports.QuarantineArchive` fits."""

    async def record(self, cases: tuple[QuarantineCase, ...]) -> None:
        """Keep what was seen."""
        ...

    async def cases(self, *, is_simulated: bool) -> tuple[QuarantineCase, ...]:
        """Every case."""
        ...

    async def decided(self, *, is_simulated: bool) -> tuple[QuarantineCase, ...]:
        """The cases whose decision holds."""
        ...

    async def prune(self, before: datetime) -> int:
        """Delete what is undecided and long unseen."""
        ...


class QuarantinePath:
    """Joins the identity desk and a store. `problem` says in words why decisions may be late or pairs not kept."""

    def __init__(
        self, desk: IdentityDesk, store: QuarantineStore, clock: Clock, log: FaultLog, *, retention: timedelta
    ) -> None:
        self._desk = desk
        self._store = store
        self._clock = clock
        self._log = log
        self._retention = retention
        self._pruned_at: datetime | None = None
        self._fault: str | None = None
        self._is_loaded = False
        self.store_in_use = asyncio.Lock()
        """Held while the store is asked; whoever ends `run` takes it first: no write may be cut off."""

    @property
    def problem(self) -> str | None:
        """What is wrong with quarantine now, or None."""
        return self._fault or self._desk.quarantine.problem

    async def run(self) -> None:
        """Exchange for ever, every two seconds; under supervision."""
        while True:
            await self.exchange()
            await self._clock.sleep(_EVERY_S)

    async def exchange(self) -> bool:
        """Read decisions, write what is new; False when the store refused, and then `problem` says why."""
        try:
            async with self.store_in_use:
                await self._load()
                await self._write()  # first: a decision that has ended here must not come back from the store
                await self._read()
        except ArbEdgeError as error:
            if self._fault is None:
                self._log.error("quarantine_unavailable", error=repr(error))
            self._fault = f"decisions are not read: {error.code}: {error}"
            return False
        self._fault = None
        return True

    async def _load(self) -> None:
        if not self._is_loaded:
            book = self._desk.quarantine
            book.load(await self._store.cases(is_simulated=book.is_simulated))
            self._is_loaded = True

    async def _read(self) -> None:
        book = self._desk.quarantine
        self._desk.decide(await self._store.decided(is_simulated=book.is_simulated))

    async def _write(self) -> None:
        book = self._desk.quarantine
        untold = book.untold()
        for begin in range(0, len(untold), _BATCH):
            batch = untold[begin : begin + _BATCH]
            await self._store.record(batch)
            book.told(batch)
        now = self._clock.now()
        if self._pruned_at is None or now - self._pruned_at >= _PRUNE_EVERY:
            self._pruned_at = now
            await self._store.prune(now - self._retention)
