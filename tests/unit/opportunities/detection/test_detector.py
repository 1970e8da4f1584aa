"""The detector over a scripted market: planted opportunities are found, losing ones rejected with the number."""

from datetime import date, timedelta
from decimal import Decimal

import pytest

from arbedge.domain.events import OpportunityChange
from arbedge.domain.fees import FeeAsset, FeeRate
from arbedge.domain.funding import Settlement, SettlementStatus
from arbedge.domain.opportunity import Gate, IdentityLevel, OpportunityKind, Qualification
from arbedge.domain.priced import PricedPair, PricedTriangle
from arbedge.foundation.runtime.clock import ManualClock
from arbedge.market.facts import IdentityFinding
from arbedge.opportunities.config import OpportunityConfig
from arbedge.opportunities.detection.agenda import Pace
from arbedge.opportunities.detection.detector import DetectionSettings, Detector
from arbedge.opportunities.detection.documents import Provenance
from arbedge.opportunities.evidence import digest, parse
from arbedge.opportunities.fakes import MemoryArchive, ScriptedMarket, perp, spot
from arbedge.opportunities.pricing import price

PROVENANCE = Provenance(config_hash="c0ffee", code_version="0.1.0", forecast={"decay": "0.5"}, is_simulated=True)


class Stage:
    """A clock, a scripted market with BTC, ETH and a crossing market, a detector, and what it said."""

    def __init__(self, pace=None, **settings):
        self.clock = ManualClock()
        self.market = ScriptedMarket(self.clock, OpportunityConfig().horizons_h)
        self.spot = self.market.add(spot("BTCUSDT", "BTC"))
        self.perp = self.market.add(perp("BTCUSDT", "BTC"))
        self.cross = self.market.add(spot("ETHBTC", "ETH", "BTC", min_notional=Decimal("0.0001")))
        self.eth = self.market.add(spot("ETHUSDT", "ETH"))
        self.events = []
        self.detector = Detector(
            self.market,
            DetectionSettings(config=OpportunityConfig(**settings), provenance=PROVENANCE, pace=pace or Pace()),
            self.clock,
            self.events.append,
        )
        self.pay(self.perp, "0.0001")

    def pay(self, slot, rate, hours=8):
        start = self.clock.now() + timedelta(hours=1)
        self.market.settle(
            slot,
            [
                Settlement(start + timedelta(hours=hours * k), Decimal(rate), SettlementStatus.ESTIMATE)
                for k in range(24)
            ],
        )

    def basis(self, perp_bid):
        """Spot at 60,000 and the perpetual's best bid there."""
        self.market.quote_top(self.spot, "59999", "60000")
        self.market.quote_top(self.perp, str(perp_bid), str(Decimal(perp_bid) + 1))

    async def pass_time(self, seconds):
        await self.clock.advance(seconds)
        self.detector.sweep()

    def changes(self):
        return [event.change for event in self.events]


async def test_a_planted_basis_is_found_priced_and_labelled():
    stage = Stage()
    stage.basis(60600)  # 100 bps: over 30 bps of fees, if it closes
    stage.detector.sweep()
    (event,) = stage.events
    found = event.opportunity
    assert event.change is OpportunityChange.OPENED
    assert found.kind is OpportunityKind.SPOT_PERP
    assert found.qualifies_on is Qualification.NET_CLOSE
    assert found.is_simulated
    assert found.identity is IdentityLevel.INDEX
    assert isinstance(found.priced, PricedPair)
    assert found.priced.net < 0 < found.priced.hedge.net_close
    assert found.capacity_usd > 1000
    assert len(found.size_curve) == len(OpportunityConfig().size_curve_notionals)


async def test_what_is_stored_reproduces_the_figures_and_says_where_they_came_from():
    stage = Stage()
    stage.basis(60600)
    stage.detector.sweep()
    evidence = stage.events[0].evidence
    assert price(parse(evidence)) == stage.events[0].opportunity.priced
    assert digest(evidence) == stage.events[0].opportunity.evidence_hash
    assert evidence["config_hash"] == "c0ffee"
    assert evidence["forecast"] == {"decay": "0.5"}
    assert [frame["sequence"] for frame in evidence["frames"]] == [1, 1]
    assert evidence["clocks"]["monotonic_ns"] == stage.clock.monotonic_ns()


