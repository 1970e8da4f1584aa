"""What all venues are read with: numbers that may be nonsense, listings, paged history either way."""

import asyncio
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from types import SimpleNamespace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from arbedge.domain.instrument import InstrumentId, MarketKind
from arbedge.errors import IntegrityError, Invalid
from arbedge.exchanges.reading.answers import book_of
from arbedge.exchanges.reading.figures import (
    above_zero,
    decimal_or_none,
    float_or_zero,
    least_limit,
    moment,
    positive_or_none,
    unix_ms_of,
)
from arbedge.exchanges.reading.history import read_backwards, read_forwards
from arbedge.exchanges.reading.listing import Listing, ListingDesk, read_listing
from arbedge.foundation.runtime.clock import ManualClock

BOOK_ID = InstrumentId("somewhere", MarketKind.SPOT, "BTCUSDT")
START = datetime(2026, 11, 1, tzinfo=UTC)


def test_text_that_is_no_number_is_none_and_never_an_exception():
    assert [decimal_or_none(text) for text in ("1.50", "", None, "x", "nan", "-2")] == [
        Decimal("1.50"), None, None, None, None, -2,
    ]  # fmt: skip
    assert [positive_or_none(text) for text in ("1", "0", "-1")] == [1, None, None]
    assert [float_or_zero(text) for text in ("1.5", "", None, "x", "inf")] == [1.5, 0, 0, 0, 0]
    assert least_limit("5", "", None, "0", "3") == 3
    assert least_limit("", None) is None
    for text in ("0", "-1", "x"):
        with pytest.raises(Invalid, match="tick"):
            above_zero(text, "tick")


@given(st.one_of(st.text(max_size=20), st.integers(), st.none()))
def test_a_moment_is_a_time_or_none(unix_ms):
    at = moment(unix_ms)
    assert at is None or unix_ms_of(at) == int(unix_ms)


def test_a_moment_states_none_by_zero_minus_one_and_a_year_too_far():
    assert [moment(each) for each in (0, -1, "0", "-1", "", 10**15, "9" * 4400)] == [None] * 7
    assert moment("1793491200000") == moment(1793491200000) == datetime(2026, 11, 1, tzinfo=UTC)


def test_a_listing_keeps_what_makes_no_sense_by_name():
    listing = read_listing(["1", "x", "2"], lambda row: above_zero(row, "row"), lambda row: row)
    assert listing == Listing((Decimal(1), Decimal(2)), ("x",))


async def test_one_start_asks_for_spot_once_and_without_spot_not_at_all():
    asked = []

    async def read_spot():
        asked.append("spot")
        await asyncio.sleep(0)
        return Listing((SimpleNamespace(base="PEPE"),), ("odd",))

    async def read_perps(bases):
        asked.append(sorted(bases))
        return Listing((), ())

    clock = ManualClock()
    desk = ListingDesk(clock, tuple(MarketKind), read_spot, read_perps)
    await asyncio.gather(desk.fetch(MarketKind.PERP), desk.fetch(MarketKind.SPOT))
    assert asked == ["spot", ["PEPE"]]
    assert desk.unreadable == {MarketKind.SPOT: ("odd",), MarketKind.PERP: ()}
    asked.clear()
    alone = ListingDesk(clock, (MarketKind.PERP,), read_spot, read_perps)
    await alone.fetch(MarketKind.PERP)
    assert asked == [[]]


def test_a_book_drops_empty_levels_and_refuses_words():
    book = book_of(BOOK_ID, ([("1", "0.0"), ("0.9", "2")], []), 7, None, 1)
    assert (book.bids, book.asks, book.sequence) == ((("0.9", "2"),), (), 7)
    with pytest.raises(IntegrityError, match="not a number"):
        book_of(BOOK_ID, ([("one", "1")], []), 7, None, 1)


@given(
    hours=st.lists(st.integers(0, 200), unique=True, max_size=60).map(sorted),
    first=st.integers(0, 200),
    length=st.integers(0, 200),
    page_rows=st.integers(2, 9),
    is_forward=st.booleans(),
)
def test_history_is_whole_whatever_the_pages(hours, first, length, page_rows, is_forward):
    all_rows = [SimpleNamespace(at_ms=unix_ms_of(START) + hour * 3_600_000, rate=str(hour)) for hour in hours]

    async def page(start_ms, end_ms):
        fitting = [row for row in all_rows if start_ms <= row.at_ms <= end_ms]
        return fitting[:page_rows] if is_forward else fitting[::-1][:page_rows]

    since = START + timedelta(hours=first)
    until = since + timedelta(hours=length)
    read = read_forwards if is_forward else read_backwards
    told = asyncio.run(read(page, since, until, page_rows, "a row"))
    assert [int(each.rate) for each in told] == [hour for hour in hours if first <= hour < first + length]


@pytest.mark.parametrize("read", [read_forwards, read_backwards])
async def test_history_that_makes_no_sense_is_said_so(read):
    async def nonsense(start_ms, _):
        return [SimpleNamespace(at_ms=start_ms, rate="much")]

    with pytest.raises(IntegrityError, match="a row of ours makes no sense"):
        await read(nonsense, START, START + timedelta(hours=1), 5, "a row of ours")
