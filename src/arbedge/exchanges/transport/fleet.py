"""A venue's streams as the port of the market stage: all tops, all marks, depth of what is wanted.

One task steps every logical link; each connection has a task of its own for as long as it lives. What is spoken on
a link, and which streams there are, a venue says by its `StreamScript`.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

from arbedge.domain.instrument import MarketKind
from arbedge.errors import Conflict
from arbedge.exchanges.spec import StreamHost
from arbedge.exchanges.transport.dialect import LinkDialect
from arbedge.exchanges.transport.endpoints import relocate
from arbedge.exchanges.transport.keeper import Keeper, KeeperPace, LinkStats
from arbedge.exchanges.transport.plan import LinkPlan, LinkRole, most_streams, place_streams, quiet_limit_s
from arbedge.exchanges.transport.session import LinkAddress, SessionPorts
from arbedge.foundation.runtime.supervision import Supervisor
from arbedge.market.ports import MarketSink, Watched

__all__ = ["FleetSetup", "StreamFleet", "StreamScript"]

_STEP_S = 0.05
_STOP_S = 2.0


class StreamScript(Protocol):
    """What a venue says about its streams."""

    def plan(self, watched: Sequence[Watched], most: int | None) -> tuple[LinkPlan, ...]:
        """The links of tops and marks of everything watched; `most` streams a connection where it is set."""
        ...

    def depth_host(self, kind: MarketKind) -> str:
        """The host that carries depth of that kind."""
        ...

    def depth_stream(self, watched: Watched) -> str:
        """The stream of one instrument's depth changes."""
        ...

    def dialect(self, plan: LinkPlan, sink: MarketSink) -> LinkDialect:
        """The language of one link."""
        ...


@dataclass(frozen=True, slots=True)
class FleetSetup:
    """What the streams are made with: whose they are, their hosts, where these are really reached, limits."""

    venue: str
    hosts: Mapping[str, StreamHost]
    base_url: str | None
    most_streams: int | None


@dataclass(slots=True)
class _Fleet:
    """Everything that lives while `run` does."""

    sink: MarketSink
    supervisor: Supervisor
    watched: Mapping[int, Watched]
    keepers: list[Keeper]
    depth: dict[MarketKind, list[Keeper]]


class StreamFleet:
    """Streams until cancelled, for ever. One `run` at a time; all calls on the event loop's thread."""

    def __init__(self, setup: FleetSetup, script: StreamScript, ports: SessionPorts, pace: KeeperPace) -> None:
        self._setup = setup
        self._script = script
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
            raise Conflict(f"{self._setup.venue}: the streams run already")
        supervisor = Supervisor(self._ports.clock, self._ports.log, rng=self._pace.rng)
        fleet = _Fleet(sink, supervisor, {each.slot: each for each in watched}, [], {})
        fleet.keepers = [self._keeper(fleet, plan) for plan in self._script.plan(watched, self._setup.most_streams)]
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

    def _keeper(self, fleet: _Fleet, plan: LinkPlan) -> Keeper:
        host = self._setup.hosts[plan.host]
        address = LinkAddress(
            plan.name, host, relocate(host.url, self._setup.base_url), quiet_limit_s(plan.role, len(plan.streams))
        )
        dialect = self._script.dialect(plan, fleet.sink)
        keeper = Keeper(address, dialect, self._ports, fleet.sink, fleet.supervisor, self._pace)
        keeper.carry(plan.streams)
        return keeper

    def _place_depth(self, fleet: _Fleet) -> None:
        """Spread what is wanted over the depth links, opening one where there is no room."""
        wanted = [fleet.watched[slot] for slot in sorted(self._wanted) if slot in fleet.watched]
        for kind in MarketKind:
            of_kind = [each for each in wanted if each.instrument.id.kind is kind]
            keepers = fleet.depth.setdefault(kind, [])
            host = self._setup.hosts[self._script.depth_host(kind)]
            streams = {self._script.depth_stream(each): (each.slot,) for each in of_kind}
            most = most_streams(host, self._setup.most_streams)
            for number, share in enumerate(place_streams(streams, [each.streams for each in keepers], most)):
                if number < len(keepers):
                    keepers[number].carry(share)
                else:
                    keepers.append(self._keeper(fleet, self._depth_plan(fleet, kind, number, share)))

    def _depth_plan(
        self, fleet: _Fleet, kind: MarketKind, number: int, streams: Mapping[str, tuple[int, ...]]
    ) -> LinkPlan:
        """One depth link of a kind; it may come to carry any instrument of that kind."""
        of_kind = tuple(each for each in fleet.watched.values() if each.instrument.id.kind is kind)
        name = f"{self._setup.venue}:{kind}:{LinkRole.DEPTH}:{number}"
        return LinkPlan(name, LinkRole.DEPTH, kind, self._script.depth_host(kind), streams, of_kind)
