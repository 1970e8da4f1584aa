"""Pricing a followed opportunity anew from the books of a later moment; or why that cannot be told.

Same legs, notional and horizon, exact pricing, the freshness the gate `fresh` asks for. The convergence share is
that of the opening where history proved one, else what a gap without history earns. Nothing is guessed: a missing
book is `unknown`.
"""

from dataclasses import dataclass, replace
from datetime import datetime
from decimal import Decimal

from arbedge.domain.instrument import InstrumentId
from arbedge.domain.opportunity import OpportunityKind
from arbedge.domain.priced import BelowMinimumSize
from arbedge.errors import Invalid
from arbedge.market.facts import LegFacts
from arbedge.opportunities.detection import gates
from arbedge.opportunities.detection.gates import Freshness
from arbedge.opportunities.detection.legs import LegReader
from arbedge.opportunities.detection.units import PairUnits, pair_units
from arbedge.opportunities.evidence import PairEvidence, TriangleEvidence
from arbedge.opportunities.outcomes.following import Followed, Standing, qualifying_bps
from arbedge.opportunities.ports import MarketView
from arbedge.opportunities.pricing import convergence_share, price

__all__ = ["Moment", "Repriced", "Repricer", "Untold"]

_NO_HISTORY = (Decimal(0), Decimal(1))


@dataclass(frozen=True, slots=True)
class Moment:
    """A moment on both clocks: wall time (UTC) and monotonic nanoseconds."""

    at: datetime
    ns: int


@dataclass(frozen=True, slots=True)
class Untold:
    """Why there is no price: `is_shut` when the venue trades it no more, which is an answer; else not known."""

    reason: str
    is_shut: bool = False


@dataclass(frozen=True, slots=True)
class Repriced:
    """What a mark finds: `net_bps` where it was priced, else `reason`."""

    standing: Standing
    net_bps: Decimal | None = None
    reason: str | None = None


class Repricer:
    """Prices what is followed from one market's view; asks for the books it will need with `keep`."""

    def __init__(self, market: MarketView, guard_s: float, freshness: Freshness) -> None:
        self._market = market
        self._freshness = freshness
        self._reader = LegReader(market, guard_s)
        self._slots: dict[InstrumentId, int] = {}

    def slots(self, followed: Followed) -> tuple[int, ...] | None:
        """The legs' slots; None where one is not listed (any more)."""
        instruments = self._market.instruments()
        for slot in range(len(self._slots), len(instruments)):
            self._slots[instruments[slot].id] = slot
        found = [self._slots.get(leg.instrument) for leg in followed.candidate.legs]
        known = tuple(slot for slot in found if slot is not None)
        return known if len(known) == len(found) else None

    def keep(self, slot: int) -> None:
        """Ask for a slot's book, so that it is there when it is looked at."""
        self._market.leg(slot)

    def reprice(self, followed: Followed, moment: Moment) -> Repriced:
        """Whether it would pay, entered at this moment."""
        evidence = self.evidence(followed, moment)
        if isinstance(evidence, Untold):
            return Repriced(Standing.NOT_PAYING if evidence.is_shut else Standing.UNKNOWN, reason=evidence.reason)
        try:
            priced = price(evidence)
        except Invalid as error:
            return Repriced(Standing.UNKNOWN, reason=str(error))
        if isinstance(priced, BelowMinimumSize):
            return Repriced(Standing.NOT_PAYING, reason=priced.reason)
        net_bps = qualifying_bps(priced, followed.qualifies_on)
        return Repriced(Standing.PAYING if net_bps > 0 else Standing.NOT_PAYING, net_bps)

    def evidence(self, followed: Followed, moment: Moment) -> PairEvidence | TriangleEvidence | Untold:
        """The evidence of this moment, or why there is none."""
        slots = self.slots(followed)
        if slots is None:
            return Untold("a leg is not listed")
        legs = tuple(self._market.leg(slot) for slot in slots)
        shut = gates.trading([leg.instrument for leg in legs], moment.at, Decimal(0))
        if shut is not None:
            return Untold(shut, is_shut=True)
        missing = gates.book(legs) or gates.fresh(legs, self._freshness, moment.ns)
        if missing is not None:
            return Untold(f"book missing: {missing}")
        if followed.candidate.kind is OpportunityKind.TRIANGULAR:
            return self._triangle(followed, legs, moment)
        return self._pair(followed, legs, moment)

    def _triangle(self, followed: Followed, legs: tuple[LegFacts, ...], moment: Moment) -> TriangleEvidence:
        sides = [leg.side for leg in followed.candidate.legs]
        first, second, third = (self._reader.triangle_leg(leg, side) for leg, side in zip(legs, sides, strict=True))
        return TriangleEvidence(
            as_of=moment.at, notional=followed.notional, legs=(first, second, third), asset=followed.asset
        )

    def _pair(self, followed: Followed, legs: tuple[LegFacts, ...], moment: Moment) -> PairEvidence | Untold:
        long, short = legs
        units = pair_units(self._market, long, short)
        if isinstance(units, str):
            return Untold(units)
        expected = [self._reader.settlements(leg, moment.at, followed.horizon_hours) for leg in legs]
        if expected[0] is None or expected[1] is None:
            return Untold("funding not known")
        evidence = PairEvidence(
            kind=followed.candidate.kind,
            as_of=moment.at,
            notional=followed.notional,
            asset=followed.asset,
            long=self._reader.pair_leg(long, units.long_rate, expected[0]),
            short=self._reader.pair_leg(short, units.short_rate, expected[1]),
            horizon_hours=followed.horizon_hours,
            settlement_guard_s=followed.settlement_guard_s,
            leverage=followed.leverage,
            margin_buffer=followed.margin_buffer,
            mode=followed.mode,
            withdraw_fee_base=followed.withdraw_fee_base,
            withdraw_fee_pct=followed.withdraw_fee_pct,
        )
        return replace(evidence, convergence=_convergence(followed, units))


def _convergence(followed: Followed, units: PairUnits) -> Decimal:
    if followed.convergence not in _NO_HISTORY:
        return followed.convergence
    return convergence_share(units.short_mid - units.long_mid, followed.horizon_hours)
