"""What each pair's recorded gap says about its closing, fitted anew when the history learned something."""

from collections import OrderedDict

from arbedge.market.history.prices import PriceHistory
from arbedge.market.history.reversion import Reversion, fit_reversion

__all__ = ["GapHistorian"]

_MOST_PAIRS = 4096


class GapHistorian:
    """Answers from a `PriceHistory`; one thread, about 0.2 ms for a pair not asked for since the history changed.

    The latest 4,096 pairs asked for are remembered; who is forgotten is fitted again when asked for.
    """

    def __init__(self, history: PriceHistory) -> None:
        self._history = history
        self._known: OrderedDict[tuple[int, int], Reversion | str] = OrderedDict()
        self._revision = history.revision

    def reversion(self, long: int, short: int) -> Reversion | str:
        """How the gap of these slots (mid of short / mid of long - 1) reverts, or in words why nobody knows."""
        if self._history.revision != self._revision:
            self._known.clear()
            self._revision = self._history.revision
        pair = (long, short)
        found = self._known.get(pair)
        if found is None:
            if max(pair) >= len(self._history):
                return "not recorded yet"
            found = fit_reversion(self._history.gap(long, short), self._history.every_s)
            self._known[pair] = found
            if len(self._known) > _MOST_PAIRS:
                self._known.popitem(last=False)
        else:
            self._known.move_to_end(pair)
        return found
