from datetime import UTC, datetime
from decimal import Decimal

from arbedge.domain.events import OpportunityChange, OpportunityEvent
from arbedge.domain.instrument import InstrumentId, MarketKind
from arbedge.domain.opportunity import (
    Candidate,
    IdentityLevel,
    Leg,
    Opportunity,
    OpportunityKind,
    Qualification,
    Score,
    Side,
)
from arbedge.domain.priced import PricedTriangle
from arbedge.opportunities.ranking.leaderboard import Leaderboard

AT = datetime(2026, 1, 1, tzinfo=UTC)
OPENED, UPDATED, CLOSED = OpportunityChange.OPENED, OpportunityChange.UPDATED, OpportunityChange.CLOSED


def event(change, name, total, net_bps="10", qualifies_on=Qualification.NET):
    legs = (Leg(InstrumentId("binance", MarketKind.SPOT, name), Side.BUY),)
    net = Decimal(net_bps) / 10
    opportunity = Opportunity(
        id=name,
        candidate=Candidate(OpportunityKind.TRIANGULAR, legs),
        asset="USDT",
        identity=IdentityLevel.ADDRESS,
        qualifies_on=qualifies_on,
        opened_at=AT,
        updated_at=AT,
        closed_at=None,
        close_reason=None,
        notional=Decimal(1000),
        horizon_hours=Decimal(0),
        breakeven_hours=None,
        priced=PricedTriangle(spent=Decimal(1000), end=1000 + net, net=net, net_bps=Decimal(net_bps)),
        size_curve=(),
        capacity_usd=Decimal(1000),
        peak_net_bps=Decimal(net_bps),
        score=Score(total, ()),
        evidence_hash="x",
        is_simulated=False,
    )
    return OpportunityEvent(change, opportunity, {})


def told(changes):
    return [(change.opportunity.id, change.rank, change.previous_rank) for change in changes]


def test_entering_moves_those_below_and_pushes_the_last_out():
    board = Leaderboard(2)
    assert told(board.apply(event(OPENED, "a", 0.5))) == [("a", 1, None)]
    assert told(board.apply(event(OPENED, "b", 0.4))) == [("b", 2, None)]
    assert told(board.apply(event(OPENED, "c", 0.6))) == [("c", 1, None), ("a", 2, 1), ("b", None, 2)]
    assert [opportunity.id for opportunity in board.top()] == ["c", "a"]
    assert len(board) == 3


def test_what_stays_outside_the_top_says_nothing():
    board = Leaderboard(1)
    board.apply(event(OPENED, "a", 0.5))
    version = board.version
    assert board.apply(event(OPENED, "b", 0.4)) == ()
    assert board.apply(event(UPDATED, "b", 0.45)) == ()
    assert board.version == version
    assert told(board.apply(event(CLOSED, "a", 0.5))) == [("b", 1, None), ("a", None, 1)]


def test_small_steps_say_nothing_until_they_add_up():
    board = Leaderboard(5)
    board.apply(event(OPENED, "a", 0.5, "10"))
    assert board.apply(event(UPDATED, "a", 0.5, "10.04")) == ()
    assert board.apply(event(UPDATED, "a", 0.5, "10.08")) == ()
    assert told(board.apply(event(UPDATED, "a", 0.5, "10.12"))) == [("a", 1, 1)]
    assert board.apply(event(UPDATED, "a", 0.5, "10.16")) == ()
    assert board.top()[0].priced.net_bps == Decimal("10.16")


def test_what_pays_only_if_it_closes_comes_after_everything_expected_to_pay():
    board = Leaderboard(5)
    board.apply(event(OPENED, "closing", 0.9, qualifies_on=Qualification.NET_CLOSE))
    board.apply(event(OPENED, "paying", 0.1))
    assert [opportunity.id for opportunity in board.top()] == ["paying", "closing"]
    changed = board.apply(event(UPDATED, "closing", 0.9))
    assert told(changed) == [("closing", 1, 2), ("paying", 2, 1)]


def test_closing_the_unknown_is_harmless():
    assert Leaderboard(3).apply(event(CLOSED, "ghost", 0.5)) == ()
