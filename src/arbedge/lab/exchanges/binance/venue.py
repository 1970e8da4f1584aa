"""Binance on one port: every request told apart by its path, limits counted, faults let loose.

REST under `/api`, `/fapi` and `/sapi`, WebSockets under the paths of `streams`; the lab's own pages are not here.
"""

from aiohttp import web

from arbedge.lab.books import LiveBook
from arbedge.lab.exchanges.binance.channels import ChannelBoard
from arbedge.lab.exchanges.binance.limits import WEIGHT_LIMITS, CallMeter, WeightMeter
from arbedge.lab.exchanges.binance.rest import Endpoint, Refused, RestDesk
from arbedge.lab.exchanges.binance.streams import StreamDesk, is_stream_path
from arbedge.lab.stage import Stage

__all__ = ["BinanceVenue"]

_FUNDING_PATHS = {"/fapi/v1/fundingRate", "/fapi/v1/fundingInfo"}


class BinanceVenue:
    """The venue's whole outside: `answer` takes every request, `turn` moves the streams on."""

    name = "binance"

    def __init__(self, stage: Stage) -> None:
        self._stage = stage
        self._rest = RestDesk(stage)
        self._boards = {host: ChannelBoard(stage, host) for host in WEIGHT_LIMITS}
        self.streams = StreamDesk(stage, self._boards)
        self._meters = {host: WeightMeter(host, stage.options.pace.ban_s) for host in WEIGHT_LIMITS}
        self._funding_calls = CallMeter()
        self.served = 0

    @property
    def open_count(self) -> int:
        """WebSocket connections open now."""
        return self.streams.open_count

    @property
    def accepted(self) -> int:
        """WebSocket connections accepted so far."""
        return self.streams.accepted

    def turn(self, changed: list[LiveBook], true_ms: int, now_ns: int) -> None:
        """Send what the world's last step changed."""
        stamps = {host: self._stage.now_ms(host) for host in self._boards}
        for book in changed:
            host = book.listing.market
            self._boards[host].publish_best(book, stamps[host])
        for host, board in self._boards.items():
            board.publish_timed(true_ms, stamps[host])
        self.streams.turn(now_ns)

    def close(self) -> None:
        """End every stream."""
        self.streams.drop_all()

    async def answer(self, request: web.Request) -> web.StreamResponse:
        """The answer to one request, after the staged faults have had their say."""
        is_stream = is_stream_path(request.path)
        host = "usdm" if request.path.startswith(("/fapi", "/public", "/market", "/private")) else "spot"
        refusal = self._fault(request, host)
        if refusal is not None:
            return refusal
        if is_stream:
            return await self.streams.serve(request)
        slow = self._stage.faults.active("slow", host)
        if slow is not None:
            await self._stage.clock.sleep(slow.number("delay_ms", 3000) / 1000)
        return self._rest_answer(request, host)

    def _rest_answer(self, request: web.Request, host: str) -> web.Response:
        self.served += 1
        headers: dict[str, str] = {}
        try:
            endpoint = self._rest.find(request.path)
            refusal = self._charge(request, endpoint, headers)
            if refusal is not None:
                return refusal
            self._rest.check_key(endpoint, request.headers, request.query)
            answer = endpoint.answer(request.query)
            body, status = (answer.encode() if isinstance(answer, str) else answer), 200
        except Refused as error:
            body, status = error.body, error.status
        if self._stage.faults.active("truncated", host) is not None:
            body = body[: len(body) // 2]
        return web.Response(status=status, body=body, content_type="application/json", headers=headers)

    def _charge(self, request: web.Request, endpoint: Endpoint, headers: dict[str, str]) -> web.Response | None:
        """Count the request's weight; an answer of 429 or 418 when the address used too much."""
        now_ms = self._stage.true_ms()
        verdict = self._meters[endpoint.host].charge(request.remote or "?", endpoint.weigh(request.query), now_ms)
        headers["X-MBX-USED-WEIGHT-1M"] = headers["X-MBX-USED-WEIGHT"] = str(verdict.used)
        if verdict.status != 200:
            return _limited(verdict.status, verdict.retry_after_s, now_ms, headers)
        if request.path in _FUNDING_PATHS:
            wait_s = self._funding_calls.charge(request.remote or "?", now_ms)
            return _limited(429, wait_s, now_ms, headers) if wait_s else None
        return None

    def _fault(self, request: web.Request, host: str) -> web.Response | None:
        """What a staged fault answers instead of the venue; None when none is in the way."""
        faults = self._stage.faults
        if faults.is_quiet:
            return None
        if faults.active("down", host) is not None:
            if request.transport is not None:
                request.transport.abort()
            return web.Response(status=503)
        restricted = faults.active("restricted", host)
        if restricted is not None:
            message = (
                '{"code":0,"msg":"Service unavailable from a restricted location according to '
                "'b. Eligibility' in the terms of use.\"}"
            )
            return web.Response(
                status=int(restricted.number("status", 451)), text=message, content_type="application/json"
            )
        if faults.active("error_500", host) is not None:
            return web.Response(status=500, text='{"code":-1000,"msg":"An unknown error occurred."}',
                                content_type="application/json")  # fmt: skip
        return self._fault_limit(host)

    def _fault_limit(self, host: str) -> web.Response | None:
        faults, now_ms = self._stage.faults, self._stage.true_ms()
        ban = faults.active("ban", host)
        if ban is not None:
            left_s = max(1, round((ban.until_ns - self._stage.clock.monotonic_ns()) / 1e9))
            return _limited(418, left_s, now_ms, {})
        over = faults.active("rate_limit", host)
        return None if over is None else _limited(429, int(over.number("retry_after_s", 5)), now_ms, {})


def _limited(status: int, retry_after_s: int, now_ms: int, headers: dict[str, str]) -> web.Response:
    if status == 418:
        message = f"Way too much request weight used; IP banned until {now_ms + retry_after_s * 1000}."
    else:
        message = (
            "Too much request weight used; please use WebSocket Streams for live updates to avoid polling the API."
        )
    return web.Response(
        status=status,
        text=f'{{"code":-1003,"msg":"{message}"}}',
        content_type="application/json",
        headers={**headers, "Retry-After": str(retry_after_s)},
    )
