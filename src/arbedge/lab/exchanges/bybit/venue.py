"""Bybit on one port: every request told apart by its path and category, limits counted, faults let loose.

REST under `/v5`, WebSockets under `/v5/public`; the lab's own pages are not here.
"""

from aiohttp import web

from arbedge.lab.books import LiveBook
from arbedge.lab.exchanges.bybit.channels import ChannelBoard
from arbedge.lab.exchanges.bybit.limits import AddressMeter
from arbedge.lab.exchanges.bybit.refusal import Refused
from arbedge.lab.exchanges.bybit.rest import RestDesk
from arbedge.lab.exchanges.bybit.streams import StreamDesk, is_stream_path
from arbedge.lab.exchanges.bybit.topics import CATEGORIES
from arbedge.lab.stage import Stage

__all__ = ["BybitVenue"]

_TOO_MANY = 10006
_RESTRICTED_PAGE = (
    "<html><body>The Amazon CloudFront distribution is configured to block access from your country.</body></html>"
)


class BybitVenue:
    """The venue's whole outside: `answer` takes every request, `turn` moves the streams on."""

    name = "bybit"

    def __init__(self, stage: Stage) -> None:
        self._stage = stage
        shelves = {
            category: {
                book.listing.symbol: book for book in stage.world.books.values()
                if book.listing.market == host and (host == "spot" or book.listing.funding is not None)
            }
            for category, host in CATEGORIES.items()
        }  # fmt: skip
        self._rest = RestDesk(stage, shelves)
        self._boards = {name: ChannelBoard(stage, host, shelves[name]) for name, host in CATEGORIES.items()}
        listed = {name: frozenset(shelf) for name, shelf in shelves.items()}
        self.streams = StreamDesk(stage, self._boards, listed)
        self._meter = AddressMeter(stage.options.pace.bybit_ban_s)
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
        """Send what the world's last step changed."""
        for category, host in CATEGORIES.items():
            self._boards[category].publish([book for book in changed if book.listing.market == host], true_ms)
        self.streams.turn(now_ns)

    def close(self) -> None:
        """End every stream."""
        self.streams.crowd.drop_all()

    async def answer(self, request: web.Request) -> web.StreamResponse:
        """The answer to one request, after the staged faults have had their say."""
        category = (
            request.path.rpartition("/")[2] if is_stream_path(request.path) else request.query.get("category")
        )
        host = CATEGORIES.get(category or "", "")
        refusal = self._fault(request, host)
        if refusal is not None:
            return refusal
        if is_stream_path(request.path):
            return await self.streams.serve(request)
        slow = self._stage.faults.active("slow", host)
        if slow is not None:
            await self._stage.clock.sleep(slow.number("delay_ms", 3000) / 1000)
        return self._rest_answer(request, host)

    def _rest_answer(self, request: web.Request, host: str) -> web.Response:
        self.served += 1
        if not self._meter.admits(request.remote or "?", self._stage.true_ms()):
            return _too_frequent()
        answer = self._rest.endpoints.get(request.path)
        keyed = self._rest.keyed.get(request.path)
        status, code, words, result = 200, 0, "OK", "{}"
        try:
            if keyed is not None:
                self._rest.check_key(request.headers)
            found = answer or keyed
            if found is None:
                return web.Response(status=404, text="404 page not found")
            result = found(request.query)
        except Refused as error:
            status, code, words = error.status, error.ret_code, str(error)
        body = self._envelope(code, words, result, host).encode()
        if self._stage.faults.active("truncated", host) is not None:
            body = body[: len(body) // 2]
        return web.Response(status=status, body=body, content_type="application/json")

    def _envelope(self, code: int, words: str, result: str, host: str) -> str:
        return (
            f'{{"retCode":{code},"retMsg":"{words}","result":{result},"retExtInfo":{{}},'
            f'"time":{self._stage.now_ms(host)}}}'
        )

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
            status = int(restricted.number("status", 403))
            return web.Response(status=status, text=_RESTRICTED_PAGE, content_type="text/html")
        return None if is_stream_path(request.path) else self._fault_answer(host)

    def _fault_answer(self, host: str) -> web.Response | None:
        faults = self._stage.faults
        if faults.active("error_500", host) is not None:
            return web.json_response(status=500, text=self._envelope(10016, "Server error", "{}", host))
        if faults.active("ban", host) is not None:
            return _too_frequent()
        if faults.active("rate_limit", host) is not None:
            return web.json_response(text=self._envelope(_TOO_MANY, "Too many visits!", "{}", host))
        return None


def _too_frequent() -> web.Response:
    return web.Response(status=403, text="access too frequent.")
