"""Doubts reach the store and decisions come back; a store out of reach is named and loses nothing."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from arbedge.domain.instrument import MarketKind
from arbedge.domain.opportunity import IdentityLevel
from arbedge.domain.quarantine import HandDecision, Verdict
from arbedge.errors import Unavailable
from arbedge.flow.quarantine_path import QuarantinePath
from arbedge.foundation.runtime.clock import ManualClock
from arbedge.market.fakes import instrument_of
from arbedge.market.universe.desk import IdentityDesk
from arbedge.market.universe.fakes import MemoryQuarantine
from arbedge.market.universe.identity import AssetIdentity
from arbedge.market.universe.quarantine import QuarantineBook
from arbedge.market.universe.registry import Universe

SPOT = MarketKind.SPOT
NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)


class Log:
    def __init__(self):
        self.events = []

    def error(self, event, **_):
        self.events.append(event)


class Store(MemoryQuarantine):
    is_down = False

    async def record(self, cases):
        if self.is_down:
            raise Unavailable("disk full")
        await super().record(cases)


class Room:
    def __init__(self):
        self.clock, self.store, self.log = ManualClock(NOW), Store(), Log()
        self.restart()

    def restart(self):
        self.universe = Universe()
        for venue in ("a", "b"):
            self.universe.merge(venue, SPOT, [instrument_of(venue, SPOT, "ABC")])
        book = QuarantineBook(self.clock, most=10, is_simulated=False)
        self.desk = IdentityDesk(self.universe, AssetIdentity(self.universe, []), book, lambda _: 1.0)
        self.path = QuarantinePath(self.desk, self.store, self.clock, self.log, retention=timedelta(days=30))

    async def stored(self):
        return await self.store.cases(is_simulated=False)

    async def decide(self, verdict=Verdict.APPROVED):
        (case,) = await self.stored()
        await self.store.decide(case, HandDecision(verdict, self.clock.now(), "ann", "looked it up"))


@pytest.fixture
def room():
    return Room()


async def test_a_doubt_is_stored_and_a_decision_counts_with_the_next_exchange(room):
    assert room.desk.find(0, 1).level is IdentityLevel.UNKNOWN
    assert await room.path.exchange()
    await room.decide()
    assert room.desk.find(0, 1).level is IdentityLevel.UNKNOWN
    assert await room.path.exchange()
    assert room.desk.find(0, 1).level is IdentityLevel.RATIO


async def test_a_new_run_knows_cases_and_decisions(room):
    room.desk.find(0, 1)
    await room.path.exchange()
    await room.decide(Verdict.REJECTED)
    room.restart()
    await room.path.exchange()
    assert "rejected by hand" in room.desk.find(0, 1).basis
    assert [each.times for each in room.desk.quarantine.cases()] == [1]


async def test_a_decision_that_ended_here_does_not_come_back_from_the_store(room):
    room.desk.find(0, 1)
    await room.path.exchange()
    await room.decide()
    await room.path.exchange()
    room.desk.on_listing(room.universe.merge("a", SPOT, [instrument_of("a", SPOT, "XYZ")]))
    room.desk.on_listing(room.universe.merge("a", SPOT, [instrument_of("a", SPOT, "ABC")]))
    room.store.is_down = True
    assert not await room.path.exchange()
    assert room.desk.find(0, 1).level is IdentityLevel.UNKNOWN
    room.store.is_down = False
    for _ in range(2):
        assert await room.path.exchange()
        assert room.desk.find(0, 1).level is IdentityLevel.UNKNOWN
    (case,) = await room.stored()
    assert not case.decision.holds
    await room.clock.advance(1)
    await room.decide()
    await room.path.exchange()
    assert room.desk.find(0, 1).level is IdentityLevel.RATIO


async def test_a_store_out_of_reach_is_named_once_and_loses_nothing(room):
    room.desk.find(0, 1)
    room.store.is_down = True
    for _ in range(3):
        assert not await room.path.exchange()
    assert "disk full" in room.path.problem
    assert room.log.events == ["quarantine_unavailable"]
    room.store.is_down = False
    assert await room.path.exchange()
    assert room.path.problem is None
    assert len(await room.stored()) == 1


async def test_what_is_long_unseen_and_undecided_goes(room):
    room.desk.find(0, 1)
    await room.path.exchange()
    (case,) = await room.stored()
    await room.clock.advance(31 * 86_400)
    await room.store.record(
        [replace(case, first=instrument_of("c", SPOT, "ABC").id, last_seen_at=room.clock.now())]
    )
    await room.path.exchange()
    assert [each.first.venue for each in await room.stored()] == ["c"]
