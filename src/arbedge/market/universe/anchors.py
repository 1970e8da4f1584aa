"""The spot coins an instrument rests on: its own where it is spot, else those its published index reads."""

from collections.abc import Sequence
from typing import TypeAlias

from arbedge.domain.instrument import MarketKind
from arbedge.market.ports import IndexComponent
from arbedge.market.universe.registry import Universe

__all__ = ["Anchor", "IndexAnchors"]

_VENUE_ALIASES = {"okex": "okx", "binance spot": "binance", "bybit spot": "bybit"}

Anchor: TypeAlias = tuple[str, str]
"""A coin as one venue knows it: (venue, its ticker there)."""


class IndexAnchors:
    """Which index components were read, and the coins they name."""

    def __init__(self, universe: Universe) -> None:
        self._universe = universe
        self._components: dict[int, tuple[IndexComponent, ...]] = {}
        self._anchors: dict[int, frozenset[Anchor]] = {}
        self._spot_bases: dict[tuple[str, str], str] = {}
        self._seen_version = -1

    def learn(self, slot: int, components: Sequence[IndexComponent]) -> None:
        """Take in what a perpetual's index is made of; empty means the venue does not publish it."""
        self._components[slot] = tuple(components)
        self._anchors.pop(slot, None)

    def forget(self, slot: int) -> None:
        """What was read of a perpetual's index counts no longer."""
        self._components.pop(slot, None)
        self._anchors.pop(slot, None)

    def has_read(self, slot: int) -> bool:
        """Whether the index components of a perpetual were read."""
        return slot in self._components

    def of(self, slot: int) -> frozenset[Anchor]:
        """The coins an instrument rests on; empty for a perpetual whose index is unread or unpublished."""
        self._renew()
        anchors = self._anchors.get(slot)
        if anchors is None:
            instrument = self._universe.instruments[slot]
            if instrument.id.kind is MarketKind.SPOT:
                anchors = frozenset({(instrument.id.venue, instrument.base)})
            else:
                anchors = frozenset(map(self._anchor, self._components.get(slot, ())))
            self._anchors[slot] = anchors
        return anchors

    def readers(self, *slots: int) -> str:
        """Whose indexes were read, in words."""
        perps = [str(self._universe.instruments[slot].id) for slot in slots if slot in self._components]
        return f"the index of {' and of '.join(perps)} reads"

    def problem(self, first: int, second: int) -> str:
        """Why the indexes do not join two slots, in words."""
        instruments = self._universe.instruments
        perps = [slot for slot in (first, second) if instruments[slot].id.kind is MarketKind.PERP]
        if not perps:
            return "no index joins two spot markets of different venues"
        for slot in perps:
            name = instruments[slot].id
            if slot not in self._components:
                return f"the index components of {name} are not yet read"
            if not self._components[slot]:
                return f"the venue publishes no index components of {name}"
        named = sorted({f"{each.venue}:{each.symbol}" for slot in perps for each in self._components[slot]})
        others = [str(instruments[slot].id) for slot in (first, second) if slot not in perps]
        target = others[0] if others else "a spot market both share"
        return f"the index names {', '.join(named[:4])}{'…' if len(named) > 4 else ''}, not {target}"

    def is_awaited(self, first: int, second: int) -> bool:
        """Whether an index that could join the two has not been read yet."""
        instruments = self._universe.instruments
        return any(
            instruments[slot].id.kind is MarketKind.PERP and slot not in self._components
            for slot in (first, second)
        )

    def _anchor(self, component: IndexComponent) -> Anchor:
        """The coin a component names; its whole symbol where that venue's listing is not known here."""
        venue = component.venue.strip().lower()
        venue = _VENUE_ALIASES.get(venue, venue)
        symbol = _plain(component.symbol)
        return (venue, self._spot_bases.get((venue, symbol), symbol))

    def _renew(self) -> None:
        """Rebuild what depends on the listing when the listing changed."""
        if self._seen_version == self._universe.version:
            return
        self._seen_version = self._universe.version
        self._anchors.clear()
        self._spot_bases = {
            (each.id.venue, _plain(each.id.symbol)): each.base
            for each in self._universe.instruments
            if each.id.kind is MarketKind.SPOT
        }


def _plain(symbol: str) -> str:
    """A spot symbol without what venues put between base and quote: `PEPE/USDT`, `PEPE-USDT` and `PEPEUSDT` agree.

    Only ever compared within one venue, whose own spellings without the separator are distinct.
    """
    return symbol.strip().upper().replace("/", "").replace("-", "").replace("_", "")
