"""What OKX says about its streams: which there are, how they share connections, what is spoken on each link."""

from collections.abc import Mapping, Sequence

from arbedge.domain.instrument import MarketKind
from arbedge.exchanges.okx.dialects import (
    BEST,
    BOOKS,
    FUNDING,
    INDEX,
    MARK,
    DepthDialect,
    MarkDialect,
    TopDialect,
)
from arbedge.exchanges.okx.facts import PUBLIC, SPEC
from arbedge.exchanges.okx.symbols import VENUE, index_symbol
from arbedge.exchanges.transport.dialect import LinkDialect
from arbedge.exchanges.transport.plan import LinkPlan, LinkRole, even_shares, most_streams
from arbedge.market.ports import MarketSink, Watched

__all__ = ["OkxScript"]

_MARK_CHANNELS = 3
"""Streams a perp needs for funding, mark and index."""


class OkxScript:
    """OKX's `StreamScript`: one host carries everything, one stream an instrument and channel."""

    def plan(self, watched: Sequence[Watched], most: int | None) -> tuple[LinkPlan, ...]:
        """The links of tops and marks."""
        limit = most_streams(SPEC.streams[PUBLIC], most)
        plans: list[LinkPlan] = []
        for kind in MarketKind:
            of_kind = tuple(each for each in watched if each.instrument.id.kind is kind)
            for number, share in enumerate(even_shares(of_kind, limit)):
                streams = {f"{BEST}:{each.instrument.id.symbol}": (each.slot,) for each in share}
                plans.append(_link(LinkRole.TOP, kind, number, streams, share))
            if kind is MarketKind.PERP:
                for number, share in enumerate(even_shares(of_kind, max(1, limit // _MARK_CHANNELS))):
                    plans.append(_link(LinkRole.MARK, kind, number, _mark_streams(share), share))
        return tuple(plans)

    def depth_host(self, kind: MarketKind) -> str:  # noqa: ARG002 - one host for both kinds
        """The host that carries depth of that kind."""
        return PUBLIC

    def depth_stream(self, watched: Watched) -> str:
        """The stream of one instrument's book."""
        return f"{BOOKS}:{watched.instrument.id.symbol}"

    def dialect(self, plan: LinkPlan, sink: MarketSink) -> LinkDialect:
        """The language of one link."""
        if plan.role is LinkRole.MARK:
            return MarkDialect(plan.watched, sink)
        return (DepthDialect if plan.role is LinkRole.DEPTH else TopDialect)(plan.watched, sink)


def _link(
    role: LinkRole,
    kind: MarketKind,
    number: int,
    streams: Mapping[str, tuple[int, ...]],
    share: tuple[Watched, ...],
) -> LinkPlan:
    return LinkPlan(f"{VENUE}:{kind}:{role}:{number}", role, kind, PUBLIC, streams, share)


def _mark_streams(share: tuple[Watched, ...]) -> dict[str, tuple[int, ...]]:
    """Funding and mark of each perp, and each index once for all perps that follow it."""
    streams: dict[str, tuple[int, ...]] = {}
    for each in share:
        perp = each.instrument.id
        streams[f"{FUNDING}:{perp.symbol}"] = (each.slot,)
        streams[f"{MARK}:{perp.symbol}"] = (each.slot,)
        index = f"{INDEX}:{index_symbol(perp)}"
        streams[index] = (*streams.get(index, ()), each.slot)
    return streams
