"""Each gate fails alone: one fact is spoilt in an otherwise qualifying market, and that gate names it."""

from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal

import pytest

from arbedge.domain.fees import FeeAsset, FeeRate
from arbedge.domain.funding import Settlement, SettlementStatus
from arbedge.domain.instrument import InstrumentStatus, PriceBand
from arbedge.domain.opportunity import Gate, IdentityLevel, OpportunityKind, Qualification
from arbedge.foundation.runtime.clock import ManualClock
from arbedge.market.facts import ConversionRate, IdentityFinding
from arbedge.market.ports import PriceLimits, Turnover
from arbedge.opportunities.config import OpportunityConfig
from arbedge.opportunities.detection import gates
from arbedge.opportunities.detection.appraisal import Appraisal, Appraiser, Refusal
from arbedge.opportunities.detection.documents import Provenance
from arbedge.opportunities.detection.gates import Freshness
from arbedge.opportunities.detection.routes import Routes
from arbedge.opportunities.fakes import ScriptedMarket, perp, spot

NS = 1_000_000_000


class Room:
    """Spot and perpetual of BTC 100 bps apart, and a triangle worth 130 bps: everything qualifies."""

    def __init__(self, **settings):
        self.clock = ManualClock()
        self.config = OpportunityConfig(**{"kinds": tuple(OpportunityKind), **settings})
        self.market = ScriptedMarket(self.clock, self.config.horizons_h)
        self.spot = self.market.add(spot("BTCUSDT", "BTC", lot=Decimal("0.00001"), min_qty=Decimal("0.00001")))
        self.perp = self.market.add(perp("BTCUSDT", "BTC"))
        self.cross = self.market.add(spot("ETHBTC", "ETH", "BTC", min_notional=Decimal("0.0001")))
        self.eth = self.market.add(spot("ETHUSDT", "ETH"))
        self.market.quote_top(self.spot, "59999", "60000")
        self.market.quote_top(self.perp, "60600", "60601")
        self.market.quote_top(self.cross, "0.0499", "0.05")
        self.market.quote_top(self.eth, "3050", "3051")
        self.pay(self.perp, "0.0001")

    def pay(self, slot, rate):
        now = self.clock.now()
        self.market.settle(
            slot,
            [
                Settlement(now + timedelta(hours=1 + 8 * k), Decimal(rate), SettlementStatus.ESTIMATE)
                for k in range(24)
            ],
        )

    def appraise(self, *slots, gross=0.01):
        routes = Routes(self.config.kinds)
        routes.extend(self.market.instruments())
        (number,) = [n for n in range(len(routes)) if routes.route(n).slots == slots]
        provenance = Provenance(config_hash="c", code_version="v")
        appraiser = Appraiser(self.market, self.config, self.clock, provenance, Freshness())
        return appraiser.appraise(routes.route(number), gross)

    def change(self, slot, **fields):
        self.market.alter(slot, instrument=replace(self.market.instruments()[slot], **fields))


@pytest.fixture
def room():
    return Room()


def basis(room):
    return room.appraise(room.spot, room.perp)


def triangle(room):
    return room.appraise(room.spot, room.cross, room.eth)


def test_unspoilt_both_qualify(room):
    assert isinstance(basis(room), Appraisal)
    assert isinstance(triangle(room), Appraisal)


def unknown_identity(room):
    room.market.identify(
        room.spot, room.perp, IdentityFinding(IdentityLevel.UNKNOWN, "index names XBT", case="0a1b")
    )


def suspended(room):
    room.change(room.spot, status=InstrumentStatus.SUSPENDED)


def soon_delisted(room):
    room.change(room.spot, delists_at=room.clock.now() + timedelta(minutes=59))


def no_book(room):
    room.market.alter(room.spot, book=None, book_problem="gap after 17, fetching anew")


def one_sided(room):
    room.market.quote(room.spot, [("59999", "1")], [])


def crossed(room):
    room.market.quote_top(room.spot, "60000", "60000")


def dead(room):
    room.market.alter(room.spot, is_alive=False, alive_problem="no frame on binance:spot:top:0 for 6.1 s")


