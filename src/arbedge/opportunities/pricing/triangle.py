"""Pricing three spot trades in a row on one venue: what is held goes in, what arrives comes out.

Leftovers of every leg are dust, worth nothing. Amounts are in the legs' own currencies. Runs inside
`exact_arithmetic`.
"""

from decimal import Decimal

from arbedge.domain.fees import FeeAsset
from arbedge.domain.money import floor_to
from arbedge.domain.opportunity import Side
from arbedge.domain.priced import BelowMinimumSize, PricedTriangle
from arbedge.opportunities.evidence.model import TriangleEvidence, TriangleLeg
from arbedge.opportunities.pricing.depth import Ladder

__all__ = ["TrianglePricer"]

_BPS = 10_000
_ONE = Decimal(1)


class _Trade:
    """One leg, its book walked once. A fee that must be afforded with the price is part of every amount."""

    def __init__(self, leg: TriangleLeg) -> None:
        self.leg = leg
        self.is_buy = leg.side is Side.BUY
        is_paid_on_top = self.is_buy and leg.fee_asset is FeeAsset.QUOTE
        self._gross_up = _ONE + leg.taker_fee if is_paid_on_top else _ONE
        self._kept = _ONE if is_paid_on_top else _ONE - leg.taker_fee
        self.depth = Ladder(
            leg.asks if self.is_buy else leg.bids, self._gross_up, leg.multiplier, leg.contract_size
        )
        unit = leg.contract_size * leg.multiplier
        self._lot, self._min_qty = leg.lot * unit, leg.min_qty * unit

    def run(self, held: Decimal) -> tuple[Decimal, Decimal] | BelowMinimumSize:
        """Trade what is held: (used of it, arrived)."""
        qty = floor_to(self.depth.affordable(held) if self.is_buy else self.depth.at_most(held), self._lot)
        if qty <= 0:
            return BelowMinimumSize(f"{self._name}: what is held is under one lot of {self._lot:f}")
        if qty < self._min_qty:
            return BelowMinimumSize(f"{self._name}: quantity {qty:f} is under the minimum {self._min_qty:f}")
        amount = self.depth.amount(qty)
        if amount < self.leg.min_notional * self._gross_up:
            return BelowMinimumSize(
                f"{self._name}: notional {amount:f} is under the minimum {self.leg.min_notional:f}"
            )
        return (amount, qty * self._kept) if self.is_buy else (qty, amount * self._kept)

    @property
    def _name(self) -> str:
        return f"{self.leg.side} {self.leg.symbol}".strip()


class TrianglePricer:
    """Prices one triangle at any notional, walking its books once."""

    def __init__(self, evidence: TriangleEvidence) -> None:
        self.evidence = evidence
        self._trades = tuple(_Trade(leg) for leg in evidence.legs)

    def price(self, notional: Decimal) -> PricedTriangle | BelowMinimumSize:
        """What `notional` of the first leg's currency comes back as."""
        held, spent = notional, None
        for trade in self._trades:
            done = trade.run(held)
            if isinstance(done, BelowMinimumSize):
                return done
            used, held = done
            spent = used if spent is None else spent
        assert spent is not None
        net = held - spent
        return PricedTriangle(spent=spent, end=held, net=net, net_bps=net * _BPS / spent)

    def first_steps(self) -> list[Decimal]:
        """What the first leg uses after each level of its book."""
        first = self._trades[0]
        steps = first.depth.steps()
        return [first.depth.amount(qty) for qty in steps] if first.is_buy else steps
