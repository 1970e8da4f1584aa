"""The moving world: coin prices wander, and every market of a coin follows within less than its fees.

A coin's price is its starting price times a mean-reverting walk. A market's middle is the coin's price over its
quote's price, plus its usual basis and a tiny noise; best prices are rounded outwards to whole ticks, so rounding
never makes an edge. What is left between markets of one coin stays far under the cost of taking both sides; only
a `Bend` (a planted opportunity, a decoy or a fault) moves one market away from the rest.
"""

import math
import random
from collections.abc import Iterable
from dataclasses import dataclass, replace
from itertools import accumulate

from arbedge.lab.books import Best, LiveBook
from arbedge.lab.chance import seeded
from arbedge.lab.listing import Listing
from arbedge.lab.universe import Universe

__all__ = ["Bend", "World"]

_REVERSION_S = 1800.0
_NOISE_BPS = 1.2


@dataclass(slots=True)
class Bend:
    """How one market differs from its quiet self while something is planted on it.

    `shift_bps` moves its middle, `spread_bps` replaces its full spread, `funding_rate` (fraction a settlement)
    replaces its rate, `depth_scale` scales its depth, `is_muted` silences its streams while REST goes on,
    `is_crossed` puts its bid over its ask.
    """

    shift_bps: float = 0.0
    spread_bps: float | None = None
    funding_rate: float | None = None
    depth_scale: float = 1.0
    is_muted: bool = False
    is_crossed: bool = False


class _Path:
    """One coin's price: a mean-reverting walk of its logarithm, advanced only when looked at."""

    __slots__ = ("at_ms", "sigma", "start", "value", "walk")

    def __init__(self, start: float, sigma_bps: float, now_ms: int) -> None:
        self.start, self.value, self.sigma, self.at_ms, self.walk = start, start, sigma_bps / 1e4, now_ms, 0.0

    def advance(self, rng: random.Random, now_ms: int) -> None:
        elapsed_s = (now_ms - self.at_ms) / 1000
        if elapsed_s <= 0:
            return
        self.at_ms = now_ms
        keep = math.exp(-elapsed_s / _REVERSION_S)
        spread = self.sigma * math.sqrt(_REVERSION_S / 2 * (1 - keep * keep))
        self.walk = self.walk * keep + rng.gauss(0.0, spread)
        self.value = self.start * math.exp(self.walk)


