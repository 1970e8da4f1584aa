"""The float screen never rejects what exact pricing keeps."""

from decimal import Decimal, localcontext

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from arbedge.domain.fees import FeeAsset
from arbedge.domain.money import EXACT
from arbedge.domain.opportunity import Side
from arbedge.domain.priced import PricedTriangle
from arbedge.opportunities.evidence import TriangleEvidence, TriangleLeg, parse
from arbedge.opportunities.pricing import (
    buy_rate,
    gross_edge,
    pair_bound,
    pair_bounds,
    price,
    sell_rate,
    triangle_bound,
    triangle_bounds,
)

AS_OF = parse(
    {
        "schema": "arbedge.evidence/1",
        "kind": "triangular",
        "as_of": "2026-11-22T12:00:00Z",
        "notional": "1",
        "legs": [{"side": "buy", "book": {"asks": [["1", "1"]]}, "lot": "1", "taker_fee": "0"}] * 3,
    }
).as_of

digits = st.integers(1, 10**14)
scales = st.integers(-18, 4)
rates = st.sampled_from(["1", "0.99973", "60123.45", "0.0000071"])
multipliers = st.sampled_from(["1", "1000", "1000000"])
gains = st.integers(-(10**8), 10**8).map(lambda n: Decimal(n).scaleb(-10))


@st.composite
def sides_of_a_gap(draw):
    """(venue price, multiplier, quote rate) twice: any magnitude, often within a few ticks of each other."""
    ask, scale = draw(digits), draw(scales)
    bid = draw(digits | st.integers(max(1, ask - 3), ask + 3) | st.just(ask + ask // 1000))
    multiplier, rate = draw(multipliers), draw(rates)
    one = (Decimal(ask).scaleb(scale), multiplier, rate)
    other = (Decimal(bid).scaleb(scale), *draw(st.sampled_from([(multiplier, rate), ("1", "1")])))
    return one, other


def exact_price(venue_price, multiplier, rate):
    with localcontext(EXACT):
        return venue_price * Decimal(rate) / Decimal(multiplier)


def float_price(venue_price, multiplier, rate):
    return float(venue_price) * (float(rate) / float(multiplier))


@settings(max_examples=600)
@given(sides_of_a_gap(), gains)
def test_what_the_exact_gross_edge_keeps_passes_the_screen(sides, gain):
    ask, bid = sides
    edge = gross_edge(exact_price(*ask), exact_price(*bid), gain)
    bound = pair_bound(float_price(*ask), float_price(*bid), float(gain))
    assert Decimal(bound) >= edge
    assert bound >= float(edge)  # also as a threshold that went through a float
    arrays = (np.array([float_price(*side)]) for side in (ask, bid))
    assert pair_bounds(*arrays, np.array([float(gain)]))[0] == bound


@given(st.floats(1e-9, 1e9), st.floats(-0.5, 0.5))
def test_the_screen_leans_by_no_more_than_it_must(price_, gain):
    exact = max(0.0, 1.001 - 1.0) + gain
    assert pair_bound(price_, price_ * 1.001, gain) == pytest.approx(exact, abs=1e-11)


def test_an_unknown_price_passes_no_threshold():
    nan = float("nan")
    assert not pair_bound(nan, 1.0, 5.0) >= 0.001
    assert not pair_bound(1.0, nan, 5.0) >= 0.001
    assert not pair_bound(1.0, 1.0, nan) >= 0.001
    assert not (pair_bounds(np.array([nan, 1.0]), np.array([1.0, nan]), 5.0) >= 0.001).any()
    assert not triangle_bound(1.0, nan, 2.0) >= 0.001


@st.composite
def triangles(draw):
    legs = []
    for side in draw(st.permutations([Side.BUY, Side.SELL, draw(st.sampled_from(Side))])):
        best = draw(st.integers(1, 10**9))
        levels, at = [], best
        for _ in range(draw(st.integers(1, 3))):
            levels.append((Decimal(max(at, 1)).scaleb(-6), Decimal(draw(st.integers(1, 10**12))).scaleb(-4)))
            at += draw(st.integers(0, 9)) * (1 if side is Side.BUY else -1)
        levels = tuple(levels)
        legs.append(
            TriangleLeg(
                side=side,
                bids=levels if side is Side.SELL else (),
                asks=levels if side is Side.BUY else (),
                lot=Decimal(draw(st.sampled_from(["0.0001", "0.01"]))),
                taker_fee=Decimal(draw(st.integers(-5, 30))).scaleb(-4),
                fee_asset=draw(st.sampled_from(FeeAsset)),
            )
        )
    notional = Decimal(draw(st.integers(1, 10**9))).scaleb(-1)
    return TriangleEvidence(as_of=AS_OF, notional=notional, legs=tuple(legs))


@settings(max_examples=300, deadline=None)
@given(triangles())
def test_no_size_of_a_triangle_nets_more_than_its_bound(evidence):
    priced = price(evidence)
    assume(isinstance(priced, PricedTriangle))
    through = [
        buy_rate(float(leg.asks[0][0]), leg.taker_fee, leg.fee_asset)
        if leg.side is Side.BUY
        else sell_rate(float(leg.bids[0][0]), leg.taker_fee)
        for leg in evidence.legs
    ]
    bound = triangle_bound(*through)
    assert Decimal(bound) * 10_000 >= priced.net_bps
    assert triangle_bounds(*(np.array([rate]) for rate in through))[0] == bound
