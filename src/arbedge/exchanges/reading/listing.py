"""What a venue lists: rows to instruments, spot asked once for two questions, what made no sense kept by name."""

import asyncio
from collections.abc import Awaitable, Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import TypeVar

from arbedge.domain.instrument import Instrument, MarketKind
from arbedge.errors import Invalid
from arbedge.foundation.runtime.clock import Clock

__all__ = ["Listing", "ListingDesk", "joined", "once_each", "read_listing"]

Row = TypeVar("Row")

_FRESH_NS = 5_000_000_000
"""A spot listing this young also serves the perps' question for spot bases, so that one start asks once."""


@dataclass(frozen=True, slots=True)
class Listing:
    """What a list of one kind holds: instruments in the venue's order, and symbols that made no sense."""

    instruments: tuple[Instrument, ...]
    unreadable: tuple[str, ...]


def read_listing(
    rows: Iterable[Row], read: Callable[[Row], Instrument], symbol_of: Callable[[Row], str]
) -> Listing:
    """Every row that can be read; a row `read` raises `Invalid` for is named among the unreadable."""
    instruments: list[Instrument] = []
    unreadable: list[str] = []
    for row in rows:
        try:
            instruments.append(read(row))
        except Invalid:
            unreadable.append(symbol_of(row))
    return Listing(tuple(instruments), tuple(unreadable))


def joined(parts: Iterable[Listing]) -> Listing:
    """One listing of several, in their order."""
    instruments: list[Instrument] = []
    unreadable: list[str] = []
    for part in parts:
        instruments += part.instruments
        unreadable += part.unreadable
    return Listing(tuple(instruments), tuple(unreadable))


def once_each(listing: Listing) -> tuple[Listing, tuple[str, ...]]:
    """The listing with the first of each symbol, and the symbols of those that were left out."""
    instruments: dict[str, Instrument] = {}
    doubled = [
        each.id.symbol for each in listing.instruments if instruments.setdefault(each.id.symbol, each) is not each
    ]
    return Listing(tuple(instruments.values()), listing.unreadable), tuple(doubled)


class ListingDesk:
    """Asks a venue for its listings. `read_perps` is given the bases of the venue's spot market.

    The bases say whether 1000PEPE is a thousand PEPE; they are empty where spot is not among `kinds`.
    """

    def __init__(
        self,
        clock: Clock,
        kinds: tuple[MarketKind, ...],
        read_spot: Callable[[], Awaitable[Listing]],
        read_perps: Callable[[frozenset[str]], Awaitable[Listing]],
    ) -> None:
        self._clock = clock
        self._kinds = kinds
        self._read_spot = read_spot
        self._read_perps = read_perps
        self._spot_turn = asyncio.Lock()
        self._spot: Listing | None = None
        self._spot_at_ns = 0
        self._unreadable: dict[MarketKind, tuple[str, ...]] = {}

    @property
    def unreadable(self) -> Mapping[MarketKind, tuple[str, ...]]:
        """Symbols of the last listings whose rules made no sense, left out of `fetch`."""
        return self._unreadable

    async def fetch(self, kind: MarketKind) -> tuple[Instrument, ...]:
        """Every instrument of that kind, in the venue's order."""
        listing = await (self._fresh_spot() if kind is MarketKind.SPOT else self._perps())
        self._unreadable[kind] = listing.unreadable
        return listing.instruments

    async def _perps(self) -> Listing:
        return await self._read_perps(await self._spot_bases())

    async def _spot_bases(self) -> frozenset[str]:
        if MarketKind.SPOT not in self._kinds:
            return frozenset()
        listing = self._spot if self._spot is not None else await self._fresh_spot()
        return frozenset(instrument.base for instrument in listing.instruments)

    async def _fresh_spot(self) -> Listing:
        async with self._spot_turn:
            is_young = self._clock.monotonic_ns() - self._spot_at_ns < _FRESH_NS
            if self._spot is None or not is_young:
                self._spot = await self._read_spot()
                self._spot_at_ns = self._clock.monotonic_ns()
            return self._spot
