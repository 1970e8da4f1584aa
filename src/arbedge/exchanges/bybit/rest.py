"""Bybit's REST answers as typed structs: which path, which parameters, and what a refusal means."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TypeVar

import msgspec

from arbedge.domain.instrument import MarketKind
from arbedge.errors import ArbEdgeError, RateLimited, Rejected, Unavailable
from arbedge.exchanges.bybit import wire
from arbedge.exchanges.bybit.facts import BAN_S, BOOK_LEVELS, CATEGORIES, HISTORY_PAGE, LISTING_PAGE, TOO_MANY_S
from arbedge.exchanges.reading.answers import Told, read_answer
from arbedge.exchanges.transport.faults import Banned, fault_of, restricted
from arbedge.exchanges.transport.http import RestClient
from arbedge.exchanges.transport.payloads import GARBAGE

__all__ = ["BybitRest", "Stamped", "read_fault"]

T = TypeVar("T")

_MAX_PAGES = 20
_TOO_OFTEN = (b"too frequent", b"too many", b"rate limit", b"frequency")
_BANNED_CODES = frozenset({10009, 10018})
_TROUBLED_CODES = frozenset({10000, 10016, 10019, 170001, 170007})
_RESTRICTED_CODES = frozenset({10024})
_TOO_MANY_CODE = 10006


@dataclass(frozen=True, slots=True)
class Stamped(Told[T]):
    """An answer's meaning with the venue's stamp on it (UTC ms)."""

    venue_ms: int


def read_fault(venue: str, what: str, status: int, headers: Mapping[str, str], body: bytes) -> ArbEdgeError | None:
    """The error an answer stands for, or None for a good one.

    Two of Bybit's ways differ from what statuses usually say: 403 is the answer to an address that asks too often
    (told from a refusal by location by its words), and 200 carries refusals in `retCode`.
    """
    if status == 403 and any(word in body[:2000].lower() for word in _TOO_OFTEN):
        return Banned(f"{what}: HTTP 403, this address asked too often", retry_after_s=BAN_S)
    fault = fault_of(venue, what, status, headers, body)
    if fault is not None:
        return fault
    try:
        verdict = wire.decode_verdict(body)
    except GARBAGE:
        return None
    return _refusal(venue, what, verdict) if verdict.code else None


def _refusal(venue: str, what: str, verdict: wire.Verdict) -> ArbEdgeError:
    shown = f"{what}: {verdict.code} {verdict.words[:160]}".rstrip()
    if verdict.code == _TOO_MANY_CODE:
        return RateLimited(shown, retry_after_s=TOO_MANY_S)
    if verdict.code in _BANNED_CODES:
        return Banned(shown, retry_after_s=BAN_S)
    if verdict.code in _RESTRICTED_CODES:
        return restricted(venue, 200)
    return Unavailable(shown) if verdict.code in _TROUBLED_CODES else Rejected(shown)


class BybitRest:
    """The public REST calls; spot and linear share one host and one budget, every call counts one.

    Every call raises what `RestClient.get` raises, and `IntegrityError` when the answer makes no sense.
    """

    def __init__(self, host: RestClient, *, timeout_s: float) -> None:
        self._host = host
        self._timeout_s = timeout_s

    async def spot_listing(self) -> list[msgspec.Raw]:
        """Every spot symbol; the venue pages contracts only."""
        told = await self._ask("instruments-info", wire.Listing, {"category": "spot"})
        return told.value.rows

    async def linear_listing(self) -> list[msgspec.Raw]:
        """Every linear contract: those of the default statuses, then those before their launch."""
        return [*await self._linear_pages({}), *await self._linear_pages({"status": "PreLaunch"})]

    async def tickers(self, kind: MarketKind) -> Stamped[wire.Page[wire.TickerRow]]:
        """Tickers of all symbols of a kind."""
        shape = wire.Envelope[wire.Page[wire.TickerRow]]
        return await self._ask("tickers", shape, {"category": CATEGORIES[kind]})

    async def depth(self, kind: MarketKind, symbol: str, levels: int) -> Stamped[wire.DepthSnapshot]:
        """The book of one symbol, at most as deep as the venue answers."""
        limit = max(1, min(levels, BOOK_LEVELS[kind]))
        params = {"category": CATEGORIES[kind], "symbol": symbol, "limit": str(limit)}
        return await self._ask("orderbook", wire.Envelope[wire.DepthSnapshot], params)

    async def funding_page(self, symbol: str, start_ms: int, end_ms: int) -> list[wire.SettledRate]:
        """One page of funding/history: the newest rows with start <= at <= end, at most `HISTORY_PAGE`.

        The venue refuses a start without an end, so both are always sent.
        """
        params = {
            "category": "linear",
            "symbol": symbol,
            "startTime": str(start_ms),
            "endTime": str(end_ms),
            "limit": str(HISTORY_PAGE),
        }
        told = await self._ask("funding/history", wire.Envelope[wire.Page[wire.SettledRate]], params)
        return told.value.rows

    async def components(self, index: str) -> Stamped[wire.Components]:
        """What an index is made of."""
        return await self._ask("index-price-components", wire.Envelope[wire.Components], {"indexName": index})

    async def server_time(self) -> Stamped[wire.ServerTime]:
        """The venue's clock."""
        return await self._ask("time", wire.Envelope[wire.ServerTime], {})

    async def _linear_pages(self, extra: Mapping[str, str]) -> list[msgspec.Raw]:
        rows: list[msgspec.Raw] = []
        params = {"category": "linear", "limit": str(LISTING_PAGE), **extra}
        for _ in range(_MAX_PAGES):
            page = (await self._ask("instruments-info", wire.Listing, params)).value
            rows += page.rows
            if not page.cursor or not page.rows:
                break
            params["cursor"] = page.cursor
        return rows

    async def _ask(self, path: str, shape: type[wire.Envelope[T]], params: Mapping[str, str]) -> Stamped[T]:
        answer = await self._host.get(f"/v5/market/{path}", params, weight=1, timeout_s=self._timeout_s)
        told = read_answer(answer, shape, f"bybit: the answer of {path}")
        return Stamped(told.value.result, told.sent_ms, told.received_ms, told.received_ns, told.value.time)
