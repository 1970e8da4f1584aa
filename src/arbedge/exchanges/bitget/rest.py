"""Bitget's REST calls: which path, which parameters, which shape; the classic API, and what both have alike."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import TypeVar

import msgspec

from arbedge.errors import IntegrityError
from arbedge.exchanges.bitget import wire
from arbedge.exchanges.bitget.facts import PRODUCT_LINES, SPOT_LINE
from arbedge.exchanges.bitget.symbols import parse_perps, parse_spot, same_symbol_once
from arbedge.exchanges.reading.answers import Told, read_answer
from arbedge.exchanges.reading.listing import Listing, joined
from arbedge.exchanges.reading.rows import RowMemory
from arbedge.exchanges.transport.http import Answer, RestClient

__all__ = ["HISTORY_PAGE", "BitgetCalls", "BitgetRest", "as_numbers", "read"]

T = TypeVar("T")

HISTORY_PAGE = 100
"""Most rows of funding history in one answer."""

_ROOT = "/api/"
_NOTHING: Mapping[str, str] = MappingProxyType({})
_MOST_SPOT_LEVELS = 150
_PERP_LEVELS = ((1, "1"), (5, "5"), (15, "15"), (50, "50"))


class BitgetCalls:
    """What both generations ask alike, each call behind the guard of its endpoint.

    A call raises what `RestClient.get` raises, and `IntegrityError` when the answer makes no sense. `line` is
    `SPOT` or a product line of contracts.
    """

    def __init__(self, endpoints: Mapping[str, RestClient], *, timeout_s: float) -> None:
        self._endpoints = endpoints
        self._timeout_s = timeout_s

    async def coins(self) -> Told[list[msgspec.Raw]]:
        """Every coin with its networks, each as the JSON it came as: two megabytes are read bit by bit."""
        return read(await self._get("v2/spot/public/coins", _NOTHING), wire.Envelope[list[msgspec.Raw]])

    async def server_time(self) -> Told[wire.ServerTime]:
        """The venue's clock."""
        return read(await self._get("v2/public/time", _NOTHING), wire.Envelope[wire.ServerTime])

    async def components(self, symbol: str) -> Told[wire.Components]:
        """What one contract's index is made of; of the unified account's API, the classic one does not tell."""
        answer = await self._get("v3/market/index-components", {"symbol": symbol})
        return read(answer, wire.Envelope[wire.Components])

    async def _get(self, path: str, params: Mapping[str, str]) -> Answer:
        return await self._endpoints[path].get(_ROOT + path, params, weight=1, timeout_s=self._timeout_s)


class BitgetRest(BitgetCalls):
    """The public REST calls of the classic API (v2)."""

    def __init__(self, endpoints: Mapping[str, RestClient], *, timeout_s: float) -> None:
        super().__init__(endpoints, timeout_s=timeout_s)
        what = "bitget: a listed row"
        self._pairs = RowMemory(what, wire.Pair, lambda row, _: parse_spot((row,)))
        self._contracts = RowMemory(what, wire.Contract, lambda row, bases: parse_perps((row,), bases))

    async def spot(self) -> Listing:
        """Every spot pair."""
        answer = await self._get("v2/spot/public/symbols", _NOTHING)
        return joined(await self._pairs.read(read(answer, wire.Envelope[list[msgspec.Raw]]).value))

    async def perps(self, spot_bases: frozenset[str]) -> Listing:
        """Every linear perpetual of every product line."""
        rows: list[msgspec.Raw] = []
        for line in PRODUCT_LINES:
            answer = await self._get("v2/mix/market/contracts", {"productType": line})
            rows += read(answer, wire.Envelope[list[msgspec.Raw]]).value
        return same_symbol_once(joined(await self._contracts.read(rows, spot_bases)))

    async def tops(self, line: str) -> Told[list[wire.RestTop]]:
        """Best bid and ask of every symbol of a line; figures that are no numbers come back as None."""
        answer = await self._tickers(line)
        try:
            return read(answer, wire.Envelope[list[wire.RestTop]])
        except IntegrityError:
            told = read(answer, wire.Envelope[list[wire.RestTopText]])
        return Told([as_numbers(row) for row in told.value], told.sent_ms, told.received_ms, told.received_ns)

    async def days(self, line: str) -> Told[list[wire.RestDay]]:
        """Turnover of every symbol of a line; of contracts also what is held open, mark and index."""
        return read(await self._tickers(line), wire.Envelope[list[wire.RestDay]])

    async def depth(self, line: str, symbol: str, levels: int) -> Told[wire.RestBook]:
        """Depth of one symbol: at least `levels` where the venue tells that many (150 on spot)."""
        if line == SPOT_LINE:
            params = {"symbol": symbol, "limit": str(min(levels, _MOST_SPOT_LEVELS))}
            answer = await self._get("v2/spot/market/orderbook", params)
        else:
            limit = next((text for most, text in _PERP_LEVELS if levels <= most), "max")
            params = {"symbol": symbol, "productType": line, "precision": "scale0", "limit": limit}
            answer = await self._get("v2/mix/market/merge-depth", params)
        return read(answer, wire.Envelope[wire.RestBook])

    async def funding(self, line: str) -> Told[list[wire.FundingRow]]:
        """Funding of every contract of a product line."""
        answer = await self._get("v2/mix/market/current-fund-rate", {"productType": line})
        return read(answer, wire.Envelope[list[wire.FundingRow]])

    async def funding_page(self, line: str, symbol: str, page: int) -> Told[list[wire.SettledRate]]:
        """One page (from 1) of a contract's settled rates, newest first, at most `HISTORY_PAGE`."""
        params = {
            "symbol": symbol,
            "productType": line,
            "pageSize": str(HISTORY_PAGE),
            "pageNo": str(page),
        }
        answer = await self._get("v2/mix/market/history-fund-rate", params)
        return read(answer, wire.Envelope[list[wire.SettledRate]])

    async def _tickers(self, line: str) -> Answer:
        if line == SPOT_LINE:
            return await self._get("v2/spot/market/tickers", _NOTHING)
        return await self._get("v2/mix/market/tickers", {"productType": line})


def read(answer: Answer, shape: type[wire.Envelope[T]]) -> Told[T]:
    """What stands in the envelope; `IntegrityError` when it makes no sense."""
    told = read_answer(answer, shape, "bitget: an answer")
    return told.of(told.value.data)


def as_numbers(row: wire.RestTopText) -> wire.RestTop:
    """A row read figure by figure; what is no number is None."""
    at_ms = row.venue_at_ms or ""
    return wire.RestTop(
        symbol=row.symbol,
        bid=_number(row.bid),
        ask=_number(row.ask),
        bid_qty=_number(row.bid_qty),
        ask_qty=_number(row.ask_qty),
        venue_at_ms=int(at_ms) if at_ms.isascii() and at_ms.isdigit() and len(at_ms) < 19 else None,
    )


def _number(text: str | None) -> float | None:
    try:
        return float(text) if text else None
    except ValueError:
        return None
