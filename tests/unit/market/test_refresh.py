from dataclasses import replace

from arbedge.domain.instrument import InstrumentStatus, MarketKind
from arbedge.domain.opportunity import IdentityLevel
from arbedge.errors import IntegrityError, RateLimited, Rejected, Unavailable
from arbedge.market.fakes import instrument_of
from arbedge.market.ports import IndexComponent, LinkState
from arbedge.market.venues import VenueCondition

SPOT, PERP = MarketKind.SPOT, MarketKind.PERP


class Restricted(Rejected):
    code = "restricted"


def state(house):
    (only,) = house.refresher.states()
    return only


async def test_a_venue_comes_to_life(house):
    assert state(house).state is VenueCondition.CONNECTING
    house.start_all()
    await house.pass_time(4)
    assert (state(house).state, state(house).error) == (VenueCondition.LIVE, None)
    assert (state(house).instruments, state(house).quotes) == (3, 3)
    for instrument in (house.btc, house.usdc, house.perp):
        assert house.market.alive_problem(house.slot(instrument)) is None
    assert house.market.leg(0).turnover is not None
    assert house.market.columns().short_gain[0, house.slot(house.perp)] > 0
    assert house.market.clocks.offset_ms("binance") is not None


async def test_the_first_board_needs_one_round_of_answers(house):
    house.start(house.refresher.run)
    await house.pass_time(0.1)
    assert house.market.board.quoted == 3
    assert house.venue.calls["fetch_tops"] == 2


async def test_tops_that_come_before_the_listing_wait_for_it(house):
    house.venue.errors["fetch_instruments"] = Unavailable("busy")
    house.start(house.refresher.run)
    await house.pass_time(0.5)
    assert house.market.board.quoted == 0
    assert state(house).state is VenueCondition.DOWN
    assert "instruments: busy" in state(house).error
    del house.venue.errors["fetch_instruments"]
    await house.pass_time(2)
    assert house.market.board.quoted == 3
    assert house.market.funding.state(house.slot(house.perp)) is not None
    assert state(house).error is None


async def test_one_kind_fails_alone(house):
    for name in ("fetch_instruments", "fetch_tops"):
        house.venue.errors[f"{name}:perp"] = Unavailable("fapi is down")
    house.start_all()
    await house.pass_time(5)
    assert state(house).state is VenueCondition.DEGRADED
    assert "fapi is down" in state(house).error
    assert house.market.alive_problem(house.slot(house.btc)) is None
    assert house.streams.runs == 1
    house.venue.errors.clear()
    await house.pass_time(70)
    assert house.streams.runs == 2
    assert house.market.alive_problem(house.slot(house.perp)) is None
    assert state(house).state is VenueCondition.LIVE


async def test_a_refusal_by_location_is_named_first_and_retried_at_leisure(house):
    house.venue.errors["fetch_clock"] = Unavailable("no answer")
    refusal = Restricted("restricted from this location; set ARBEDGE_VENUES__BINANCE__BASE_URL")
    for name in ("fetch_instruments", "fetch_tops"):
        house.venue.errors[name] = refusal
    house.start(house.refresher.run)
    await house.pass_time(60)
    assert state(house).state is VenueCondition.RESTRICTED
    assert state(house).error.startswith("restricted from this location")
    assert house.venue.calls["fetch_instruments"] == 2
    house.venue.errors.clear()
    await house.pass_time(70)
    assert state(house).quotes == 3


async def test_a_rate_limit_s_wait_is_kept(house):
    house.venue.errors["fetch_tops:spot"] = RateLimited("slow down", retry_after_s=20)
    house.start(house.refresher.run)
    await house.pass_time(19)
    assert house.venue.calls["fetch_tops"] == 2
    await house.pass_time(2.5)
    assert house.venue.calls["fetch_tops"] == 3


async def test_failures_back_off(house):
    house.venue.errors["fetch_funding"] = Unavailable("busy")
    house.start(house.refresher.run)
    await house.pass_time(30)
    assert house.venue.calls["fetch_funding"] == 5
    assert house.refresher.failures("binance") == 5


