"""Whether two instruments stand for the same asset: what it rests on, or why it is not known.

A ticker proves nothing: the same letters are different coins on different venues, and `1000CAT` is a thousand CAT
on one venue and a coin of its own on another. What counts, strongest first (opportunities.md, "Identity"): one
balance or one contract address, a perpetual's published index naming the spot, a day of agreeing prices on three
venues, a configured seed list, a person's word; and always prices that agree now, after multipliers, which is also
what proves a multiplier. A finding says in words what it rests on, or what is missing.
"""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from math import isfinite, log10
from typing import TypeAlias

from arbedge.domain.instrument import AssetClass, Instrument, InstrumentStatus, MarketKind
from arbedge.domain.opportunity import IdentityLevel
from arbedge.domain.quarantine import Doubt, HandDecision, Verdict
from arbedge.market.facts import IdentityFinding
from arbedge.market.ports import IndexComponent
from arbedge.market.universe.anchors import IndexAnchors
from arbedge.market.universe.decisions import Decisions
from arbedge.market.universe.ports import AddressBook, PriceRecord
from arbedge.market.universe.ratio import HOURS, VENUES, PriceAgreement, RatioFinding
from arbedge.market.universe.registry import Universe

__all__ = ["RATIO_BAND_LOG10", "AssetIdentity", "IdentitySources", "collisions"]

RATIO_BAND_LOG10 = 0.15
"""Prices may differ by a factor of 10**0.15 = 1.41: far above any gap worth showing (the plausibility gate stops
at 10 %), far below the factor 10 of a wrong multiplier."""

_Prices: TypeAlias = tuple[float, float]
_Claim: TypeAlias = tuple[str, MarketKind, str, str]


class _NoAddresses:
    """An address book of nobody."""

    def contracts(self, venue: str, coin: str) -> frozenset[tuple[str, str]]:
        """Nothing is known."""
        _ = venue, coin
        return frozenset()


@dataclass(frozen=True, slots=True)
class IdentitySources:
    """What identity may draw on besides indexes: recorded prices, contract addresses, the band of ratios (0.02)."""

    record: PriceRecord | None = None
    addresses: AddressBook | None = None
    band: float = 0.02


