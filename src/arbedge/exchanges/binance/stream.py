"""What Binance says about its streams: which there are, where they live, what is spoken on each link."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from arbedge.domain.instrument import MarketKind
from arbedge.exchanges.binance.dialects import DepthDialect, MarkDialect, TopDialect
from arbedge.exchanges.binance.funding import FundingTerms
from arbedge.exchanges.binance.plan import depth_host, depth_stream, plan_links
from arbedge.exchanges.spec import StreamHost
from arbedge.exchanges.transport.dialect import LinkDialect
from arbedge.exchanges.transport.plan import LinkPlan, LinkRole
from arbedge.market.ports import MarketSink, Watched

__all__ = ["BinanceScript"]


@dataclass(frozen=True, slots=True)
class BinanceScript:
    """Binance's `StreamScript`; `terms` gives the contracts' own funding terms, None while they are not known."""

    hosts: Mapping[str, StreamHost]
    terms: Callable[[], Mapping[str, FundingTerms] | None]

    def plan(self, watched: Sequence[Watched], most: int | None) -> tuple[LinkPlan, ...]:
        """The links of tops and marks."""
        return plan_links(watched, self.hosts, most)

    def depth_host(self, kind: MarketKind) -> str:
        """The host that carries depth of that kind."""
        return depth_host(kind)

    def depth_stream(self, watched: Watched) -> str:
        """The stream of one instrument's depth changes."""
        return depth_stream(watched)

    def dialect(self, plan: LinkPlan, sink: MarketSink) -> LinkDialect:
        """The language of one link."""
        if plan.role is LinkRole.MARK:
            return MarkDialect(plan.watched, sink, self.terms)
        return (DepthDialect if plan.role is LinkRole.DEPTH else TopDialect)(plan.watched, sink)
