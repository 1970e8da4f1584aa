from arbedge.errors import Unavailable
from arbedge.market.feeds.desk import SnapshotBudget
from arbedge.market.ports import ClockSample, LinkState

S = 1_000_000_000


def list_all(house):
    for kind in ("spot", "perp"):
        listed = [each for each in house.venue.listed if each.id.kind == kind]
        house.market.accept_listing("binance", listed[0].id.kind, listed)
    house.streams.sink = house.sink


def deliver(house, instrument, *args, **kwargs):
    return house.market.accept_book_change(house.slot(instrument), house.change(instrument, *args, **kwargs))


async def opened(house):
    """BTC's book wanted, streamed, loaded at id 10 and opened by its first frame."""
    list_all(house)
    house.script_book(house.btc, 10)
    house.market.leg(house.slot(house.btc))
    house.start(house.market.desk.run)
    await house.pass_time(0.3)
    assert deliver(house, house.btc, 9, 12, bids=[("99.95", "2")])
    return house.slot(house.btc)


def state(house, slot):
    book, problem, confirmed_ns = house.market.desk.book(slot)
    return book, problem, (house.clock.monotonic_ns() - confirmed_ns) / S


async def test_looking_at_a_leg_brings_its_book(house):
    list_all(house)
    slot = house.slot(house.btc)
    house.script_book(house.btc, 10)
    assert house.market.leg(slot).book_problem == "waiting for its first snapshot"
    house.start(house.market.desk.run)
    await house.pass_time(0.3)
    assert house.streams.depth == {slot}
    leg = house.market.leg(slot)
    assert leg.book_problem is None
    assert leg.book.bids[0] == ("99.90", "1")
    assert len(leg.book.bids) == house.config.depth_levels


async def test_frames_that_come_during_the_snapshot_are_applied_to_it(house):
    list_all(house)
    slot = house.slot(house.btc)
    house.script_book(house.btc, 10)
    house.market.leg(slot)
    house.market.desk.tend()
    entry = house.market.desk.shelf.entry(slot)
    house.market.desk.shelf.begin_snapshot(entry)
    assert not deliver(house, house.btc, 5, 10, bids=[("1.00", "1")])
    assert not deliver(house, house.btc, 11, 12, bids=[("99.95", "2")])
    book = await house.venue.fetch_book(house.btc.id, 500)
    house.market.desk.shelf.on_snapshot(entry, book, levels_asked=500)
    book, problem, _ = state(house, slot)
    assert problem is None
    assert (book.sequence, book.bids[0]) == (12, ("99.95", "2"))


async def test_a_gap_takes_the_book_away_until_a_new_snapshot(house):
    slot = await opened(house)
    assert deliver(house, house.btc, 13, 13, asks=[("100.05", "1")])
    house.venue.errors["fetch_book"] = Unavailable("busy")
    assert not deliver(house, house.btc, 15, 15)
    book, problem, _ = state(house, slot)
    assert book is None
    assert "frame 15..15 does not follow 13" in problem
    del house.venue.errors["fetch_book"]
    house.script_book(house.btc, 20)
    await house.pass_time(2)
    assert state(house, slot)[0].sequence == 20
    assert house.market.desk.shelf.resyncs == 1


async def test_a_crossed_book_is_dropped(house):
    slot = await opened(house)
    house.venue.errors["fetch_book"] = Unavailable("busy")
    assert not deliver(house, house.btc, 13, 13, bids=[("100.50", "1")])
    assert "at or above ask" in state(house, slot)[1]


async def test_a_level_that_is_no_number_is_dropped_not_raised(house):
    slot = await opened(house)
    house.venue.errors["fetch_book"] = Unavailable("busy")
    assert not deliver(house, house.btc, 13, 13, bids=[("garbage", "1")])
    assert "no pair of numbers" in state(house, slot)[1]


async def test_a_lost_connection_loses_the_book_and_a_new_one_brings_it_back(house):
    slot = await opened(house)
    house.market.accept_link(house.streams.event("depth", LinkState.LOST, (slot,), "cut"))
    assert "connection was lost: cut" in state(house, slot)[1]
    house.script_book(house.btc, 30)
    house.market.accept_link(house.streams.event("depth", LinkState.SUBSCRIBED, (slot,)))
    await house.pass_time(2)
    assert state(house, slot)[0].sequence == 30


async def test_failing_snapshots_back_off(house):
    list_all(house)
    slot = house.slot(house.btc)
    house.venue.errors["fetch_book"] = Unavailable("busy")
    house.market.leg(slot)
    house.start(house.market.desk.run)
    await house.pass_time(10)
    assert 3 <= house.venue.calls["fetch_book"] <= 8
    assert "busy" in state(house, slot)[1]