def old_book(room):
    room.market.alter(room.spot, book_confirmed_ns=room.clock.monotonic_ns() - int(1.6 * NS))


def skewed(room):
    now = room.clock.monotonic_ns()
    room.market.alter(room.spot, book_confirmed_ns=now - int(1.2 * NS))
    for other in (room.perp, room.cross, room.eth):
        room.market.alter(other, book_confirmed_ns=now - int(0.1 * NS))


def out_of_band(room):
    room.market.alter(room.spot, mark=Decimal(50000))
    room.change(room.spot, band=PriceBand(up=Decimal("0.1"), down=Decimal("0.1")))


def over_the_limit(room):
    room.market.alter(room.spot, limits=PriceLimits(Decimal(59000), None))


def over_maximum(room):
    room.change(room.spot, max_qty=Decimal("0.01"))


def under_minimum(room):
    room.change(room.spot, min_notional=Decimal(2000))


def too_thin(room):
    room.market.quote(room.spot, [("59999", "1")], [("60000", "0.0016")])


def quiet(room):
    room.market.alter(room.spot, turnover=Turnover(Decimal(99_999)))


def unknown_volume(room):
    room.market.alter(room.spot, turnover=None)


def too_good(room):
    room.market.quote_top(room.perp, "66601", "66602")
    room.market.quote_top(room.eth, "3400", "3401")


def costly(room):
    room.market.alter(room.spot, fee=FeeRate(Decimal("0.02"), FeeAsset.RECEIVED, "test", date(2026, 1, 1)))


BOTH = [
    (suspended, Gate.TRADING, "binance:spot:BTCUSDT is suspended, not trading"),
    (soon_delisted, Gate.TRADING, "binance:spot:BTCUSDT is delisted at 2026-01-01 00:59 UTC"),
    (no_book, Gate.BOOK, "binance:spot:BTCUSDT: gap after 17, fetching anew"),
    (one_sided, Gate.BOOK, "binance:spot:BTCUSDT: no asks in the book"),
    (crossed, Gate.BOOK, "binance:spot:BTCUSDT: crossed book, bid 60000 at or over ask 60000"),
    (dead, Gate.FRESH, "binance:spot:BTCUSDT: no frame on binance:spot:top:0 for 6.1 s"),
    (old_book, Gate.FRESH, "binance:spot:BTCUSDT: book last confirmed 1.60 s ago, 1.5 s allowed"),
    (skewed, Gate.FRESH, "the books lie 1.10 s apart, 1 s allowed"),
    (out_of_band, Gate.BAND, "buying reaches 60000, the price band ends at 55000"),
    (over_the_limit, Gate.BAND, "buying reaches 60000, the price band ends at 59000"),
    (over_maximum, Gate.BAND, "an order of 0.0166666666667 is over the venue's maximum of 0.01"),
    (under_minimum, Gate.SIZE, "below the minimum at 1000 USDT"),
    (too_thin, Gate.SIZE, "only 96 USDT can be traded, 100 needed (10 % of 1000)"),
    (quiet, Gate.LIQUIDITY, "binance:spot:BTCUSDT: 24 h volume 99,999 USDT, 100,000 needed"),
    (unknown_volume, Gate.LIQUIDITY, "binance:spot:BTCUSDT: 24 h volume not known"),
    (too_good, Gate.PLAUSIBLE, "is beyond the 1000 bps cap"),
    (costly, Gate.NET, "more than 5 needed"),
]


@pytest.mark.parametrize("look", [basis, triangle], ids=["pair", "triangle"])
@pytest.mark.parametrize(("spoil", "gate", "words"), BOTH, ids=[spoil.__name__ for spoil, _, _ in BOTH])
def test_each_gate_fails_alone(room, look, spoil, gate, words):
    spoil(room)
    refused = look(room)
    assert isinstance(refused, Refusal)
    assert refused.rejection.gate is gate
    assert words in refused.rejection.reason
    assert (refused.rejection.net_bps is not None) == (gate is Gate.NET)


