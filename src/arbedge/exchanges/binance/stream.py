"""Binance's public streams as the port of the market stage: all tops, all marks, depth of what is wanted.

One task steps every logical link; each connection has a task of its own for as long as it lives.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from arbedge.domain.instrument import MarketKind
from arbedge.errors import Conflict
from arbedge.exchanges.binance.dialects import DepthDialect, MarkDialect, TopDialect
from arbedge.exchanges.binance.funding import FundingTerms
from arbedge.exchanges.binance.plan import (
    LinkPlan,
    LinkRole,
    depth_host,
    depth_links,
    depth_plan,
    plan_links,
    quiet_limit_s,
)
from arbedge.exchanges.binance.symbols import VENUE
from arbedge.exchanges.spec import StreamHost
from arbedge.exchanges.transport.dialect import LinkDialect
from arbedge.exchanges.transport.endpoints import relocate
from arbedge.exchanges.transport.keeper import Keeper, KeeperPace, LinkStats
from arbedge.exchanges.transport.session import LinkAddress, SessionPorts
from arbedge.foundation.runtime.supervision import Supervisor
from arbedge.market.ports import MarketSink, Watched

__all__ = ["BinanceStreams", "StreamSetup"]

_STEP_S = 0.05
_STOP_S = 2.0


@dataclass(frozen=True, slots=True)
class StreamSetup:
    """What the streams are made with: hosts, where they are really reached, limits, and contracts' terms."""

    hosts: Mapping[str, StreamHost]
    base_url: str | None
    most_streams: int | None
    terms: Callable[[], Mapping[str, FundingTerms] | None]


@dataclass(slots=True)
class _Fleet:
    """Everything that lives while `run` does."""

    sink: MarketSink
    supervisor: Supervisor
    watched: Mapping[int, Watched]
    keepers: list[Keeper]
    depth: dict[MarketKind, list[Keeper]]


class BinanceStreams:
    """Streams until cancelled, for ever. One `run` at a time; all calls on the event loop's thread."""

    def __init__(self, setup: StreamSetup, ports: SessionPorts, pace: KeeperPace) -> None:
        self._setup = setup
        self._ports = ports
        self._pace = pace
        self._wanted: frozenset[int] = frozenset()
        self._fleet: _Fleet | None = None

    def stats(self) -> tuple[LinkStats, ...]:
        """Counts of every logical link of the current run."""
        return tuple(keeper.stats() for keeper in self._keepers())

    async def run(self, watched: Sequence[Watched], sink: MarketSink) -> None:
        """Stream best bid/ask and funding of all `watched`, and depth of what is wanted, until cancelled.

        Raises `Conflict` when it runs already.
        """
        if self._fleet is not None:
            raise Conflict(f"{VENUE}: the streams run already")
        supervisor = Supervisor(self._ports.clock, self._ports.log, rng=self._pace.rng)
        fleet = _Fleet(sink, supervisor, {each.slot: each for each in watched}, [], {})
        fleet.keepers = [
            self._keeper(fleet, plan, self._dialect(plan, sink))
            for plan in plan_links(watched, self._setup.hosts, self._setup.most_streams)
        ]
        self._fleet = fleet
        self._place_depth(fleet)
        try:
            while True:
                now_ns = self._ports.clock.monotonic_ns()
                for keeper in self._keepers():
                    await keeper.step(now_ns)
                await self._ports.clock.sleep(_STEP_S)
        finally:
            self._fleet = None
            await supervisor.stop(_STOP_S)

    def want_depth(self, slots: frozenset[int]) -> None:
        """Stream depth of exactly these slots from now on; slots that are not watched are ignored."""
        if slots == self._wanted:
            return
        self._wanted = slots
        if self._fleet is not None:
            self._place_depth(self._fleet)

    def _keepers(self) -> list[Keeper]:
        fleet = self._fleet
        if fleet is None:
            return []
        return [*fleet.keepers, *(keeper for keepers in fleet.depth.values() for keeper in keepers)]

    def _dialect(self, plan: LinkPlan, sink: MarketSink) -> LinkDialect:
        if plan.role is LinkRole.MARK:
            return MarkDialect(plan.watched, sink, self._setup.terms)
        return TopDialect(plan.watched, sink)

    def _keeper(self, fleet: _Fleet, plan: LinkPlan, dialect: LinkDialect) -> Keeper:
        host = self._setup.hosts[plan.host]
        address = LinkAddress(
            plan.name, host, relocate(host.url, self._setup.base_url), quiet_limit_s(plan.role, len(plan.streams))
        )
        keeper = Keeper(address, dialect, self._ports, fleet.sink, fleet.supervisor, self._pace)
        keeper.carry(plan.streams)
        return keeper

    def _place_depth(self, fleet: _Fleet) -> None:
        """Spread what is wanted over the depth links, opening one where there is no room."""
        wanted = [fleet.watched[slot] for slot in sorted(self._wanted) if slot in fleet.watched]
        for kind in MarketKind:
            of_kind = [each for each in wanted if each.instrument.id.kind is kind]
            keepers = fleet.depth.setdefault(kind, [])
            host = self._setup.hosts[depth_host(kind)]
            most = host.max_streams if self._setup.most_streams is None else self._setup.most_streams
            shares = depth_links(of_kind, [keeper.streams for keeper in keepers], min(most, host.max_streams))
            for number, share in enumerate(shares):
                if number == len(keepers):
                    plan = depth_plan(kind, number, share, tuple(fleet.watched.values()))
                    keepers.append(self._keeper(fleet, plan, DepthDialect(plan.watched, fleet.sink)))
                else:
                    keepers[number].carry(share)
