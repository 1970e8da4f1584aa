"""All WebSocket connections of one venue: who is let in, which faults end them, what is written to them."""

from collections.abc import Callable
from typing import Generic, TypeVar

from arbedge.lab.faults import FaultBoard
from arbedge.lab.garble import Garbler
from arbedge.lab.peer import Peer

__all__ = ["GONE_AWAY", "Crowd"]

GONE_AWAY = 1001
"""The close code of a server that stops or cuts."""

_ATTEMPTS_WINDOW_NS = 300_000_000_000

P = TypeVar("P", bound=Peer)


class Crowd(Generic[P]):
    """The venue's open connections. An address may try `attempts_most` times in five minutes."""

    def __init__(self, faults: FaultBoard, attempts_most: int) -> None:
        self._faults = faults
        self._attempts_most = attempts_most
        self._attempts: dict[str, list[int]] = {}
        self._garblers: dict[P, Garbler] = {}
        self._fault_seen = 0
        self._stormed_ns = 0
        self.accepted = 0

    @property
    def backlog_bytes(self) -> int:
        """The longest backlog of a client, in bytes."""
        return max((peer.backlog_bytes for peer in self._garblers), default=0)

    @property
    def open_count(self) -> int:
        """Connections open now."""
        return len(self._garblers)

    def peers(self) -> list[P]:
        """The connections open now."""
        return list(self._garblers)

    def admits(self, address: str, now_ns: int) -> bool:
        """Count an attempt to connect; false when the address has tried too often."""
        recent = [at for at in self._attempts.get(address, []) if now_ns - at < _ATTEMPTS_WINDOW_NS]
        self._attempts[address] = [*recent, now_ns]
        return len(recent) < self._attempts_most

    def add(self, peer: P) -> None:
        """Take in a new connection."""
        self._garblers[peer] = Garbler()
        self.accepted += 1

    def remove(self, peer: P) -> None:
        """Forget a connection that ended."""
        self._garblers.pop(peer, None)

    def drop_all(self) -> None:
        """End every connection, as a stopping server does."""
        for peer in self.peers():
            peer.close(GONE_AWAY)

    def flush(self, peer: P) -> None:
        """Write what waits for a connection, spoiled as staged faults ask."""
        if not peer.has_frames:
            return
        payloads = peer.take()
        if not self._faults.is_quiet:
            if self._faults.active("silent", peer.host) is not None:
                return
            garbler = self._garblers.get(peer)
            payloads = payloads if garbler is None else garbler.garble(payloads, self._faults, peer.host)
        peer.write(payloads)

    def strike(self, now_ns: int, announce: Callable[[P], None] | None = None) -> None:
        """Let the faults that end connections do so; `announce` tells one about to be cut."""
        faults = self._faults
        is_new, self._fault_seen = faults.count != self._fault_seen, faults.count
        storm_now = False
        for peer in self.peers():
            if faults.active("down", peer.host) or (is_new and faults.active("disconnect", peer.host)):
                peer.drop()
            cut = faults.active("cut", peer.host)
            if cut is not None:
                if announce is not None:
                    announce(peer)
                if cut.age_s(now_ns) >= cut.number("notice_s", 1.0):
                    peer.close(GONE_AWAY)
            storm = faults.active("reconnect_storm", peer.host)
            if storm is not None and (now_ns - self._stormed_ns) / 1e9 >= storm.number("every_s", 1.0):
                storm_now = True
                peer.drop()
        if storm_now:
            self._stormed_ns = now_ns
