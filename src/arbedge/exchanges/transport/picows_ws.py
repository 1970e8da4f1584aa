"""The first WebSocket client: picows. What one read of the socket brought is handed on together."""

import asyncio

from picows import WSCloseCode, WSError, WSFrame, WSHandshakeError, WSListener, WSMsgType, WSTransport, ws_connect

from arbedge.errors import ArbEdgeError, Disconnected, Timeout
from arbedge.exchanges.transport.faults import FaultReader, fault_of
from arbedge.exchanges.transport.proxy import PROXY_FAULTS, Proxy
from arbedge.exchanges.transport.ws import MAX_FRAME_BYTES, FrameListener
from arbedge.foundation.runtime.clock import Clock

__all__ = ["PicowsConnector"]

_MESSAGES = frozenset({WSMsgType.TEXT, WSMsgType.BINARY})
_LARGEST_CONTROL = 125
"""Bytes a ping, pong or close may hold at most (RFC 6455, 5.5; picows refuses more)."""


class _Ears(WSListener):
    """picows' callbacks turned into ours: joins fragments, answers pings, remembers why it ended."""

    def __init__(self, listener: FrameListener, clock: Clock) -> None:
        super().__init__()
        self._listener = listener
        self._clock = clock
        self._read: list[bytes] = []
        self._fragments = bytearray()
        self._is_in_pieces = False
        self.reason = ""

    def on_ws_frame(self, transport: WSTransport, frame: WSFrame) -> None:
        """Every frame, on the event loop's thread.

        Asking a frame's type costs more than all else here, so a large one that is no piece is known by that.
        """
        if frame.payload_size > _LARGEST_CONTROL and frame.fin and not self._is_in_pieces:
            self._read.append(frame.get_payload_as_bytes())
        else:
            self._on_other(transport, frame)
        if frame.last_in_buffer and self._read:
            self._hand_on(self._clock.monotonic_ns())

    def _hand_on(self, received_ns: int) -> None:
        read, self._read = self._read, []
        self._listener.on_frames(read, received_ns)

    def _on_other(self, transport: WSTransport, frame: WSFrame) -> None:
        """Small messages, pieces of messages, and the protocol's own frames, which come after what came before."""
        kind = frame.msg_type
        if kind in _MESSAGES and frame.fin:
            self._read.append(frame.get_payload_as_bytes())
            return
        received_ns = self._clock.monotonic_ns()
        if self._read:
            self._hand_on(received_ns)
        if kind is WSMsgType.PING:
            transport.send_pong(frame.get_payload_as_bytes())
            self._listener.on_sign_of_life(received_ns, is_answered=True)
        elif kind is WSMsgType.PONG:
            self._listener.on_sign_of_life(received_ns, is_answered=False)
        elif kind is WSMsgType.CLOSE:
            self._on_close(transport, frame)
        else:
            self._on_fragment(transport, frame)

    def _on_fragment(self, transport: WSTransport, frame: WSFrame) -> None:
        self._is_in_pieces = not frame.fin
        self._fragments += frame.get_payload_as_bytes()
        if len(self._fragments) > MAX_FRAME_BYTES:
            self.reason = self.reason or f"a message of more than {MAX_FRAME_BYTES} bytes"
            transport.disconnect(graceful=False)
        elif frame.fin:
            whole, self._fragments = bytes(self._fragments), bytearray()
            self._read.append(whole)

    def _on_close(self, transport: WSTransport, frame: WSFrame) -> None:
        payload = frame.get_payload_as_bytes()
        code = int.from_bytes(payload[:2], "big")
        words = payload[2:].decode("utf-8", "replace")
        self.reason = self.reason or f"closed by the venue: {code} {words}".rstrip()
        transport.send_close(WSCloseCode.OK)
        transport.disconnect(graceful=False)


class PicowsLink:
    """One open connection of picows."""

    def __init__(self, transport: WSTransport, ears: _Ears) -> None:
        self._transport = transport
        self._ears = ears

    async def run(self) -> str:
        """Wait for the end; frames arrive by callback meanwhile."""
        try:
            await self._transport.wait_disconnected()
        except (OSError, WSError) as error:
            return self._ears.reason or f"the connection failed: {error}"
        finally:
            if not self._transport.is_disconnected:
                self._transport.disconnect(graceful=False)
        return self._ears.reason or "the connection was lost"

    async def send(self, text: bytes) -> None:
        """Written to the socket at once."""
        if not self._transport.is_disconnected:
            self._transport.send(WSMsgType.TEXT, text)

    async def ping(self) -> None:
        """Written to the socket at once."""
        if not self._transport.is_disconnected:
            self._transport.send_ping(b"arbedge")

    async def close(self, reason: str) -> None:
        """Say goodbye and drop the socket."""
        self._ears.reason = self._ears.reason or reason
        if not self._transport.is_disconnected:
            self._transport.send_close(WSCloseCode.OK)
            self._transport.disconnect(graceful=False)


class PicowsConnector:
    """Opens picows connections for one venue, through its proxy where there is one."""

    def __init__(
        self, venue: str, clock: Clock, proxy: Proxy | None = None, read_fault: FaultReader = fault_of
    ) -> None:
        self._venue = venue
        self._clock = clock
        self._proxy = proxy
        self._read_fault = read_fault

    async def connect(self, url: str, listener: FrameListener, *, deadline_s: float) -> PicowsLink:
        """Open one connection; errors as `WsConnector` says."""
        ears = _Ears(listener, self._clock)
        try:
            async with asyncio.timeout(deadline_s):
                transport, _ = await ws_connect(
                    lambda: ears,
                    url,
                    websocket_handshake_timeout=deadline_s,
                    enable_auto_pong=False,
                    max_frame_size=MAX_FRAME_BYTES,
                    max_redirects=0,
                    proxy=self._proxy.socket_url if self._proxy else None,
                    logger_name="link",
                )
        except TimeoutError:
            raise Timeout(f"{self._venue}: no WebSocket at {url} within {deadline_s:g} s") from None
        except WSHandshakeError as error:
            raise self._refusal(url, error) from error
        except (OSError, EOFError, WSError, *PROXY_FAULTS) as error:
            raise Disconnected(
                f"{self._venue}: cannot reach {url}: {str(error) or type(error).__name__}"
            ) from error
        return PicowsLink(transport, ears)

    def _refusal(self, url: str, error: WSHandshakeError) -> ArbEdgeError:
        """The venue answered the handshake with something else than a WebSocket."""
        answer = error.response
        if answer is None:
            return Disconnected(f"{self._venue}: cannot reach {url}: {error}")
        what = f"{self._venue}: connect {url}"
        fault = self._read_fault(self._venue, what, int(answer.status), answer.headers, error.raw_body or b"")
        return fault or Disconnected(f"{self._venue}: {url} is not a WebSocket: {error}")
