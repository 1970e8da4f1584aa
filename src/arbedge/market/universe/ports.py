"""What identity asks of others: contract addresses, recorded prices, and a place where doubtful pairs are kept."""

from collections.abc import Sequence
from datetime import datetime
from typing import Protocol

from arbedge.domain.quarantine import HandDecision, QuarantineCase

__all__ = ["AddressBook", "PriceRecord", "QuarantineArchive"]


class AddressBook(Protocol):
    """Where a coin lives, as far as venues tell."""

    def contracts(self, venue: str, coin: str) -> frozenset[tuple[str, str]]:
        """(network, contract address) of a coin as its venue calls it; empty where nothing is known."""
        ...


class PriceRecord(Protocol):
    """Sampled prices of the last days, by slot, in reporting currency for one base unit."""

    @property
    def latest_at(self) -> datetime | None:
        """When the newest sample was taken; None before the first."""
        ...

    @property
    def span_h(self) -> float:
        """Hours the record reaches back."""
        ...

    def covered_h(self, first: int, second: int, span_h: float | None = None) -> float:
        """Hours in which both slots were known, within the last `span_h` where given."""
        ...

    def ratio_range(self, first: int, second: int, span_h: float) -> tuple[float, float] | None:
        """Least and largest price of second over first within the last `span_h`; None where never both known."""
        ...

    def forget(self, slot: int) -> None:
        """Drop everything known of a slot: its symbol may stand for something else from now on."""
        ...


class QuarantineArchive(Protocol):
    """Where cases and decisions are kept. Raises `Unavailable` when the store cannot be reached."""

    async def record(self, cases: Sequence[QuarantineCase]) -> None:
        """Keep what was seen of these cases; what a person decided is never changed by it.

        A case whose decision has expired is stored so, unless a person has decided anew since.
        """
        ...

    async def decide(self, case: QuarantineCase, decision: HandDecision) -> None:
        """Keep a person's word on a pair, adding the case where it is not known."""
        ...

    async def cases(self, *, is_simulated: bool) -> tuple[QuarantineCase, ...]:
        """Every case, longest known first."""
        ...

    async def decided(self, *, is_simulated: bool) -> tuple[QuarantineCase, ...]:
        """The cases a person has decided and whose decision holds."""
        ...

    async def prune(self, before: datetime) -> int:
        """Delete undecided cases last seen before then; returns how many went."""
        ...
