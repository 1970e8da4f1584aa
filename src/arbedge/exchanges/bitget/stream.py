"""What Bitget says about its streams: which there are, how many go on a connection, what is spoken on each link."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from arbedge.domain.instrument import MarketKind
from arbedge.exchanges.bitget.depth import DepthDialect
from arbedge.exchanges.bitget.dialects import MarkDialect, TopDialect, stream_name
from arbedge.exchanges.bitget.facts import PUBLIC, SPEC
from arbedge.exchanges.bitget.funding import FundingTerms
from arbedge.exchanges.bitget.symbols import line_of
from arbedge.exchanges.bitget.v3.dialects import UnifiedDepth, UnifiedMarks, UnifiedTops
from arbedge.exchanges.spec import StreamHost
from arbedge.exchanges.transport.dialect import LinkDialect
from arbedge.exchanges.transport.plan import LinkPlan, LinkRole, even_shares, most_streams
from arbedge.market.ports import MarketSink, Watched

__all__ = ["BitgetScript"]

_TOPS, _MARKS, _DEPTH = "books1", "ticker", "books"


@dataclass(frozen=True, slots=True)
class BitgetScript:
    """Bitget's `StreamScript`; `terms` gives the contracts' own funding terms, None while they are not known.

    Streams are named alike in both generations of the API; only what is spoken on a link differs.
    """

    hosts: Mapping[str, StreamHost]
    terms: Callable[[], Mapping[str, FundingTerms] | None]
    is_unified: bool = False

    def plan(self, watched: Sequence[Watched], most: int | None) -> tuple[LinkPlan, ...]:
        """Best bid/ask of everything watched and funding of every contract, one stream each, evenly spread."""
        plans: list[LinkPlan] = []
        for kind in MarketKind:
            of_kind = tuple(each for each in watched if each.instrument.id.kind is kind)
            plans += self._links(LinkRole.TOP, kind, of_kind, most)
            if kind is MarketKind.PERP:
                plans += self._links(LinkRole.MARK, kind, of_kind, most)
        return tuple(plans)

    def depth_host(self, kind: MarketKind) -> str:  # noqa: ARG002 - one host for both
        """The host that carries depth of that kind."""
        return PUBLIC

    def depth_stream(self, watched: Watched) -> str:
        """The stream of one instrument's depth changes."""
        return _stream(watched, _DEPTH)

    def dialect(self, plan: LinkPlan, sink: MarketSink) -> LinkDialect:
        """The language of one link."""
        if plan.role is LinkRole.MARK:
            return (UnifiedMarks if self.is_unified else MarkDialect)(plan.watched, sink, self.terms)
        if plan.role is LinkRole.DEPTH:
            return (UnifiedDepth if self.is_unified else DepthDialect)(plan.watched, sink)
        return (UnifiedTops if self.is_unified else TopDialect)(plan.watched, sink)

    def _links(
        self, role: LinkRole, kind: MarketKind, of_kind: tuple[Watched, ...], most: int | None
    ) -> list[LinkPlan]:
        host = self.hosts[PUBLIC]
        channel = _MARKS if role is LinkRole.MARK else _TOPS
        plans = []
        for number, share in enumerate(even_shares(of_kind, most_streams(host, most))):
            streams = {_stream(each, channel): (each.slot,) for each in share}
            plans.append(LinkPlan(f"{SPEC.name}:{kind}:{role}:{number}", role, kind, PUBLIC, streams, share))
        return plans


def _stream(watched: Watched, channel: str) -> str:
    return stream_name(line_of(watched.instrument), channel, watched.instrument.id.symbol)
