"""A second world, drawn from a seed and standing still: what every market of four venues is meant to say.

Shares nothing with `arbedge.lab` or with the adapters. All figures are decimals in the venue's own units: prices of
one unit of the listed ticker, sizes in lots of the venue (contracts where it counts contracts).
"""

import random
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from decimal import ROUND_CEILING, ROUND_FLOOR, Decimal

VENUES = ("binance", "bybit", "okx", "bitget")
HOUR_MS = 3_600_000
TEN = Decimal(10)

Levels = list[tuple[Decimal, Decimal]]


@dataclass(slots=True)
class Terms:
    """Funding of a perpetual: the rate of one interval, when it is due, and the clamps."""

    rate: Decimal
    interval_h: int
    next_ms: int
    clamp: Decimal


@dataclass(slots=True)
class Market:
    """One market as its venue lists and quotes it; `kind` is spot, perp, inverse or dated."""

    venue: str
    kind: str
    symbol: str
    base: str
    quote: str
    coin: str
    scale: int
    contract: Decimal
    tick: Decimal
    lot: Decimal
    min_qty: Decimal
    min_cost: Decimal
    is_trading: bool
    bids: Levels = field(default_factory=list)
    asks: Levels = field(default_factory=list)
    terms: Terms | None = None
    mark: Decimal = Decimal(0)
    index: Decimal = Decimal(0)
    lie: Decimal = Decimal(1)
    """What the best bid/ask stream multiplies its prices by; books and REST tell the truth."""

    @property
    def is_whole(self) -> bool:
        return bool(self.bids and self.asks)


@dataclass(frozen=True, slots=True)
class Coin:
    """An asset and its price in USDT."""

    name: str
    price: Decimal


