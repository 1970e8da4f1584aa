"""Which streams go on which connection: pure planning within the venue's limits, no I/O."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

from arbedge.domain.instrument import MarketKind
from arbedge.exchanges.binance.facts import MARKET, PUBLIC, SPOT
from arbedge.exchanges.binance.symbols import VENUE, stream_symbol
from arbedge.exchanges.spec import StreamHost
from arbedge.market.ports import Watched

__all__ = [
    "MARK_STREAM",
    "LinkPlan",
    "LinkRole",
    "depth_host",
    "depth_links",
    "depth_plan",
    "depth_stream",
    "plan_links",
    "quiet_limit_s",
]

MARK_STREAM = "!markPrice@arr@1s"
"""Marks, indexes and funding of every contract, once a second; lives on the market host only."""

_MANY_STREAMS = 30

_TOP_HOST = {MarketKind.SPOT: SPOT, MarketKind.PERP: PUBLIC}


class LinkRole(StrEnum):
    """What a connection is for."""

    TOP = "top"
    MARK = "mark"
    DEPTH = "depth"


@dataclass(frozen=True, slots=True)
class LinkPlan:
    """One logical link: its name, host and kind, the slots each stream carries, and the instruments it may name."""

    name: str
    role: LinkRole
    kind: MarketKind
    host: str
    streams: Mapping[str, tuple[int, ...]]
    watched: tuple[Watched, ...]


def plan_links(
    watched: Sequence[Watched], hosts: Mapping[str, StreamHost], most_streams: int | None
) -> tuple[LinkPlan, ...]:
    """Best bid/ask of everything watched, spread evenly over as few connections as allowed, and one for marks.

    `most_streams` lowers the venue's limit of streams a connection where it is set.
    """
    plans: list[LinkPlan] = []
    for kind in MarketKind:
        of_kind = tuple(each for each in watched if each.instrument.id.kind is kind)
        host = hosts[_TOP_HOST[kind]]
        for number, share in enumerate(_shares(of_kind, _limit(host, most_streams))):
            streams = {f"{stream_symbol(each.instrument.id)}@bookTicker": (each.slot,) for each in share}
            name = f"{VENUE}:{kind}:{LinkRole.TOP}:{number}"
            plans.append(LinkPlan(name, LinkRole.TOP, kind, host.name, streams, share))
        if kind is MarketKind.PERP and of_kind:
            slots = tuple(each.slot for each in of_kind)
            name = f"{VENUE}:{kind}:{LinkRole.MARK}:0"
            plans.append(LinkPlan(name, LinkRole.MARK, kind, MARKET, {MARK_STREAM: slots}, of_kind))
    return tuple(plans)


def depth_host(kind: MarketKind) -> str:
    """The host that carries depth of that kind."""
    return _TOP_HOST[kind]


def depth_plan(
    kind: MarketKind, number: int, streams: Mapping[str, tuple[int, ...]], watched: Sequence[Watched]
) -> LinkPlan:
    """One depth link of a kind; it may come to carry any instrument of that kind."""
    of_kind = tuple(each for each in watched if each.instrument.id.kind is kind)
    name = f"{VENUE}:{kind}:{LinkRole.DEPTH}:{number}"
    return LinkPlan(name, LinkRole.DEPTH, kind, depth_host(kind), streams, of_kind)


def quiet_limit_s(role: LinkRole, streams: int) -> float | None:
    """How long a link may bring no market data before it counts as dead; None where quiet is normal.

    Marks come every second. Tops come on change only, yet among many symbols some change within half a minute.
    """
    if role is LinkRole.MARK:
        return 10.0
    return 30.0 if role is LinkRole.TOP and streams >= _MANY_STREAMS else None


def depth_stream(watched: Watched) -> str:
    """The stream of one instrument's depth changes."""
    return f"{stream_symbol(watched.instrument.id)}@depth@100ms"


def depth_links(
    wanted: Sequence[Watched], placed: Sequence[Mapping[str, tuple[int, ...]]], most: int
) -> tuple[dict[str, tuple[int, ...]], ...]:
    """The streams of each depth link: what is carried and still wanted stays where it is, the rest fills the gaps.

    `placed` is what the links carry now; new links are added at the end when all are full.
    """
    missing: dict[str, tuple[int, ...]] = {depth_stream(each): (each.slot,) for each in wanted}
    links = [{stream: missing.pop(stream) for stream in carried if stream in missing} for carried in placed]
    position = 0
    for stream, slots in missing.items():
        while position < len(links) and len(links[position]) >= most:
            position += 1
        if position == len(links):
            links.append({})
        links[position][stream] = slots
    return tuple(links)


def _limit(host: StreamHost, most_streams: int | None) -> int:
    return host.max_streams if most_streams is None else min(host.max_streams, most_streams)


def _shares(watched: tuple[Watched, ...], most: int) -> list[tuple[Watched, ...]]:
    """Even shares of at most `most`, in order."""
    count = -(-len(watched) // most)
    return [watched[len(watched) * at // count : len(watched) * (at + 1) // count] for at in range(count)]
