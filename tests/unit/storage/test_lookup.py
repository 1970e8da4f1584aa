import pytest

from arbedge.domain.opportunity import OpportunityKind
from arbedge.errors import Conflict, Invalid, NotFound
from arbedge.storage.repositories import lookup as lookups
from arbedge.storage.repositories.lookup import OpportunityLookup, OpportunitySelection
from arbedge.storage.repositories.opportunities import SqliteOpportunityArchive


@pytest.fixture
def lookup(records):
    return OpportunityLookup(records)


@pytest.fixture
def archive(records):
    return SqliteOpportunityArchive(records)


async def test_the_start_of_an_id_is_enough(lookup, archive, samples) -> None:
    await archive.record([samples.opened("abcdef111111"), samples.opened("abcdee222222")])
    found = await lookup.find("abcdef")
    assert found.opportunity.id == "abcdef111111"
    assert found.evidence == samples.opened("abcdef111111").evidence


async def test_two_that_fit_are_listed(lookup, archive, samples) -> None:
    await archive.record([samples.opened("abcdef111111"), samples.opened("abcdef222222")])
    with pytest.raises(Conflict, match="abcdef111111, abcdef222222;"):
        await lookup.find("abcdef")
    await archive.record([samples.opened(f"abcdef33{n}") for n in range(9)])
    with pytest.raises(Conflict, match="and more"):
        await lookup.find("abcdef")


async def test_a_whole_id_wins_over_longer_ones(lookup, archive, samples) -> None:
    await archive.record([samples.opened("abcdef"), samples.opened("abcdef222222")])
    assert (await lookup.find("abcdef")).opportunity.id == "abcdef"


@pytest.mark.parametrize("prefix", ["", "abcde"])
async def test_a_short_prefix_is_refused(lookup, prefix) -> None:
    with pytest.raises(Invalid, match="at least 6"):
        await lookup.find(prefix)


@pytest.mark.parametrize("prefix", ["ffffff", "abcde%", "______"])
async def test_none_is_not_found(lookup, archive, samples, prefix) -> None:
    await archive.record([samples.opened("abcdef111111")])
    with pytest.raises(NotFound):
        await lookup.find(prefix)


async def test_latest_and_unclosed(lookup, archive, samples) -> None:
    await archive.record(
        [samples.opened("aaaaaaaa"), samples.opened("bbbbbbbb", at=1), samples.opened("cccccccc", at=2)]
    )
    await archive.record([samples.closed("bbbbbbbb", at=3, opened_at=samples.seconds(1))])
    assert [o.id for o in await lookup.latest(2)] == ["cccccccc", "bbbbbbbb"]
    unclosed = await lookup.unclosed(10)
    assert [record.opportunity.id for record in unclosed] == ["aaaaaaaa", "cccccccc"]
    assert unclosed[1].evidence == samples.opened("cccccccc", at=2).evidence
    assert await lookup.latest(0) == ()


async def test_revisions_of_nobody(lookup) -> None:
    assert await lookup.revisions("ffffffff") == ()


async def test_pages_cover_everything_once_also_within_one_moment(lookup, archive, samples, monkeypatch) -> None:
    monkeypatch.setattr(lookups, "_PAGE_ROWS", 3)
    ids = [f"{n:08x}" for n in range(10)]
    await archive.record([samples.opened(each, at=n // 5) for n, each in enumerate(ids)])
    pages = [[o.id for o in page] async for page in lookup.pages(OpportunitySelection())]
    assert [len(page) for page in pages] == [3, 3, 3, 1]
    assert [each for page in pages for each in page] == ids


async def test_a_selection_narrows_by_time_and_kind(lookup, archive, samples) -> None:
    await archive.record([samples.opened(f"aaaaaa{n}", at=n) for n in range(4)])
    await archive.record(
        [samples.opened("cccccccc", at=1, candidate=samples.triangle(), priced=samples.triangle_figures())]
    )

    async def ids(selection):
        return [o.id async for page in lookup.pages(selection) for o in page]

    assert await ids(OpportunitySelection(kinds=frozenset({OpportunityKind.TRIANGULAR}))) == ["cccccccc"]
    window = OpportunitySelection(samples.seconds(1), samples.seconds(3))
    assert await ids(window) == ["aaaaaa1", "cccccccc", "aaaaaa2"]
    assert await ids(OpportunitySelection(since=samples.seconds(9))) == []


def test_a_senseless_selection_is_refused(samples) -> None:
    with pytest.raises(Invalid, match="not before"):
        OpportunitySelection(samples.seconds(1), samples.seconds(1))
    with pytest.raises(Invalid, match="time zone"):
        OpportunitySelection(since=samples.START.replace(tzinfo=None))
