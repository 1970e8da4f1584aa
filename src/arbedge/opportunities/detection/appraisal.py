"""One candidate at one moment: through the gates in order, priced exactly, either an appraisal or a rejection.

Nothing here remembers a candidate: the same facts give the same answer. The two lists of gates below are the
order of docs/reference/gates.md; each is walked only as far as the first that fails.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from decimal import Decimal
from typing import Any

from arbedge.domain.money import figure
from arbedge.domain.network import NetworkFinding, TransferRoute
from arbedge.domain.opportunity import Candidate, Gate, IdentityLevel, OpportunityKind, Qualification, Rejection
from arbedge.domain.priced import BelowMinimumSize, PricedPair, PricedTriangle
from arbedge.errors import Invalid
from arbedge.foundation.runtime.clock import Clock
from arbedge.market.facts import IdentityFinding, LegFacts
from arbedge.opportunities.config import OpportunityConfig
from arbedge.opportunities.detection import gates
from arbedge.opportunities.detection.documents import Provenance, document
from arbedge.opportunities.detection.gates import Freshness
from arbedge.opportunities.detection.legs import LegReader
from arbedge.opportunities.detection.moving import Move, moved
from arbedge.opportunities.detection.orders import pair_orders, triangle_orders
from arbedge.opportunities.detection.outlook import GapOutlook, outlook
from arbedge.opportunities.detection.routes import Route
from arbedge.opportunities.detection.units import PairUnits, pair_units, triangle_rates
from arbedge.opportunities.evidence import PairEvidence, TriangleEvidence, digest
from arbedge.opportunities.ports import GapRecord, MarketView
from arbedge.opportunities.pricing import HorizonChoice, price, price_horizons

__all__ = ["Appraisal", "Appraiser", "Refusal"]

_BPS = 10_000
_IF_IT_CLOSES = frozenset({OpportunityKind.SPOT_PERP, OpportunityKind.PERP_SPOT, OpportunityKind.PERP_PERP})
"""Kinds earned by a gap closing: without a proven share they may qualify on the net that holds if it does."""

_ONE_VENUE = IdentityFinding(IdentityLevel.ADDRESS, "three trades in one venue's own currencies")
_Verdicts = Iterator[tuple[Gate, str | None]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Appraisal:
    """A candidate that passed every gate, with the evidence that reproduces it.

    `sizing` is the evidence the size curve is drawn from: with the gap closed where that is what qualified.
    `least_volume_usd` is the thinner leg's 24 h volume, None where no venue says.
    """

    candidate: Candidate
    asset: str
    identity: IdentityLevel
    qualifies_on: Qualification
    evidence: PairEvidence | TriangleEvidence
    sizing: PairEvidence | TriangleEvidence
    document: Mapping[str, Any]
    evidence_hash: str
    priced: PricedPair | PricedTriangle
    horizon_hours: Decimal
    breakeven_hours: Decimal | None
    half_life_s: float | None
    least_volume_usd: Decimal | None
    networks: tuple[NetworkFinding, ...]
    transfer: TransferRoute | None
    as_of: datetime
    as_of_ns: int


@dataclass(frozen=True, slots=True)
class Refusal:
    """A rejection, and how many bps its better net (as expected, or if the gap closes) was short of."""

    rejection: Rejection
    lacking_bps: Decimal | None


@dataclass(slots=True)
class _Work:
    """What the gates of one candidate find out on the way."""

    route: Route
    as_of: datetime
    as_of_ns: int
    kind: OpportunityKind
    identity: IdentityFinding = _ONE_VENUE
    legs: tuple[LegFacts, ...] = ()
    outlook: GapOutlook | None = None
    qualifies_on: Qualification = Qualification.NET
    evidence: PairEvidence | TriangleEvidence | None = None
    priced: PricedPair | PricedTriangle | None = None
    breakeven_hours: Decimal | None = None
    best_bps: Decimal | None = None
    move: Move | None = None
    volumes: list[Decimal] = field(default_factory=list)


class Appraiser:
    """Appraises candidates of one market against one configuration."""

    def __init__(
        self,
        market: MarketView,
        config: OpportunityConfig,
        clock: Clock,
        provenance: Provenance,
        freshness: Freshness,
        gaps: GapRecord | None = None,
    ) -> None:
        self._market = market
        self._config = config
        self._clock = clock
        self._provenance = provenance
        self._freshness = freshness
        self._gaps = gaps
        self._guard_s = Decimal(str(config.settlement_guard_s))
        self._reader = LegReader(market, config.settlement_guard_s)

    def appraise(self, route: Route, gross: float) -> Appraisal | Refusal:
        """Walk the gates; `gross` is the screen's edge, kept with a rejection for ordering."""
        work = _Work(route, self._clock.now(), self._clock.monotonic_ns(), self._expected_kind(route))
        try:
            for gate, reason in self._triangle(work) if route.is_triangle else self._pair(work):
                if reason is not None:
                    return self._refusal(work, gate, reason, gross)
        except Invalid as error:  # figures no exact arithmetic can hold: the books are absurd
            return self._refusal(work, Gate.BOOK, str(error), gross)
        return self._appraisal(work)

    def _pair(self, work: _Work) -> _Verdicts:
        config, (long_slot, short_slot) = self._config, work.route.slots
        work.identity = self._market.identity(long_slot, short_slot)
        yield Gate.IDENTITY, gates.identity(work.identity)
        yield Gate.TRADING, self._trading(work)
        long, short = work.legs = (self._market.leg(long_slot), self._market.leg(short_slot))
        yield Gate.BOOK, gates.book(work.legs)
        units = pair_units(self._market, long, short)
        if isinstance(units, str):
            yield Gate.BOOK, units
            return
        yield Gate.FRESH, gates.fresh(work.legs, self._freshness, work.as_of_ns)
        work.kind = self._kind(work.route, units)
        work.outlook = outlook(self._gaps, work.route.slots, units.long_mid, units.short_mid)
        evidence = self._pair_evidence(work, units)
        if isinstance(evidence, str):
            yield Gate.FRESH, evidence
            return
        orders = pair_orders(long, short, units.long_rate.rate, config.reference_notional)
        horizons = self._horizons(work)
        yield Gate.BAND, gates.band(orders, work.legs)
        move = work.move = moved(
            self._market, work.route.slots, evidence, config.spot_spot_mode, config.min_net_bps
        )
        evidence = move.evidence
        choice = price_horizons(evidence, horizons, work.outlook.shares(horizons))
        yield Gate.SIZE, self._size(choice.priced)
        assert isinstance(choice.priced, PricedPair)
        self._choose(work, choice)
        for leg, rate, mid in (
            (long, units.long_rate.rate, units.long_mid),
            (short, units.short_rate.rate, units.short_mid),
        ):
            yield Gate.LIQUIDITY, self._liquidity(work, leg, rate, mid)
        yield Gate.BORROW, gates.borrow(short) if work.kind is OpportunityKind.PERP_SPOT else None
        yield Gate.NETWORK, gates.network(move.problem)
        edges = [("price gap", units.gap * _BPS), *_net_edges(choice.priced)]
        yield Gate.PLAUSIBLE, self._plausible(work.route, edges)
        yield Gate.NET, None if work.kind in config.kinds else f"{work.kind} is not among opportunities.kinds"
        yield Gate.NET, self._net(work) and self._net_if_it_closes(work, evidence, units)

    def _triangle(self, work: _Work) -> _Verdicts:
        config, route = self._config, work.route
        yield Gate.TRADING, self._trading(work)  # one venue's own currencies: identity is given
        work.legs = tuple(self._market.leg(slot) for slot in route.slots)
        yield Gate.BOOK, gates.book(work.legs)
        yield Gate.FRESH, gates.fresh(work.legs, self._freshness, work.as_of_ns)
        sides = [leg.side for leg in route.legs]
        orders = triangle_orders(work.legs, sides, config.reference_notional)
        yield Gate.BAND, gates.band(orders, work.legs)
        first, second, third = (
            self._reader.triangle_leg(leg, side) for leg, side in zip(work.legs, sides, strict=True)
        )
        work.evidence = TriangleEvidence(
            as_of=work.as_of, notional=config.reference_notional, legs=(first, second, third), asset=route.asset
        )
        priced = price(work.evidence)
        yield Gate.SIZE, self._size(priced)
        assert isinstance(priced, PricedTriangle)
        work.priced = priced
        for leg, (rate, mid) in zip(work.legs, triangle_rates(work.legs), strict=True):
            yield Gate.LIQUIDITY, self._liquidity(work, leg, rate, mid)
        yield Gate.PLAUSIBLE, gates.plausible(_net_edges(priced), config.plausible_cap_bps)
        yield Gate.NET, self._net(work)

    def _plausible(self, route: Route, edges: list[tuple[str, Decimal]]) -> str | None:
        """Beyond the cap a pair waits in quarantine: most such gaps are two things that are not one."""
        problem = gates.plausible(edges, self._config.plausible_cap_bps)
        if problem is None:
            return None
        case = self._market.doubt(route.slots[0], route.slots[1], problem)
        return f"{problem}, in quarantine as {case}" if case else problem

    def _trading(self, work: _Work) -> str | None:
        instruments = self._market.instruments()
        return gates.trading([instruments[s] for s in work.route.slots], work.as_of, self._config.horizons_h[0])

    def _horizons(self, work: _Work) -> tuple[Decimal, ...]:
        """The configured horizons that end before a leg is delisted; the gate `trading` leaves at least one."""
        ends = [leg.instrument.delists_at for leg in work.legs if leg.instrument.delists_at is not None]
        if not ends:
            return self._config.horizons_h
        left_h = Decimal(str((min(ends) - work.as_of).total_seconds())) / 3600
        return tuple(hours for hours in self._config.horizons_h if hours < left_h)

    def _expected_kind(self, route: Route) -> OpportunityKind:
        """What two perpetuals look like from the board, until their books decide."""
        if route.kind is not OpportunityKind.PERP_PERP:
            return route.kind
        columns, (long, short) = self._market.columns(), route.slots
        proceeds, cost = columns.bid[short] * columns.scale[short], columns.ask[long] * columns.scale[long]
        is_price = proceeds >= cost * (1 + float(self._config.threshold))
        return OpportunityKind.PERP_PERP if is_price else OpportunityKind.FUNDING

    def _kind(self, route: Route, units: PairUnits) -> OpportunityKind:
        if route.kind is not OpportunityKind.PERP_PERP:
            return route.kind
        return OpportunityKind.PERP_PERP if units.gap >= self._config.threshold else OpportunityKind.FUNDING

    def _pair_evidence(self, work: _Work, units: PairUnits) -> PairEvidence | str:
        config, (long, short) = self._config, work.legs
        longest = config.horizons_h[-1]
        expected = []
        for leg in work.legs:
            settlements = self._reader.settlements(leg, work.as_of, longest)
            if settlements is None:
                return f"{leg.instrument.id}: funding not known"
            expected.append(settlements)
        return PairEvidence(
            kind=work.kind,
            as_of=work.as_of,
            notional=config.reference_notional,
            asset=work.route.asset,
            long=self._reader.pair_leg(long, units.long_rate, expected[0]),
            short=self._reader.pair_leg(short, units.short_rate, expected[1]),
            settlement_guard_s=self._guard_s,
            leverage=config.leverage,
            margin_buffer=config.margin_buffer,
        )

    def _size(self, priced: PricedPair | PricedTriangle | BelowMinimumSize) -> str | None:
        if isinstance(priced, BelowMinimumSize):
            return f"below the minimum at {figure(self._config.reference_notional)} USDT: {priced.reason}"
        entry = priced.entry_notional if isinstance(priced, PricedPair) else priced.spent
        return gates.size(entry, self._config.reference_notional, self._config.min_entry_share)

    def _liquidity(self, work: _Work, leg: LegFacts, rate: Decimal, mid: Decimal) -> str | None:
        if leg.turnover is not None:
            work.volumes.append(leg.turnover.quote_volume * rate)
        return gates.liquidity(
            leg,
            rate,
            mid,
            least_volume=self._config.min_volume_usd,
            least_open_interest=self._config.min_open_interest_usd,
        )

    def _choose(self, work: _Work, choice: HorizonChoice) -> None:
        assert isinstance(choice.priced, PricedPair)
        work.evidence, work.priced, work.breakeven_hours = choice.evidence, choice.priced, choice.breakeven_hours

    def _net(self, work: _Work) -> str | None:
        assert work.priced is not None
        assert work.evidence is not None
        net_bps, least = work.priced.net_bps, self._config.min_net_bps
        work.best_bps = net_bps
        if net_bps > least:
            return None
        size = f"{figure(work.evidence.notional)} USDT"
        if isinstance(work.evidence, PairEvidence) and work.evidence.is_hedged:
            size += f" over {figure(work.evidence.horizon_hours)} h"
        return f"net {net_bps:.2f} bps at {size}, more than {figure(least)} needed"

    def _net_if_it_closes(self, work: _Work, evidence: PairEvidence, units: PairUnits) -> str | None:
        """Where the gap is favourable and its closing is unproven, judge the net that holds if it closes."""
        reason = self._net(work)
        assert work.outlook is not None
        if work.kind not in _IF_IT_CLOSES or units.short_mid <= units.long_mid:
            return reason
        if work.outlook.history is not None:
            return reason and f"{reason}; {work.outlook.basis}"
        closing = price_horizons(replace(evidence, convergence=Decimal(1)), self._horizons(work))
        assert isinstance(closing.priced, PricedPair)
        work.best_bps = max(closing.priced.net_bps, work.best_bps or closing.priced.net_bps)
        if closing.priced.net_bps <= self._config.min_net_bps:
            return f"{reason}; {closing.priced.net_bps:.2f} bps if the gap closes"
        hours = (closing.evidence.horizon_hours,)
        self._choose(work, price_horizons(evidence, hours, work.outlook.shares(hours)))
        work.qualifies_on = Qualification.NET_CLOSE
        return None

    def _refusal(self, work: _Work, gate: Gate, reason: str, gross: float) -> Refusal:
        net_bps = lacking_bps = None
        if gate is Gate.NET and work.priced is not None and work.best_bps is not None:
            net_bps = work.priced.net_bps
            lacking_bps = self._config.min_net_bps - work.best_bps
        route = work.route
        candidate = route.candidate(work.kind)
        return Refusal(Rejection(candidate, route.asset, gate, reason, work.as_of, gross, net_bps), lacking_bps)

    def _appraisal(self, work: _Work) -> Appraisal:
        evidence, priced = work.evidence, work.priced
        assert evidence is not None
        assert priced is not None
        transfer = work.move.route if work.move is not None else None
        written = document(evidence, work.legs, self._provenance, work.as_of_ns, work.outlook, transfer)
        written["identity"] = {"level": work.identity.level.value, "basis": work.identity.basis}
        sizing, horizon_hours = evidence, Decimal(0)
        if isinstance(evidence, PairEvidence):
            horizon_hours = evidence.horizon_hours
            if work.qualifies_on is Qualification.NET_CLOSE:
                sizing = replace(evidence, convergence=Decimal(1))
        return Appraisal(
            candidate=work.route.candidate(work.kind),
            asset=work.route.asset,
            identity=work.identity.level,
            qualifies_on=work.qualifies_on,
            evidence=evidence,
            sizing=sizing,
            document=written,
            evidence_hash=digest(written),
            priced=priced,
            horizon_hours=horizon_hours,
            breakeven_hours=work.breakeven_hours,
            half_life_s=work.outlook.half_life_s if work.outlook is not None else None,
            least_volume_usd=min(work.volumes) if len(work.volumes) == len(work.legs) else None,
            networks=tuple(leg.networks for leg in work.legs if leg.networks is not None),
            transfer=transfer,
            as_of=work.as_of,
            as_of_ns=work.as_of_ns,
        )


def _net_edges(priced: PricedPair | PricedTriangle) -> list[tuple[str, Decimal]]:
    edges = [("net", priced.net_bps)]
    if isinstance(priced, PricedPair) and priced.hedge is not None:
        edges.append(("net if the gap closes", priced.hedge.net_close / priced.entry_notional * _BPS))
    return edges
