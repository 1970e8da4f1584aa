"""What every store of quarantined pairs must do, whatever it is made of."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from arbedge.domain.instrument import InstrumentId, MarketKind
from arbedge.domain.quarantine import Doubt, HandDecision, QuarantineCase, Verdict, in_order
from arbedge.market.universe.fakes import MemoryQuarantine
from arbedge.storage.config import StorageConfig
from arbedge.storage.records.engine import Records
from arbedge.storage.repositories.quarantine import SqliteQuarantineArchive

AT = datetime(2026, 11, 22, 12, tzinfo=UTC)
PAIR = in_order(
    InstrumentId("okx", MarketKind.SPOT, "CAT-USDT"), InstrumentId("binance", MarketKind.PERP, "1000CATUSDT")
)


@pytest.fixture(params=["sqlite", "memory"])
async def archive(request, tmp_path):
    if request.param == "memory":
        yield MemoryQuarantine()
        return
    async with Records(tmp_path / "records.db", StorageConfig()) as records:
        yield SqliteQuarantineArchive(records)


def case(**changes):
    known = {
        "first": PAIR[0],
        "second": PAIR[1],
        "asset": "CAT",
        "doubt": Doubt.MULTIPLIER,
        "basis": "prices a base unit differ by a factor of 1000",
        "ratio": 1000.25,
        "first_seen_at": AT,
        "last_seen_at": AT,
        "times": 1,
        "is_simulated": False,
        "listed_at": (AT - timedelta(days=90), None),
    }
    return QuarantineCase(**(known | changes))


def word(verdict=Verdict.APPROVED, minutes=1):
    return HandDecision(verdict, AT + timedelta(minutes=minutes), "ann", "same contract on both")


async def all_cases(archive):
    return await archive.cases(is_simulated=False)


async def test_a_case_comes_back_as_it_was(archive) -> None:
    await archive.record([case()])
    assert await all_cases(archive) == (case(),)
    assert await archive.decided(is_simulated=False) == ()


async def test_seeing_it_again_keeps_when_it_was_first_seen(archive) -> None:
    await archive.record([case()])
    later = case(first_seen_at=AT + timedelta(hours=1), last_seen_at=AT + timedelta(hours=1), times=7, ratio=None)
    await archive.record([later])
    assert await all_cases(archive) == (replace(later, first_seen_at=AT),)


async def test_a_word_survives_whatever_is_seen_afterwards(archive) -> None:
    await archive.record([case()])
    await archive.decide(case(), word())
    await archive.record([case(times=9, last_seen_at=AT + timedelta(hours=1))])
    (found,) = await archive.decided(is_simulated=False)
    assert (found.decision, found.times) == (word(), 9)


async def test_a_pair_nobody_saw_can_be_decided(archive) -> None:
    asked = case(doubt=Doubt.ASKED, times=0, ratio=None, listed_at=(None, None))
    await archive.decide(asked, word(Verdict.REJECTED))
    assert await all_cases(archive) == (replace(asked, decision=word(Verdict.REJECTED)),)


async def test_the_last_word_counts(archive) -> None:
    await archive.decide(case(), word())
    await archive.decide(case(), word(Verdict.REJECTED, 2))
    (found,) = await archive.decided(is_simulated=False)
    assert found.decision == word(Verdict.REJECTED, 2)


async def test_an_expired_word_no_longer_counts_but_is_remembered(archive) -> None:
    await archive.decide(case(), word())
    await archive.record([replace(case(), decision=word()).expired(AT + timedelta(hours=2))])
    assert await archive.decided(is_simulated=False) == ()
    (found,) = await all_cases(archive)
    assert (found.decision.expired_at, found.decision.verdict) == (AT + timedelta(hours=2), Verdict.APPROVED)


async def test_an_expiry_does_not_touch_a_word_given_since(archive) -> None:
    await archive.decide(case(), word(minutes=1))
    await archive.decide(case(), word(minutes=5))
    await archive.record([replace(case(), decision=word(minutes=1)).expired(AT + timedelta(hours=2))])
    (found,) = await archive.decided(is_simulated=False)
    assert found.decision == word(minutes=5)


async def test_simulated_pairs_are_others(archive) -> None:
    await archive.record([case(), case(is_simulated=True)])
    await archive.decide(case(is_simulated=True), word())
    assert await archive.decided(is_simulated=False) == ()
    assert len(await archive.decided(is_simulated=True)) == 1
    assert case().id != case(is_simulated=True).id


async def test_pruning_takes_what_is_undecided_and_old(archive) -> None:
    other = case(first=InstrumentId("bitget", MarketKind.SPOT, "CATUSDT"))
    expired = case(first=InstrumentId("bybit", MarketKind.SPOT, "CATUSDT"))
    await archive.record([case(), other, expired])
    await archive.decide(case(), word())
    await archive.decide(expired, word())
    await archive.record([replace(expired, decision=word()).expired(AT)])
    assert await archive.prune(AT) == 0
    assert await archive.prune(AT + timedelta(seconds=1)) == 2
    assert [each.id for each in await all_cases(archive)] == [case().id]