async def test_funding_that_pays_for_everything_qualifies_on_net():
    stage = Stage()
    stage.pay(stage.perp, "0.002")
    stage.basis(60000)
    stage.detector.sweep()
    found = stage.events[0].opportunity
    assert found.qualifies_on is Qualification.NET
    assert found.horizon_hours == 168
    assert found.breakeven_hours == 9  # entry and exit cost about 30 bps: paid by the second settlement
    assert {name: value for name, value, _ in found.score.parts}["rate_difference"] == pytest.approx(0.8)


async def test_a_planted_triangle_is_found():
    stage = Stage()
    stage.basis(60000)
    stage.market.quote_top(stage.cross, "0.0499", "0.05")
    stage.market.quote_top(stage.eth, "3050", "3051")
    stage.detector.sweep()
    (found,) = stage.detector.open_opportunities()
    assert found.kind is OpportunityKind.TRIANGULAR
    assert isinstance(found.priced, PricedTriangle)
    assert found.priced.net_bps == pytest.approx(Decimal(134), abs=3)
    assert found.horizon_hours == 0


async def test_a_naive_triangle_that_loses_to_fees_is_rejected_with_its_number():
    stage = Stage()
    stage.market.quote_top(stage.spot, "59999", "60000")
    stage.market.quote_top(stage.cross, "0.0499", "0.05")
    stage.market.quote_top(stage.eth, "3007", "3008")  # 23 bps gross, 30 bps of fees
    stage.detector.sweep()
    assert not stage.events
    assert stage.detector.rejected() == {Gate.NET: 1}
    (rejection,) = stage.detector.rejections()
    assert rejection.net_bps == pytest.approx(Decimal("-10.82"), abs=Decimal("0.01"))  # fees, and dust of the lots
    assert "net -10.82 bps at" in rejection.reason
    assert "more than 5 needed" in rejection.reason
    assert rejection.gross == pytest.approx(23.3e-4, abs=1e-5)


async def test_a_naive_carry_that_loses_is_rejected_at_net():
    """21 settlements of 1 bp look like 21 bps; entry and exit cost 30."""
    stage = Stage()
    stage.basis(60000)
    stage.detector.sweep()
    (rejection,) = stage.detector.rejections()
    assert rejection.gate is Gate.NET
    assert rejection.net_bps < 0


async def test_touching_a_slot_finds_it_without_a_sweep():
    stage = Stage()
    stage.detector.touch([])
    stage.basis(60600)
    stage.detector.touch([stage.perp])
    assert stage.changes() == [OpportunityChange.OPENED]
    stage.detector.touch([99])  # a slot listed a moment ago elsewhere: unknown here, harmless
    assert len(stage.events) == 1


async def test_repricing_is_throttled_until_the_board_moves():
    stage = Stage()
    stage.basis(60600)
    stage.detector.touch([stage.perp])
    stage.detector.touch([stage.perp])
    assert stage.detector.counts.appraised == 1
    stage.basis(60610)  # 1.6 bps
    stage.detector.touch([stage.perp])
    assert stage.detector.counts.appraised == 2
    await stage.clock.advance(0.51)
    stage.detector.touch([stage.perp])
    assert stage.detector.counts.appraised == 3


async def test_a_short_gap_is_tolerated_and_a_long_one_closes_with_the_reason():
    stage = Stage()
    stage.basis(60600)
    stage.detector.sweep()
    opened = stage.events[0].opportunity
    stage.basis(60001)
    await stage.pass_time(1.5)
    assert stage.detector.open_opportunities()
    stage.basis(60600)
    await stage.pass_time(0.4)
    assert {event.opportunity.id for event in stage.events} == {opened.id}
    stage.basis(60001)
    await stage.pass_time(1.0)
    await stage.pass_time(1.1)
    last = stage.events[-1]
    assert last.change is OpportunityChange.CLOSED
    assert last.opportunity.id == opened.id
    assert last.opportunity.close_reason.startswith("net: ")
    assert last.evidence == stage.events[-2].evidence
    assert not stage.detector.open_opportunities()


async def test_an_open_one_whose_leg_is_lost_closes_saying_so():
    stage = Stage()
    stage.basis(60600)
    stage.detector.sweep()
    stage.market.quote(stage.perp, [], [])
    await stage.pass_time(1)
    await stage.pass_time(1.5)
    assert stage.events[-1].change is OpportunityChange.CLOSED
    assert stage.events[-1].opportunity.close_reason == "book: a leg is not quoted"


