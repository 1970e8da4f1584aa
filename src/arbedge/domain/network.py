"""How a coin moves between venues: one network of one coin at one venue, and a way from one venue to another.

Quantities and fees are in units of the coin as that venue counts it, fee shares are fractions (0.01 = 1 %).
"""

from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum

from arbedge.domain.money import ZERO

__all__ = ["CoinNetwork", "NetworkFinding", "NetworkState", "TransferRoute"]


class NetworkState(StrEnum):
    """Whether a coin may pass one way now; what nobody says, or said too long ago, is unknown, never open."""

    OPEN = "open"
    CLOSED = "closed"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True, kw_only=True)
class CoinNetwork:
    """One network a venue takes or sends a coin over.

    `network` is our spelling of the name, `label` the venue's. A withdrawal of q costs `withdraw_fee` +
    `withdraw_fee_pct` * q of the coin; a fee of None is not known. `contract` is the token's address on that
    network, None for a chain's own coin or where the venue states none. `received_ns` is monotonic.
    """

    venue: str
    coin: str
    network: str
    label: str
    deposit: NetworkState
    withdraw: NetworkState
    withdraw_fee: Decimal | None
    withdraw_fee_pct: Decimal = ZERO
    min_deposit: Decimal = ZERO
    min_withdraw: Decimal = ZERO
    contract: str | None = None
    needs_memo: bool = False
    is_congested: bool = False
    received_ns: int


@dataclass(frozen=True, slots=True, kw_only=True)
class NetworkFinding:
    """What is known of a coin's networks at one venue: whether any lets it in, whether any lets it out.

    The two may be different networks: this says how cut off a market is, never that a coin can be moved (that is
    `TransferRoute`). `age_s` is None where nothing was ever read; `source` says who told it, or why nobody did.
    """

    venue: str
    coin: str
    deposit: NetworkState
    withdraw: NetworkState
    age_s: float | None
    source: str

    @property
    def open_share(self) -> float | None:
        """1 when both ways are open, 1/2 when one is, 0 when none is (float: for scores); None where unknown."""
        if NetworkState.UNKNOWN in {self.deposit, self.withdraw}:
            return None
        return ((self.deposit is NetworkState.OPEN) + (self.withdraw is NetworkState.OPEN)) / 2


@dataclass(frozen=True, slots=True, kw_only=True)
class TransferRoute:
    """One network that lets a coin out of one venue and into the other at the quantity asked for.

    Fees are in the units of that quantity. `age_s` is that of the older of the two readings; `needs_memo` when the
    receiving side wants a tag or memo.
    """

    network: str
    withdraw_fee: Decimal
    withdraw_fee_pct: Decimal
    needs_memo: bool
    is_congested: bool
    age_s: float
