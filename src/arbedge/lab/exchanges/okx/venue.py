"""OKX on one port: every request told apart by its path, limits counted, faults let loose.

REST under `/api/v5`, WebSockets under `/ws/v5`; the lab's own pages are not here.
"""

from aiohttp import web

from arbedge.lab.books import LiveBook
from arbedge.lab.exchanges.okx.channels import ChannelBoard
from arbedge.lab.exchanges.okx.limits import SlidingMeter
from arbedge.lab.exchanges.okx.numbering import Numbering
from arbedge.lab.exchanges.okx.refusal import Refused
from arbedge.lab.exchanges.okx.rest import Endpoint, RestDesk
from arbedge.lab.exchanges.okx.streams import StreamDesk
from arbedge.lab.exchanges.okx.topics import PATHS
from arbedge.lab.stage import Stage

__all__ = ["OkxVenue"]

_WINDOW_MS = 2000


class OkxVenue:
    """The venue's whole outside: `answer` takes every request, `turn` moves the streams on."""

    name = "okx"

    def __init__(self, stage: Stage) -> None:
        self._stage = stage
        books = {book.listing.symbol: book for book in stage.world.books.values()}
        indices = {
            f"{book.listing.base}-{book.listing.quote}": book
            for book in books.values() if book.listing.funding is not None and book.listing.is_trading
        }  # fmt: skip
        self._books = books
        numbering = Numbering(stage)
        self._rest = RestDesk(stage, books, numbering)
        self._board = ChannelBoard(stage, books, indices, numbering)
        self.streams = StreamDesk(stage, self._board, frozenset(books), frozenset(indices))
        self._meter = SlidingMeter(_WINDOW_MS)
        self.served = 0

    def turn(self, changed: list[LiveBook], true_ms: int, now_ns: int) -> None:
        """Send what the world's last step changed."""
        self._board.publish(changed, true_ms)
        self.streams.turn(now_ns)

    @property
    def open_count(self) -> int:
        """WebSocket connections open now."""
        return self.streams.crowd.open_count

    @property
    def accepted(self) -> int:
        """WebSocket connections accepted so far."""
        return self.streams.crowd.accepted

    def close(self) -> None:
        """End every stream."""
        self.streams.crowd.drop_all()

    async def answer(self, request: web.Request) -> web.StreamResponse:
        """The answer to one request, after the staged faults have had their say."""
        host = self._host(request)
        refusal = self._fault(request, host)
        if refusal is not None:
            return refusal
        if request.path in PATHS:
            return await self.streams.serve(request)
        slow = self._stage.faults.active("slow", host)
        if slow is not None:
            await self._stage.clock.sleep(slow.number("delay_ms", 3000) / 1000)
        return self._rest_answer(request, host)

    def _rest_answer(self, request: web.Request, host: str) -> web.Response:
        self.served += 1
        try:
            endpoint = self._rest.find(request.path)
            if not self._admits(request, endpoint):
                return _too_many()
            self._rest.check_key(endpoint, request.headers)
            answer = endpoint.answer(request.query)
            body, status = (answer.encode() if isinstance(answer, str) else answer), 200
        except Refused as error:
            body, status = error.body, error.status
        if self._stage.faults.active("truncated", host) is not None:
            body = body[: len(body) // 2]
        return web.Response(status=status, body=body, content_type="application/json")

    def _admits(self, request: web.Request, endpoint: Endpoint) -> bool:
        """Count a request by address, path and, where the venue does, by instrument or kind."""
        counted = request.query.get(endpoint.counted_by, "") if endpoint.counted_by else ""
        key = (request.remote or "?", request.path, counted)
        return self._meter.admits(key, endpoint.most, self._stage.true_ms())

    def _host(self, request: web.Request) -> str:
        """`spot` or `usdm` where a request says which of the two it means, else neither."""
        named = request.query.get("instId", "")
        book = self._books.get(named)
        if book is not None:
            return book.listing.market
        kind = request.query.get("instType", "")
        return "usdm" if kind == "SWAP" or named == "ANY" else "spot" if kind == "SPOT" else ""

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
            message = "You can't use this service due to local compliance restrictions."
            return _refused(int(restricted.number("status", 451)), "51155", message)
        if faults.active("error_500", host) is not None:
            return _refused(500, "50026", "System error. Try again later")
        return None if request.path in PATHS else self._fault_limit(host)

    def _fault_limit(self, host: str) -> web.Response | None:
        """A ban comes from what stands before the venue: a page, without a code or a time to wait."""
        faults = self._stage.faults
        if faults.active("ban", host) is not None:
            return web.Response(status=403, text="<html>Access denied</html>", content_type="text/html")
        return _too_many() if faults.active("rate_limit", host) is not None else None


def _refused(status: int, code: str, message: str) -> web.Response:
    return web.Response(status=status, body=Refused(status, code, message).body, content_type="application/json")


def _too_many() -> web.Response:
    return web.Response(
        status=429, text='{"msg":"Too Many Requests","code":"50011"}', content_type="application/json"
    )
