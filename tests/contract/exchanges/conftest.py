"""A proxy on loopback that speaks HTTP CONNECT and SOCKS5 on one port and forwards what it is asked for."""

import asyncio
import base64
import contextlib

import pytest


class ForwardingProxy:
    """Remembers where it was asked to go and by whom; refuses everybody on demand."""

    def __init__(self) -> None:
        self.port = 0
        self.asked: list[tuple[str, int]] = []
        self.users: list[tuple[str, str]] = []
        self.refuses = False
        self.serving: set[asyncio.Task[None]] = set()

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self.serving.add(task)
        try:
            first = await reader.readexactly(1)
            greet = self._socks if first == b"\x05" else self._connect
            await greet(first, reader, writer)
        except (OSError, asyncio.IncompleteReadError):
            pass
        finally:
            self.serving.discard(task)
            await _end(writer)

    async def _connect(self, first, reader, writer):
        head = (first + await reader.readuntil(b"\r\n\r\n")).decode()
        verb, target, _ = head.split("\r\n", 1)[0].split(" ")
        for line in head.split("\r\n"):
            if line.lower().startswith("proxy-authorization: basic "):
                user, _, password = base64.b64decode(line.split(" ")[2]).decode().partition(":")
                self.users.append((user, password))
        if self.refuses:
            writer.write(b"HTTP/1.1 407 Proxy Authentication Required\r\nContent-Length: 0\r\n\r\n")
            return await writer.drain()
        if verb != "CONNECT":
            return await self._plain(head, target, reader, writer)
        host, _, port = target.rpartition(":")
        return await self._forward(host, int(port), b"HTTP/1.1 200 OK\r\n\r\n", reader, writer)

    async def _plain(self, head, target, reader, writer):
        """A plain http:// request names the whole address and is passed on with its path only."""
        host_port, _, path = target.partition("://")[2].partition("/")
        host, _, port = host_port.partition(":")
        self.asked.append((host, int(port)))
        other_reader, other_writer = await asyncio.open_connection(host, int(port))
        other_writer.write(head.replace(target, "/" + path, 1).encode())
        await _both(reader, writer, other_reader, other_writer)

    async def _socks(self, _first, reader, writer):
        (count,) = await reader.readexactly(1)
        methods = await reader.readexactly(count)
        if 2 in methods:
            writer.write(b"\x05\x02")
            await reader.readexactly(1)
            user = await reader.readexactly((await reader.readexactly(1))[0])
            password = await reader.readexactly((await reader.readexactly(1))[0])
            self.users.append((user.decode(), password.decode()))
            writer.write(b"\x01\x00")
        else:
            writer.write(b"\x05\x00")
        _, _, _, kind = await reader.readexactly(4)
        if kind == 1:
            host = ".".join(str(part) for part in await reader.readexactly(4))
        else:
            host = (await reader.readexactly((await reader.readexactly(1))[0])).decode()
        port = int.from_bytes(await reader.readexactly(2), "big")
        if self.refuses:
            writer.write(b"\x05\x02\x00\x01\x00\x00\x00\x00\x00\x00")
            return await writer.drain()
        return await self._forward(host, port, b"\x05\x00\x00\x01\x00\x00\x00\x00\x00\x00", reader, writer)

    async def _forward(self, host, port, answer, reader, writer):
        self.asked.append((host, port))
        other_reader, other_writer = await asyncio.open_connection(host, port)
        writer.write(answer)
        await _both(reader, writer, other_reader, other_writer)


async def _both(reader, writer, other_reader, other_writer):
    """Copy both ways until one side ends."""

    async def copy(source, target):
        with contextlib.suppress(OSError):
            while block := await source.read(65536):
                target.write(block)
                await target.drain()

    ways = [asyncio.create_task(copy(reader, other_writer)), asyncio.create_task(copy(other_reader, writer))]
    await asyncio.wait(ways, return_when=asyncio.FIRST_COMPLETED)
    for way in ways:
        way.cancel()
    await asyncio.gather(*ways, return_exceptions=True)
    await _end(other_writer)


async def _end(writer):
    writer.close()
    with contextlib.suppress(OSError):
        await writer.wait_closed()


@pytest.fixture
async def forwarding_proxy():
    proxy = ForwardingProxy()
    listening = await asyncio.start_server(proxy.serve, "127.0.0.1", 0)
    proxy.port = listening.sockets[0].getsockname()[1]
    yield proxy
    listening.close()
    if proxy.serving:
        await asyncio.wait(proxy.serving, timeout=2)
    await listening.wait_closed()
