"""What can be traded: one instrument of one venue, in the venue's spelling and in ours.

Unit rule (opportunities.md, "Units"): inside the product every price is reporting currency for one base unit
of the asset and every size is base units; `price = venue_price / multiplier * quote_rate`,
`size = venue_size * contract_size * multiplier`.
"""

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from enum import StrEnum
from typing import NamedTuple

__all__ = ["AssetClass", "Instrument", "InstrumentId", "InstrumentStatus", "MarketKind", "PriceBand"]


class MarketKind(StrEnum):
    """The two kinds of market ArbEdge watches; a perp is linear (settled in its quote currency)."""

    SPOT = "spot"
    PERP = "perp"


class InstrumentStatus(StrEnum):
    """What the venue says may be done with the instrument now."""

    TRADING = "trading"
    PRELAUNCH = "prelaunch"
    CANCEL_ONLY = "cancel_only"
    SUSPENDED = "suspended"
    DELISTED = "delisted"


class AssetClass(StrEnum):
    """What stands behind the ticker; two instruments of different class are never the same asset.

    `STOCK` is a contract on a share, `TOKENISED_STOCK` a token that stands for shares, `LEVERAGED` a token of a
    leveraged fund, `PREMARKET` a contract on a coin that does not trade yet. `UNKNOWN` matches nothing by ticker.
    """

    COIN = "coin"
    STOCK = "stock"
    TOKENISED_STOCK = "tokenised_stock"
    COMMODITY = "commodity"
    FX = "fx"
    INDEX = "index"
    LEVERAGED = "leveraged"
    PREMARKET = "premarket"
    UNKNOWN = "unknown"


class InstrumentId(NamedTuple):
    """Identity of an instrument: venue slug, kind, and the venue's own symbol. Prints `binance:spot:BTCUSDT`."""

    venue: str
    kind: MarketKind
    symbol: str

    def __str__(self) -> str:
        return f"{self.venue}:{self.kind}:{self.symbol}"


@dataclass(frozen=True, slots=True)
class PriceBand:
    """How far from a reference a taker's price may lie: fractions of the mark (0.05 = 5 %), as the venue says."""

    up: Decimal
    down: Decimal


@dataclass(frozen=True, slots=True, kw_only=True)
class Instrument:
    """One tradable instrument as its venue lists it.

    `base` is the venue's ticker (`1000PEPE`), `asset` what stands behind it (`PEPE`), `multiplier` how many
    units of the asset one venue unit is (1000). `lot`, `min_qty`, `max_qty` are in venue units (contracts where
    `contract_size` is not 1), `min_notional` in quote currency, `tick` in venue price. `taker_fee` is a fraction,
    where the venue lists what everybody pays here; None where it does not.
    """

    id: InstrumentId
    base: str
    quote: str
    asset: str
    settle: str | None
    tick: Decimal
    lot: Decimal
    min_qty: Decimal
    min_notional: Decimal
    status: InstrumentStatus
    multiplier: Decimal = Decimal(1)
    contract_size: Decimal = Decimal(1)
    max_qty: Decimal | None = None
    asset_class: AssetClass = AssetClass.COIN
    band: PriceBand | None = None
    is_borrowable: bool | None = None
    listed_at: datetime | None = None
    delists_at: datetime | None = None
    taker_fee: Decimal | None = None

    @property
    def unit(self) -> Decimal:
        """Base units of the asset in one venue size unit."""
        return self.contract_size * self.multiplier
