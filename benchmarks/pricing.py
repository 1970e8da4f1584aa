"""Exact pricing of two 50-level books and of a triangle, against the same rules written plainly in fractions."""

import random
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from fractions import Fraction
from math import lcm

from arbedge.domain.funding import Settlement, SettlementStatus
from arbedge.domain.instrument import MarketKind
from arbedge.domain.opportunity import OpportunityKind, Side
from arbedge.domain.priced import PricedPair, PricedTriangle
from arbedge.opportunities.evidence import BookSide, LegEvidence, PairEvidence, TriangleEvidence, TriangleLeg
from arbedge.opportunities.pricing import best_size, capacity, price
from benchmarks.harness import Case

__all__ = ["cases"]

LEVELS = 50
AS_OF = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)


def cases() -> list[Case]:
    pair, triangle = _pair(), _triangle()
    priced, round_trip = price(pair), price(triangle)
    assert isinstance(priced, PricedPair)
    assert isinstance(round_trip, PricedTriangle)
    assert abs(Fraction(priced.net) - _plain_pair(pair)) < Fraction(1, 10**30)
    assert Fraction(round_trip.net) == _plain_triangle(triangle)

    def pairs() -> int:
        for _ in range(20):
            price(pair)
        return 20

    def plain_pairs() -> int:
        _plain_pair(pair)
        return 1

    def triangles() -> int:
        for _ in range(20):
            price(triangle)
        return 20

    def plain_triangles() -> int:
        _plain_triangle(triangle)
        return 1

    def surveys() -> int:
        best_size(pair)
        capacity(pair)
        return 1

    return [
        Case(
            name="pricing.pair",
            subject=pairs,
            reference=plain_pairs,
            unit="pricing",
            bar=4.0,
            bar_text="two 50-level books walked to 80 %, funding and exit, all lines: >= 2,000/s a core",
            reference_name="the rules plainly, in fractions",
        ),
        Case(
            name="pricing.triangle",
            subject=triangles,
            reference=plain_triangles,
            unit="pricing",
            bar=2.0,
            bar_text="three 50-level books, all figures",
            reference_name="the rules plainly, in fractions",
        ),
        Case(
            name="pricing.sizes",
            subject=surveys,
            unit="survey",
            bar_text="best size and capacity of two 50-level books",
        ),
    ]


def _side(rng: random.Random, best: str, tick: str, size: tuple[int, int]) -> BookSide:
    """Levels spelled as venues do, a few ticks apart."""
    at, levels = Decimal(best), []
    for _ in range(LEVELS):
        levels.append((at, Decimal(rng.randint(*size)) / 1000))
        at += Decimal(tick) * rng.randint(1, 4)
    return tuple(levels)


def _pair() -> PairEvidence:
    rng = random.Random(11)
    size = (50, 4_000)
    legs = [
        LegEvidence(
            kind=kind,
            bids=_side(rng, bid, "-0.01", size),
            asks=_side(rng, ask, "0.01", size),
            lot=Decimal(lot),
            taker_fee=Decimal("0.0005"),
            quote_rate=Decimal("0.99987"),
            min_notional=Decimal(5),
            settlements=tuple(
                Settlement(AS_OF + timedelta(hours=8 * k), Decimal("0.000123"), SettlementStatus.FORECAST)
                for k in range(1, 4)
            ),
        )
        for kind, bid, ask, lot in (
            (MarketKind.SPOT, "3051.20", "3051.21", "0.0001"),
            (MarketKind.PERP, "3060.10", "3060.11", "0.001"),
        )
    ]
    return PairEvidence(
        kind=OpportunityKind.SPOT_PERP,
        as_of=AS_OF,
        notional=sum((p * s for p, s in legs[0].asks), Decimal(0)) * Decimal("0.8"),
        horizon_hours=Decimal(24),
        convergence=Decimal("0.5"),
        long=legs[0],
        short=legs[1],
    )


