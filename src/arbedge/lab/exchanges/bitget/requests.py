"""What Bitget's requests have in common, whichever generation: parameters, refusals, endpoints."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TypeAlias

from arbedge.errors import Rejected

__all__ = ["PAGE_MOST", "Endpoint", "Params", "Refused", "symbol_in", "whole_in"]

Params: TypeAlias = Mapping[str, str]

PAGE_MOST = 100
"""Most rows of funding history in one answer."""


class Refused(Rejected):
    """A request the venue refuses: HTTP status, Bitget's code, and its message."""

    code = "lab_refused"

    def __init__(self, status: int, venue_code: str, message: str) -> None:
        super().__init__(message)
        self.status = status
        self.venue_code = venue_code


@dataclass(frozen=True, slots=True)
class Endpoint:
    """One path: the host whose faults strike it, its requests a second, its answer."""

    host: str
    per_s: int
    answer: Callable[[Params], str | bytes]


def symbol_in(params: Params) -> str:
    """The symbol asked for; Refused where there is none."""
    symbol = params.get("symbol", "").upper()
    if not symbol:
        raise Refused(400, "40019", "Parameter symbol cannot be empty")
    return symbol


def whole_in(params: Params, name: str, default: int) -> int:
    """A whole number above 0; Refused for anything else."""
    text = params.get(name, str(default))
    if not text.isdecimal() or int(text) < 1:
        raise Refused(400, "40020", f"Parameter {name} error")
    return int(text)
