"""Binance's REST answers as typed structs: which path, which parameters, what it weighs; no meaning yet."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import TypeVar

from arbedge.domain.instrument import MarketKind
from arbedge.exchanges.binance import wire
from arbedge.exchanges.binance.facts import SPOT_DEPTH_WEIGHTS, USDM_DEPTH_WEIGHTS, WEIGHTS
from arbedge.exchanges.reading.answers import Told, read_answer
from arbedge.exchanges.transport.http import RestClient

__all__ = ["HISTORY_PAGE", "BinanceRest", "depth_step"]

T = TypeVar("T")

HISTORY_PAGE = 1000
"""Most rows of funding history in one answer."""

_ROOTS = MappingProxyType({MarketKind.SPOT: "/api/v3/", MarketKind.PERP: "/fapi/v1/"})
_NOTHING: Mapping[str, str] = MappingProxyType({})


def depth_step(kind: MarketKind, levels: int) -> tuple[int, int]:
    """The number of levels to ask for, at least `levels` where the venue has them, and what that weighs."""
    steps = SPOT_DEPTH_WEIGHTS if kind is MarketKind.SPOT else USDM_DEPTH_WEIGHTS
    limit, weight = next(((most, cost) for most, cost in steps if levels <= most), steps[-1])
    return (min(levels, limit) if kind is MarketKind.SPOT else limit), weight


class BinanceRest:
    """The public REST calls of both hosts.

    Every call raises what `RestClient.get` raises, and `IntegrityError` when the answer makes no sense.
    `funding_calls` carries the two calls that are counted apart from the weight.
    """

    def __init__(
        self, hosts: Mapping[MarketKind, RestClient], funding_calls: RestClient, *, timeout_s: float
    ) -> None:
        self._hosts = hosts
        self._funding_calls = funding_calls
        self._timeout_s = timeout_s

    async def listing(self, kind: MarketKind) -> Told[wire.ExchangeListing]:
        """ExchangeInfo."""
        return await self._ask(kind, "exchangeInfo", wire.ExchangeListing)

    async def tops(self, kind: MarketKind) -> Told[list[wire.RestTop]]:
        """ticker/bookTicker of all symbols."""
        return await self._ask(kind, "ticker/bookTicker", list[wire.RestTop])

    async def turnover(self, kind: MarketKind) -> Told[list[wire.Turnover24h]]:
        """ticker/24hr of all symbols."""
        return await self._ask(kind, "ticker/24hr", list[wire.Turnover24h])

    async def server_time(self, kind: MarketKind) -> Told[wire.ServerTime]:
        """The venue's clock."""
        return await self._ask(kind, "time", wire.ServerTime)

    async def depth(self, kind: MarketKind, symbol: str, levels: int) -> Told[wire.DepthSnapshot]:
        """Depth of one symbol."""
        limit, weight = depth_step(kind, levels)
        params = {"symbol": symbol, "limit": str(limit)}
        return await self._ask(kind, "depth", wire.DepthSnapshot, params, weight)

    async def marks(self) -> Told[list[wire.MarkSnapshot]]:
        """PremiumIndex of all contracts."""
        return await self._ask(MarketKind.PERP, "premiumIndex", list[wire.MarkSnapshot])

    async def constituents(self, symbol: str) -> Told[wire.Constituents]:
        """Constituents of one contract's index."""
        return await self._ask(MarketKind.PERP, "constituents", wire.Constituents, {"symbol": symbol})

    async def funding_rules(self) -> Told[list[wire.FundingRule]]:
        """fundingInfo: the contracts whose rules differ from the default."""
        return await self._ask_funding("fundingInfo", list[wire.FundingRule], _NOTHING)

    async def funding_page(self, symbol: str, start_ms: int, end_ms: int) -> Told[list[wire.SettledRate]]:
        """One page of fundingRate: the oldest rows with start <= at <= end, at most `HISTORY_PAGE`."""
        params = {
            "symbol": symbol,
            "startTime": str(start_ms),
            "endTime": str(end_ms),
            "limit": str(HISTORY_PAGE),
        }
        return await self._ask_funding("fundingRate", list[wire.SettledRate], params)

    async def _ask(
        self,
        kind: MarketKind,
        path: str,
        shape: type[T],
        params: Mapping[str, str] = _NOTHING,
        weight: int | None = None,
    ) -> Told[T]:
        cost = WEIGHTS[kind, path] if weight is None else weight
        answer = await self._hosts[kind].get(_ROOTS[kind] + path, params, weight=cost, timeout_s=self._timeout_s)
        return read_answer(answer, shape, f"binance: the answer of {path}")

    async def _ask_funding(self, path: str, shape: type[T], params: Mapping[str, str]) -> Told[T]:
        full = _ROOTS[MarketKind.PERP] + path
        answer = await self._funding_calls.get(full, params, weight=1, timeout_s=self._timeout_s)
        return read_answer(answer, shape, f"binance: the answer of {path}")
