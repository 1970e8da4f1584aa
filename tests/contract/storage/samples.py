"""Opportunities, events and rejections for tests of archives; digits chosen so that a float would lose them."""

import hashlib
import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal

from arbedge.domain.events import OpportunityChange, OpportunityEvent
from arbedge.domain.instrument import InstrumentId, MarketKind
from arbedge.domain.opportunity import (
    Candidate,
    Gate,
    IdentityLevel,
    Leg,
    Opportunity,
    OpportunityKind,
    Qualification,
    Rejection,
    Score,
    Side,
)
from arbedge.domain.priced import HedgeFigures, PricedPair, PricedTriangle, SizePoint

START = datetime(2026, 11, 22, 12, 0, 0, 123456, tzinfo=UTC)
LONG = Decimal("12345.12345678901234567890123456789012345678901234567890")


def seconds(count: float) -> datetime:
    return START + timedelta(seconds=count)


def spot_perp(asset="BTC"):
    return Candidate(
        OpportunityKind.SPOT_PERP,
        (
            Leg(InstrumentId("binance", MarketKind.SPOT, f"{asset}USDT"), Side.BUY),
            Leg(InstrumentId("binance", MarketKind.PERP, f"{asset}USDT"), Side.SELL),
        ),
    )


def triangle():
    symbols = (("BTCUSDT", Side.BUY), ("ETHBTC", Side.BUY), ("ETHUSDT", Side.SELL))
    return Candidate(
        OpportunityKind.TRIANGULAR,
        tuple(Leg(InstrumentId("binance", MarketKind.SPOT, symbol), side) for symbol, side in symbols),
    )


def pair_figures(net_bps="12.5", hedge=True):
    return PricedPair(
        order_qty=Decimal("0.0120"),
        qty=Decimal("0.012"),
        residual_base=Decimal("0E-8"),
        long_vwap=LONG,
        short_vwap=Decimal("83501.1"),
        entry_notional=Decimal("1E+3"),
        price=Decimal("-1.10"),
        fees_entry=Decimal("-0.7"),
        fees_exit=Decimal("-0.7"),
        funding=Decimal("3.750000000000000000000000000000000000001"),
        borrow=Decimal(0),
        transfer=Decimal("-0"),
        conversion=Decimal(0),
        net=Decimal("1.25"),
        net_bps=Decimal(net_bps),
        capital=Decimal("1433.333333333333333333333333333333333333333333333333333333333"),
        return_on_capital=Decimal("0.000872093023255813953488372093"),
        hedge=HedgeFigures(net_stay=Decimal("1.25"), net_close=Decimal("1.5"), carry_apr=Decimal("0.0450"))
        if hedge
        else None,
    )


def triangle_figures():
    return PricedTriangle(spent=LONG, end=LONG + 1, net=Decimal(1), net_bps=Decimal("0.81003727"))


def opportunity(opportunity_id="0a1b2c3d4e5f", **changes):
    sample = Opportunity(
        id=opportunity_id,
        candidate=spot_perp(),
        asset="BTC",
        identity=IdentityLevel.INDEX,
        qualifies_on=Qualification.NET_CLOSE,
        opened_at=START,
        updated_at=START,
        closed_at=None,
        close_reason=None,
        notional=Decimal(1000),
        horizon_hours=Decimal("8.0"),
        breakeven_hours=Decimal("3.9658"),
        priced=pair_figures(),
        size_curve=(
            SizePoint(Decimal(100), Decimal("99.9"), Decimal("0.1250"), Decimal("12.51")),
            SizePoint(Decimal(1000), LONG, Decimal("-0.5"), Decimal("-5E-7")),
        ),
        capacity_usd=Decimal("41234.56789"),
        peak_net_bps=Decimal("12.5"),
        score=Score(0.1 + 0.2, (("return on capital", 1 / 3, 0.5), ("time", 0.0, 1e-9))),
        evidence_hash="",
        is_simulated=True,
    )
    return replace(sample, **changes)


def evidence_for(seed=0):
    return {
        "schema": "arbedge.evidence/1",
        "kind": "spot_perp",
        "seed": seed,
        "long": {"book": {"bids": [["83500.10", "0.50"]], "asks": [["83500.20", "1.00"]]}},
        "clocks": {"offset_ms": -1.25, "is_known": True, "venue": None},
        "note": "€ 币",
    }


def event(change, opportunity_id="0a1b2c3d4e5f", at=0.0, net_bps="12.5", peak=None, **changes):
    """One step at `at` seconds; its evidence is its own and hashed."""
    document = evidence_for(f"{opportunity_id} {float(at)} {net_bps}")
    digest = hashlib.sha256(json.dumps(document, sort_keys=True).encode()).hexdigest()
    changes.setdefault("priced", pair_figures(net_bps))
    if change is OpportunityChange.CLOSED:
        changes.setdefault("closed_at", seconds(at))
        changes.setdefault("close_reason", "net: 3.1 bps, needs 5")
    made = opportunity(
        opportunity_id,
        updated_at=seconds(at),
        peak_net_bps=Decimal(peak or net_bps),
        evidence_hash=digest,
        **changes,
    )
    return OpportunityEvent(change, made, document)


def opened(opportunity_id="0a1b2c3d4e5f", at=0.0, **changes):
    return event(OpportunityChange.OPENED, opportunity_id, at, opened_at=seconds(at), **changes)


def updated(opportunity_id="0a1b2c3d4e5f", at=0.0, **changes):
    return event(OpportunityChange.UPDATED, opportunity_id, at, **changes)


def closed(opportunity_id="0a1b2c3d4e5f", at=0.0, **changes):
    return event(OpportunityChange.CLOSED, opportunity_id, at, **changes)


def rejection(asset="BTC", at=0.0, gate=Gate.NET, **changes):
    return replace(
        Rejection(
            candidate=spot_perp(asset),
            asset=asset,
            gate=gate,
            reason="net 3.1 bps is under 5 bps",
            at=seconds(at),
            gross=0.1 + 0.2,
            net_bps=Decimal("3.10000000000000000000000000000000001"),
        ),
        **changes,
    )
