"""One listed market of the lab: what its venue publishes about it, and the shape of its trading.

Prices and sizes move on whole ticks and lots (integers), so that every printed figure is exact: a price is
`ticks * 10**-tick_dp`, a size `lots * 10**-lot_dp`; `price_dp` and `qty_dp` are the decimals the venue prints.
"""

import math
from dataclasses import dataclass
from decimal import Decimal

__all__ = ["PERPETUAL_DELIVERY_MS", "Funding", "Listing", "lot_decimals", "tick_decimals"]

PERPETUAL_DELIVERY_MS = 4_133_404_800_000
"""The delivery date USD-M states for contracts that never deliver (2100-12-25)."""


@dataclass(frozen=True, slots=True)
class Funding:
    """Terms of a perp's funding: hours between settlements, cap and floor a settlement, the usual rate.

    `rate` is the fraction a settlement in quiet times; `is_adjusted` says that cap or interval differ from the
    venue's standard, so that the venue lists the contract in its exceptions.
    """

    interval_h: int
    cap: float
    floor: float
    rate: float
    is_adjusted: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Listing:
    """A market as listed; `coin` keys the asset whose price moves it, `scale` units of it in one ticker unit.

    `market` is `spot` or `usdm`; `contract` is empty for spot. `quote_usd` is what a unit of the quote starts at,
    `volume_usd` a day, `depth_usd` within 2 % a side, `spread_bps` the full spread in quiet times, `basis_bps`
    the usual distance of a contract from its index. `index_of` is the spot symbol other exchanges list for the
    contract's index, None where unknown. `offset_bps` is how far this venue usually stands from the others.
    Sizes of a contract with a `contract_size` are contracts of that many units of the base. `has_inverse` lets the
    venue list a coin-margined sibling of it, where it has one.
    """

    symbol: str
    market: str
    base: str
    quote: str
    coin: str
    scale: int
    status: str
    tick_dp: int
    lot_dp: int
    price_dp: int
    qty_dp: int
    min_notional: str
    start_price: float
    quote_usd: float
    rank: int
    volume_usd: float
    depth_usd: float
    spread_bps: float
    onboard_ms: int
    contract: str = ""
    delivery_ms: int = PERPETUAL_DELIVERY_MS
    underlying: str = "COIN"
    margin: bool = False
    basis_bps: float = 0.0
    funding: Funding | None = None
    index_of: str | None = None
    has_spot: bool = True
    offset_bps: float = 0.0
    contract_size: Decimal = Decimal(1)
    has_inverse: bool = False

    @property
    def is_trading(self) -> bool:
        """Whether the venue lets it trade, so that its book moves."""
        return self.status == "TRADING"

    @property
    def pair(self) -> str:
        """The pair a contract belongs to: a quarterly `BTCUSDT_261225` belongs to `BTCUSDT`."""
        return self.symbol.partition("_")[0]

    def price_text(self, ticks: int) -> str:
        """A price as the venue prints it."""
        return f"{ticks / 10**self.tick_dp:.{self.price_dp}f}"

    def qty_text(self, lots: int) -> str:
        """A size as the venue prints it."""
        return f"{lots / 10**self.lot_dp:.{self.qty_dp}f}"

    def raw_price_text(self, price: float) -> str:
        """An index or mark price: eight decimals whatever the tick, as the venue prints those."""
        return f"{price:.8f}"


def tick_decimals(price: float, digits: int = 5, most: int = 8) -> int:
    """Decimals of a tick that leaves `digits` significant digits of the price (at most `most` decimals)."""
    return max(0, min(most, digits - 1 - math.floor(math.log10(price))))


def lot_decimals(price_usd: float, *, is_spot: bool) -> int:
    """Decimals of a lot worth 0.1 to 1 USD on spot, 1 to 10 (majors up to 100) on USD-M, never under one unit."""
    if is_spot:
        return max(0, min(8, math.ceil(math.log10(price_usd))))
    return max(0, min(3, math.floor(math.log10(price_usd)) - 1))
