"""Exact pricing against a second, naive reading of opportunities.md in fractions: same verdict, same digits.

Nothing of the product's pricing is used on the reference's side, not even its printing.
"""

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from fractions import Fraction
from math import lcm

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from arbedge.opportunities.evidence import dump, parse
from arbedge.opportunities.pricing import price, render

AS_OF = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)
BELOW = {"verdict": "below_minimum"}
LEGS = {
    "spot_spot": ("spot", "spot"),
    "spot_perp": ("spot", "perp"),
    "perp_spot": ("perp", "spot"),
    "perp_perp": ("perp", "perp"),
    "funding": ("perp", "perp"),
}


# --- the reference ---------------------------------------------------------------------------------------------


def shown(value):
    """Twelve significant digits, half to even, plain, no trailing zeros: by integer arithmetic."""
    if value == 0:
        return "0"
    sign, value = ("-", -value) if value < 0 else ("", Fraction(value))
    places = 0
    while value * Fraction(10) ** places < 10**11:
        places += 1
    while value * Fraction(10) ** places >= 10**12:
        places -= 1
    digits = round(value * Fraction(10) ** places)
    whole = Fraction(digits) / Fraction(10) ** places
    if places <= 0:
        return f"{sign}{int(whole)}"
    text = str(digits).rjust(places + 1, "0")
    text = f"{text[:-places]}.{text[-places:]}".rstrip("0").rstrip(".")
    return sign + text


def walk(side, qty):
    """Money for qty."""
    money, left = Fraction(0), qty
    for price_, size in side:
        take = min(left, size)
        money, left = money + take * price_, left - take
    assert left == 0
    return money


def bought(side, money):
    qty = Fraction(0)
    for price_, size in side:
        take = min(size, money / price_)
        qty, money = qty + take, money - take * price_
    return qty


def down(value, lot):
    return value // lot * lot


class RefLeg:
    def __init__(self, leg):
        def number(key, default):
            return Fraction(leg.get(key, default))

        self.kind = leg["kind"]
        mult, size, rate = number("multiplier", 1), number("contract_size", 1), number("quote_rate", 1)
        self.asks, self.bids = (
            [(Fraction(p) / mult * rate, Fraction(s) * size * mult) for p, s in leg["book"][side]]
            for side in ("asks", "bids")
        )
        self.mid = (self.asks[0][0] + self.bids[0][0]) / 2
        self.lot, self.min_qty = number("lot", None) * size * mult, number("min_qty", 0) * size * mult
        self.min_notional = number("min_notional", 0) * rate
        self.fee, self.received = number("taker_fee", None), leg.get("fee_asset", "quote") == "received"
        self.cost, self.borrow = number("conversion_cost", 0), number("borrow_rate_hourly", 0)
        self.mark = Fraction(leg["mark"]) / mult * rate if "mark" in leg else self.mid
        self.settlements = [
            (datetime.fromisoformat(s["at"]), Fraction(s["rate"])) for s in leg.get("settlements", [])
        ]