async def test_a_later_frame_of_another_symbol_on_the_connection_confirms(house):
    slot = await opened(house)
    house.venue.errors["fetch_book"] = Unavailable("busy")
    house.script_book(house.usdc, 5)
    house.market.desk.want(house.slot(house.usdc))
    await house.pass_time(1)
    assert state(house, slot)[2] > 0.9
    deliver(house, house.usdc, 6, 6)
    assert state(house, slot)[2] == 0


async def test_frames_older_than_the_book_prove_nothing(house):
    slot = await opened(house)
    house.venue.errors["fetch_book"] = Unavailable("busy")
    house.market.desk.want(house.slot(house.usdc))
    await house.pass_time(1)
    assert not deliver(house, house.btc, 8, 9)
    deliver(house, house.usdc, 6, 6)
    assert state(house, slot)[2] > 0.9
    for _ in range(60):
        deliver(house, house.btc, 8, 9)
    assert "ids went back" in state(house, slot)[1]


async def test_a_quiet_wanted_book_is_confirmed_by_snapshots_at_a_pace(house):
    slot = await opened(house)
    house.script_book(house.btc, 12, bid=99.95)
    before = house.venue.calls["fetch_book"]
    for _ in range(40):
        house.market.desk.want(slot)
        await house.pass_time(0.25)
        assert state(house, slot)[2] < house.config.detail_confirmation_s
    assert 7 <= house.venue.calls["fetch_book"] - before <= 11


async def test_a_frame_counts_from_when_the_venue_sent_it(house):
    slot = await opened(house)
    now_ms = house.clock.now().timestamp() * 1000
    house.market.clocks.learn("binance", ClockSample(round(now_ms), now_ms, now_ms))
    await house.pass_time(3)
    house.venue.errors["fetch_book"] = Unavailable("busy")
    late_ms = int(house.clock.now().timestamp() * 1000) - 2000
    deliver(house, house.btc, 13, 13, venue_at_ms=late_ms)
    assert 1.9 < state(house, slot)[2] < 2.1


async def test_a_book_that_differs_from_the_board_for_a_second_is_built_anew(house):
    slot = await opened(house)
    house.quote(house.btc, 98.0, 98.5)
    before = house.venue.calls["fetch_book"]
    await house.pass_time(0.8)
    assert state(house, slot)[1] is None
    await house.pass_time(1.0)
    assert house.market.desk.shelf.disagreements == 1
    assert house.venue.calls["fetch_book"] > before


async def test_a_book_that_agrees_with_the_board_is_left_alone(house):
    slot = await opened(house)
    house.quote(house.btc, 99.95, 100.1)
    await house.pass_time(7)
    assert house.market.desk.shelf.disagreements == 0
    assert state(house, slot)[1] is None


async def test_books_are_bounded_and_the_least_wanted_makes_room(house_of):
    house = house_of(max_detail_books=2)
    list_all(house)
    shelf = house.market.desk.shelf
    shelf.want(0)
    await house.clock.advance(1)
    shelf.want(1)
    shelf.want(2)
    assert {entry.slot for entry in shelf.entries} == {0, 1}
    assert "all 2 are in use" in house.market.desk.book(2)[1]
    await house.clock.advance(1.5)
    shelf.want(2)
    assert {entry.slot for entry in shelf.entries} == {1, 2}


async def test_a_book_nobody_wants_is_let_go(house):
    slot = await opened(house)
    await house.pass_time(61)
    assert house.market.desk.shelf.entry(slot) is None
    assert house.streams.depth == frozenset()


async def test_a_book_whose_range_is_used_up_gets_a_new_one(house):
    list_all(house)
    slot = house.slot(house.btc)
    house.script_book(house.btc, 10, levels=600)
    house.market.leg(slot)
    house.start(house.market.desk.run)
    await house.pass_time(0.3)
    gone = [(f"{99.9 - n / 100:.2f}", "0") for n in range(80)]
    deliver(house, house.btc, 11, 11, bids=gone)
    assert len(state(house, slot)[0].bids) == 20
    house.script_book(house.btc, 11, bid=99.10, levels=600)
    await house.pass_time(1.5)
    assert len(state(house, slot)[0].bids) == 50


async def test_without_a_stream_a_book_still_comes_by_request(house):
    list_all(house)
    house.streams.sink = None
    slot = house.slot(house.btc)
    house.script_book(house.btc, 10)
    house.market.leg(slot)
    house.start(house.market.desk.run)
    await house.pass_time(2)
    assert state(house, slot)[0] is None
    await house.pass_time(2)
    assert state(house, slot)[0].sequence == 10
    house.market.accept_link(house.streams.event("depth", LinkState.SUBSCRIBED, (slot,)))
    assert "only begun" in state(house, slot)[1]


def test_the_budget_allows_a_burst_then_a_rate():
    budget = SnapshotBudget(per_s=2, burst=3)
    assert [budget.take(0) for _ in range(4)] == [True, True, True, False]
    assert budget.take(S // 2)
    assert not budget.take(S // 2)
    assert [budget.take(100 * S) for _ in range(4)] == [True, True, True, False]
