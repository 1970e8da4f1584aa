"""What goes wrong on paper goes wrong in its result: thin books, lost legs, coins that have to move."""

import importlib.util
from dataclasses import replace
from decimal import Decimal
from pathlib import Path

import pytest

from arbedge.opportunities.evidence.model import InventoryMode
from arbedge.opportunities.outcomes.following import Mark, PaperStatus, Standing
from arbedge.opportunities.outcomes.repricing import Moment
from arbedge.trading.ledger import ExecutionType
from arbedge.trading.paper.result import result_of
from arbedge.trading.paper.saga import SHORT, Stage

_SPEC = importlib.util.spec_from_file_location("following", Path(__file__).parent / "following.py")
following = importlib.util.module_from_spec(_SPEC)
_SPEC.loader.exec_module(following)


async def test_a_short_leg_that_fills_a_third_costs_unwinding_the_rest_a_latency_later():
    stage = following.Stage(entry_latency_ms=200)
    stage.quote(other_bid="60300")
    stage.detector.sweep()
    (opened,) = stage.known()
    await stage.pass_time(0.1)
    stage.market.quote(stage.other, [("60300", "0.005")], [("60301", "9")])  # most of it was taken by others
    await stage.pass_time(2)
    await stage.path.flush()
    row = stage.archive.papers[opened.id]
    trades = [each for each in row.state.executions if each.type is ExecutionType.TRADE]
    assert [each.leg for each in trades] == ["long", "short", "long"]
    assert trades[2].at > trades[0].at
    assert trades[2].qty < 0
    assert row.result.status is PaperStatus.DONE
    assert row.result.reason == "short leg filled 0.0050 of 0.0165"
    assert row.result.net_bps < opened.priced.net_bps / 2
    long, short = row.state.saga.held
    assert abs(long - short) < Decimal("0.0002")


async def test_a_leg_the_venue_takes_away_closes_the_other_and_is_in_the_result():
    stage = following.Stage()
    stage.pay("0.004")
    stage.quote(perp_bid="60000")
    stage.detector.sweep()
    known = [each for each in stage.known() if each.kind == "spot_perp"]
    opened = next(each for each in known if each.candidate.legs[0].instrument.venue == "binance")
    await stage.pass_time(1)
    trade = stage.path._follows[opened.id].trade
    position = trade.position
    assert position.saga.stage is Stage.HOLDING
    held = position.ledger.position("short")
    assert held < 0
    position.lose(SHORT, ExecutionType.LIQUIDATION, held * 66000, stage.clock.now())
    assert position.ledger.position("short") == 0
    moment = Moment(stage.clock.now(), stage.clock.monotonic_ns())
    assert stage.path._tools.desk.work(trade, moment) is None
    assert position.saga.is_flat
    result = result_of(position, {SHORT: ()})
    assert result.status is PaperStatus.DONE
    assert "short leg gone: liquidation" in result.reason
    assert result.net_bps < -900  # bought back by force 10 % higher
    assert sum(position.ledger.balances.values()) == 0


async def test_a_coin_that_has_to_move_first_is_not_traded_on_paper_as_if_it_were_there():
    stage = following.Stage()
    stage.quote(other_bid="60300")
    stage.detector.sweep()
    (known,) = stage.path._follows.values()
    known.trade.followed = replace(known.trade.followed, mode=InventoryMode.TRANSFER)
    await stage.pass_time(1)
    await stage.path.flush()
    (row,) = stage.archive.papers.values()
    assert row.result.status is PaperStatus.UNKNOWN
    assert "has to move first" in row.result.reason


async def test_a_triangle_is_marked_and_run_at_later_books():
    stage = following.Stage()
    cross = stage.market.add(following.spot("ETHBTC", "ETH", "BTC", min_notional=Decimal("0.0001")))
    eth = stage.market.add(following.spot("ETHUSDT", "ETH"))
    stage.quote()
    stage.market.quote_top(cross, "0.0499", "0.05")
    stage.market.quote_top(eth, "3050", "3051")
    stage.detector.sweep()
    (opened,) = [each for each in stage.known() if each.kind == "triangular"]
    await stage.pass_time(0.1)
    stage.market.quote_top(eth, "3040", "3041")
    await stage.pass_time(1)
    await stage.path.flush()
    row = stage.archive.papers[opened.id]
    mark = stage.archive.marks[opened.id, Mark.HALF_SECOND]
    assert mark.standing is Standing.PAYING
    assert row.result.net_bps == pytest.approx(mark.net_bps)
    assert opened.priced.net_bps - row.result.net_bps > 30
