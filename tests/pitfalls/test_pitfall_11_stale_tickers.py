"""Pitfall 11: a ticker's last price is no quote, and a quote has an age; times that run backwards prove nothing."""

from datetime import UTC, datetime

from arbedge.domain.instrument import MarketKind
from arbedge.foundation.runtime.clock import ManualClock
from arbedge.market.board import QuoteBoard
from arbedge.market.fakes import instrument_of
from arbedge.market.feeds.liveness import Liveness
from arbedge.market.feeds.sanity import QuoteFault, QuoteSanity
from arbedge.market.ports import LinkEvent, LinkState

S = 1_000_000_000
LINK = "binance:spot:top:0"
BTC = instrument_of("binance", MarketKind.SPOT, "BTC").id


class Seat:
    """One symbol as the market keeps it: what is sane, what is shown, what is alive."""

    def __init__(self):
        self.clock = ManualClock(datetime(2026, 11, 22, 12, tzinfo=UTC))
        self.board = QuoteBoard(2)
        self.board.extend([BTC])
        self.sanity, self.live = QuoteSanity(), Liveness(heartbeat_s=5, confirmation_s=60)
        self.sanity.extend(1)
        self.live.extend(1)
        self.live.on_link(LinkEvent(LINK, LinkState.SUBSCRIBED, "", (0,), self.clock.monotonic_ns()))
        self.last_written = None

    def hear(self, bid, ask, sequence):
        self.last_written = bid, ask  # the careless reader keeps whatever came last
        fault = self.sanity.judge(0, bid, 1.0, ask, 1.0, sequence, self.board.sequence(0))
        if fault is None:
            now_ns = self.clock.monotonic_ns()
            self.board.store(0, bid, 1.0, ask, 1.0, sequence, 0, now_ns)
            self.live.hear(0, now_ns)
        return fault

    def beat(self):
        self.live.beat(LINK, self.clock.monotonic_ns())

    def problem(self):
        return self.live.problem(0, self.clock.monotonic_ns())


def test_a_frame_from_before_does_not_replace_the_one_after():
    seat = Seat()
    assert seat.hear(100.0, 100.1, 50) is None
    assert seat.hear(99.0, 99.1, 49) is QuoteFault.OUT_OF_ORDER
    assert seat.last_written == (99.0, 99.1)
    assert seat.board.best(0) == (100.0, 100.1)


async def test_a_quote_grows_old_though_its_connection_speaks():
    seat = Seat()
    seat.hear(100.0, 100.1, 50)
    for _ in range(59):
        await seat.clock.advance(1)
        seat.beat()
    assert seat.problem() is None
    await seat.clock.advance(2)
    seat.beat()
    assert seat.last_written is not None  # still there to be believed
    assert seat.problem() == "not confirmed for 61 s (limit 60 s)"


async def test_a_wall_clock_set_back_makes_nothing_young():
    seat = Seat()
    seat.hear(100.0, 100.1, 50)
    heard_at = seat.clock.now()
    await seat.clock.advance(61)
    seat.beat()
    seat.clock.shift_wall(-3600)
    assert (seat.clock.now() - heard_at).total_seconds() < 0  # by the wall clock it has not happened yet
    assert "not confirmed" in seat.problem()
