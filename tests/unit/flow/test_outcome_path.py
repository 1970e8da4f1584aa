"""What is shown is followed to its end: marks at their moments, paper at later books, nothing guessed."""

import importlib.util
from dataclasses import replace
from decimal import Decimal
from pathlib import Path

import pytest

from arbedge.domain.funding import Settlement, SettlementStatus
from arbedge.errors import Unavailable
from arbedge.opportunities.outcomes.following import Mark, PaperStatus, Standing

_SPEC = importlib.util.spec_from_file_location("following", Path(__file__).parent / "following.py")
following = importlib.util.module_from_spec(_SPEC)
_SPEC.loader.exec_module(following)
Stage = following.Stage


async def test_an_opportunity_that_is_over_after_two_seconds_pays_at_one_and_not_at_five():
    stage = Stage()
    stage.quote()
    stage.quote(other_bid="60300")  # 50 bps between two spot markets, two fees take 20
    stage.detector.sweep()
    (opened,) = stage.known()
    assert opened.kind == "spot_spot"
    await stage.pass_time(2.2)
    stage.quote()
    await stage.pass_time(30)
    assert await stage.path.flush()
    standings = stage.archive.standings()
    assert [standings[mark] for mark in ("0.5s", "1s", "2s")] == ["paying"] * 3
    assert [standings[mark] for mark in ("5s", "30s")] == ["not_paying"] * 2
    found = stage.archive.marks[opened.id, Mark.HALF_SECOND]
    assert found.net_bps == opened.priced.net_bps
    assert 0 <= (found.taken_at - found.due_at).total_seconds() < 0.3


async def test_dead_on_arrival_is_a_mark_that_does_not_pay_and_a_paper_loss():
    stage = Stage(entry_latency_ms=250)
    stage.quote(other_bid="60300")
    stage.detector.sweep()
    await stage.pass_time(0.1)
    stage.quote()
    await stage.pass_time(1)
    await stage.path.flush()
    assert stage.archive.standings()["0.5s"] == "not_paying"
    (paper,) = stage.archive.papers.values()
    assert paper.result.status is PaperStatus.DONE
    assert paper.result.net_bps < -20  # entered at the books of then, not at those shown
    assert stage.known()[0].priced.net_bps > 20


async def test_what_stood_still_pays_on_paper_exactly_what_was_predicted():
    stage = Stage()
    stage.quote(other_bid="60300")
    stage.detector.sweep()
    await stage.pass_time(1)
    await stage.path.flush()
    (paper,) = stage.archive.papers.values()
    predicted = stage.known()[0].priced.net_bps
    assert paper.result.net_bps == pytest.approx(
        predicted, abs=Decimal("1e-5")
    )  # interest on the sale, not on buying back


async def test_a_missing_book_is_unknown_with_its_reason_never_a_guess():
    stage = Stage()
    stage.quote(other_bid="60300")
    stage.detector.sweep()
    await stage.pass_time(0.1)
    stage.market.alter(stage.other, book=None, book_problem="its depth connection was lost")
    await stage.pass_time(1)
    await stage.path.flush()
    (first, *_) = stage.archive.marks.values()
    assert first.standing is Standing.UNKNOWN
    assert first.net_bps is None
    assert first.reason.startswith("book missing: okx:spot:BTC-USDT: its depth connection was lost")
    (paper,) = stage.archive.papers.values()
    assert paper.result.status is PaperStatus.UNKNOWN
    assert "book missing" in paper.result.reason


async def test_a_market_that_is_shut_would_not_have_paid():
    stage = Stage()
    stage.quote(other_bid="60300")
    stage.detector.sweep()
    instrument = stage.market.instruments()[stage.other]
    stage.market.alter(stage.other, instrument=replace(instrument, status="suspended"))
    await stage.pass_time(1)
    await stage.path.flush()
    assert stage.archive.standings()["0.5s"] == "not_paying"


def carried(stage, rate="0.004"):
    stage.pay(rate)
    stage.quote(other_bid="59990", perp_bid="60000")
    stage.detector.sweep()
    (opened,) = [
        each
        for each in stage.known()
        if each.kind == "spot_perp" and each.candidate.legs[0].instrument.venue == "binance"
    ]
    return opened


