"""The pre-filter's law: it never drops what the exact gross edge keeps, and touching agrees with scanning."""

from datetime import timedelta
from decimal import Decimal
from fractions import Fraction

from hypothesis import given, settings
from hypothesis import strategies as st

from arbedge.domain.funding import Settlement, SettlementStatus
from arbedge.domain.opportunity import OpportunityKind, Side
from arbedge.foundation.runtime.clock import ManualClock
from arbedge.market.facts import ConversionRate
from arbedge.opportunities.detection.routes import Routes
from arbedge.opportunities.detection.screen import Screen
from arbedge.opportunities.fakes import ScriptedMarket, perp, spot

HORIZONS = (1, 8, 24)


def prices():
    """Prices close enough together that edges fall on both sides of the threshold, at any magnitude."""
    return st.tuples(st.integers(990, 1010), st.integers(1, 12))


@st.composite
def markets(draw):
    clock = ManualClock()
    market = ScriptedMarket(clock, [Decimal(h) for h in HORIZONS])
    places = draw(st.integers(0, 9))
    rate = Decimal(draw(st.integers(9980, 10020))) / 10_000
    market.convert("USDC", ConversionRate(rate, Decimal("0.001")))
    level = {}
    books = [
        spot("XUSDT", "X"),
        perp("XUSDT", "X"),
        spot("XUSDC", "X", "USDC"),
        perp("1000XUSDT", "1000X", asset="X", multiplier=Decimal(1000)),
        spot("YUSDT", "Y"),
        spot("YX", "Y", "X"),
        perp("XUSD-1", "X", venue="okx"),
    ]
    for instrument in books:
        slot = market.add(instrument)
        if draw(st.booleans()) or slot in {0, 1, 4, 5}:
            mid, width = draw(prices())
            unit = (
                Decimal(1).scaleb(-places) * instrument.multiplier if instrument.quote != "X" else Decimal("0.001")
            )
            bid, ask = mid * unit, (mid + width) * unit
            market.quote_top(slot, str(bid), str(ask))
            level[slot] = (Fraction(bid), Fraction(ask))
        if instrument.settle:
            rates = draw(st.lists(st.integers(-30, 30), min_size=3, max_size=3))
            market.settle(
                slot,
                [
                    Settlement(clock.now() + timedelta(hours=h), Decimal(r) / 10_000, SettlementStatus.ESTIMATE)
                    for h, r in zip((1, 7, 20), rates, strict=True)
                ],
            )
    return market, level


def exact_gross(market, route, level):
    """The gross edge from the text, in fractions; None where a leg is not quoted."""
    if any(slot not in level for slot in route.slots):
        return None
    if route.is_triangle:
        product = Fraction(1)
        for slot, leg in zip(route.slots, route.legs, strict=True):
            bid, ask = level[slot]
            product *= bid if leg.side is Side.SELL else 1 / ask
        return product - 1
    scales = []
    for slot in route.slots:
        instrument = market.instruments()[slot]
        scales.append(Fraction(market.conversion(instrument.quote).rate) / Fraction(instrument.multiplier))
    long, short = route.slots
    gap = max(Fraction(0), level[short][0] * scales[1] / (level[long][1] * scales[0]) - 1)
    now = market._clock.now()
    gains = []
    for hours in HORIZONS:
        until = now + timedelta(hours=hours)
        gains.append(
            sum((Fraction(s.rate) for s in market.settlements(short, until)), Fraction(0))
            - sum((Fraction(s.rate) for s in market.settlements(long, until)), Fraction(0))
        )
    return gap + max(gains)


@settings(max_examples=150, deadline=None)
@given(markets(), st.integers(0, 60))
def test_the_screen_never_drops_what_exact_arithmetic_keeps(scripted, threshold_bps):
    market, level = scripted
    routes = Routes(OpportunityKind)
    routes.extend(market.instruments())
    threshold = Fraction(threshold_bps, 10_000)
    kept = set()
    edges = {}
    for number in range(len(routes)):
        edge = exact_gross(market, routes.route(number), level)
        if edge is not None:
            edges[number] = edge
            if edge >= threshold:
                kept.add(number)
    screen = Screen(market, routes, float(threshold))
    hits = dict(zip(screen.scan().numbers.tolist(), screen.scan().gross.tolist(), strict=True))
    assert kept <= hits.keys()
    for number, gross in hits.items():
        assert abs(gross - float(edges[number])) < 1e-8  # tight as well: nothing else comes through


@settings(max_examples=100, deadline=None)
@given(markets(), st.lists(st.integers(0, 6), min_size=1, max_size=7, unique=True))
def test_touching_finds_exactly_the_scan_s_hits_around_the_touched_slots(scripted, touched):
    market, _ = scripted
    # Idle listings keep the touch from falling back on a full scan.
    for k in range(40):
        market.add(spot(f"IDLE{k}", f"IDLE{k}"))
    routes = Routes(OpportunityKind)
    routes.extend(market.instruments())
    screen = Screen(market, routes, 0.001)
    scan = screen.scan()
    around = {int(n) for n in scan.numbers if set(routes.route(int(n)).slots) & set(touched)}
    touch = screen.touch(touched)
    assert sorted(touch.numbers.tolist()) == sorted(around)
    by_number = dict(zip(scan.numbers.tolist(), scan.gross.tolist(), strict=True))
    for number, gross in zip(touch.numbers.tolist(), touch.gross.tolist(), strict=True):
        assert abs(gross - by_number[number]) < 1e-12
