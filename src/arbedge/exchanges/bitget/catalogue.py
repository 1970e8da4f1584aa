"""What Bitget answers when asked: listings, tops, turnover, clock, books, funding; the ports over REST.

`BitgetCatalogue` fills in `VenueCatalogue`, `DepthSource`, `FundingSource` and `NetworkSource` of the market stage.
"""

import asyncio
from collections.abc import Mapping
from datetime import datetime
from typing import Protocol

import msgspec

from arbedge.domain.funding import FundingState, Settlement
from arbedge.domain.instrument import Instrument, InstrumentId, MarketKind
from arbedge.domain.money import decimal_of
from arbedge.domain.network import CoinNetwork
from arbedge.domain.quote import Book, TopOfBook
from arbedge.errors import Invalid, Rejected
from arbedge.exchanges.bitget import wire
from arbedge.exchanges.bitget.coins import networks_of
from arbedge.exchanges.bitget.facts import PRODUCT_LINES, SPOT_LINE
from arbedge.exchanges.bitget.funding import FundingTerms, read_terms, settled_history, states_of
from arbedge.exchanges.bitget.rest import HISTORY_PAGE
from arbedge.exchanges.bitget.symbols import component_of, instrument_id, line_of
from arbedge.exchanges.reading.answers import Told, book_of
from arbedge.exchanges.reading.listing import Listing, ListingDesk
from arbedge.exchanges.transport.faults import Restricted
from arbedge.foundation.runtime.clock import Clock
from arbedge.market.ports import ClockSample, IndexComponent, Turnover

__all__ = ["BitgetCatalogue"]

_COINS_A_TURN = 10
"""Coins read before the event loop goes on: under a millisecond of it."""


class _MarketCalls(Protocol):
    """The REST calls of one generation of the API, as `BitgetRest` describes them."""

    async def spot(self) -> Listing: ...
    async def perps(self, spot_bases: frozenset[str]) -> Listing: ...
    async def tops(self, line: str) -> Told[list[wire.RestTop]]: ...
    async def days(self, line: str) -> Told[list[wire.RestDay]]: ...
    async def depth(self, line: str, symbol: str, levels: int) -> Told[wire.RestBook]: ...
    async def funding(self, line: str) -> Told[list[wire.FundingRow]]: ...
    async def funding_page(self, line: str, symbol: str, page: int) -> Told[list[wire.SettledRate]]: ...
    async def components(self, symbol: str) -> Told[wire.Components]: ...
    async def coins(self) -> Told[list[msgspec.Raw]]: ...
    async def server_time(self) -> Told[wire.ServerTime]: ...


