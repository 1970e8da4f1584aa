"""Opportunities, evidence and rejections as table rows and back, to the last digit."""

import math
import zlib
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

import msgspec
from sqlalchemy import Row

from arbedge.domain.events import OpportunityEvent
from arbedge.domain.network import NetworkFinding, TransferRoute
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
)
from arbedge.domain.priced import PricedPair, PricedTriangle, SizePoint
from arbedge.errors import IntegrityError
from arbedge.storage.repositories.growth import Trail

__all__ = [
    "StoredOpportunity",
    "document_of",
    "opportunity_of",
    "opportunity_row",
    "packed",
    "priced_of",
    "rejection_of",
    "rejection_row",
    "revision_row",
    "with_networks",
]

_encode = msgspec.json.Encoder(decimal_format="string").encode
_legs = msgspec.json.Decoder(tuple[Leg, ...])
_pair = msgspec.json.Decoder(PricedPair)
_triangle = msgspec.json.Decoder(PricedTriangle)
_curve = msgspec.json.Decoder(tuple[SizePoint, ...])
_parts = msgspec.json.Decoder(tuple[tuple[str, float, float], ...])
_document = msgspec.json.Decoder(dict[str, Any])


@dataclass(frozen=True, slots=True)
class StoredOpportunity:
    """An opportunity as the archive holds it, with the document that reproduces its figures."""

    opportunity: Opportunity
    evidence: Mapping[str, Any]


def packed(document: Mapping[str, Any]) -> bytes:
    """An evidence document as kept: JSON, compressed (books repeat themselves: about a quarter remains)."""
    return zlib.compress(_encode(document), level=1)


def document_of(blob: bytes, owner: str) -> dict[str, Any]:
    """The document again; IntegrityError names the owner where the bytes make no sense."""
    try:
        return _document.decode(zlib.decompress(blob))
    except (zlib.error, msgspec.DecodeError) as fault:
        raise IntegrityError(f"stored evidence of {owner} cannot be read: {fault}") from fault


def opportunity_row(opportunity: Opportunity, trail: Trail) -> dict[str, Any]:
    """The columns of table `opportunities`."""
    return {
        "id": opportunity.id,
        "kind": opportunity.kind.value,
        "asset": opportunity.asset,
        "candidate": str(opportunity.candidate),
        "identity": opportunity.identity.value,
        "qualifies_on": opportunity.qualifies_on.value,
        "opened_at": opportunity.opened_at,
        "updated_at": opportunity.updated_at,
        "closed_at": opportunity.closed_at,
        "close_reason": opportunity.close_reason,
        "notional": opportunity.notional,
        "horizon_hours": opportunity.horizon_hours,
        "breakeven_hours": opportunity.breakeven_hours,
        "net_bps": opportunity.priced.net_bps,
        "peak_net_bps": opportunity.peak_net_bps,
        "capacity_usd": opportunity.capacity_usd,
        "score": opportunity.score.total,
        "is_simulated": opportunity.is_simulated,
        "evidence_hash": opportunity.evidence_hash,
        "legs": _text(opportunity.candidate.legs),
        "priced": _text(opportunity.priced),
        "size_curve": _text(opportunity.size_curve),
        "score_parts": _text(opportunity.score.parts),
        "step_rank": trail.rank,
        "kept_at": trail.kept_at,
        "expected_life_s": opportunity.expected_life_s,
        "half_life_s": opportunity.half_life_s,
    }


def revision_row(event: OpportunityEvent, trail: Trail) -> dict[str, Any]:
    """The columns of table `revisions`."""
    return {
        "opportunity_id": event.opportunity.id,
        "at": trail.at,
        "change": event.change.value,
        "net_bps": event.opportunity.priced.net_bps,
        "horizon_hours": event.opportunity.horizon_hours,
        "priced": _text(event.opportunity.priced),
        "digest": event.opportunity.evidence_hash,
    }


def opportunity_of(row: Row[Any]) -> Opportunity:
    """The opportunity of a row; IntegrityError names the id where the row makes no sense."""
    try:
        kind = OpportunityKind(row.kind)
        return Opportunity(
            id=row.id,
            candidate=Candidate(kind, _legs.decode(row.legs)),
            asset=row.asset,
            identity=IdentityLevel(row.identity),
            qualifies_on=Qualification(row.qualifies_on),
            opened_at=row.opened_at,
            updated_at=row.updated_at,
            closed_at=row.closed_at,
            close_reason=row.close_reason,
            notional=row.notional,
            horizon_hours=row.horizon_hours,
            breakeven_hours=row.breakeven_hours,
            priced=priced_of(kind, row.priced),
            size_curve=_curve.decode(row.size_curve),
            capacity_usd=row.capacity_usd,
            peak_net_bps=row.peak_net_bps,
            score=Score(row.score, _parts.decode(row.score_parts)),
            evidence_hash=row.evidence_hash,
            is_simulated=row.is_simulated,
            expected_life_s=row.expected_life_s,
            half_life_s=row.half_life_s,
        )
    except (ValueError, msgspec.DecodeError) as fault:
        raise IntegrityError(f"stored opportunity {row.id} cannot be read: {fault}") from fault


def with_networks(opportunity: Opportunity, document: Mapping[str, Any]) -> Opportunity:
    """The opportunity with what its evidence says of networks; as it is where that is older than such knowledge."""
    try:
        return replace(
            opportunity,
            networks=msgspec.convert(document.get("networks", []), tuple[NetworkFinding, ...]),
            transfer=msgspec.convert(document.get("transfer"), TransferRoute | None),
        )
    except msgspec.ValidationError as fault:
        raise IntegrityError(f"stored networks of {opportunity.id} cannot be read: {fault}") from fault


def priced_of(kind: OpportunityKind, text: str) -> PricedPair | PricedTriangle:
    """The figures again; msgspec's errors pass through to the caller, who knows whose they are."""
    return _triangle.decode(text) if kind is OpportunityKind.TRIANGULAR else _pair.decode(text)


def rejection_row(rejection: Rejection) -> dict[str, Any]:
    """The columns of table `rejections`."""
    return {
        "candidate": str(rejection.candidate),
        "kind": rejection.candidate.kind.value,
        "legs": _text(rejection.candidate.legs),
        "asset": rejection.asset,
        "gate": rejection.gate.value,
        "reason": rejection.reason,
        "at": rejection.at,
        "gross": rejection.gross,
        "net_bps": rejection.net_bps,
    }


def rejection_of(row: Row[Any]) -> Rejection:
    """The rejection of a row; IntegrityError names the candidate where the row makes no sense."""
    try:
        return Rejection(
            candidate=Candidate(OpportunityKind(row.kind), _legs.decode(row.legs)),
            asset=row.asset,
            gate=Gate(row.gate),
            reason=row.reason,
            at=row.at,
            gross=math.nan if row.gross is None else row.gross,
            net_bps=row.net_bps,
        )
    except (ValueError, msgspec.DecodeError) as fault:
        raise IntegrityError(f"stored rejection of {row.candidate} cannot be read: {fault}") from fault


def _text(value: object) -> str:
    return _encode(value).decode()
