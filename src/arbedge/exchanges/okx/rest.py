"""OKX's REST answers as typed structs: which path, which parameters; no meaning yet."""

from collections.abc import Mapping
from typing import TypeVar

import msgspec

from arbedge.domain.instrument import MarketKind
from arbedge.exchanges.okx import wire
from arbedge.exchanges.okx.symbols import kind_word
from arbedge.exchanges.reading.answers import Told, read_answer
from arbedge.exchanges.transport.http import RestClient

__all__ = ["BOOK_LEVELS", "HISTORY_PAGE", "OkxRest"]

T = TypeVar("T")

HISTORY_PAGE = 100
"""Most rows of funding history in one answer."""

BOOK_LEVELS = 400
"""Most levels a side of market/books."""

_ROOT = "/api/v5/"
_SWAPS = {"instType": "SWAP"}


class OkxRest:
    """The public REST calls, each endpoint behind the guard of its own limit (`clients` by path).

    Every call raises what `RestClient.get` raises, and `IntegrityError` when the answer makes no sense.
    """

    def __init__(self, clients: Mapping[str, RestClient], *, timeout_s: float) -> None:
        self._clients = clients
        self._timeout_s = timeout_s

    async def listing(self, kind: MarketKind) -> Told[list[msgspec.Raw]]:
        """Every instrument of a kind, each as the JSON it came as: rows of `wire.ListedInstrument`."""
        return await self._ask(
            "public/instruments", wire.Envelope[list[msgspec.Raw]], {"instType": kind_word(kind)}
        )

    async def tickers(self, kind: MarketKind) -> Told[list[wire.TickerRow]]:
        """Best bid and ask, last price and volume of all symbols."""
        return await self._ask("market/tickers", wire.Envelope[list[wire.TickerRow]], {"instType": kind_word(kind)})

    async def open_interest(self) -> Told[list[wire.OpenInterestRow]]:
        """Open interest of all swaps."""
        return await self._ask("public/open-interest", wire.Envelope[list[wire.OpenInterestRow]], _SWAPS)

    async def book(self, symbol: str, levels: int) -> Told[list[wire.BookRow]]:
        """Depth of one symbol."""
        params = {"instId": symbol, "sz": str(max(1, min(levels, BOOK_LEVELS)))}
        return await self._ask("market/books", wire.Envelope[list[wire.BookRow]], params)

    async def funding(self) -> Told[list[wire.FundingRow]]:
        """Funding of all swaps."""
        return await self._ask("public/funding-rate", wire.Envelope[list[wire.FundingRow]], {"instId": "ANY"})

    async def marks(self) -> Told[list[wire.MarkRow]]:
        """Mark prices of all swaps."""
        return await self._ask("public/mark-price", wire.Envelope[list[wire.MarkRow]], _SWAPS)

    async def indexes(self, quote: str) -> Told[list[wire.IndexRow]]:
        """Every index in one currency."""
        return await self._ask("market/index-tickers", wire.Envelope[list[wire.IndexRow]], {"quoteCcy": quote})

    async def components(self, index: str) -> Told[wire.IndexComponents]:
        """What one index is made of."""
        return await self._ask("market/index-components", wire.Envelope[wire.IndexComponents], {"index": index})

    async def price_limit(self, symbol: str) -> Told[list[wire.LimitRow]]:
        """Price limits of one instrument."""
        return await self._ask("public/price-limit", wire.Envelope[list[wire.LimitRow]], {"instId": symbol})

    async def settled_page(self, symbol: str, before_ms: int) -> Told[list[wire.SettledRow]]:
        """One page of settled rates: the newest rows earlier than that time, newest first."""
        params = {"instId": symbol, "after": str(before_ms), "limit": str(HISTORY_PAGE)}
        return await self._ask("public/funding-rate-history", wire.Envelope[list[wire.SettledRow]], params)

    async def server_time(self) -> Told[list[wire.ServerTime]]:
        """The venue's clock."""
        return await self._ask("public/time", wire.Envelope[list[wire.ServerTime]], {})

    async def _ask(self, path: str, shape: type[wire.Envelope[T]], params: Mapping[str, str]) -> Told[T]:
        answer = await self._clients[path].get(_ROOT + path, params, weight=1, timeout_s=self._timeout_s)
        told = read_answer(answer, shape, f"okx: the answer of {path}")
        return told.of(told.value.data)
