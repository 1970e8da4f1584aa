"""The venues' side, a process of its own: one port, one connection a path, ready frames sent flat out or at a rate.

`python -m benchmarks.ingest.sender COUNT STAMPS` prints its port, then obeys lines of JSON: {"send": COUNT,
"per_s": RATE or null}. When each message was due is written into the file STAMPS (int64, monotonic ns). What a
full socket does not take waits here, its stamp unmoved: a reader that falls behind cannot hide it.
"""

import base64
import hashlib
import json
import select
import socket
import sys
import time
from collections.abc import Sequence

import numpy as np

from benchmarks.ingest.traffic import CONNECTIONS, connection_of, messages

__all__ = ["main"]

MAGIC = b"258EAFA5-E914-47DA-95CA-C5AB0DC85B11"
TICK_S = 0.0002
CHUNK = 1 << 18


def main(count: int, stamps_file: str) -> None:
    frames: list[bytes] = []
    carriers: list[int] = []
    for message in messages(count):
        frames.append(_ws_frame(message.payload))
        carriers.append(connection_of(message.slot))
    stamps = np.memmap(stamps_file, dtype=np.int64, mode="r+", shape=(count,))
    listener = socket.create_server(("127.0.0.1", 0), backlog=CONNECTIONS)
    print(json.dumps({"port": listener.getsockname()[1]}), flush=True)
    for line in sys.stdin:
        order = json.loads(line)
        sockets = _accept(listener)
        print(json.dumps({"connected": len(sockets)}), flush=True)
        sys.stdin.readline()  # the word to begin
        wanted = order["send"]
        if order["per_s"] is None:
            _flood(sockets, frames[:wanted], carriers)
        else:
            _pace(sockets, (frames[:wanted], carriers), stamps, order["per_s"])
        print(json.dumps({"sent": wanted}), flush=True)
        sys.stdin.readline()  # the reader is done
        for each in sockets:
            each.close()


def _ws_frame(payload: bytes) -> bytes:
    size = len(payload)
    head = bytes((0x81, size)) if size < 126 else b"\x81\x7e" + size.to_bytes(2, "big")
    return head + payload


def _accept(listener: socket.socket) -> list[socket.socket]:
    """Every connection, in the order of its path."""
    found: dict[int, socket.socket] = {}
    while len(found) < CONNECTIONS:
        each, _ = listener.accept()
        request = b""
        while b"\r\n\r\n" not in request:
            request += each.recv(4096)
        head, *lines = request.split(b"\r\n")
        fields = {name.strip().lower(): value.strip() for name, _, value in (x.partition(b":") for x in lines)}
        accept = base64.b64encode(hashlib.sha1(fields[b"sec-websocket-key"] + MAGIC).digest())
        each.sendall(
            b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
            b"Sec-WebSocket-Accept: " + accept + b"\r\n\r\n"
        )
        each.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        each.setblocking(False)
        found[int(head.split()[1].rpartition(b"/")[2])] = each
    return [found[number] for number in range(CONNECTIONS)]


def _flood(sockets: Sequence[socket.socket], frames: Sequence[bytes], carriers: Sequence[int]) -> None:
    """Everything as fast as it is taken, all connections alike."""
    parts: list[list[bytes]] = [[] for _ in sockets]
    for frame, carrier in zip(frames, carriers, strict=False):
        parts[carrier].append(frame)
    left = {each.fileno(): (each, memoryview(b"".join(part))) for each, part in zip(sockets, parts, strict=True)}
    while left:
        _, ready, _ = select.select([], list(left), [])
        for number in ready:
            each, rest = left[number]
            rest = rest[each.send(rest[:CHUNK]) :]
            if rest:
                left[number] = each, rest
            else:
                del left[number]


def _pace(
    sockets: Sequence[socket.socket],
    traffic: tuple[Sequence[bytes], Sequence[int]],
    stamps: "np.memmap[tuple[int], np.dtype[np.int64]]",
    per_s: float,
) -> None:
    """`per_s` messages a second, a few every tick, as many as are due; what waits goes before what is new."""
    frames, carriers = traffic
    waiting: list[bytes] = [b""] * len(sockets)
    began_ns = time.monotonic_ns()
    sent = 0
    while sent < len(frames) or any(waiting):
        now_ns = time.monotonic_ns()
        due = min(len(frames), int((now_ns - began_ns) * per_s / 1e9) + 1)
        for number in range(sent, due):
            waiting[carriers[number]] += frames[number]
        stamps[sent:due] = now_ns
        sent = due
        for place, rest in enumerate(waiting):
            if rest:
                waiting[place] = rest[_taken(sockets[place], rest) :]
        time.sleep(TICK_S)


def _taken(each: socket.socket, rest: bytes) -> int:
    try:
        return each.send(rest)
    except BlockingIOError:
        return 0


if __name__ == "__main__":
    main(int(sys.argv[1]), sys.argv[2])
