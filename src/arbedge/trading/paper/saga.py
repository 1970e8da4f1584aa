"""Entering and leaving a two-leg position as a pure state machine: ends flat or hedged, whatever fills arrive when.

It steers by the state wanted, not by steps done: a leg that is already flat needs no order and is a success; a leg
a venue took away (liquidation, auto-deleveraging) makes the other one close; what one leg filled less than the
other is unwound. Orders are immediate-or-cancel with client ids that follow from the position and a running
number, so an order asked for twice is one order, and a fill reported twice counts once. Quantities are base units.
"""

from dataclasses import dataclass, replace
from decimal import Decimal
from enum import StrEnum

from arbedge.domain.money import ZERO, floor_to
from arbedge.domain.opportunity import Side

__all__ = ["LONG", "SHORT", "LegRule", "Order", "Saga", "SagaRules", "Stage", "begin"]

LONG, SHORT = 0, 1
_TRIES_MOST = 40

_Pair = tuple[Decimal, Decimal]


class Stage(StrEnum):
    """Where a position is: entering includes unwinding what one leg filled too much."""

    ENTERING = "entering"
    HOLDING = "holding"
    EXITING = "exiting"
    DONE = "done"


@dataclass(frozen=True, slots=True)
class LegRule:
    """What a venue lets be traded of a leg: multiples of `lot`, at least `least`."""

    lot: Decimal
    least: Decimal

    @property
    def smallest(self) -> Decimal:
        """The smallest order there is."""
        down = floor_to(self.least, self.lot)
        return max(self.lot, down if down == self.least else down + self.lot)

    def tradable(self, qty: Decimal) -> Decimal:
        """The part of `qty` an order can carry; 0 when that is too small."""
        rounded = floor_to(qty, self.lot)
        return rounded if rounded >= self.least and rounded > 0 else ZERO


@dataclass(frozen=True, slots=True)
class SagaRules:
    """Both legs' rules, the long surplus the plan itself leaves unhedged, and whether to hold until told."""

    legs: tuple[LegRule, LegRule]
    surplus: Decimal
    is_held: bool


@dataclass(frozen=True, slots=True)
class Order:
    """An order to send now. `filled` and `kept` are what was reported of it: traded, and moved in the position."""

    client_id: str
    leg: int
    side: Side
    qty: Decimal
    filled: Decimal = ZERO
    kept: Decimal = ZERO


