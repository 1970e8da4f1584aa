"""What OKX answers when asked: listings, tops, turnover, clock, books, funding; the ports over REST.

`OkxCatalogue` fills in `VenueCatalogue`, `DepthSource` and `FundingSource` of the market stage.
"""

from collections.abc import Mapping
from datetime import datetime
from decimal import Decimal
from types import MappingProxyType

from arbedge.domain.funding import FundingState, Settlement
from arbedge.domain.instrument import Instrument, InstrumentId, MarketKind
from arbedge.domain.quote import Book, TopOfBook
from arbedge.errors import IntegrityError, Rejected
from arbedge.exchanges.okx import wire
from arbedge.exchanges.okx.funding import settled_history, state_of
from arbedge.exchanges.okx.rest import HISTORY_PAGE, OkxRest
from arbedge.exchanges.okx.symbols import SETTLES, index_symbol, instrument_id, parse_perps, parse_spot
from arbedge.exchanges.reading.answers import book_of
from arbedge.exchanges.reading.figures import decimal_or_none, positive_or_none
from arbedge.exchanges.reading.listing import Listing, ListingDesk, joined
from arbedge.exchanges.reading.rows import RowMemory
from arbedge.exchanges.transport.faults import Restricted
from arbedge.foundation.runtime.clock import Clock
from arbedge.market.ports import ClockSample, IndexComponent, PriceLimits, Turnover

__all__ = ["OkxCatalogue"]

_VENUE_SPELLINGS = MappingProxyType({"okex": "okx", "huobi": "htx", "gate": "gateio", "gate.io": "gateio"})


