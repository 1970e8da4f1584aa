"""Pitfall 22: a leg that is flat already when it is to be closed is a success, not a failure."""

from decimal import Decimal

from arbedge.trading.paper.saga import LONG, SHORT, LegRule, SagaRules, Stage, begin

RULES = SagaRules((LegRule(Decimal(1), Decimal(1)), LegRule(Decimal(1), Decimal(1))), Decimal(0), is_held=True)


def holding():
    saga = begin("p", (Decimal(10), Decimal(10)), RULES)
    for order in saga.open_orders:
        saga = saga.report(order.client_id, order.qty, order.qty).end(order.client_id)
    assert saga.stage is Stage.HOLDING
    return saga


def test_only_the_leg_that_is_still_held_gets_an_order():
    saga = holding().lose(LONG, "closed by hand")
    (order,) = saga.open_orders
    assert (order.leg, order.qty) == (SHORT, 10)
    saga = saga.report(order.client_id, order.qty, order.qty).end(order.client_id)
    assert (saga.stage, saga.is_flat, saga.is_stuck) == (Stage.DONE, True, False)


def test_closing_what_is_flat_on_both_sides_sends_nothing_and_is_done():
    saga = holding().lose(LONG, "closed by hand").lose(SHORT, "closed by hand")
    for order in saga.open_orders:
        saga = saga.end(order.client_id)
    assert saga.open_orders == ()
    assert (saga.stage, saga.is_stuck) == (Stage.DONE, False)
    assert saga.leave() == saga
