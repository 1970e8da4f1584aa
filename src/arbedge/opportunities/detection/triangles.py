"""Triangles of one venue: three spot trades that start and end in one currency, by base and quote fields only.

Symbols are never taken apart: whether `CTUSD` is C in TUSD or CT in USD is what the venue's own fields say.
"""

from collections import defaultdict
from collections.abc import Iterator
from typing import NamedTuple

from arbedge.domain.instrument import Instrument
from arbedge.domain.opportunity import Side

__all__ = ["Triangle", "TriangleFinder"]


class Triangle(NamedTuple):
    """Three spot trades in order: slots, and the side of each."""

    slots: tuple[int, int, int]
    sides: tuple[Side, Side, Side]


class TriangleFinder:
    """Finds the triangles each new spot instrument completes; every one is found exactly once, in both directions.

    A triangle has two instruments that touch the home currency and one that crosses between the other two, so it
    is complete when the last of the three is added.
    """

    def __init__(self, home: str) -> None:
        self._home = home
        self._market: dict[int, tuple[str, str]] = {}
        self._homes: dict[tuple[str, str], list[int]] = defaultdict(list)
        self._crosses: dict[tuple[str, str], list[int]] = defaultdict(list)

    def add(self, slot: int, instrument: Instrument) -> Iterator[Triangle]:
        """Take in one spot instrument; yields the triangles it completes."""
        venue, base, quote = instrument.id.venue, instrument.base, instrument.quote
        if base == quote:
            return
        self._market[slot] = (base, quote)
        if self._home in {base, quote}:
            other = quote if base == self._home else base
            self._homes[venue, other].append(slot)
            yield from self._completed_by_home(venue, slot, other)
        else:
            self._crosses[venue, base].append(slot)
            self._crosses[venue, quote].append(slot)
            for first in self._homes[venue, base]:
                for last in self._homes[venue, quote]:
                    yield from self._both_ways(first, slot, last)

    def _completed_by_home(self, venue: str, slot: int, other: str) -> Iterator[Triangle]:
        for cross in self._crosses[venue, other]:
            base, quote = self._market[cross]
            for last in self._homes[venue, quote if base == other else base]:
                yield from self._both_ways(slot, cross, last)

    def _both_ways(self, first: int, cross: int, last: int) -> Iterator[Triangle]:
        yield self._walk((first, cross, last))
        yield self._walk((last, cross, first))

    def _walk(self, slots: tuple[int, int, int]) -> Triangle:
        held, sides = self._home, []
        for slot in slots:
            base, quote = self._market[slot]
            sides.append(Side.BUY if held == quote else Side.SELL)
            held = base if held == quote else quote
        return Triangle(slots, (sides[0], sides[1], sides[2]))
