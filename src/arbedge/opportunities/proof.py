"""Proof that a stored opportunity's figures follow from its stored evidence, recomputed to the last digit."""

from collections.abc import Iterator
from dataclasses import dataclass, fields
from decimal import Decimal
from typing import Any, NamedTuple

from arbedge.domain.opportunity import Candidate, Leg, Opportunity, Side
from arbedge.domain.priced import BelowMinimumSize, HedgeFigures, PricedPair, PricedTriangle
from arbedge.errors import IntegrityError, Invalid
from arbedge.opportunities.evidence.model import PairEvidence, TriangleEvidence
from arbedge.opportunities.evidence.parsing import parse
from arbedge.opportunities.evidence.writing import digest
from arbedge.opportunities.ports import OpportunityRecord
from arbedge.opportunities.pricing.pricer import Evidence, Priced, price

__all__ = ["Proof", "ProofFailed", "ProofLine", "prove"]


class ProofLine(NamedTuple):
    """One field: as stored, and as rebuilt from the evidence; in full, unrounded (`absent` where there is none)."""

    field: str
    stored: str
    rebuilt: str

    @property
    def holds(self) -> bool:
        """Whether both sides are the same."""
        return self.stored == self.rebuilt


class ProofFailed(IntegrityError):
    """The stored figures do not follow from the stored evidence; the message names every field that differs."""

    code = "proof_failed"


@dataclass(frozen=True, slots=True)
class Proof:
    """Every field of a stored opportunity beside what its evidence gives. It holds when all lines do."""

    opportunity_id: str
    lines: tuple[ProofLine, ...]

    @property
    def holds(self) -> bool:
        """Whether every field follows from the evidence."""
        return all(line.holds for line in self.lines)

    @property
    def difference(self) -> str:
        """Each field that differs, with both sides, in one line; empty when the proof holds."""
        wrong = (line for line in self.lines if not line.holds)
        return "; ".join(f"{line.field}: stored {line.stored}, rebuilt {line.rebuilt}" for line in wrong)

    def require(self) -> None:
        """Raise ProofFailed, naming every field that differs, unless the proof holds."""
        if not self.holds:
            raise ProofFailed(f"{self.opportunity_id} does not follow from its evidence: {self.difference}")

    def document(self) -> dict[str, Any]:
        """The proof as JSON values."""
        return {
            "id": self.opportunity_id,
            "holds": self.holds,
            "fields": {
                line.field: {"stored": line.stored, "rebuilt": line.rebuilt, "holds": line.holds}
                for line in self.lines
            },
        }


def prove(record: OpportunityRecord) -> Proof:
    """Rebuild every figure from the evidence and compare: digits, hash, kind, legs, size and horizon.

    Evidence that cannot be read or priced gives a proof with the one line `evidence`, which does not hold.
    """
    opportunity, document = record.opportunity, record.evidence
    try:
        evidence = parse(document)
        priced = price(evidence)
    except Invalid as fault:
        unreadable = ProofLine("evidence", opportunity.evidence_hash, f"unreadable ({fault})")
        return Proof(opportunity.id, (unreadable,))
    compared: list[_Compared] = [
        ("evidence_hash", opportunity.evidence_hash, digest(document)),
        *_subject(opportunity, evidence),
        *_figures(opportunity.priced, priced),
    ]
    return Proof(opportunity.id, tuple(ProofLine(name, _text(a), _text(b)) for name, a, b in compared))


_Compared = tuple[str, object, object]


def _subject(opportunity: Opportunity, evidence: Evidence) -> Iterator[_Compared]:
    """That the evidence is about this opportunity: its kind, asset, legs, notional and horizon."""
    yield "kind", opportunity.kind.value, evidence.kind.value
    yield "asset", opportunity.asset, evidence.asset
    yield "legs", _named(opportunity.candidate), _named_in(evidence)
    yield "notional", opportunity.notional, evidence.notional
    if isinstance(evidence, PairEvidence):
        yield "horizon_hours", opportunity.horizon_hours, evidence.horizon_hours


def _text(value: object) -> str:
    """Equal decimals print alike (1.0 and 1.00), unequal ones never do."""
    if isinstance(value, Decimal):
        return _trimmed(format(value, "f")) if value else "0"
    return "absent" if value is None else str(value)


def _trimmed(text: str) -> str:
    return text.rstrip("0").rstrip(".") if "." in text else text


def _named(candidate: Candidate) -> str:
    return ", ".join(_leg_name(leg) for leg in candidate.legs)


def _leg_name(leg: Leg) -> str:
    return f"{leg.side} {leg.instrument.venue}:{leg.instrument.symbol}"


def _named_in(evidence: Evidence) -> str:
    if isinstance(evidence, TriangleEvidence):
        return ", ".join(f"{leg.side} {leg.venue}:{leg.symbol}" for leg in evidence.legs)
    sides = ((Side.BUY, evidence.long), (Side.SELL, evidence.short))
    return ", ".join(f"{side} {leg.venue}:{leg.symbol}" for side, leg in sides)


def _figures(stored: PricedPair | PricedTriangle, rebuilt: Priced) -> Iterator[_Compared]:
    """Every figure either side has, by name."""
    if isinstance(rebuilt, BelowMinimumSize):
        yield "verdict", stored.verdict.value, f"{rebuilt.verdict.value} ({rebuilt.reason})"
        return
    names = dict.fromkeys([*_flat(stored), *_flat(rebuilt)])
    for name in names:
        yield name, _flat(stored).get(name), _flat(rebuilt).get(name)


def _flat(priced: PricedPair | PricedTriangle | HedgeFigures) -> dict[str, Decimal]:
    flat: dict[str, Decimal] = {}
    for field in fields(priced):
        value = getattr(priced, field.name)
        if isinstance(value, HedgeFigures):
            flat |= _flat(value)
        elif value is not None:
            flat[field.name] = value
    return flat
