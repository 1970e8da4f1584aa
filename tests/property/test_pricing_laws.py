"""Laws of exact pricing that hold for every evidence."""

from dataclasses import replace
from decimal import Decimal, localcontext

from hypothesis import assume, given, settings
from hypothesis import strategies as st

from arbedge.domain.fees import FeeAsset
from arbedge.domain.money import EXACT, is_multiple
from arbedge.domain.opportunity import OpportunityKind, Side
from arbedge.domain.priced import PricedPair, PricedTriangle
from arbedge.opportunities.evidence import LegEvidence, PairEvidence, TriangleEvidence, TriangleLeg, parse
from arbedge.opportunities.evidence.model import LEG_KINDS
from arbedge.opportunities.pricing import best_size, capacity, price, render, size_curve

LINES = ("price", "fees_entry", "fees_exit", "funding", "borrow", "transfer", "conversion")
AS_OF = parse(
    {
        "schema": "arbedge.evidence/1",
        "kind": "triangular",
        "as_of": "2026-11-22T12:10:00Z",
        "notional": "1",
        "legs": [{"side": "buy", "book": {"asks": [["1", "1"]]}, "lot": "1", "taker_fee": "0"}] * 3,
    }
).as_of


def numbers(low, high, places):
    return st.integers(low, high).map(lambda n: Decimal(n).scaleb(-places))


@st.composite
def book_sides(draw, around):
    bid = draw(numbers(around * 98, around * 102, 2))
    ask = bid + draw(numbers(1, 30, 2))
    sides = []
    for best, sign in ((bid, -1), (ask, 1)):
        gaps = draw(st.lists(st.tuples(numbers(0, 20, 2), numbers(1, 9_000, 2)), min_size=1, max_size=5))
        side, at = [], best
        for index, (gap, size) in enumerate(gaps):
            at += sign * gap if index else 0
            side.append((at, size))
        sides.append(tuple(side))
    return {"bids": sides[0], "asks": sides[1]}


@st.composite
def pairs(draw, kinds=tuple(LEG_KINDS), fee_assets=tuple(FeeAsset), lots=("0.001", "0.01", "0.03", "0.4")):
    kind = draw(st.sampled_from(kinds))
    legs = [
        LegEvidence(
            kind=leg_kind,
            **draw(book_sides(100)),
            lot=Decimal(draw(st.sampled_from(lots))),
            taker_fee=draw(numbers(0, 30, 4)),
            fee_asset=draw(st.sampled_from(fee_assets)),
            conversion_cost=draw(numbers(0, 9, 4)),
            min_notional=draw(numbers(0, 20, 0)),
            borrow_rate_hourly=draw(numbers(0, 9, 5)),
            mark=draw(st.none() | numbers(9_800, 10_200, 2)),
        )
        for leg_kind in LEG_KINDS[kind]
    ]
    if kind is OpportunityKind.SPOT_SPOT:
        legs[1] = replace(legs[1], borrow_rate_hourly=Decimal(0))
    return PairEvidence(
        kind=kind,
        as_of=AS_OF,
        notional=draw(numbers(50, 40_000, 1)),
        horizon_hours=draw(numbers(0, 24, 0)),
        convergence=draw(numbers(-100, 200, 2)),
        long=legs[0],
        short=legs[1],
    )


def priced_pair(evidence):
    priced = price(evidence)
    assume(isinstance(priced, PricedPair))
    return priced


@settings(max_examples=100, deadline=None)
@given(pairs())
def test_lines_sum_exactly_before_rounding(evidence):
    priced = priced_pair(evidence)
    with localcontext(EXACT):
        assert sum(getattr(priced, line) for line in LINES) == priced.net
        if priced.hedge is not None:
            slope = priced.hedge.net_close - priced.hedge.net_stay
            assert priced.hedge.net_stay + evidence.convergence * slope == priced.net


@settings(max_examples=100, deadline=None)
@given(pairs(fee_assets=(FeeAsset.QUOTE,)), st.sampled_from(["long", "short"]), numbers(1, 50, 4))
def test_more_fee_never_helps(evidence, leg, more):
    dearer = replace(getattr(evidence, leg), taker_fee=getattr(evidence, leg).taker_fee + more)
    assert priced_pair(replace(evidence, **{leg: dearer})).net < priced_pair(evidence).net


@settings(max_examples=100, deadline=None)
@given(pairs())
def test_lots_are_respected_and_nothing_is_oversold(evidence):
    priced = priced_pair(evidence)
    assert is_multiple(priced.order_qty, evidence.long.lot)
    assert is_multiple(priced.order_qty, evidence.short.lot)
    assert is_multiple(priced.qty, evidence.short.lot)
    assert 0 <= priced.residual_base < evidence.short.lot
    assert 0 < priced.qty <= priced.order_qty <= sum(size for _, size in evidence.long.asks)
    assert priced.entry_notional <= evidence.notional