class AssetIdentity:
    """Findings for pairs of slots; the same for either order of the pair and any order of listing."""

    def __init__(self, universe: Universe, seed: Iterable[str], sources: IdentitySources | None = None) -> None:
        sources = sources or IdentitySources()
        self._universe = universe
        self._seed = frozenset(seed)
        self._addresses: AddressBook = sources.addresses or _NoAddresses()
        self._anchors = IndexAnchors(universe)
        self._agreement = PriceAgreement(universe, sources.record, band=sources.band)
        self.decisions = Decisions(universe)
        self._claims: Mapping[_Claim, int] = {}
        self._seen_version = -1

    def learn(self, slot: int, components: Sequence[IndexComponent]) -> None:
        """Take in what a perpetual's index is made of; empty means the venue does not publish it."""
        self._anchors.learn(slot, components)

    def has_read(self, slot: int) -> bool:
        """Whether the index components of a perpetual were read."""
        return self._anchors.has_read(slot)

    def forget(self, slots: Iterable[int]) -> None:
        """These may stand for something else from now on: indexes read and prices recorded before do not count."""
        for slot in slots:
            self._anchors.forget(slot)
            self._agreement.forget(slot)

    def find(self, first: int, second: int, prices: _Prices) -> IdentityFinding:
        """The finding for two slots; `prices` are theirs in reporting currency a base unit (NaN: none)."""
        self._renew()
        one, two = self._universe.instruments[first], self._universe.instruments[second]
        if str(one.id) > str(two.id):
            return self.find(second, first, (prices[1], prices[0]))
        problem = _differs(one, two)
        if problem is not None:
            return _unknown(problem)
        decision = self.decisions.find(one, two)
        if decision is not None and decision.verdict is Verdict.REJECTED:
            return _unknown(f"rejected by hand on {decision.at:%Y-%m-%d}: {decision.reason}")
        apart = _price_problem(one, two, prices)
        if apart is not None:
            return apart
        finding = self._proof(first, second, prices)
        if finding.level is IdentityLevel.UNKNOWN and decision is not None:
            return _approved(decision, prices)
        return finding

    def _proof(self, first: int, second: int, prices: _Prices) -> IdentityFinding:
        """What can be proved without anyone's word, strongest first."""
        one, two = self._universe.instruments[first], self._universe.instruments[second]
        finding = self._by_address(one, two, prices)
        if finding is not None:
            return finding
        shared = self._anchors.of(first) & self._anchors.of(second)
        if shared:
            venue, ticker = min(shared)
            basis = (
                f"{self._anchors.readers(first, second)} {venue}'s {ticker} spot; {_ratio_text(one, two, prices)}"
            )
            return IdentityFinding(IdentityLevel.INDEX, basis)
        record = self._agreement.find(first, second)
        if record.is_proof and AssetClass.UNKNOWN not in {one.asset_class, two.asset_class}:
            basis = (
                f"prices within {_pct(record.apart)} of one another for {record.hours:.0f} h on"
                f" {', '.join(record.venues)}; {_ratio_text(one, two, prices)}"
            )
            return IdentityFinding(IdentityLevel.RATIO, basis)
        return self._by_seed(first, second, prices, record)

    def _by_address(self, one: Instrument, two: Instrument, prices: _Prices) -> IdentityFinding | None:
        if not one.id.kind is two.id.kind is MarketKind.SPOT:
            return None
        if (one.id.venue, one.base) == (two.id.venue, two.base):
            basis = f"{one.base} is one balance of {one.id.venue}; {_ratio_text(one, two, prices)}"
            return IdentityFinding(IdentityLevel.ADDRESS, basis)
        here, there = (self._addresses.contracts(each.id.venue, each.base) for each in (one, two))
        shared = here & there
        if shared:
            network, contract = min(shared)
            basis = f"contract {contract} on {network} at both venues; {_ratio_text(one, two, prices)}"
            return IdentityFinding(IdentityLevel.ADDRESS, basis)
        networks = sorted({network for network, _ in here} & {network for network, _ in there})
        if networks:
            basis = f"the venues name different contracts of {one.asset} on {', '.join(networks[:3])}"
            return _unknown(basis, Doubt.COLLISION, prices)
        return None

    def _by_seed(self, first: int, second: int, prices: _Prices, record: RatioFinding) -> IdentityFinding:
        one, two = self._universe.instruments[first], self._universe.instruments[second]
        missing = self._anchors.problem(first, second)
        doubt = (
            None if self._anchors.is_awaited(first, second) else _doubt_of(one, two, record, self._agreement.band)
        )
        if one.asset not in self._seed:
            text = f"{missing}; {self._record_text(record)}; and {one.asset} is not on the seed list"
            return _unknown(text, doubt, prices)
        if one.asset_class is not two.asset_class:
            classes = f"{one.asset_class} and {two.asset_class}"
            return _unknown(f"{missing}, and the asset classes are {classes}", doubt, prices)
        if record.apart is not None and log10(1 + record.apart) >= RATIO_BAND_LOG10:
            text = f"{missing}, and recorded prices were {_pct(record.apart)} apart"
            return _unknown(text, Doubt.COLLISION, prices)
        for each in (one, two):
            if self._claims.get(_claim_of(each), 0) > 1:
                rivals = f"several {each.id.kind} instruments of {each.id.venue} claim {each.asset}/{each.quote}"
                return _unknown(f"{missing}, and {rivals}", Doubt.COLLISION, prices)
        basis = f"{one.asset} is on the seed list; {_ratio_text(one, two, prices)} ({missing})"
        return IdentityFinding(IdentityLevel.RATIO, basis)

    def _record_text(self, record: RatioFinding) -> str:
        if record.apart is None:
            return f"no recorded prices of both ({HOURS:g} h on {VENUES} venues needed)"
        if record.apart > self._agreement.band:
            return f"recorded prices were up to {_pct(record.apart)} apart, {_pct(self._agreement.band)} allowed"
        if not record.venues:
            return f"prices agree for {record.hours:.1f} h so far, {HOURS:g} h needed"
        return f"prices agree on {len(record.venues)} venues, {VENUES} needed"

    def _renew(self) -> None:
        """Rebuild what depends on the listing when the listing changed."""
        if self._seen_version != self._universe.version:
            self._seen_version = self._universe.version
            self._claims = collisions(self._universe.instruments)


