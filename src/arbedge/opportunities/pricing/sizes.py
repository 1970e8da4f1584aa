"""How profit depends on size: a size curve, the size that earns most, and the capacity of the books.

Net as a function of the notional is a line between two levels of a book and bends down at each of them (apart
from lot rounding), so looking at the bends finds its peak, and halving the bracket after the last bend that pays
finds where it crosses zero.
"""

from bisect import bisect_left
from collections.abc import Iterable, Sequence
from decimal import Decimal

from arbedge.domain.money import ZERO
from arbedge.domain.priced import BelowMinimumSize, PricedPair, SizePoint
from arbedge.opportunities.pricing.exactness import exact_arithmetic
from arbedge.opportunities.pricing.pair import PairPricer
from arbedge.opportunities.pricing.pricer import Evidence, pricer_of
from arbedge.opportunities.pricing.triangle import TrianglePricer

__all__ = ["best_size", "capacity", "size_curve"]

_PROBES = 24
_HALVINGS = 24
_OCTAVES = 12


def size_curve(evidence: Evidence, notionals: Iterable[Decimal]) -> tuple[SizePoint, ...]:
    """Net at each notional, in the order given; notionals below the minimum size are left out."""
    with exact_arithmetic():
        survey = _Survey(evidence)
        points = (survey.point(notional) for notional in notionals)
        return tuple(point for point in points if point is not None)


def best_size(evidence: Evidence) -> SizePoint | None:
    """The size with the greatest net among the bends of the books; None when no size can be traded."""
    with exact_arithmetic():
        return _Survey(evidence).peak()


def capacity(evidence: Evidence) -> Decimal:
    """The largest entry notional whose net is not negative; 0 when no size pays.

    Precise to one part in 2**24 of the stretch between two bends of the books, or to one lot where that is more.
    """
    with exact_arithmetic():
        survey = _Survey(evidence)
        survey.peak()
        return survey.last_paying()


class _Survey:
    """One evidence priced at many notionals, each at most once."""

    def __init__(self, evidence: Evidence) -> None:
        self._pricer = pricer_of(evidence)
        self._bends = _bends(self._pricer, evidence.notional)
        self._seen: dict[Decimal, SizePoint | None] = {}

    def point(self, notional: Decimal) -> SizePoint | None:
        """The curve at this notional; None below the minimum size."""
        if notional not in self._seen:
            priced = self._pricer.price(notional)
            if isinstance(priced, BelowMinimumSize):
                self._seen[notional] = None
            else:
                entry = priced.entry_notional if isinstance(priced, PricedPair) else priced.spent
                self._seen[notional] = SizePoint(notional, entry, priced.net, priced.net_bps)
        return self._seen[notional]

    def peak(self) -> SizePoint | None:
        """The best bend: every few bends first, then all the bends beside the best of those."""
        stride = max(1, len(self._bends) // _PROBES)
        best = self._best(self._bends[::stride] + self._bends[-1:])
        if best is None or stride == 1:
            return best
        middle = bisect_left(self._bends, best.notional)
        return self._best(self._bends[max(0, middle - stride) : middle + stride + 1])

    def last_paying(self) -> Decimal:
        """The entry notional at the upper end of the sizes that pay, among and after all points seen so far."""
        paying = [point for point in self._seen.values() if point is not None and point.net >= 0]
        if not paying:
            return ZERO
        low = max(paying, key=lambda point: point.notional)
        above = [notional for notional in self._bends if notional > low.notional]
        low, high = self._narrow_to_bends(low, above)
        for _ in range(_HALVINGS if high is not None else 0):
            assert high is not None
            middle = self.point((low.notional + high) / 2)
            if middle is not None and middle.net >= 0:
                low = middle
            elif middle is not None and middle.entry_notional == low.entry_notional:
                break
            else:
                high = (low.notional + high) / 2
        return low.entry_notional

    def _narrow_to_bends(self, low: SizePoint, above: Sequence[Decimal]) -> tuple[SizePoint, Decimal | None]:
        """Halve the list of bends above: the last that pays, and the first that does not (None: all pay)."""
        first, end = 0, len(above)
        while first < end:
            middle = (first + end) // 2
            point = self.point(above[middle])
            if point is not None and point.net >= 0:
                low, first = point, middle + 1
            else:
                end = middle
        return low, above[first] if first < len(above) else None

    def _best(self, notionals: Iterable[Decimal]) -> SizePoint | None:
        points = [point for point in map(self.point, notionals) if point is not None]
        return max(points, key=lambda point: point.net, default=None)


def _bends(pricer: PairPricer | TrianglePricer, notional: Decimal) -> list[Decimal]:
    """Notionals where the curve may bend, rising: each level's running amount, the asked one, octaves below."""
    found = pricer.first_steps()
    top = max(found)
    found += [top / 2**octave for octave in range(1, _OCTAVES)]
    if notional <= top:
        found.append(notional)
    return sorted(set(found))
