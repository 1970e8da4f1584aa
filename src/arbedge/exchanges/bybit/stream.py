"""What Bybit says about its streams: which there are, where they live, what is spoken on each link."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from arbedge.domain.instrument import MarketKind
from arbedge.exchanges.bybit.dialects import DepthDialect, MarkDialect, TopDialect
from arbedge.exchanges.bybit.facts import CATEGORIES, STREAM_LEVELS
from arbedge.exchanges.bybit.funding import FundingTerms
from arbedge.exchanges.bybit.symbols import VENUE
from arbedge.exchanges.spec import StreamHost
from arbedge.exchanges.transport.dialect import LinkDialect
from arbedge.exchanges.transport.plan import LinkPlan, LinkRole, even_shares, most_streams
from arbedge.market.ports import MarketSink, Watched

__all__ = ["BybitScript"]


@dataclass(frozen=True, slots=True)
class BybitScript:
    """Bybit's `StreamScript`; `terms` gives the contracts' own funding terms, None while they are not known."""

    hosts: Mapping[str, StreamHost]
    terms: Callable[[], Mapping[str, FundingTerms] | None]

    def plan(self, watched: Sequence[Watched], most: int | None) -> tuple[LinkPlan, ...]:
        """Best bid/ask of everything watched and tickers of the perps, spread evenly over few connections."""
        plans: list[LinkPlan] = []
        for kind in MarketKind:
            of_kind = tuple(each for each in watched if each.instrument.id.kind is kind)
            plans += self._links(LinkRole.TOP, kind, of_kind, most)
            if kind is MarketKind.PERP:
                plans += self._links(LinkRole.MARK, kind, of_kind, most)
        return tuple(plans)

    def depth_host(self, kind: MarketKind) -> str:
        """The host that carries depth of that kind."""
        return CATEGORIES[kind]

    def depth_stream(self, watched: Watched) -> str:
        """The topic of one instrument's book."""
        return f"orderbook.{STREAM_LEVELS}.{watched.instrument.id.symbol}"

    def dialect(self, plan: LinkPlan, sink: MarketSink) -> LinkDialect:
        """The language of one link."""
        if plan.role is LinkRole.MARK:
            return MarkDialect(plan.watched, sink, self.terms)
        return (DepthDialect if plan.role is LinkRole.DEPTH else TopDialect)(plan.watched, sink)

    def _links(
        self, role: LinkRole, kind: MarketKind, watched: tuple[Watched, ...], most: int | None
    ) -> list[LinkPlan]:
        topic = "tickers" if role is LinkRole.MARK else "orderbook.1"
        host = self.hosts[CATEGORIES[kind]]
        return [
            LinkPlan(
                f"{VENUE}:{kind}:{role}:{number}",
                role,
                kind,
                host.name,
                {f"{topic}.{each.instrument.id.symbol}": (each.slot,) for each in share},
                share,
            )
            for number, share in enumerate(even_shares(watched, most_streams(host, most)))
        ]
