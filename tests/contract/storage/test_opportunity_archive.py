"""What every archive of opportunities must do, whatever it is made of."""

from dataclasses import replace
from datetime import timedelta, timezone
from decimal import Decimal

import pytest

from arbedge.domain.opportunity import Gate, Opportunity
from arbedge.domain.priced import PricedTriangle
from arbedge.errors import NotFound
from arbedge.opportunities.fakes import MemoryArchive
from arbedge.storage.config import StorageConfig
from arbedge.storage.records.engine import Records
from arbedge.storage.repositories.opportunities import SqliteOpportunityArchive

ID = "0a1b2c3d4e5f"


@pytest.fixture(params=["sqlite", "memory"])
async def archive(request, tmp_path):
    if request.param == "memory":
        yield MemoryArchive()
        return
    async with Records(tmp_path / "records.db", StorageConfig()) as records:
        yield SqliteOpportunityArchive(records)


def spelled(opportunity: Opportunity):
    """Every decimal with its spelling: equality of decimals alone would let 1.0 stand for 1.00."""
    return repr(opportunity)


async def test_an_opportunity_comes_back_to_the_last_digit(archive, samples) -> None:
    event = samples.opened()
    await archive.record([event])
    found = await archive.find(ID)
    assert found.opportunity == event.opportunity
    assert spelled(found.opportunity) == spelled(event.opportunity)
    assert dict(found.evidence) == event.evidence


async def test_absent_values_come_back_absent(archive, samples) -> None:
    event = samples.opened(
        priced=samples.pair_figures(hedge=False), breakeven_hours=None, size_curve=(), is_simulated=False
    )
    await archive.record([event])
    assert (await archive.find(ID)).opportunity == event.opportunity


async def test_a_triangle_comes_back(archive, samples) -> None:
    event = samples.opened(candidate=samples.triangle(), priced=samples.triangle_figures())
    await archive.record([event])
    found = (await archive.find(ID)).opportunity
    assert found == event.opportunity
    assert isinstance(found.priced, PricedTriangle)
    assert str(found.candidate) == str(event.opportunity.candidate)


async def test_the_latest_state_wins_even_within_a_second(archive, samples) -> None:
    steps = [samples.opened(), *(samples.updated(at=n / 10, net_bps=f"1{n}.25", peak="99") for n in range(1, 9))]
    await archive.record(steps[:4])
    await archive.record(steps[4:])
    found = await archive.find(ID)
    assert found.opportunity == steps[-1].opportunity
    assert found.evidence == steps[-1].evidence


async def test_a_close_is_the_end(archive, samples) -> None:
    end = samples.closed(at=2)
    await archive.record([samples.opened(), end, samples.updated(at=3)])
    await archive.record([samples.updated(at=1), samples.updated(at=2)])
    assert (await archive.find(ID)).opportunity == end.opportunity


async def test_a_close_stands_even_when_its_figures_are_older(archive, samples) -> None:
    late = samples.updated(at=5)
    end = samples.closed(at=4, closed_at=samples.seconds(4))
    await archive.record([samples.opened(), late, end])
    assert (await archive.find(ID)).opportunity.closed_at == samples.seconds(4)


async def test_recording_twice_changes_nothing(archive, samples) -> None:
    steps = [samples.opened(), samples.updated(at=0.5), samples.updated(at=2), samples.closed(at=3)]
    await archive.record(steps)
    before = await archive.find(ID)
    for step in steps:
        await archive.record([step])
    await archive.record(steps)
    assert await archive.find(ID) == before
    assert len(await archive.history(samples.seconds(-1), samples.seconds(1), 10)) == 1


async def test_nothing_to_record_is_fine(archive) -> None:
    await archive.record([])
    await archive.record_rejections([])


async def test_an_unknown_id_is_not_found(archive) -> None:
    with pytest.raises(NotFound, match="ffffffff"):
        await archive.find("ffffffff")


async def test_history_is_half_open_newest_first_and_limited(archive, samples) -> None:
    ids = [f"{n:012x}" for n in range(5)]
    await archive.record([samples.opened(each, at=n) for n, each in enumerate(ids)])
    found = await archive.history(samples.seconds(1), samples.seconds(4), 10)
    assert [record.opportunity.id for record in found] == [ids[3], ids[2], ids[1]]
    assert found[0].evidence == samples.opened(ids[3], at=3).evidence
    assert [r.opportunity.id for r in await archive.history(samples.seconds(0), samples.seconds(9), 2)] == [
        ids[4],
        ids[3],
    ]
    assert await archive.history(samples.seconds(0), samples.seconds(9), 0) == ()


async def test_the_latest_rejection_of_a_candidate_is_kept(archive, samples) -> None:
    newer = samples.rejection(at=2, gate=Gate.FRESH, net_bps=None)
    await archive.record_rejections([samples.rejection(at=1), newer])
    await archive.record_rejections([samples.rejection(at=1)])
    assert await archive.rejections("", 10) == (newer,)


async def test_a_rejection_comes_back_to_the_last_digit(archive, samples) -> None:
    kept = samples.rejection()
    await archive.record_rejections([kept])
    (found,) = await archive.rejections("btc", 10)
    assert repr(found) == repr(kept)


async def test_rejections_are_found_by_any_part_in_any_case(archive, samples) -> None:
    await archive.record_rejections([samples.rejection("BTC", at=1), samples.rejection("ETH", at=2)])
    assert [r.asset for r in await archive.rejections("ethu", 10)] == ["ETH"]
    assert [r.asset for r in await archive.rejections("spot_perp|BUY", 10)] == ["ETH", "BTC"]
    assert [r.asset for r in await archive.rejections("", 1)] == ["ETH"]


@pytest.mark.parametrize("text", ["%", "spot%perp", "B_C", "\\"])
async def test_wildcards_in_a_search_are_plain_characters(archive, samples, text) -> None:
    await archive.record_rejections([samples.rejection("BTC", at=1)])
    assert await archive.rejections(text, 10) == ()


async def test_pruning_takes_what_ended_before(archive, samples) -> None:
    await archive.record([samples.opened("aaaaaaaa"), samples.closed("aaaaaaaa", at=10)])
    await archive.record([samples.opened("bbbbbbbb"), samples.closed("bbbbbbbb", at=20)])
    await archive.record([samples.opened("cccccccc")])
    await archive.record_rejections([samples.rejection("BTC", at=5), samples.rejection("ETH", at=25)])
    assert await archive.prune(samples.seconds(20)) == 2
    left = await archive.history(samples.seconds(-1), samples.seconds(60), 10)
    assert {record.opportunity.id for record in left} == {"bbbbbbbb", "cccccccc"}
    assert [r.asset for r in await archive.rejections("", 10)] == ["ETH"]
    assert await archive.prune(samples.seconds(20)) == 0


async def test_moments_of_other_zones_are_the_same_moments(archive, samples) -> None:
    east = samples.START.astimezone(timezone(timedelta(hours=9)))
    event = samples.opened()
    event = replace(event, opportunity=replace(event.opportunity, opened_at=east))
    await archive.record([event])
    (found,) = await archive.history(east, east + timedelta(seconds=1), 10)
    assert found.opportunity.opened_at == samples.START
    assert found.opportunity.peak_net_bps == Decimal("12.5")