async def test_reopening_is_a_new_life_with_a_new_id():
    stage = Stage()
    for bid in (60600, 60001, 60600):
        stage.basis(bid)
        for _ in range(5):
            await stage.pass_time(1)
    opened = [event.opportunity for event in stage.events if event.change is OpportunityChange.OPENED]
    assert len(opened) == 2
    assert opened[0].id != opened[1].id


async def test_only_the_closest_is_named_when_nothing_qualifies():
    stage = Stage()
    assert stage.detector.closest() is None
    stage.market.settle(stage.perp, [])
    stage.basis(60010)
    stage.detector.sweep()
    closest = stage.detector.closest()
    assert closest.net_bps is None
    assert closest.reason == "gross edge is 1.67 bps, 10 needed to be priced"
    stage.pay(stage.perp, "0.0001")
    stage.basis(60040)
    stage.detector.sweep()
    closest = stage.detector.closest()
    assert closest.gate is Gate.NET
    assert closest.net_bps < 0
    assert "if the gap closes" in closest.reason
    stage.basis(60600)
    stage.detector.sweep()
    assert stage.detector.open_opportunities()
    assert stage.detector.closest() is None


async def test_rejections_stop_counting_once_the_edge_is_gone_but_stay_known():
    stage = Stage()
    stage.basis(60000)
    stage.detector.sweep()
    assert stage.detector.rejected() == {Gate.NET: 1}
    assert len(stage.detector.take_rejections()) == 1
    assert stage.detector.take_rejections() == ()
    stage.market.settle(stage.perp, [])
    stage.detector.sweep()
    assert stage.detector.rejected() == {}
    assert len(stage.detector.rejections()) == 1


async def test_a_quarantined_pair_never_opens_a_depth_book():
    stage = Stage()
    stage.market.identify(
        stage.spot, stage.perp, IdentityFinding(IdentityLevel.UNKNOWN, "index names another coin")
    )
    stage.basis(60600)
    stage.detector.sweep()
    assert stage.detector.rejected() == {Gate.IDENTITY: 1}
    assert stage.market.asked == []


async def test_one_pass_is_bounded_best_edge_first_and_the_rest_comes_next():
    stage = Stage(pace=Pace(sweep_appraisals=3, focus=50))
    slots = []
    for k in range(8):
        a, b = stage.market.add(spot(f"A{k}USDT", f"A{k}")), stage.market.add(perp(f"A{k}USDT", f"A{k}"))
        stage.market.quote_top(a, "100", "100.01")
        stage.market.quote_top(b, str(101 + k), str(102 + k))
        stage.pay(b, "0")
        slots.append((a, b))
    stage.detector.sweep()
    assert {e.opportunity.asset for e in stage.events} == {"A7", "A6", "A5"}
    assert stage.detector.counts.deferred == 5
    for _ in range(2):
        stage.detector.sweep()
    assert {e.opportunity.asset for e in stage.events} == {f"A{k}" for k in range(8)}


def test_what_is_held_back_at_once_leaves_its_place_to_others_in_the_same_pass():
    stage = Stage(pace=Pace(focus=2))
    for k in range(9):
        a, b = stage.market.add(spot(f"A{k}USDT", f"A{k}")), stage.market.add(perp(f"A{k}USDT", f"A{k}"))
        stage.market.quote_top(a, "100", "100.01")
        stage.market.quote_top(b, str(102 + k), str(103 + k))
        stage.pay(b, "0")
        if k:
            stage.market.identify(a, b, IdentityFinding(IdentityLevel.UNKNOWN, "another coin"))
    stage.detector.sweep()
    assert stage.detector.rejected() == {Gate.IDENTITY: 8}
    assert [e.opportunity.asset for e in stage.events] == ["A0"]


def test_a_pass_makes_progress_however_slow_the_machine():
    stage = Stage(pace=Pace(pass_budget_ms=1.0))
    stage.clock.__class__ = TollClock
    stage.clock.toll_ns = 5_000_000
    stage.basis(60600)
    stage.market.quote_top(stage.cross, "0.0499", "0.05")
    stage.market.quote_top(stage.eth, "3050", "3051")
    stage.detector.sweep()
    assert (stage.detector.counts.appraised, stage.detector.counts.deferred) == (1, 1)
    stage.detector.sweep()
    assert stage.detector.counts.appraised == 2


