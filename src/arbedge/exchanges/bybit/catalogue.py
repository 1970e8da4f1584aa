"""What Bybit answers when asked: listings, tops, turnover, clock, books, funding; the ports over REST.

`BybitCatalogue` fills in `VenueCatalogue`, `DepthSource` and `FundingSource` of the market stage. Tops, turnover,
marks and funding of a kind are one and the same answer (`tickers`).
"""

from collections.abc import Mapping
from datetime import datetime
from types import MappingProxyType

import msgspec

from arbedge.domain.funding import FundingState, Settlement
from arbedge.domain.instrument import Instrument, InstrumentId, MarketKind
from arbedge.domain.quote import Book, TopOfBook
from arbedge.errors import Rejected
from arbedge.exchanges.bybit import wire
from arbedge.exchanges.bybit.facts import HISTORY_PAGE
from arbedge.exchanges.bybit.funding import (
    DEFAULT_TERMS,
    FundingTerms,
    FundingValues,
    read_terms,
    settled_history,
    state_of,
)
from arbedge.exchanges.bybit.rest import BybitRest
from arbedge.exchanges.bybit.symbols import index_name, instrument_id, parse_perps, parse_spot
from arbedge.exchanges.reading.answers import book_of
from arbedge.exchanges.reading.figures import decimal_or_none, float_or_zero
from arbedge.exchanges.reading.listing import Listing, ListingDesk, joined, once_each
from arbedge.exchanges.reading.rows import RowMemory
from arbedge.exchanges.transport.faults import Restricted
from arbedge.foundation.runtime.clock import Clock
from arbedge.market.ports import ClockSample, IndexComponent, Turnover

__all__ = ["BybitCatalogue"]

_TERMS_FRESH_NS = 600_000_000_000
"""Clamps come with the listing of contracts, which is read again for them after ten minutes."""

_VENUE_SPELLINGS = MappingProxyType({"okex": "okx", "gateio": "gate"})


