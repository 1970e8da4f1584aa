"""Evidence is read strictly: defaults where a key is absent, and every error names its key."""

import json
from datetime import UTC, datetime
from decimal import Decimal

import pytest

from arbedge.domain.fees import FeeAsset
from arbedge.domain.funding import SettlementStatus
from arbedge.errors import Invalid
from arbedge.opportunities.evidence import InventoryMode, PairEvidence, TriangleEvidence, book_side, parse

ASKS, BIDS = [["100.00", "4"], ["100.10", "20"]], [["99.90", "10"], ["99.90", "1"], ["99.8", "2"]]
PAIR = {
    "schema": "arbedge.evidence/1",
    "kind": "spot_perp",
    "as_of": "2026-11-22T14:00:00+02:00",
    "notional": "1000",
    "long": {"kind": "spot", "book": {"asks": ASKS, "bids": BIDS}, "lot": "0.01", "taker_fee": "0.001"},
    "short": {"kind": "perp", "book": {"asks": ASKS, "bids": BIDS}, "lot": "1", "taker_fee": "-0.0001"},
}
LEG = {"side": "buy", "book": {"asks": ASKS, "bids": BIDS}, "lot": "0.01", "taker_fee": "0.001"}
TRIANGLE = {
    "schema": "arbedge.evidence/1",
    "kind": "triangular",
    "as_of": "2026-11-22T12:00:00Z",
    "notional": "1000",
    "legs": [LEG, LEG, {**LEG, "side": "sell"}],
}
GONE = object()


def changed(document, path, value):
    document = json.loads(json.dumps(document))
    *way, last = (int(part) if part.isdigit() else part for part in path.split("."))
    target = document
    for part in way:
        target = target[part]
    if value is GONE:
        del target[last]
    else:
        target[last] = value
    return document


def test_absent_keys_take_their_defaults():
    evidence = parse(PAIR)
    assert isinstance(evidence, PairEvidence)
    assert evidence.as_of == datetime(2026, 11, 22, 12, tzinfo=UTC)
    assert (evidence.mode, evidence.asset) == (InventoryMode.PREFUNDED, "")
    assert (evidence.horizon_hours, evidence.convergence, evidence.settlement_guard_s) == (0, 0, 60)
    assert (evidence.leverage, evidence.margin_buffer) == (3, Decimal("0.1"))
    assert (evidence.withdraw_fee_base, evidence.withdraw_fee_pct) == (0, 0)
    leg = evidence.long
    assert (leg.multiplier, leg.contract_size, leg.quote_rate) == (1, 1, 1)
    assert (leg.min_qty, leg.min_notional, leg.conversion_cost, leg.borrow_rate_hourly) == (0, 0, 0, 0)
    assert (leg.fee_asset, leg.mark, leg.settlements) == (FeeAsset.QUOTE, None, ())


def test_a_triangles_fee_comes_out_of_what_is_received_unless_said():
    evidence = parse(changed(TRIANGLE, "legs.2.fee_asset", "quote"))
    assert isinstance(evidence, TriangleEvidence)
    assert [leg.fee_asset.value for leg in evidence.legs] == ["received", "received", "quote"]


def test_a_settlement_without_status_claims_the_least():
    evidence = parse(changed(PAIR, "short.settlements", [{"at": "2026-11-22T16:00:00Z", "rate": "0.0001"}]))
    assert isinstance(evidence, PairEvidence)
    assert evidence.short.settlements[0].status is SettlementStatus.FORECAST


def test_levels_keep_the_venues_spelling():
    evidence = parse(PAIR)
    assert isinstance(evidence, PairEvidence)
    assert [str(price) for price, _ in evidence.long.asks] == ["100.00", "100.10"]
    assert evidence.long.asks == book_side((price, size) for price, size in ASKS)


def test_unknown_keys_are_ignored():
    document = changed(changed(PAIR, "config_hash", 3), "long.colour", None)
    assert parse(changed(document, "long.book.nonce", 7)) == parse(PAIR)


