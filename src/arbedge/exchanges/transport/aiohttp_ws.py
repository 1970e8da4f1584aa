"""The second WebSocket client: aiohttp, for machines where the first one has no wheel or misbehaves."""

import asyncio
from typing import Any

import aiohttp
from aiohttp import ClientWebSocketResponse, WSMsgType

from arbedge.errors import Disconnected, Timeout
from arbedge.exchanges.transport.faults import FaultReader, fault_of
from arbedge.exchanges.transport.proxy import PROXY_FAULTS, Proxy, connector
from arbedge.exchanges.transport.ws import MAX_FRAME_BYTES, FrameListener
from arbedge.foundation.runtime.clock import Clock

__all__ = ["AiohttpConnector"]

_CLOSE_WAIT_S = 0.5
_SEND_WAIT_S = 1.0
_ENDS = frozenset({WSMsgType.CLOSE, WSMsgType.CLOSING, WSMsgType.CLOSED, WSMsgType.ERROR})


class AiohttpLink:
    """One open connection of aiohttp, with a session of its own."""

    def __init__(
        self,
        session: aiohttp.ClientSession,
        socket: "ClientWebSocketResponse[bool]",
        listener: FrameListener,
        clock: Clock,
    ) -> None:
        self._session = session
        self._socket = socket
        self._listener = listener
        self._clock = clock
        self._reason = ""

    async def run(self) -> str:
        """Read until the end."""
        try:
            while True:
                message = await self._socket.receive()
                if message.type in _ENDS:
                    self._reason = self._reason or _why(self._socket, message)
                    return self._reason
                await self._hand_on(message)
        except OSError as error:
            return self._reason or f"the connection was lost: {error}"
        finally:
            await self._session.close()

    async def _hand_on(self, message: Any) -> None:
        received_ns = self._clock.monotonic_ns()
        if message.type is WSMsgType.TEXT:
            # decode_text=False: the payload of a text message stays bytes
            self._listener.on_frames((message.data,), received_ns)
        elif message.type is WSMsgType.BINARY:
            self._listener.on_frames((message.data,), received_ns)
        elif message.type is WSMsgType.PING:
            await self._quietly_send(WSMsgType.PING, message.data)
            self._listener.on_sign_of_life(received_ns, is_answered=True)
        elif message.type is WSMsgType.PONG:
            self._listener.on_sign_of_life(received_ns, is_answered=False)

    async def _quietly_send(self, answer_to: WSMsgType | None, payload: bytes) -> None:
        """A pong for a ping, a ping of our own for None; a connection that ended meanwhile is not an error here."""
        try:
            async with asyncio.timeout(_SEND_WAIT_S):
                await (self._socket.ping(payload) if answer_to is None else self._socket.pong(payload))
        except (TimeoutError, OSError, aiohttp.ClientError):
            return

    async def send(self, text: bytes) -> None:
        """Send one text message."""
        try:
            async with asyncio.timeout(_SEND_WAIT_S):
                await self._socket.send_frame(text, WSMsgType.TEXT)
        except (TimeoutError, OSError, aiohttp.ClientError):
            return

    async def ping(self) -> None:
        """Send a ping."""
        await self._quietly_send(None, b"arbedge")

    async def close(self, reason: str) -> None:
        """Say goodbye; the library waits half a second at most for the answer."""
        self._reason = self._reason or reason
        await self._socket.close()


class AiohttpConnector:
    """Opens aiohttp connections for one venue, through its proxy where there is one."""

    def __init__(
        self, venue: str, clock: Clock, proxy: Proxy | None = None, read_fault: FaultReader = fault_of
    ) -> None:
        self._venue = venue
        self._clock = clock
        self._proxy = proxy
        self._read_fault = read_fault

    async def connect(self, url: str, listener: FrameListener, *, deadline_s: float) -> AiohttpLink:
        """Open one connection; errors as `WsConnector` says."""
        session = aiohttp.ClientSession(connector=connector(self._proxy, limit=1))
        try:
            socket = await self._open(session, url, deadline_s)
        except BaseException:
            await session.close()
            raise
        return AiohttpLink(session, socket, listener, self._clock)

    async def _open(
        self, session: aiohttp.ClientSession, url: str, deadline_s: float
    ) -> "ClientWebSocketResponse[bool]":
        proxy = self._proxy.url if self._proxy is not None and not self._proxy.is_socks else None
        try:
            async with asyncio.timeout(deadline_s):
                return await session.ws_connect(
                    url,
                    autoping=False,
                    autoclose=True,
                    compress=0,
                    decode_text=False,
                    max_msg_size=MAX_FRAME_BYTES,
                    proxy=proxy,
                    timeout=aiohttp.ClientWSTimeout(ws_close=_CLOSE_WAIT_S),
                )
        except TimeoutError:
            raise Timeout(f"{self._venue}: no WebSocket at {url} within {deadline_s:g} s") from None
        except aiohttp.WSServerHandshakeError as error:
            what = f"{self._venue}: connect {url}"
            fault = self._read_fault(self._venue, what, error.status, dict(error.headers or {}), b"")
            raise fault or Disconnected(f"{self._venue}: {url} is not a WebSocket: {error.message}") from error
        except (OSError, aiohttp.ClientError, *PROXY_FAULTS) as error:
            raise Disconnected(
                f"{self._venue}: cannot reach {url}: {str(error) or type(error).__name__}"
            ) from error


def _why(socket: "ClientWebSocketResponse[bool]", message: Any) -> str:
    """Why the connection ended, in words."""
    if message.type is WSMsgType.CLOSE:
        return f"closed by the venue: {message.data} {message.extra or ''}".rstrip()
    if message.type is WSMsgType.ERROR:
        return f"the connection failed: {socket.exception()}"
    return "the connection was lost"
