"""Pitfall 26: everything shown is counted, dead on arrival and not followed included; nothing unknown is a success."""

from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal

from arbedge.domain.instrument import InstrumentId, MarketKind
from arbedge.domain.opportunity import Candidate, Leg, OpportunityKind, Qualification, Side
from arbedge.opportunities.outcomes.following import (
    Followed,
    Mark,
    MarkOutcome,
    PaperResult,
    PaperStatus,
    Standing,
)
from arbedge.opportunities.outcomes.verdicts import summarise

AT = datetime(2026, 11, 22, tzinfo=UTC)
LEGS = (
    Leg(InstrumentId("binance", MarketKind.SPOT, "X"), Side.BUY),
    Leg(InstrumentId("okx", MarketKind.SPOT, "X"), Side.SELL),
)


@dataclass
class Record:
    followed: Followed
    marks: tuple
    paper: PaperResult


def record(number, first, paper=None, predicted=20, qualifies_on=Qualification.NET, is_simulated=False):
    followed = Followed(
        id=str(number),
        candidate=Candidate(OpportunityKind.SPOT_SPOT, LEGS),
        asset="X",
        qualifies_on=qualifies_on,
        opened_at=AT,
        notional=Decimal(1000),
        horizon_hours=Decimal(0),
        predicted_bps=Decimal(predicted),
        entry_notional=Decimal(1000),
        is_simulated=is_simulated,
    )
    mark = MarkOutcome(opportunity_id=str(number), mark=Mark.HALF_SECOND, due_at=AT, taken_at=AT, standing=first)
    result = PaperResult(status=PaperStatus.UNKNOWN, reason="book missing")
    if paper is not None:
        result = PaperResult(status=PaperStatus.DONE, net_bps=Decimal(paper))
    return Record(followed, (mark,), result)


def test_the_dead_the_unknown_and_the_missed_all_stand_in_the_report():
    report = summarise(
        [
            record(1, Standing.PAYING, 18),
            record(2, Standing.NOT_PAYING, -32),
            record(3, Standing.NOT_PAYING, -30),
            record(4, Standing.UNKNOWN),
            record(5, Standing.MISSED),
        ],
        unfollowed=7,
    )
    assert (report.followed, report.unfollowed) == (5, 7)
    (kind,) = report.survival
    assert kind.dead_on_arrival == 2
    (mark,) = kind.marks
    assert (mark.told, mark.unknown, mark.missed) == (3, 1, 1)
    assert mark.share == Decimal(1) / 3  # never over those that could not be told
    (paper,) = report.paper
    assert (paper.done, paper.unknown, paper.venues) == (3, 2, "binance>okx")
    assert round(paper.mean_error_bps, 6) == Decimal("-34.666667")
    assert paper.median_error_bps == -50


def test_what_pays_only_if_the_gap_closes_and_what_is_simulated_stand_apart():
    report = summarise(
        [
            record(1, Standing.PAYING, 18),
            record(2, Standing.PAYING, 18, qualifies_on=Qualification.NET_CLOSE),
            record(3, Standing.PAYING, 18, is_simulated=True),
        ],
        unfollowed=0,
    )
    assert {(each.group.is_if_closed, each.group.is_simulated) for each in report.survival} == {
        (False, False),
        (True, False),
        (False, True),
    }


def test_nothing_yet_is_said_with_no_figure_at_all():
    report = summarise([], unfollowed=0)
    assert (report.followed, report.survival, report.paper) == (0, (), ())
