"""Books of venues that send the whole book in their stream: chained frames, heartbeats, and subscribing anew."""

from dataclasses import replace

import pytest

from arbedge.market.feeds.desk import DepthVenue

S = 1_000_000_000


@pytest.fixture
async def sent(house):
    """A house whose venue sends books in its stream, with BTC's wanted and subscribed."""
    desk = house.market.desk
    desk._venues["binance"] = DepthVenue(house.venue, house.streams.want_depth, sends_books=True)
    for kind in ("spot", "perp"):
        listed = [each for each in house.venue.listed if each.id.kind == kind]
        house.market.accept_listing("binance", listed[0].id.kind, listed)
    house.streams.sink = house.sink
    house.script_book(house.btc, 10)
    house.market.leg(house.slot(house.btc))
    house.start(desk.run)
    return house


def send_book(house, sequence=10):
    book = replace(house.venue.books[house.btc.id], sequence=sequence, received_ns=house.clock.monotonic_ns())
    return house.market.accept_book(house.slot(house.btc), book)


def deliver(house, first, last, previous, **levels):
    change = replace(house.change(house.btc, first, last, **levels), previous=previous)
    return house.market.accept_book_change(house.slot(house.btc), change)


def state(house):
    return house.market.desk.book(house.slot(house.btc))


async def test_the_streams_own_book_is_used_and_frames_chain_to_it(sent):
    await sent.pass_time(0.3)
    assert send_book(sent)
    assert deliver(sent, 11, 11, 10, bids=[("99.95", "2")])
    book, problem, _ = state(sent)
    assert problem is None
    assert (book.sequence, book.bids[0]) == (11, ("99.95", "2"))
    assert sent.venue.calls["fetch_book"] == 0


async def test_a_heartbeat_confirms_and_a_count_begun_anew_is_followed(sent):
    await sent.pass_time(0.3)
    send_book(sent)
    await sent.pass_time(5)
    assert deliver(sent, 10, 10, 10)
    assert sent.clock.monotonic_ns() - state(sent)[2] < S
    assert deliver(sent, 3, 3, 10, bids=[("99.95", "2")])
    assert state(sent)[0].sequence == 3


async def test_a_gap_loses_the_book_and_subscribing_anew_brings_it_back(sent):
    await sent.pass_time(0.3)
    send_book(sent)
    assert not deliver(sent, 13, 13, 12)
    assert "does not follow 10" in state(sent)[1]
    wanted = []
    sent.market.desk._venues["binance"] = DepthVenue(sent.venue, wanted.append, sends_books=True)
    await sent.pass_time(4)
    slot = sent.slot(sent.btc)
    assert wanted[:2] == [frozenset(), frozenset({slot})]
    assert send_book(sent, 20)
    assert state(sent)[1] is None


async def test_a_book_not_heard_of_for_the_confirmation_time_is_subscribed_anew(sent):
    await sent.pass_time(0.3)
    send_book(sent)
    wanted = []
    sent.market.desk._venues["binance"] = DepthVenue(sent.venue, wanted.append, sends_books=True)
    for _ in range(7):
        sent.market.leg(sent.slot(sent.btc))
        await sent.pass_time(10)
    assert frozenset() in wanted


async def test_a_crossed_book_in_the_stream_is_refused(sent):
    await sent.pass_time(0.3)
    sent.script_book(sent.btc, 12, bid=101.0, ask=100.0)
    assert not send_book(sent, 12)
    assert "at or above ask" in state(sent)[1]