class BybitCatalogue:
    """Reads Bybit over REST. One instance a process; safe to ask from several tasks at once."""

    def __init__(self, rest: BybitRest, clock: Clock, kinds: tuple[MarketKind, ...]) -> None:
        self._rest = rest
        self._clock = clock
        self._terms: Mapping[str, FundingTerms] | None = None
        self._terms_at_ns = 0
        self._has_told_funding = False
        what = "bybit: a row of instruments-info"
        self._spot_rows = RowMemory(what, wire.ListedSymbol, lambda row, _: parse_spot((row,)))
        self._perp_rows = RowMemory(what, wire.ListedSymbol, lambda row, bases: parse_perps((row,), bases))
        self._term_rows = RowMemory(what, wire.ListedSymbol, lambda row, _: read_terms((row,)))
        self._listings = ListingDesk(clock, kinds, self._read_spot, self._read_perps)

    @property
    def terms(self) -> Mapping[str, FundingTerms] | None:
        """Contracts' own funding terms by symbol as last read; None before `fetch_funding` has succeeded once."""
        return self._terms if self._has_told_funding else None

    @property
    def unreadable(self) -> Mapping[MarketKind, tuple[str, ...]]:
        """Symbols of the last listings whose rules made no sense, left out of `fetch_instruments`."""
        return self._listings.unreadable

    async def fetch_instruments(self, kind: MarketKind) -> tuple[Instrument, ...]:
        """Every instrument of that kind the venue still lists, in its order; contracts before launch come last."""
        return await self._listings.fetch(kind)

    async def fetch_tops(self, kind: MarketKind) -> tuple[TopOfBook, ...]:
        """Best bid and ask of every symbol that has both sides, in one call; stamped when the venue answered."""
        told = await self._rest.tickers(kind)
        tops = []
        for row in told.value.rows:
            bid, bid_qty, ask, ask_qty = map(float_or_zero, (row.bid, row.bid_qty, row.ask, row.ask_qty))
            if bid > 0 and ask > 0:
                tops.append(
                    TopOfBook(
                        instrument=instrument_id(kind, row.symbol),
                        bid=bid,
                        bid_qty=bid_qty,
                        ask=ask,
                        ask_qty=ask_qty,
                        sequence=0,
                        venue_at_ms=told.venue_ms or None,
                        received_ns=told.received_ns,
                    )
                )
        return tuple(tops)

    async def fetch_turnover(self, kind: MarketKind) -> Mapping[InstrumentId, Turnover]:
        """24 h turnover in quote currency; for contracts open interest in base units too."""
        told = await self._rest.tickers(kind)
        turnover: dict[InstrumentId, Turnover] = {}
        for row in told.value.rows:
            volume = decimal_or_none(row.turnover)
            if volume is not None:
                turnover[instrument_id(kind, row.symbol)] = Turnover(volume, decimal_or_none(row.open_interest))
        return turnover

    async def fetch_index_components(self, perp: InstrumentId) -> tuple[IndexComponent, ...]:
        """Sources of the perp's index; empty where the venue refuses to name them."""
        try:
            told = await self._rest.components(index_name(perp.symbol))
        except Restricted:
            raise
        except Rejected:
            return ()
        return tuple(_component(row) for row in told.value.components or ())

    async def fetch_clock(self) -> ClockSample:
        """One reading of the venue's clock, stamped round the request itself, not round waiting for its turn."""
        told = await self._rest.server_time()
        return ClockSample(told.value.at_ns // 1_000_000, told.sent_ms, told.received_ms)

    async def fetch_book(self, instrument: InstrumentId, levels: int) -> Book:
        """The book now, best level first; levels of size 0 are dropped.

        Its sequence counts another depth than the stream's and does not chain to it: streams bring their own book.
        """
        told = await self._rest.depth(instrument.kind, instrument.symbol, levels)
        book = told.value
        return book_of(instrument, (book.bids, book.asks), book.last, book.venue_at_ms, told.received_ns)

    async def fetch_funding(self) -> tuple[FundingState, ...]:
        """Funding of every perpetual now, in one call; the listing of contracts is read when its terms are old."""
        terms = await self._fresh_terms()
        told = await self._rest.tickers(MarketKind.PERP)
        self._has_told_funding = True
        states = []
        for row in told.value.rows:
            values = FundingValues(
                row.rate, row.next_ms, row.interval_hours, row.cap, row.mark, row.index, told.venue_ms
            )
            instrument = instrument_id(MarketKind.PERP, row.symbol)
            state = state_of(instrument, values, terms.get(row.symbol, DEFAULT_TERMS), told.received_ns)
            if state is not None:
                states.append(state)
        return tuple(states)

    async def fetch_funding_history(
        self, perp: InstrumentId, since: datetime, until: datetime
    ) -> tuple[Settlement, ...]:
        """Settled rates with `since` <= at < `until`, oldest first."""

        async def page(start_ms: int, end_ms: int) -> list[wire.SettledRate]:
            return await self._rest.funding_page(perp.symbol, start_ms, end_ms)

        return await settled_history(page, since, until, HISTORY_PAGE)

    async def _fresh_terms(self) -> Mapping[str, FundingTerms]:
        terms = self._terms
        if terms is None or self._clock.monotonic_ns() - self._terms_at_ns > _TERMS_FRESH_NS:
            terms = await self._keep_terms(await self._rest.linear_listing())
        return terms

    async def _keep_terms(self, rows: list[msgspec.Raw]) -> Mapping[str, FundingTerms]:
        told = await self._term_rows.read(rows)
        self._terms = {symbol: terms for each in told for symbol, terms in each.items()}
        self._terms_at_ns = self._clock.monotonic_ns()
        return self._terms

    async def _read_spot(self) -> Listing:
        return joined(await self._spot_rows.read(await self._rest.spot_listing()))

    async def _read_perps(self, spot_bases: frozenset[str]) -> Listing:
        rows = await self._rest.linear_listing()
        await self._keep_terms(rows)
        listing, _ = once_each(joined(await self._perp_rows.read(rows, spot_bases)))
        return listing


def _component(row: wire.Component) -> IndexComponent:
    """One source with the price it shows itself: the venue states it times the contract's multiplier."""
    price, multiplier = decimal_or_none(row.price), decimal_or_none(row.multiplier)
    if price is not None and price > 0 and multiplier is not None and multiplier > 0:
        price = price / multiplier
    name = row.exchange.lower()
    return IndexComponent(
        venue=_VENUE_SPELLINGS.get(name, name),
        symbol=row.pair,
        price=price if price is not None and price > 0 else None,
    )
