"""Faults of a venue on demand: what is broken now, with which parameters, until when.

A fault is named, lasts a number of seconds, and may be aimed at one venue, one host (`spot`
or `usdm`) or one symbol. Kinds that strike once
(disconnect, cut) are taken by the streams; the rest are asked for where they bite.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field

from arbedge.errors import Invalid

__all__ = ["FAULTS", "Fault", "FaultBoard", "ScheduledFault", "parse_fault"]

FAULTS = {
    "down": "refuse every request and connection, and drop the open ones",
    "slow": "delay REST answers by `delay_ms` (default 3000)",
    "error_500": "answer REST with status 500",
    "rate_limit": "answer REST with 429 and Retry-After `retry_after_s` (default 5)",
    "ban": "answer REST with 418 and Retry-After for as long as the fault lasts",
    "restricted": "answer REST with `status` 451 (default) or 403 and refuse connections",
    "garbage": "replace a share `rate` (default 0.2) of frames with bytes that are no JSON",
    "truncated": "cut a share `rate` (default 0.2) of frames, and every REST body, in the middle",
    "silent": "keep connections open and send nothing but pongs",
    "mute_pings": "send no pings",
    "stale": "keep `symbol` off every stream while REST goes on",
    "gap": "lose a share `rate` (default 0.2) of depth frames, of `symbol` where given",
    "crossed": "put the bid of `symbol` over its ask",
    "disconnect": "drop every open connection once",
    "reconnect_storm": "drop every connection `every_s` (default 1) seconds, again and again",
    "clock_skew": "shift the venue's clock by `offset_ms` (default 2000) in answers and stamps",
    "cut": "end every connection as the 24 h limit does: spot announces `notice_s` (default 1) seconds before",
    "duplicate": "send a share `rate` (default 0.2) of frames twice",
    "sequence_reset": "let books count from low ids again, once (OKX; Bybit: a snapshot with `u` 1)",
    "no_snapshot": "begin book channels without a snapshot, as OKX announced (OKX)",
    "out_of_order": "swap a share `rate` (default 0.2) of neighbouring frames",
}
"""Every fault the lab can stage, with its parameters."""

_NUMBERS = {"delay_ms", "retry_after_s", "status", "rate", "every_s", "offset_ms", "notice_s"}
_TEXTS = {"host", "symbol", "venue"}


@dataclass(frozen=True, slots=True, eq=False)
class Fault:
    """One staged fault: name, parameters, when it lasts (monotonic nanoseconds), and the venue it is for."""

    name: str
    numbers: Mapping[str, float]
    host: str | None
    symbol: str | None
    since_ns: int
    until_ns: int
    venue: str | None = None

    def number(self, key: str, default: float) -> float:
        """A parameter, or its default."""
        return self.numbers.get(key, default)

    def age_s(self, now_ns: int) -> float:
        """Seconds since it began."""
        return (now_ns - self.since_ns) / 1e9


@dataclass(frozen=True, slots=True)
class ScheduledFault:
    """A fault to come: seconds after the lab's start, how long it lasts, and its parameters."""

    at_s: float
    name: str
    seconds: float
    params: dict[str, float | str] = field(default_factory=dict)


def parse_fault(document: object, now_ns: int) -> Fault:
    """A fault from `{"fault": name, "params": {…}, "seconds": n}`; Invalid names what is wrong."""
    if not isinstance(document, Mapping):
        raise Invalid('expected {"fault": name, "params": {…}, "seconds": number}')
    name, params, seconds = document.get("fault"), document.get("params") or {}, document.get("seconds", 5)
    if name not in FAULTS:
        raise Invalid(f"fault {name!r}: expected one of {', '.join(FAULTS)}")
    if isinstance(seconds, bool) or not isinstance(seconds, int | float) or not 0 < seconds <= 86_400:
        raise Invalid(f"seconds {seconds!r}: expected a number above 0, at most 86400")
    if not isinstance(params, Mapping):
        raise Invalid("params: expected an object")
    for key, value in params.items():
        known = (key in _NUMBERS and isinstance(value, int | float)) or (key in _TEXTS and isinstance(value, str))
        if not known:
            raise Invalid(f"params.{key} {value!r}: expected numbers {sorted(_NUMBERS)} or texts {sorted(_TEXTS)}")
    if name in {"stale", "crossed"} and "symbol" not in params:
        raise Invalid(f"params.symbol: the fault {name} needs one")
    numbers = {key: float(value) for key, value in params.items() if key in _NUMBERS}
    return Fault(
        str(name), numbers, params.get("host"), params.get("symbol"), now_ns, now_ns + int(seconds * 1e9),
        params.get("venue"),
    )  # fmt: skip


class FaultBoard:
    """The faults staged now; one of a name at a time, the newest wins."""

    def __init__(self) -> None:
        self._active: dict[str, Fault] = {}
        self.count = 0

    def stage(self, fault: Fault) -> None:
        """Begin a fault."""
        self._active[fault.name] = fault
        self.count += 1

    def clear(self) -> None:
        """End every fault."""
        self._active.clear()

    def expire(self, now_ns: int) -> list[Fault]:
        """End what is over; returns what ended."""
        over = [fault for fault in self._active.values() if fault.until_ns <= now_ns]
        for fault in over:
            del self._active[fault.name]
        return over

    def active(self, name: str, host: str, symbol: str | None = None) -> Fault | None:
        """The fault of that name if it strikes this host (and symbol, where it is aimed at one)."""
        fault = self._active.get(name)
        if fault is None or (fault.host is not None and fault.host != host):
            return None
        return fault if fault.symbol is None or symbol is None or fault.symbol == symbol else None

    @property
    def is_quiet(self) -> bool:
        """Whether nothing is staged: the streams' fast path."""
        return not self._active

    def staged(self) -> list[Fault]:
        """Everything active, for the lab's own pages."""
        return list(self._active.values())
