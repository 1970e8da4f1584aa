"""What is due when: a bounded schedule on the monotonic clock."""

import heapq
from typing import Generic, TypeVar

__all__ = ["DueSchedule"]

T = TypeVar("T")


class DueSchedule(Generic[T]):
    """Items by due moment (monotonic nanoseconds). Overflow policy `refuse_newest`: `add` says no, and counts."""

    def __init__(self, most: int) -> None:
        self._most = most
        self._heap: list[tuple[int, int, T]] = []
        self._order = 0
        self.refused = 0

    def __len__(self) -> int:
        return len(self._heap)

    def add(self, due_ns: int, item: T) -> bool:
        """Put an item in; False when the schedule is full."""
        if len(self._heap) >= self._most:
            self.refused += 1
            return False
        self._order += 1
        heapq.heappush(self._heap, (due_ns, self._order, item))
        return True

    def take_due(self, now_ns: int) -> T | None:
        """What has been due longest by now; it leaves the schedule. None where nothing is due."""
        if self._heap and self._heap[0][0] <= now_ns:
            return heapq.heappop(self._heap)[2]
        return None
