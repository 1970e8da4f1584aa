"""What REST transport promises, against a server on loopback."""

import asyncio
import contextlib
import socket

import pytest
from aiohttp import web

from arbedge.domain.instrument import MarketKind
from arbedge.errors import Disconnected, IntegrityError, RateLimited, Rejected, Timeout
from arbedge.exchanges.binance.facts import SPEC
from arbedge.exchanges.transport import http
from arbedge.exchanges.transport.http import HttpPool, RestClient
from arbedge.exchanges.transport.proxy import Proxy
from arbedge.foundation.runtime.clock import SystemClock

HOST = SPEC.rest[MarketKind.SPOT]


class Site:
    """A REST server that does what its path says."""

    def __init__(self) -> None:
        self.port = 0
        self.headers: dict[str, str] = {}
        self.at_once = 0
        self.most_at_once = 0
        self.queries: list[dict[str, str]] = []

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    async def answer(self, request: web.Request) -> web.StreamResponse:
        self.queries.append(dict(request.query))
        self.at_once += 1
        self.most_at_once = max(self.most_at_once, self.at_once)
        try:
            return await self._answer(request)
        finally:
            self.at_once -= 1

    async def _answer(self, request: web.Request) -> web.StreamResponse:
        what = request.match_info["what"]
        if what == "slow":
            await asyncio.sleep(1)
        if what == "brief":
            await asyncio.sleep(0.02)
        if what == "large":
            return web.Response(body=b"x" * 5000)
        if what == "moved":
            raise web.HTTPFound("/elsewhere")
        if what == "cut":
            response = web.StreamResponse(headers={"Content-Length": "100"})
            await response.prepare(request)
            await response.write(b"half")
            request.transport.close()
            return response
        status = int(what) if what.isdigit() else 200
        return web.Response(status=status, body=b'{"code":-1121,"msg":"Invalid symbol."}', headers=self.headers)


@pytest.fixture
async def site():
    made = Site()
    application = web.Application()
    application.router.add_get("/{what}", made.answer)
    runner = web.AppRunner(application, handler_cancellation=True, shutdown_timeout=1)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    made.port = runner.addresses[0][1]
    yield made
    await runner.cleanup()


@contextlib.asynccontextmanager
async def pooled(proxy=None, limit=16):
    pool = HttpPool("binance", SystemClock(), proxy, limit)
    try:
        yield pool
    finally:
        await pool.close()
        await asyncio.sleep(0)


class Ledger:
    """Remembers what the venue said."""

    def __init__(self) -> None:
        self.seen: list[int] = []

    def observe(self, used_weight):
        self.seen.append(used_weight)


class PlainGuard:
    """Passes the call on and remembers its cost."""

    def __init__(self) -> None:
        self.costs: list[int] = []

    async def call(self, operation, *, cost=1, deadline_s=None):
        self.costs.append(cost)
        return await operation()


async def test_an_answer_carries_its_bytes_and_both_clocks(site):
    async with pooled() as pool:
        answer = await pool.get(f"{site.url}/x", {"symbol": "币安USDT"}, 3)
    assert answer.status == 200
    assert b"-1121" in answer.body
    assert answer.sent_ms <= answer.received_ms
    assert 0 < answer.received_ns <= SystemClock().monotonic_ns()
    assert site.queries == [{"symbol": "币安USDT"}]


async def test_no_more_connections_than_the_limit(site):
    async with pooled(limit=3) as pool:
        await asyncio.gather(*(pool.get(f"{site.url}/brief", {}, 5) for _ in range(20)))
        gauges = pool.gauges()
    assert site.most_at_once <= 3
    assert (gauges.opened, gauges.in_use) == (3, 0)
    assert gauges.reused == 17
    assert gauges.waits > 0


async def test_too_slow_is_a_timeout(site):
    async with pooled() as pool:
        with pytest.raises(Timeout, match="within"):
            await pool.get(f"{site.url}/slow", {}, 0.05)
        assert pool.gauges().in_use == 0


async def test_half_an_answer_is_disconnected(site):
    async with pooled() as pool:
        with pytest.raises(Disconnected):
            await pool.get(f"{site.url}/cut", {}, 3)


async def test_an_answer_over_the_limit_is_refused(site, monkeypatch):
    monkeypatch.setattr(http, "MAX_BODY_BYTES", 1000)
    async with pooled() as pool:
        with pytest.raises(IntegrityError, match="larger"):
            await pool.get(f"{site.url}/large", {}, 3)


async def test_a_redirect_is_not_followed(site):
    async with pooled() as pool:
        assert (await pool.get(f"{site.url}/moved", {}, 3)).status == 302
    assert len(site.queries) == 1


async def test_nobody_there_is_disconnected():
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    async with pooled() as pool:
        with pytest.raises(Disconnected):
            await pool.get(f"http://127.0.0.1:{port}/x", {}, 3)


@pytest.mark.parametrize("scheme", ["http", "socks5", "socks5h"])
async def test_a_proxy_is_gone_through(site, forwarding_proxy, scheme):
    proxy = Proxy(f"{scheme}://ann:secret@127.0.0.1:{forwarding_proxy.port}")
    async with pooled(proxy) as pool:
        assert (await pool.get(f"{site.url}/x", {}, 3)).status == 200
    assert forwarding_proxy.asked == [("127.0.0.1", site.port)]
    assert forwarding_proxy.users == [("ann", "secret")]


async def test_a_proxy_that_refuses_is_disconnected(site, forwarding_proxy):
    forwarding_proxy.refuses = True
    async with pooled(Proxy(f"socks5://ann:secret@127.0.0.1:{forwarding_proxy.port}")) as pool:
        with pytest.raises(Disconnected) as caught:
            await pool.get(f"{site.url}/x", {}, 3)
    assert "secret" not in str(caught.value)


@pytest.mark.parametrize(("header", "seen"), [("123", [123]), ("", []), ("lots", []), ("-5", []), ("9" * 20, [])])
async def test_the_venues_count_of_weight_is_handed_on(site, header, seen):
    site.headers = {"X-MBX-USED-WEIGHT-1M": header}
    ledger, guard = Ledger(), PlainGuard()
    async with pooled() as pool:
        client = RestClient(pool, HOST, site.url, guard, ledger)
        await client.get("/x", {}, weight=40, timeout_s=3)
    assert ledger.seen == seen
    assert guard.costs == [40]


async def test_a_refusal_keeps_the_venues_words(site):
    async with pooled() as pool:
        client = RestClient(pool, HOST, site.url, PlainGuard(), Ledger())
        with pytest.raises(Rejected, match=r"GET /400: HTTP 400 .*-1121.*Invalid symbol"):
            await client.get("/400", {}, weight=1, timeout_s=3)


@pytest.mark.parametrize(("header", "wait_s"), [("9", 9.0), ("", 60.0)])
async def test_too_many_requests_always_says_how_long_to_wait(site, header, wait_s):
    site.headers = {"Retry-After": header} if header else {}
    async with pooled() as pool:
        client = RestClient(pool, HOST, site.url, PlainGuard(), Ledger())
        with pytest.raises(RateLimited) as caught:
            await client.get("/429", {}, weight=1, timeout_s=3)
    assert caught.value.retry_after_s == wait_s
