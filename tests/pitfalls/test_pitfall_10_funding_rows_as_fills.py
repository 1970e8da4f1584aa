"""Pitfall 10: funding rows reported among executions, with a quantity, must not inflate a position."""

from datetime import UTC, datetime
from decimal import Decimal

import pytest

from arbedge.errors import LedgerMismatch
from arbedge.trading.ledger import Execution, ExecutionType, Ledger, execution_type

AT = datetime(2026, 11, 22, 8, tzinfo=UTC)


def row(number, word, qty, cash):
    return Execution(
        id=str(number),
        type=execution_type(word),
        leg="bybit:perp:BTCUSDT",
        at=AT,
        qty=Decimal(qty),
        cash=Decimal(cash),
    )


def test_a_bybit_funding_row_that_carries_the_positions_size_moves_cash_alone():
    ledger = Ledger(
        [row(1, "Trade", "0.5", "-30000"), row(2, "Funding", "0.5", "-3.1"), row(3, "Funding", "0.5", 2)]
    )
    assert ledger.position("bybit:perp:BTCUSDT") == Decimal("0.5")
    assert ledger.brought(ExecutionType.FUNDING) == Decimal("-1.1")
    assert ledger.cash == Decimal("-30001.1")


def test_a_word_nobody_knows_moves_no_position():
    ledger = Ledger([row(1, "Trade", "0.5", "-30000"), row(2, "MovePosition", "0.5", 0), row(3, "bust?", "-9", 0)])
    assert ledger.position("bybit:perp:BTCUSDT") == Decimal("0.5")


def test_what_a_venue_forces_on_a_position_is_a_trade_of_it():
    ledger = Ledger([row(1, "Trade", "0.5", "-30000"), row(2, "ADL", "-0.2", 12000)])
    assert ledger.position("bybit:perp:BTCUSDT") == Decimal("0.3")
    assert Ledger([row(1, "liquidation", "-1", 0)]).position("bybit:perp:BTCUSDT") == -1


def test_one_id_with_two_contents_is_refused():
    ledger = Ledger([row(1, "Trade", "0.5", "-30000")])
    assert not ledger.post(row(1, "Trade", "0.5", "-30000"))
    with pytest.raises(LedgerMismatch, match="execution 1"):
        ledger.post(row(1, "Trade", "0.6", "-36000"))
