"""Events waiting for the archive: openings and closings never drop, updates merge when there are too many."""

from collections.abc import Iterable, Mapping
from itertools import islice

from arbedge.domain.events import OpportunityChange, OpportunityEvent

__all__ = ["EventBacklog"]


class EventBacklog:
    """A bounded line of events with the overflow policy `merge_updates`.

    Past `most` waiting events, the updates of one opportunity merge into the newest of them, counted in `merged`;
    every opening and every closing stays, in order. Detection cannot wait for a disk, so this line does. With the
    archive away for long it holds at most three events for each opportunity of that time.
    """

    def __init__(self, most: int) -> None:
        self._most = most
        self._merge_beyond = most
        self._waiting: dict[int, OpportunityEvent] = {}
        self._next = 0
        self.merged = 0

    def __len__(self) -> int:
        return len(self._waiting)

    def add(self, event: OpportunityEvent) -> None:
        """Put an event at the end of the line."""
        self._waiting[self._next] = event
        self._next += 1
        if len(self._waiting) > self._merge_beyond:
            self._merge()

    def first(self, most: int) -> Mapping[int, OpportunityEvent]:
        """The first events of the line by ticket, in order; they stay in it until `drop`."""
        return dict(islice(self._waiting.items(), most))

    def drop(self, tickets: Iterable[int]) -> None:
        """The events of these tickets are safe now."""
        for ticket in tickets:
            self._waiting.pop(ticket, None)
        if len(self._waiting) <= self._most:
            self._merge_beyond = self._most

    def _merge(self) -> None:
        updates = [t for t, event in self._waiting.items() if event.change is OpportunityChange.UPDATED]
        newest = {self._waiting[ticket].opportunity.id: ticket for ticket in updates}
        for ticket in updates:
            if newest[self._waiting[ticket].opportunity.id] != ticket:
                del self._waiting[ticket]
                self.merged += 1
        # What is left may not shrink further: look again only once as much has come on top of it.
        self._merge_beyond = max(self._most, 2 * len(self._waiting))
