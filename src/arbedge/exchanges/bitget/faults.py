"""What Bitget's refusals mean: HTTP statuses first, then the code inside the answer, whatever the status."""

from collections.abc import Mapping

from arbedge.errors import ArbEdgeError, RateLimited, Rejected, Unavailable
from arbedge.exchanges.bitget.wire import decode_refusal
from arbedge.exchanges.transport.faults import fault_of
from arbedge.exchanges.transport.payloads import GARBAGE

__all__ = ["read_fault"]

_GOOD = "00000"
_GOOD_START = b'{"code":"00000"'
_TOO_MANY = frozenset({"429", "30007"})
_PASSING = frozenset({"40010", "40015", "40200", "40725", "45001"})
"""Timed out, system abnormal, upgrading, service error, unknown error: asking again may help."""

_SHOWN = 160


def read_fault(venue: str, what: str, status: int, headers: Mapping[str, str], body: bytes) -> ArbEdgeError | None:
    """The error an answer stands for, or None for a good one. A body that is no JSON is judged by its status."""
    fault = fault_of(venue, what, status, headers, body)
    if (fault is None and body.startswith(_GOOD_START)) or status in {403, 407, 418, 429, 451} or status >= 500:
        return fault
    try:
        refusal = decode_refusal(body)
    except GARBAGE:
        return fault
    if refusal.code == _GOOD:
        return fault
    words = f"{what}: code {refusal.code} {refusal.msg or ''}"[:_SHOWN]
    if refusal.code in _TOO_MANY:
        return RateLimited(words)
    return Unavailable(words) if refusal.code in _PASSING else Rejected(words)