def collisions(instruments: Iterable[Instrument]) -> Mapping[_Claim, int]:
    """How many listed instruments claim one asset in one market: more than one is a collision."""
    return Counter(_claim_of(each) for each in instruments if each.status is not InstrumentStatus.DELISTED)


def _unknown(basis: str, doubt: Doubt | None = None, prices: _Prices | None = None) -> IdentityFinding:
    ratio = None if prices is None else prices[0] / prices[1]
    return IdentityFinding(IdentityLevel.UNKNOWN, basis, doubt, ratio)


def _approved(decision: HandDecision, prices: _Prices) -> IdentityFinding:
    apart = _pct(_factor(prices) - 1)
    basis = f"approved by hand on {decision.at:%Y-%m-%d}: {decision.reason}; prices agree within {apart}"
    return IdentityFinding(IdentityLevel.RATIO, basis)


def _claim_of(instrument: Instrument) -> _Claim:
    return (instrument.id.venue, instrument.id.kind, instrument.asset, instrument.quote)


def _differs(one: Instrument, two: Instrument) -> str | None:
    if one.asset != two.asset:
        return f"different assets: {one.asset} and {two.asset}"
    known = AssetClass.UNKNOWN not in {one.asset_class, two.asset_class}
    if known and one.asset_class is not two.asset_class:
        return f"different asset classes: {' and '.join(sorted((one.asset_class, two.asset_class)))}"
    return None


def _price_problem(one: Instrument, two: Instrument, prices: _Prices) -> IdentityFinding | None:
    """Prices that say the two are not one asset, or that one holds not as many units as its ticker claims."""
    if not all(isfinite(price) and price > 0 for price in prices):
        return _unknown("no live price on both legs to compare")
    distance = abs(log10(prices[0] / prices[1]))
    if distance < RATIO_BAND_LOG10:
        return None
    apart = f"prices a base unit differ by a factor of {_factor(prices):.4g}"
    if one.multiplier != two.multiplier and abs(distance - round(distance)) < RATIO_BAND_LOG10:
        claims = " and ".join(f"{each.base} ({each.multiplier:f})" for each in (one, two))
        text = f"{apart}: the number of units that {claims} claim is not what their prices say"
        return _unknown(text, Doubt.MULTIPLIER, prices)
    return _unknown(f"{apart}: not one asset, or a multiplier", Doubt.COLLISION, prices)


def _doubt_of(one: Instrument, two: Instrument, record: RatioFinding, band: float) -> Doubt:
    if record.apart is not None and record.apart > band:
        return Doubt.COLLISION
    return Doubt.MULTIPLIER if one.multiplier != two.multiplier else Doubt.UNPROVEN


def _factor(prices: _Prices) -> float:
    return max(prices) / min(prices)


def _pct(fraction: float | None) -> str:
    return f"{(fraction or 0.0) * 100:.2f} %"


def _ratio_text(one: Instrument, two: Instrument, prices: _Prices) -> str:
    text = f"prices a base unit agree within {_pct(_factor(prices) - 1)}"
    if one.multiplier != two.multiplier:
        scaled = max(one, two, key=lambda each: each.multiplier)
        text += f", which proves {scaled.base} to hold {scaled.multiplier:f} {scaled.asset}"
    return text