def test_a_pair_with_a_gap_beyond_belief_waits_for_a_person(room):
    too_good(room)
    refused = basis(room)
    assert refused.rejection.reason.endswith(f"cap, in quarantine as case{room.spot}{room.perp}")
    assert room.market.doubted == {(room.spot, room.perp): refused.rejection.reason.partition(", in quarantine")[0]}


def test_unknown_identity_is_the_first_gate_and_asks_for_nothing(room):
    unknown_identity(room)
    suspended(room)
    refused = basis(room)
    assert refused.rejection.gate is Gate.IDENTITY
    assert refused.rejection.reason == "not known to be the same asset, in quarantine as 0a1b: index names XBT"
    assert room.market.asked == []


@pytest.mark.parametrize("level", [IdentityLevel.ADDRESS, IdentityLevel.INDEX, IdentityLevel.RATIO])
def test_identity_passes_from_ratio_up(level):
    assert gates.identity(IdentityFinding(level, "")) is None


def test_selling_spot_needs_a_known_borrow_rate():
    room = Room()
    room.market.quote_top(room.perp, "59300", "59301")
    room.pay(room.perp, "-0.001")
    assert isinstance(room.appraise(room.perp, room.spot), Appraisal)
    room.market.alter(room.spot, borrow_rate_hourly=None)
    refused = room.appraise(room.perp, room.spot)
    assert refused.rejection.gate is Gate.BORROW
    assert "no borrow rate known for BTC (setting: venues.binance.borrow_rates_hourly)" in refused.rejection.reason
    room.change(room.spot, is_borrowable=False)
    assert "does not lend BTC" in room.appraise(room.perp, room.spot).rejection.reason


def test_a_quote_currency_without_a_live_rate_fails_at_book(room):
    other = room.market.add(perp("BTCUSDC", "BTC", "USDC"))
    room.market.quote_top(other, "60600", "60601")
    room.pay(other, "0.0001")
    refused = room.appraise(room.spot, other)
    assert (refused.rejection.gate, refused.rejection.reason) == (
        Gate.BOOK,
        "binance:perp:BTCUSDC: no live USDC/USDT rate",
    )
    room.market.convert("USDC", ConversionRate(Decimal("0.9999"), Decimal("0.0001")))
    found = room.appraise(room.spot, other)
    assert isinstance(found, Appraisal)
    assert found.evidence.short.quote_rate == Decimal("0.9999")
    assert found.evidence.short.conversion_cost == 0


def test_limits_told_on_demand_go_before_the_band_of_the_listing(room):
    out_of_band(room)
    room.market.alter(room.spot, limits=PriceLimits(Decimal(66000), None))
    assert isinstance(basis(room), Appraisal)
    room.market.alter(room.perp, limits=PriceLimits(None, Decimal(70000)))
    refused = basis(room).rejection
    assert refused.gate is Gate.BAND
    assert "selling reaches 60600, the price band ends at 70000" in refused.reason


def test_unknown_funding_fails_at_fresh(room):
    room.market.settle(room.perp, [])
    refused = basis(room)
    assert (refused.rejection.gate, refused.rejection.reason) == (
        Gate.FRESH,
        "binance:perp:BTCUSDT: funding not known",
    )


def test_an_open_interest_floor_binds_perpetuals_only():
    room = Room(min_open_interest_usd=Decimal(1_000_000))
    room.market.alter(room.perp, turnover=Turnover(Decimal(10**9), Decimal(10)))
    assert "open interest 606,005 USDT, 1,000,000 needed" in basis(room).rejection.reason
    room.market.alter(room.perp, turnover=Turnover(Decimal(10**9), None))
    assert "open interest not known" in basis(room).rejection.reason
    room.market.alter(room.perp, turnover=Turnover(Decimal(10**9), Decimal(20)))
    assert isinstance(basis(room), Appraisal)


def test_a_coin_that_must_move_needs_a_network_known_to_be_open():
    assert gates.network(None) is None
    assert gates.network("networks are unknown, and unknown is not open") is not None


