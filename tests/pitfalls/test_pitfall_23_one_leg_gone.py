"""Pitfall 23: a leg lost to liquidation or auto-deleveraging is noticed, and the other one closed at once."""

from decimal import Decimal

import pytest

from arbedge.trading.paper.saga import LONG, SHORT, LegRule, SagaRules, Stage, begin

RULES = SagaRules((LegRule(Decimal(1), Decimal(1)), LegRule(Decimal(1), Decimal(1))), Decimal(0), is_held=True)


def fill(saga):
    for order in saga.open_orders:
        saga = saga.report(order.client_id, order.qty, order.qty).end(order.client_id)
    return saga


@pytest.mark.parametrize("leg", [LONG, SHORT])
def test_the_other_leg_is_closed_and_the_reason_kept(leg):
    saga = fill(begin("p", (Decimal(10), Decimal(10)), RULES)).lose(leg, "auto-deleveraged")
    assert [(order.leg, order.qty) for order in saga.open_orders] == [(1 - leg, 10)]
    done = fill(saga)
    assert (done.stage, done.held) == (Stage.DONE, (0, 0))
    assert "auto-deleveraged" in done.trouble


def test_a_fill_of_the_lost_leg_that_was_on_its_way_is_closed_too():
    saga = begin("p", (Decimal(10), Decimal(10)), RULES)
    long, short = saga.open_orders
    saga = saga.report(short.client_id, Decimal(10), Decimal(10)).end(short.client_id)
    saga = saga.lose(SHORT, "liquidated")
    saga = saga.report(long.client_id, Decimal(10), Decimal(10)).end(long.client_id)
    assert [(order.leg, order.qty) for order in saga.open_orders] == [(LONG, 10)]
    assert fill(saga).is_flat
