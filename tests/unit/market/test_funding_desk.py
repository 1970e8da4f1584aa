from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal

import numpy as np
import pytest

from arbedge.domain.funding import FundingState, SettlementStatus
from arbedge.domain.instrument import InstrumentId, MarketKind
from arbedge.foundation.runtime.clock import ManualClock
from arbedge.market.board import QuoteBoard
from arbedge.market.forecast import ForecastRule
from arbedge.market.funding import FundingDesk

PERP = InstrumentId("binance", MarketKind.PERP, "BTCUSDT")
NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)
EIGHT = NOW.replace(hour=16)
HORIZONS = (Decimal(1), Decimal(8), Decimal(24))


def funding(**changes):
    state = FundingState(
        instrument=PERP,
        rate=Decimal("0.0009"),
        next_at=EIGHT,
        interval_hours=Decimal(8),
        default_rate=Decimal("0.0001"),
        cap=None,
        floor=None,
        mark=Decimal(100),
        index=None,
        venue_at_ms=None,
        received_ns=1,
    )
    return replace(state, **changes)


class Bench:
    def __init__(self, slots=2):
        self.clock = ManualClock(NOW)
        self.offset_s = 0.0
        self.board = QuoteBoard(len(HORIZONS))
        self.board.extend([PERP] * slots)
        self.desk = FundingDesk(
            self.board,
            self.clock,
            lambda venue: self.clock.now() + timedelta(seconds=self.offset_s),
            horizons_h=HORIZONS,
            rule=ForecastRule(Decimal("0.5")),
            guard_s=60,
        )

    def settlements(self, hours=24):
        return self.desk.settlements(0, self.clock.now() + timedelta(hours=hours))


@pytest.fixture
def bench():
    return Bench()


def test_the_kth_settlement_keeps_a_power_of_the_distance_to_the_default(bench):
    bench.desk.store(0, funding())
    found = bench.settlements(24)
    assert [(each.at.hour, each.rate, each.status) for each in found] == [
        (16, Decimal("0.0005"), SettlementStatus.ESTIMATE),
        (0, Decimal("0.0003"), SettlementStatus.FORECAST),
        (8, Decimal("0.0002"), SettlementStatus.FORECAST),
    ]


def test_short_intervals_decay_by_the_hour_and_end_at_the_horizon(bench):
    bench.desk.store(0, funding(next_at=NOW + timedelta(hours=1), interval_hours=Decimal(1)))
    found = bench.settlements(8)
    assert len(found) == 8
    assert found[-1].at == NOW + timedelta(hours=8)
    assert found[-1].rate == Decimal("0.0005")
    assert found[0].rate == pytest.approx(
        Decimal("0.0001") + Decimal("0.0008") * Decimal("0.917004043204671"), abs=Decimal("1e-15")
    )


def test_caps_and_floors_clamp_every_settlement(bench):
    bench.desk.store(0, funding(rate=Decimal("0.05"), cap=Decimal("0.003"), floor=Decimal("-0.003")))
    assert [each.rate for each in bench.settlements(24)] == [Decimal("0.003")] * 3
    bench.desk.store(
        0, funding(rate=Decimal("-0.05"), cap=Decimal("0.003"), floor=Decimal("-0.003"), received_ns=2)
    )
    assert bench.settlements(8)[0].rate == Decimal("-0.003")


def test_what_is_not_known_is_empty(bench):
    assert bench.settlements() == ()
    assert bench.desk.mark(0) is None
    bench.desk.expect([0])
    assert np.isnan(bench.board.columns().short_gain[:, 0]).all()
    assert (bench.board.columns().short_gain[:, 1] == 0).all()


