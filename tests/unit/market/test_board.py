from math import isnan, nan

import numpy as np
import pytest

from arbedge.domain.instrument import InstrumentId, MarketKind
from arbedge.market.board import QuoteBoard


def ids(count, start=0):
    return [InstrumentId("binance", MarketKind.SPOT, f"C{n}USDT") for n in range(start, start + count)]


@pytest.fixture
def board():
    board = QuoteBoard(2, capacity=2)
    board.extend(ids(3))
    return board


def test_unknown_is_nan_and_passes_no_comparison(board):
    columns = board.columns()
    assert len(columns.bid) == 3
    assert np.isnan(columns.bid).all()
    assert not (columns.bid > 0).any()
    assert columns.short_gain.shape == (2, 3)
    assert board.top(0) is None


def test_store_answers_whether_a_price_changed(board):
    assert board.store(1, 1.0, 5.0, 1.1, 6.0, 7, 0, 100)
    assert not board.store(1, 1.0, 4.0, 1.1, 6.0, 8, 0, 200)
    assert board.store(1, 1.0, 4.0, 1.2, 6.0, 9, 3, 300)
    top = board.top(1)
    assert (top.bid, top.bid_qty, top.ask, top.sequence, top.venue_at_ms, top.received_ns) == (
        1.0,
        4.0,
        1.2,
        9,
        3,
        300,
    )
    assert (board.quoted, board.stored) == (1, 3)


def test_no_venue_time_is_none(board):
    board.store(0, 1.0, 1.0, 2.0, 1.0, 1, 0, 1)
    assert board.top(0).venue_at_ms is None


def test_columns_are_the_same_arrays_until_an_instrument_is_added(board):
    before = board.columns()
    board.store(0, 1.0, 1.0, 2.0, 1.0, 1, 0, 1)
    assert board.columns() is before
    assert before.bid[0] == 1.0
    board.extend(ids(5, start=3))
    after = board.columns()
    assert len(after.bid) == 8
    assert after.bid[0] == 1.0
    board.store(7, 3.0, 1.0, 4.0, 1.0, 1, 0, 1)
    assert after.ask[7] == 4.0


def test_invalid_quotes_vanish_and_start_a_new_sequence(board):
    for slot in range(3):
        board.store(slot, 1.0, 1.0, 2.0, 1.0, 9, 0, 1)
    board.invalidate((0, 2))
    assert board.quoted == 1
    assert isnan(board.columns().bid[0])
    assert isnan(board.columns().ask[2])
    assert (board.sequence(0), board.sequence(1)) == (0, 9)
    board.invalidate((0,))
    assert board.quoted == 1
    assert board.store(0, 1.0, 1.0, 2.0, 1.0, 3, 0, 1)


def test_a_withdrawn_quote_keeps_its_place_in_the_sequence(board):
    board.store(0, 1.0, 1.0, 2.0, 1.0, 9, 0, 1)
    board.withdraw(0)
    assert board.top(0) is None
    assert board.sequence(0) == 9


def test_price_is_in_the_reporting_currency_for_one_base_unit(board):
    board.store(0, 1.0, 1.0, 3.0, 1.0, 9, 0, 1)
    assert isnan(board.price(0))
    board.set_scale(np.array([0]), np.array([0.001]))
    assert board.price(0) == pytest.approx(0.002)
    assert board.is_scaled(0)
    board.set_scale(np.array([0]), np.array([nan]))
    assert not board.is_scaled(0)


def test_gains_survive_growth(board):
    board.set_gains(np.array([1]), np.array([[0.1], [0.2]]), np.array([[-0.1], [-0.2]]))
    board.extend(ids(20, start=3))
    columns = board.columns()
    assert columns.short_gain[:, 1].tolist() == [0.1, 0.2]
    assert columns.long_gain[:, 1].tolist() == [-0.1, -0.2]
    assert columns.short_gain[:, 22].tolist() == [0.0, 0.0]
