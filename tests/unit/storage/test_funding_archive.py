from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest

from arbedge.domain.funding import Settlement, SettlementStatus
from arbedge.domain.instrument import InstrumentId, MarketKind
from arbedge.storage.repositories.funding import SqliteFundingArchive

PERP = InstrumentId("binance", MarketKind.PERP, "BTCUSDT")
OTHER = InstrumentId("binance", MarketKind.PERP, "ETHUSDT")
START = datetime(2026, 11, 22, tzinfo=UTC)


def settlement(hours, rate="0.00010000", status=SettlementStatus.SETTLED):
    return Settlement(START + timedelta(hours=hours), Decimal(rate), status)


@pytest.fixture
def archive(records):
    return SqliteFundingArchive(records)


async def test_rates_come_back_exact_and_oldest_first(archive) -> None:
    kept = [settlement(8, "-0.00037500"), settlement(0), settlement(16)]
    await archive.record(PERP, kept)
    await archive.record(OTHER, [settlement(8)])
    found = await archive.history(PERP, START, START + timedelta(hours=16))
    assert repr(found) == repr((kept[1], kept[0]))


async def test_an_estimate_gives_way_to_the_settled_rate_and_never_back(archive) -> None:
    estimate = settlement(8, "0.0002", SettlementStatus.ESTIMATE)
    await archive.record(PERP, [estimate])
    assert await archive.last_settled_at(PERP) is None
    await archive.record(PERP, [replace(estimate, rate=Decimal("0.0003"))])
    await archive.record(PERP, [settlement(8, "0.0001")])
    await archive.record(PERP, [estimate])
    assert await archive.history(PERP, START, START + timedelta(days=1)) == (settlement(8, "0.0001"),)


async def test_repeating_changes_nothing_and_the_newest_is_known(archive) -> None:
    await archive.record(PERP, [settlement(0), settlement(8)])
    await archive.record(PERP, [settlement(0), settlement(8)])
    await archive.record(PERP, [])
    assert len(await archive.history(PERP, START, START + timedelta(days=1))) == 2
    assert await archive.last_settled_at(PERP) == START + timedelta(hours=8)
    assert await archive.last_settled_at(OTHER) is None


async def test_pruning_takes_the_old(archive) -> None:
    await archive.record(PERP, [settlement(0), settlement(8)])
    assert await archive.prune(START + timedelta(hours=8)) == 1
    assert await archive.history(PERP, START, START + timedelta(days=1)) == (settlement(8),)
