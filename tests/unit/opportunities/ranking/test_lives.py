"""Expected remaining life: medians of lives seen to end, censoring, and silence where lives are too few."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from arbedge.domain.instrument import InstrumentId, MarketKind
from arbedge.domain.opportunity import Candidate, Leg, OpportunityKind, Side
from arbedge.opportunities.ranking.lives import LIVES_MIN, Life, LifeTable, is_end_seen, venues_of

CANDIDATE = Candidate(
    OpportunityKind.SPOT_SPOT,
    (
        Leg(InstrumentId("binance", MarketKind.SPOT, "BTCUSDT"), Side.BUY),
        Leg(InstrumentId("okx", MarketKind.SPOT, "BTC-USDT"), Side.SELL),
    ),
)


def table(lives):
    made = LifeTable()
    for lasted_s, is_whole in lives:
        made.add(CANDIDATE, Life(lasted_s, is_whole))
    return made


def test_the_median_of_whole_lives_at_birth_and_later():
    lives = table([(float(k), True) for k in range(1, 41)])
    assert lives.remaining_s(CANDIDATE, 0.0) == pytest.approx(20.0)
    assert lives.remaining_s(CANDIDATE, 20.0) == pytest.approx(10.0)  # of 20 that outlived it, 10 end by 30


def test_too_few_lives_at_that_age_say_nothing():
    assert table([(5.0, True)] * (LIVES_MIN - 1)).remaining_s(CANDIDATE, 0.0) is None
    lives = table([(5.0, True)] * LIVES_MIN + [(100.0, True)] * (LIVES_MIN - 1))
    assert lives.remaining_s(CANDIDATE, 0.0) == 5.0
    assert lives.remaining_s(CANDIDATE, 6.0) is None  # only 19 ever got there


def test_a_life_nobody_saw_end_counts_as_longer_not_as_ended():
    seen = table([(10.0, True)] * 20 + [(1.0, False)] * 20)
    taken_for_ended = table([(10.0, True)] * 20 + [(1.0, True)] * 20)
    assert seen.remaining_s(CANDIDATE, 0.0) == 10.0
    assert taken_for_ended.remaining_s(CANDIDATE, 0.0) == 1.0


def test_fewer_than_half_ended_is_no_median():
    assert table([(1.0, True)] * 9 + [(50.0, False)] * 30).remaining_s(CANDIDATE, 0.0) is None


def test_other_kinds_and_venues_are_other_lives():
    lives = table([(5.0, True)] * 40)
    assert lives.remaining_s(Candidate(OpportunityKind.PERP_PERP, CANDIDATE.legs), 0.0) is None
    assert lives.remaining_s(replace_venue("bybit"), 0.0) is None
    assert venues_of(CANDIDATE) == "binance>okx"


def replace_venue(venue):
    long, short = CANDIDATE.legs
    return Candidate(CANDIDATE.kind, (long, short._replace(instrument=short.instrument._replace(venue=venue))))


def test_which_ends_were_seen():
    assert is_end_seen("net: net 3 bps at 1000 USDT, more than 5 needed")
    assert not is_end_seen("restart: not watched after 2026-11-22 12:00:00 UTC")
    assert not is_end_seen("arbedge stopped")
    assert not is_end_seen("fresh: not confirmed within the grace")
    assert not is_end_seen(None)


@given(st.lists(st.tuples(st.floats(0.1, 1e4), st.booleans()), min_size=20, max_size=60), st.floats(0, 1e4))
def test_what_is_expected_lies_ahead_and_within_what_was_seen(lives, age_s):
    expected = table(lives).remaining_s(CANDIDATE, age_s)
    reached = [lasted for lasted, _ in lives if lasted >= age_s]
    if expected is None:
        return
    assert len(reached) >= LIVES_MIN
    assert 0 <= expected <= max(reached) - age_s
    assert expected >= 0


def test_the_newest_thousand_lives_are_kept():
    lives = table([(1.0, True)] * 1000 + [(9.0, True)] * 1000)
    assert lives.remaining_s(CANDIDATE, 0.0) == 9.0
