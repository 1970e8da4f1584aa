"""From evidence to its document, and a document's digest.

`parse(dump(evidence)) == evidence` always holds: every figure is written in full, defaults included, so that a
stored document keeps its meaning if a default ever changes.
"""

import hashlib
import json
from collections.abc import Mapping
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

from arbedge.errors import Invalid
from arbedge.opportunities.evidence.model import (
    SCHEMA,
    BookSide,
    LegEvidence,
    PairEvidence,
    TriangleEvidence,
    TriangleLeg,
)

__all__ = ["digest", "dump"]


def dump(evidence: PairEvidence | TriangleEvidence, **extra: Any) -> dict[str, Any]:
    """The document of this evidence; `extra` keys (config_hash, code_version, …) are added at the top.

    Raises `Invalid` when an extra key is one the evidence has itself.
    """
    document = _pair(evidence) if isinstance(evidence, PairEvidence) else _triangle(evidence)
    taken = sorted(document.keys() & extra.keys())
    if taken:
        raise Invalid(f"{taken[0]}: is a key of the evidence itself, choose another name")
    return {**document, **extra}


def digest(document: Mapping[str, Any]) -> str:
    """SHA-256, in hex, of the document's canonical JSON: sorted keys, no spaces, ASCII."""
    text = json.dumps(document, sort_keys=True, separators=(",", ":"), ensure_ascii=True, allow_nan=False)
    return hashlib.sha256(text.encode("ascii")).hexdigest()


def _number(value: Decimal) -> str:
    return format(value, "f")


def _moment(at: datetime) -> str:
    return at.astimezone(UTC).isoformat().replace("+00:00", "Z")


def _side(levels: BookSide) -> list[list[str]]:
    return [[_number(price), _number(size)] for price, size in levels]


def _pair(evidence: PairEvidence) -> dict[str, Any]:
    return {
        "schema": SCHEMA,
        "kind": evidence.kind.value,
        "mode": evidence.mode.value,
        "asset": evidence.asset,
        "as_of": _moment(evidence.as_of),
        "notional": _number(evidence.notional),
        "horizon_hours": _number(evidence.horizon_hours),
        "convergence": _number(evidence.convergence),
        "settlement_guard_s": _number(evidence.settlement_guard_s),
        "leverage": _number(evidence.leverage),
        "margin_buffer": _number(evidence.margin_buffer),
        "withdraw_fee_base": _number(evidence.withdraw_fee_base),
        "withdraw_fee_pct": _number(evidence.withdraw_fee_pct),
        "long": _leg(evidence.long),
        "short": _leg(evidence.short),
    }


def _triangle(evidence: TriangleEvidence) -> dict[str, Any]:
    return {
        "schema": SCHEMA,
        "kind": evidence.kind.value,
        "asset": evidence.asset,
        "as_of": _moment(evidence.as_of),
        "notional": _number(evidence.notional),
        "legs": [{"side": leg.side.value, **_trade(leg)} for leg in evidence.legs],
    }


def _trade(leg: LegEvidence | TriangleLeg) -> dict[str, Any]:
    return {
        "venue": leg.venue,
        "symbol": leg.symbol,
        "book": {"bids": _side(leg.bids), "asks": _side(leg.asks)},
        "multiplier": _number(leg.multiplier),
        "contract_size": _number(leg.contract_size),
        "lot": _number(leg.lot),
        "min_qty": _number(leg.min_qty),
        "min_notional": _number(leg.min_notional),
        "taker_fee": _number(leg.taker_fee),
        "fee_asset": leg.fee_asset.value,
    }


def _leg(leg: LegEvidence) -> dict[str, Any]:
    document = {
        "kind": leg.kind.value,
        **_trade(leg),
        "quote_rate": _number(leg.quote_rate),
        "conversion_cost": _number(leg.conversion_cost),
        "settlements": [
            {"at": _moment(item.at), "rate": _number(item.rate), "status": item.status.value}
            for item in leg.settlements
        ],
        "borrow_rate_hourly": _number(leg.borrow_rate_hourly),
    }
    return document if leg.mark is None else {**document, "mark": _number(leg.mark)}
