"""Pricing a two-leg trade: the rules of opportunities.md, "Exact pricing: two legs", line for line.

Money is computed from amounts (price times size over the levels), not from averages, so that no line carries the
rounding of a division. Runs inside `exact_arithmetic`.
"""

from dataclasses import dataclass
from decimal import Context, Decimal

from arbedge.domain.fees import FeeAsset
from arbedge.domain.instrument import MarketKind
from arbedge.domain.money import ZERO, floor_to, least_common_lot
from arbedge.domain.priced import BelowMinimumSize, HedgeFigures, PricedPair
from arbedge.opportunities.evidence.model import BookSide, InventoryMode, LegEvidence, PairEvidence
from arbedge.opportunities.pricing.carry import HOUR_US, Payment, borrow_hours, funding_until, payments
from arbedge.opportunities.pricing.depth import Ladder

__all__ = ["PairPricer", "PairTrade"]

_BPS = 10_000
_HOURS_A_YEAR = 8760
_HALF = Decimal("0.5")
_SPLIT = Context(prec=40)
"""Where the entry cost is split in shares that may not end, the share is cut here and the rest taken as the
difference, so that the lines still sum exactly."""


@dataclass(frozen=True, slots=True)
class PairTrade:
    """A size that can be traded, and the money each step of it moves.

    `entry` buys `order_qty` on the long asks, `proceeds` sells `qty` on the short bids; `exit_proceeds` sells
    `qty` on the long bids (0 unless hedged), `exit_cost` buys it on the short asks (0 unless hedged or borrowed).
    """

    order_qty: Decimal
    received: Decimal
    delivered: Decimal
    qty: Decimal
    entry: Decimal
    proceeds: Decimal
    exit_proceeds: Decimal
    exit_cost: Decimal


