from datetime import timedelta

import pytest

from arbedge.foundation.runtime.clock import ManualClock
from arbedge.market.feeds.clocks import VenueClocks
from arbedge.market.feeds.liveness import Liveness
from arbedge.market.ports import ClockSample, LinkEvent, LinkState

S = 1_000_000_000
TOP = "binance:spot:top:0"


def event(link, state, at_s, slots=(), reason="cut"):
    return LinkEvent(link, state, reason, tuple(slots), int(at_s * S))


@pytest.fixture
def live():
    live = Liveness(heartbeat_s=5, confirmation_s=60)
    live.extend(3)
    live.on_link(event(TOP, LinkState.SUBSCRIBED, 10, (0, 1)))
    return live


def problem(live, slot, at_s):
    return live.problem(slot, int(at_s * S))


def test_a_heard_symbol_on_a_speaking_connection_is_alive_however_quiet(live):
    live.hear(0, 11 * S)
    for second in range(12, 70, 2):
        live.beat(TOP, second * S)
    assert problem(live, 0, 70) is None
    live.beat(TOP, 71 * S)
    assert problem(live, 0, 72) == "not confirmed for 61 s (limit 60 s)"


def test_a_silent_connection_silences_all_it_carries(live):
    live.hear(0, 11 * S)
    assert problem(live, 0, 15) is None
    assert "silent for 6.0 s (heartbeat 5 s)" in problem(live, 0, 16)


def test_what_nobody_carries_or_heard_is_not_alive(live):
    assert problem(live, 2, 11) == "no stream connection carries it"
    assert "no frame or matching snapshot" in problem(live, 1, 11)


def test_nothing_heard_before_the_subscription_counts(live):
    live.hear(0, 9 * S)
    assert problem(live, 0, 11) is not None
    live.hear(0, 10 * S)
    assert problem(live, 0, 11) is None


def test_a_lost_connection_loses_its_symbols_until_heard_anew(live):
    live.hear(0, 11 * S)
    assert live.on_link(event(TOP, LinkState.LOST, 12)) == (0, 1)
    assert problem(live, 0, 12) == "no stream connection carries it"
    live.on_link(event(TOP, LinkState.SUBSCRIBED, 14, (0, 1)))
    live.hear(0, 13 * S)
    assert "no frame" in problem(live, 0, 14)
    live.hear(0, 15 * S)
    assert problem(live, 0, 15) is None
    assert live.lost_links("binance:") == ()


def test_a_successor_that_carries_the_same_loses_nothing(live):
    live.hear(0, 11 * S)
    live.on_link(event("binance:spot:top:9", LinkState.SUBSCRIBED, 12, (0, 1)))
    assert live.on_link(event(TOP, LinkState.LOST, 13, (0, 1))) == ()
    assert problem(live, 0, 13) is None
    assert live.lost_links("binance:") == ((TOP, "cut"),)


def test_a_growing_subscription_keeps_what_was_heard(live):
    live.hear(0, 11 * S)
    live.on_link(event(TOP, LinkState.SUBSCRIBED, 12, (0, 1, 2)))
    assert problem(live, 0, 12) is None
    assert "no frame" in problem(live, 2, 12)


def test_connections_for_other_things_carry_no_quotes(live):
    live.hear(0, 11 * S)
    assert live.on_link(event("binance:perp:mark:0", LinkState.LOST, 12, (0, 1))) == ()
    live.on_link(event("binance:spot:depth:0", LinkState.SUBSCRIBED, 12, (2,)))
    assert problem(live, 2, 12) == "no stream connection carries it"


def test_silent_links_are_named(live):
    assert live.silent_links("binance:", 16 * S) == (TOP,)
    assert live.silent_links("okx:", 16 * S) == ()


class Clocks:
    def __init__(self):
        self.clock = ManualClock()
        self.clocks = VenueClocks(self.clock, max_offset_ms=1000)

    def sample(self, offset_ms, *, out_ms=0.0, back_ms=0.0):
        now_ms = self.clock.now().timestamp() * 1000
        server_ms = now_ms - back_ms + offset_ms
        self.clocks.learn("binance", ClockSample(round(server_ms), now_ms - back_ms - out_ms, now_ms))


@pytest.fixture
def clocks():
    return Clocks()


def test_the_sample_with_the_shortest_round_trip_counts(clocks):
    clocks.sample(100, out_ms=10, back_ms=400)
    assert clocks.clocks.offset_ms("binance") == pytest.approx(-95, abs=1)
    clocks.sample(100, out_ms=10, back_ms=10)
    assert clocks.clocks.offset_ms("binance") == pytest.approx(100, abs=1)
    assert clocks.clocks.error_ms("binance") == pytest.approx(10)
    clocks.sample(100, out_ms=900, back_ms=10)
    assert clocks.clocks.offset_ms("binance") == pytest.approx(100, abs=1)


def test_an_offset_above_the_limit_is_named_and_corrected(clocks):
    assert clocks.clocks.warning("binance") is None
    clocks.sample(2000)
    assert "2000 ms ahead of ours (limit 1000 ms)" in clocks.clocks.warning("binance")
    assert clocks.clocks.refusal("binance") is None
    assert clocks.clocks.venue_now("binance") - clocks.clock.now() == pytest.approx(
        timedelta(seconds=2), abs=timedelta(milliseconds=1)
    )


def test_an_offset_beyond_correction_refuses_the_venue(clocks):
    clocks.sample(-3_600_000)
    assert clocks.clocks.refusal("binance") == "binance's clock and ours are 3600 s apart: set this machine's clock"


def test_a_jump_of_our_wall_clock_moves_no_lag_and_is_named_at_once(clocks):
    clocks.sample(0)
    stamp_ms = int(clocks.clock.now().timestamp() * 1000)
    clocks.clock.shift_wall(-2.0)
    assert clocks.clocks.lag_ns("binance", stamp_ms, clocks.clock.monotonic_ns()) == pytest.approx(0, abs=2_000_000)
    assert "2000 ms ahead" in clocks.clocks.warning("binance")


def test_lag_is_by_the_venue_s_stamp_and_never_negative(clocks):
    now_ms = int(clocks.clock.now().timestamp() * 1000)
    assert clocks.clocks.lag_ns("binance", now_ms - 700, clocks.clock.monotonic_ns()) == 0
    clocks.sample(0)
    at_ns = clocks.clock.monotonic_ns()
    assert clocks.clocks.lag_ns("binance", now_ms - 700, at_ns) == pytest.approx(700_000_000, abs=2_000_000)
    assert clocks.clocks.lag_ns("binance", now_ms + 700, at_ns) == 0
    assert clocks.clocks.lag_ns("binance", None, at_ns) == 0


def test_a_sample_that_ends_before_it_begins_is_ignored(clocks):
    clocks.clocks.learn("binance", ClockSample(5, 10.0, 9.0))
    assert clocks.clocks.offset_ms("binance") is None
