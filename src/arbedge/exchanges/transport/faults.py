"""What a venue's refusal means: HTTP statuses and failed handshakes as errors of our own families.

Statuses (RFC 9110, and Binance's use of 418): 451 and 403 are refusals by place or firewall and are not worth
a quick retry; 429 and 418 say wait; 5xx says try again; any other 4xx is our own mistake.
"""

from collections.abc import Callable, Mapping

from arbedge.errors import ArbEdgeError, Disconnected, RateLimited, Rejected, Unavailable

__all__ = ["Banned", "FaultReader", "Restricted", "fault_of", "restricted"]

FaultReader = Callable[[str, str, int, Mapping[str, str], bytes], ArbEdgeError | None]
"""What an answer stands for, given (venue, call, status, headers, body); None for a good one. See `fault_of`."""

_SHOWN_BYTES = 160


class Restricted(Rejected):
    """The venue does not serve this location; retried at leisure, never in a hurry. The message names the fix."""

    code = "restricted"


class Banned(RateLimited):
    """The venue refuses this address until `retry_after_s` have passed, whatever is asked."""

    code = "banned"


def restricted(venue: str, status: int) -> Restricted:
    """The one wording of a refusal by location."""
    prefix = f"ARBEDGE_VENUES__{venue.upper()}__"
    return Restricted(
        f"restricted from this location (HTTP {status}); set {prefix}BASE_URL or {prefix}PROXY to reach {venue}"
    )


def fault_of(venue: str, what: str, status: int, headers: Mapping[str, str], body: bytes) -> ArbEdgeError | None:
    """The error an answer stands for, or None where it is a good one (2xx). `what` names the call."""
    if 200 <= status < 300:
        return None
    if status in {451, 403}:
        return restricted(venue, status)
    shown = f"{what}: HTTP {status} {_printable(body)}".rstrip()
    if status in {418, 429}:
        kind = Banned if status == 418 else RateLimited
        return kind(shown, retry_after_s=_retry_after_s(headers))
    if status == 407:
        return Disconnected(f"{what}: the proxy refuses our credentials (HTTP 407)")
    return Unavailable(shown) if status >= 500 or status == 408 else Rejected(shown)


def _retry_after_s(headers: Mapping[str, str]) -> float | None:
    """Seconds of a Retry-After header; the date form of it is not used by any venue we speak to."""
    text = headers.get("Retry-After", "")
    try:
        seconds = float(text)
    except ValueError:
        return None
    return seconds if 0 <= seconds < 10_000_000 else None


def _printable(body: bytes) -> str:
    text = body[:_SHOWN_BYTES].decode("utf-8", "replace")
    return "".join(char if char.isprintable() else " " for char in text)
