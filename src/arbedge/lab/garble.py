"""Spoiling frames on their way out, as staged faults ask: garbage, cut, doubled or swapped ones."""

from arbedge.lab.faults import FaultBoard

__all__ = ["Garbler"]

_GARBAGE = b'<html>502 Bad Gateway</html>{"u":,,'
_SPOILS = ("garbage", "truncated", "duplicate", "out_of_order")


class Garbler:
    """Spoils one connection's frames: a steady share of them, of every five one for a rate of 0.2."""

    def __init__(self) -> None:
        self._seen = dict.fromkeys(_SPOILS, 0)
        self._held: list[bytes] = []

    def garble(self, payloads: list[bytes], faults: FaultBoard, host: str) -> list[bytes]:
        """The payloads as the client will see them; one swapped out of its place comes after a later one."""
        for name in _SPOILS:
            fault = faults.active(name, host)
            if fault is not None:
                rate = fault.number("rate", 0.2)
                payloads = [piece for payload in payloads for piece in self._spoil(name, payload, rate)]
        return payloads

    def _spoil(self, name: str, payload: bytes, rate: float) -> list[bytes]:
        if name == "out_of_order" and self._held:
            held, self._held = self._held, []
            return [payload, *held]
        self._seen[name] += 1
        is_struck = int(self._seen[name] * rate) != int((self._seen[name] - 1) * rate)
        if not is_struck:
            return [payload]
        if name == "garbage":
            return [_GARBAGE]
        if name == "truncated":
            return [payload[: len(payload) // 2]]
        if name == "duplicate":
            return [payload, payload]
        self._held = [payload]
        return []
