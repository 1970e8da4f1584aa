"""From an appraisal to what is shown: the size curve (drawn anew only now and then) and the score."""

from dataclasses import dataclass, replace
from decimal import Decimal

from arbedge.domain.opportunity import Qualification, Score
from arbedge.domain.priced import PricedPair, SizePoint
from arbedge.opportunities.config import OpportunityConfig
from arbedge.opportunities.detection.appraisal import Appraisal
from arbedge.opportunities.detection.legs import rate_8h
from arbedge.opportunities.detection.life import LegsKey, Sighting
from arbedge.opportunities.evidence import BookSide, PairEvidence
from arbedge.opportunities.pricing import capacity, size_curve
from arbedge.opportunities.ranking.conditions import Conditions
from arbedge.opportunities.ranking.lives import LifeTable
from arbedge.opportunities.ranking.score import ScoreInputs, score

__all__ = ["SightingRoom"]


@dataclass(slots=True)
class _Curve:
    points: tuple[SizePoint, ...]
    capacity_usd: Decimal
    drawn_ns: int


class SightingRoom:
    """Dresses appraisals; remembers each open candidate's curve for `curve_s` seconds.

    `lives` says how long such opportunities live.
    """

    def __init__(self, config: OpportunityConfig, curve_s: float, lives: LifeTable | None = None) -> None:
        self._config = config
        self._lives = lives or LifeTable()
        self._curve_ns = int(curve_s * 1e9)
        self._curves: dict[LegsKey, _Curve] = {}

    def forget(self, key: LegsKey) -> None:
        """The opportunity closed."""
        self._curves.pop(key, None)

    def dress(
        self, appraisal: Appraisal, peak_bps: Decimal | None, age_s: float, conditions: Conditions
    ) -> Sighting:
        """The sighting of this appraisal; `peak_bps` and `age_s` are of the life it continues, if any."""
        curve = self._curve(appraisal)
        expected_life_s = self._lives.remaining_s(appraisal.candidate, age_s)
        inputs = _inputs(appraisal, curve.capacity_usd, peak_bps, age_s, conditions)
        mark = score(replace(inputs, expected_life_s=expected_life_s))
        return replace(_sighting(appraisal, curve, mark), expected_life_s=expected_life_s)

    def _curve(self, appraisal: Appraisal) -> _Curve:
        key = appraisal.candidate.legs
        known = self._curves.get(key)
        if known is None or appraisal.as_of_ns - known.drawn_ns >= self._curve_ns:
            points = size_curve(appraisal.sizing, self._config.size_curve_notionals)
            known = _Curve(points, capacity(appraisal.sizing), appraisal.as_of_ns)
            self._curves[key] = known
        return known


def _sighting(appraisal: Appraisal, curve: _Curve, mark: Score) -> Sighting:
    return Sighting(
        candidate=appraisal.candidate,
        asset=appraisal.asset,
        identity=appraisal.identity,
        qualifies_on=appraisal.qualifies_on,
        notional=appraisal.evidence.notional,
        horizon_hours=appraisal.horizon_hours,
        breakeven_hours=appraisal.breakeven_hours,
        priced=appraisal.priced,
        size_curve=curve.points,
        capacity_usd=curve.capacity_usd,
        score=mark,
        evidence=appraisal.document,
        evidence_hash=appraisal.evidence_hash,
        networks=appraisal.networks,
        transfer=appraisal.transfer,
        at=appraisal.as_of,
        half_life_s=appraisal.half_life_s,
        at_ns=appraisal.as_of_ns,
    )


def _inputs(
    appraisal: Appraisal, capacity_usd: Decimal, peak_bps: Decimal | None, age_s: float, conditions: Conditions
) -> ScoreInputs:
    evidence, priced = appraisal.evidence, appraisal.priced
    net = priced.net
    if appraisal.qualifies_on is Qualification.NET_CLOSE and isinstance(priced, PricedPair) and priced.hedge:
        net = priced.hedge.net_close
    legs = (evidence.long, evidence.short) if isinstance(evidence, PairEvidence) else evidence.legs
    volume = appraisal.least_volume_usd
    return ScoreInputs(
        return_on_capital=float(net / priced.capital),
        rate_difference_8h=_rate_difference(evidence) if isinstance(evidence, PairEvidence) else None,
        spread_bps=sum(_spread_bps(leg.bids, leg.asks) for leg in legs),
        swing_bps=max(0.0, float(peak_bps - priced.net_bps)) if peak_bps is not None else 0.0,
        identity=appraisal.identity,
        leg_count=len(legs),
        least_volume_usd=None if volume is None else float(volume),
        open_share=min(
            (each.open_share for each in appraisal.networks if each.open_share is not None), default=None
        ),
        capacity_usd=float(capacity_usd),
        notional=float(evidence.notional),
        age_s=age_s,
        next_settlement_s=_next_settlement_s(evidence) if isinstance(evidence, PairEvidence) else None,
        live_share=conditions.live_share,
        calm=conditions.calm,
    )


def _rate_difference(evidence: PairEvidence) -> float | None:
    """8 h rate of the short leg minus that of the long one; a spot leg pays none. None where no leg has one."""
    short, long = rate_8h(evidence.short.settlements), rate_8h(evidence.long.settlements)
    if short is None and long is None:
        return None
    return (short or 0.0) - (long or 0.0)


def _next_settlement_s(evidence: PairEvidence) -> float | None:
    ahead = [
        (settlement.at - evidence.as_of).total_seconds()
        for leg in (evidence.long, evidence.short)
        for settlement in leg.settlements
        if settlement.at > evidence.as_of
    ]
    return min(ahead, default=None)


def _spread_bps(bids: BookSide, asks: BookSide) -> float:
    bid, ask = float(bids[0][0]), float(asks[0][0])
    return (ask - bid) / ask * 1e4
