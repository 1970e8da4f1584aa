"""A stored opportunity proves itself from its evidence, and no tampering goes unseen."""

import copy
import json
from dataclasses import dataclass, fields, replace
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest

from arbedge.domain.instrument import InstrumentId, MarketKind
from arbedge.domain.money import EXACT
from arbedge.domain.opportunity import (
    Candidate,
    IdentityLevel,
    Leg,
    Opportunity,
    OpportunityKind,
    Qualification,
    Score,
    Side,
)
from arbedge.domain.priced import HedgeFigures, PricedPair, PricedTriangle
from arbedge.opportunities.evidence import digest, parse
from arbedge.opportunities.pricing import price
from arbedge.opportunities.proof import ProofFailed, prove

AT = datetime(2026, 11, 22, 12, tzinfo=UTC)
BOOK = {"bids": [["99.97", "3.3"], ["99.90", "50"]], "asks": [["100.03", "1.7"], ["100.10", "70"]]}
PAIR = {
    "schema": "arbedge.evidence/1",
    "kind": "spot_perp",
    "asset": "SOL",
    "as_of": "2026-11-22T12:00:00Z",
    "notional": "1000",
    "horizon_hours": "8",
    "convergence": "0.3",
    "long": {
        "venue": "binance",
        "kind": "spot",
        "symbol": "SOLUSDT",
        "lot": "0.001",
        "taker_fee": "0.001",
        "book": BOOK,
    },
    "short": {
        "venue": "binance",
        "kind": "perp",
        "symbol": "SOLUSDT",
        "lot": "0.01",
        "taker_fee": "0.0005",
        "book": {"bids": [["101.3", "100"]], "asks": [["101.4", "100"]]},
        "settlements": [{"at": "2026-11-22T16:00:00Z", "rate": "0.0003", "status": "estimate"}],
    },
    "config_hash": "abc",
    "clocks": {"offset_ms": -1.25},
}
TRIANGLE = {
    "schema": "arbedge.evidence/1",
    "kind": "triangular",
    "asset": "BTC",
    "as_of": "2026-11-22T12:00:00Z",
    "notional": "1000",
    "legs": [
        {
            "venue": "binance",
            "symbol": symbol,
            "side": side,
            "lot": "0.00001",
            "taker_fee": "0.001",
            "book": {"bids": [[bid, "1000"]], "asks": [[ask, "1000"]]},
        }
        for symbol, side, bid, ask in (
            ("BTCUSDT", "buy", "83500", "83501"),
            ("ETHBTC", "buy", "0.0331", "0.0332"),
            ("ETHUSDT", "sell", "2850", "2851"),
        )
    ],
}
LEGS = {
    OpportunityKind.SPOT_PERP: (
        Leg(InstrumentId("binance", MarketKind.SPOT, "SOLUSDT"), Side.BUY),
        Leg(InstrumentId("binance", MarketKind.PERP, "SOLUSDT"), Side.SELL),
    ),
    OpportunityKind.TRIANGULAR: (
        Leg(InstrumentId("binance", MarketKind.SPOT, "BTCUSDT"), Side.BUY),
        Leg(InstrumentId("binance", MarketKind.SPOT, "ETHBTC"), Side.BUY),
        Leg(InstrumentId("binance", MarketKind.SPOT, "ETHUSDT"), Side.SELL),
    ),
}


@dataclass(frozen=True)
class Record:
    opportunity: Opportunity
    evidence: dict[str, Any]


def record_of(document) -> Record:
    evidence = parse(document)
    priced = price(evidence)
    assert isinstance(priced, PricedPair | PricedTriangle)
    opportunity = Opportunity(
        id="0123456789abcdef",
        candidate=Candidate(evidence.kind, LEGS[evidence.kind]),
        asset=evidence.asset,
        identity=IdentityLevel.INDEX,
        qualifies_on=Qualification.NET,
        opened_at=AT,
        updated_at=AT,
        closed_at=None,
        close_reason=None,
        notional=evidence.notional,
        horizon_hours=getattr(evidence, "horizon_hours", Decimal(0)),
        breakeven_hours=None,
        priced=priced,
        size_curve=(),
        capacity_usd=Decimal(0),
        peak_net_bps=priced.net_bps,
        score=Score(0.5, ()),
        evidence_hash=digest(document),
        is_simulated=False,
    )
    return Record(opportunity, copy.deepcopy(document))


@pytest.fixture(params=[PAIR, TRIANGLE], ids=["pair", "triangle"])
def record(request):
    return record_of(request.param)


def wrong(proof) -> set[str]:
    return {line.field for line in proof.lines if not line.holds}


def test_an_honest_record_is_proved_field_by_field(record) -> None:
    proof = prove(record)
    assert proof.holds
    assert proof.difference == ""
    proof.require()
    proven = {line.field for line in proof.lines}
    assert {f.name for f in fields(record.opportunity.priced)} - {"hedge"} <= proven
    if isinstance(record.opportunity.priced, PricedPair):
        assert {"net_stay", "net_close", "carry_apr", "horizon_hours"} <= proven
    document = json.loads(json.dumps(proof.document()))
    assert document["holds"] is True
    assert document["fields"]["net"]["stored"] == document["fields"]["net"]["rebuilt"]


