"""Rows of a long list, read anew only where they changed, a few at a time.

A list of markets is asked for every minute and hardly ever differs from the last one. What a row was made into is
remembered under a digest (BLAKE2b, 128 bits) of the bytes the row came as; a row that comes in the same bytes is
neither decoded nor parsed again. A first list, and one read by other bases, is parsed whole, in turns.
"""

import asyncio
import hashlib
from collections.abc import Callable, Sequence
from typing import Generic, TypeVar

import msgspec

from arbedge.errors import IntegrityError
from arbedge.exchanges.transport.payloads import GARBAGE

__all__ = ["RowMemory"]

Row = TypeVar("Row")
Made = TypeVar("Made")

_DIGEST_BYTES = 16
_TURN = 400
"""Work before the event loop goes on, in known rows: about one millisecond."""
_NEW_ROW = 16
"""What a row that has to be decoded and parsed costs, in known rows."""


class RowMemory(Generic[Row, Made]):
    """What the rows of one list were made into; `make` is given the row and the bases of the venue's spot market.

    `what` names the list in the `IntegrityError` of a row that does not fit `shape`. Only the last list is
    remembered, so that memory is bounded by it. Two tasks may read at once; the last one to end is remembered.
    """

    def __init__(self, what: str, shape: type[Row], make: Callable[[Row, frozenset[str]], Made]) -> None:
        self._what = what
        self._make = make
        self._decode = msgspec.json.Decoder(shape, strict=False).decode
        self._known: dict[bytes, Made] = {}
        self._bases: frozenset[str] = frozenset()

    async def read(self, rows: Sequence[msgspec.Raw], bases: frozenset[str] = frozenset()) -> list[Made]:
        """What each row is made into, in their order; others take their turns meanwhile."""
        before = self._known if bases == self._bases else {}
        now: dict[bytes, Made] = {}
        made: list[Made] = []
        work = 0
        for row in rows:
            key = hashlib.blake2b(row, digest_size=_DIGEST_BYTES).digest()
            found = before.get(key)
            if found is None:
                found = self._make(self._decoded(row), bases)
                work += _NEW_ROW
            now[key] = found
            made.append(found)
            work += 1
            if work >= _TURN:
                work = 0
                await asyncio.sleep(0)
        self._known, self._bases = now, bases
        return made

    def _decoded(self, row: msgspec.Raw) -> Row:
        try:
            return self._decode(row)
        except GARBAGE as error:
            raise IntegrityError(f"{self._what} makes no sense: {error}") from error
