"""Pricing a held pair at several horizons: the best one by return on capital, and when it starts to pay."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal

from arbedge.domain.money import ZERO
from arbedge.domain.priced import BelowMinimumSize, PricedPair
from arbedge.errors import Invalid
from arbedge.opportunities.evidence.model import PairEvidence
from arbedge.opportunities.pricing.carry import HOUR_US, borrow_hours
from arbedge.opportunities.pricing.exactness import exact_arithmetic
from arbedge.opportunities.pricing.pair import PairPricer

__all__ = ["HorizonChoice", "price_horizons"]


@dataclass(frozen=True, slots=True)
class HorizonChoice:
    """The evidence with the chosen horizon (and its convergence), its price, and the hours until it pays.

    `breakeven_hours` is the first settlement within the horizon at which cumulative net is above zero; None when
    there is none, or the pair is not held.
    """

    evidence: PairEvidence
    priced: PricedPair | BelowMinimumSize
    breakeven_hours: Decimal | None


def price_horizons(
    evidence: PairEvidence, horizons_h: Sequence[Decimal], shares: Mapping[Decimal, Decimal] | None = None
) -> HorizonChoice:
    """Price at each horizon (hours, 0 or more) and choose the best by return on capital; ties go to the shortest.

    `evidence` carries the settlements up to the longest horizon. `shares` gives the convergence share expected by
    each horizon; a horizon it does not name keeps the evidence's. A pair that is not held is priced as it stands.
    Raises `Invalid` for no horizon or a negative one.
    """
    if not horizons_h or min(horizons_h) < 0:
        raise Invalid(f"horizon_hours: expected horizons of 0 or more hours, got {list(horizons_h)}")
    with exact_arithmetic():
        pricer = PairPricer(evidence)
        trade = pricer.size(evidence.notional)
        if not evidence.is_hedged:
            alone = trade if isinstance(trade, BelowMinimumSize) else pricer.price(evidence.notional)
            return HorizonChoice(evidence, alone, None)
        choices = [
            replace(evidence, horizon_hours=hours, convergence=(shares or {}).get(hours, evidence.convergence))
            for hours in sorted(horizons_h)
        ]
        if isinstance(trade, BelowMinimumSize):
            return HorizonChoice(choices[0], trade, None)
        rows = [(choice, pricer.lines(trade, choice.horizon_hours, choice.convergence)) for choice in choices]
        chosen, priced = max(rows, key=lambda row: row[1].return_on_capital)
        return HorizonChoice(chosen, priced, _breakeven_hours(pricer, chosen, priced))


def _breakeven_hours(pricer: PairPricer, chosen: PairEvidence, priced: PricedPair) -> Decimal | None:
    """Walk the settlements, adding funding and the interest due by then to what does not depend on time."""
    still = priced.net - priced.funding - priced.borrow
    interest = ZERO
    if priced.borrow:
        interest = priced.borrow / borrow_hours(chosen.as_of, chosen.horizon_hours * HOUR_US)
    earned = ZERO
    for index, payment in enumerate(pricer.payments):
        if payment.after_us > chosen.horizon_hours * HOUR_US:
            break
        earned += payment.gain * priced.qty
        rest = pricer.payments[index + 1 : index + 2]
        if payment.after_us <= 0 or (rest and rest[0].after_us == payment.after_us):
            continue
        if still + earned + interest * borrow_hours(chosen.as_of, payment.after_us) > 0:
            return Decimal(payment.after_us) / HOUR_US
    return None
