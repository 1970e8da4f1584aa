"""What OKX's refusals mean: HTTP statuses, and codes inside answers that went well as far as HTTP can tell."""

from collections.abc import Mapping

from arbedge.errors import ArbEdgeError, RateLimited, Rejected, Unavailable
from arbedge.exchanges.okx import wire
from arbedge.exchanges.okx.facts import WINDOW_S
from arbedge.exchanges.transport.faults import fault_of

__all__ = ["read_fault"]

_TOO_MANY = frozenset({"50011", "50061"})
_TRY_AGAIN = frozenset({"50001", "50004", "50013", "50026"})
_GOOD = b'"code":"0"'
_QUIET_S = 2 * WINDOW_S


def read_fault(venue: str, what: str, status: int, headers: Mapping[str, str], body: bytes) -> ArbEdgeError | None:
    """The error an answer stands for, or None where it is a good one.

    429 names no time to wait: the limits count two seconds, so twice that. 50011 and 50061 say the same inside an
    answer; 50001, 50004, 50013 and 50026 say busy or timed out. A body that is no answer of OKX's is left to its
    reader.
    """
    fault = fault_of(venue, what, status, headers, body)
    if fault is None:
        fault = _refusal(what, body)
    if isinstance(fault, RateLimited) and fault.retry_after_s is None:
        fault.retry_after_s = _QUIET_S
    return fault


def _refusal(what: str, body: bytes) -> ArbEdgeError | None:
    if _GOOD in body[:64] or _GOOD in body[-64:]:
        return None
    try:
        told = wire.decode(body, wire.Refusal)
    except wire.GARBAGE:
        return None
    words = f"{what}: {told.code} {told.msg[:160]}"
    if told.code == "0":
        return None
    if told.code in _TOO_MANY:
        return RateLimited(words, retry_after_s=None)
    return Unavailable(words) if told.code in _TRY_AGAIN else Rejected(words)
