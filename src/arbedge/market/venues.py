"""What the market stage uses of one venue, and how that venue is doing, in words for people."""

from dataclasses import dataclass
from enum import StrEnum

from arbedge.domain.instrument import MarketKind
from arbedge.errors import ArbEdgeError
from arbedge.market.ports import FundingSource, LimitSource, NetworkSource, VenueCatalogue

__all__ = ["VenueCondition", "VenueFaults", "VenueSources", "VenueState", "is_restriction"]


@dataclass(frozen=True, slots=True)
class VenueSources:
    """A venue's reads, and the kinds of market watched there; `networks` is None where it takes a key to ask.

    `limits` is None where price limits come with the listing, or not at all.
    """

    catalogue: VenueCatalogue
    funding: FundingSource
    kinds: tuple[MarketKind, ...] = (MarketKind.SPOT, MarketKind.PERP)
    networks: NetworkSource | None = None
    limits: LimitSource | None = None


class VenueCondition(StrEnum):
    """How a venue is doing."""

    CONNECTING = "connecting"
    LIVE = "live"
    DEGRADED = "degraded"
    RESTRICTED = "restricted"
    DOWN = "down"


@dataclass(frozen=True, slots=True)
class VenueState:
    """One venue's line in every view: instruments it lists, how many quote now, and what is wrong if anything."""

    name: str
    state: VenueCondition
    instruments: int
    quotes: int
    error: str | None


class VenueFaults:
    """The latest error of each thing read from a venue; a success clears its own."""

    def __init__(self) -> None:
        self._errors: dict[str, ArbEdgeError] = {}
        self.failures = 0

    def note(self, what: str, error: ArbEdgeError) -> None:
        """Reading `what` failed."""
        self._errors[what] = error
        self.failures += 1

    def clear(self, what: str) -> None:
        """Reading `what` worked."""
        self._errors.pop(what, None)

    @property
    def text(self) -> str | None:
        """The first standing error in words, or None; a refusal by location goes first."""
        if not self._errors:
            return None
        what, error = min(self._errors.items(), key=lambda item: not is_restriction(item[1]))
        more = f" (and {len(self._errors) - 1} more)" if len(self._errors) > 1 else ""
        return f"{error}{more}" if is_restriction(error) else f"{what}: {error}{more}"

    @property
    def is_restricted(self) -> bool:
        """Whether the venue refuses this location."""
        return any(is_restriction(error) for error in self._errors.values())


def is_restriction(error: ArbEdgeError) -> bool:
    """Whether an error says that the venue refuses this location; known by its code, venues are not named here."""
    return error.code == "restricted"