def figures():
    for document in (PAIR, TRIANGLE):
        priced = record_of(document).opportunity.priced
        for field in fields(priced):
            if field.name != "hedge":
                yield pytest.param(document, field.name, id=f"{document['kind']} {field.name}")


@pytest.mark.parametrize(("document", "name"), list(figures()))
def test_one_wrong_digit_far_behind_the_point_is_named(document, name) -> None:
    record = record_of(document)
    priced = record.opportunity.priced
    tampered = replace(priced, **{name: EXACT.add(getattr(priced, name), Decimal("1E-40"))})
    proof = prove(Record(replace(record.opportunity, priced=tampered), record.evidence))
    assert wrong(proof) == {name}
    assert proof.difference.startswith(f"{name}: stored ")
    with pytest.raises(ProofFailed, match=f"0123456789abcdef .*{name}"):
        proof.require()


def test_every_differing_field_is_listed() -> None:
    record = record_of(PAIR)
    priced = replace(record.opportunity.priced, net=Decimal(9), capital=Decimal(8))
    proof = prove(Record(replace(record.opportunity, priced=priced), record.evidence))
    assert wrong(proof) == {"net", "capital"}
    assert "net: stored 9," in proof.difference
    assert "capital: stored 8," in proof.difference
    assert "\n" not in proof.difference


@pytest.mark.parametrize("name", ["net_stay", "net_close", "carry_apr"])
def test_hedge_figures_are_compared(name) -> None:
    record = record_of(PAIR)
    hedge = replace(record.opportunity.priced.hedge, **{name: Decimal(1)})
    proof = prove(
        Record(replace(record.opportunity, priced=replace(record.opportunity.priced, hedge=hedge)), record.evidence)
    )
    assert wrong(proof) == {name}


def test_missing_and_invented_hedge_figures_are_seen() -> None:
    record = record_of(PAIR)
    bare = replace(record.opportunity.priced, hedge=None)
    proof = prove(Record(replace(record.opportunity, priced=bare), record.evidence))
    assert wrong(proof) == {"net_stay", "net_close", "carry_apr"}
    assert "net_stay: stored absent" in proof.difference


def test_a_changed_price_in_the_evidence_breaks_hash_and_figures(record) -> None:
    legs = record.evidence.get("legs") or [record.evidence["long"]]
    legs[0]["book"]["asks"][0][0] = str(Decimal(legs[0]["book"]["asks"][0][0]) - Decimal("0.01"))
    found = wrong(prove(record))
    assert {"evidence_hash", "net", "net_bps"} <= found


def test_a_changed_note_in_the_evidence_breaks_the_hash_alone(record) -> None:
    record.evidence["config_hash"] = "other"
    assert wrong(prove(record)) == {"evidence_hash"}


@pytest.mark.parametrize(
    ("change", "name"),
    [
        ({"asset": "ETH"}, "asset"),
        ({"notional": Decimal(1001)}, "notional"),
        ({"horizon_hours": Decimal(24)}, "horizon_hours"),
        ({"candidate": Candidate(OpportunityKind.SPOT_PERP, LEGS[OpportunityKind.SPOT_PERP][::-1])}, "legs"),
        ({"candidate": Candidate(OpportunityKind.PERP_SPOT, LEGS[OpportunityKind.SPOT_PERP])}, "kind"),
        ({"evidence_hash": "0" * 64}, "evidence_hash"),
    ],
)
def test_evidence_about_something_else_is_no_proof(change, name) -> None:
    record = record_of(PAIR)
    assert wrong(prove(Record(replace(record.opportunity, **change), record.evidence))) == {name}


def test_evidence_of_the_other_shape_differs_everywhere() -> None:
    pair, triangle = record_of(PAIR), record_of(TRIANGLE)
    proof = prove(Record(pair.opportunity, triangle.evidence))
    assert {"kind", "legs", "evidence_hash", "spent", "qty", "net"} <= wrong(proof)


def test_evidence_too_small_to_trade_is_no_proof() -> None:
    record = record_of(PAIR)
    record.evidence["short"]["min_qty"] = "1000"
    proof = prove(record)
    assert wrong(proof) == {"evidence_hash", "verdict"}
    assert "below_minimum" in proof.difference


@pytest.mark.parametrize("key", ["schema", "long", "notional"])
def test_evidence_that_cannot_be_read_is_said_to_be(key) -> None:
    record = record_of(PAIR)
    del record.evidence[key]
    proof = prove(record)
    assert wrong(proof) == {"evidence"}
    assert key in proof.difference


def test_spelling_of_a_number_is_no_difference() -> None:
    record = record_of(PAIR)
    hedge = record.opportunity.priced.hedge
    assert isinstance(hedge, HedgeFigures)
    spelled = replace(record.opportunity, notional=Decimal("1E+3"), horizon_hours=Decimal("8.000"))
    assert prove(Record(spelled, record.evidence)).holds
