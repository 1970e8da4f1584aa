"""Sequence ids of OKX's books: the world's update ids, until maintenance makes a book count from low ids again."""

from collections.abc import Iterable

from arbedge.lab.books import LiveBook
from arbedge.lab.faults import Fault
from arbedge.lab.stage import Stage

__all__ = ["Numbering"]

_BEGIN = 3


class Numbering:
    """What each book's ids are told as. The fault `sequence_reset` strikes once, every book it is aimed at."""

    def __init__(self, stage: Stage) -> None:
        self._stage = stage
        self._shifts: dict[str, int] = {}
        self._struck: Fault | None = None

    def told(self, book: LiveBook, update_id: int | None = None) -> int:
        """The sequence id of a state of the book, the present one unless told."""
        known = book.update_id if update_id is None else update_id
        return known - self._shifts.get(book.listing.symbol, 0)

    def watch(self, books: Iterable[LiveBook]) -> None:
        """Begin anew for the books a fresh reset is aimed at; the next message of each tells a lower id."""
        faults = self._stage.faults
        if faults.is_quiet:
            return
        fault = next((fault for fault in faults.staged() if fault.name == "sequence_reset"), None)
        if fault is None or fault is self._struck:
            return
        self._struck = fault
        for book in books:
            item = book.listing
            if faults.active("sequence_reset", item.market, item.symbol) is not None:
                self._shifts[item.symbol] = book.update_id - _BEGIN