@pytest.mark.parametrize("spelling", ["1000", "1000.", "1e3", "+1000", "1000.000", "0.1E4"])
def test_spellings_of_one_number(spelling):
    assert parse(changed(PAIR, "notional", spelling)) == parse(PAIR)


def test_sides_nobody_walks_may_be_absent():
    spot = {**PAIR, "kind": "spot_spot", "short": {**PAIR["short"], "kind": "spot"}}
    assert isinstance(parse(changed(spot, "short.book.asks", GONE)), PairEvidence)
    assert isinstance(parse(changed(TRIANGLE, "legs.0.book.bids", GONE)), TriangleEvidence)
    assert isinstance(parse(changed(TRIANGLE, "legs.2.book.asks", [])), TriangleEvidence)


WRONG = [
    ("schema", GONE, "schema"),
    ("schema", "arbedge.evidence/2", "schema"),
    ("kind", GONE, "kind"),
    ("kind", "spot_moon", "kind"),
    ("kind", ["spot_perp"], "kind"),
    ("kind", "perp_spot", "long.kind"),
    ("mode", "teleport", "mode"),
    ("asset", 5, "asset"),
    ("as_of", GONE, "as_of"),
    ("as_of", "2026-11-22T12:00:00", "as_of"),
    ("as_of", "yesterday", "as_of"),
    ("as_of", 1795348800, "as_of"),
    ("as_of", "0001-01-01T00:00:00+05:00", "as_of"),
    ("notional", GONE, "notional"),
    ("notional", 1000, "notional"),
    ("notional", 1000.0, "notional"),
    ("notional", True, "notional"),
    ("notional", None, "notional"),
    ("notional", "-1", "notional"),
    ("notional", "NaN", "notional"),
    ("notional", "Infinity", "notional"),
    ("notional", "1_000", "notional"),
    ("notional", " 1000", "notional"),
    ("notional", "1,000", "notional"),
    ("notional", "", "notional"),
    ("notional", "\u0661\u0660", "notional"),
    ("notional", "1e30", "notional"),
    ("notional", "1e999999999999999999999", "notional"),
    ("notional", "9" * 5000, "notional"),
    ("notional", "1e-61", "notional"),
    ("horizon_hours", "-1", "horizon_hours"),
    ("convergence", "all", "convergence"),
    ("settlement_guard_s", "-60", "settlement_guard_s"),
    ("leverage", "0", "leverage"),
    ("margin_buffer", "-0.1", "margin_buffer"),
    ("withdraw_fee_base", "-1", "withdraw_fee_base"),
    ("withdraw_fee_pct", "-1", "withdraw_fee_pct"),
    ("long", GONE, "long"),
    ("long", [], "long"),
    ("short", None, "short"),
    ("long.kind", GONE, "long.kind"),
    ("long.kind", "margin", "long.kind"),
    ("long.kind", "perp", "long.kind"),
    ("short.kind", "spot", "short.kind"),
    ("long.venue", {}, "long.venue"),
    ("long.symbol", 1, "long.symbol"),
    ("long.lot", GONE, "long.lot"),
    ("long.lot", "0", "long.lot"),
    ("short.lot", "-1", "short.lot"),
    ("long.min_qty", "-1", "long.min_qty"),
    ("long.min_notional", "five", "long.min_notional"),
    ("long.taker_fee", GONE, "long.taker_fee"),
    ("long.taker_fee", "1", "long.taker_fee"),
    ("long.taker_fee", "-1", "long.taker_fee"),
    ("long.fee_asset", "BNB", "long.fee_asset"),
    ("long.multiplier", "0", "long.multiplier"),
    ("long.contract_size", "-1", "long.contract_size"),
    ("long.quote_rate", "0", "long.quote_rate"),
    ("long.conversion_cost", "-0.1", "long.conversion_cost"),
    ("long.conversion_cost", "1", "long.conversion_cost"),
    ("long.borrow_rate_hourly", "-0.1", "long.borrow_rate_hourly"),
    ("short.mark", "0", "short.mark"),
    ("short.mark", None, "short.mark"),
    ("short.settlements", {}, "short.settlements"),
    ("short.settlements", ["soon"], "short.settlements[0]"),
    ("short.settlements", [{"rate": "0"}], "short.settlements[0].at"),
    ("short.settlements", [{"at": "2026-11-22T16:00:00Z"}], "short.settlements[0].rate"),
    ("short.settlements", [{"at": "2026-11-22T16:00:00Z", "rate": 0}], "short.settlements[0].rate"),
    (
        "short.settlements",
        [{"at": "2026-11-22T16:00:00Z", "rate": "0", "status": "x"}],
        "short.settlements[0].status",
    ),
    ("long.book", GONE, "long.book"),
    ("long.book", [], "long.book"),
    ("long.book.asks", GONE, "long.book.asks"),
    ("long.book.bids", GONE, "long.book.bids"),
    ("short.book.asks", GONE, "short.book.asks"),
    ("short.book.bids", [], "short.book.bids"),
    ("long.book.asks", "100", "long.book.asks"),
    ("long.book.asks", [["100", "1"], "101"], "long.book.asks[1]"),
    ("long.book.asks", [["100", "1"], ["101"]], "long.book.asks[1]"),
    ("long.book.asks", [["100", "1", "0"]], "long.book.asks[0]"),
    ("long.book.asks", [["100", "1"], ["101", "1"], ["102", "1"], ["101.5", "1"]], "long.book.asks[3]"),
    ("long.book.bids", [["99", "1"], ["99.5", "1"]], "long.book.bids[1]"),
    ("long.book.asks", [["100", "1"], ["101", "0"]], "long.book.asks[1][1]"),
    ("long.book.asks", [["100", "-1"]], "long.book.asks[0][1]"),
    ("long.book.asks", [[100, "1"]], "long.book.asks[0][0]"),
    ("long.book.bids", [["0", "1"]], "long.book.bids[0][0]"),
    ("long.book.bids", [["100.00", "1"]], "long.book"),
    ("short.book.bids", [["101", "1"]], "short.book"),
]


