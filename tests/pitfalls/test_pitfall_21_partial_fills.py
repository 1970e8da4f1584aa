"""Pitfall 21: a leg that fills less than the other is unwound, with client ids that make a repeat harmless."""

from decimal import Decimal

from arbedge.domain.opportunity import Side
from arbedge.trading.paper.saga import LONG, SHORT, LegRule, SagaRules, Stage, begin


def rules(long_lot="1", short_lot="1", surplus="0"):
    legs = (LegRule(Decimal(long_lot), Decimal(long_lot)), LegRule(Decimal(short_lot), Decimal(short_lot)))
    return SagaRules(legs, Decimal(surplus), is_held=True)


def entered(rule, long, short, plan=("10", "10")):
    saga = begin("p", (Decimal(plan[0]), Decimal(plan[1])), rule)
    for order, filled in zip(saga.open_orders, (Decimal(long), Decimal(short)), strict=True):
        saga = saga.report(order.client_id, filled, filled).end(order.client_id)
    return saga


def test_what_the_long_leg_has_too_much_is_sold_back():
    saga = entered(rules(), 10, 4)
    assert [(order.leg, order.side, order.qty) for order in saga.open_orders] == [(LONG, Side.SELL, 6)]
    (order,) = saga.open_orders
    saga = saga.report(order.client_id, Decimal(6), Decimal(6)).end(order.client_id)
    assert (saga.stage, saga.held) == (Stage.HOLDING, (4, 4))
    assert saga.trouble == "short leg filled 4 of 10"


def test_a_leg_left_alone_is_given_back_whole():
    saga = entered(rules(), 0, 10)
    (order,) = saga.open_orders
    assert (order.leg, order.side, order.qty) == (SHORT, Side.BUY, 10)
    saga = saga.report(order.client_id, Decimal(10), Decimal(10)).end(order.client_id)
    assert (saga.stage, saga.is_flat, saga.is_stuck) == (Stage.DONE, True, False)


def test_a_short_surplus_under_its_own_lot_is_bought_back_and_the_rest_sold():
    saga = entered(rules("1", "10"), 45, 50, ("50", "50"))
    while saga.open_orders:
        order = saga.open_orders[0]
        saga = saga.report(order.client_id, order.qty, order.qty).end(order.client_id)
    assert saga.held == (40, 40)


def test_a_surplus_the_lots_themselves_leave_is_no_partial_fill():
    saga = entered(rules("0.1", "10", surplus="9.9"), "99.9", 90, ("100", "90"))
    assert (saga.stage, saga.open_orders) == (Stage.HOLDING, ())


def test_orders_repeated_or_reported_twice_count_once():
    one, other = entered(rules(), 10, 4), entered(rules(), 10, 4)
    assert one.open_orders == other.open_orders  # the same position asks for the same client ids
    (order,) = one.open_orders
    once = one.report(order.client_id, Decimal(6), Decimal(6))
    assert once.report(order.client_id, Decimal(6), Decimal(6)) == once
    assert once.report(order.client_id, Decimal(2), Decimal(2)) == once
    done = once.end(order.client_id)
    assert done.end(order.client_id) == done


def test_a_leg_nobody_takes_back_ends_after_a_bounded_number_of_tries_and_says_so():
    saga = entered(rules(), 10, 4)
    for _ in range(100):
        for order in saga.open_orders:
            saga = saga.end(order.client_id)
    assert (saga.stage, saga.is_stuck, saga.held) == (Stage.DONE, True, (10, 4))