async def test_what_an_earlier_run_left_open_is_closed_honestly():
    first = Stage()
    first.basis(60600)
    first.detector.sweep()
    archive = MemoryArchive()
    await archive.record(first.events)
    second = Stage()
    records = await archive.unclosed(10)
    second.detector.recover(records)
    (event,) = second.events
    assert event.change is OpportunityChange.CLOSED
    assert event.opportunity.close_reason.startswith("restart: ")
    assert event.opportunity.updated_at == records[0].opportunity.updated_at
    second.detector.recover([])
    await archive.record(second.events)
    assert await archive.unclosed(10) == ()
    assert (await archive.find(event.opportunity.id)).opportunity.closed_at is not None


async def test_ending_the_watch_closes_what_is_open():
    stage = Stage()
    stage.basis(60600)
    stage.detector.sweep()
    stage.detector.close("stopped")
    assert stage.events[-1].opportunity.close_reason == "stopped"
    assert stage.detector.open_opportunities() == ()


async def test_an_instrument_listed_later_becomes_a_candidate():
    stage = Stage()
    stage.basis(60000)
    stage.detector.sweep()
    before = stage.detector.route_count()
    late = stage.market.add(perp("BTCUSDC", "BTC"))
    stage.market.quote_top(late, "60900", "60901")
    stage.pay(late, "0.0001")
    stage.detector.touch([late])
    assert stage.detector.route_count() > before
    assert stage.changes() == [OpportunityChange.OPENED] * 2  # the late perp against the spot, and against the perp


async def test_free_trading_shows_net_that_the_gap_alone_cannot():
    """With no fees at all the same triangle that lost now pays its gross."""
    stage = Stage()
    free = FeeRate(Decimal(0), FeeAsset.QUOTE, "test", date(2026, 1, 1))
    for slot in (stage.spot, stage.cross, stage.eth):
        stage.market.alter(slot, fee=free)
    stage.market.quote_top(stage.spot, "59999", "60000")
    stage.market.quote_top(stage.cross, "0.0499", "0.05")
    stage.market.quote_top(stage.eth, "3007", "3008")
    stage.detector.sweep()
    assert stage.events[0].opportunity.priced.net_bps == pytest.approx(Decimal("23.3"), abs=Decimal("0.2"))


class TollClock(ManualClock):
    """Every look at the clock costs time, as computing does."""

    def __init__(self, toll_ns):
        super().__init__()
        self.toll_ns = toll_ns

    def monotonic_ns(self):
        self._monotonic_ns += self.toll_ns
        return self._monotonic_ns


def test_ticks_leave_half_of_the_thread_to_others():
    stage = Stage()
    stage.basis(60600)
    stage.detector.touch([stage.perp])
    stage.clock.__class__ = TollClock
    stage.clock.toll_ns = 3_000_000
    for bid in (60610, 60620, 60630, 60640):
        stage.basis(bid)
        stage.detector.touch([stage.perp])
    appraised = stage.detector.counts.appraised
    assert 1 < appraised < 5


async def test_the_size_curve_is_drawn_anew_only_now_and_then():
    stage = Stage(pace=Pace(curve_s=1.0))
    stage.basis(60600)
    stage.detector.sweep()
    first = stage.events[-1].opportunity.size_curve
    stage.basis(60610)
    await stage.pass_time(0.5)
    assert stage.events[-1].opportunity.size_curve is first
    stage.basis(60620)
    await stage.pass_time(0.6)
    assert stage.events[-1].opportunity.size_curve is not first


async def test_the_return_scored_is_of_the_net_that_qualified():
    stage = Stage()
    stage.basis(60600)
    stage.detector.sweep()
    found = stage.events[0].opportunity
    returned = float(found.priced.hedge.net_close / found.priced.capital)
    assert {name: value for name, value, _ in found.score.parts}["return_on_capital"] == pytest.approx(
        returned / (returned + 0.002)
    )
    assert returned > 0


async def test_lives_seen_to_end_tell_how_long_the_next_one_is_expected_to_live():
    stage = Stage()
    stage.basis(60600)
    for _ in range(21):
        stage.basis(60600)
        await stage.pass_time(0.5)
        stage.basis(60000)
        for _ in range(6):
            await stage.pass_time(0.5)
    opened = [event.opportunity for event in stage.events if event.change is OpportunityChange.OPENED]
    assert opened[0].expected_life_s is None
    assert opened[-1].expected_life_s == pytest.approx(3.0, abs=1.0)
