"""The universes of the lab by name: how large each is, and what every venue lists of it."""

from dataclasses import dataclass

from arbedge.errors import ConfigError
from arbedge.lab.assets import TRAP_COINS, coins
from arbedge.lab.drawing import Drawing, Size
from arbedge.lab.fifth_listing import contracts_of
from arbedge.lab.listing import Listing
from arbedge.lab.traps.catalogue import STANDING
from arbedge.lab.traps.oddities import oddities

__all__ = ["ELSEWHERE", "UNIVERSES", "Universe", "build", "build_all"]


UNIVERSES: dict[str, Size] = {
    "small": Size(
        coins=20, perps=12, usdc_perps=1, stocks=1, quarterlies=1, settling=1, halted=1, changes_per_s=150,
        spot={"USDT": 12, "USDC": 3, "BTC": 5, "ETH": 3, "TRY": 2},
        elsewhere={"USDT": 12, "USDC": 3, "BTC": 2, "perps": 12, "usdc_perps": 2},
    ),
    "demo": Size(
        coins=96, perps=88, usdc_perps=8, stocks=4, quarterlies=2, settling=4, halted=6, changes_per_s=600,
        spot={"USDT": 88, "USDC": 20, "FDUSD": 12, "BTC": 25, "ETH": 12, "BNB": 10, "TRY": 15, "EUR": 4},
        elsewhere={"USDT": 80, "USDC": 15, "BTC": 8, "ETH": 3, "perps": 80, "usdc_perps": 6},
    ),
    "binance": Size(
        coins=610, perps=590, usdc_perps=44, stocks=8, quarterlies=4, settling=46, halted=110, changes_per_s=2000,
        spot={
            "USDT": 500, "USDC": 340, "FDUSD": 200, "BTC": 330, "ETH": 220, "BNB": 210,
            "TRY": 280, "EUR": 50, "BRL": 40, "TUSD": 20,
        },
    ),
    "four": Size(
        coins=1400, perps=900, usdc_perps=60, stocks=8, quarterlies=4, settling=46, halted=110, changes_per_s=2000,
        spot={
            "USDT": 1000, "USDC": 400, "FDUSD": 200, "BTC": 330, "ETH": 220, "BNB": 210,
            "TRY": 280, "EUR": 50, "BRL": 40, "TUSD": 20,
        },
        elsewhere={"USDT": 1350, "USDC": 700, "BTC": 250, "ETH": 150, "perps": 1000, "usdc_perps": 60},
    ),
}  # fmt: skip
"""By name: small (about 50 markets of Binance and 30 each elsewhere), demo (about 300 and 180), binance (3,000,
Binance alone), four (12,000 over all venues)."""

ELSEWHERE = ("bybit", "okx", "bitget")
"""Venues whose markets are drawn from the same coins; a universe without `elsewhere` has none of them."""


@dataclass(frozen=True, slots=True)
class Universe:
    """The listed markets, in listing order, and what the coins and currencies start at in USDT."""

    name: str
    venue: str
    seed: int
    listings: tuple[Listing, ...]
    start_prices: dict[str, float]
    changes_per_s: float

    def count(self, market: str) -> int:
        """How many markets of `spot`, or perpetual contracts of `usdm`, are listed, trading or not."""
        if market == "spot":
            return sum(item.market == "spot" for item in self.listings)
        return sum(item.funding is not None for item in self.listings)


def build(name: str, seed: int, now_ms: int) -> Universe:
    """Binance's part of the universe of that name; raises ConfigError naming the known ones when there is none."""
    return build_all(name, seed, now_ms)["binance"]


def build_all(name: str, seed: int, now_ms: int, traps: frozenset[str] = STANDING) -> dict[str, Universe]:
    """Every venue's part, Binance's first, with the markets and namings of these traps.

    Raises ConfigError naming the known universes when there is none of that name.
    """
    size = UNIVERSES.get(name)
    if size is None:
        raise ConfigError(f"--universe {name}: expected one of {', '.join(UNIVERSES)}")
    drawing = Drawing(size, seed, now_ms, traps)
    lists = {"binance": (*drawing.spot(), *drawing.usdm())}
    if size.elsewhere:
        lists |= {venue: tuple(drawing.elsewhere(venue)) for venue in ELSEWHERE}
    lists = {venue: (*listed, *oddities(drawing, venue)) for venue, listed in lists.items()}
    if size.elsewhere:
        ordinary = {coin.name for coin in coins(size.coins, seed)} - TRAP_COINS.keys()
        lists["hyperliquid"] = contracts_of(lists["binance"], ordinary, drawing.prices, seed)
    return {
        venue: Universe(name, venue, seed, listings, drawing.prices, size.changes_per_s)
        for venue, listings in lists.items()
    }
