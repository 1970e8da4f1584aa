"""What Binance answers when asked: listings, tops, turnover, clock, books, funding; the ports over REST.

`BinanceCatalogue` fills in `VenueCatalogue`, `DepthSource` and `FundingSource` of the market stage.
"""

from collections.abc import Mapping
from datetime import datetime
from types import MappingProxyType

from arbedge.domain.funding import FundingState, Settlement
from arbedge.domain.instrument import Instrument, InstrumentId, MarketKind
from arbedge.domain.money import decimal_of
from arbedge.domain.quote import Book, TopOfBook
from arbedge.errors import Invalid, Rejected
from arbedge.exchanges.binance import wire
from arbedge.exchanges.binance.funding import FundingTerms, read_terms, settled_history, states_of
from arbedge.exchanges.binance.rest import HISTORY_PAGE, BinanceRest
from arbedge.exchanges.binance.symbols import instrument_id, parse_perps, parse_spot
from arbedge.exchanges.reading.answers import book_of
from arbedge.exchanges.reading.figures import positive_or_none
from arbedge.exchanges.reading.listing import Listing, ListingDesk, joined
from arbedge.exchanges.reading.rows import RowMemory
from arbedge.exchanges.transport.faults import Restricted
from arbedge.foundation.runtime.clock import Clock
from arbedge.market.ports import ClockSample, IndexComponent, Turnover

__all__ = ["BinanceCatalogue"]

_VENUE_SPELLINGS = MappingProxyType({"okex": "okx"})


class BinanceCatalogue:
    """Reads Binance over REST. One instance a process; safe to ask from several tasks at once."""

    def __init__(self, rest: BinanceRest, clock: Clock, kinds: tuple[MarketKind, ...]) -> None:
        self._rest = rest
        self._kinds = kinds
        self._terms: Mapping[str, FundingTerms] | None = None
        what = "binance: a row of exchangeInfo"
        self._spot_rows = RowMemory(what, wire.ListedSymbol, lambda row, _: parse_spot((row,)))
        self._perp_rows = RowMemory(what, wire.ListedSymbol, lambda row, bases: parse_perps((row,), bases))
        self._listings = ListingDesk(clock, kinds, self._read_spot, self._read_perps)

    @property
    def terms(self) -> Mapping[str, FundingTerms] | None:
        """Contracts' own funding terms by symbol as last read; None before `fetch_funding` has succeeded once."""
        return self._terms

    @property
    def unreadable(self) -> Mapping[MarketKind, tuple[str, ...]]:
        """Symbols of the last listings whose rules made no sense, left out of `fetch_instruments`."""
        return self._listings.unreadable

    async def fetch_instruments(self, kind: MarketKind) -> tuple[Instrument, ...]:
        """Every instrument of that kind, of any status, in the venue's order."""
        return await self._listings.fetch(kind)

    async def fetch_tops(self, kind: MarketKind) -> tuple[TopOfBook, ...]:
        """Best bid and ask of every symbol that has both sides, in one call."""
        told = await self._rest.tops(kind)
        return tuple(
            TopOfBook(
                instrument=instrument_id(kind, row.symbol),
                bid=row.bid,
                bid_qty=row.bid_qty,
                ask=row.ask,
                ask_qty=row.ask_qty,
                sequence=row.sequence,
                venue_at_ms=row.venue_at_ms,
                received_ns=told.received_ns,
            )
            for row in told.value
            if row.bid > 0 and row.ask > 0
        )

    async def fetch_turnover(self, kind: MarketKind) -> Mapping[InstrumentId, Turnover]:
        """24 h turnover in quote currency; open interest is not told for all symbols at once, so it stays None."""
        told = await self._rest.turnover(kind)
        turnover: dict[InstrumentId, Turnover] = {}
        for row in told.value:
            try:
                volume = decimal_of(row.quote_volume, "quoteVolume")
            except Invalid:
                continue
            turnover[instrument_id(kind, row.symbol)] = Turnover(volume)
        return turnover

    async def fetch_index_components(self, perp: InstrumentId) -> tuple[IndexComponent, ...]:
        """Sources of the perp's index; empty where the venue refuses to name them."""
        try:
            told = await self._rest.constituents(perp.symbol)
        except Restricted:
            raise
        except Rejected:
            return ()
        return tuple(
            IndexComponent(
                venue=_VENUE_SPELLINGS.get(row.exchange.lower(), row.exchange.lower()),
                symbol=row.symbol,
                price=positive_or_none(row.price),
            )
            for row in told.value.constituents
        )

    async def fetch_clock(self) -> ClockSample:
        """One reading of the venue's clock, stamped round the request itself, not round waiting for its turn."""
        told = await self._rest.server_time(self._kinds[0])
        return ClockSample(told.value.at_ms, told.sent_ms, told.received_ms)

    async def fetch_book(self, instrument: InstrumentId, levels: int) -> Book:
        """The book now, best level first as the venue orders it; levels of size 0 are dropped."""
        told = await self._rest.depth(instrument.kind, instrument.symbol, levels)
        book = told.value
        return book_of(instrument, (book.bids, book.asks), book.last, book.venue_at_ms, told.received_ns)

    async def fetch_funding(self) -> tuple[FundingState, ...]:
        """Funding of every perpetual now, in two calls; also renews the terms the mark stream is read with."""
        rules = await self._rest.funding_rules()
        marks = await self._rest.marks()
        self._terms = read_terms(rules.value, marks.value)
        return states_of(marks.value, self._terms, marks.received_ns)

    async def fetch_funding_history(
        self, perp: InstrumentId, since: datetime, until: datetime
    ) -> tuple[Settlement, ...]:
        """Settled rates with `since` <= at < `until`, oldest first."""

        async def page(start_ms: int, end_ms: int) -> list[wire.SettledRate]:
            return (await self._rest.funding_page(perp.symbol, start_ms, end_ms)).value

        return await settled_history(page, since, until, HISTORY_PAGE)

    async def _read_spot(self) -> Listing:
        return joined(await self._spot_rows.read((await self._rest.listing(MarketKind.SPOT)).value.symbols))

    async def _read_perps(self, spot_bases: frozenset[str]) -> Listing:
        rows = (await self._rest.listing(MarketKind.PERP)).value.symbols
        return joined(await self._perp_rows.read(rows, spot_bases))
