from datetime import timedelta
from decimal import Decimal
from math import isnan, nan

import numpy as np
import pytest

from arbedge.domain.instrument import MarketKind
from arbedge.domain.opportunity import IdentityLevel
from arbedge.domain.quote import TopOfBook
from arbedge.market.fakes import instrument_of
from arbedge.market.feeds.sanity import QuoteFault
from arbedge.market.ports import ClockSample, IndexComponent, LinkState, Turnover
from arbedge.opportunities.ports import MarketView

SPOT, PERP = MarketKind.SPOT, MarketKind.PERP


@pytest.fixture
def live(house):
    """Listed and streamed, nothing quoted yet."""
    for kind in MarketKind:
        house.market.accept_listing("binance", kind, [each for each in house.venue.listed if each.id.kind is kind])
    house.market.accept_link(house.streams.event("top", LinkState.SUBSCRIBED, (0, 1, 2)))
    return house


def snapshot(house, instrument, bid, ask, *, sequence=0, asked_ns=None):
    now_ns = house.clock.monotonic_ns()
    top = TopOfBook(instrument.id, bid, 1.0, ask, 1.0, sequence, None, now_ns)
    return house.market.accept_snapshot_top(top, now_ns if asked_ns is None else asked_ns)


def test_it_is_what_detection_asks_for(house):
    view: MarketView = house.market
    assert list(view.instruments()) == []
    assert view.conversion("USDT").rate == 1


def test_a_clean_quote_is_on_the_board_and_alive(live):
    assert live.quote(live.btc, 100.0, 100.1, sequence=5)
    assert not live.quote(live.btc, 100.0, 100.1, sequence=6)
    assert live.market.alive_problem(live.slot(live.btc)) is None
    assert live.market.columns().bid[live.slot(live.btc)] == 100.0


@pytest.mark.parametrize(
    ("bid", "ask", "fault"),
    [
        (101.0, 100.0, QuoteFault.CROSSED),
        (0.0, 100.0, QuoteFault.NOT_POSITIVE),
        (nan, 100.0, QuoteFault.NOT_A_NUMBER),
        (500.0, 501.0, QuoteFault.JUMP),
    ],
)
def test_an_impossible_quote_takes_the_old_one_off_the_board(live, bid, ask, fault):
    live.quote(live.btc, 100.0, 100.1)
    assert live.quote(live.btc, bid, ask)
    assert isnan(live.market.columns().bid[live.slot(live.btc)])
    assert live.market.faults == {fault: 1}
    assert live.quote(live.btc, 100.0, 100.1)


def test_an_old_frame_changes_nothing_and_proves_nothing(live):
    live.quote(live.btc, 100.0, 100.1, sequence=9)
    assert not live.quote(live.btc, 90.0, 90.1, sequence=8)
    assert live.market.board.best(live.slot(live.btc)) == (100.0, 100.1)
    live.market.liveness.forget((live.slot(live.btc),))
    live.quote(live.btc, 90.0, 90.1, sequence=8)
    assert live.market.alive_problem(live.slot(live.btc)) is not None


def test_a_lost_connection_empties_the_board_until_frames_come_anew(live):
    live.market.accept_listing(
        "binance", SPOT, [live.btc, live.usdc, instrument_of("binance", SPOT, "ETH", "USDC")]
    )
    live.quote(live.usdc, 0.999, 1.001, sequence=9)
    live.quote(live.btc, 100.0, 100.1, sequence=9)
    assert live.market.conversion("USDC") is not None
    assert live.market.accept_link(live.streams.event("top", LinkState.LOST, reason="cut")) == (0, 1, 2)
    assert np.isnan(live.market.columns().bid).all()
    assert live.market.conversion("USDC") is None
    live.market.accept_link(live.streams.event("top", LinkState.SUBSCRIBED, (0, 1, 2)))
    assert live.market.board.quoted == 0
    assert live.quote(live.btc, 100.0, 100.1, sequence=2)
    assert live.market.alive_problem(live.slot(live.btc)) is None


def test_a_new_connection_asks_for_tops_of_its_kinds(live):
    assert live.market.take_tops_due("binance", SPOT)
    assert not live.market.take_tops_due("binance", SPOT)
    assert live.market.take_tops_due("binance", PERP)
    live.market.accept_link(live.streams.event("depth", LinkState.SUBSCRIBED, (0,)))
    assert not live.market.take_tops_due("binance", SPOT)


async def test_a_snapshot_fills_and_confirms(live):
    slot = live.slot(live.btc)
    assert snapshot(live, live.btc, 100.0, 100.1)
    assert live.market.alive_problem(slot) is None
    await live.clock.advance(58)
    live.market.accept_alive("binance:any:top:0", live.clock.monotonic_ns())
    assert not snapshot(live, live.btc, 100.0, 100.1)
    await live.clock.advance(4)
    assert live.market.alive_problem(slot) is None


