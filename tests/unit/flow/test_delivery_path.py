import asyncio
from dataclasses import replace
from datetime import timedelta
from decimal import Decimal

from arbedge.domain.events import OpportunityChange, OpportunityEvent
from arbedge.domain.instrument import InstrumentId, MarketKind
from arbedge.domain.opportunity import (
    Candidate,
    Gate,
    IdentityLevel,
    Leg,
    Opportunity,
    OpportunityKind,
    Qualification,
    Rejection,
    Score,
    Side,
)
from arbedge.domain.priced import PricedTriangle
from arbedge.errors import Unavailable
from arbedge.flow.backlog import EventBacklog
from arbedge.flow.delivery_path import DeliveryPath, DeliveryPolicy, recover_open
from arbedge.foundation.runtime.clock import ManualClock
from arbedge.opportunities.fakes import MemoryArchive

CLOCK = ManualClock()
CANDIDATE = Candidate(
    OpportunityKind.TRIANGULAR, (Leg(InstrumentId("binance", MarketKind.SPOT, "BTCUSDT"), Side.BUY),)
)


def event(change, name="a", step=0):
    at = CLOCK.now() + timedelta(seconds=step)
    opportunity = Opportunity(
        id=name,
        candidate=CANDIDATE,
        asset="USDT",
        identity=IdentityLevel.ADDRESS,
        qualifies_on=Qualification.NET,
        opened_at=CLOCK.now(),
        updated_at=at,
        closed_at=at if change is OpportunityChange.CLOSED else None,
        close_reason="net: gone" if change is OpportunityChange.CLOSED else None,
        notional=Decimal(1000),
        horizon_hours=Decimal(0),
        breakeven_hours=None,
        priced=PricedTriangle(spent=Decimal(1000), end=Decimal(1001), net=Decimal(1), net_bps=Decimal(10)),
        size_curve=(),
        capacity_usd=Decimal(1000),
        peak_net_bps=Decimal(10),
        score=Score(0.5, ()),
        evidence_hash="x",
        is_simulated=True,
    )
    return OpportunityEvent(change, opportunity, {})


OPENED, UPDATED, CLOSED = OpportunityChange.OPENED, OpportunityChange.UPDATED, OpportunityChange.CLOSED


class FlakyArchive(MemoryArchive):
    """A memory archive that can be out of reach, and remembers how it was called."""

    def __init__(self):
        super().__init__()
        self.is_away = False
        self.batches = []
        self.told = []
        self.during = None

    async def record(self, events):
        if self.is_away:
            raise Unavailable("disk is full")
        if self.during:
            self.during()
        self.batches.append([e.change.value + e.opportunity.id for e in events])
        await super().record(events)

    async def record_rejections(self, rejections):
        if self.is_away:
            raise Unavailable("disk is full")
        self.told += rejections
        await super().record_rejections(rejections)


class Source:
    def __init__(self):
        self.waiting = []

    def take_rejections(self):
        waiting, self.waiting = self.waiting, []
        return waiting


class Log:
    def __init__(self):
        self.events = []

    def error(self, event, **fields):
        self.events.append(event)


def rejection(name, reason="no"):
    leg = Leg(InstrumentId("binance", MarketKind.SPOT, name), Side.BUY)
    return Rejection(Candidate(OpportunityKind.TRIANGULAR, (leg,)), "USDT", Gate.NET, reason, CLOCK.now(), 0.0)


def made(**policy):
    clock, archive, log = ManualClock(), FlakyArchive(), Log()
    return DeliveryPath(archive, clock, log, DeliveryPolicy(**policy)), clock, archive, log


async def test_events_are_written_in_batches_in_order():
    delivery, _, archive, _ = made(batch_rows=2)
    for item in (event(OPENED), event(UPDATED, step=1), event(CLOSED, step=2)):
        delivery.publish(item)
    assert await delivery.flush()
    assert archive.batches == [["openeda", "updateda"], ["closeda"]]
    assert (delivery.pending, delivery.written) == (0, 3)


async def test_an_archive_out_of_reach_loses_nothing_and_recovers():
    delivery, _, archive, log = made()
    archive.is_away = True
    delivery.publish(event(OPENED))
    assert not await delivery.flush()
    assert not await delivery.flush()
    assert delivery.problem == "unavailable: disk is full"
    assert log.events == ["archive_unavailable"]
    assert delivery.pending == 1
    archive.is_away = False
    assert await delivery.flush()
    assert delivery.problem is None
    assert archive.batches == [["openeda"]]


