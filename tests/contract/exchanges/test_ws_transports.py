"""One suite for every WebSocket client: what `WsConnector` and `WsLink` promise, against a server on loopback."""

import asyncio
import contextlib
import socket
from http import HTTPStatus

import picows
import pytest
from picows import WSCloseCode, WSListener, WSMsgType, WSUpgradeResponse, WSUpgradeResponseWithListener

from arbedge.errors import Disconnected, RateLimited, Timeout, Unavailable
from arbedge.exchanges.transport.connectors import make_connector
from arbedge.exchanges.transport.faults import Restricted
from arbedge.exchanges.transport.proxy import Proxy
from arbedge.foundation.runtime.clock import SystemClock


class Ears:
    """A listener that remembers."""

    def __init__(self) -> None:
        self.frames: list[bytes] = []
        self.signs: list[bool] = []
        self.stamps: list[int] = []

    def on_frames(self, payloads, received_ns):
        self.frames.extend(payloads)
        self.stamps.extend([received_ns] * len(payloads))

    def on_sign_of_life(self, received_ns, *, is_answered):
        self.signs.append(is_answered)


class Venue(WSListener):
    """The server's end: obeys a few words of the client, remembers the rest."""

    def __init__(self) -> None:
        super().__init__()
        self.received: list[tuple[WSMsgType, bytes]] = []
        self.is_gone = asyncio.Event()

    def on_ws_disconnected(self, transport):
        self.is_gone.set()

    def on_ws_frame(self, transport, frame):
        payload = frame.get_payload_as_bytes()
        self.received.append((frame.msg_type, payload))
        if frame.msg_type is WSMsgType.PING:
            transport.send_pong(payload)
        elif frame.msg_type is WSMsgType.CLOSE:
            transport.send_close(WSCloseCode.OK)
            transport.disconnect()
        elif payload == b"say":
            transport.send(WSMsgType.TEXT, "höher".encode())
            transport.send(WSMsgType.BINARY, b"\x00\xff")
        elif payload == b"pieces":
            transport.send(WSMsgType.TEXT, b"one,", fin=False)
            transport.send_ping(b"between")
            transport.send(WSMsgType.CONTINUATION, b"two,", fin=False)
            transport.send(WSMsgType.CONTINUATION, b"three")
        elif payload == b"mixed":
            transport.send(WSMsgType.TEXT, b"a" * 200)
            transport.send(WSMsgType.TEXT, b"b")
            transport.send_ping(b"between")
            transport.send(WSMsgType.TEXT, b"c" * 126)
            transport.send(WSMsgType.TEXT, b"d" * 200, fin=False)
            transport.send(WSMsgType.CONTINUATION, b"e" * 200, fin=False)
            transport.send(WSMsgType.CONTINUATION, b"f" * 200)
            transport.send(WSMsgType.TEXT, b"g" * 125)
            transport.send(WSMsgType.BINARY, b"h" * 300)
        elif payload == b"ping me":
            transport.send_ping(b"payload-42")
        elif payload == b"bye":
            transport.send_close(WSCloseCode.GOING_AWAY, b"maintenance")
        elif payload == b"drop":
            transport.disconnect(graceful=False)
        elif payload.startswith(b"big"):
            transport.send(WSMsgType.TEXT, b"x" * int(payload[3:]))


class Server:
    """Where the venues listen; `/status/N` refuses the handshake with that status."""

    def __init__(self) -> None:
        self.venues: list[Venue] = []
        self.port = 0

    def listen(self, request):
        path = request.path.decode()
        if path.startswith("/status/"):
            response = WSUpgradeResponse.create_error_response(HTTPStatus(int(path[8:])), b"no")
            response.headers["Retry-After"] = "17"
            return WSUpgradeResponseWithListener(response, None)
        self.venues.append(Venue())
        return self.venues[-1]

    @property
    def url(self) -> str:
        return f"ws://127.0.0.1:{self.port}/stream"


@pytest.fixture
async def server():
    made = Server()
    listening = await picows.ws_create_server(made.listen, "127.0.0.1", 0)
    made.port = listening.sockets[0].getsockname()[1]
    yield made
    listening.close()
    await listening.wait_closed()


@pytest.fixture(params=["picows", "aiohttp"])
def client(request):
    return request.param


def connector(client, proxy=None):
    return make_connector(client, "binance", SystemClock(), proxy)


@contextlib.asynccontextmanager
async def connected(client, url, proxy=None):
    """A link being read, and how it ended once it has."""
    ears = Ears()
    link = await connector(client, proxy).connect(url, ears, deadline_s=3)
    reading = asyncio.create_task(link.run())
    await asyncio.sleep(0)  # let the reading begin: a task cancelled before its first step runs nothing
    try:
        yield link, ears, reading
    finally:
        reading.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await reading


async def until(condition, seconds=3.0):
    async with asyncio.timeout(seconds):
        while not condition():  # noqa: ASYNC110 - the other side is a socket
            await asyncio.sleep(0.005)


async def test_text_and_binary_messages_arrive_whole_and_stamped(client, server):
    async with connected(client, server.url) as (link, ears, _):
        before_ns = SystemClock().monotonic_ns()
        await link.send(b"say")
        await until(lambda: len(ears.frames) == 2)
        assert ears.frames == ["höher".encode(), b"\x00\xff"]
        assert before_ns <= ears.stamps[0] <= ears.stamps[1] <= SystemClock().monotonic_ns()


async def test_a_message_in_pieces_arrives_as_one_also_with_a_ping_between(client, server):
    async with connected(client, server.url) as (link, ears, _):
        await link.send(b"pieces")
        await until(lambda: ears.frames)
        assert ears.frames == [b"one,two,three"]
        assert ears.signs == [True]


