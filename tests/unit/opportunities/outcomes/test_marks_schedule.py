"""When marks are due, how late they may be, and the bounded schedule."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal

from arbedge.domain.instrument import InstrumentId, MarketKind
from arbedge.domain.opportunity import Candidate, Leg, OpportunityKind, Qualification, Side
from arbedge.opportunities.outcomes.following import Followed, Mark, due_marks, lateness_allowed_s
from arbedge.opportunities.outcomes.schedule import DueSchedule

AT = datetime(2026, 11, 22, tzinfo=UTC)
FOLLOWED = Followed(
    id="1",
    candidate=Candidate(
        OpportunityKind.SPOT_PERP,
        (
            Leg(InstrumentId("binance", MarketKind.SPOT, "X"), Side.BUY),
            Leg(InstrumentId("binance", MarketKind.PERP, "X"), Side.SELL),
        ),
    ),
    asset="X",
    qualifies_on=Qualification.NET,
    opened_at=AT,
    notional=Decimal(1000),
    horizon_hours=Decimal(8),
    predicted_bps=Decimal(20),
    entry_notional=Decimal(1000),
)


def test_every_mark_of_a_held_pair_in_order():
    due = due_marks(FOLLOWED)
    assert [each.mark.value for each in due] == ["0.5s", "1s", "2s", "5s", "30s", "5m", "1h", "horizon"]
    assert due[-1].due_at == AT + timedelta(hours=8)
    assert due[0].due_at == AT + timedelta(seconds=0.5)


def test_a_horizon_under_an_hour_comes_before_the_hour():
    due = due_marks(replace(FOLLOWED, horizon_hours=Decimal("0.5")))
    assert [each.mark for each in due][-2:] == [Mark.HORIZON, Mark.ONE_HOUR]


def test_what_is_over_at_once_has_no_horizon():
    over = replace(FOLLOWED, candidate=Candidate(OpportunityKind.TRIANGULAR, FOLLOWED.candidate.legs))
    assert Mark.HORIZON not in {each.mark for each in due_marks(over)}


def test_lateness_grows_with_the_mark_and_never_reaches_the_one_before():
    allowed = [lateness_allowed_s(FOLLOWED, each.due_at) for each in due_marks(FOLLOWED)]
    assert allowed[0] == 0.3
    assert allowed == sorted(allowed)
    assert allowed[-1] == 0.05 * 8 * 3600


def test_a_full_schedule_refuses_the_newest_and_counts_it():
    schedule = DueSchedule(2)
    assert schedule.add(20, "b")
    assert schedule.add(10, "a")
    assert not schedule.add(5, "c")
    assert (len(schedule), schedule.refused) == (2, 1)
    assert schedule.take_due(9) is None
    assert [schedule.take_due(30), schedule.take_due(30), schedule.take_due(30)] == ["a", "b", None]
