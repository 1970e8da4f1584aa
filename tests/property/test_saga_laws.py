"""Whatever fills arrive in whatever order, a position ends flat or hedged; funding never moves it; cash is conserved."""

from datetime import UTC, datetime
from decimal import Decimal

from hypothesis import event, given, settings
from hypothesis import strategies as st

from arbedge.trading.ledger import CASH, MOVES_POSITION, Execution, ExecutionType, Ledger
from arbedge.trading.paper.saga import LONG, SHORT, LegRule, Saga, SagaRules, Stage, begin

AT = datetime(2026, 11, 22, tzinfo=UTC)
LOTS = st.sampled_from([Decimal("0.01"), Decimal("0.1"), Decimal(1), Decimal(3), Decimal(10)])


@st.composite
def rules(draw):
    legs = []
    for _ in range(2):
        lot = draw(LOTS)
        legs.append(LegRule(lot, lot * draw(st.integers(1, 5))))
    return SagaRules((legs[0], legs[1]), Decimal(0), draw(st.booleans()))


def filled_part(order, data):
    lots = data.draw(st.integers(0, 4))
    return order.qty if lots == 4 else order.qty * lots / 4


@settings(max_examples=300, deadline=None)
@given(rules(), st.data())
def test_every_interleaving_of_fills_ends_flat_or_hedged(rule, data):
    qty = 30 * data.draw(st.integers(1, 10))
    saga = begin("p", (Decimal(qty), Decimal(qty)), rule)
    for _ in range(200):
        if not saga.open_orders:
            if saga.stage is Stage.DONE:
                break
            assert saga.stage is Stage.HOLDING
            assert saga.is_hedged
            what = data.draw(st.sampled_from(["leave", "lose", "rest"]))
            if what == "rest":
                break
            saga = saga.leave() if what == "leave" else saga.lose(data.draw(st.sampled_from([LONG, SHORT])), "adl")
            continue
        order = data.draw(st.sampled_from(saga.open_orders))
        if data.draw(st.integers(0, 9)) == 0:
            saga = saga.lose(data.draw(st.sampled_from([LONG, SHORT])), "liquidated")
        part = filled_part(order, data)
        saga = saga.report(order.client_id, part, part)
        if data.draw(st.booleans()):
            saga = saga.report(order.client_id, part / 2, part / 2)  # an older report comes late
        if data.draw(st.booleans()):
            saga = saga.end(order.client_id)
            saga = saga.end(order.client_id)
    else:
        event("ran out of steps")
        return
    event(f"{saga.stage} stuck={saga.is_stuck}")
    assert saga.is_stuck or saga.is_flat or saga.is_hedged
    if saga.stage is Stage.DONE and not saga.is_stuck and rule.is_held:
        assert saga.is_flat


@given(st.data())
def test_no_order_is_ever_larger_than_what_it_gives_back(data):
    saga = begin(
        "p", (Decimal(10), Decimal(10)), SagaRules((LegRule(Decimal(1), Decimal(1)),) * 2, Decimal(0), True)
    )
    for order in saga.open_orders:
        part = Decimal(data.draw(st.integers(0, 10)))
        saga = saga.report(order.client_id, part, part)
    for order in saga.open_orders:
        saga = saga.end(order.client_id)
    for order in saga.open_orders:
        assert order.qty == abs(saga.held[0] - saga.held[1])


@st.composite
def executions(draw):
    rows = []
    for number in range(draw(st.integers(0, 30))):
        rows.append(  # noqa: PERF401
            Execution(
                id=str(number),
                type=draw(st.sampled_from(ExecutionType)),
                leg=draw(st.sampled_from(["long", "short"])),
                at=AT,
                cash=draw(st.decimals(-1000, 1000, places=8)),
                qty=draw(st.decimals(-100, 100, places=8)),
            )
        )
    return rows


@given(executions())
def test_positions_follow_from_trades_alone_and_all_balances_add_up_to_nothing(rows):
    ledger = Ledger(rows)
    for leg in ("long", "short"):
        traded = sum((row.qty for row in rows if row.leg == leg and row.type in MOVES_POSITION), Decimal(0))
        assert ledger.position(leg) == traded
    assert sum(ledger.balances.values()) == 0
    assert ledger.cash == sum((row.cash for row in rows), Decimal(0)) == ledger.balances.get(CASH, 0)


@given(executions())
def test_rows_of_other_types_change_no_position_however_many(rows):
    plain = Ledger(row for row in rows if row.type in MOVES_POSITION)
    assert [Ledger(rows).position(leg) for leg in ("long", "short")] == [
        plain.position(leg) for leg in ("long", "short")
    ]


@given(executions())
def test_booking_everything_twice_changes_nothing(rows):
    ledger = Ledger(rows)
    before = ledger.balances, ledger.executions
    assert not any(ledger.post(row) for row in rows)
    assert (ledger.balances, ledger.executions) == before


def test_a_saga_is_a_value():
    saga = begin("p", (Decimal(1), Decimal(1)), SagaRules((LegRule(Decimal(1), Decimal(1)),) * 2, Decimal(0), True))
    assert isinstance(saga, Saga)
    assert saga.report("p-1", Decimal(1), Decimal(1)).held == (1, 0)
    assert saga.held == (0, 0)
