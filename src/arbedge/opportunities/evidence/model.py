"""Evidence as values: exactly what exact pricing reads, in the venue's units and the venue's spelling.

Prices, sizes, lots, minima and marks are venue figures; `multiplier`, `contract_size` and `quote_rate` turn them
into reporting currency for one base unit and base units (opportunities.md, "Units"). Fees, rates, costs and
shares are fractions (0.001 = 10 bps). Nothing here is checked: `parsing` checks what comes from outside.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from enum import StrEnum

from arbedge.domain.fees import FeeAsset
from arbedge.domain.funding import Settlement
from arbedge.domain.instrument import MarketKind
from arbedge.domain.money import ZERO
from arbedge.domain.opportunity import OpportunityKind, Side
from arbedge.domain.quote import Level

__all__ = [
    "LEG_KINDS",
    "SCHEMA",
    "BookSide",
    "InventoryMode",
    "LegEvidence",
    "PairEvidence",
    "PriceLevel",
    "TriangleEvidence",
    "TriangleLeg",
    "book_side",
]

SCHEMA = "arbedge.evidence/1"
"""The schema every document names; a change of meaning is a new number."""

PriceLevel = tuple[Decimal, Decimal]
"""(price, size) of one book level in venue units, size > 0."""

BookSide = tuple[PriceLevel, ...]
"""One side of a book, best level first."""

_ONE = Decimal(1)
_SPOT, _PERP = MarketKind.SPOT, MarketKind.PERP

LEG_KINDS: dict[OpportunityKind, tuple[MarketKind, MarketKind]] = {
    OpportunityKind.SPOT_SPOT: (_SPOT, _SPOT),
    OpportunityKind.SPOT_PERP: (_SPOT, _PERP),
    OpportunityKind.PERP_SPOT: (_PERP, _SPOT),
    OpportunityKind.PERP_PERP: (_PERP, _PERP),
    OpportunityKind.FUNDING: (_PERP, _PERP),
}
"""What the long and the short leg of each two-leg kind are."""


class InventoryMode(StrEnum):
    """How a spot-spot pair has the asset to sell: kept on both venues, or moved after buying."""

    PREFUNDED = "prefunded"
    TRANSFER = "transfer"


def book_side(levels: Iterable[Level]) -> BookSide:
    """A venue's decimal strings as a book side; trusts that the feed already checked them."""
    return tuple((Decimal(price), Decimal(size)) for price, size in levels)


@dataclass(frozen=True, slots=True, kw_only=True)
class LegEvidence:
    """One leg of a pair.

    `mark` None means the book's mid. `settlements` matter on perpetuals only, `borrow_rate_hourly` on a short
    spot leg only, `conversion_cost` (lost turning the reporting currency into the quote) on spot legs only.
    """

    kind: MarketKind
    bids: BookSide
    asks: BookSide
    lot: Decimal
    taker_fee: Decimal
    venue: str = ""
    symbol: str = ""
    fee_asset: FeeAsset = FeeAsset.QUOTE
    multiplier: Decimal = _ONE
    contract_size: Decimal = _ONE
    quote_rate: Decimal = _ONE
    conversion_cost: Decimal = ZERO
    min_qty: Decimal = ZERO
    min_notional: Decimal = ZERO
    mark: Decimal | None = None
    settlements: tuple[Settlement, ...] = ()
    borrow_rate_hourly: Decimal = ZERO


@dataclass(frozen=True, slots=True, kw_only=True)
class PairEvidence:
    """A two-leg trade at one moment: buy `long`, sell `short`, for `notional` reporting currency.

    `convergence` is the share of the mid gap gone by the horizon; it may lie outside 0..1.
    """

    kind: OpportunityKind
    as_of: datetime
    notional: Decimal
    long: LegEvidence
    short: LegEvidence
    asset: str = ""
    mode: InventoryMode = InventoryMode.PREFUNDED
    horizon_hours: Decimal = ZERO
    convergence: Decimal = ZERO
    settlement_guard_s: Decimal = Decimal(60)
    leverage: Decimal = Decimal(3)
    margin_buffer: Decimal = Decimal("0.1")
    withdraw_fee_base: Decimal = ZERO
    withdraw_fee_pct: Decimal = ZERO

    @property
    def is_hedged(self) -> bool:
        """Whether the position is held and must be closed again: every kind but spot-spot."""
        return self.kind is not OpportunityKind.SPOT_SPOT

    @property
    def is_borrowed(self) -> bool:
        """Whether the short leg is spot with a borrow rate, so that it costs interest and is bought back."""
        return self.short.kind is MarketKind.SPOT and self.short.borrow_rate_hourly > 0


@dataclass(frozen=True, slots=True, kw_only=True)
class TriangleLeg:
    """One trade of a triangle, on the venue's own units; a fee taken from what is received unless it says quote."""

    side: Side
    bids: BookSide
    asks: BookSide
    lot: Decimal
    taker_fee: Decimal
    venue: str = ""
    symbol: str = ""
    fee_asset: FeeAsset = FeeAsset.RECEIVED
    multiplier: Decimal = _ONE
    contract_size: Decimal = _ONE
    min_qty: Decimal = ZERO
    min_notional: Decimal = ZERO


@dataclass(frozen=True, slots=True, kw_only=True)
class TriangleEvidence:
    """Three spot trades in order, starting from `notional` of whatever the first leg spends."""

    as_of: datetime
    notional: Decimal
    legs: tuple[TriangleLeg, TriangleLeg, TriangleLeg]
    asset: str = ""

    @property
    def kind(self) -> OpportunityKind:
        """Always `triangular`."""
        return OpportunityKind.TRIANGULAR
