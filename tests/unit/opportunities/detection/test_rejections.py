from datetime import UTC, datetime
from decimal import Decimal

from arbedge.domain.instrument import InstrumentId, MarketKind
from arbedge.domain.opportunity import Candidate, Gate, Leg, OpportunityKind, Rejection, Side
from arbedge.opportunities.detection.appraisal import Refusal
from arbedge.opportunities.detection.rejections import RejectionLedger

AT = datetime(2026, 1, 1, tzinfo=UTC)


def refusal(name, gate, lacking=None, gross=0.001):
    legs = (Leg(InstrumentId("binance", MarketKind.SPOT, name), Side.BUY),)
    return Refusal(Rejection(Candidate(OpportunityKind.SPOT_PERP, legs), name, gate, "why", AT, gross), lacking)


def test_counts_follow_the_latest_rejection_of_each():
    ledger = RejectionLedger(10)
    ledger.keep(refusal("A", Gate.BOOK))
    ledger.keep(refusal("A", Gate.NET, Decimal(3)))
    ledger.keep(refusal("B", Gate.BOOK))
    assert ledger.counts() == {Gate.BOOK: 1, Gate.NET: 1}
    assert list(ledger.counts()) == [Gate.BOOK, Gate.NET]
    assert ledger.get(refusal("A", Gate.NET).rejection.candidate.legs).gate is Gate.NET


def test_the_ledger_is_bounded_and_the_longest_untouched_leaves():
    ledger = RejectionLedger(2)
    for name in ("A", "B", "A", "C"):
        ledger.keep(refusal(name, Gate.NET, Decimal(3)))
    assert [kept.asset for kept in ledger.latest()] == ["A", "C"]
    assert ledger.counts() == {Gate.NET: 2}
    assert len(ledger) == 2


def test_the_closest_came_furthest_then_lacks_least_then_has_most_gross():
    ledger = RejectionLedger(10)
    assert ledger.closest() is None
    ledger.keep(refusal("book", Gate.BOOK, gross=0.9))
    ledger.keep(refusal("thin", Gate.LIQUIDITY))
    assert ledger.closest().asset == "thin"
    ledger.keep(refusal("far", Gate.NET, Decimal(30), gross=0.02))
    ledger.keep(refusal("near", Gate.NET, Decimal(2), gross=0.01))
    assert ledger.closest().asset == "near"
    ledger.retire(refusal("near", Gate.NET).rejection.candidate.legs)
    assert ledger.closest().asset == "far"
    assert "near" in {kept.asset for kept in ledger.latest()}


def test_what_changed_is_told_once():
    ledger = RejectionLedger(10)
    ledger.keep(refusal("A", Gate.BOOK))
    ledger.keep(refusal("A", Gate.NET, Decimal(1)))
    ledger.keep(refusal("B", Gate.NET, Decimal(1)))
    ledger.forget(refusal("B", Gate.NET).rejection.candidate.legs)
    assert [(kept.asset, kept.gate) for kept in ledger.take_untold()] == [("A", Gate.NET)]
    assert ledger.take_untold() == ()
