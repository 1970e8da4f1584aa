"""Survival of gross edges on records small enough to be followed by hand."""

from decimal import Decimal

import pytest

from arbedge.domain.money import EXACT
from arbedge.errors import Invalid
from arbedge.opportunities.outcomes import survival
from arbedge.opportunities.outcomes.stretches import Stretch, cut, merged
from arbedge.opportunities.outcomes.survival import RecordedQuote, SurvivalRule, measure_survival

SECOND = 1_000_000


def quote(at_s: float, venue: str, bid: str, ask: str) -> RecordedQuote:
    return RecordedQuote(round(at_s * SECOND), venue, Decimal(bid), Decimal(ask))


def rule(**changes) -> SurvivalRule:
    return SurvivalRule(**{"delays_us": (SECOND, 5 * SECOND), "silence_us": 100 * SECOND, **changes})


def beating(until_s: int) -> list[RecordedQuote]:
    """Venue `a` quotes 100 / 101 once a second."""
    return [quote(at, "a", "100", "101") for at in range(until_s + 1)]


@pytest.fixture
def few(monkeypatch):
    """Give figures from one sample on."""
    monkeypatch.setattr(survival, "SAMPLES_MIN", 1)


def test_an_edge_is_sampled_at_every_moment_and_followed(few):
    # b bids 102 from 2 s to 5 s: buying on a at 101 and selling on b at 102 pays from 2 to 5.
    quotes = [
        *beating(10),
        quote(0, "b", "100", "101"),
        quote(2, "b", "102", "103"),
        quote(5, "b", "100", "101"),
        quote(10, "b", "100", "101"),
    ]
    report = measure_survival(quotes, rule())
    assert (report.moments, report.gaps, report.observed_s) == (11, 0, 10)
    there, back = report.routes
    assert (there.long, there.short, back.long, back.short) == ("a", "b", "b", "a")
    positive, above = there.groups
    assert (positive.samples, above.samples) == (3, 3)
    assert positive.median_bps == pytest.approx(Decimal(10_000) / 101)
    after_1, after_5 = positive.after
    assert (after_1.followed, after_1.still, after_1.share) == (3, 2, EXACT.divide(Decimal(2), Decimal(3)))
    assert (after_5.followed, after_5.still) == (3, 0)
    assert there.episodes.whole == 1
    assert there.episodes.median_s == there.episodes.p90_s == 3
    assert back.groups[0].samples == 0
    assert back.episodes.whole == back.episodes.cut == 0


def test_a_delay_that_ends_on_a_change_sees_the_change(few):
    quotes = [quote(0, "a", "100", "101"), quote(0, "b", "102", "103"), quote(1, "b", "100", "101")]
    quotes += [quote(9, "a", "100", "101"), quote(9, "b", "100", "101")]
    after = measure_survival(quotes, rule()).routes[0].groups[0].after[0]
    assert (after.followed, after.still) == (1, 0)


def test_quotes_of_one_moment_count_together(few):
    # Both venues move up at 1 s; seen one after the other, an edge would flash that never was.
    quotes = [quote(0, "a", "100", "101"), quote(0, "b", "100", "101")]
    quotes += [quote(1, "a", "110", "111"), quote(1, "b", "110", "111")]
    report = measure_survival(quotes, rule())
    assert report.moments == 2
    assert [route.groups[0].samples for route in report.routes] == [0, 0]


def test_an_edge_above_the_threshold_is_followed_to_zero_not_to_the_threshold(few):
    quotes = [
        *beating(10),
        quote(0, "b", "100", "101"),
        quote(1, "b", "102", "103"),
        quote(2, "b", "101.01", "102"),
    ]
    quotes.append(quote(10, "b", "101.01", "102"))
    above = measure_survival(quotes, rule(threshold_bps=Decimal(50))).routes[0].groups[1]
    assert (above.above_bps, above.samples) == (50, 1)
    assert [each.still for each in above.after] == [1, 1]