def _triangle() -> TriangleEvidence:
    rng = random.Random(12)
    books = (
        (Side.BUY, "60000.01", "0.01", (5, 300)),
        (Side.BUY, "0.05001", "0.00001", (100, 9_000)),
        (Side.SELL, "3051.20", "-0.01", (100, 9_000)),
    )
    first, second, third = (
        TriangleLeg(
            side=side,
            bids=_side(rng, best, tick, size) if side is Side.SELL else (),
            asks=_side(rng, best, tick, size) if side is Side.BUY else (),
            lot=Decimal("0.0001"),
            taker_fee=Decimal("0.001"),
        )
        for side, best, tick, size in books
    )
    return TriangleEvidence(as_of=AS_OF, notional=Decimal(200_000), legs=(first, second, third))


# --- the reference: each figure by walking the book for it -----------------------------------------------------


def _in_base(side: BookSide, rate: Fraction) -> list[tuple[Fraction, Fraction]]:
    return [(Fraction(at) * rate, Fraction(size)) for at, size in side]


def _money(side: list[tuple[Fraction, Fraction]], qty: Fraction) -> Fraction:
    money = Fraction(0)
    for at, size in side:
        take = min(size, qty)
        money, qty = money + at * take, qty - take
    return money


def _bought(side: list[tuple[Fraction, Fraction]], money: Fraction) -> Fraction:
    qty = Fraction(0)
    for at, size in side:
        take = min(size, money / at)
        money, qty = money - at * take, qty + take
    return qty


def _plain_pair(e: PairEvidence) -> Fraction:
    rate_a, rate_b = Fraction(e.long.quote_rate), Fraction(e.short.quote_rate)
    asks, bids = _in_base(e.long.asks, rate_a), _in_base(e.long.bids, rate_a)
    short_bids, short_asks = _in_base(e.short.bids, rate_b), _in_base(e.short.asks, rate_b)
    lot_a, lot_b = Fraction(e.long.lot), Fraction(e.short.lot)
    lots = Fraction(
        lcm(lot_a.numerator * lot_b.denominator, lot_b.numerator * lot_a.denominator),
        lot_a.denominator * lot_b.denominator,
    )
    wanted = _bought(asks, Fraction(e.notional))
    qty = min(wanted, *(sum((s for _, s in side), Fraction(0)) for side in (asks, bids, short_bids, short_asks)))
    qty = qty // lots * lots
    va, vb = _money(asks, qty) / qty, _money(short_bids, qty) / qty
    xl, xs = _money(bids, qty) / qty, _money(short_asks, qty) / qty
    ml, ms = (asks[0][0] + bids[0][0]) / 2, (short_asks[0][0] + short_bids[0][0]) / 2
    f_long, f_short = Fraction(e.long.taker_fee), Fraction(e.short.taker_fee)
    funding = Fraction(0)
    for settlement in e.short.settlements:
        if e.as_of < settlement.at <= e.as_of + timedelta(hours=float(e.horizon_hours)):
            funding += Fraction(settlement.rate) * ms * qty
    price_line = qty * (vb - va) + qty * (xl - xs) + Fraction(e.convergence) * qty * (ms - ml)
    return price_line - qty * (va + xl) * f_long - qty * (vb + xs) * f_short + funding


def _plain_triangle(e: TriangleEvidence) -> Fraction:
    held, spent = Fraction(e.notional), Fraction(0)
    for index, leg in enumerate(e.legs):
        side = _in_base(leg.asks if leg.side is Side.BUY else leg.bids, Fraction(1))
        lot, kept = Fraction(leg.lot), 1 - Fraction(leg.taker_fee)
        depth = sum((s for _, s in side), Fraction(0))
        qty = (_bought(side, held) if leg.side is Side.BUY else min(held, depth)) // lot * lot
        money = _money(side, qty)
        used, held = (money, qty * kept) if leg.side is Side.BUY else (qty, money * kept)
        spent = used if index == 0 else spent
    return held - spent