class World:
    """All markets by venue. With `odd` the books may be one-sided, empty or crossed and funding is anything."""

    def __init__(
        self,
        seed: int,
        *,
        odd: bool = True,
        coins: int = 10,
        bends: dict[tuple[str, str, str], Decimal] | None = None,
    ) -> None:
        self.seed = seed
        self.born_ms = int(time.time() * 1000)
        self.turn = 1
        self._rng = random.Random(seed)
        self._odd = odd
        self._bends = bends or {}
        self.coins = tuple(self._coins(coins))
        self.markets = {venue: list(self._list(venue)) for venue in VENUES}

    def now_ms(self) -> int:
        return int(time.time() * 1000)

    def of(self, venue: str, *kinds: str) -> list[Market]:
        return [market for market in self.markets[venue] if market.kind in kinds]

    def find(self, venue: str, kind: str, coin: str, quote: str = "USDT") -> Market:
        """The market of a coin; StopIteration where it is not listed."""
        return next(each for each in self.of(venue, kind) if (each.coin, each.quote) == (coin, quote))

    def _coins(self, count: int) -> Iterator[Coin]:
        names = {"BTC"}
        yield Coin("BTC", self._significant(self._rng.uniform(20_000, 90_000)))
        while len(names) < count:
            name = "".join(self._rng.choices("ABCDEFGHIJKLMNOPQRSTUVWXYZ", k=self._rng.randint(3, 5)))
            if name not in names and not name.startswith(("USD", "K")):
                names.add(name)
                yield Coin(name, self._significant(10 ** self._rng.uniform(-6, 3)))

    def _significant(self, price: float) -> Decimal:
        return Decimal(f"{price:.6g}")

    def _list(self, venue: str) -> Iterator[Market]:
        yield self._market(venue, "spot", Coin("USDC", Decimal("0.9997")), "USDT")
        for coin in self.coins:
            yield self._market(venue, "spot", coin, "USDT")
            yield self._market(venue, "perp", coin, "USDT")
            if self._rng.random() < 0.4:
                yield self._market(venue, "spot", coin, "USDC")
            if self._rng.random() < 0.3:
                yield self._market(venue, "perp", coin, "USDC")
        if venue == "okx":
            yield self._market(venue, "inverse", self.coins[0], "USD")
        else:
            yield self._market(venue, "dated", self.coins[0], "USDT")

    def _market(self, venue: str, kind: str, coin: Coin, quote: str) -> Market:
        rng = self._rng
        scale, base = self._ticker(venue, kind, coin)
        price = coin.price * scale / (Decimal("0.9997") if quote == "USDC" else 1)
        price *= self._bends.get((venue, kind, coin.name), Decimal(1)) if quote == "USDT" else 1
        tick = TEN ** (price.adjusted() - rng.choice((5, 6)))
        if rng.random() < 0.15:
            tick *= 5
        contract = TEN ** -(price.adjusted() - 1) if venue == "okx" and kind == "perp" else Decimal(1)
        worth = price * contract
        lot = TEN ** min(0 if venue == "okx" and kind == "perp" else 9, -worth.adjusted() - rng.choice((0, 1)))
        if venue == "bitget" and kind == "spot":
            tick, lot = min(tick, Decimal(1)).normalize(), min(lot, Decimal(1))
            tick = TEN ** tick.adjusted()
        is_odd = self._odd and coin.name != "USDC"
        market = Market(
            venue, kind, _spell(venue, kind, base, quote), base, quote, coin.name, scale, contract, tick, lot,
            min_qty=lot * rng.choice((1, 1, 5)), min_cost=Decimal(5), is_trading=not is_odd or rng.random() > 0.08,
        )  # fmt: skip
        self._quote(market, price, is_odd=is_odd)
        if kind in {"perp", "inverse", "dated"}:
            self._fund(market, price, is_odd=is_odd)
        return market

    def _ticker(self, venue: str, kind: str, coin: Coin) -> tuple[int, str]:
        """A cheap coin's contract trades by the thousand: in front of its ticker, or behind it on Bybit."""
        if kind != "perp" or coin.price > Decimal("0.0005") or venue == "okx":
            return 1, coin.name
        return 1000, f"{coin.name}1000" if venue == "bybit" else f"1000{coin.name}"

    def _quote(self, market: Market, price: Decimal, *, is_odd: bool) -> None:
        rng = self._rng
        half = price * Decimal(rng.randint(1, 3)) / 10_000
        bid = ((price - half) / market.tick).to_integral_value(ROUND_FLOOR)
        ask = max(bid + 1, ((price + half) / market.tick).to_integral_value(ROUND_CEILING))
        step = max(1, int(price / market.tick / 5000))
        unit = market.lot * max(1, int(Decimal(20_000) / (price * market.contract) / market.lot))
        market.bids = [((bid - i * step) * market.tick, unit * (i + 1)) for i in range(6)]
        market.asks = [((ask + i * step) * market.tick, unit * (i + 2)) for i in range(6)]
        oddness = rng.random()
        if is_odd and oddness < 0.04:
            market.bids = []
        elif is_odd and oddness < 0.08:
            market.asks = []
        elif is_odd and oddness < 0.10:
            market.bids, market.asks = [], []

    def _fund(self, market: Market, price: Decimal, *, is_odd: bool) -> None:
        rng = self._rng
        hours = rng.choice((1, 2, 4, 8)) if is_odd else 8
        rate = Decimal(rng.randint(-7500, 7500)).scaleb(-6) if is_odd else Decimal("0.0001")
        next_ms = (self.born_ms // (hours * HOUR_MS) + 1) * hours * HOUR_MS
        market.terms = Terms(rate, hours, next_ms, Decimal("0.0075"))
        market.mark = (price / market.tick).to_integral_value() * market.tick
        market.index = market.mark + market.tick


def _spell(venue: str, kind: str, base: str, quote: str) -> str:
    if venue == "okx":
        return f"{base}-{quote}" + ("" if kind == "spot" else "-SWAP")
    if kind == "dated":
        return {
            "binance": f"{base}{quote}_271231",
            "bybit": f"{base}{quote}-31DEC27",
            "bitget": f"{base}{quote}Z27",
        }[venue]
    if kind == "perp" and quote == "USDC" and venue != "binance":
        return f"{base}PERP"
    return base + quote


def plain(value: Decimal) -> str:
    """A decimal as venues write it: no exponent."""
    return f"{value.normalize():f}"


def pairs(levels: Levels) -> list[list[str]]:
    """Book levels as text."""
    return [[plain(price), plain(size)] for price, size in levels]
