"""The second world on ports of this machine: REST by path, streams that repeat the standing market every turn."""

import asyncio
import contextlib
from collections.abc import AsyncIterator
from typing import Any

from aiohttp import WSMsgType, web
from tests.independent.binance import Binance
from tests.independent.bitget import Bitget
from tests.independent.bybit import Bybit
from tests.independent.okx import Okx
from tests.independent.world import World

TURN_S = 0.3


class Speaker:
    """One venue's port."""

    def __init__(self, dialect: Any) -> None:
        self._dialect = dialect
        self._connections: dict[web.WebSocketResponse, Any] = {}
        self.unknown: list[str] = []

    async def handle(self, request: web.Request) -> web.StreamResponse:
        if request.headers.get("Upgrade", "").lower() == "websocket":
            return await self._listen(request)
        try:
            return web.json_response(self._dialect.answer(request.path, dict(request.query)))
        except LookupError:
            self.unknown.append(request.path)
            return web.json_response({"code": 404, "retCode": 404, "msg": "no such page"}, status=404)

    async def _listen(self, request: web.Request) -> web.WebSocketResponse:
        socket = web.WebSocketResponse()
        await socket.prepare(request)
        ears = self._connections[socket] = self._dialect.ears(request.path)
        try:
            async for message in socket:
                if message.type is WSMsgType.TEXT:
                    for reply in ears.hear(message.data):
                        await socket.send_str(reply)
        finally:
            self._connections.pop(socket, None)
        return socket

    async def push(self) -> None:
        """Say this turn to every connection."""
        for socket, ears in list(self._connections.items()):
            with contextlib.suppress(ConnectionError, RuntimeError):
                for frame in ears.push():
                    await socket.send_str(frame)


@contextlib.asynccontextmanager
async def served(world: World) -> AsyncIterator[dict[str, str]]:
    """The world's addresses by venue while the block lasts."""
    speakers = {
        dialect.name: Speaker(dialect) for dialect in (Binance(world), Bybit(world), Okx(world), Bitget(world))
    }
    runners: list[web.AppRunner] = []
    base_urls = {}
    for name, speaker in speakers.items():
        application = web.Application()
        application.router.add_route("*", "/{path:.*}", speaker.handle)
        runner = web.AppRunner(application, access_log=None, shutdown_timeout=0.2, handler_cancellation=True)
        await runner.setup()
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        runners.append(runner)
        base_urls[name] = f"http://127.0.0.1:{runner.addresses[0][1]}"

    async def turns() -> None:
        while True:
            await asyncio.sleep(TURN_S)
            world.turn += 1
            for speaker in speakers.values():
                await speaker.push()

    task = asyncio.create_task(turns())
    try:
        yield base_urls
    finally:
        task.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await task
        for runner in runners:
            await runner.cleanup()
