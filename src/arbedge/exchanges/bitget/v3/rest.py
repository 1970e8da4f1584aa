"""v3's REST calls: a line is a `category`; funding is paged by a cursor that counts pages."""

from collections.abc import Mapping
from functools import partial

import msgspec

from arbedge.errors import IntegrityError
from arbedge.exchanges.bitget import wire as classic
from arbedge.exchanges.bitget.facts import PRODUCT_LINES, SPOT_LINE
from arbedge.exchanges.bitget.rest import HISTORY_PAGE, BitgetCalls, as_numbers, read
from arbedge.exchanges.bitget.symbols import same_symbol_once
from arbedge.exchanges.bitget.v3 import wire
from arbedge.exchanges.bitget.v3.symbols import read_perps, read_spot
from arbedge.exchanges.reading.answers import Told
from arbedge.exchanges.reading.listing import Listing, joined
from arbedge.exchanges.reading.rows import RowMemory
from arbedge.exchanges.transport.http import RestClient

__all__ = ["UnifiedRest"]

_MOST_LEVELS = 200


class UnifiedRest(BitgetCalls):
    """The public REST calls of v3; clock and coins are asked of the classic API, which alone has them."""

    def __init__(self, endpoints: Mapping[str, RestClient], *, timeout_s: float) -> None:
        super().__init__(endpoints, timeout_s=timeout_s)
        what = "bitget: a listed row"
        self._pairs = RowMemory(what, wire.Listed, lambda row, _: read_spot((row,)))
        self._contracts = {line: RowMemory(what, wire.Listed, partial(_contract, line)) for line in PRODUCT_LINES}

    async def spot(self) -> Listing:
        """Every spot pair."""
        return joined(await self._pairs.read(await self._listed(SPOT_LINE)))

    async def perps(self, spot_bases: frozenset[str]) -> Listing:
        """Every linear perpetual of every product line."""
        parts: list[Listing] = []
        for line, memory in self._contracts.items():
            parts += await memory.read(await self._listed(line), spot_bases)
        return same_symbol_once(joined(parts))

    async def tops(self, line: str) -> Told[list[classic.RestTop]]:
        """Best bid and ask of every symbol of a line; figures that are no numbers come back as None."""
        answer = await self._get("v3/market/tickers", {"category": line})
        try:
            told = read(answer, classic.Envelope[list[wire.RestTop]])
            return told.of([*told.value])
        except IntegrityError:
            texts = read(answer, classic.Envelope[list[wire.RestTopText]])
        return texts.of([as_numbers(row) for row in texts.value])

    async def days(self, line: str) -> Told[list[classic.RestDay]]:
        """Turnover of every symbol of a line; of contracts also what is held open, mark and index."""
        answer = await self._get("v3/market/tickers", {"category": line})
        told = read(answer, classic.Envelope[list[wire.RestDay]])
        return told.of([*told.value])

    async def depth(self, line: str, symbol: str, levels: int) -> Told[classic.RestBook]:
        """Depth of one symbol, at most 200 levels."""
        params = {"category": line, "symbol": symbol, "limit": str(min(levels, _MOST_LEVELS))}
        told = read(await self._get("v3/market/orderbook", params), classic.Envelope[wire.RestBook])
        return told.of(told.value)

    async def funding(self, line: str) -> Told[list[classic.FundingRow]]:
        """Funding of every contract of a product line."""
        answer = await self._get("v3/market/current-fund-rate", {"category": line})
        return read(answer, classic.Envelope[list[classic.FundingRow]])

    async def funding_page(self, line: str, symbol: str, page: int) -> Told[list[classic.SettledRate]]:
        """One page (from 1) of a contract's settled rates, newest first, at most `HISTORY_PAGE`."""
        params = {"category": line, "symbol": symbol, "limit": str(HISTORY_PAGE), "cursor": str(page)}
        answer = await self._get("v3/market/history-fund-rate", params)
        told = read(answer, classic.Envelope[wire.SettledPage])
        return told.of([*told.value.rows])

    async def _listed(self, line: str) -> list[msgspec.Raw]:
        answer = await self._get("v3/market/instruments", {"category": line})
        return read(answer, classic.Envelope[list[msgspec.Raw]]).value


def _contract(line: str, row: wire.Listed, spot_bases: frozenset[str]) -> Listing:
    return read_perps(((line, row),), spot_bases)
