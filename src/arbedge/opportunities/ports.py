"""What the opportunities stage asks of the world: a view of the market, and an archive.

Archive methods raise `Unavailable` when the store cannot be reached and `NotFound` for an unknown id.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime
from decimal import Decimal
from typing import Any, Protocol

from arbedge.domain.events import OpportunityEvent
from arbedge.domain.funding import Settlement
from arbedge.domain.instrument import Instrument
from arbedge.domain.network import TransferRoute
from arbedge.domain.opportunity import Opportunity, Rejection
from arbedge.market.facts import Columns, ConversionRate, IdentityFinding, LegFacts
from arbedge.market.history.reversion import Reversion

__all__ = ["GapRecord", "MarketView", "OpportunityArchive", "OpportunityRecord"]


class MarketView(Protocol):
    """The market as detection sees it; synchronous, on the hot path's thread."""

    def instruments(self) -> Sequence[Instrument]:
        """Every known instrument; its index is its slot. Grows, never reorders."""
        ...

    def columns(self) -> Columns:
        """The live columns (same arrays until an instrument is added)."""
        ...

    def leg(self, slot: int) -> LegFacts:
        """The facts of one leg now; asks for its detail book as a side effect, so that it is there next time."""
        ...

    def identity(self, first: int, second: int) -> IdentityFinding:
        """Whether two slots stand for the same asset."""
        ...

    def doubt(self, first: int, second: int, basis: str) -> str | None:
        """Hold a pair whose gap is too good to be true for a person; the name it waits under, None where full."""
        ...

    def settlements(self, slot: int, until: datetime) -> tuple[Settlement, ...]:
        """Expected settlements of a perpetual from now to `until`, oldest first; empty for spot or unknown."""
        ...

    def transfer(self, bought: int, sold: int, quantity: Decimal) -> TransferRoute | str:
        """How `quantity` base units bought in one slot get to where the other is sold; else why they do not."""
        ...

    def conversion(self, currency: str) -> ConversionRate | None:
        """A quote currency in the reporting currency; None where no live rate is known."""
        ...


class GapRecord(Protocol):
    """What recorded prices say about the gap of two instruments."""

    def reversion(self, long: int, short: int) -> Reversion | str:
        """How the gap of these slots (mid of short / mid of long - 1) reverts, or in words why nobody knows."""
        ...


class OpportunityRecord(Protocol):
    """One stored step of an opportunity with its evidence."""

    @property
    def opportunity(self) -> Opportunity:
        """The opportunity as it was then."""
        ...

    @property
    def evidence(self) -> Mapping[str, Any]:
        """The document that reproduces its figures."""
        ...


class OpportunityArchive(Protocol):
    """Where opportunities and rejections are kept."""

    async def record(self, events: Sequence[OpportunityEvent]) -> None:
        """Keep these events durably, in order; recording one twice changes nothing."""
        ...

    async def record_rejections(self, rejections: Sequence[Rejection]) -> None:
        """Keep the latest rejection of each candidate."""
        ...

    async def find(self, opportunity_id: str) -> OpportunityRecord:
        """The latest state of one opportunity and its evidence."""
        ...

    async def history(self, since: datetime, until: datetime, limit: int) -> tuple[OpportunityRecord, ...]:
        """Opportunities opened in [since, until), newest first."""
        ...

    async def rejections(self, text: str, limit: int) -> tuple[Rejection, ...]:
        """Latest rejections whose candidate or asset contains `text` (any case), newest first."""
        ...

    async def prune(self, before: datetime) -> int:
        """Delete what closed or was rejected before then; returns how many rows went."""
        ...
