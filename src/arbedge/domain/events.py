"""What happens to opportunities, as immutable events: opened, updated, closed, in that order under one id."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from arbedge.domain.opportunity import Opportunity

__all__ = ["OpportunityChange", "OpportunityEvent"]


class OpportunityChange(StrEnum):
    """What happened."""

    OPENED = "opened"
    UPDATED = "updated"
    CLOSED = "closed"


@dataclass(frozen=True, slots=True)
class OpportunityEvent:
    """One step in an opportunity's life.

    `evidence` is the JSON document (schema `arbedge.evidence/1`) that reproduces `opportunity.priced`;
    on `closed` it is the last one that qualified.
    """

    change: OpportunityChange
    opportunity: Opportunity
    evidence: Mapping[str, Any]
