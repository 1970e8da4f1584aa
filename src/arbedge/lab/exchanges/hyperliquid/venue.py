"""Hyperliquid on one port: questions at `POST /info`, streams at `/ws`, weights counted, faults let loose."""

import msgspec
from aiohttp import web

from arbedge.errors import Rejected
from arbedge.lab.books import LiveBook
from arbedge.lab.exchanges.hyperliquid.rest import QuestionDesk, WeightMeter
from arbedge.lab.exchanges.hyperliquid.streams import StreamDesk
from arbedge.lab.stage import Stage

__all__ = ["HyperliquidVenue"]

_HOST = "usdm"


class HyperliquidVenue:
    """The venue's whole outside: `answer` takes every request, `turn` moves the streams on."""

    name = "hyperliquid"

    def __init__(self, stage: Stage) -> None:
        self._stage = stage
        books = {book.listing.symbol: book for book in stage.world.books.values()}
        self._rest = QuestionDesk(stage, books)
        self._meter = WeightMeter()
        self.streams = StreamDesk(stage, books, self._rest.mids)
        self.served = 0

    @property
    def open_count(self) -> int:
        """WebSocket connections open now."""
        return self.streams.crowd.open_count

    @property
    def accepted(self) -> int:
        """WebSocket connections accepted so far."""
        return self.streams.crowd.accepted

    def turn(self, changed: list[LiveBook], true_ms: int, now_ns: int) -> None:  # noqa: ARG002 - streams look themselves
        """Send what is due."""
        self.streams.turn(true_ms, now_ns)

    def close(self) -> None:
        """End every stream."""
        self.streams.crowd.drop_all()

    async def answer(self, request: web.Request) -> web.StreamResponse:
        """The answer to one request, after the staged faults have had their say."""
        is_stream = request.path == "/ws"
        refusal = self._fault(request, is_stream=is_stream)
        if refusal is not None:
            return refusal
        if is_stream:
            return await self.streams.serve(request)
        slow = self._stage.faults.active("slow", _HOST)
        if slow is not None:
            await self._stage.clock.sleep(slow.number("delay_ms", 3000) / 1000)
        if request.path != "/info" or request.method != "POST":
            return web.Response(status=404)
        return self._answer_to(await request.read(), request.remote or "?")

    def _answer_to(self, body: bytes, address: str) -> web.Response:
        self.served += 1
        try:
            question = msgspec.json.decode(body, type=dict)
        except msgspec.DecodeError:
            return web.Response(status=422, text="Failed to deserialize the JSON body into the target type")
        if not self._meter.admits(address, self._rest.weight_of(question), self._stage.true_ms()):
            return web.Response(status=429, text="null")
        try:
            answer = self._rest.answer(question).encode()
        except Rejected as error:
            status = 500 if str(error) == "null" else 422
            return web.Response(status=status, text=str(error))
        if self._stage.faults.active("truncated", _HOST) is not None:
            answer = answer[: len(answer) // 2]
        return web.Response(body=answer, content_type="application/json")

    def _fault(self, request: web.Request, *, is_stream: bool) -> web.Response | None:
        """What a staged fault answers instead of the venue; None when none is in the way."""
        faults = self._stage.faults
        if faults.is_quiet:
            return None
        if faults.active("down", _HOST) is not None:
            if request.transport is not None:
                request.transport.abort()
            return web.Response(status=503)
        restricted = faults.active("restricted", _HOST)
        if restricted is not None:
            return web.Response(status=int(restricted.number("status", 403)), text="Forbidden")
        if is_stream:
            return None
        if faults.active("error_500", _HOST) is not None:
            return web.Response(status=500, text="null")
        is_shut = faults.active("ban", _HOST) is not None or faults.active("rate_limit", _HOST) is not None
        return web.Response(status=429, text="null") if is_shut else None
