"""Market conditions around an opportunity, from the live columns: how much is quoted, how wide spreads are."""

from dataclasses import dataclass

import numpy as np

from arbedge.market.facts import Columns

__all__ = ["Conditions", "ConditionsGauge"]

_USUAL_WEIGHT = 0.02
"""Weight of one reading in the usual spread: with one reading a second, a memory of about a minute."""


@dataclass(frozen=True, slots=True)
class Conditions:
    """`live_share`: quoted instruments against the most seen so; `calm`: usual spread against now (both 0..1)."""

    live_share: float
    calm: float


class ConditionsGauge:
    """Reads the columns now and then; remembers the usual spread."""

    def __init__(self) -> None:
        self._most_live = 0
        self._usual_spread: float | None = None
        self._latest = Conditions(1.0, 1.0)

    @property
    def latest(self) -> Conditions:
        """The last reading; all is well before the first."""
        return self._latest

    def read(self, columns: Columns, count: int) -> Conditions:
        """Take a reading over the first `count` slots."""
        bid, ask = columns.bid[:count], columns.ask[:count]
        spread = (ask - bid) / ask
        spread = spread[~np.isnan(spread)]
        live = int(spread.size)
        if not live:
            self._latest = Conditions(0.0 if self._most_live else 1.0, 1.0)
            return self._latest
        self._most_live = max(self._most_live, live)
        now = float(np.median(spread))
        usual = now if self._usual_spread is None else self._usual_spread
        self._usual_spread = usual + _USUAL_WEIGHT * (now - usual)
        self._latest = Conditions(live / self._most_live, min(1.0, usual / now) if now > 0 else 1.0)
        return self._latest