@pytest.mark.parametrize(("path", "value", "key"), WRONG)
def test_every_error_names_its_key(path, value, key):
    with pytest.raises(Invalid) as caught:
        parse(changed(PAIR, path, value))
    assert str(caught.value).startswith(f"{key}: ")
    assert len(str(caught.value)) < 300


@pytest.mark.parametrize(
    ("path", "value", "key"),
    [
        ("legs", GONE, "legs"),
        ("legs", {}, "legs"),
        ("legs", [LEG, LEG], "legs"),
        ("legs.1", "ETHBTC", "legs[1]"),
        ("legs.1.side", GONE, "legs[1].side"),
        ("legs.1.side", "hold", "legs[1].side"),
        ("legs.1.kind", "perp", "legs[1].kind"),
        ("legs.1.lot", GONE, "legs[1].lot"),
        ("legs.1.taker_fee", 0, "legs[1].taker_fee"),
        ("legs.0.book.asks", GONE, "legs[0].book.asks"),
        ("legs.2.book.bids", [], "legs[2].book.bids"),
        ("legs.2.book.asks", [["99", "1"]], "legs[2].book"),
    ],
)
def test_every_error_of_a_triangle_names_its_key(path, value, key):
    with pytest.raises(Invalid) as caught:
        parse(changed(TRIANGLE, path, value))
    assert str(caught.value).startswith(f"{key}: ")


@pytest.mark.parametrize("document", [None, [], "evidence", 1])
def test_a_document_is_an_object(document):
    with pytest.raises(Invalid, match="evidence: expected a JSON object"):
        parse(document)


def test_a_borrowed_sale_needs_the_side_it_is_bought_back_on():
    spot = {**PAIR, "kind": "spot_spot", "short": {**PAIR["short"], "kind": "spot", "borrow_rate_hourly": "0.1"}}
    with pytest.raises(Invalid, match=r"short\.book\.asks"):
        parse(changed(spot, "short.book.asks", GONE))
