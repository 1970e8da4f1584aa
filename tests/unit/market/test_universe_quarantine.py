"""Doubtful pairs in the live market: held once, bounded, decided, and forgotten with the listing they were about."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from arbedge.domain.instrument import InstrumentId, InstrumentStatus, MarketKind
from arbedge.domain.opportunity import IdentityLevel
from arbedge.domain.quarantine import Doubt, HandDecision, QuarantineCase, Verdict
from arbedge.foundation.runtime.clock import ManualClock
from arbedge.market.fakes import instrument_of
from arbedge.market.history.prices import PriceHistory
from arbedge.market.universe.desk import IdentityDesk
from arbedge.market.universe.identity import AssetIdentity, IdentitySources
from arbedge.market.universe.quarantine import QuarantineBook
from arbedge.market.universe.registry import Universe

SPOT = MarketKind.SPOT
NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)
LISTED = datetime(2024, 1, 1, tzinfo=UTC)


def coin(venue, number=0, **changes):
    return replace(instrument_of(venue, SPOT, f"C{number}"), **changes)


class Room:
    """Coins C0... on two venues, prices as told."""

    def __init__(self, coins=1, most=10):
        self.clock = ManualClock(NOW)
        self.universe = Universe()
        self.record = PriceHistory(300, 72)
        self.prices = {}
        self.book = QuarantineBook(self.clock, most=most, is_simulated=False)
        self.identity = AssetIdentity(self.universe, [], IdentitySources(self.record))
        self.desk = IdentityDesk(self.universe, self.identity, self.book, self.price)
        for venue in ("a", "b"):
            self.list(venue, [coin(venue, number, listed_at=LISTED) for number in range(coins)])

    def price(self, slot):
        return self.prices.get(slot, 1.0)

    def list(self, venue, rows):
        change = self.universe.merge(venue, SPOT, rows)
        self.record.extend(len(change.added))
        self.desk.on_listing(change)
        return change

    def slots(self, number=0):
        return tuple(self.universe.slot_of(coin(venue, number).id) for venue in ("a", "b"))

    def find(self, number=0):
        return self.desk.find(*self.slots(number))

    def say(self, verdict=Verdict.APPROVED, number=0, **changes):
        """What the store would tell after a person decided."""
        known = next((each for each in self.book.cases() if each.first.symbol == f"C{number}USDT"), None)
        decision = HandDecision(verdict, self.clock.now(), "ann", "looked it up")
        case = replace(known or self.unseen(number), decision=decision, **changes)
        self.desk.decide([case])
        return case

    def unseen(self, number=0):
        first, second = (coin(venue, number).id for venue in ("a", "b"))
        return QuarantineCase(
            first=first, second=second, asset="", doubt=Doubt.ASKED, basis="", ratio=None, first_seen_at=NOW,
            last_seen_at=NOW, times=0, is_simulated=False,
        )  # fmt: skip


@pytest.fixture
def room():
    return Room()


async def test_an_unknown_pair_waits_once_with_what_was_seen(room):
    room.prices[room.slots()[0]] = 1.01
    finding = room.find()
    await room.clock.advance(60)
    room.desk.find(*reversed(room.slots()))
    (case,) = room.book.cases()
    assert finding.case == case.id
    assert (case.doubt, case.times, case.asset) == (Doubt.UNPROVEN, 2, "C0")
    assert (case.first_seen_at, case.last_seen_at) == (NOW, NOW + timedelta(seconds=60))
    assert case.ratio == pytest.approx(1.01)
    assert case.listed_at == (LISTED, LISTED)


def test_a_gap_beyond_belief_waits_too(room):
    name = room.desk.doubt(*room.slots(), "net of 2000 bps is beyond the 1000 bps cap")
    (case,) = room.book.cases()
    assert (case.id, case.doubt, case.basis) == (
        name,
        Doubt.IMPLAUSIBLE,
        "net of 2000 bps is beyond the 1000 bps cap",
    )


def test_an_approval_gives_level_ratio_and_names_itself(room):
    room.find()
    room.say()
    finding = room.find()
    assert finding.level is IdentityLevel.RATIO
    assert finding.basis == "approved by hand on 2026-11-22: looked it up; prices agree within 0.00 %"
    assert room.book.undecided == 0


def test_an_approval_does_not_stand_against_prices_far_apart(room):
    room.say()
    room.prices[room.slots()[0]] = 2.0
    finding = room.find()
    assert (finding.level, finding.doubt) == (IdentityLevel.UNKNOWN, Doubt.COLLISION)


def test_a_pair_said_to_be_different_is_never_priced_whatever_else_proves_it(room):
    room.say(Verdict.REJECTED)
    finding = room.find()
    assert (finding.level, finding.doubt) == (IdentityLevel.UNKNOWN, None)
    assert finding.basis == "rejected by hand on 2026-11-22: looked it up"


def test_a_word_taken_back_lets_the_pair_wait_again(room):
    room.find()
    room.say()
    room.desk.decide([])
    assert room.find().level is IdentityLevel.UNKNOWN
    assert room.book.undecided == 1


@pytest.mark.parametrize("how", ["missing from the list", "listed as delisted"])
def test_a_delisting_ends_the_word_and_a_new_listing_does_not_inherit_it(room, how):
    room.find()
    said = room.say()
    gone = [coin("a", 9)] if how.startswith("missing") else [coin("a", status=InstrumentStatus.DELISTED)]
    assert room.list("a", gone).identity_lost == (room.slots()[0],)
    room.list("a", [coin("a")])
    assert room.find().level is IdentityLevel.UNKNOWN
    (case,) = [each for each in room.book.untold() if each.id == said.id]
    assert case.decision.expired_at == NOW
    room.desk.decide([said])  # the store has not heard of it yet
    assert room.find().level is IdentityLevel.UNKNOWN


def test_a_symbol_listed_anew_while_nobody_watched_does_not_inherit_a_word(room):
    said = replace(room.unseen(), listed_at=(LISTED, LISTED - timedelta(days=1)))
    said = replace(said, decision=HandDecision(Verdict.APPROVED, NOW, "ann", "looked it up"))
    room.desk.decide([said])
    assert room.find().level is IdentityLevel.UNKNOWN
    assert [each.decision.holds for each in room.book.cases()] == [False]


def test_a_word_read_before_the_list_is_checked_when_the_list_comes(room):
    said = replace(room.unseen(5), listed_at=(LISTED, LISTED - timedelta(days=1)))
    room.desk.decide([replace(said, decision=HandDecision(Verdict.APPROVED, NOW, "ann", "looked it up"))])
    for venue in ("a", "b"):
        room.list(venue, [coin(venue, number, listed_at=LISTED) for number in (0, 5)])
    assert room.find(5).level is IdentityLevel.UNKNOWN


def test_a_word_on_a_pair_nobody_saw_notes_which_listing_it_is_about(room):
    room.say()
    (case,) = room.book.untold()
    assert case.listed_at == (LISTED, LISTED)
    assert room.find().level is IdentityLevel.RATIO


def test_a_symbol_described_as_another_thing_is_another_thing(room):
    room.find()
    room.say()
    change = room.list("a", [coin("a", listed_at=LISTED + timedelta(days=400))])
    assert change.identity_lost == (room.slots()[0],)
    assert room.find().level is IdentityLevel.UNKNOWN


def test_a_halt_is_no_new_listing(room):
    room.find()
    room.say()
    for status in (InstrumentStatus.SUSPENDED, InstrumentStatus.TRADING):
        assert room.list("a", [coin("a", listed_at=LISTED, status=status)]).identity_lost == ()
    assert room.find().level is IdentityLevel.RATIO


async def test_a_full_book_keeps_what_occurs_and_says_what_it_refuses():
    room = Room(coins=12, most=10)
    for number in range(10):
        room.find(number)
    assert room.find(10).case is None
    assert (len(room.book), room.book.refused) == (10, 1)
    assert "full with 10 pairs" in room.book.problem
    room.say(number=3)
    assert room.find(10).case is not None
    await room.clock.advance(23 * 3600)
    for number in (0, 1, 2, 4, 5, 6, 7, 8, 10):
        room.find(number)
    await room.clock.advance(2 * 3600)
    assert room.find(11).case is not None  # C9 was not seen for a day
    assert "C9USDT" not in {each.first.symbol for each in room.book.cases()}
    assert room.book.problem is None
    assert room.book.undecided == 10


async def test_what_only_goes_on_occurring_is_told_every_half_minute(room):
    room.find()
    room.book.told(room.book.untold())
    for _ in range(5):
        await room.clock.advance(5)
        room.find()
    assert room.book.untold() == ()
    await room.clock.advance(5)
    room.find()
    assert [each.times for each in room.book.untold()] == [7]


async def test_another_doubt_is_told_at_once_also_when_it_comes_during_a_write(room):
    room.find()
    writing = room.book.untold()
    room.prices[room.slots()[0]] = 2.0
    room.find()
    room.book.told(writing)
    assert [each.doubt for each in room.book.untold()] == [Doubt.COLLISION]


def test_what_an_earlier_run_knew_is_taken_up_newest_first():
    room = Room(most=10)
    ids = [InstrumentId("a", SPOT, f"X{n}") for n in range(12)]
    old = [replace(room.unseen(), first=each, last_seen_at=NOW - timedelta(hours=n)) for n, each in enumerate(ids)]
    room.book.load(old)
    assert {each.first for each in room.book.cases()} == set(ids[:10])
    assert room.book.untold() == ()
