"""Evidence written out reads back equal, and its digest depends on content only."""

import json
from datetime import UTC, datetime, timedelta, timezone
from decimal import Decimal

import pytest

from arbedge.domain.funding import Settlement, SettlementStatus
from arbedge.domain.instrument import MarketKind
from arbedge.domain.opportunity import OpportunityKind, Side
from arbedge.errors import Invalid
from arbedge.opportunities.evidence import (
    LegEvidence,
    PairEvidence,
    TriangleEvidence,
    TriangleLeg,
    book_side,
    digest,
    dump,
    parse,
)

BIDS, ASKS = book_side([("0.00000999", "100")]), book_side([("0.00001000", "30"), ("0.00001001", "1E+2")])
LEG = LegEvidence(
    kind=MarketKind.PERP,
    venue="okx",
    symbol="PEPE-USDT-SWAP",
    bids=BIDS,
    asks=ASKS,
    lot=Decimal("0.1"),
    taker_fee=Decimal("0.0005"),
    contract_size=Decimal(10_000_000),
    mark=Decimal("0.000009995"),
    settlements=(
        Settlement(
            datetime(2026, 11, 22, 18, tzinfo=timezone(timedelta(hours=2))),
            Decimal(1) / 3 / 10**9,
            SettlementStatus.ESTIMATE,
        ),
    ),
)
PAIR = PairEvidence(
    kind=OpportunityKind.FUNDING,
    as_of=datetime(2026, 11, 22, 12, 0, 0, 123456, tzinfo=UTC),
    notional=Decimal("1E+3"),
    long=LEG,
    short=LEG,
)
TRADE = TriangleLeg(side=Side.BUY, bids=BIDS, asks=ASKS, lot=Decimal(1), taker_fee=Decimal(0))
TRIANGLE = TriangleEvidence(as_of=PAIR.as_of, notional=Decimal(5), legs=(TRADE, TRADE, TRADE))


@pytest.mark.parametrize("evidence", [PAIR, TRIANGLE], ids=["pair", "triangle"])
def test_what_is_written_reads_back_equal(evidence):
    document = json.loads(json.dumps(dump(evidence, config_hash="ab", frames=[1, 2])))
    assert parse(document) == evidence
    assert (document["config_hash"], document["frames"]) == ("ab", [1, 2])


def test_figures_are_plain_and_keep_their_spelling():
    document = dump(PAIR)
    assert document["notional"] == "1000"
    assert document["as_of"] == "2026-11-22T12:00:00.123456Z"
    assert document["long"]["book"]["asks"] == [["0.00001000", "30"], ["0.00001001", "100"]]
    assert document["long"]["settlements"][0]["at"] == "2026-11-22T16:00:00Z"


def test_an_extra_key_never_replaces_evidence():
    with pytest.raises(Invalid, match="notional"):
        dump(PAIR, notional="1")


def test_the_digest_ignores_the_order_of_keys_and_nothing_else():
    document = dump(PAIR)
    assert digest(dict(reversed(document.items()))) == digest(document)
    assert digest({**document, "notional": "1000.0"}) != digest(document)
    assert len(digest(document)) == 64
    assert digest({"b": 1, "a": "é"}) == "6d9eb45284090145dc16661b06abe01185a16a7dabba07c992a131bffa6b8114"
