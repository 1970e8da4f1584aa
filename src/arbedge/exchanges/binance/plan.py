"""Which of Binance's streams go on which connection: pure planning within its limits, no I/O."""

from collections.abc import Mapping, Sequence

from arbedge.domain.instrument import MarketKind
from arbedge.exchanges.binance.facts import MARKET, PUBLIC, SPOT
from arbedge.exchanges.binance.symbols import VENUE, stream_symbol
from arbedge.exchanges.spec import StreamHost
from arbedge.exchanges.transport.plan import LinkPlan, LinkRole, even_shares, most_streams
from arbedge.market.ports import Watched

__all__ = ["MARK_STREAM", "depth_host", "depth_stream", "plan_links"]

MARK_STREAM = "!markPrice@arr@1s"
"""Marks, indexes and funding of every contract, once a second; lives on the market host only."""

_TOP_HOST = {MarketKind.SPOT: SPOT, MarketKind.PERP: PUBLIC}


def plan_links(
    watched: Sequence[Watched], hosts: Mapping[str, StreamHost], most: int | None
) -> tuple[LinkPlan, ...]:
    """Best bid/ask of everything watched, spread evenly over as few connections as allowed, and one for marks.

    `most` lowers the venue's limit of streams a connection where it is set.
    """
    plans: list[LinkPlan] = []
    for kind in MarketKind:
        of_kind = tuple(each for each in watched if each.instrument.id.kind is kind)
        host = hosts[_TOP_HOST[kind]]
        for number, share in enumerate(even_shares(of_kind, most_streams(host, most))):
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


def depth_stream(watched: Watched) -> str:
    """The stream of one instrument's depth changes."""
    return f"{stream_symbol(watched.instrument.id)}@depth@100ms"
