"""A scripted venue: stands in for every port of the market stage where the real ones are not wanted.

It lists, quotes and funds what it was given, counts what was asked of it, and fails on demand with any error.
"""

import asyncio
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from decimal import Decimal

from arbedge.domain.funding import FundingState, Settlement
from arbedge.domain.instrument import Instrument, InstrumentId, InstrumentStatus, MarketKind
from arbedge.domain.network import CoinNetwork
from arbedge.domain.quote import Book, TopOfBook
from arbedge.errors import ArbEdgeError, Unavailable
from arbedge.foundation.runtime.clock import Clock
from arbedge.market.ports import ClockSample, IndexComponent, LinkEvent, LinkState, MarketSink, Turnover, Watched

__all__ = ["ScriptedStreams", "ScriptedVenue", "instrument_of"]


def instrument_of(
    venue: str, kind: MarketKind, base: str, quote: str = "USDT", *, multiplier: int = 1, asset: str | None = None
) -> Instrument:
    """An ordinary trading instrument, spelled `BASEQUOTE`."""
    return Instrument(
        id=InstrumentId(venue, kind, base + quote),
        base=base,
        quote=quote,
        asset=asset or base,
        settle=quote if kind is MarketKind.PERP else None,
        tick=Decimal("0.01"),
        lot=Decimal("0.001"),
        min_qty=Decimal("0.001"),
        min_notional=Decimal(5),
        status=InstrumentStatus.TRADING,
        multiplier=Decimal(multiplier),
    )


@dataclass
class ScriptedVenue:
    """Fills `VenueCatalogue`, `DepthSource`, `FundingSource` and `NetworkSource` from its own attributes.

    `errors` maps a method's name (`fetch_tops`), or that and a kind (`fetch_tops:perp`), to the error it raises.
    `clock_offset_ms` is how far its clock is ahead of `clock`. A call takes one turn of the event loop.
    """

    clock: Clock
    listed: list[Instrument] = field(default_factory=list)
    tops: dict[InstrumentId, tuple[float, float]] = field(default_factory=dict)
    books: dict[InstrumentId, Book] = field(default_factory=dict)
    funding: dict[InstrumentId, FundingState] = field(default_factory=dict)
    settled: dict[InstrumentId, tuple[Settlement, ...]] = field(default_factory=dict)
    components: dict[InstrumentId, tuple[IndexComponent, ...]] = field(default_factory=dict)
    networks: list[CoinNetwork] = field(default_factory=list)
    turnover: Decimal = Decimal(1_000_000)
    clock_offset_ms: float = 0.0
    errors: dict[str, ArbEdgeError] = field(default_factory=dict)
    calls: Counter[str] = field(default_factory=Counter)

    async def fetch_instruments(self, kind: MarketKind) -> tuple[Instrument, ...]:
        """What it lists."""
        await self._called("fetch_instruments", kind)
        return tuple(each for each in self.listed if each.id.kind is kind)

    async def fetch_tops(self, kind: MarketKind) -> tuple[TopOfBook, ...]:
        """Its quotes, of size 1, without numbers."""
        await self._called("fetch_tops", kind)
        now_ns = self.clock.monotonic_ns()
        return tuple(
            TopOfBook(each, bid, 1.0, ask, 1.0, sequence=0, venue_at_ms=None, received_ns=now_ns)
            for each, (bid, ask) in self.tops.items()
            if each.kind is kind
        )

    async def fetch_turnover(self, kind: MarketKind) -> Mapping[InstrumentId, Turnover]:
        """The same turnover for everything."""
        await self._called("fetch_turnover", kind)
        return {each.id: Turnover(self.turnover) for each in self.listed if each.id.kind is kind}

    async def fetch_index_components(self, perp: InstrumentId) -> tuple[IndexComponent, ...]:
        """The components given."""
        await self._called("fetch_index_components", perp.kind)
        return self.components.get(perp, ())

    async def fetch_networks(self) -> tuple[CoinNetwork, ...]:
        """The networks given, told now."""
        await self._called("fetch_networks", None)
        return tuple(replace(each, received_ns=self.clock.monotonic_ns()) for each in self.networks)

    async def fetch_clock(self) -> ClockSample:
        """Our clock moved by the offset; the question takes no time."""
        await self._called("fetch_clock", None)
        now_ms = self.clock.now().timestamp() * 1000
        return ClockSample(round(now_ms + self.clock_offset_ms), now_ms, now_ms)

    async def fetch_book(self, instrument: InstrumentId, levels: int) -> Book:
        """The book given, received now. Raises `Unavailable` where none was given."""
        await self._called("fetch_book", instrument.kind)
        if instrument not in self.books:
            raise Unavailable(f"no book scripted for {instrument}")
        book = self.books[instrument]
        return replace(
            book,
            bids=book.bids[:levels],
            asks=book.asks[:levels],
            received_ns=self.clock.monotonic_ns(),
        )

    async def fetch_funding(self) -> tuple[FundingState, ...]:
        """The funding given, received now."""
        await self._called("fetch_funding", None)
        return tuple(replace(each, received_ns=self.clock.monotonic_ns()) for each in self.funding.values())

    async def fetch_funding_history(
        self, perp: InstrumentId, since: datetime, until: datetime
    ) -> tuple[Settlement, ...]:
        """The settlements given that lie in the time asked for."""
        await self._called("fetch_funding_history", perp.kind)
        return tuple(each for each in self.settled.get(perp, ()) if since <= each.at < until)

    async def _called(self, name: str, kind: MarketKind | None) -> None:
        self.calls[name] += 1
        await asyncio.sleep(0)
        error = self.errors.get(f"{name}:{kind}") or self.errors.get(name)
        if error is not None:
            raise error


class ScriptedStreams:
    """Fills `VenueStreams`: one link of tops and one of depth a venue, driven by the test through `sink`."""

    def __init__(self, venue: str, clock: Clock) -> None:
        self.venue = venue
        self.sink: MarketSink | None = None
        self.watched: tuple[Watched, ...] = ()
        self.depth: frozenset[int] = frozenset()
        self.runs = 0
        self._clock = clock

    async def run(self, watched: Sequence[Watched], sink: MarketSink) -> None:
        """Subscribe everything watched at once, then wait to be cancelled."""
        self.runs += 1
        self.sink, self.watched = sink, tuple(watched)
        sink.on_link(self.event("top", LinkState.CONNECTED))
        sink.on_link(self.event("top", LinkState.SUBSCRIBED, tuple(each.slot for each in watched)))
        await asyncio.get_running_loop().create_future()

    def want_depth(self, slots: frozenset[int]) -> None:
        """Subscribe depth of exactly these slots at once."""
        self.depth = slots
        if self.sink is not None:
            self.sink.on_link(self.event("depth", LinkState.SUBSCRIBED, tuple(sorted(slots))))

    def event(self, purpose: str, state: LinkState, slots: tuple[int, ...] = (), reason: str = "") -> LinkEvent:
        """An event of this venue's link of that purpose, now."""
        return LinkEvent(f"{self.venue}:any:{purpose}:0", state, reason, slots, self._clock.monotonic_ns())
