"""Bitget's funding in domain values: states of all contracts, and histories paged backwards."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest

from arbedge.domain.funding import SettlementStatus
from arbedge.errors import IntegrityError
from arbedge.exchanges.bitget import wire
from arbedge.exchanges.bitget.funding import read_terms, settled_history, states_of
from arbedge.exchanges.transport.payloads import decode

START = datetime(2026, 1, 1, tzinfo=UTC)
HOUR_MS = 3_600_000
START_MS = int(START.timestamp() * 1000)


def row(symbol="BTCUSDT", **changes):
    values = {
        "rate": "-0.000013",
        "interval_hours": 8,
        "next_ms": 1_795_392_000_000,
        "floor": "-0.003",
        "cap": "0.003",
    }
    return wire.FundingRow(symbol, **values | changes)


def test_a_row_is_read_from_the_venues_strings():
    body = (
        b'{"code":"00000","data":[{"symbol":"BTCUSDT","fundingRate":"-0.000013","fundingRateInterval":"8",'
        b'"nextUpdate":"1745510400000","minFundingRate":"-0.003","maxFundingRate":"0.003"}]}'
    )
    (told,) = decode(body, wire.Envelope[list[wire.FundingRow]]).data
    assert told == row(next_ms=1_745_510_400_000)


def test_pitfall_6_every_contract_has_its_own_interval_and_clamps():
    rows = [row(), row("ETHUSDT", interval_hours=1, cap="0.02", floor=""), row("XUSDT", interval_hours=0)]
    marks = {"BTCUSDT": wire.RestDay("BTCUSDT", mark="100.5", index="0")}
    first, second = states_of(rows, marks, 77)
    assert str(first.instrument) == "bitget:perp:BTCUSDT"
    assert (first.rate, first.interval_hours, first.default_rate) == (Decimal("-0.000013"), 8, Decimal("0.0001"))
    assert (first.cap, first.floor, first.mark, first.index) == (
        Decimal("0.003"),
        Decimal("-0.003"),
        Decimal("100.5"),
        None,
    )
    assert (first.next_at, first.received_ns) == (datetime.fromtimestamp(1_795_392_000, UTC), 77)
    assert (second.interval_hours, second.default_rate, second.floor) == (1, Decimal("0.0000125"), None)
    assert read_terms(rows).keys() == {"BTCUSDT", "ETHUSDT"}


@pytest.mark.parametrize("changes", [{"rate": "x"}, {"rate": ""}, {"next_ms": 0}, {"next_ms": 10**15}])
def test_what_makes_no_sense_is_left_out(changes):
    assert states_of([row(**changes)], {}, 1) == ()


class Archive:
    """A history of a settlement every 8 hours, newest first, that grows by one after the first page."""

    def __init__(self, rows, *, grows=False):
        self.times = [START_MS + 8 * HOUR_MS * n for n in range(rows)]
        self.grows = grows
        self.pages = []

    async def page(self, number):
        self.pages.append(number)
        newest_first = self.times[::-1]
        page = newest_first[(number - 1) * 10 : number * 10]
        if self.grows and number == 1:
            self.times.append(self.times[-1] + 8 * HOUR_MS)
        return [wire.SettledRate(f"0.000{at_ms // HOUR_MS % 10}", at_ms) for at_ms in page]


@pytest.mark.parametrize("grows", [False, True])
async def test_a_history_is_complete_and_ordered_over_pages(grows):
    archive = Archive(35, grows=grows)
    until = START + timedelta(hours=8 * 35)
    history = await settled_history(archive.page, START, until, 10)
    assert [each.at for each in history] == [START + timedelta(hours=8 * n) for n in range(35)]
    assert {each.status for each in history} == {SettlementStatus.SETTLED}
    assert archive.pages == [1, 2, 3, 4]


async def test_a_history_stops_where_it_began_and_bounds_are_since_inclusive_until_exclusive():
    archive = Archive(100)
    history = await settled_history(
        archive.page, START + timedelta(hours=8 * 85), START + timedelta(hours=8 * 90), 10
    )
    assert [each.at for each in history] == [START + timedelta(hours=8 * n) for n in range(85, 90)]
    assert archive.pages == [1, 2]


async def test_an_empty_history_and_one_that_makes_no_sense():
    async def nothing(_):
        return []

    async def nonsense(_):
        return [wire.SettledRate("much", START_MS)]

    assert await settled_history(nothing, START, START + timedelta(days=1), 10) == ()
    with pytest.raises(IntegrityError, match="makes no sense"):
        await settled_history(nonsense, START, START + timedelta(days=1), 10)