async def test_an_empty_listing_is_a_fault_and_delists_nothing(house_of):
    house = house_of(refresh_instruments_s=10)
    house.start_all()
    await house.pass_time(1)
    house.venue.listed.clear()
    await house.pass_time(12)
    assert "no perp instrument at all" in state(house).error or "no spot instrument at all" in state(house).error
    assert house.market.instruments()[0].status is InstrumentStatus.TRADING
    await house.stop()


async def test_status_changes_and_delistings_arrive_with_the_next_listing(house_of):
    house = house_of(refresh_instruments_s=10)
    house.start_all()
    await house.pass_time(1)
    house.venue.listed[:] = [replace(house.btc, status=InstrumentStatus.SUSPENDED), house.perp]
    await house.pass_time(11)
    assert house.market.instruments()[house.slot(house.btc)].status is InstrumentStatus.SUSPENDED
    assert house.market.instruments()[house.slot(house.usdc)].status is InstrumentStatus.DELISTED
    await house.stop()


async def test_a_new_listing_is_streamed(house_of):
    house = house_of(refresh_instruments_s=10)
    house.start_all()
    await house.pass_time(1)
    house.venue.listed.append(instrument_of("binance", SPOT, "SOL"))
    await house.pass_time(36)
    assert house.streams.runs == 2
    assert len(house.streams.watched) == 4
    await house.stop()


async def test_indexes_are_read_wished_ones_first(house):
    others = [instrument_of("binance", PERP, f"C{n}") for n in range(30)]
    house.venue.listed[2:2] = others
    house.venue.components[house.perp.id] = (IndexComponent("binance", "BTCUSDT", None),)
    house.start_all()
    await house.pass_time(0.3)
    btc, perp = house.slot(house.btc), house.slot(house.perp)
    assert house.market.identity(btc, perp).level is IdentityLevel.RATIO
    await house.pass_time(1)
    assert house.market.identity(btc, perp).level is IdentityLevel.INDEX
    assert house.venue.calls["fetch_index_components"] < 6
    await house.pass_time(20)
    assert house.venue.calls["fetch_index_components"] == 31


async def test_an_index_that_fails_is_not_asked_for_in_a_hurry(house):
    house.venue.errors["fetch_index_components"] = IntegrityError("garbage")
    house.start_all()
    for _ in range(180):
        await house.pass_time(0.2)
        house.market.identity(0, house.slot(house.perp))
    assert house.venue.calls["fetch_index_components"] == 4
    assert "index: garbage" in state(house).error


async def test_a_silent_or_lost_connection_shows(house):
    house.start_all()
    await house.pass_time(4)
    await house.pass_time(6, beating=False)
    assert (state(house).state, state(house).error) == (VenueCondition.DEGRADED, "binance:any:top:0 is silent")
    house.sink.on_link(house.streams.event("top", LinkState.LOST, reason="cut by peer"))
    assert state(house).error == "binance:any:top:0 is down: cut by peer"
    assert state(house).state is VenueCondition.DOWN


async def test_a_clock_two_seconds_off_is_named_and_stops_nothing(house):
    house.venue.clock_offset_ms = 2000
    house.start_all()
    await house.pass_time(4)
    assert state(house).state is VenueCondition.DEGRADED
    assert "2000 ms ahead of ours" in state(house).error
    assert house.market.alive_problem(house.slot(house.btc)) is None


async def test_tops_are_read_again_after_a_reconnection(house):
    house.start_all()
    await house.pass_time(4)
    house.sink.on_link(house.streams.event("top", LinkState.LOST, reason="cut"))
    assert state(house).quotes == 0
    house.sink.on_link(house.streams.event("top", LinkState.SUBSCRIBED, (0, 1, 2)))
    await house.pass_time(2)
    assert state(house).quotes == 3
    assert house.market.alive_problem(house.slot(house.btc)) is None


async def test_what_was_answered_before_is_asked_again_soon_after_a_refusal(house_of):
    house = house_of(refresh_instruments_s=10)
    house.start(house.refresher.run)
    await house.pass_time(5)
    house.venue.errors["fetch_instruments"] = Restricted("restricted from this location")
    await house.pass_time(12)
    assert "restricted" in state(house).error
    house.venue.errors.clear()
    await house.pass_time(11)
    assert state(house).error is None
