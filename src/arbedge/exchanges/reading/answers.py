"""Answers of REST as values: decoded by shape, with the clocks they came under; and a book among them."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Generic, TypeVar

from arbedge.domain.instrument import InstrumentId
from arbedge.domain.quote import Book
from arbedge.errors import IntegrityError
from arbedge.exchanges.transport.http import Answer
from arbedge.exchanges.transport.payloads import GARBAGE, WireLevel, are_plain, decode

__all__ = ["Told", "book_of", "read_answer"]

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Told(Generic[T]):
    """An answer's meaning, and when it was asked and had arrived: wall clock (UTC ms) and monotonic."""

    value: T
    sent_ms: float
    received_ms: float
    received_ns: int

    def of(self, value: "U") -> "Told[U]":
        """Another value that came with the same answer."""
        return Told(value, self.sent_ms, self.received_ms, self.received_ns)


U = TypeVar("U")


def read_answer(answer: Answer, shape: type[T], what: str) -> Told[T]:
    """A body as `shape`; `what` names venue and call in the `IntegrityError` of one that makes no sense."""
    try:
        value = decode(answer.body, shape)
    except GARBAGE as error:
        raise IntegrityError(f"{what} makes no sense: {error}") from error
    return Told(value, answer.sent_ms, answer.received_ms, answer.received_ns)


def book_of(
    instrument: InstrumentId,
    sides: tuple[Sequence[WireLevel], Sequence[WireLevel]],
    sequence: int,
    venue_at_ms: int | None,
    received_ns: int,
) -> Book:
    """A book of bids and asks as sent, levels of size 0 dropped; `IntegrityError` for what is no number."""
    bids, asks = sides
    if not (are_plain(bids) and are_plain(asks)):
        raise IntegrityError(f"{instrument}: the book holds something that is not a number")
    return Book(
        instrument=instrument,
        bids=tuple(level for level in bids if level[1].strip("0.")),
        asks=tuple(level for level in asks if level[1].strip("0.")),
        sequence=sequence,
        venue_at_ms=venue_at_ms,
        received_ns=received_ns,
    )
