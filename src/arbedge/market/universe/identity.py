"""Whether two instruments stand for the same asset: what it rests on, or why it is not known.

A ticker proves nothing: the same letters are different coins on different venues, and `1000CAT` is a thousand CAT
on one venue and a coin of its own on another. What counts (opportunities.md, "Identity"): one balance of one venue,
a perpetual's published index naming the spot, a configured seed list; and always prices that agree after
multipliers. A finding says in words what
it rests on, or what is missing.
"""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from math import isfinite, log10

from arbedge.domain.instrument import AssetClass, Instrument, InstrumentStatus, MarketKind
from arbedge.domain.opportunity import IdentityLevel
from arbedge.market.facts import IdentityFinding
from arbedge.market.ports import IndexComponent
from arbedge.market.universe.registry import Universe

__all__ = ["RATIO_BAND_LOG10", "AssetIdentity", "collisions"]

RATIO_BAND_LOG10 = 0.15
"""Prices may differ by a factor of 10**0.15 = 1.41: far above any gap worth showing (the plausibility gate stops
at 10 %), far below the factor 10 of a wrong multiplier."""

_VENUE_ALIASES = {"okex": "okx", "binance spot": "binance", "bybit spot": "bybit"}

Anchor = tuple[str, str]
"""A coin as one venue knows it: (venue, its ticker there)."""


class AssetIdentity:
    """Findings for pairs of slots; holds which index components were read, and nothing of prices."""

    def __init__(self, universe: Universe, seed: Iterable[str], *, band_log10: float = RATIO_BAND_LOG10) -> None:
        self._universe = universe
        self._seed = frozenset(seed)
        self._band_log10 = band_log10
        self._components: dict[int, tuple[IndexComponent, ...]] = {}
        self._anchors: dict[int, frozenset[Anchor]] = {}
        self._claims: Mapping[tuple[str, MarketKind, str, str], int] = {}
        self._spot_bases: Mapping[tuple[str, str], str] = {}
        self._seen_version = -1

    def learn(self, slot: int, components: Sequence[IndexComponent]) -> None:
        """Take in what a perpetual's index is made of; empty means the venue does not publish it."""
        self._components[slot] = tuple(components)
        self._anchors.pop(slot, None)

    def has_read(self, slot: int) -> bool:
        """Whether the index components of a perpetual were read."""
        return slot in self._components

    def find(self, first: int, second: int, prices: tuple[float, float]) -> IdentityFinding:
        """The finding for two slots; `prices` are theirs in reporting currency a base unit (NaN: none)."""
        self._renew()
        one, two = self._universe.instruments[first], self._universe.instruments[second]
        problem = _differs(one, two) or self._ratio_problem(prices)
        if problem is not None:
            return IdentityFinding(IdentityLevel.UNKNOWN, problem)
        if _is_one_balance(one, two):
            return IdentityFinding(
                IdentityLevel.ADDRESS, f"{one.base} is one balance of {one.id.venue}; {_ratio_text(prices)}"
            )
        shared = self._anchors_of(first) & self._anchors_of(second)
        if shared:
            venue, ticker = min(shared)
            return IdentityFinding(
                IdentityLevel.INDEX,
                f"{self._who_reads(first, second)} {venue}'s {ticker} spot; {_ratio_text(prices)}",
            )
        return self._by_seed(first, second, prices)

    def _by_seed(self, first: int, second: int, prices: tuple[float, float]) -> IdentityFinding:
        one, two = self._universe.instruments[first], self._universe.instruments[second]
        missing = self._index_problem(first, second)
        if one.asset not in self._seed:
            return IdentityFinding(IdentityLevel.UNKNOWN, f"{missing}, and {one.asset} is not on the seed list")
        if one.asset_class is not two.asset_class:
            classes = f"{one.asset_class} and {two.asset_class}"
            return IdentityFinding(IdentityLevel.UNKNOWN, f"{missing}, and the asset classes are {classes}")
        for each in (one, two):
            if self._claims.get(_claim_of(each), 0) > 1:
                rivals = f"several {each.id.kind} instruments of {each.id.venue} claim {each.asset}/{each.quote}"
                return IdentityFinding(IdentityLevel.UNKNOWN, f"{missing}, and {rivals}")
        return IdentityFinding(
            IdentityLevel.RATIO, f"{one.asset} is on the seed list; {_ratio_text(prices)} ({missing})"
        )

    def _renew(self) -> None:
        """Rebuild what depends on the listing when the listing changed."""
        if self._seen_version == self._universe.version:
            return
        self._seen_version = self._universe.version
        self._anchors.clear()
        self._claims = collisions(self._universe.instruments)
        self._spot_bases = {
            (each.id.venue, _plain(each.id.symbol)): each.base
            for each in self._universe.instruments
            if each.id.kind is MarketKind.SPOT
        }

    def _anchors_of(self, slot: int) -> frozenset[Anchor]:
        anchors = self._anchors.get(slot)
        if anchors is None:
            instrument = self._universe.instruments[slot]
            if instrument.id.kind is MarketKind.SPOT:
                anchors = frozenset({(instrument.id.venue, instrument.base)})
            else:
                anchors = frozenset(map(self._anchor, self._components.get(slot, ())))
            self._anchors[slot] = anchors
        return anchors

    def _anchor(self, component: IndexComponent) -> Anchor:
        """The coin a component names; its whole symbol where that venue's listing is not known here."""
        venue = component.venue.strip().lower()
        venue = _VENUE_ALIASES.get(venue, venue)
        symbol = _plain(component.symbol)
        return (venue, self._spot_bases.get((venue, symbol), symbol))

    def _ratio_problem(self, prices: tuple[float, float]) -> str | None:
        if not all(isfinite(price) and price > 0 for price in prices):
            return "no live price on both legs to compare"
        if abs(log10(prices[0] / prices[1])) >= self._band_log10:
            return f"prices a base unit differ by a factor of {_factor(prices):.4g}: not one asset, or a multiplier"
        return None

    def _index_problem(self, first: int, second: int) -> str:
        """Why the index does not decide, in words."""
        perps = [slot for slot in (first, second) if self._universe.instruments[slot].id.kind is MarketKind.PERP]
        if not perps:
            return "no index joins two spot markets of different venues"
        for slot in perps:
            name = self._universe.instruments[slot].id
            if slot not in self._components:
                return f"the index components of {name} are not yet read"
            if not self._components[slot]:
                return f"the venue publishes no index components of {name}"
        named = sorted({f"{each.venue}:{each.symbol}" for slot in perps for each in self._components[slot]})
        others = [str(self._universe.instruments[slot].id) for slot in (first, second) if slot not in perps]
        target = others[0] if others else "a spot market both share"
        return f"the index names {', '.join(named[:4])}{'…' if len(named) > 4 else ''}, not {target}"

    def _who_reads(self, first: int, second: int) -> str:
        perps = [str(self._universe.instruments[slot].id) for slot in (first, second) if slot in self._components]
        return f"the index of {' and of '.join(perps)} reads"