class PairPricer:
    """Prices one pair at any notional and horizon, walking its books once.

    `gap` is the mid of the short leg minus the mid of the long one (0 unless hedged).
    """

    def __init__(self, evidence: PairEvidence) -> None:
        long, short = evidence.long, evidence.short
        self.evidence = evidence
        self.long_asks = _ladder(long, long.asks)
        self.long_bids = _ladder(long, long.bids)
        self.short_bids = _ladder(short, short.bids)
        has_exit = evidence.is_hedged or evidence.is_borrowed
        self.short_asks = _ladder(short, short.asks) if has_exit else None
        self._exits = tuple(
            side for side, is_needed in ((self.long_bids, evidence.is_hedged), (self.short_asks, has_exit))
            if is_needed and side is not None
        )  # fmt: skip
        self._short_lot = _base(short, short.lot)
        self._lot = least_common_lot(_base(long, long.lot), self._short_lot)
        self.gap = ZERO
        self.payments: tuple[Payment, ...] = ()
        if evidence.is_hedged and self.short_asks is not None:
            long_mid = (self.long_bids.best + self.long_asks.best) * _HALF
            short_mid = (self.short_bids.best + self.short_asks.best) * _HALF
            self.gap = short_mid - long_mid
            self.payments = payments(evidence, _mark(long, long_mid), _mark(short, short_mid))

    def size(self, notional: Decimal) -> PairTrade | BelowMinimumSize:
        """Steps 1 to 4: what `notional` can trade."""
        evidence, long = self.evidence, self.evidence.long
        order_qty = self.short_bids.at_most(self.long_asks.affordable(notional))
        for side in self._exits:
            order_qty = side.at_most(order_qty)
        order_qty = floor_to(order_qty, self._lot)
        received = order_qty
        if long.fee_asset is FeeAsset.RECEIVED:
            received -= order_qty * long.taker_fee
        delivered = received
        if evidence.mode is InventoryMode.TRANSFER and not evidence.is_hedged:
            delivered -= evidence.withdraw_fee_base + evidence.withdraw_fee_pct * received
        qty = self._sellable(delivered, order_qty)
        if order_qty <= 0 or qty <= 0:
            return BelowMinimumSize("lots, depth and fees leave nothing to trade at this notional")
        too_small = _below_min_qty(long, order_qty, "long") or _below_min_qty(evidence.short, qty, "short")
        if too_small:
            return too_small
        entry, proceeds = self.long_asks.amount(order_qty), self.short_bids.amount(qty)
        too_small = _below_min_notional(long, entry, "long") or _below_min_notional(
            evidence.short, proceeds, "short"
        )
        return too_small or PairTrade(
            order_qty,
            received,
            delivered,
            qty,
            entry,
            proceeds,
            self.long_bids.amount(qty) if evidence.is_hedged else ZERO,
            self.short_asks.amount(qty) if self.short_asks is not None else ZERO,
        )

    def lines(self, trade: PairTrade, horizon_hours: Decimal, convergence: Decimal) -> PricedPair:
        """Steps 5 and 6: every line of the profit over a horizon, and what they make."""
        evidence, long, short = self.evidence, self.evidence.long, self.evidence.short
        order_qty, qty, entry, proceeds = trade.order_qty, trade.qty, trade.entry, trade.proceeds
        residual = trade.delivered - qty
        closing = qty * self.gap
        until_us = horizon_hours * HOUR_US
        lost_in_fee = self._fee_in_asset(trade)
        lost_on_the_way = _SPLIT.divide((trade.received - trade.delivered) * entry, order_qty)
        price = proceeds - (entry - lost_in_fee - lost_on_the_way) + residual * self.long_bids.best
        fees_exit = ZERO
        if evidence.is_hedged:
            price += trade.exit_proceeds - trade.exit_cost + convergence * closing
            fees_exit = -(trade.exit_proceeds * long.taker_fee + trade.exit_cost * short.taker_fee)
        fee_in_quote = ZERO if long.fee_asset is FeeAsset.RECEIVED else entry * long.taker_fee
        fees_entry = -(lost_in_fee + fee_in_quote + proceeds * short.taker_fee)
        funding = funding_until(self.payments, until_us) * qty
        borrow = ZERO
        if evidence.is_borrowed:
            borrow = -(short.borrow_rate_hourly * borrow_hours(evidence.as_of, until_us) * trade.exit_cost)
        transfer = -lost_on_the_way
        conversion = self._conversion(trade)
        net = price + fees_entry + fees_exit + funding + borrow + transfer + conversion
        capital, return_on_capital = self._capital(trade, net)
        hedge = None
        if evidence.is_hedged:
            stay = net - convergence * closing
            carry = funding * _HOURS_A_YEAR / (entry * horizon_hours) if horizon_hours > 0 else ZERO
            hedge = HedgeFigures(net_stay=stay, net_close=stay + closing, carry_apr=carry)
        return PricedPair(
            order_qty=order_qty,
            qty=qty,
            residual_base=residual,
            long_vwap=entry / order_qty,
            short_vwap=proceeds / qty,
            entry_notional=entry,
            price=price,
            fees_entry=fees_entry,
            fees_exit=fees_exit,
            funding=funding,
            borrow=borrow,
            transfer=transfer,
            conversion=conversion,
            net=net,
            net_bps=net * _BPS / entry,
            capital=capital,
            return_on_capital=return_on_capital,
            hedge=hedge,
        )

    def price(self, notional: Decimal) -> PricedPair | BelowMinimumSize:
        """The whole of it, at the evidence's own horizon and convergence."""
        trade = self.size(notional)
        if isinstance(trade, BelowMinimumSize):
            return trade
        return self.lines(trade, self.evidence.horizon_hours, self.evidence.convergence)

    def first_steps(self) -> list[Decimal]:
        """The entry notional at which each level of each book walked is used up."""
        used = self.long_asks.steps()
        steps = used + [qty for side in (self.short_bids, *self._exits) for qty in side.steps()]
        return [self.long_asks.amount(qty) for qty in steps if qty <= used[-1]]

    def _sellable(self, delivered: Decimal, order_qty: Decimal) -> Decimal:
        """What the short leg sells. Only a rebate paid in the asset can deliver more than the books hold."""
        if delivered <= 0:
            return ZERO
        if delivered > order_qty:
            for side in (self.short_bids, *self._exits):
                delivered = side.at_most(delivered)
        return floor_to(delivered, self._short_lot)

    def _fee_in_asset(self, trade: PairTrade) -> Decimal:
        """The entry cost of what the long venue keeps of the asset bought: the fee's share of it."""
        long = self.evidence.long
        return trade.entry * long.taker_fee if long.fee_asset is FeeAsset.RECEIVED else ZERO

    def _conversion(self, trade: PairTrade) -> Decimal:
        cost = ZERO
        for leg, entry, leave in (
            (self.evidence.long, trade.entry, trade.exit_proceeds),
            (self.evidence.short, trade.proceeds, trade.exit_cost),
        ):
            if leg.kind is MarketKind.SPOT and leg.conversion_cost:
                cost += leg.conversion_cost * (entry + leave if self.evidence.is_hedged else entry)
        return -cost

    def _capital(self, trade: PairTrade, net: Decimal) -> tuple[Decimal, Decimal]:
        """Capital, and net on it; each is one division, so that a result that ends is exact."""
        spot = perp = ZERO
        for leg, entry in ((self.evidence.long, trade.entry), (self.evidence.short, trade.proceeds)):
            if leg.kind is MarketKind.SPOT:
                spot += entry
            else:
                perp += entry
        leverage, unlevered = self.evidence.leverage, spot + perp * self.evidence.margin_buffer
        return perp / leverage + unlevered, net * leverage / (perp + unlevered * leverage)


def _ladder(leg: LegEvidence, side: BookSide) -> Ladder:
    return Ladder(side, leg.quote_rate, leg.multiplier, leg.contract_size)


def _base(leg: LegEvidence, size: Decimal) -> Decimal:
    return size * leg.contract_size * leg.multiplier


def _mark(leg: LegEvidence, mid: Decimal) -> Decimal:
    return mid if leg.mark is None else leg.mark * leg.quote_rate / leg.multiplier


def _below_min_qty(leg: LegEvidence, qty: Decimal, name: str) -> BelowMinimumSize | None:
    least = _base(leg, leg.min_qty)
    return BelowMinimumSize(f"{name} quantity {qty:f} is under the minimum {least:f}") if qty < least else None


def _below_min_notional(leg: LegEvidence, amount: Decimal, name: str) -> BelowMinimumSize | None:
    least = leg.min_notional * leg.quote_rate
    return (
        BelowMinimumSize(f"{name} notional {amount:f} is under the minimum {least:f}") if amount < least else None
    )
