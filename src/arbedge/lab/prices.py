"""The one price of every coin and currency that all venues of a lab share: mean-reverting walks, in USDT."""

import math
from collections.abc import Mapping

from arbedge.lab.chance import seeded

__all__ = ["Prices"]

_REVERSION_S = 1800.0


class _Path:
    """One coin's price: a mean-reverting walk of its logarithm, advanced only when looked at."""

    __slots__ = ("at_ms", "sigma", "start", "value", "walk")

    def __init__(self, start: float, sigma_bps: float, now_ms: int) -> None:
        self.start, self.value, self.sigma, self.at_ms, self.walk = start, start, sigma_bps / 1e4, now_ms, 0.0


class Prices:
    """Prices now, by name; `ranks` (1 is the most traded) say how lively a coin is, 400 where it is not named."""

    def __init__(self, start: Mapping[str, float], ranks: Mapping[str, int], seed: int, now_ms: int) -> None:
        self._rng = seeded(f"prices-{seed}")
        self._paths = {
            name: _Path(price, _sigma_bps(name, ranks.get(name, 400)), now_ms) for name, price in start.items()
        }

    def value(self, name: str) -> float:
        """The price as it was last advanced."""
        return self._paths[name].value

    def advance(self, name: str, now_ms: int) -> None:
        """Let a price wander on to now; asked twice for one moment it stays."""
        path = self._paths[name]
        elapsed_s = (now_ms - path.at_ms) / 1000
        if elapsed_s <= 0:
            return
        path.at_ms = now_ms
        keep = math.exp(-elapsed_s / _REVERSION_S)
        spread = path.sigma * math.sqrt(_REVERSION_S / 2 * (1 - keep * keep))
        path.walk = path.walk * keep + self._rng.gauss(0.0, spread)
        path.value = path.start * math.exp(path.walk)

    def nudge(self, name: str, shift_bps: float) -> None:
        """Move a price at once, as news would; the walk reverts from there."""
        path = self._paths[name]
        path.walk += shift_bps / 1e4
        path.value = path.start * math.exp(path.walk)


def _sigma_bps(name: str, rank: int) -> float:
    """Volatility per square root of a second: currencies hardly move, the long tail most."""
    if name in {"USDT", "USDC", "FDUSD", "TUSD"}:
        return 0.0 if name == "USDT" else 0.01
    if name in {"EUR", "TRY", "BRL"}:
        return 0.05
    return 0.7 if rank <= 2 else min(2.4, 0.9 + rank / 200)
