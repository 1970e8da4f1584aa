"""The gain columns never fall under what exact settlements give, at any moment they are used for."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal

from hypothesis import given, settings
from hypothesis import strategies as st

from arbedge.domain.funding import FundingState
from arbedge.domain.instrument import InstrumentId, MarketKind
from arbedge.foundation.runtime.clock import ManualClock
from arbedge.market.board import QuoteBoard
from arbedge.market.forecast import ForecastRule
from arbedge.market.funding import FundingDesk

PERP = InstrumentId("binance", MarketKind.PERP, "BTCUSDT")
GUARD_S = 60
HORIZONS = (Decimal(1), Decimal(8), Decimal(24), Decimal(168))
START = datetime(2026, 11, 22, 12, tzinfo=UTC)

rates = st.decimals(min_value=Decimal("-0.03"), max_value=Decimal("0.03"), places=8)


@settings(max_examples=400, deadline=None)
@given(
    rate=rates,
    default=st.sampled_from([Decimal("0.0001"), Decimal(0), Decimal("-0.0002")]),
    interval=st.sampled_from([Decimal(1), Decimal(2), Decimal(4), Decimal(8)]),
    cap=st.sampled_from([None, Decimal("0.003"), Decimal("0.02")]),
    ahead_s=st.integers(-90, 90) | st.integers(-90, 8 * 3600),
    later_ms=st.integers(0, 4900),
    offset_ms=st.integers(-3000, 3000),
    decay=st.sampled_from([Decimal("0.5"), Decimal(0), Decimal(1), Decimal("0.9")]),
)
async def test_bounds_hold(rate, default, interval, cap, ahead_s, later_ms, offset_ms, decay):
    clock = ManualClock(START)
    board = QuoteBoard(len(HORIZONS))
    board.extend([PERP])
    desk = FundingDesk(
        board,
        clock,
        lambda venue: clock.now() + timedelta(milliseconds=offset_ms),
        horizons_h=HORIZONS,
        rule=ForecastRule(decay),
        guard_s=GUARD_S,
    )
    state = FundingState(
        instrument=PERP,
        rate=rate,
        next_at=START + timedelta(seconds=ahead_s),
        interval_hours=interval,
        default_rate=default,
        cap=cap,
        floor=None if cap is None else -cap,
        mark=None,
        index=None,
        venue_at_ms=None,
        received_ns=1,
    )
    assert desk.store(0, state)
    desk.refresh()
    await clock.advance(later_ms / 1000)
    as_of = clock.now()
    for row, hours in enumerate(HORIZONS):
        until = as_of + timedelta(hours=int(hours))
        found = desk.settlements(0, until)
        for sign, column in ((1, board.columns().short_gain), (-1, board.columns().long_gain)):
            exact = Decimal(0)
            for each in found:
                gain = sign * each.rate
                guard = timedelta(seconds=GUARD_S)
                opens = as_of + guard if gain > 0 else as_of - guard
                exact += gain if opens < each.at <= until else Decimal(0)
            assert float(exact) <= column[row, 0]
