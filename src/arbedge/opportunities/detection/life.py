"""The life of an opportunity: opened, updated, closed under one id while the same legs qualify.

A gap in qualifying up to the grace does not end a life; a longer one closes it with the reason last seen. Ages are
measured on the monotonic clock, stamps are wall time and never run backwards within a life.
"""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from decimal import Decimal
from typing import Any

from arbedge.domain.events import OpportunityChange, OpportunityEvent
from arbedge.domain.network import NetworkFinding, TransferRoute
from arbedge.domain.opportunity import (
    Candidate,
    IdentityLevel,
    Leg,
    Opportunity,
    Qualification,
    Score,
)
from arbedge.domain.priced import PricedPair, PricedTriangle, SizePoint

__all__ = ["LegsKey", "LifeTracker", "Sighting", "closed_by_restart", "opportunity_id"]

LegsKey = tuple[Leg, ...]
"""What makes two sightings the same opportunity: its legs. The kind may change with prices (two perpetuals)."""

_REFRESH_S = 1.0
"""A life whose figures stand still is still told this often, so that its last-seen stamp is known."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Sighting:
    """One qualifying appraisal: everything an opportunity shows that is not its life."""

    candidate: Candidate
    asset: str
    identity: IdentityLevel
    qualifies_on: Qualification
    notional: Decimal
    horizon_hours: Decimal
    breakeven_hours: Decimal | None
    priced: PricedPair | PricedTriangle
    size_curve: tuple[SizePoint, ...]
    capacity_usd: Decimal
    score: Score
    evidence: Mapping[str, Any]
    evidence_hash: str
    at: datetime
    at_ns: int
    expected_life_s: float | None = None
    half_life_s: float | None = None
    networks: tuple[NetworkFinding, ...] = ()
    transfer: TransferRoute | None = None


@dataclass(slots=True)
class _Life:
    opportunity: Opportunity
    evidence: Mapping[str, Any]
    opened_ns: int
    seen_ns: int
    told_ns: int
    reason: str | None = None


def opportunity_id(candidate: Candidate, opened_at: datetime) -> str:
    """A stable id: 16 hex digits of the candidate's name and the moment it opened."""
    return hashlib.sha256(f"{candidate}|{opened_at.isoformat()}".encode()).hexdigest()[:16]


def closed_by_restart(opportunity: Opportunity, evidence: Mapping[str, Any], at: datetime) -> OpportunityEvent:
    """Close one that an earlier run left open: nobody watched it since it was last seen."""
    reason = f"restart: not watched after {opportunity.updated_at:%Y-%m-%d %H:%M:%S} UTC"
    return _closed(opportunity, evidence, reason, at)


