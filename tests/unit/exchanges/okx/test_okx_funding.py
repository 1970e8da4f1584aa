"""OKX's funding: states with their own interval, and history paged backwards."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest

from arbedge.domain.funding import SettlementStatus
from arbedge.domain.instrument import MarketKind
from arbedge.errors import IntegrityError
from arbedge.exchanges.okx import wire
from arbedge.exchanges.okx.funding import settled_history, state_of
from arbedge.exchanges.okx.symbols import instrument_id

PERP = instrument_id(MarketKind.PERP, "BTC-USDT-SWAP")
HOUR_MS = 3_600_000
AT_MS = 1767254400000
AT = datetime.fromtimestamp(AT_MS / 1000, UTC)


def row(**changes: str) -> wire.FundingRow:
    values = {
        "rate": "0.0001",
        "at_ms": str(AT_MS),
        "next_ms": str(AT_MS + 8 * HOUR_MS),
        "cap": "0.00375",
        "floor": "-0.00375",
        "interest": "0.0001",
        "formula": "withRate",
        "venue_at_ms": "7",
    }
    return wire.FundingRow(symbol=PERP.symbol, **(values | changes))


def test_the_running_rate_settles_at_funding_time():
    state = state_of(PERP, row(), "100", "", 5)
    assert state is not None
    assert (state.next_at, state.interval_hours, state.rate) == (AT, 8, Decimal("0.0001"))
    assert (state.mark, state.index, state.venue_at_ms, state.received_ns) == (100, None, 7, 5)
    assert state.default_rate == Decimal("0.0001")


@pytest.mark.parametrize("hours", [1, 2, 4, 8])
def test_pitfall_6_the_interval_is_the_contracts_own(hours):
    forward = state_of(PERP, row(next_ms=str(AT_MS + hours * HOUR_MS)), "", "", 1)
    backward = state_of(PERP, row(next_ms="", previous_ms=str(AT_MS - hours * HOUR_MS)), "", "", 1)
    assert forward is not None
    assert backward is not None
    assert forward.interval_hours == backward.interval_hours == hours
    assert forward.default_rate == Decimal("0.0001") * hours / 8


def test_pitfall_7_cap_and_floor_are_the_contracts_own_or_unknown():
    bounded, unbounded = state_of(PERP, row(), "", "", 1), state_of(PERP, row(cap="", floor=""), "", "", 1)
    assert (bounded.cap, bounded.floor) == (Decimal("0.00375"), Decimal("-0.00375"))
    assert (unbounded.cap, unbounded.floor) == (None, None)


@pytest.mark.parametrize("changes", [{"formula": "noRate"}, {"interest": ""}])
def test_without_interest_zero_premium_pays_nothing(changes):
    assert state_of(PERP, row(**changes), "", "", 1).default_rate == 0


@pytest.mark.parametrize(
    "changes",
    [
        {"rate": ""},
        {"rate": "NaN"},
        {"at_ms": ""},
        {"at_ms": "0"},
        {"next_ms": ""},
        {"next_ms": str(AT_MS)},
        {"next_ms": str(AT_MS + 999 * HOUR_MS)},
    ],
)
def test_a_row_that_makes_no_sense_is_no_state(changes):
    assert state_of(PERP, row(**changes), "1", "1", 1) is None


class Past:
    """A venue's history, newest first, as its `after` pages tell it."""

    def __init__(self, count: int, kept: int | None = None) -> None:
        self.rows = [
            wire.SettledRow(at_ms=AT_MS - n * 8 * HOUR_MS, realized=f"0.000{n % 9}", estimate="9")
            for n in range(count)
        ][:kept]
        self.asked: list[int] = []

    async def page(self, before_ms: int) -> list[wire.SettledRow]:
        self.asked.append(before_ms)
        return [each for each in self.rows if each.at_ms < before_ms][:100]


async def test_history_pages_backwards_and_comes_oldest_first():
    past = Past(350)
    since, until = AT - timedelta(hours=8 * 300), AT
    found = await settled_history(past.page, since, until, 100)
    assert [each.at for each in found] == [since + timedelta(hours=8 * n) for n in range(300)]
    assert {each.status for each in found} == {SettlementStatus.SETTLED}
    assert found[-1].rate == Decimal("0.0001")  # what was paid, not the last estimate
    assert 3 <= len(past.asked) <= 4


async def test_history_ends_where_the_venue_has_forgotten():
    past = Past(350, kept=150)
    found = await settled_history(past.page, AT - timedelta(days=390), AT + timedelta(hours=1), 100)
    assert len(found) == 150
    assert len(past.asked) == 2


async def test_an_empty_range_asks_nothing_and_a_repeating_page_ends():
    past = Past(5)
    assert await settled_history(past.page, AT, AT, 100) == ()
    assert past.asked == []

    async def stuck(_before_ms: int) -> list[wire.SettledRow]:
        return [wire.SettledRow(at_ms=AT_MS + HOUR_MS, realized="1")] * 100

    assert await settled_history(stuck, AT - timedelta(days=1), AT, 100) == ()


async def test_a_rate_that_is_no_number_is_an_integrity_error():
    async def page(_before_ms: int) -> list[wire.SettledRow]:
        return [wire.SettledRow(at_ms=AT_MS - 1, realized="much")]

    with pytest.raises(IntegrityError, match="makes no sense"):
        await settled_history(page, AT - timedelta(days=1), AT, 100)