class BitgetCatalogue:
    """Reads Bitget over REST. One instance a process; safe to ask from several tasks at once."""

    def __init__(self, rest: _MarketCalls, clock: Clock, kinds: tuple[MarketKind, ...]) -> None:
        self._rest = rest
        self._lines: dict[str, str] = {}
        self._terms: Mapping[str, FundingTerms] | None = None
        self._listings = ListingDesk(clock, kinds, rest.spot, self._read_perps)

    @property
    def terms(self) -> Mapping[str, FundingTerms] | None:
        """Contracts' own funding terms by symbol as last read; None before `fetch_funding` has succeeded once."""
        return self._terms

    @property
    def unreadable(self) -> Mapping[MarketKind, tuple[str, ...]]:
        """Symbols of the last listings whose rules made no sense, left out of `fetch_instruments`."""
        return self._listings.unreadable

    async def fetch_instruments(self, kind: MarketKind) -> tuple[Instrument, ...]:
        """Every instrument of that kind, of any status, in the venue's order, product line by product line."""
        return await self._listings.fetch(kind)

    async def fetch_tops(self, kind: MarketKind) -> tuple[TopOfBook, ...]:
        """Best bid and ask of every symbol that has both sides: one call for spot, one a product line for perps.

        The venue numbers nothing here, so `sequence` is 0.
        """
        tops: list[TopOfBook] = []
        for line in _lines_of(kind):
            told = await self._rest.tops(line)
            tops += [
                TopOfBook(
                    instrument=instrument_id(kind, row.symbol),
                    bid=row.bid,
                    bid_qty=row.bid_qty or 0.0,
                    ask=row.ask,
                    ask_qty=row.ask_qty or 0.0,
                    sequence=0,
                    venue_at_ms=row.venue_at_ms or None,
                    received_ns=told.received_ns,
                )
                for row in told.value
                if row.bid and row.ask and row.bid > 0 and row.ask > 0
            ]
        return tuple(tops)

    async def fetch_turnover(self, kind: MarketKind) -> Mapping[InstrumentId, Turnover]:
        """24 h turnover in quote currency; of contracts also the open interest, in base units."""
        turnover: dict[InstrumentId, Turnover] = {}
        for line in _lines_of(kind):
            for row in (await self._rest.days(line)).value:
                try:
                    volume = decimal_of(row.quote_volume or "", "quoteVolume")
                    held = decimal_of(row.held, "holdingAmount") if row.held else None
                except Invalid:
                    continue
                turnover[instrument_id(kind, row.symbol)] = Turnover(volume, held)
        return turnover

    async def fetch_index_components(self, perp: InstrumentId) -> tuple[IndexComponent, ...]:
        """Sources of the perp's index; empty where the venue refuses to name them."""
        try:
            told = await self._rest.components(perp.symbol)
        except Restricted:
            raise
        except Rejected:
            return ()
        return tuple(component_of(row) for row in told.value.components)

    async def fetch_networks(self) -> tuple[CoinNetwork, ...]:
        """Every network of every coin; the list is long, so others take their turns while it is read."""
        told = await self._rest.coins()
        found: list[CoinNetwork] = []
        for begin in range(0, len(told.value), _COINS_A_TURN):
            found += networks_of(told.value[begin : begin + _COINS_A_TURN], told.received_ns)
            await asyncio.sleep(0)
        return tuple(found)

    async def fetch_clock(self) -> ClockSample:
        """One reading of the venue's clock, stamped round the request itself, not round waiting for its turn."""
        told = await self._rest.server_time()
        return ClockSample(told.value.at_ms, told.sent_ms, told.received_ms)

    async def fetch_book(self, instrument: InstrumentId, levels: int) -> Book:
        """The book now, best level first; levels of size 0 are dropped, and spot never tells more than 150.

        The answer carries no number of the stream's: `sequence` is its time (ms) and chains to no frame.
        """
        told = await self._rest.depth(await self._line(instrument), instrument.symbol, levels)
        row = told.value
        sides = wire.level_texts(row.bids), wire.level_texts(row.asks)
        return book_of(instrument, sides, row.venue_at_ms, row.venue_at_ms, told.received_ns)

    async def fetch_funding(self) -> tuple[FundingState, ...]:
        """Funding of every perpetual now, in two calls a product line; renews the terms marks are read with."""
        terms: dict[str, FundingTerms] = {}
        states: list[FundingState] = []
        for line in PRODUCT_LINES:
            rows = (await self._rest.funding(line)).value
            days = await self._rest.days(line)
            terms |= read_terms(rows)
            states += states_of(rows, {day.symbol: day for day in days.value}, days.received_ns)
        self._terms = terms
        return tuple(states)

    async def fetch_funding_history(
        self, perp: InstrumentId, since: datetime, until: datetime
    ) -> tuple[Settlement, ...]:
        """Settled rates with `since` <= at < `until`, oldest first."""
        line = await self._line(perp)

        async def page(number: int) -> list[wire.SettledRate]:
            return (await self._rest.funding_page(line, perp.symbol, number)).value

        return await settled_history(page, since, until, HISTORY_PAGE)

    async def _line(self, instrument: InstrumentId) -> str:
        """The product line a symbol is listed in; the first where no list names it, so that the venue refuses."""
        if instrument.kind is MarketKind.SPOT:
            return SPOT_LINE
        if instrument.symbol not in self._lines:
            await self._listings.fetch(MarketKind.PERP)
        return self._lines.get(instrument.symbol, PRODUCT_LINES[0])

    async def _read_perps(self, spot_bases: frozenset[str]) -> Listing:
        listing = await self._rest.perps(spot_bases)
        self._lines.update((each.id.symbol, line_of(each)) for each in listing.instruments)
        return listing


def _lines_of(kind: MarketKind) -> tuple[str, ...]:
    return (SPOT_LINE,) if kind is MarketKind.SPOT else PRODUCT_LINES