class OkxCatalogue:
    """Reads OKX over REST. One instance a process; safe to ask from several tasks at once."""

    def __init__(self, rest: OkxRest, clock: Clock, kinds: tuple[MarketKind, ...]) -> None:
        self._rest = rest
        self._perps: frozenset[str] | None = None
        what = "okx: a row of public/instruments"
        self._spot_rows = RowMemory(what, wire.ListedInstrument, lambda row, _: parse_spot((row,)))
        self._perp_rows = RowMemory(what, wire.ListedInstrument, lambda row, bases: parse_perps((row,), bases))
        self._listings = ListingDesk(clock, kinds, self._read_spot, self._read_perps)

    @property
    def unreadable(self) -> Mapping[MarketKind, tuple[str, ...]]:
        """Symbols of the last listings whose rules made no sense, left out of `fetch_instruments`."""
        return self._listings.unreadable

    async def fetch_instruments(self, kind: MarketKind) -> tuple[Instrument, ...]:
        """Every instrument of that kind, of any status, in the venue's order."""
        return await self._listings.fetch(kind)

    async def fetch_tops(self, kind: MarketKind) -> tuple[TopOfBook, ...]:
        """Best bid and ask of every symbol that has both sides, in one call; tickers carry no sequence (0)."""
        told = await self._rest.tickers(kind)
        tops = (_top(kind, row, told.received_ns) for row in told.value)
        return tuple(top for top in tops if top is not None)

    async def fetch_turnover(self, kind: MarketKind) -> Mapping[InstrumentId, Turnover]:
        """24 h turnover in quote currency; open interest of perps in base units, which costs a second call.

        `volCcy24h` is quote currency on spot and base units on swaps, where the last price makes it quote.
        """
        told = await self._rest.tickers(kind)
        held: Mapping[str, str] = {}
        if kind is MarketKind.PERP:
            held = {row.symbol: row.base_units for row in (await self._rest.open_interest()).value}
        turnover: dict[InstrumentId, Turnover] = {}
        for row in told.value:
            volume = _number(row.currency_volume)
            price = Decimal(1) if kind is MarketKind.SPOT else _number(row.last)
            if volume is not None and price is not None:
                open_interest = _number(held.get(row.symbol, ""))
                turnover[instrument_id(kind, row.symbol)] = Turnover(volume * price, open_interest)
        return turnover

    async def fetch_index_components(self, perp: InstrumentId) -> tuple[IndexComponent, ...]:
        """Sources of the perp's index; empty where the venue does not know such an index."""
        try:
            told = await self._rest.components(index_symbol(perp))
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
            for row in told.value.components
        )

    async def fetch_clock(self) -> ClockSample:
        """One reading of the venue's clock, stamped round the request itself, not round waiting for its turn."""
        told = await self._rest.server_time()
        if not told.value:
            raise IntegrityError("okx: the answer of public/time is empty")
        return ClockSample(told.value[0].at_ms, told.sent_ms, told.received_ms)

    async def fetch_book(self, instrument: InstrumentId, levels: int) -> Book:
        """The book now (at most 400 levels a side), best level first; levels of size 0 are dropped.

        Its sequence is the `seqId` the `books` channel counts with, so that changes chain to it.
        """
        told = await self._rest.book(instrument.symbol, levels)
        if not told.value:
            raise IntegrityError(f"okx: the answer of market/books for {instrument.symbol} is empty")
        row = told.value[0]
        sides = wire.levels_of(row.bids), wire.levels_of(row.asks)
        return book_of(instrument, sides, row.last, row.venue_at_ms, told.received_ns)

    async def fetch_price_limits(self, instrument: InstrumentId) -> PriceLimits:
        """The highest buy and the lowest sell order the venue takes now."""
        told = await self._rest.price_limit(instrument.symbol)
        if not told.value:
            raise IntegrityError(f"okx: the answer of public/price-limit for {instrument.symbol} is empty")
        row = told.value[0]
        if not row.is_enabled:
            return PriceLimits(None, None)
        return PriceLimits(positive_or_none(row.highest_buy), positive_or_none(row.lowest_sell))

    async def fetch_funding(self) -> tuple[FundingState, ...]:
        """Funding of every perpetual now, in four calls: marks, an index list for each settle currency, funding."""
        mark = {row.symbol: row.mark for row in (await self._rest.marks()).value}
        index = {row.symbol: row.index for settle in SETTLES for row in (await self._rest.indexes(settle)).value}
        funding = await self._rest.funding()
        states = []
        for row in funding.value:
            if self._perps is not None and row.symbol not in self._perps:
                continue  # inverse contracts pay funding too
            perp = instrument_id(MarketKind.PERP, row.symbol)
            state = state_of(
                perp, row, mark.get(row.symbol, ""), index.get(index_symbol(perp), ""), funding.received_ns
            )
            if state is not None:
                states.append(state)
        return tuple(states)

    async def fetch_funding_history(
        self, perp: InstrumentId, since: datetime, until: datetime
    ) -> tuple[Settlement, ...]:
        """Settled rates with `since` <= at < `until`, oldest first; the venue remembers three months."""

        async def page(before_ms: int) -> list[wire.SettledRow]:
            return (await self._rest.settled_page(perp.symbol, before_ms)).value

        return await settled_history(page, since, until, HISTORY_PAGE)

    async def _read_spot(self) -> Listing:
        return joined(await self._spot_rows.read((await self._rest.listing(MarketKind.SPOT)).value))

    async def _read_perps(self, spot_bases: frozenset[str]) -> Listing:
        rows = (await self._rest.listing(MarketKind.PERP)).value
        listing = joined(await self._perp_rows.read(rows, spot_bases))
        self._perps = frozenset(each.id.symbol for each in listing.instruments)
        return listing


def _top(kind: MarketKind, row: wire.TickerRow, received_ns: int) -> TopOfBook | None:
    """A ticker's best bid and ask; None where a side is missing."""
    try:
        bid, bid_qty, ask, ask_qty = float(row.bid), float(row.bid_qty), float(row.ask), float(row.ask_qty)
    except ValueError:
        return None
    if not (bid > 0 and ask > 0):
        return None
    return TopOfBook(
        instrument=instrument_id(kind, row.symbol),
        bid=bid,
        bid_qty=bid_qty,
        ask=ask,
        ask_qty=ask_qty,
        sequence=0,
        venue_at_ms=row.venue_at_ms or None,
        received_ns=received_ns,
    )


def _number(text: str) -> Decimal | None:
    value = decimal_or_none(text)
    return value if value is not None and value >= 0 else None
