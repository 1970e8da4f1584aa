"""Our own reader: real sessions, dialects, tick path, market and detector; only the venue is made up."""

import asyncio
import time
from collections.abc import Awaitable, Callable, Collection
from typing import Any

import numpy as np

from arbedge.domain.instrument import MarketKind
from arbedge.domain.opportunity import OpportunityKind
from arbedge.exchanges.binance.dialects import TopDialect as BinanceTops
from arbedge.exchanges.bitget.dialects import TopDialect as BitgetTops
from arbedge.exchanges.bybit.dialects import TopDialect as BybitTops
from arbedge.exchanges.okx.dialects import TopDialect as OkxTops
from arbedge.exchanges.spec import StreamHost
from arbedge.exchanges.transport.connectors import make_connector
from arbedge.exchanges.transport.session import LinkAddress, Session, SessionPorts
from arbedge.flow.tick_path import TickPath
from arbedge.foundation.runtime import loop
from arbedge.foundation.runtime.clock import SystemClock
from arbedge.market.config import MarketConfig
from arbedge.market.ports import LinkEvent, LinkState, Watched
from arbedge.market.view import LiveMarket, MarketTerms
from arbedge.opportunities.config import OpportunityConfig
from arbedge.opportunities.detection.detector import DetectionSettings, Detector
from arbedge.opportunities.detection.documents import Provenance
from benchmarks.ingest.reading import Looks, Order, Outcome, serve
from benchmarks.ingest.traffic import CONNECTIONS, connection_of, instruments

DIALECTS: dict[str, Callable[..., Any]] = {
    "binance": BinanceTops,
    "bybit": BybitTops,
    "okx": OkxTops,
    "bitget": BitgetTops,
}
KINDS = tuple(kind for kind in OpportunityKind if kind is not OpportunityKind.TRIANGULAR)
HOST = StreamHost(
    name="h",
    url="ws://h",
    max_streams=1000,
    params_per_frame=100,
    frame_spacing_s=1.0,
    probe_after_s=60.0,
    silence_limit_s=60.0,
    lifetime_s=86_400.0,
)
GIVE_UP_S = 5.0


class Straight:
    """A guard that calls: opening a connection is not what is measured."""

    async def call(
        self,
        operation: Callable[[], Awaitable[Any]],
        *,
        cost: int = 1,  # noqa: ARG002
        deadline_s: float | None = None,  # noqa: ARG002
    ) -> Any:
        return await operation()


class Log:
    """Nothing is expected to be said; whatever is ends the round."""

    def warning(self, event: str, **fields: Any) -> None:
        raise AssertionError((event, fields))

    error = warning


class Hooks:
    """Metrics are not measured here."""

    def batch_done(self, slots: int, candidate_after_s: float | None) -> None:
        """Nothing."""


class Watcher:
    """The detector, with a note of when it had looked at what."""

    def __init__(self, detector: Detector, market: LiveMarket, clock: SystemClock) -> None:
        self.detector = detector
        self.looks: Looks | None = None
        self._board = market.board
        self._clock = clock

    def touch(self, slots: Collection[int]) -> int:
        appraised = self.detector.touch(slots)
        if self.looks is not None:
            now_ns, sequence = self._clock.monotonic_ns(), self._board.sequence
            add = self.looks.rows.extend
            for slot in slots:
                add((now_ns, slot, sequence(slot)))
        return appraised

    def sweep(self) -> None:
        self.detector.sweep()


class Stack:
    """One process's market and detector, kept for all rounds."""

    def __init__(self) -> None:
        self.clock = SystemClock()
        config = OpportunityConfig(kinds=KINDS)
        self.market = LiveMarket(MarketConfig(), MarketTerms(horizons_h=config.horizons_h), self.clock, {})
        provenance = Provenance(config_hash="benchmark", code_version="benchmark", is_simulated=True)
        settings = DetectionSettings(config=config, provenance=provenance)
        self.events: list[object] = []
        detector = Detector(self.market, settings, self.clock, self.events.append)
        self.watcher = Watcher(detector, self.market, self.clock)
        self.path = TickPath(self.market, self.watcher, self.clock, Log(), Hooks())
        self._list()

    def _list(self) -> None:
        """Every instrument, with funding bounds that stay far below the threshold."""
        listed = instruments()
        for venue in dict.fromkeys(each.id.venue for each in listed):
            for kind in MarketKind:
                self.market.accept_listing(
                    venue, kind, [e for e in listed if e.id.venue == venue and e.id.kind is kind]
                )
        assert tuple(self.market.instruments()) == listed
        rng = np.random.default_rng(1)
        horizons = len(self.market.columns().short_gain)
        gains = rng.uniform(0, 2e-4, (horizons, len(listed)))
        self.market.board.set_gains(np.arange(len(listed)), gains, -gains)


async def run(stack: Stack, order: Order, say_ready: Callable[[], None]) -> Outcome:
    listed, market = instruments(), stack.market
    stack.watcher.looks = looks = Looks()
    if order.looks_file is None:
        stack.watcher.looks = None
    events = asyncio.get_running_loop()
    stack.path.start(events.call_soon)
    tasks, sessions = [], []
    for number in range(CONNECTIONS):
        share = [Watched(slot, each) for slot, each in enumerate(listed) if connection_of(slot) == number]
        venue, name = share[0].instrument.id.venue, f"{share[0].instrument.id.venue}:any:top:{number}"
        address = LinkAddress(name, HOST, f"ws://127.0.0.1:{order.port}/{number}", None)
        ports = SessionPorts(make_connector("picows", venue, stack.clock, None), Straight(), stack.clock, Log())
        dialect = DIALECTS[venue](share, stack.path)
        session = Session(address, dialect, ports, lambda at_ns, name=name: stack.path.on_alive(name, at_ns))
        slots = tuple(each.slot for each in share)
        for state in (LinkState.LOST, LinkState.SUBSCRIBED):  # the round before is forgotten, sequences begin anew
            market.accept_link(LinkEvent(name, state, "next round", slots, stack.clock.monotonic_ns()))
        sessions.append(session)
        tasks.append(asyncio.ensure_future(session.run()))
    while not all(session.opened_ns for session in sessions):  # noqa: ASYNC110 - sessions are polled, as keepers do
        await asyncio.sleep(0.01)
    sweeps = asyncio.ensure_future(stack.path.run_sweeps())
    begun, last, waited_s = market.board.stored, -1, 0.0
    cpu_ns = time.process_time_ns()
    say_ready()
    while (stored := market.board.stored - begun) < order.count and waited_s < GIVE_UP_S:
        waited_s = waited_s + 0.02 if stored == last and stored else 0.0
        last = stored
        await asyncio.sleep(0.02)
    cpu_ns = time.process_time_ns() - cpu_ns
    await asyncio.sleep(0.01)
    for task in (sweeps, *tasks):
        task.cancel()
    await asyncio.wait([sweeps, *tasks])
    assert not stack.path.faults, stack.path.faults
    assert not market.faults, market.faults
    return Outcome(stored, cpu_ns, looks, stack.watcher.detector.candidate_count())


if __name__ == "__main__":
    made = Stack()
    serve(lambda order, say_ready: run(made, order, say_ready), loop.run)  # type: ignore[arg-type]
