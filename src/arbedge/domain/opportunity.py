"""What an opportunity is: a candidate that passed every gate, with its figures, its life and its score."""

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from enum import StrEnum
from typing import NamedTuple

from arbedge.domain.instrument import InstrumentId
from arbedge.domain.network import NetworkFinding, TransferRoute
from arbedge.domain.priced import PricedPair, PricedTriangle, SizePoint

__all__ = [
    "Candidate",
    "Gate",
    "IdentityLevel",
    "Leg",
    "Opportunity",
    "OpportunityKind",
    "Qualification",
    "Rejection",
    "Score",
    "Side",
]


class OpportunityKind(StrEnum):
    """The kinds of arbitrage, by what their two (or three) legs are."""

    SPOT_SPOT = "spot_spot"
    SPOT_PERP = "spot_perp"
    PERP_SPOT = "perp_spot"
    PERP_PERP = "perp_perp"
    FUNDING = "funding"
    TRIANGULAR = "triangular"


class Side(StrEnum):
    """Which way a leg trades at entry."""

    BUY = "buy"
    SELL = "sell"


class Gate(StrEnum):
    """The gates a candidate passes, in this order; the first that fails is kept."""

    IDENTITY = "identity"
    TRADING = "trading"
    BOOK = "book"
    FRESH = "fresh"
    BAND = "band"
    SIZE = "size"
    LIQUIDITY = "liquidity"
    BORROW = "borrow"
    NETWORK = "network"
    PLAUSIBLE = "plausible"
    NET = "net"


class IdentityLevel(StrEnum):
    """How it is known that two instruments stand for the same asset, strongest first."""

    ADDRESS = "address"
    INDEX = "index"
    RATIO = "ratio"
    UNKNOWN = "unknown"


class Qualification(StrEnum):
    """Which net made the opportunity qualify: the expected one, or the one that holds only if the gap closes."""

    NET = "net"
    NET_CLOSE = "net_close"


class Leg(NamedTuple):
    """One leg of a candidate: the instrument and the side taken at entry."""

    instrument: InstrumentId
    side: Side


class Candidate(NamedTuple):
    """A combination that could be an opportunity: long leg first, then short; three legs in order if triangular.

    Prints as `spot_perp|buy binance:spot:BTCUSDT|sell binance:perp:BTCUSDT`, which is also its stable key.
    """

    kind: OpportunityKind
    legs: tuple[Leg, ...]

    def __str__(self) -> str:
        return "|".join([self.kind.value, *(f"{leg.side} {leg.instrument}" for leg in self.legs)])


@dataclass(frozen=True, slots=True)
class Rejection:
    """Why a candidate is not shown: the first gate that failed, in words a person can act on.

    `gross` is the float pre-filter's edge as a fraction (a hint for ordering, never a priced figure);
    `net_bps` is there when exact pricing got as far.
    """

    candidate: Candidate
    asset: str
    gate: Gate
    reason: str
    at: datetime
    gross: float
    net_bps: Decimal | None = None


@dataclass(frozen=True, slots=True)
class Score:
    """The rank of an opportunity in 0..1 (float, for ordering only) with the normalised parts it is made of.

    `parts` maps a part's name to (value 0..1, weight); the total is their weighted mean.
    """

    total: float
    parts: tuple[tuple[str, float, float], ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Opportunity:
    """One opportunity at one moment of its life; the same `id` while the same legs qualify.

    `breakeven_hours` is the first settlement at which cumulative net is positive (None: never inside the
    horizon, or not a hedged kind); `capacity_usd` the largest entry notional whose net is not negative;
    `evidence_hash` names the inputs that reproduce `priced` to the last digit. `expected_life_s` is the median time
    still to live, by lives of its kind between its venues (float, informs and orders; None: too few lives).
    `half_life_s` is how long the mid gap of its legs takes for half of the way back to its mean, by their own
    recorded prices (float, informs; None: no history tells). `networks` says for each leg that is a coin how cut
    off it is at its venue; `transfer` is the network the coin moves over, None where nothing has to move.
    """

    id: str
    candidate: Candidate
    asset: str
    identity: IdentityLevel
    qualifies_on: Qualification
    opened_at: datetime
    updated_at: datetime
    closed_at: datetime | None
    close_reason: str | None
    notional: Decimal
    horizon_hours: Decimal
    breakeven_hours: Decimal | None
    priced: PricedPair | PricedTriangle
    size_curve: tuple[SizePoint, ...]
    capacity_usd: Decimal
    peak_net_bps: Decimal
    score: Score
    evidence_hash: str
    is_simulated: bool
    expected_life_s: float | None = None
    half_life_s: float | None = None
    networks: tuple[NetworkFinding, ...] = ()
    transfer: TransferRoute | None = None

    @property
    def kind(self) -> OpportunityKind:
        """The candidate's kind."""
        return self.candidate.kind
