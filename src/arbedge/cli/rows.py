"""Opportunities, rejections and venues as JSON-ready dictionaries; one shape for scan, streams and history."""

from datetime import datetime
from decimal import Decimal
from typing import Any

from arbedge.bootstrap.snapshot import RunSnapshot, VenueLine
from arbedge.domain.money import figure
from arbedge.domain.network import NetworkFinding, TransferRoute
from arbedge.domain.opportunity import Leg, Opportunity, OpportunityKind, Qualification, Rejection
from arbedge.domain.priced import PricedPair
from arbedge.opportunities.pricing import render

__all__ = [
    "event_row",
    "headline",
    "is_if_closed",
    "network_row",
    "opportunity_row",
    "rejection_row",
    "scan_document",
    "stamp",
    "transfer_row",
    "venue_row",
]


def opportunity_row(opportunity: Opportunity) -> dict[str, Any]:
    """One opportunity with the fields of `arbedge price`; money as decimal strings, the score as a number."""
    row: dict[str, Any] = {
        "id": opportunity.id,
        "kind": opportunity.kind.value,
        "asset": opportunity.asset,
        **_legs(opportunity),
        "identity": opportunity.identity.value,
        "qualifies_on": opportunity.qualifies_on.value,
        "notional": figure(opportunity.notional),
        "horizon_hours": figure(opportunity.horizon_hours),
        "breakeven_hours": _maybe(opportunity.breakeven_hours),
        "score": round(opportunity.score.total, 6),
        "score_parts": {
            name: {"value": round(value, 6), "weight": round(weight, 6)}
            for name, value, weight in opportunity.score.parts
        },
        **render(opportunity.priced),
        "capacity_usd": figure(opportunity.capacity_usd),
        "peak_net_bps": figure(opportunity.peak_net_bps),
        "size_curve": [
            {"notional": figure(point.notional), "net": figure(point.net), "net_bps": figure(point.net_bps)}
            for point in opportunity.size_curve
        ],
        "networks": [network_row(each) for each in opportunity.networks],
        "transfer_over": None if opportunity.transfer is None else transfer_row(opportunity.transfer),
        "first_seen": stamp(opportunity.opened_at),
        "last_seen": stamp(opportunity.updated_at),
        "expected_life_s": None if opportunity.expected_life_s is None else round(opportunity.expected_life_s, 1),
        "half_life_s": None if opportunity.half_life_s is None else round(opportunity.half_life_s, 1),
        "closed_at": stamp(opportunity.closed_at) if opportunity.closed_at else None,
        "close_reason": opportunity.close_reason,
        "evidence": opportunity.evidence_hash,
        "simulated": opportunity.is_simulated,
    }
    return row


def network_row(found: NetworkFinding) -> dict[str, Any]:
    """How cut off one leg's coin is at its venue, with age and source."""
    return {
        "venue": found.venue,
        "coin": found.coin,
        "deposit": found.deposit.value,
        "withdraw": found.withdraw.value,
        "age_s": None if found.age_s is None else round(found.age_s, 1),
        "source": found.source,
    }


def transfer_row(route: TransferRoute) -> dict[str, Any]:
    """The network a coin moves over, and what it takes: fees in base units and as a fraction, a memo."""
    return {
        "network": route.network,
        "withdraw_fee_base": figure(route.withdraw_fee),
        "withdraw_fee_pct": figure(route.withdraw_fee_pct),
        "needs_memo": route.needs_memo,
        "congested": route.is_congested,
        "age_s": round(route.age_s, 1),
    }


def is_if_closed(opportunity: Opportunity) -> bool:
    """Whether it pays only if the gap closes; every figure that stands for it says so."""
    return opportunity.qualifies_on is Qualification.NET_CLOSE


def headline(opportunity: Opportunity) -> tuple[Decimal, Decimal]:
    """What it qualifies on, in money and in basis points: the net, or the net of a closing gap."""
    priced = opportunity.priced
    if is_if_closed(opportunity) and isinstance(priced, PricedPair) and priced.hedge:
        return priced.hedge.net_close, priced.hedge.net_close / priced.entry_notional * 10_000
    return priced.net, priced.net_bps


def rejection_row(rejection: Rejection) -> dict[str, Any]:
    """A candidate that is not shown, with the first gate that failed and why."""
    return {
        "candidate": str(rejection.candidate),
        "asset": rejection.asset,
        "gate": rejection.gate.value,
        "reason": rejection.reason,
        "at": stamp(rejection.at),
        "net_bps": _maybe(rejection.net_bps),
    }


def venue_row(venue: VenueLine) -> dict[str, Any]:
    """One venue's health."""
    return {
        "state": venue.state,
        "instruments": venue.instruments,
        "quotes": venue.quotes,
        "error": venue.error,
        "frames_per_s": round(venue.frames_per_s, 1),
        "clock_offset_ms": None if venue.clock_offset_ms is None else round(venue.clock_offset_ms, 1),
    }


def scan_document(snapshot: RunSnapshot) -> dict[str, Any]:
    """What `scan --once --format json` prints."""
    return {
        "as_of": stamp(snapshot.as_of),
        "simulated": snapshot.is_simulated,
        "venues": {venue.name: venue_row(venue) for venue in snapshot.venues},
        "opportunities": [opportunity_row(each) for each in snapshot.opportunities],
        "rejected": dict(snapshot.rejected),
        "closest": rejection_row(snapshot.closest) if snapshot.closest else None,
        "notices": list(snapshot.notices),
    }


def event_row(kind: str, snapshot_at: datetime, body: dict[str, Any]) -> dict[str, Any]:
    """One line of the JSON event stream."""
    return {"type": kind, "at": stamp(snapshot_at), **body}


def stamp(moment: datetime) -> str:
    """UTC, milliseconds, `Z`."""
    return moment.isoformat(timespec="milliseconds").replace("+00:00", "Z")


def _legs(opportunity: Opportunity) -> dict[str, Any]:
    legs = opportunity.candidate.legs
    if opportunity.kind is OpportunityKind.TRIANGULAR:
        return {"legs": [{**_leg(leg), "side": leg.side.value} for leg in legs]}
    return {"long": _leg(legs[0]), "short": _leg(legs[1])}


def _leg(leg: Leg) -> dict[str, str]:
    venue, kind, symbol = leg.instrument
    return {"venue": venue, "kind": kind.value, "symbol": symbol}


def _maybe(value: Any) -> str | None:
    return None if value is None else figure(value)