@settings(max_examples=80, deadline=None)
@given(pairs(), st.sampled_from(["10", "1000", "8", "0.001"]), st.sampled_from(["long", "short"]))
def test_a_multiplier_that_contract_size_cancels_changes_nothing(evidence, factor, name):
    factor, leg = Decimal(factor), getattr(evidence, name)
    same = replace(
        leg,
        multiplier=factor,
        contract_size=1 / factor,
        bids=tuple((level * factor, size) for level, size in leg.bids),
        asks=tuple((level * factor, size) for level, size in leg.asks),
        mark=None if leg.mark is None else leg.mark * factor,
    )
    assert render(price(replace(evidence, **{name: same}))) == render(price(evidence))


@settings(max_examples=80, deadline=None)
@given(pairs(), st.sampled_from(["0.5", "0.125", "20"]), st.sampled_from(["long", "short"]))
def test_a_quote_currency_worth_less_with_prices_higher_changes_nothing(evidence, rate, name):
    rate, leg = Decimal(rate), getattr(evidence, name)
    same = replace(
        leg,
        quote_rate=rate,
        min_notional=leg.min_notional / rate,
        bids=tuple((level / rate, size) for level, size in leg.bids),
        asks=tuple((level / rate, size) for level, size in leg.asks),
        mark=None if leg.mark is None else leg.mark / rate,
    )
    assert render(price(replace(evidence, **{name: same}))) == render(price(evidence))


@settings(max_examples=80, deadline=None)
@given(pairs(), st.sampled_from(["0.5", "3", "1.1"]))
def test_another_reporting_currency_scales_money_and_no_ratio(evidence, rate):
    rate, plain = Decimal(rate), priced_pair(evidence)
    legs = {name: replace(getattr(evidence, name), quote_rate=rate) for name in ("long", "short")}
    scaled = priced_pair(replace(evidence, notional=evidence.notional * rate, **legs))
    with localcontext(EXACT):
        for name in (*LINES, "net", "entry_notional", "capital"):
            assert abs(getattr(scaled, name) - getattr(plain, name) * rate) < Decimal("1e-40")
        assert abs(scaled.net_bps - plain.net_bps) < Decimal("1e-40")
        assert abs(scaled.return_on_capital - plain.return_on_capital) < Decimal("1e-40")


@settings(max_examples=60, deadline=None)
@given(pairs(fee_assets=(FeeAsset.QUOTE,), lots=("0.0001",)), st.lists(numbers(10, 600_000, 1), max_size=12))
def test_no_size_pays_beyond_the_capacity_or_earns_more_than_the_best(evidence, notionals):
    best, most = best_size(evidence), capacity(evidence)
    # One lot is worth about 0.01; stepping over it costs a little more than that in each of the four walks.
    for point in size_curve(evidence, notionals):
        assert best is not None
        assert point.net <= max(best.net, Decimal(0)) + Decimal("0.02")
        assert point.net < Decimal("0.001") or point.entry_notional <= most + Decimal("0.05")


@st.composite
def triangles(draw):
    shape = ((Side.BUY, 600), (Side.BUY, 5), (Side.SELL, 3_000))
    first, second, third = (
        TriangleLeg(
            side=side,
            **draw(book_sides(around)),
            lot=Decimal(draw(st.sampled_from(["0.0001", "0.001", "0.02"]))),
            taker_fee=draw(numbers(0, 30, 4)),
            fee_asset=draw(st.sampled_from(tuple(FeeAsset))),
        )
        for side, around in shape
    )
    return TriangleEvidence(as_of=AS_OF, notional=draw(numbers(500, 200_000, 1)), legs=(first, second, third))


@settings(max_examples=100, deadline=None)
@given(triangles(), st.sampled_from([0, 1, 2]), numbers(1, 50, 4))
def test_more_fee_on_what_arrives_never_helps_a_triangle(evidence, index, more):
    legs = [replace(leg, fee_asset=FeeAsset.RECEIVED) for leg in evidence.legs]
    cheap = price(replace(evidence, legs=tuple(legs)))
    legs[index] = replace(legs[index], taker_fee=legs[index].taker_fee + more)
    dear = price(replace(evidence, legs=tuple(legs)))
    assume(isinstance(cheap, PricedTriangle) and isinstance(dear, PricedTriangle))
    assert dear.spent == cheap.spent
    assert dear.net <= cheap.net


@settings(max_examples=100, deadline=None)
@given(triangles())
def test_a_triangle_never_spends_more_than_it_has(evidence):
    priced = price(evidence)
    assume(isinstance(priced, PricedTriangle))
    assert 0 < priced.spent <= evidence.notional
    with localcontext(EXACT):
        assert priced.end - priced.spent == priced.net
