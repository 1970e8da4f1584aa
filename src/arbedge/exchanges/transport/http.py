"""REST over one bounded pool of connections a venue: bytes out, errors of our own families, budgets kept.

Every call passes its host's guard. The host's weight ledger is corrected by the venue's own count after each
answer; a ban the venue pronounces leaves here as `RateLimited` with its length, which the guard keeps for every
call to that host.
"""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType, SimpleNamespace
from typing import Any

import aiohttp

from arbedge.errors import Disconnected, IntegrityError, RateLimited, Timeout
from arbedge.exchanges.spec import RestHost
from arbedge.exchanges.transport.endpoints import relocate
from arbedge.exchanges.transport.faults import FaultReader, fault_of
from arbedge.exchanges.transport.guarding import CallGuard, WeightLedger
from arbedge.exchanges.transport.proxy import PROXY_FAULTS, Proxy, connector
from arbedge.foundation.runtime.clock import Clock

__all__ = ["MAX_BODY_BYTES", "Answer", "HttpPool", "PoolGauges", "RestClient"]

MAX_BODY_BYTES = 64 * 1024 * 1024
"""A larger answer is refused; the largest real one (exchangeInfo of spot) is under 20 MB."""

_JSON = MappingProxyType({"Content-Type": "application/json"})

_DEFAULT_BAN_S = 60.0
"""How long to keep quiet when the venue says "too many" without saying how long: its own counting window."""


@dataclass(frozen=True, slots=True)
class Answer:
    """What came back, and when it was asked and had arrived: wall clock (UTC ms) and monotonic."""

    status: int
    headers: Mapping[str, str]
    body: bytes
    sent_ms: float
    received_ms: float
    received_ns: int


@dataclass(frozen=True, slots=True)
class PoolGauges:
    """A pool now: calls under way, connections it may hold, and how often one was opened, reused, waited for."""

    in_use: int
    limit: int
    opened: int
    reused: int
    waits: int


class HttpPool:
    """One bounded pool of HTTP connections for one venue; opened by its first call, on the event loop."""

    def __init__(self, venue: str, clock: Clock, proxy: Proxy | None = None, limit: int = 16) -> None:
        self._venue = venue
        self._clock = clock
        self._proxy = proxy
        self._limit = limit
        self._session: aiohttp.ClientSession | None = None
        self._in_use = 0
        self._opened = 0
        self._reused = 0
        self._waits = 0

    @property
    def venue(self) -> str:
        """The venue's slug, for messages."""
        return self._venue

    def gauges(self) -> PoolGauges:
        """The pool now."""
        return PoolGauges(self._in_use, self._limit, self._opened, self._reused, self._waits)

    async def get(self, url: str, params: Mapping[str, str], timeout_s: float) -> Answer:
        """One GET; any status is an answer.

        Raises `Timeout`, `Disconnected`, or `IntegrityError` when the body is larger than `MAX_BODY_BYTES`.
        """
        return await self._within(timeout_s, "GET", url, {"params": dict(params)})

    async def post(self, url: str, body: bytes, timeout_s: float) -> Answer:
        """One POST of a JSON body, for venues that are asked that way; raises what `get` raises."""
        return await self._within(timeout_s, "POST", url, {"data": body, "headers": _JSON})

    async def close(self) -> None:
        """Close every connection; the next call opens anew."""
        session, self._session = self._session, None
        if session is not None:
            await session.close()

    async def _within(self, timeout_s: float, method: str, url: str, sent: Mapping[str, Any]) -> Answer:
        what = f"{self._venue}: {method} {url}"
        self._in_use += 1
        try:
            async with asyncio.timeout(timeout_s):
                return await self._ask(method, url, sent, what)
        except TimeoutError:
            raise Timeout(f"{what}: no answer within {timeout_s:g} s") from None
        except (OSError, aiohttp.ClientError, *PROXY_FAULTS) as error:
            raise Disconnected(f"{what}: {str(error) or type(error).__name__}") from error
        finally:
            self._in_use -= 1

    async def _ask(self, method: str, url: str, sent: Mapping[str, Any], what: str) -> Answer:
        session = self._session or self._open()
        proxy = self._proxy.url if self._proxy is not None and not self._proxy.is_socks else None
        sent_ms = self._clock.now().timestamp() * 1000
        async with session.request(method, url, proxy=proxy, allow_redirects=False, **sent) as response:
            body = bytearray()
            async for chunk in response.content.iter_any():
                body += chunk
                if len(body) > MAX_BODY_BYTES:
                    raise IntegrityError(f"{what}: the answer is larger than {MAX_BODY_BYTES} bytes")
            received_ns, received_ms = self._clock.monotonic_ns(), self._clock.now().timestamp() * 1000
            return Answer(response.status, response.headers, bytes(body), sent_ms, received_ms, received_ns)

    def _open(self) -> aiohttp.ClientSession:
        trace = aiohttp.TraceConfig()
        trace.on_connection_create_end.append(self._count("_opened"))
        trace.on_connection_reuseconn.append(self._count("_reused"))
        trace.on_connection_queued_start.append(self._count("_waits"))
        self._session = aiohttp.ClientSession(
            connector=connector(self._proxy, self._limit),
            headers={"User-Agent": "arbedge"},
            timeout=aiohttp.ClientTimeout(total=None),
            trace_configs=[trace],
        )
        return self._session

    def _count(self, name: str) -> Any:
        async def count(_session: aiohttp.ClientSession, _context: SimpleNamespace, _params: object) -> None:
            setattr(self, name, getattr(self, name) + 1)

        return count