async def test_a_snapshot_that_contradicts_a_silent_stream_twice_empties_the_place(live):
    slot = live.slot(live.btc)
    live.quote(live.btc, 100.0, 100.1, sequence=9)
    await live.clock.advance(1)
    assert not snapshot(live, live.btc, 101.0, 101.1)
    await live.clock.advance(1)
    assert snapshot(live, live.btc, 101.0, 101.1)
    assert live.market.silent_streams == 1
    assert not live.market.board.has_quote(slot)
    assert live.market.alive_problem(slot) is not None


async def test_a_snapshot_that_races_a_speaking_stream_means_nothing(live):
    slot = live.slot(live.btc)
    live.quote(live.btc, 100.0, 100.1, sequence=9)
    asked_ns = live.clock.monotonic_ns()
    for price in (101.0, 102.0, 103.0):
        await live.clock.advance(0.1)
        live.quote(live.btc, 100.0, 100.1, sequence=10)
        assert not snapshot(live, live.btc, price, price + 0.1, asked_ns=asked_ns)
        asked_ns = live.clock.monotonic_ns()
    assert live.market.board.has_quote(slot)
    assert not snapshot(live, live.btc, 99.0, 99.1, sequence=3)
    assert live.market.silent_streams == 0


def test_a_snapshot_of_a_stranger_is_ignored(live):
    assert not snapshot(live, instrument_of("okx", SPOT, "BTC"), 1.0, 2.0)


def test_a_leg_has_all_the_gates_ask(live):
    slot = live.slot(live.perp)
    live.market.accept_turnover({live.perp.id: Turnover(Decimal(7))})
    live.quote(live.perp, 101.0, 101.1)
    leg = live.market.leg(slot)
    assert (leg.is_alive, leg.alive_problem) == (False, "its funding is not known yet")
    live.market.accept_funding(slot, live.funding())
    leg = live.market.leg(slot)
    assert leg.is_alive
    assert leg.turnover.quote_volume == 7
    assert leg.mark == 101
    assert leg.fee.taker == Decimal("0.0005")
    assert leg.borrow_rate_hourly is None
    assert leg.book is None
    assert leg.book_problem
    until = live.clock.now() + timedelta(hours=8)
    assert len(live.market.settlements(slot, until)) == 1
    assert live.market.settlements(live.slot(live.btc), until) == ()


async def test_funding_not_heard_for_long_is_unknown(live):
    slot = live.slot(live.perp)
    live.market.accept_funding(slot, live.funding())
    for _ in range(31):
        await live.clock.advance(10)
        live.quote(live.perp, 101.0, 101.1)
        live.market.accept_alive("binance:any:top:0", live.clock.monotonic_ns())
    assert live.market.alive_problem(slot) == "its funding was last heard 310 s ago (limit 300 s)"


def test_a_clock_beyond_correction_stops_the_venue(live):
    live.quote(live.btc, 100.0, 100.1)
    now_ms = live.clock.now().timestamp() * 1000
    live.market.clocks.learn("binance", ClockSample(round(now_ms) + 2000, now_ms, now_ms))
    assert live.market.alive_problem(live.slot(live.btc)) is None
    live.market.clocks.learn("okx", ClockSample(round(now_ms) + 90_000, now_ms, now_ms))
    assert live.market.alive_problem(live.slot(live.btc)) is None
    live.clock.shift_wall(-90)
    assert "set this machine's clock" in live.market.alive_problem(live.slot(live.btc))


def test_identity_wishes_for_an_unread_index_once(live):
    btc, perp = live.slot(live.btc), live.slot(live.perp)
    live.quote(live.btc, 100.0, 100.1)
    live.quote(live.perp, 101.0, 101.1)
    assert live.market.identity(btc, perp).level is IdentityLevel.RATIO
    live.market.identity(btc, perp)
    assert live.market.next_index_wish("okx") is None
    assert live.market.next_index_wish("binance") == perp
    assert live.market.next_index_wish("binance") is None
    live.market.asset_identity.learn(perp, [IndexComponent("binance", "BTCUSDT", None)])
    assert live.market.identity(btc, perp).level is IdentityLevel.INDEX
    assert live.market.next_index_wish("binance") is None


def test_gains_of_an_unheard_perp_are_unknown_not_zero(live):
    gains = live.market.columns().short_gain
    assert isnan(gains[0, live.slot(live.perp)])
    assert gains[0, live.slot(live.btc)] == 0


def test_a_depth_frame_of_an_unwanted_book_is_nothing(live):
    assert not live.market.accept_book_change(0, live.change(live.btc, 1, 2))


def test_links_dropped_by_us_lose_their_quotes(live):
    live.quote(live.btc, 100.0, 100.1)
    live.market.drop_links("binance", "started over")
    assert live.market.board.quoted == 0
    assert live.market.alive_problem(live.slot(live.btc)) == "no stream connection carries it"
