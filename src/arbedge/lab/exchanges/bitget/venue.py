"""Bitget on one port: every request told apart by its path, limits counted, faults let loose.

REST under `/api/v2` and `/api/v3`, the public WebSocket at `/v2/ws/public` and `/v3/ws/public`: both generations
speak of the same books at once. The lab's own pages are not here.
"""

from aiohttp import web

from arbedge.lab.books import LiveBook
from arbedge.lab.exchanges.bitget.channels import ChannelBoard
from arbedge.lab.exchanges.bitget.limits import RequestMeter
from arbedge.lab.exchanges.bitget.products import shelve
from arbedge.lab.exchanges.bitget.requests import Endpoint, Refused
from arbedge.lab.exchanges.bitget.rest import RestDesk
from arbedge.lab.exchanges.bitget.streams import STREAM_PATHS, StreamDesk
from arbedge.lab.stage import Stage

__all__ = ["BitgetVenue"]


class BitgetVenue:
    """The venue's whole outside: `answer` takes every request, `turn` moves the streams on."""

    def __init__(self, stage: Stage) -> None:
        self._stage = stage
        shelves = shelve(stage.world.books.values())
        self._rest = RestDesk(stage, shelves, stage.now_ms)
        self._board = ChannelBoard(stage, shelves, stage.faults.active)
        self.streams = StreamDesk(stage, self._board)
        self._meter = RequestMeter()
        self.served = 0

    @property
    def open_count(self) -> int:
        """WebSocket connections open now."""
        return self.streams.crowd.open_count

    @property
    def accepted(self) -> int:
        """WebSocket connections accepted so far."""
        return self.streams.crowd.accepted

    def turn(self, changed: list[LiveBook], true_ms: int, now_ns: int) -> None:
        """Send what the world's last steps changed, as far as it is due."""
        for book in changed:
            self._board.note(book)
        self._board.publish(true_ms, self._stage.now_ms)
        self.streams.turn(now_ns)

    def close(self) -> None:
        """End every stream."""
        self.streams.drop_all()

    async def answer(self, request: web.Request) -> web.StreamResponse:
        """The answer to one request, after the staged faults have had their say."""
        is_stream = request.path.rstrip("/") in STREAM_PATHS
        host = "" if is_stream else _host(request)
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
        try:
            endpoint = self._rest.find(request.path)
            self._count(request, endpoint)
            answer = endpoint.answer(request.query)
            response = self._envelope(200, "00000", "success", answer)
        except Refused as error:
            response = self._envelope(error.status, error.venue_code, str(error), "null")
        if self._stage.faults.active("truncated", host) is not None and isinstance(response.body, bytes):
            response.body = response.body[: len(response.body) // 2]
        return response

    def _count(self, request: web.Request, endpoint: Endpoint) -> None:
        """Count a request; Refused with 429 when its address asked this endpoint too often."""
        now_ms = self._stage.clock.monotonic_ns() // 1_000_000
        if not self._meter.admits(request.remote or "?", request.path, endpoint.per_s, now_ms):
            raise Refused(429, "429", "Too Many Requests")

    def _fault(self, request: web.Request, host: str) -> web.Response | None:
        """What a staged fault answers instead of the venue; None when none is in the way.

        The venue documents 429 for too many requests and no ban of its own: a `ban` is a 429 that lasts.
        """
        faults = self._stage.faults
        if faults.is_quiet:
            return None
        if faults.active("down", host) is not None:
            if request.transport is not None:
                request.transport.abort()
            return web.Response(status=503)
        restricted = faults.active("restricted", host)
        if restricted is not None:
            status = int(restricted.number("status", 451))
            return web.Response(status=status, text="Access denied from your location.", content_type="text/html")
        if faults.active("error_500", host) is not None:
            return self._envelope(500, "40725", "service return an error", "null")
        over = faults.active("rate_limit", host) or faults.active("ban", host)
        return None if over is None else self._envelope(429, "429", "Too Many Requests", "null")

    def _envelope(self, status: int, code: str, message: str, answer: str | bytes) -> web.Response:
        """The venue's envelope around an answer's `data`."""
        now_ms = self._stage.now_ms("spot")
        head = f'{{"code":"{code}","msg":"{message}","requestTime":{now_ms},"data":'.encode()
        tail = answer if isinstance(answer, bytes) else answer.encode()
        return web.Response(status=status, body=head + tail + b"}", content_type="application/json")


def _host(request: web.Request) -> str:
    """Whose faults strike a request: v2 tells contracts by the path, v3 by the category."""
    is_contract = request.path.startswith("/api/v2/mix") or "FUTURES" in request.query.get("category", "").upper()
    return "usdm" if is_contract else "spot"