async def test_the_writer_retries_with_growing_pauses():
    delivery, clock, archive, _ = made(flush_interval_s=1.0, longest_retry_s=8.0)
    source = Source()
    writing = asyncio.ensure_future(delivery.run_writer(source))
    await asyncio.sleep(0)
    archive.is_away = True
    delivery.publish(event(OPENED))
    await clock.advance(1)  # fails; next in 2, then 4, then 8
    await clock.advance(2)
    archive.is_away = False
    await clock.advance(3.9)
    assert delivery.pending == 1
    await clock.advance(0.2)
    assert delivery.pending == 0
    delivery.publish(event(CLOSED, step=1))
    await clock.advance(1)
    assert delivery.pending == 0
    writing.cancel()


async def test_events_published_while_a_batch_is_being_written_are_kept():
    delivery, _, archive, _ = made()
    delivery.publish(event(OPENED))

    def publish_more():
        archive.during = None
        delivery.publish(event(CLOSED, step=1))

    archive.during = publish_more
    assert await delivery.flush()
    assert archive.batches == [["openeda"], ["closeda"]]


async def test_watchers_hear_every_event_and_a_failing_one_is_dropped():
    delivery, _, _, log = made()
    heard = []
    stop = delivery.watch(heard.append)

    def broken(item):
        raise Unavailable("closed")

    delivery.watch(broken)
    delivery.publish(event(OPENED))
    delivery.publish(event(UPDATED, step=1))
    stop()
    stop()
    delivery.publish(event(CLOSED, step=2))
    assert [item.change for item in heard] == [OPENED, UPDATED]
    assert log.events == ["watcher_removed"]
    assert delivery.pending == 3


async def test_rejections_are_stored_now_and_then_the_newest_of_each():
    delivery, clock, archive, _ = made(flush_interval_s=1.0, rejections_every_s=5.0)
    source = Source()
    writing = asyncio.ensure_future(delivery.run_writer(source))
    await asyncio.sleep(0)
    source.waiting = [rejection("A"), rejection("B")]
    await clock.advance(1)
    assert len(archive.told) == 2
    source.waiting = [rejection("A", "first"), rejection("A", "second")]
    await clock.advance(4)
    assert len(archive.told) == 2
    await clock.advance(2)
    assert [kept.reason for kept in archive.told[2:]] == ["second"]
    writing.cancel()


async def test_finishing_stores_everything_at_once():
    delivery, _, archive, _ = made()
    source = Source()
    source.waiting = [rejection("A")]
    delivery.publish(event(OPENED))
    assert await delivery.finish(source)
    assert archive.batches
    assert archive.told


async def test_what_an_earlier_run_left_open_goes_to_the_detector():
    archive = MemoryArchive()
    await archive.record([event(OPENED, "a"), event(OPENED, "b"), event(CLOSED, "b", 1)])

    class Detector:
        def recover(self, records):
            self.ids = [record.opportunity.id for record in records]

    detector = Detector()
    assert await recover_open(archive, detector) == 1
    assert detector.ids == ["a"]


def test_the_backlog_merges_updates_and_never_drops_an_opening_or_a_closing():
    backlog = EventBacklog(6)
    backlog.add(event(OPENED, "a"))
    backlog.add(event(OPENED, "b"))
    for step in range(1, 50):
        backlog.add(event(UPDATED, "a", step))
        backlog.add(event(UPDATED, "b", step))
    backlog.add(event(CLOSED, "a", 60))
    waiting = list(backlog.first(1000).values())
    assert len(waiting) <= 9
    told = [item.change.value + item.opportunity.id for item in waiting]
    assert told[:2] == ["openeda", "openedb"]
    assert told[-1] == "closeda"
    last = {}
    for item in waiting:
        last[item.opportunity.id] = item.opportunity.updated_at
    assert last["b"] == CLOCK.now() + timedelta(seconds=49)
    assert backlog.merged == 101 - len(waiting)


def test_a_backlog_of_openings_only_grows_and_looks_for_updates_rarely():
    backlog = EventBacklog(4)
    for k in range(1000):
        backlog.add(event(OPENED, str(k)))
    assert len(backlog) == 1000
    assert backlog.merged == 0
    assert backlog._merge_beyond > 1000  # it does not search the whole line at every event
    backlog.drop(backlog.first(1000))
    assert (len(backlog), backlog._merge_beyond) == (0, 4)


async def test_memory_archive_ignores_what_is_older_than_known():
    archive = MemoryArchive()
    newer = event(UPDATED, "a", 5)
    await archive.record([newer, event(OPENED, "a"), newer])
    assert (await archive.find("a")).opportunity.updated_at == newer.opportunity.updated_at
    await archive.record([event(CLOSED, "a", 6), replace(newer, change=UPDATED)])
    assert (await archive.find("a")).opportunity.closed_at is not None
