"""Which quotes are taken: no crossed, empty, not-a-number or out-of-order one, and no absurd jump unconfirmed.

Pure rules first, then the small memory they need by slot: the last clean middle, and a jump waiting for a second
frame to confirm it.
"""

from enum import StrEnum
from typing import NamedTuple

__all__ = ["JUMP_LIMIT", "OpenMids", "QuoteFault", "QuoteSanity", "fault_of"]

JUMP_LIMIT = 0.5
"""A middle that moves by more than this share in one frame waits for a second frame that agrees."""

_INFINITY = float("inf")


class QuoteFault(StrEnum):
    """Why a best bid and ask was not taken."""

    NOT_A_NUMBER = "not_a_number"
    NOT_POSITIVE = "not_positive"
    CROSSED = "crossed"
    JUMP = "jump"
    OUT_OF_ORDER = "out_of_order"


def fault_of(bid: float, bid_qty: float, ask: float, ask_qty: float) -> QuoteFault | None:
    """What is wrong with a quote by itself; None when nothing is. Equal bid and ask count as crossed."""
    if 0.0 < bid < ask < _INFINITY and 0.0 < bid_qty < _INFINITY and 0.0 < ask_qty < _INFINITY:
        return None
    for value in (bid, bid_qty, ask, ask_qty):
        if value != value or value in {_INFINITY, -_INFINITY}:  # noqa: PLR0124 - NaN differs from itself
            return QuoteFault.NOT_A_NUMBER
    if min(bid, bid_qty, ask, ask_qty) <= 0.0:
        return QuoteFault.NOT_POSITIVE
    return QuoteFault.CROSSED


class OpenMids(NamedTuple):
    """The last clean middle by slot (0: none yet), and the shares of it between which the next is no jump."""

    mids: list[float]
    low: float
    high: float


class QuoteSanity:
    """Judges quotes slot by slot. Not told of a slot's loss: the last clean middle stays the measure of a jump."""

    def __init__(self, *, jump_limit: float = JUMP_LIMIT) -> None:
        self._high = 1 + jump_limit
        self._low = 1 / (1 + jump_limit)
        self._mids: list[float] = []
        self._pending: dict[int, float] = {}

    def extend(self, count: int) -> None:
        """Add slots."""
        self._mids.extend([0.0] * count)

    def open_mids(self) -> OpenMids:
        """The memory of mids itself, for the intake's one loop."""
        return OpenMids(self._mids, self._low, self._high)

    def judge(  # noqa: PLR0913 - one call a frame: values stay on the stack
        self,
        slot: int,
        bid: float,
        bid_qty: float,
        ask: float,
        ask_qty: float,
        sequence: int,
        last_sequence: int,
    ) -> QuoteFault | None:
        """What is wrong with a frame, or None: it may be stored.

        `sequence` 0 means the venue numbers nothing; an equal number is a repeat and fine. A jump is measured on
        the middle against the last clean one, by more than half up or a third down, and passes when the next
        frame lies within the same limit of it.
        """
        if sequence and sequence < last_sequence:
            return QuoteFault.OUT_OF_ORDER
        fault = fault_of(bid, bid_qty, ask, ask_qty)
        if fault is not None:
            return fault
        mid = (bid + ask) * 0.5
        last = self._mids[slot]
        if last and not last * self._low <= mid <= last * self._high:
            pending = self._pending.get(slot)
            if pending is None or not pending * self._low <= mid <= pending * self._high:
                self._pending[slot] = mid
                return QuoteFault.JUMP
        if self._pending:
            self._pending.pop(slot, None)
        self._mids[slot] = mid
        return None
