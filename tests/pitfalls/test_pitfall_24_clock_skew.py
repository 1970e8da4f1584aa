"""Pitfall 24: a venue's clock is not ours; its offset comes from the quickest sample, ages from our own monotonic time."""

from datetime import UTC, datetime

import pytest

from arbedge.foundation.runtime.clock import ManualClock
from arbedge.market.feeds.clocks import VenueClocks
from arbedge.market.ports import ClockSample

MS = 1_000_000
AHEAD_MS = 2000.0


class Bench:
    """A venue whose clock is two seconds ahead of ours."""

    def __init__(self, ahead_ms=AHEAD_MS):
        self.clock = ManualClock(datetime(2026, 11, 22, 12, tzinfo=UTC))
        self.clocks = VenueClocks(self.clock, max_offset_ms=1000)
        self.ahead_ms = ahead_ms

    def wall_ms(self):
        return self.clock.now().timestamp() * 1000

    async def ask(self, there_ms, back_ms):
        sent_ms = self.wall_ms()
        await self.clock.advance(there_ms / 1000)
        server_ms = self.wall_ms() + self.ahead_ms
        await self.clock.advance(back_ms / 1000)
        received_ms = self.wall_ms()
        sample = ClockSample(sent_ms=sent_ms, received_ms=received_ms, server_ms=server_ms)
        self.clocks.learn("bybit", sample)
        return server_ms - (sent_ms + received_ms) / 2


async def test_the_slow_answer_misleads_and_the_quick_one_counts():
    bench = Bench()
    await bench.ask(10, 10)
    naive_ms = await bench.ask(1600, 0)
    assert abs(naive_ms - AHEAD_MS) > 700  # half of the round trip taken for the way back: enough to be turned away
    assert bench.clocks.offset_ms("bybit") == pytest.approx(AHEAD_MS, abs=1)
    assert bench.clocks.error_ms("bybit") == pytest.approx(10)


async def test_a_frame_from_a_clock_ahead_is_not_from_the_future():
    bench = Bench()
    await bench.ask(5, 5)
    made_ms = int(bench.wall_ms() + bench.ahead_ms)
    await bench.clock.advance(0.3)
    naive_age_ms = bench.wall_ms() - made_ms
    assert naive_age_ms < -1500
    lag_ns = bench.clocks.lag_ns("bybit", made_ms, bench.clock.monotonic_ns())
    assert lag_ns / MS == pytest.approx(300, abs=10)


async def test_a_machine_set_to_another_time_does_not_change_an_age():
    bench = Bench()
    await bench.ask(5, 5)
    made_ms = int(bench.wall_ms() + bench.ahead_ms)
    await bench.clock.advance(0.3)
    before = bench.clocks.lag_ns("bybit", made_ms, bench.clock.monotonic_ns())
    venue_now = bench.clocks.venue_now("bybit")
    bench.clock.shift_wall(-3600)
    assert bench.clocks.lag_ns("bybit", made_ms, bench.clock.monotonic_ns()) == before
    assert abs((bench.clocks.venue_now("bybit") - venue_now).total_seconds()) < 0.001


@pytest.mark.parametrize(("ahead_ms", "is_named", "is_refused"), [(400, 0, 0), (-2000, 1, 0), (31_000, 1, 1)])
async def test_above_its_limit_an_offset_is_named_and_far_above_it_refused(ahead_ms, is_named, is_refused):
    bench = Bench(ahead_ms)
    await bench.ask(5, 5)
    assert (bench.clocks.warning("bybit") is not None) == bool(is_named)
    assert (bench.clocks.refusal("bybit") is not None) == bool(is_refused)