def test_no_second_group_without_a_threshold(few):
    quotes = [*beating(3), quote(0, "b", "100", "101"), quote(3, "b", "100", "101")]
    assert len(measure_survival(quotes, rule(threshold_bps=Decimal(0))).routes[0].groups) == 1


def test_a_silent_venue_leaves_a_gap_that_nothing_is_read_from(few):
    # b is silent from 2 to 8 s with a positive edge standing; a goes on quoting.
    quotes = [*beating(12), quote(0, "b", "100", "101"), quote(2, "b", "102", "103"), quote(8, "b", "102", "103")]
    quotes += [quote(9, "b", "100", "101"), quote(12, "b", "100", "101")]
    report = measure_survival(quotes, rule(silence_us=5 * SECOND))
    assert (report.gaps, report.gaps_s, report.observed_s) == (1, 6, 6)
    positive = report.routes[0].groups[0]
    # 2 s (the gap's first end) and 8 s (its last) are known; 3 to 7 s are not.
    assert positive.samples == 2
    assert (positive.after[0].followed, positive.after[0].still) == (1, 0)
    episodes = report.routes[0].episodes
    assert (episodes.whole, episodes.cut) == (0, 2)


def test_an_episode_cut_by_the_end_of_the_record_has_no_length(few):
    quotes = [*beating(4), quote(0, "b", "100", "101"), quote(3, "b", "102", "103"), quote(4, "b", "102", "103")]
    episodes = measure_survival(quotes, rule()).routes[0].episodes
    assert (episodes.whole, episodes.cut, episodes.median_s) == (0, 1, None)


def test_only_the_time_both_were_recorded_counts(few):
    quotes = [*beating(10), quote(4, "b", "102", "103"), quote(6, "b", "102", "103")]
    report = measure_survival(quotes, rule())
    assert (report.first_us, report.last_us, report.moments) == (4 * SECOND, 6 * SECOND, 3)


def test_too_few_samples_give_their_number_and_no_share():
    quotes = [*beating(40), quote(0, "b", "102", "103"), quote(28, "b", "102", "103"), quote(29, "b", "100", "101")]
    quotes.append(quote(40, "b", "100", "101"))
    group = measure_survival(quotes, rule()).routes[0].groups[0]
    assert group.samples == 29
    assert group.median_bps is None
    assert [(each.followed, each.share) for each in group.after] == [(29, None), (29, None)]
    one_more = [*quotes, quote(28.5, "a", "100", "101")]
    assert measure_survival(one_more, rule()).routes[0].groups[0].after[0].share == EXACT.divide(
        Decimal(28), Decimal(30)
    )


def test_rows_may_come_in_any_order(few):
    quotes = [*beating(10), quote(0, "b", "100", "101"), quote(2, "b", "102", "103"), quote(10, "b", "100", "101")]
    assert measure_survival(quotes[::-1], rule()) == measure_survival(quotes, rule())


@pytest.mark.parametrize("venues", ["a", "abc"])
def test_a_record_of_other_than_two_venues_is_refused(venues):
    with pytest.raises(Invalid, match="--venues A,B"):
        measure_survival([quote(0, venue, "1", "2") for venue in venues], rule())


def test_venues_recorded_one_after_the_other_are_refused():
    with pytest.raises(Invalid, match="not recorded at the same time"):
        measure_survival([quote(0, "a", "1", "2"), quote(1, "b", "1", "2")], rule())


def test_spans_are_joined_and_taken_out():
    whole = Stretch(10, 50)
    gaps = merged(
        [Stretch(30, 35), Stretch(0, 12), Stretch(33, 40), Stretch(48, 60), Stretch(60, 70)], within=whole
    )
    assert gaps == [Stretch(10, 12), Stretch(30, 40), Stretch(48, 50)]
    assert cut(whole, gaps) == [Stretch(12, 30), Stretch(40, 48)]
    assert cut(whole, []) == [whole]
    assert cut(whole, [whole]) == []
