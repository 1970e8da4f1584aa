"""What the market stage asks of a venue. Every adapter in `exchanges/` fills these in; `lab` never sees them.

Reads raise `Unavailable` (a retry may help), `Rejected` (it will not) or `IntegrityError` (the answer made no
sense). They carry their own deadline. Streams call a `MarketSink` synchronously on the event loop's thread.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from enum import StrEnum
from typing import Protocol, runtime_checkable

from arbedge.domain.funding import FundingState, Settlement
from arbedge.domain.instrument import Instrument, InstrumentId, MarketKind
from arbedge.domain.network import CoinNetwork
from arbedge.domain.quote import Book, BookChange, TopOfBook

__all__ = [
    "BurstSink",
    "ClockSample",
    "DepthSource",
    "FundingSource",
    "IndexComponent",
    "LimitSource",
    "LinkEvent",
    "LinkState",
    "MarketSink",
    "NetworkSource",
    "PriceLimits",
    "TopRow",
    "Turnover",
    "VenueCatalogue",
    "VenueStreams",
    "Watched",
]


@dataclass(frozen=True, slots=True)
class ClockSample:
    """One reading of a venue's clock: its time (UTC ms), and our wall clock (UTC ms) before and after asking."""

    server_ms: int
    sent_ms: float
    received_ms: float

    @property
    def round_trip_ms(self) -> float:
        """How long the question took."""
        return self.received_ms - self.sent_ms

    @property
    def offset_ms(self) -> float:
        """Venue clock minus ours, taking the answer to come from the middle of the round trip."""
        return self.server_ms - (self.sent_ms + self.received_ms) / 2


@dataclass(frozen=True, slots=True)
class IndexComponent:
    """One component of a perpetual's index: which venue and symbol it reads, and the price it read."""

    venue: str
    symbol: str
    price: Decimal | None


@dataclass(frozen=True, slots=True)
class Turnover:
    """24 h volume of one instrument in its quote currency; open interest in base units where the venue says."""

    quote_volume: Decimal
    open_interest: Decimal | None = None


class VenueCatalogue(Protocol):
    """What a venue lists."""

    async def fetch_instruments(self, kind: MarketKind) -> tuple[Instrument, ...]:
        """Every instrument of that kind, of any status, in the venue's order."""
        ...

    async def fetch_tops(self, kind: MarketKind) -> tuple[TopOfBook, ...]:
        """Best bid and ask of every symbol of that kind, in one call; symbols without both sides are left out."""
        ...

    async def fetch_turnover(self, kind: MarketKind) -> Mapping[InstrumentId, Turnover]:
        """24 h turnover of every symbol of that kind."""
        ...

    async def fetch_index_components(self, perp: InstrumentId) -> tuple[IndexComponent, ...]:
        """What the perpetual's index is made of; empty where the venue does not publish it."""
        ...

    async def fetch_clock(self) -> ClockSample:
        """One reading of the venue's clock."""
        ...


class DepthSource(Protocol):
    """Order books on demand."""

    async def fetch_book(self, instrument: InstrumentId, levels: int) -> Book:
        """The book now, at least `levels` a side where the venue has them."""
        ...


class FundingSource(Protocol):
    """Funding of perpetuals."""

    async def fetch_funding(self) -> tuple[FundingState, ...]:
        """Funding of every perpetual now, in as few calls as the venue allows."""
        ...

    async def fetch_funding_history(
        self, perp: InstrumentId, since: datetime, until: datetime
    ) -> tuple[Settlement, ...]:
        """Settled rates with `since` <= at < `until`, oldest first; pages as often as needed."""
        ...


@dataclass(frozen=True, slots=True)
class PriceLimits:
    """The highest price a buy may name now and the lowest a sell may, in venue prices; None: no limit."""

    highest_buy: Decimal | None
    lowest_sell: Decimal | None


@runtime_checkable
class LimitSource(Protocol):
    """Price limits, of a venue that tells them for one instrument at a time."""

    async def fetch_price_limits(self, instrument: InstrumentId) -> PriceLimits:
        """The limits of one instrument now."""
        ...


@runtime_checkable
class NetworkSource(Protocol):
    """Networks of coins, of a venue that tells them without a key."""

    async def fetch_networks(self) -> tuple[CoinNetwork, ...]:
        """Every network of every coin now, whatever its state; what makes no sense is left out."""
        ...


class LinkState(StrEnum):
    """What happened to a stream connection."""

    CONNECTED = "connected"
    SUBSCRIBED = "subscribed"
    LOST = "lost"


@dataclass(frozen=True, slots=True)
class LinkEvent:
    """A connection changed state. `link` names it (`binance:spot:top:0`); `slots` are the instruments it carries.

    After `lost` every instrument on it is unconfirmed until a frame or a matching snapshot arrives anew.
    """

    link: str
    state: LinkState
    reason: str
    slots: tuple[int, ...]
    at_ns: int


@dataclass(frozen=True, slots=True)
class Watched:
    """An instrument to stream, with the slot (dense index) the board knows it by."""

    slot: int
    instrument: Instrument


class MarketSink(Protocol):
    """Where streams deliver. Called synchronously; must not block, await or raise."""

    def on_top(  # noqa: PLR0913 - one call a frame: values stay on the stack, no object is made
        self,
        slot: int,
        bid: float,
        bid_qty: float,
        ask: float,
        ask_qty: float,
        sequence: int,
        venue_at_ms: int,
        received_ns: int,
    ) -> None:
        """Best bid and ask of a slot in venue units; `venue_at_ms` is 0 where the venue sends no time."""
        ...

    def on_book_change(self, slot: int, change: BookChange) -> None:
        """One depth frame of a slot."""
        ...

    def on_book(self, slot: int, book: Book) -> None:
        """A whole book the venue sent within its stream; it replaces what was known, later changes chain to it."""
        ...

    def on_funding(self, slot: int, state: FundingState) -> None:
        """Funding, mark and index of a slot."""
        ...

    def on_alive(self, link: str, at_ns: int) -> None:
        """Any frame at all arrived on that connection: proof of life."""
        ...

    def on_link(self, event: LinkEvent) -> None:
        """A connection changed state."""
        ...


TopRow = tuple[int, float, float, float, float, int, int]
"""A best bid and ask on its way: slot, bid, bid size, ask, ask size, sequence, the venue's time (ms, or 0)."""


@runtime_checkable
class BurstSink(Protocol):
    """A sink that also takes what one read of a socket brought in one call."""

    def on_tops(self, rows: Iterator[TopRow], received_ns: int) -> None:
        """Best bids and asks in the order they came; to the market it is `on_top` for one after the other."""
        ...


class VenueStreams(Protocol):
    """A venue's public streams."""

    async def run(self, watched: Sequence[Watched], sink: MarketSink) -> None:
        """Stream best bid/ask and funding of all `watched` until cancelled; reconnects by itself, for ever."""
        ...

    def want_depth(self, slots: frozenset[int]) -> None:
        """Stream depth of exactly these slots from now on (a subset of `watched`); returns at once."""
        ...