class LifeTracker:
    """Every open opportunity of this run. Returns the events each call causes, in order."""

    def __init__(self, grace_s: float, *, is_simulated: bool) -> None:
        self._grace_ns = int(grace_s * 1e9)
        self._is_simulated = is_simulated
        self._open: dict[LegsKey, _Life] = {}

    def __len__(self) -> int:
        return len(self._open)

    def __contains__(self, key: LegsKey) -> bool:
        return key in self._open

    def open_ones(self) -> tuple[Opportunity, ...]:
        """All open opportunities, in the order they opened."""
        return tuple(life.opportunity for life in self._open.values())

    def peak_and_age(self, key: LegsKey, now_ns: int) -> tuple[Decimal | None, float]:
        """(peak net in bps, age in seconds) of an open one; (None, 0) before it opens."""
        life = self._open.get(key)
        if life is None:
            return None, 0.0
        return life.opportunity.peak_net_bps, (now_ns - life.opened_ns) / 1e9

    def sight(self, sighting: Sighting) -> tuple[OpportunityEvent, ...]:
        """The legs qualify: opens, updates, or (after an unnoticed gap) closes the old life and opens a new one."""
        key = sighting.candidate.legs
        life = self._open.get(key)
        if life is not None and sighting.at_ns - life.seen_ns > self._grace_ns:
            return (self._close(key, sighting.at), self._begin(sighting))
        if life is None:
            return (self._begin(sighting),)
        return self._continue(life, sighting)

    def miss(self, key: LegsKey, reason: str, at: datetime, now_ns: int) -> tuple[OpportunityEvent, ...]:
        """The legs do not qualify now, for this reason; closes them once the grace is over."""
        life = self._open.get(key)
        if life is None:
            return ()
        life.reason = reason
        if now_ns - life.seen_ns <= self._grace_ns:
            return ()
        return (self._close(key, at),)

    def expire(self, at: datetime, now_ns: int) -> tuple[OpportunityEvent, ...]:
        """Close everything that has not qualified for longer than the grace."""
        over = [key for key, life in self._open.items() if now_ns - life.seen_ns > self._grace_ns]
        return tuple(self._close(key, at) for key in over)

    def close_all(self, reason: str, at: datetime) -> tuple[OpportunityEvent, ...]:
        """Close everything now, as when watching ends."""
        for life in self._open.values():
            life.reason = reason
        return tuple(self._close(key, at) for key in list(self._open))

    def _begin(self, sighting: Sighting) -> OpportunityEvent:
        opportunity = Opportunity(
            id=opportunity_id(sighting.candidate, sighting.at),
            opened_at=sighting.at,
            closed_at=None,
            close_reason=None,
            peak_net_bps=sighting.priced.net_bps,
            is_simulated=self._is_simulated,
            **_shown(sighting, sighting.at),
        )
        seen_ns = sighting.at_ns
        self._open[sighting.candidate.legs] = _Life(opportunity, sighting.evidence, seen_ns, seen_ns, seen_ns)
        return OpportunityEvent(OpportunityChange.OPENED, opportunity, sighting.evidence)

    def _continue(self, life: _Life, sighting: Sighting) -> tuple[OpportunityEvent, ...]:
        before = life.opportunity
        life.opportunity = replace(
            before,
            peak_net_bps=max(before.peak_net_bps, sighting.priced.net_bps),
            **_shown(sighting, max(before.updated_at, sighting.at)),
        )
        life.evidence, life.seen_ns, life.reason = sighting.evidence, sighting.at_ns, None
        is_due = sighting.at_ns - life.told_ns >= _REFRESH_S * 1e9
        if not is_due and _is_same(before, life.opportunity):
            return ()
        life.told_ns = sighting.at_ns
        return (OpportunityEvent(OpportunityChange.UPDATED, life.opportunity, life.evidence),)

    def _close(self, key: LegsKey, at: datetime) -> OpportunityEvent:
        life = self._open.pop(key)
        return _closed(life.opportunity, life.evidence, life.reason or "fresh: not confirmed within the grace", at)


def _closed(opportunity: Opportunity, evidence: Mapping[str, Any], reason: str, at: datetime) -> OpportunityEvent:
    over = replace(opportunity, closed_at=max(opportunity.updated_at, at), close_reason=reason)
    return OpportunityEvent(OpportunityChange.CLOSED, over, evidence)


def _is_same(before: Opportunity, after: Opportunity) -> bool:
    return (
        before.priced == after.priced
        and before.candidate == after.candidate
        and before.qualifies_on is after.qualifies_on
        and before.horizon_hours == after.horizon_hours
    )


def _shown(sighting: Sighting, updated_at: datetime) -> dict[str, Any]:
    return {
        "candidate": sighting.candidate,
        "asset": sighting.asset,
        "identity": sighting.identity,
        "qualifies_on": sighting.qualifies_on,
        "updated_at": updated_at,
        "notional": sighting.notional,
        "horizon_hours": sighting.horizon_hours,
        "breakeven_hours": sighting.breakeven_hours,
        "priced": sighting.priced,
        "size_curve": sighting.size_curve,
        "capacity_usd": sighting.capacity_usd,
        "score": sighting.score,
        "evidence_hash": sighting.evidence_hash,
        "expected_life_s": sighting.expected_life_s,
        "half_life_s": sighting.half_life_s,
        "networks": sighting.networks,
        "transfer": sighting.transfer,
    }
