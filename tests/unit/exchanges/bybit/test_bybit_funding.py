"""Funding from tickers and listings, and its history from pages that go back in time."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from arbedge.domain.instrument import MarketKind
from arbedge.errors import IntegrityError
from arbedge.exchanges.bybit import wire
from arbedge.exchanges.bybit.funding import DEFAULT_TERMS, FundingTerms, FundingValues, settled_history, state_of
from arbedge.exchanges.bybit.symbols import instrument_id

PERP = instrument_id(MarketKind.PERP, "BTCUSDT")
START = datetime(2026, 1, 1, tzinfo=UTC)
START_MS = int(START.timestamp() * 1000)
HOUR_MS = 3_600_000


def values(**changes: object) -> FundingValues:
    given_values = {
        "rate": "0.0001",
        "next_ms": "1763856000000",
        "interval_hours": "",
        "cap": "",
        "mark": "1.5",
        "index": "1.4",
        "venue_at_ms": 9,
    }
    return FundingValues(**given_values | changes)


@pytest.mark.parametrize(
    ("told", "terms", "hours"),
    [("", 8, 8), ("", 4, 4), ("1", 8, 1), ("0", 2, 2), ("-3", 4, 4), ("999", 4, 4), ("abc", 4, 4)],
)
def test_the_tickers_interval_goes_before_the_listed_one_where_it_makes_sense(told, terms, hours):
    state = state_of(PERP, values(interval_hours=told), FundingTerms(Decimal(terms)), 1)
    assert state.interval_hours == hours
    assert state.default_rate == Decimal("0.0001") * hours / 8


@pytest.mark.parametrize(
    ("told", "listed", "clamps"),
    [
        ("", (None, None), (None, None)),
        ("", ("0.01", "-0.02"), ("0.01", "-0.02")),
        ("0.005", (None, None), ("0.005", None)),
        ("0.005", ("0.01", "-0.01"), ("0.005", "-0.005")),
        ("0.03", ("0.01", "-0.02"), ("0.03", "-0.02")),
        ("-1", ("0.01", "-0.01"), ("0.01", "-0.01")),
    ],
)
def test_a_cap_the_ticker_states_is_newer_than_the_listing(told, listed, clamps):
    terms = FundingTerms(Decimal(8), *(None if one is None else Decimal(one) for one in listed))
    state = state_of(PERP, values(cap=told), terms, 1)
    assert (state.cap, state.floor) == tuple(None if one is None else Decimal(one) for one in clamps)


def test_a_dated_future_pays_no_funding():
    assert state_of(PERP, values(rate="", next_ms=""), DEFAULT_TERMS, 1) is None


def test_marks_that_make_no_sense_are_left_out_alone():
    state = state_of(PERP, values(mark="", index="-1", venue_at_ms=0), DEFAULT_TERMS, 1)
    assert (state.mark, state.index, state.venue_at_ms, state.rate) == (None, None, None, Decimal("0.0001"))


class History:
    """Answers as the venue does: the newest rows of a range, newest first, at most `page` of them."""

    def __init__(self, hours: list[int], page: int) -> None:
        self.rows = sorted((START_MS + hour * HOUR_MS for hour in set(hours)), reverse=True)
        self.page = page
        self.asked: list[tuple[int, int]] = []

    async def __call__(self, start_ms: int, end_ms: int) -> list[wire.SettledRate]:
        self.asked.append((start_ms, end_ms))
        within = [at for at in self.rows if start_ms <= at <= end_ms]
        return [wire.SettledRate(at_ms=at, rate="0.0001") for at in within[: self.page]]


@given(
    st.lists(st.integers(-20, 60), max_size=60),
    st.integers(2, 7),
    st.integers(-5, 50),
    st.integers(0, 50),
)
async def test_every_settlement_of_the_range_comes_once_oldest_first(hours, page, first, length):
    since, until = START + timedelta(hours=first), START + timedelta(hours=first + length)
    fetch = History(hours, page)
    settled = await settled_history(fetch, since, until, page)
    wanted = sorted(START + timedelta(hours=hour) for hour in set(hours) if first <= hour < first + length)
    assert [each.at for each in settled] == wanted
    assert all(start <= end for start, end in fetch.asked)
    assert len(fetch.asked) <= len(wanted) // (page - 1) + 2


async def test_a_venue_that_ignores_the_range_does_not_page_for_ever():
    asked = 0

    async def page(_start_ms: int, _end_ms: int) -> list[wire.SettledRate]:
        nonlocal asked
        asked += 1
        return [wire.SettledRate(at_ms=START_MS + 90 * HOUR_MS, rate="1")] * 2

    assert await settled_history(page, START, START + timedelta(hours=4), 2) == ()
    assert asked == 1


async def test_a_row_that_makes_no_sense_is_an_integrity_error():
    async def page(_start_ms: int, _end_ms: int) -> list[wire.SettledRate]:
        return [wire.SettledRate(at_ms=START_MS, rate="?")]

    with pytest.raises(IntegrityError, match="funding/history"):
        await settled_history(page, START, START + timedelta(hours=4), 2)
