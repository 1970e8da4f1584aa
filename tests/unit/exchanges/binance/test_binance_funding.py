"""Funding rows to states and settlements."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest

from arbedge.domain.funding import SettlementStatus
from arbedge.domain.instrument import MarketKind
from arbedge.errors import IntegrityError
from arbedge.exchanges.binance import wire
from arbedge.exchanges.binance.funding import read_terms, settled_history, state_of_mark, states_of
from arbedge.exchanges.binance.symbols import instrument_id

START = datetime(2026, 1, 1, tzinfo=UTC)
START_MS = int(START.timestamp() * 1000)
HOUR_MS = 3_600_000


def mark(symbol: str, **changes: object) -> wire.MarkSnapshot:
    values = {
        "symbol": symbol,
        "mark": "100.5",
        "index": "100.4",
        "rate": "-0.00012",
        "interest": "0.00010000",
        "next_ms": START_MS,
        "venue_at_ms": 9,
    }
    return wire.MarkSnapshot(**(values | changes))


def test_terms_default_to_eight_hours_and_the_interest():
    terms = read_terms([], [mark("BTCUSDT")])
    (state,) = states_of([mark("BTCUSDT")], terms, 5)
    assert (state.interval_hours, state.default_rate, state.cap, state.floor) == (8, Decimal("0.0001"), None, None)
    assert (state.rate, state.next_at, state.mark, state.index) == (
        Decimal("-0.00012"),
        START,
        Decimal("100.5"),
        Decimal("100.4"),
    )
    assert (state.venue_at_ms, state.received_ns) == (9, 5)


def test_a_contract_of_its_own_terms_scales_the_interest():
    rule = wire.FundingRule("BLZUSDT", cap="0.025", floor="-0.03", interval_hours=4)
    (state,) = states_of([mark("BLZUSDT")], read_terms([rule], []), 5)
    assert (state.interval_hours, state.default_rate) == (4, Decimal("0.00005"))
    assert (state.cap, state.floor) == (Decimal("0.025"), Decimal("-0.03"))


def test_a_contract_without_interest_defaults_to_nothing():
    rows = [mark("BNBUSDT", interest="0.00000000")]
    (state,) = states_of(rows, read_terms([], rows), 5)
    assert state.default_rate == 0


@pytest.mark.parametrize("hours", [0, -8, 25, 1000])
def test_an_absurd_interval_is_not_believed(hours):
    rule = wire.FundingRule("BLZUSDT", interval_hours=hours)
    (state,) = states_of([mark("BLZUSDT")], read_terms([rule], []), 5)
    assert state.interval_hours == 8


@pytest.mark.parametrize("changes", [{"rate": ""}, {"rate": "NaN"}, {"next_ms": 0}, {"next_ms": 10**17}])
def test_rows_that_pay_no_funding_or_make_no_sense_are_left_out(changes):
    assert states_of([mark("BTCUSDT", **changes)], {}, 5) == ()


def test_a_mark_that_is_no_price_is_unknown_not_zero():
    row = wire.MarkRow(symbol="BTCUSDT", mark="0", index="", rate="0.0001", next_ms=START_MS)
    state = state_of_mark(instrument_id(MarketKind.PERP, "BTCUSDT"), row, {}, 5)
    assert state is not None
    assert (state.mark, state.index, state.venue_at_ms) == (None, None, None)


class Archive:
    """The venue's history endpoint: oldest rows first, at most `page` of them."""

    def __init__(self, times: list[int], page: int) -> None:
        self.rows = [wire.SettledRate("BTCUSDT", at_ms, f"0.{number:06d}") for number, at_ms in enumerate(times)]
        self.page = page
        self.asked: list[tuple[int, int]] = []

    async def fetch(self, start_ms: int, end_ms: int) -> list[wire.SettledRate]:
        self.asked.append((start_ms, end_ms))
        return [row for row in self.rows if start_ms <= row.at_ms <= end_ms][: self.page]


@pytest.mark.parametrize(("rows", "page"), [(0, 3), (1, 3), (3, 3), (4, 3), (7, 3), (9, 3), (100, 7)])
async def test_every_page_is_read_and_no_row_comes_twice(rows, page):
    archive = Archive([START_MS + number * 8 * HOUR_MS for number in range(rows)], page)
    until = START + timedelta(hours=8 * rows + 1)
    settlements = await settled_history(archive.fetch, START, until, page)
    assert [s.rate for s in settlements] == [Decimal(row.rate) for row in archive.rows]
    assert [s.at for s in settlements] == sorted({s.at for s in settlements})
    assert all(s.status is SettlementStatus.SETTLED for s in settlements)


async def test_the_bounds_are_since_included_until_excluded():
    archive = Archive([START_MS - HOUR_MS, START_MS, START_MS + HOUR_MS, START_MS + 2 * HOUR_MS], 10)
    settlements = await settled_history(archive.fetch, START, START + timedelta(hours=2), 10)
    assert [s.at for s in settlements] == [START, START + timedelta(hours=1)]
    just_after = START + timedelta(microseconds=1)
    settlements = await settled_history(archive.fetch, just_after, just_after + timedelta(hours=1), 10)
    assert [s.at for s in settlements] == [START + timedelta(hours=1)]


async def test_a_venue_that_repeats_itself_does_not_keep_us_for_ever():
    asked = []

    async def stuck(start_ms: int, _end_ms: int) -> list[wire.SettledRate]:
        asked.append(start_ms)
        return [wire.SettledRate("BTCUSDT", START_MS, "0.1")] * 3

    await settled_history(stuck, START, START + timedelta(days=9), 3)
    assert len(asked) == 1


async def test_a_rate_that_is_no_number_is_an_integrity_error():
    async def page(_start_ms: int, _end_ms: int) -> list[wire.SettledRate]:
        return [wire.SettledRate("BTCUSDT", START_MS, "a lot")]

    with pytest.raises(IntegrityError, match="fundingRate"):
        await settled_history(page, START, START + timedelta(days=1), 3)