@dataclass(frozen=True, slots=True)
class Saga:
    """One position. `held` is bought of the long leg and sold of the short one, both 0 or more.

    `trouble` tells of the first thing that went other than planned; `is_stuck` that it ended without being flat or
    hedged because no order went through any more.
    """

    id: str
    rules: SagaRules
    stage: Stage = Stage.ENTERING
    held: _Pair = (ZERO, ZERO)
    open_orders: tuple[Order, ...] = ()
    sent: int = 0
    tries: int = 0
    trouble: str | None = None
    is_stuck: bool = False

    @property
    def is_flat(self) -> bool:
        """Whether nothing is held that an order could close."""
        return not any(rule.tradable(qty) for rule, qty in zip(self.rules.legs, self.held, strict=True))

    @property
    def is_hedged(self) -> bool:
        """Whether the legs hold the same within the plan's own surplus and what can be traded at all."""
        least = max(max(rule.lot, rule.least) for rule in self.rules.legs)
        return -least < self.held[LONG] - self.held[SHORT] < self.rules.surplus + least

    def report(self, client_id: str, filled: Decimal, kept: Decimal) -> "Saga":
        """So much of an order has been filled in all; an older or repeated report changes nothing."""
        order = self._order(client_id)
        if order is None or filled <= order.filled:
            return self
        change = kept - order.kept
        grows = (order.side is Side.BUY) == (order.leg == LONG)
        moved = max(ZERO, self.held[order.leg] + (change if grows else -change))
        held = (moved, self.held[SHORT]) if order.leg == LONG else (self.held[LONG], moved)
        reported = replace(order, filled=filled, kept=kept)
        return replace(self, held=held, open_orders=_replaced(self.open_orders, reported))

    def end(self, client_id: str) -> "Saga":
        """An order is over, filled or not; an order that is not open is over already."""
        order = self._order(client_id)
        if order is None:
            return self
        left = tuple(each for each in self.open_orders if each.client_id != client_id)
        trouble = self.trouble
        if order.filled < order.qty and trouble is None:
            trouble = f"{_NAMES[order.leg]} leg filled {order.filled:f} of {order.qty:f}"
        return replace(self, open_orders=left, trouble=trouble).settled()

    def lose(self, leg: int, reason: str) -> "Saga":
        """The venue took a leg away: the other one is closed at once."""
        held = (ZERO, self.held[SHORT]) if leg == LONG else (self.held[LONG], ZERO)
        lost = replace(self, held=held, trouble=f"{_NAMES[leg]} leg gone: {reason}")
        return lost.leave()

    def leave(self) -> "Saga":
        """The position is to be closed; one that is closed already stays so."""
        if self.stage is Stage.DONE and self.is_flat:
            return self
        return replace(self, stage=Stage.EXITING, tries=0).settled()

    def settled(self) -> "Saga":
        """With no order on its way: the orders that bring the wanted state about, or the next stage."""
        if self.open_orders or self.stage in {Stage.HOLDING, Stage.DONE}:
            return self
        wanted = self._closing() if self.stage is Stage.EXITING else self._unwinding()
        if wanted and self.tries >= _TRIES_MOST:
            return replace(self, stage=Stage.DONE, is_stuck=True)
        if wanted:
            return self._sending(wanted)
        if self.stage is Stage.ENTERING and self.rules.is_held and not self.is_flat:
            return replace(self, stage=Stage.HOLDING, tries=0)
        return replace(self, stage=Stage.DONE)

    def _closing(self) -> list[tuple[int, Side, Decimal]]:
        legs = ((LONG, Side.SELL), (SHORT, Side.BUY))
        found = [(leg, side, self.rules.legs[leg].tradable(self.held[leg])) for leg, side in legs]
        return [each for each in found if each[2]]

    def _unwinding(self) -> list[tuple[int, Side, Decimal]]:
        """What one leg holds more than the other and the plan, as the order that gives it back."""
        long, short = self.rules.legs
        excess = self.held[LONG] - self.held[SHORT]
        allowed = self.rules.surplus if self.held[SHORT] else ZERO
        if excess > allowed:
            back = long.tradable(excess)
            return [(LONG, Side.SELL, back)] if back and excess - allowed >= max(long.lot, long.least) else []
        back = short.tradable(-excess) if excess < 0 else ZERO
        if not back and excess < 0 and long.tradable(-excess):
            # Less than a lot of the short leg, but not of the long one: buy the lot back, then sell the rest.
            back = short.tradable(min(short.smallest, self.held[SHORT]))
        return [(SHORT, Side.BUY, back)] if back else []

    def _sending(self, wanted: list[tuple[int, Side, Decimal]]) -> "Saga":
        orders = tuple(
            Order(f"{self.id}-{self.sent + number}", leg, side, qty)
            for number, (leg, side, qty) in enumerate(wanted, start=1)
        )
        return replace(self, open_orders=orders, sent=self.sent + len(orders), tries=self.tries + 1)

    def _order(self, client_id: str) -> Order | None:
        return next((each for each in self.open_orders if each.client_id == client_id), None)


_NAMES = ("long", "short")


def begin(saga_id: str, plan: _Pair, rules: SagaRules) -> Saga:
    """Both entry orders at once: buy the first quantity of the long leg, sell the second of the short one."""
    orders = (
        Order(f"{saga_id}-1", LONG, Side.BUY, plan[LONG]),
        Order(f"{saga_id}-2", SHORT, Side.SELL, plan[SHORT]),
    )
    return Saga(saga_id, rules, open_orders=orders, sent=2)


def _replaced(orders: tuple[Order, ...], changed: Order) -> tuple[Order, ...]:
    return tuple(changed if each.client_id == changed.client_id else each for each in orders)
