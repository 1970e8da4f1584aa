"""The moving world: coin prices wander, and every market of a coin follows within less than its fees.

A coin's price is its starting price times a mean-reverting walk. A market's middle is the coin's price over its
quote's price, plus its usual basis and a tiny noise; best prices are rounded outwards to whole ticks, so rounding
never makes an edge. What is left between markets of one coin stays far under the cost of taking both sides; only
a `Bend` (a planted opportunity, a decoy or a fault) moves one market away from the rest.
"""

import math
from collections.abc import Iterable
from dataclasses import dataclass, replace

from arbedge.lab.books import Best, LiveBook
from arbedge.lab.chance import seeded
from arbedge.lab.listing import Listing
from arbedge.lab.prices import Prices
from arbedge.lab.universe import Universe

__all__ = ["Bend", "World"]

_NOISE_BPS = 1.2


@dataclass(slots=True)
class Bend:
    """How one market differs from its quiet self while something is planted on it.

    `shift_bps` moves its middle, `spread_bps` replaces its full spread, `funding_rate` (fraction a settlement)
    replaces its rate, `depth_scale` scales its depth, `is_muted` silences its streams while REST goes on,
    `is_crossed` puts its bid over its ask, `missing` takes its whole `bid` or `ask` side away.
    """

    shift_bps: float = 0.0
    spread_bps: float | None = None
    funding_rate: float | None = None
    depth_scale: float = 1.0
    is_muted: bool = False
    is_crossed: bool = False
    missing: str = ""


class World:
    """All books of one venue, on prices it shares with the others; `halts` counts markets stopped or changed."""

    def __init__(self, universe: Universe, prices: Prices) -> None:
        self._rng = seeded(f"world-{universe.seed}" + ("" if universe.venue == "binance" else f"-{universe.venue}"))
        self._prices = prices
        self.universe = universe
        self.books: dict[tuple[str, str], LiveBook] = {}
        self.bends: dict[tuple[str, str], Bend] = {}
        self._noise: dict[tuple[str, str], float] = {}
        self._by_coin: dict[str, list[LiveBook]] = {}
        for listing in universe.listings:
            book = LiveBook(listing, self._rng.getrandbits(32), self._first_id(listing))
            self.books[listing.market, listing.symbol] = book
            self._noise[listing.market, listing.symbol] = 0.0
            if listing.is_trading:
                self._by_coin.setdefault(listing.coin, []).append(book)
        self.halts = 0

    def coins(self) -> dict[str, int]:
        """The coins some market trades, with the rank of the best of their markets."""
        return {name: min(book.listing.rank for book in books) for name, books in self._by_coin.items() if books}

    @property
    def trading_count(self) -> int:
        """How many books move."""
        return sum(len(books) for books in self._by_coin.values())

    def move_coin(self, coin: str, now_ms: int) -> list[LiveBook]:
        """Move every market of a coin to its price now; returns them, none where the venue does not list it."""
        self._prices.advance(coin, now_ms)
        books = self._by_coin.get(coin, [])
        for book in books:
            self._move(book, now_ms)
        return books

    def show_halted(self, now_ms: int) -> None:
        """Give the market that stopped with its last book on show that book."""
        halted = self.books.get(("spot", "HALTUSDT"))
        if halted is not None:
            self._move(halted, now_ms)

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
        return self._prices.value(coin)

    def index(self, listing: Listing) -> float:
        """The index of a contract in its quote: the coin's price at other venues."""
        return self._prices.value(listing.coin) * listing.scale / self._prices.value(listing.quote)

    def mark(self, listing: Listing) -> float:
        """The mark price: the index plus the contract's usual and planted distance from it."""
        bend = self.bends.get((listing.market, listing.symbol))
        shift_bps = listing.offset_bps + listing.basis_bps + (bend.shift_bps if bend is not None else 0.0)
        return self.index(listing) * (1 + shift_bps / 1e4)

    def halt(self, key: tuple[str, str]) -> None:
        """Stop trading of one market for good: its book stands still and its venue lists it as stopped."""
        book = self.books[key]
        if not book.listing.is_trading:
            return
        book.listing = replace(book.listing, status="BREAK" if key[0] == "spot" else "SETTLING")
        self._by_coin[book.listing.coin].remove(book)
        self.halts += 1

    def settle_every(self, key: tuple[str, str], hours: int) -> None:
        """Let a perp settle every so many hours from now on; its rate for eight hours stays what it was."""
        book = self.books[key]
        terms = book.listing.funding
        if terms is not None and terms.interval_h != hours:
            rate = float(f"{terms.rate * hours / terms.interval_h:.8f}")
            funding = replace(terms, interval_h=hours, rate=rate, is_adjusted=True)
            book.listing = replace(book.listing, funding=funding)
            self.halts += 1

    def requote(self, currency: str, now_ms: int) -> list[LiveBook]:
        """Move every market quoted in a currency to what it costs in that now."""
        return self.refresh([key for key, book in self.books.items() if book.listing.quote == currency], now_ms)

    def nudge(self, coin: str, shift_bps: float) -> None:
        """Move a coin's price everywhere by that much, as news would; the walk reverts from there."""
        self._prices.nudge(coin, shift_bps)

    def _first_id(self, listing: Listing) -> int:
        return self._rng.randrange(10**9, 9 * 10**10) if listing.market == "spot" else self._rng.randrange(10**12)

    def _move(self, book: LiveBook, now_ms: int) -> None:
        listing, rng = book.listing, self._rng
        key = (listing.market, listing.symbol)
        self._prices.advance(listing.quote, now_ms)
        noise = max(-_NOISE_BPS, min(_NOISE_BPS, self._noise[key] * 0.9 + rng.gauss(0.0, 0.25)))
        self._noise[key] = noise
        bend = self.bends.get(key)
        shift_bps = listing.offset_bps + listing.basis_bps + noise + (bend.shift_bps if bend is not None else 0.0)
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
        if bend is not None and bend.missing:
            bid, bid_lots = (0, 0) if bend.missing == "bid" else (bid, bid_lots)
            ask, ask_lots = (0, 0) if bend.missing == "ask" else (ask, ask_lots)
        book.move(Best(bid, bid_lots, ask, ask_lots), id_step, now_ms)