def test_volumes_of_a_cross_are_valued_through_the_triangle_itself(room):
    room.market.alter(room.cross, turnover=Turnover(Decimal("1.7")))  # BTC: about 102,000 USDT
    found = triangle(room)
    assert isinstance(found, Appraisal)
    assert found.least_volume_usd == pytest.approx(Decimal(102_000), rel=Decimal("0.001"))
    room.market.alter(room.cross, turnover=Turnover(Decimal("1.6")))
    assert "binance:spot:ETHBTC: 24 h volume 95,99" in triangle(room).rejection.reason


def test_a_later_delisting_shortens_the_horizons():
    room = Room()
    room.pay(room.perp, "0.002")
    assert basis(room).horizon_hours == 168
    room.change(room.perp, delists_at=room.clock.now() + timedelta(hours=30))
    assert basis(room).horizon_hours == 24


def test_two_perpetuals_are_named_by_their_price_edge():
    room = Room()
    other = room.market.add(perp("BTC-USDT-SWAP", "BTC", venue="okx"))
    room.pay(other, "-0.002")
    room.market.quote_top(other, "60599", "60600")
    funded = room.appraise(other, room.perp)
    assert isinstance(funded, Appraisal)
    assert funded.candidate.kind is OpportunityKind.FUNDING
    assert funded.qualifies_on is Qualification.NET
    room.market.quote_top(other, "60499", "60500")
    apart = room.appraise(other, room.perp)
    assert apart.candidate.kind is OpportunityKind.PERP_PERP
    assert apart.evidence.kind is OpportunityKind.PERP_PERP


def test_two_perpetuals_of_a_kind_not_asked_for_are_held_back():
    room = Room(kinds=(OpportunityKind.FUNDING,))
    other = room.market.add(perp("BTC-USDT-SWAP", "BTC", venue="okx"))
    room.pay(other, "-0.002")
    room.market.quote_top(other, "60499", "60500")
    refused = room.appraise(other, room.perp)
    assert refused.rejection.gate is Gate.NET
    assert refused.rejection.reason == "perp_perp is not among opportunities.kinds"
    assert refused.lacking_bps is None


def test_an_adverse_gap_costs_all_of_itself_and_never_qualifies_if_it_closes():
    room = Room()
    room.pay(room.perp, "0.0005")
    room.market.quote_top(room.perp, "59500", "59501")
    refused = basis(room)
    assert refused.rejection.gate is Gate.NET
    assert "if the gap closes" not in refused.rejection.reason
    assert refused.lacking_bps == Decimal(5) - refused.rejection.net_bps


def test_what_qualifies_if_it_closes_shows_the_expected_net_and_draws_the_closing_size_curve(room):
    found = basis(room)
    assert found.qualifies_on is Qualification.NET_CLOSE
    assert found.evidence.convergence == 0
    assert found.sizing.convergence == 1
    assert found.priced.net == found.priced.hedge.net_stay


def test_the_lack_is_measured_on_the_better_net(room):
    room.market.quote_top(room.perp, "60010", "60011")
    refused = basis(room)
    assert refused.lacking_bps < Decimal(5) - refused.rejection.net_bps


def test_a_payment_just_past_still_counts_within_the_guard():
    """The market forgets a settlement when it is due; the reader keeps it for as long as the guard asks."""
    room = Room(min_net_bps=Decimal(-10_000))
    start = room.clock.now()
    room.market.settle(
        room.perp,
        [
            Settlement(start + timedelta(seconds=10), Decimal("-0.01"), SettlementStatus.ESTIMATE),
            Settlement(start + timedelta(hours=8), Decimal("0.0001"), SettlementStatus.FORECAST),
        ],
    )
    routes = Routes(room.config.kinds)
    routes.extend(room.market.instruments())
    (route,) = [r for r in map(routes.route, range(len(routes))) if r.slots == (room.spot, room.perp)]
    provenance = Provenance(config_hash="c", code_version="v")
    appraiser = Appraiser(room.market, room.config, room.clock, provenance, Freshness())
    before = appraiser.appraise(route, 0.01)
    room.clock.shift_wall(15)
    just_past = appraiser.appraise(route, 0.01)
    assert just_past.priced.funding == before.priced.funding < 0
    room.clock.shift_wall(60)
    assert appraiser.appraise(route, 0.01).priced.funding > 0