async def test_a_settlement_just_passed_counts_within_the_guard_and_the_next_is_the_first(bench):
    bench.desk.store(0, funding())
    await bench.clock.advance(4 * 3600 + 30)
    passed, following = bench.settlements(9)
    assert (passed.at, passed.rate, passed.status) == (EIGHT, Decimal("0.0009"), SettlementStatus.ESTIMATE)
    assert following.at == EIGHT + timedelta(hours=8)
    assert following.rate == Decimal("0.0005")
    await bench.clock.advance(40)
    assert [each.at for each in bench.settlements(9)] == [EIGHT + timedelta(hours=8)]


async def test_a_venue_that_rolls_over_leaves_the_settlement_it_made_within_the_guard(bench):
    bench.desk.store(0, funding())
    await bench.clock.advance(4 * 3600 + 1)
    bench.desk.store(0, funding(rate=Decimal("0.0001"), next_at=EIGHT + timedelta(hours=8), received_ns=2))
    assert [(each.at, each.rate) for each in bench.settlements(8)] == [
        (EIGHT, Decimal("0.0009")),
        (EIGHT + timedelta(hours=8), Decimal("0.0001")),
    ]
    await bench.clock.advance(61)
    assert [each.at for each in bench.settlements(8)] == [EIGHT + timedelta(hours=8)]


async def test_the_venue_s_clock_decides_what_lies_ahead(bench):
    bench.desk.store(0, funding())
    await bench.clock.advance(4 * 3600 - 2)
    assert bench.settlements(1)[0].rate == Decimal("0.0005")
    bench.offset_s = 5
    assert bench.settlements(1)[0].rate == Decimal("0.0009")


@pytest.mark.parametrize(
    "nonsense",
    [
        {"rate": Decimal("NaN")},
        {"rate": Decimal(2)},
        {"interval_hours": Decimal(0)},
        {"interval_hours": Decimal(25)},
        {"next_at": datetime(2026, 11, 22, 16)},  # noqa: DTZ001
        {"cap": Decimal(-1), "floor": Decimal(1)},
    ],
)
def test_nonsense_is_refused_and_the_last_state_stays(bench, nonsense):
    bench.desk.store(0, funding())
    assert not bench.desk.store(0, funding(received_ns=2, **nonsense))
    assert bench.desk.state(0) == funding()


def test_an_older_state_does_not_replace_a_newer_one(bench):
    bench.desk.store(0, funding(received_ns=5, rate=Decimal("0.002")))
    assert not bench.desk.store(0, funding(received_ns=4))
    assert bench.desk.state(0).rate == Decimal("0.002")


def test_only_changed_contracts_are_renewed(bench):
    bench.desk.store(0, funding())
    bench.desk.store(1, funding())
    assert bench.desk.refresh() == 2
    bench.desk.store(0, funding(mark=Decimal(101), received_ns=2))
    assert bench.desk.refresh() == 0
    bench.desk.store(0, funding(rate=Decimal("0.001"), received_ns=3))
    assert bench.desk.refresh() == 1


async def test_all_are_renewed_when_the_bounds_run_out(bench):
    bench.desk.store(0, funding())
    bench.desk.refresh()
    await bench.clock.advance(5)
    assert bench.desk.refresh() == 1


def test_gains_are_what_each_side_earns_by_each_horizon(bench):
    bench.desk.store(0, funding())
    bench.desk.store(1, funding(rate=Decimal("-0.0009"), default_rate=Decimal("-0.0001")))
    bench.desk.refresh()
    columns = bench.board.columns()
    assert columns.short_gain[:, 0] == pytest.approx([0, 0.0005, 0.001])
    assert columns.long_gain[:, 0] == pytest.approx([0, -0.0005, -0.001])
    assert columns.long_gain[:, 1] == pytest.approx([0, 0.0005, 0.001])


def test_many_contracts_grow_the_table():
    bench = Bench(slots=200)
    for slot in range(200):
        bench.desk.store(slot, funding(rate=Decimal(slot) / 100_000))
    assert bench.desk.refresh() == 200
    gains = bench.board.columns().short_gain[1]
    assert gains[190] == pytest.approx(0.0001 + (0.0019 - 0.0001) / 2)