def reference(doc):  # noqa: C901, PLR0915 - one page of rules, kept in one piece and in its order
    def number(key, default):
        return Fraction(doc.get(key, default))

    long, short, hedged = RefLeg(doc["long"]), RefLeg(doc["short"]), doc["kind"] != "spot_spot"
    hours, rho, guard = number("horizon_hours", 0), number("convergence", 0), number("settlement_guard_s", 60)
    as_of = datetime.fromisoformat(doc["as_of"])

    wanted = bought(long.asks, number("notional", None))
    sides = [long.asks, short.bids, *([long.bids, short.asks] if hedged else [])]
    common = lcm(long.lot.numerator * short.lot.denominator, short.lot.numerator * long.lot.denominator)
    both_lots = Fraction(common, long.lot.denominator * short.lot.denominator)
    order_qty = down(min(wanted, *(sum(size for _, size in side) for side in sides)), both_lots)
    received = order_qty * (1 - long.fee) if long.received else order_qty
    delivered = received
    if doc.get("mode") == "transfer" and not hedged:
        delivered = received - number("withdraw_fee_base", 0) - number("withdraw_fee_pct", 0) * received
    qty = down(delivered, short.lot)
    residual = delivered - qty
    if order_qty <= 0 or qty <= 0 or order_qty < long.min_qty or qty < short.min_qty:
        return BELOW
    va, vb = walk(long.asks, order_qty) / order_qty, walk(short.bids, qty) / qty
    n = order_qty * va
    if n < long.min_notional or qty * vb < short.min_notional:
        return BELOW

    lines = dict.fromkeys(
        ("price", "fees_entry", "fees_exit", "funding", "borrow", "transfer", "conversion"), Fraction(0)
    )
    lines["price"] = qty * (vb - va) + residual * (long.bids[0][0] - va)
    lines["fees_entry"] = -(order_qty - received) * va if long.received else -n * long.fee
    lines["fees_entry"] -= qty * vb * short.fee
    gap = qty * (short.mid - long.mid)
    xl = xs = Fraction(0)
    if hedged:
        xl, xs = walk(long.bids, qty) / qty, walk(short.asks, qty) / qty
        lines["price"] += qty * (xl - xs) + rho * gap
        lines["fees_exit"] = -(qty * xl * long.fee + qty * xs * short.fee)
    for leg, sign in ((long, -1), (short, 1)):
        for at, rate in leg.settlements if leg.kind == "perp" else []:
            after = Fraction((at - as_of) // timedelta(microseconds=1), 10**6)
            gain = sign * rate * leg.mark * qty
            first = guard if gain > 0 else -guard
            if first < after <= hours * 3600:
                lines["funding"] += gain
    if doc["kind"] == "perp_spot":
        start = Fraction(int((as_of - datetime(1970, 1, 1, tzinfo=UTC)) / timedelta(microseconds=1)), 3_600_000_000)
        begun = (start + hours) // 1 - start // 1
        lines["borrow"] = -short.borrow * (1 + begun) * qty * xs
    lines["transfer"] = -(received - delivered) * va
    for leg, enter, leave in ((long, n, qty * xl), (short, qty * vb, qty * xs)):
        if leg.kind == "spot":
            lines["conversion"] -= leg.cost * (enter + (leave if hedged else 0))
    net = sum(lines.values())
    margin = 1 / number("leverage", 3) + number("margin_buffer", Fraction(1, 10))
    capital = sum(a if leg.kind == "spot" else a * margin for leg, a in ((long, n), (short, qty * vb)))
    figures = {"order_qty": order_qty, "qty": qty, "residual_base": residual, "long_vwap": va, "short_vwap": vb}
    figures |= {"entry_notional": n, **lines, "net": net, "net_bps": net / n * 10**4}
    figures |= {"capital": capital, "return_on_capital": net / capital}
    if hedged:
        figures |= {"net_stay": net - rho * gap, "net_close": net + (1 - rho) * gap}
        figures["carry_apr"] = lines["funding"] / n * 8760 / hours if hours else Fraction(0)
    return {"verdict": "ok"} | {key: shown(value) for key, value in figures.items()}


def reference_triangle(doc):
    held, spent = Fraction(doc["notional"]), None
    for leg in doc["legs"]:
        asks, bids = ([(Fraction(p), Fraction(s)) for p, s in leg["book"][side]] for side in ("asks", "bids"))
        fee, lot, in_quote = Fraction(leg["taker_fee"]), Fraction(leg["lot"]), leg.get("fee_asset") == "quote"
        if leg["side"] == "buy":
            top = 1 + fee if in_quote else Fraction(1)
            qty = down(bought(asks, held / top), lot)
            gross = walk(asks, qty)
            used, arrived = gross * top, qty if in_quote else qty * (1 - fee)
        else:
            qty = down(min(held, sum(size for _, size in bids)), lot)
            gross = walk(bids, qty)
            used, arrived = qty, gross * (1 - fee)
        if qty == 0 or qty < Fraction(leg.get("min_qty", 0)) or gross < Fraction(leg.get("min_notional", 0)):
            return BELOW
        held, spent = arrived, used if spent is None else spent
    net = held - spent
    figures = {"spent": spent, "end": held, "net": net, "net_bps": net / spent * 10**4}
    return {"verdict": "ok"} | {key: shown(value) for key, value in figures.items()}


# --- random evidence -------------------------------------------------------------------------------------------


def decimal_strings(low, high, places):
    return st.integers(low, high).map(lambda n: format(Decimal(n).scaleb(-places), "f"))


@st.composite
def books(draw, low, high, places, unit=Decimal(1), sizes=(1, 60_000, 3)):
    """A book whose best bid lies in [low, high] ticks of 10**-places; sizes in base units over `unit`."""
    bid = draw(st.integers(low, high))
    ask = bid + draw(st.integers(1, 40))
    book = {}
    for key, best, sign in (("bids", bid, -1), ("asks", ask, 1)):
        levels, ticks = [], best
        for _ in range(draw(st.integers(1, 5))):
            levels.append(
                [
                    format(Decimal(max(ticks, 1)).scaleb(-places), "f"),
                    format(Decimal(draw(decimal_strings(*sizes))) / unit, "f"),
                ]
            )
            ticks += sign * draw(st.integers(0, 30))
        book[key] = levels
    return book


MAYBE = {
    "conversion_cost": decimal_strings(0, 30, 4),
    "min_notional": decimal_strings(0, 90, 0),
    "fee_asset": st.sampled_from(["quote", "received"]),
    "quote_rate": st.sampled_from(["1", "0.9997", "1.0004", "0.517"]),
}


@st.composite
def pair_legs(draw, kind, *, is_short):
    multiplier = draw(st.sampled_from([1, 1, 1000, 8]))
    contract = Decimal(draw(st.sampled_from(["1", "0.1", "0.001", "10"])))
    unit = contract * multiplier
    leg = {"kind": kind, "multiplier": str(multiplier), "contract_size": str(contract)}
    leg["book"] = draw(books(9_800 * multiplier, 10_200 * multiplier, 2, unit))
    leg["lot"] = format(
        Decimal(draw(st.sampled_from(["0.001", "0.01", "0.003", "0.0025", "0.5", "1"]))) / unit, "f"
    )
    if draw(st.booleans()):
        leg["min_qty"] = format(Decimal(draw(decimal_strings(0, 400, 3))) / unit, "f")
    leg["taker_fee"] = draw(decimal_strings(-1 if is_short else 0, 30, 4))
    for key, values in MAYBE.items():
        if draw(st.booleans()):
            leg[key] = draw(values)
    if draw(st.booleans()):
        leg["mark"] = draw(decimal_strings(9_800 * multiplier, 10_200 * multiplier, 2))
    seconds = st.one_of(st.integers(-130, 130), st.sampled_from([1, 2, 4, 8, 8, 16, 24]).map(lambda h: h * 3600))
    leg["settlements"] = [
        {
            "at": (AS_OF + timedelta(seconds=draw(seconds))).isoformat(),
            "rate": draw(decimal_strings(-40, 40, 4)),
        }
        for _ in range(draw(st.integers(0, 4)))
    ]
    if kind == "spot" and is_short and draw(st.booleans()):
        leg["borrow_rate_hourly"] = draw(decimal_strings(0, 90, 6))
    return leg


@st.composite
def pairs(draw, kinds=("funding", "perp_perp", "perp_spot", "spot_perp", "spot_spot")):
    kind = draw(st.sampled_from(kinds))
    doc = {"schema": "arbedge.evidence/1", "kind": kind}
    offset = st.sampled_from([0, 0, 1, 59, 60, 61, 1799])
    doc["as_of"] = (AS_OF + timedelta(seconds=draw(offset))).isoformat()
    doc["notional"] = draw(decimal_strings(1, 400_000, 1))
    doc |= {side: draw(pair_legs(LEGS[kind][i], is_short=bool(i))) for i, side in enumerate(("long", "short"))}
    optional = {
        "horizon_hours": st.sampled_from(["0", "1", "8", "24", "0.5", "7.9999"]),
        "convergence": decimal_strings(-150, 250, 2),
        "settlement_guard_s": st.sampled_from(["0", "60", "30.5"]),
        "leverage": st.sampled_from(["1", "3", "7", "2.5"]),
        "margin_buffer": st.sampled_from(["0", "0.1", "0.25"]),
        "mode": st.sampled_from(["transfer", "transfer", "prefunded"]),
        "withdraw_fee_base": decimal_strings(0, 900, 4),
        "withdraw_fee_pct": decimal_strings(0, 50, 4),
    }
    for key, values in optional.items():
        if draw(st.booleans()):
            doc[key] = draw(values)
    if kind == "spot_spot":
        doc["short"].pop("borrow_rate_hourly", None)
        doc["mode"] = draw(optional["mode"])
        doc["withdraw_fee_base"] = draw(decimal_strings(1, 900, 4))
    return doc


@st.composite
def triangles(draw):
    shapes = [
        (("buy", 60_000), ("buy", 500), ("sell", 30)),
        (("buy", 30), ("sell", 500), ("sell", 60_000)),
        (("sell", 60_000), ("buy", 30), ("sell", 500)),
    ]
    doc = {"schema": "arbedge.evidence/1", "kind": "triangular", "as_of": "2026-11-22T12:00:00Z", "legs": []}
    shape = draw(st.sampled_from(shapes))
    for side, around in shape:
        leg = {"side": side, "book": draw(books(around * 10, around * 10 + 9, 2, sizes=(1, 5_000_000, 4)))}
        leg["lot"] = draw(st.sampled_from(["0.0001", "0.001", "0.0007", "0.02"]))
        leg["taker_fee"] = draw(decimal_strings(0, 30, 4))
        for key, values in (
            ("fee_asset", st.sampled_from(["quote", "received"])),
            ("min_qty", decimal_strings(0, 50, 4)),
            ("min_notional", decimal_strings(0, 30, 1)),
        ):
            if draw(st.booleans()):
                leg[key] = draw(values)
        doc["legs"].append(leg)
    doc["notional"] = draw(decimal_strings(1, 3_000_000, 1))
    return doc


@pytest.mark.parametrize("kind", sorted(LEGS))
@settings(max_examples=80, deadline=None)
@given(data=st.data())
def test_two_legs_agree_with_the_reference(kind, data):
    doc = data.draw(pairs((kind,)))
    assert render(price(parse(doc))) == reference(doc)


@settings(max_examples=200, deadline=None)
@given(triangles())
def test_triangles_agree_with_the_reference(doc):
    assert render(price(parse(doc))) == reference_triangle(doc)


@settings(max_examples=60, deadline=None)
@given(st.one_of(pairs(), triangles()))
def test_a_dumped_evidence_parses_back_equal(doc):
    evidence = parse(doc)
    assert parse(dump(evidence, config_hash="0" * 64)) == evidence