async def test_messages_large_and_small_in_pieces_and_not_keep_their_order(client, server):
    async with connected(client, server.url) as (link, ears, _):
        await link.send(b"mixed")
        await until(lambda: len(ears.frames) == 6)
        pieces = b"d" * 200 + b"e" * 200 + b"f" * 200
        assert ears.frames == [b"a" * 200, b"b", b"c" * 126, pieces, b"g" * 125, b"h" * 300]
        assert ears.signs == [True]


async def test_a_large_message_arrives_whole(client, server):
    async with connected(client, server.url) as (link, ears, _):
        await link.send(b"big3000000")
        await until(lambda: ears.frames)
        assert len(ears.frames[0]) == 3_000_000


async def test_a_message_over_the_limit_ends_the_connection(client, server):
    async with connected(client, server.url) as (link, ears, reading):
        await link.send(b"big17000000")
        assert await asyncio.wait_for(reading, 5)
        assert ears.frames == []


async def test_a_ping_is_answered_with_its_payload(client, server):
    async with connected(client, server.url) as (link, ears, _):
        await link.send(b"ping me")
        await until(lambda: (WSMsgType.PONG, b"payload-42") in server.venues[0].received)
        assert ears.signs == [True]


async def test_our_ping_comes_back_as_a_sign_of_life(client, server):
    async with connected(client, server.url) as (link, ears, _):
        await link.ping()
        await until(lambda: ears.signs)
        assert ears.signs == [False]


async def test_the_venues_goodbye_is_the_reason(client, server):
    async with connected(client, server.url) as (link, _, reading):
        await link.send(b"bye")
        reason = await asyncio.wait_for(reading, 3)
        assert "1001" in reason
        assert "maintenance" in reason


async def test_a_dropped_connection_ends_the_reading(client, server):
    async with connected(client, server.url) as (link, _, reading):
        await link.send(b"drop")
        assert "lost" in await asyncio.wait_for(reading, 3)


async def test_closing_gives_our_reason_and_reaches_the_venue(client, server):
    async with connected(client, server.url) as (link, _, reading):
        await link.close("enough")
        assert await asyncio.wait_for(reading, 3) == "enough"
        await asyncio.wait_for(server.venues[0].is_gone.wait(), 3)
        await link.close("twice is fine")
        await link.send(b"into the void")
        await link.ping()


async def test_cancelling_the_reading_closes_the_connection(client, server):
    async with connected(client, server.url):
        await until(lambda: server.venues)
    await asyncio.wait_for(server.venues[0].is_gone.wait(), 3)


@pytest.mark.parametrize(
    ("status", "kind"),
    [
        (451, Restricted),
        (403, Restricted),
        (429, RateLimited),
        (418, RateLimited),
        (503, Unavailable),
        (500, Unavailable),
    ],
)
async def test_a_refused_handshake_is_the_error_its_status_says(client, server, status, kind):
    with pytest.raises(kind) as caught:
        await connector(client).connect(f"ws://127.0.0.1:{server.port}/status/{status}", Ears(), deadline_s=3)
    if kind is RateLimited:
        assert caught.value.retry_after_s == 17


async def test_nobody_there_is_disconnected(client):
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    with pytest.raises(Disconnected, match="cannot reach"):
        await connector(client).connect(f"ws://127.0.0.1:{port}/stream", Ears(), deadline_s=3)


async def test_a_server_that_says_nothing_is_a_timeout(client):
    has_ended = asyncio.Event()

    async def mute(reader, writer):
        with contextlib.suppress(OSError):
            await reader.read()
        writer.close()
        has_ended.set()

    async with await asyncio.start_server(mute, "127.0.0.1", 0) as listening:
        port = listening.sockets[0].getsockname()[1]
        with pytest.raises(Timeout, match="within"):
            await connector(client).connect(f"ws://127.0.0.1:{port}/stream", Ears(), deadline_s=0.2)
        await asyncio.wait_for(has_ended.wait(), 3)


async def test_a_server_of_another_trade_is_disconnected(client):
    has_ended = asyncio.Event()

    async def teapot(reader, writer):
        await reader.readuntil(b"\r\n\r\n")
        writer.write(b"SSH-2.0-OpenSSH\r\n\r\n")
        writer.close()
        with contextlib.suppress(OSError):
            await writer.wait_closed()
        has_ended.set()

    async with await asyncio.start_server(teapot, "127.0.0.1", 0) as listening:
        port = listening.sockets[0].getsockname()[1]
        with pytest.raises(Disconnected):
            await connector(client).connect(f"ws://127.0.0.1:{port}/stream", Ears(), deadline_s=3)
        await asyncio.wait_for(has_ended.wait(), 3)


@pytest.mark.parametrize("scheme", ["http", "socks5", "socks5h"])
async def test_a_proxy_is_gone_through(client, server, forwarding_proxy, scheme):
    proxy = Proxy(f"{scheme}://ann:secret@127.0.0.1:{forwarding_proxy.port}")
    async with connected(client, server.url, proxy) as (link, ears, _):
        await link.send(b"say")
        await until(lambda: ears.frames)
    assert forwarding_proxy.asked == [("127.0.0.1", server.port)]
    assert forwarding_proxy.users == [("ann", "secret")]


@pytest.mark.parametrize("scheme", ["http", "socks5"])
async def test_a_proxy_that_refuses_is_disconnected_and_keeps_its_secret(client, server, forwarding_proxy, scheme):
    forwarding_proxy.refuses = True
    proxy = Proxy(f"{scheme}://ann:secret@127.0.0.1:{forwarding_proxy.port}")
    with pytest.raises(Disconnected) as caught:
        await connector(client, proxy).connect(server.url, Ears(), deadline_s=3)
    assert "secret" not in str(caught.value)
