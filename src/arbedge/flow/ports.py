"""What the flow asks of the stages it joins, in the few words it needs."""

from collections.abc import Collection, Iterable, Iterator, Sequence
from datetime import datetime
from decimal import Decimal
from typing import Any, Protocol

from arbedge.domain.funding import FundingState, Settlement
from arbedge.domain.instrument import InstrumentId
from arbedge.domain.opportunity import Rejection
from arbedge.domain.quote import Book, BookChange
from arbedge.flow.outcome_rows import OutcomeBatch, PendingOutcome
from arbedge.market.ports import LinkEvent, TopRow

__all__ = [
    "FaultLog",
    "FundingView",
    "MarketIntake",
    "OutcomeArchive",
    "RejectionSource",
    "SettledFunding",
    "TickHooks",
    "TickSink",
]


class MarketIntake(Protocol):
    """Where frames enter the market; synchronous, refuses bad frames itself."""

    def accept_top(  # noqa: PLR0913 - one call a frame: values stay on the stack, no object is made
        self,
        slot: int,
        bid: float,
        bid_qty: float,
        ask: float,
        ask_qty: float,
        sequence: int,
        venue_at_ms: int,
        received_ns: int,
    ) -> bool:
        """A best bid and ask; True when the board changed."""
        ...

    def accept_tops(self, rows: Iterator[TopRow], received_ns: int, changed: list[int]) -> None:
        """`accept_top` of each row in turn; slots whose prices changed are added to `changed`."""
        ...

    def accept_book_change(self, slot: int, change: BookChange) -> bool:
        """A depth frame; True when the book is in sequence after it."""
        ...

    def accept_book(self, slot: int, book: Book) -> bool:
        """A whole book from a stream; True when it was usable."""
        ...

    def accept_funding(self, slot: int, state: FundingState) -> bool:
        """Funding of a perpetual; False when it made no sense."""
        ...

    def accept_alive(self, link: str, at_ns: int) -> None:
        """Any frame arrived on that connection."""
        ...

    def accept_link(self, event: LinkEvent) -> Iterable[int]:
        """A connection changed state; returns the slots whose quotes were lost with it."""
        ...


class TickSink(Protocol):
    """Where changed slots go."""

    def touch(self, slots: Collection[int]) -> int:
        """Quotes of these slots changed; returns how many candidates were appraised."""
        ...

    def sweep(self) -> None:
        """Look at everything again."""
        ...


class TickHooks(Protocol):
    """What metrics want to know of the tick path."""

    def batch_done(self, slots: int, candidate_after_s: float | None) -> None:
        """One batch of changed slots was looked at; seconds from its oldest frame to the last appraisal, if any."""
        ...


class RejectionSource(Protocol):
    """Where rejections worth storing come from."""

    def take_rejections(self) -> Sequence[Rejection]:
        """Rejections that are new since the last call."""
        ...


class FaultLog(Protocol):
    """Where the flow reports what it survived; a structlog logger fits."""

    def error(self, event: str, **fields: Any) -> Any:
        """Something went wrong and was contained."""
        ...


class OutcomeArchive(Protocol):
    """Where outcomes are kept; raises `Unavailable` when the store cannot be reached."""

    async def keep(self, batch: OutcomeBatch) -> None:
        """Keep all of it or nothing; keeping it twice changes nothing."""
        ...

    async def pending(self, limit: int) -> Sequence[PendingOutcome]:
        """Outcomes that have not ended, oldest first."""
        ...


class FundingView(Protocol):
    """Funding of perpetuals as the market knows it now, by slot."""

    def settlements(self, slot: int, until: datetime) -> Sequence[Settlement]:
        """Expected settlements to `until`, oldest first; empty where unknown."""
        ...

    def mark(self, slot: int) -> Decimal | None:
        """The venue's mark price, in venue units."""
        ...


class SettledFunding(Protocol):
    """What a venue says was settled; raises `Unavailable`, `Rejected` or `IntegrityError`."""

    async def fetch_funding_history(
        self, perp: InstrumentId, since: datetime, until: datetime
    ) -> Sequence[Settlement]:
        """Settled rates with `since` <= at < `until`, oldest first."""
        ...
