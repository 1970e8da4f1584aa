"""What moves all venues of a lab: coins take their turns, and a coin's markets move on every venue at once.

Moving them together is what keeps venues apart by less than fees: nobody is left at an older price of a coin.
"""

from collections.abc import Mapping
from itertools import accumulate

from arbedge.lab.books import LiveBook
from arbedge.lab.chance import seeded
from arbedge.lab.prices import Prices
from arbedge.lab.universe import Universe
from arbedge.lab.world import World

__all__ = ["Motion", "raise_worlds"]


def raise_worlds(universes: Mapping[str, Universe], now_ms: int) -> dict[str, World]:
    """A world for each venue's universe, all on the same prices; every book has moved once."""
    ranks: dict[str, int] = {}
    for universe in universes.values():
        for item in universe.listings:
            if item.is_trading:
                ranks[item.coin] = min(item.rank, ranks.get(item.coin, item.rank))
    first = next(iter(universes.values()))
    prices = Prices(first.start_prices, ranks, first.seed, now_ms)
    worlds = {name: World(universe, prices) for name, universe in universes.items()}
    Motion(worlds, now_ms).move_all(now_ms)
    return worlds


class Motion:
    """The turns of one lab. `changes_per_s` counts the first venue's books, the others move along."""

    def __init__(self, worlds: Mapping[str, World], now_ms: int, changes_per_s: float | None = None) -> None:
        first = next(iter(worlds.values()))
        self._worlds = worlds
        self._rng = seeded(f"motion-{first.universe.seed}")
        ranks: dict[str, int] = {}
        for world in worlds.values():
            for name, rank in world.coins().items():
                ranks[name] = min(rank, ranks.get(name, rank))
        self._names = list(ranks)
        self._weights = list(accumulate(rank**-0.4 for rank in ranks.values()))
        per_pick = first.trading_count / len(self._names)
        self._picks_per_ms = (changes_per_s or first.universe.changes_per_s) / per_pick / 1000
        self._owed = 0.0
        self._at_ms = now_ms

    def step(self, now_ms: int) -> dict[str, list[LiveBook]]:
        """Move the coins whose turn it is; the books that changed by venue, each once a turn of its coin."""
        self._owed = min(500.0, self._owed + max(0, now_ms - self._at_ms) * self._picks_per_ms)
        self._at_ms = now_ms
        count, self._owed = int(self._owed), self._owed % 1
        changed: dict[str, list[LiveBook]] = {name: [] for name in self._worlds}
        for coin in self._rng.choices(self._names, cum_weights=self._weights, k=count):
            for name, world in self._worlds.items():
                changed[name] += world.move_coin(coin, now_ms)
        return changed

    def move_all(self, now_ms: int) -> None:
        """Move every book once, halted ones that still show their last prices included."""
        for world in self._worlds.values():
            for coin in world.coins():
                world.move_coin(coin, now_ms)
            world.show_halted(now_ms)