class World:
    """All books of one universe; `step` moves some of them and says which. `halts` counts markets stopped since."""

    def __init__(self, universe: Universe, now_ms: int, changes_per_s: float | None = None) -> None:
        self._rng = seeded(f"world-{universe.seed}")
        self.universe = universe
        self.books: dict[tuple[str, str], LiveBook] = {}
        self.bends: dict[tuple[str, str], Bend] = {}
        self._noise: dict[tuple[str, str], float] = {}
        self._by_coin: dict[str, list[LiveBook]] = {}
        ranks: dict[str, int] = {}
        for listing in universe.listings:
            book = LiveBook(listing, self._rng.getrandbits(32), self._first_id(listing))
            self.books[listing.market, listing.symbol] = book
            self._noise[listing.market, listing.symbol] = 0.0
            if listing.is_trading:
                self._by_coin.setdefault(listing.coin, []).append(book)
                ranks[listing.coin] = min(listing.rank, ranks.get(listing.coin, listing.rank))
        self._paths = {
            name: _Path(price, _sigma_bps(name, ranks.get(name, 400)), now_ms)
            for name, price in universe.start_prices.items()
        }
        self._names = list(self._by_coin)
        self._weights = list(accumulate(ranks[name] ** -0.4 for name in self._names))
        per_pick = sum(len(books) for books in self._by_coin.values()) / len(self._names)
        self._picks_per_ms = (changes_per_s or universe.changes_per_s) / per_pick / 1000
        self.halts = 0
        self._owed = 0.0
        self._at_ms = now_ms
        for name in self._names:
            self._refresh(name, now_ms)
        halted = self.books["spot", "HALTUSDT"]  # trading stopped with its last book still on show
        self._move(halted, now_ms)

    def step(self, now_ms: int) -> list[LiveBook]:
        """Move the coins whose turn it is; returns the books that changed, each once a turn."""
        self._owed = min(500.0, self._owed + max(0, now_ms - self._at_ms) * self._picks_per_ms)
        self._at_ms = now_ms
        count, self._owed = int(self._owed), self._owed % 1
        changed: list[LiveBook] = []
        for name in self._rng.choices(self._names, cum_weights=self._weights, k=count):
            changed += self._refresh(name, now_ms)
        return changed

    def refresh(self, keys: Iterable[tuple[str, str]], now_ms: int) -> list[LiveBook]:
        """Move these markets now, as when something is planted on them."""
        changed = []
        for key in keys:
            book = self.books[key]
            if book.listing.is_trading:
                self._move(book, now_ms)
                changed.append(book)
        return changed

    def price(self, coin: str) -> float:
        """A coin's or currency's price in USDT now."""
        return self._paths[coin].value

    def index(self, listing: Listing) -> float:
        """The index of a contract in its quote: the coin's price at other venues."""
        return self._paths[listing.coin].value * listing.scale / self._paths[listing.quote].value

    def mark(self, listing: Listing) -> float:
        """The mark price: the index plus the contract's usual and planted distance from it."""
        bend = self.bends.get((listing.market, listing.symbol))
        shift_bps = listing.basis_bps + (bend.shift_bps if bend is not None else 0.0)
        return self.index(listing) * (1 + shift_bps / 1e4)

    def halt(self, key: tuple[str, str]) -> None:
        """Stop trading of one market for good: its book stands still and its venue lists it as stopped."""
        book = self.books[key]
        if not book.listing.is_trading:
            return
        book.listing = replace(book.listing, status="BREAK" if key[0] == "spot" else "SETTLING")
        self._by_coin[book.listing.coin].remove(book)
        self.halts += 1

    def nudge(self, coin: str, shift_bps: float) -> None:
        """Move a coin's price everywhere by that much, as news would; the walk reverts from there."""
        path = self._paths[coin]
        path.walk += shift_bps / 1e4
        path.value = path.start * math.exp(path.walk)

    def _first_id(self, listing: Listing) -> int:
        return self._rng.randrange(10**9, 9 * 10**10) if listing.market == "spot" else self._rng.randrange(10**12)

    def _refresh(self, coin: str, now_ms: int) -> list[LiveBook]:
        self._paths[coin].advance(self._rng, now_ms)
        books = self._by_coin[coin]
        for book in books:
            self._move(book, now_ms)
        return books

    def _move(self, book: LiveBook, now_ms: int) -> None:
        listing, rng = book.listing, self._rng
        key = (listing.market, listing.symbol)
        self._paths[listing.quote].advance(rng, now_ms)
        noise = max(-_NOISE_BPS, min(_NOISE_BPS, self._noise[key] * 0.9 + rng.gauss(0.0, 0.25)))
        self._noise[key] = noise
        bend = self.bends.get(key)
        shift_bps = listing.basis_bps + noise + (bend.shift_bps if bend is not None else 0.0)
        spread_bps = listing.spread_bps if bend is None or bend.spread_bps is None else bend.spread_bps
        book.is_muted = bend is not None and bend.is_muted
        book.depth_scale = 1.0 if bend is None else bend.depth_scale
        middle = self.index(listing) * (1 + shift_bps / 1e4) * 10**listing.tick_dp
        half = spread_bps / 2e4
        bid = max(1, math.floor(middle * (1 - half)))
        ask = max(bid + 1, math.ceil(middle * (1 + half)))
        if bend is not None and bend.is_crossed:
            bid, ask = ask + 2, bid
        usual = book.usual_lots()
        id_step = rng.randint(1, 4) if listing.market == "spot" else rng.randint(3, 400)
        # at a price that stays, usually only one side's size moves
        keep_bid = bid == book.bid and rng.random() < 0.5
        bid_lots = book.bid_lots if keep_bid else 1 + int(usual * rng.expovariate(1.0))
        keep_ask = ask == book.ask and not keep_bid and rng.random() < 0.5
        ask_lots = book.ask_lots if keep_ask else 1 + int(usual * rng.expovariate(1.0))
        book.move(Best(bid, bid_lots, ask, ask_lots), id_step, now_ms)


def _sigma_bps(name: str, rank: int) -> float:
    """Volatility per square root of a second: currencies hardly move, the long tail most."""
    if name in {"USDT", "USDC", "FDUSD", "TUSD"}:
        return 0.0 if name == "USDT" else 0.01
    if name in {"EUR", "TRY", "BRL"}:
        return 0.05
    return 0.7 if rank <= 2 else min(2.4, 0.9 + rank / 200)
