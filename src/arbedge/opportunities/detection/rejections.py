"""The latest rejection of each candidate, counted by gate, and the candidate that came closest."""

from collections import Counter, OrderedDict
from collections.abc import Mapping
from decimal import Decimal

from arbedge.domain.opportunity import Gate, Rejection
from arbedge.opportunities.detection.appraisal import Refusal
from arbedge.opportunities.detection.life import LegsKey

__all__ = ["RejectionLedger"]

_ORDER = {gate: place for place, gate in enumerate(Gate)}


class RejectionLedger:
    """At most `most` rejections, one a candidate; the longest untouched leaves first.

    A rejection stays known after its candidate fell under the threshold (`retire`), but counts no longer.
    """

    def __init__(self, most: int) -> None:
        self._most = most
        self._latest: OrderedDict[LegsKey, Rejection] = OrderedDict()
        self._current: dict[LegsKey, Refusal] = {}
        self._counts: Counter[Gate] = Counter()
        self._untold: dict[LegsKey, Rejection] = {}

    def __len__(self) -> int:
        return len(self._latest)

    def keep(self, refusal: Refusal) -> None:
        """Replace what was known of this candidate."""
        rejection = refusal.rejection
        key = rejection.candidate.legs
        self.forget(key)
        self._latest[key] = self._untold[key] = rejection
        self._current[key] = refusal
        self._counts[rejection.gate] += 1
        if len(self._latest) > self._most:
            oldest, _ = next(iter(self._latest.items()))
            self.forget(oldest)

    def retire(self, key: LegsKey) -> None:
        """The candidate fell under the threshold: it counts no longer."""
        refusal = self._current.pop(key, None)
        if refusal is not None:
            self._counts[refusal.rejection.gate] -= 1

    def forget(self, key: LegsKey) -> None:
        """The candidate qualifies now: it is not rejected at all."""
        self.retire(key)
        self._latest.pop(key, None)
        self._untold.pop(key, None)

    def get(self, key: LegsKey) -> Rejection | None:
        """The latest rejection of these legs."""
        return self._latest.get(key)

    def counts(self) -> Mapping[Gate, int]:
        """How many candidates each gate holds back now, in the order of the gates."""
        return {gate: self._counts[gate] for gate in Gate if self._counts[gate]}

    def latest(self) -> tuple[Rejection, ...]:
        """Everything kept, oldest first."""
        return tuple(self._latest.values())

    def take_untold(self) -> tuple[Rejection, ...]:
        """What changed since the last call: for whoever stores them."""
        told = tuple(self._untold.values())
        self._untold.clear()
        return told

    def closest(self) -> Rejection | None:
        """The current one that came furthest: by gate, then by what its net lacks, then by gross edge."""
        if not self._current:
            return None
        return max(self._current.values(), key=_progress).rejection


def _progress(refusal: Refusal) -> tuple[int, Decimal, float]:
    lacking = refusal.lacking_bps if refusal.lacking_bps is not None else Decimal("Infinity")
    return (_ORDER[refusal.rejection.gate], -lacking, refusal.rejection.gross)
