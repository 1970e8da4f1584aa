"""The stream script of a venue with one host whose streams each name one instrument: all that is left to say is
how channels are called and what is spoken on a link.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from arbedge.domain.instrument import MarketKind
from arbedge.exchanges.spec import StreamHost
from arbedge.exchanges.transport.dialect import LinkDialect
from arbedge.exchanges.transport.plan import LinkPlan, LinkRole, even_shares, most_streams
from arbedge.market.ports import MarketSink, Watched

__all__ = ["OneStreamEach"]


@dataclass(frozen=True, slots=True, kw_only=True)
class OneStreamEach:
    """Fills in `StreamScript`: a stream is spelled `channel:symbol`, its channel by role; `speak` makes a dialect.

    Best prices go for every kind, marks for perpetuals, evenly spread over as many links as it takes.
    """

    venue: str
    host: StreamHost
    channels: Mapping[LinkRole, str]
    speak: Callable[[LinkPlan, MarketSink], LinkDialect]

    def plan(self, watched: Sequence[Watched], most: int | None) -> tuple[LinkPlan, ...]:
        """The links of tops and marks."""
        return tuple(link for kind in MarketKind for link in self._links(kind, watched, most))

    def depth_host(self, kind: MarketKind) -> str:  # noqa: ARG002 - one host for all kinds
        """The host that carries depth of that kind."""
        return self.host.name

    def depth_stream(self, watched: Watched) -> str:
        """The stream of one instrument's depth."""
        return self._stream(LinkRole.DEPTH, watched)

    def dialect(self, plan: LinkPlan, sink: MarketSink) -> LinkDialect:
        """The language of one link."""
        return self.speak(plan, sink)

    def _stream(self, role: LinkRole, watched: Watched) -> str:
        return f"{self.channels[role]}:{watched.instrument.id.symbol}"

    def _links(self, kind: MarketKind, watched: Sequence[Watched], most: int | None) -> Iterator[LinkPlan]:
        shares = even_shares(
            tuple(each for each in watched if each.instrument.id.kind is kind), most_streams(self.host, most)
        )
        for role in (LinkRole.TOP, LinkRole.MARK) if kind is MarketKind.PERP else (LinkRole.TOP,):
            for number, share in enumerate(shares):
                streams = {self._stream(role, each): (each.slot,) for each in share}
                yield LinkPlan(f"{self.venue}:{kind}:{role}:{number}", role, kind, self.host.name, streams, share)