class RestClient:
    """One REST host of a venue, behind its guard and its budget; `read_fault` knows what its refusals mean."""

    def __init__(
        self,
        pool: HttpPool,
        host: RestHost,
        base_url: str | None,
        guard: CallGuard,
        ledger: WeightLedger,
        read_fault: FaultReader = fault_of,
    ) -> None:
        self._pool = pool
        self._host = host
        self._base_url = base_url
        self._guard = guard
        self._ledger = ledger
        self._read_fault = read_fault

    @property
    def origin(self) -> str:
        """Scheme and host really asked."""
        return relocate(self._host.origin, self._base_url)

    async def get(self, path: str, params: Mapping[str, str], *, weight: int, timeout_s: float) -> Answer:
        """A good answer (2xx); `weight` is what the call costs, `timeout_s` bounds one attempt.

        Raises `Restricted`, `Banned`, `RateLimited`, `Unavailable`, `Disconnected`, `Timeout` or `Rejected`.
        """

        async def attempt() -> Answer:
            return await self._attempt(path, params, timeout_s)

        return await self._guard.call(attempt, cost=weight)

    async def post(self, path: str, body: bytes, *, weight: int, timeout_s: float) -> Answer:
        """The same of a question asked as a JSON body; it may be asked again, so it must only read."""

        async def attempt_posting() -> Answer:
            return await self._attempt(path, body, timeout_s)

        return await self._guard.call(attempt_posting, cost=weight)

    async def _attempt(self, path: str, asked: Mapping[str, str] | bytes, timeout_s: float) -> Answer:
        if isinstance(asked, bytes):
            verb, answer = "POST", await self._pool.post(self.origin + path, asked, timeout_s)
        else:
            verb, answer = "GET", await self._pool.get(self.origin + path, asked, timeout_s)
        self._observe(answer.headers)
        venue = self._pool.venue
        fault = self._read_fault(venue, f"{venue}: {verb} {path}", answer.status, answer.headers, answer.body)
        if fault is None:
            return answer
        if isinstance(fault, RateLimited) and fault.retry_after_s is None:
            fault.retry_after_s = _DEFAULT_BAN_S
        raise fault

    def _observe(self, headers: Mapping[str, str]) -> None:
        """Let the venue's own count correct ours."""
        used = headers.get(self._host.used_header, "") if self._host.used_header else ""
        if used.isascii() and used.isdigit() and len(used) < 10:
            self._ledger.observe(int(used))