def _plain(symbol: str) -> str:
    """A spot symbol without what venues put between base and quote: `PEPE/USDT`, `PEPE-USDT` and `PEPEUSDT` agree.

    Only ever compared within one venue, whose own spellings without the separator are distinct.
    """
    return symbol.strip().upper().replace("/", "").replace("-", "").replace("_", "")


def collisions(instruments: Iterable[Instrument]) -> Mapping[tuple[str, MarketKind, str, str], int]:
    """How many listed instruments claim one asset in one market: more than one is a collision."""
    return Counter(_claim_of(each) for each in instruments if each.status is not InstrumentStatus.DELISTED)


def _claim_of(instrument: Instrument) -> tuple[str, MarketKind, str, str]:
    return (instrument.id.venue, instrument.id.kind, instrument.asset, instrument.quote)


def _differs(one: Instrument, two: Instrument) -> str | None:
    if one.asset != two.asset:
        return f"different assets: {one.asset} and {two.asset}"
    known = AssetClass.UNKNOWN not in {one.asset_class, two.asset_class}
    if known and one.asset_class is not two.asset_class:
        return f"different asset classes: {one.asset_class} and {two.asset_class}"
    return None


def _is_one_balance(one: Instrument, two: Instrument) -> bool:
    return (
        one.id.venue == two.id.venue
        and one.id.kind is MarketKind.SPOT
        and two.id.kind is MarketKind.SPOT
        and one.base == two.base
    )


def _factor(prices: tuple[float, float]) -> float:
    return max(prices) / min(prices)


def _ratio_text(prices: tuple[float, float]) -> str:
    return f"prices a base unit agree within {(_factor(prices) - 1) * 100:.2f} %"
