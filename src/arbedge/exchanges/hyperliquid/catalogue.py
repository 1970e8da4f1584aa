"""What Hyperliquid answers when asked: one path, `POST /info`, and a body that says what is wanted.

There are perpetuals only, so the kind asked for changes nothing; one answer tells rules, rates, turnover and marks.
"""

from collections.abc import Mapping
from datetime import datetime
from typing import TypeVar

import msgspec

from arbedge.domain.funding import FundingState, Settlement
from arbedge.domain.instrument import Instrument, InstrumentId, MarketKind
from arbedge.domain.quote import Book
from arbedge.exchanges.hyperliquid import wire
from arbedge.exchanges.hyperliquid.contracts import book_of_row, contract_of, instrument_id, state_of
from arbedge.exchanges.hyperliquid.facts import HISTORY_PAGE, HISTORY_WEIGHT, INFO_WEIGHT, LIGHT_WEIGHT
from arbedge.exchanges.reading.answers import Told, read_answer
from arbedge.exchanges.reading.figures import decimal_or_none
from arbedge.exchanges.reading.history import read_forwards
from arbedge.exchanges.reading.listing import read_listing
from arbedge.exchanges.reading.untold import UntoldIndexes, UntoldTops
from arbedge.exchanges.transport.http import RestClient
from arbedge.foundation.runtime.clock import Clock
from arbedge.market.ports import ClockSample, Turnover

__all__ = ["HyperliquidCatalogue"]

T = TypeVar("T")


class HyperliquidCatalogue(UntoldTops, UntoldIndexes):
    """Reads Hyperliquid over REST. One instance a process; safe to ask from several tasks at once."""

    def __init__(self, host: RestClient, clock: Clock, *, timeout_s: float) -> None:
        self._host = host
        self._clock = clock
        self._timeout_s = timeout_s
        self.unreadable: Mapping[MarketKind, tuple[str, ...]] = {}

    async def fetch_instruments(self, kind: MarketKind) -> tuple[Instrument, ...]:
        """Every contract, of any status."""
        listing = read_listing(
            (await self._contracts()).value, lambda row: contract_of(*row), lambda row: row[0].name
        )
        self.unreadable = {kind: listing.unreadable}
        return listing.instruments

    async def fetch_turnover(self, kind: MarketKind) -> Mapping[InstrumentId, Turnover]:  # noqa: ARG002 - one kind
        """24 h turnover in USDC, and open interest in coins."""
        turnover: dict[InstrumentId, Turnover] = {}
        for asset, context in (await self._contracts()).value:
            if (volume := decimal_or_none(context.turnover)) is not None:
                turnover[instrument_id(asset.name)] = Turnover(volume, decimal_or_none(context.open_interest))
        return turnover

    async def fetch_clock(self) -> ClockSample:
        """One reading of the venue's clock."""
        told = await self._ask(wire.Timed, LIGHT_WEIGHT, type="exchangeStatus")
        return ClockSample(told.value.at_ms, told.sent_ms, told.received_ms)

    async def fetch_book(self, instrument: InstrumentId, levels: int) -> Book:  # noqa: ARG002 - always 20
        """The book now, at most 20 levels a side."""
        told = await self._ask(wire.BookRow, LIGHT_WEIGHT, type="l2Book", coin=instrument.symbol)
        return book_of_row(told.value, told.received_ns)

    async def fetch_funding(self) -> tuple[FundingState, ...]:
        """Funding of every contract now, in one call."""
        told, now = await self._contracts(), self._clock.now()
        rows = (row for row in told.value if not row[0].is_delisted)
        states = (state_of(asset.name, context, now, told.received_ns) for asset, context in rows)
        return tuple(state for state in states if state is not None)

    async def fetch_funding_history(
        self, perp: InstrumentId, since: datetime, until: datetime
    ) -> tuple[Settlement, ...]:
        """Settled rates with `since` <= at < `until`, oldest first; one an hour."""

        async def page(start_ms: int, end_ms: int) -> list[wire.Timed]:
            span: dict[str, str | int] = {"coin": perp.symbol, "startTime": start_ms, "endTime": end_ms}
            told = await self._ask(list[wire.Timed], HISTORY_WEIGHT, type="fundingHistory", **span)
            return told.value

        return await read_forwards(page, since, until, HISTORY_PAGE, "hyperliquid: a row of fundingHistory")

    async def _contracts(self) -> Told[list[tuple[wire.Asset, wire.Context]]]:
        told = await self._ask(wire.Contracts, INFO_WEIGHT, type="metaAndAssetCtxs")
        return told.of(list(zip(told.value.listed.universe, told.value.contexts, strict=False)))

    async def _ask(self, shape: type[T], weight: int, **question: str | int) -> Told[T]:
        body = msgspec.json.encode(question)
        answer = await self._host.post("/info", body, weight=weight, timeout_s=self._timeout_s)
        return read_answer(answer, shape, f"hyperliquid: the answer of {question['type']}")
