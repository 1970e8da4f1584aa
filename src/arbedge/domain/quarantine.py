"""A pair of instruments that waits for a person: why it waits, what was seen of it, what was decided.

The ratio is of their prices a base unit, first over second, as last seen (float: for reading only). Moments are
aware UTC.
"""

import hashlib
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum

from arbedge.domain.instrument import InstrumentId

__all__ = ["Doubt", "HandDecision", "QuarantineCase", "Verdict", "case_id", "in_order"]

_ID_CHARS = 12


class Doubt(StrEnum):
    """Why a pair waits: prices apart, a multiplier nobody proved, no proof, a gap beyond belief, by request."""

    COLLISION = "collision"
    MULTIPLIER = "multiplier"
    UNPROVEN = "unproven"
    IMPLAUSIBLE = "implausible"
    ASKED = "asked"


class Verdict(StrEnum):
    """What a person said: the two are one asset, or they are not."""

    APPROVED = "approved"
    REJECTED = "rejected"


@dataclass(frozen=True, slots=True)
class HandDecision:
    """A person's word on a pair; it ends (`expired_at`) when one of the two leaves the venue's list."""

    verdict: Verdict
    at: datetime
    by: str
    reason: str
    expired_at: datetime | None = None

    @property
    def holds(self) -> bool:
        """Whether it counts now."""
        return self.expired_at is None


@dataclass(frozen=True, slots=True, kw_only=True)
class QuarantineCase:
    """One pair. `times` is how often a candidate of it was looked at; 0 when it was only named by a person.

    `listed_at` are the venues' dates of listing when a running process saw the pair last; the same symbol with a
    later date is another listing, and what was decided about the earlier one does not count.
    """

    first: InstrumentId
    second: InstrumentId
    asset: str
    doubt: Doubt
    basis: str
    ratio: float | None
    first_seen_at: datetime
    last_seen_at: datetime
    times: int
    is_simulated: bool
    listed_at: tuple[datetime | None, datetime | None] = (None, None)
    decision: HandDecision | None = None

    @property
    def id(self) -> str:
        """Its name: the same for the same pair in every run."""
        return case_id(self.first, self.second, is_simulated=self.is_simulated)

    @property
    def is_decided(self) -> bool:
        """Whether a person's word holds now."""
        return self.decision is not None and self.decision.holds

    def expired(self, at: datetime) -> "QuarantineCase":
        """The same case whose decision no longer counts."""
        if self.decision is None or not self.decision.holds:
            return self
        return replace(self, decision=replace(self.decision, expired_at=at))


def in_order(one: InstrumentId, two: InstrumentId) -> tuple[InstrumentId, InstrumentId]:
    """The pair in the order it is kept in, whichever came first."""
    return (one, two) if str(one) <= str(two) else (two, one)


def case_id(one: InstrumentId, two: InstrumentId, *, is_simulated: bool) -> str:
    """Twelve hex digits that name a pair; simulated pairs have names of their own."""
    first, second = in_order(one, two)
    words = f"{'simulated ' if is_simulated else ''}{first} {second}"
    return hashlib.sha256(words.encode()).hexdigest()[:_ID_CHARS]