async def test_a_carry_is_held_to_its_horizon_and_gets_what_was_really_settled():
    stage = Stage()
    opened = carried(stage)
    hours = int(opened.horizon_hours)
    await stage.pass_time(60)
    begin = stage.clock.now()
    stage.venue.settled = [
        Settlement(each.at, Decimal("0.001"), SettlementStatus.SETTLED)
        for each in stage.market.settlements(stage.perp, begin.replace(year=begin.year + 1))
    ]
    await stage.let_lie(hours * 3600 + 600)
    await stage.path.flush()
    row = stage.archive.papers[opened.id]
    assert row.result.status is PaperStatus.DONE, row.result
    assert row.ended_at is not None
    due = [
        each
        for each in stage.venue.settled
        if each.at
        <= opened.opened_at.__class__.fromtimestamp(
            opened.opened_at.timestamp() + hours * 3600, opened.opened_at.tzinfo
        )
    ]
    funding = [each for each in row.state.executions if each.type == "funding"]
    assert len(funding) == len(due) > 0
    assert all(each.cash > 0 for each in funding)
    assert row.result.net_bps < opened.priced.net_bps  # a quarter of the rate that was promised
    assert stage.archive.standings(opened.id)["horizon"] in {"paying", "not_paying"}
    assert stage.path.followed_count == len(
        [each for each in stage.archive.papers.values() if each.ended_at is None]
    )


async def test_where_the_venue_cannot_be_asked_the_last_estimate_counts_and_says_so():
    stage = Stage()
    opened = carried(stage)
    stage.venue.error = Unavailable("no answer")
    await stage.let_lie(float(opened.horizon_hours) * 3600 + 900)
    await stage.path.flush()
    result = stage.archive.papers[opened.id].result
    assert result.status is PaperStatus.DONE, result
    assert "last estimates before settlement" in result.reason


async def test_following_is_bounded_and_what_is_refused_is_counted():
    stage = Stage(max_followed=1)
    stage.pay("0.004")
    stage.quote(other_bid="60300", perp_bid="60300")
    stage.detector.sweep()
    assert len(stage.known()) > 1
    assert stage.path.followed_count == 1
    assert stage.path.refused == len(stage.known()) - 1


async def test_books_of_followed_legs_are_kept_wanted_until_the_last_dense_mark():
    stage = Stage()
    stage.quote(other_bid="60300")
    stage.detector.sweep()
    stage.quote()
    await stage.pass_time(3)
    stage.market.asked.clear()
    for _ in range(10):
        await stage.clock.advance(0.5)
        stage.path.work()
    assert {stage.spot, stage.other} <= set(stage.market.asked)


async def test_an_archive_that_refuses_loses_nothing():
    stage = Stage()
    stage.quote(other_bid="60300")
    stage.detector.sweep()
    stage.archive.error = Unavailable("the disk is away")
    await stage.pass_time(1.2)
    assert not await stage.path.flush()
    assert "the disk is away" in stage.path.problem
    stage.archive.error = None
    assert await stage.path.flush()
    assert stage.path.problem is None
    assert {"0.5s", "1s"} <= set(stage.archive.standings())


async def test_after_a_restart_marks_that_went_by_are_missed_and_later_ones_taken():
    stage = Stage()
    stage.quote(other_bid="60300")
    stage.detector.sweep()
    await stage.pass_time(1.2)
    await stage.path.flush()
    await stage.clock.advance(10)  # nobody runs
    again = Stage(archive=stage.archive, clock=stage.clock)
    again.quote(other_bid="60300")
    assert await again.path.recover() == 1
    await again.pass_time(25)
    await again.path.flush()
    standings = stage.archive.standings(stage.known()[0].id)
    assert standings["1s"] == "paying"
    assert standings["2s"] == standings["5s"] == "missed"
    assert standings["30s"] == "paying"
    assert stage.archive.marks[stage.known()[0].id, Mark.TWO_SECONDS].taken_at is None


async def test_a_held_position_goes_on_after_a_restart_and_one_on_its_way_is_not_known():
    stage = Stage()
    opened = carried(stage)
    await stage.pass_time(2)
    await stage.path.flush()
    again = Stage(archive=stage.archive, clock=stage.clock)
    again.pay("0.004")
    again.quote(perp_bid="60000")
    await again.path.recover()
    again.venue.settled = list(again.market.settlements(again.perp, stage.clock.now().replace(year=2099)))
    again.venue.settled = [Settlement(each.at, each.rate, SettlementStatus.SETTLED) for each in again.venue.settled]
    await again.let_lie(float(opened.horizon_hours) * 3600 + 900)
    await again.path.flush()
    assert stage.archive.papers[opened.id].result.status is PaperStatus.DONE


async def test_down_at_the_horizon_is_unknown():
    stage = Stage()
    opened = carried(stage)
    await stage.pass_time(2)
    await stage.path.flush()
    await stage.clock.advance(float(opened.horizon_hours) * 3600 + 1800)
    again = Stage(archive=stage.archive, clock=stage.clock)
    again.quote()
    await again.path.recover()
    await again.path.flush()
    row = stage.archive.papers[opened.id]
    assert row.result.status is PaperStatus.UNKNOWN
    assert row.result.reason == "arbedge was not running at the horizon"
    assert stage.archive.standings(opened.id)["horizon"] == "missed"
