import pytest
from sqlalchemy import func, select

from arbedge.domain.events import OpportunityChange
from arbedge.errors import IntegrityError
from arbedge.storage.records.tables import evidence, revisions
from arbedge.storage.repositories.lookup import OpportunityLookup
from arbedge.storage.repositories.opportunities import SqliteOpportunityArchive

ID = "0a1b2c3d4e5f"


async def count(records, table) -> int:
    async with records.read() as connection:
        return (await connection.execute(select(func.count()).select_from(table))).scalar_one()


@pytest.mark.parametrize("batch", [1, 7, 1000])
async def test_the_trail_is_the_same_however_events_are_batched(records, samples, batch) -> None:
    archive = SqliteOpportunityArchive(records)
    life = [
        samples.opened(),
        *(samples.updated(at=n / 10, peak="12.5") for n in range(1, 50)),
        samples.closed(at=5),
    ]
    for start in range(0, len(life), batch):
        await archive.record(life[start : start + batch])
    steps = await OpportunityLookup(records).revisions(ID)
    assert [step.change for step in steps] == [
        OpportunityChange.OPENED,
        *[OpportunityChange.UPDATED] * 4,
        OpportunityChange.CLOSED,
    ]
    assert [step.at for step in steps] == [samples.seconds(n) for n in range(6)]
    assert steps[1].evidence == samples.updated(at=1).evidence
    assert steps[1].priced == samples.pair_figures()
    await archive.record(life)
    assert len(await OpportunityLookup(records).revisions(ID)) == 6


async def test_evidence_nobody_names_is_not_kept(records, samples) -> None:
    archive = SqliteOpportunityArchive(records)
    await archive.record([samples.opened()])
    for n in range(1, 8):
        await archive.record([samples.updated(at=n / 10, peak="12.5")])
    assert await count(records, revisions) == 1
    assert await count(records, evidence) == 2  # the opening's and the latest


async def test_pruning_takes_revisions_and_evidence_along(records, samples) -> None:
    archive = SqliteOpportunityArchive(records)
    await archive.record([samples.opened(), samples.updated(at=2), samples.closed(at=4)])
    await archive.prune(samples.seconds(60))
    assert (await count(records, revisions), await count(records, evidence)) == (0, 0)


async def test_pruning_many_goes_in_small_steps_and_shrinks_the_file(records, samples) -> None:
    archive = SqliteOpportunityArchive(records)
    lives = []
    for n in range(1100):
        lives += [samples.opened(f"{n:08x}"), samples.closed(f"{n:08x}", at=2)]
    await archive.record(lives)
    async with records.read() as connection:
        before = (await connection.exec_driver_sql("PRAGMA page_count")).scalar_one()
    assert await archive.prune(samples.seconds(60)) == 1100
    async with records.read() as connection:
        assert (await connection.exec_driver_sql("PRAGMA page_count")).scalar_one() < before / 4


@pytest.mark.parametrize(
    "damage",
    [
        "UPDATE opportunities SET priced = '{\"spent\": 1'",
        "UPDATE opportunities SET priced = '{}'",
        "UPDATE opportunities SET kind = 'square'",
        "UPDATE opportunities SET legs = '[[[1, 2], 3]]'",
        "UPDATE evidence SET document = x'00'",
    ],
)
async def test_a_damaged_row_is_named(records, samples, damage) -> None:
    archive = SqliteOpportunityArchive(records)
    await archive.record([samples.opened()])
    async with records.write() as connection:
        await connection.exec_driver_sql(damage)
    with pytest.raises(IntegrityError, match=ID):
        await archive.find(ID)


async def test_a_damaged_rejection_is_named(records, samples) -> None:
    archive = SqliteOpportunityArchive(records)
    await archive.record_rejections([samples.rejection()])
    async with records.write() as connection:
        await connection.exec_driver_sql("UPDATE rejections SET gate = 'door'")
    with pytest.raises(IntegrityError, match="spot_perp"):
        await archive.rejections("", 1)
