"""What is expected of a pair's mid gap: the share gone by each horizon, and what that rests on.

With a proven reversion the share follows from it; without one a favourable gap earns nothing and an adverse one
costs all of itself (opportunities.md, "Convergence"). Shares are told of the gap relative to the long leg's mid,
which is how it was recorded; a share has no unit.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Context, Decimal

from arbedge.domain.money import figure
from arbedge.market.history.reversion import Reversion
from arbedge.opportunities.ports import GapRecord
from arbedge.opportunities.pricing import GapHistory, convergence_share

__all__ = ["GapOutlook", "outlook"]

_KEPT = Context(prec=12)
_WORKING = Context(prec=28)
_NOT_RECORDED = "no prices are recorded"


@dataclass(frozen=True, slots=True)
class GapOutlook:
    """A gap as a fraction of the long mid, the history that tells of it (None: unproven), and that in words."""

    gap: Decimal
    history: GapHistory | None
    basis: str

    @property
    def half_life_s(self) -> float | None:
        """How long half of the way back takes; None where no history tells."""
        return None if self.history is None else float(self.history.half_life_hours) * 3600

    def share(self, horizon_hours: Decimal) -> Decimal:
        """The share of the gap expected gone by the horizon."""
        return convergence_share(self.gap, horizon_hours, self.history)

    def shares(self, horizons_h: Iterable[Decimal]) -> dict[Decimal, Decimal]:
        """The share by horizon."""
        return {hours: self.share(hours) for hours in horizons_h}

    def document(self) -> dict[str, str]:
        """What the shares rest on, for stored evidence."""
        told = {"gap": figure(self.gap), "basis": self.basis}
        if self.history is not None:
            told |= {
                "mean": figure(self.history.mean),
                "half_life_hours": figure(self.history.half_life_hours),
                "observed_hours": figure(self.history.observed_hours),
            }
        return told


def outlook(gaps: GapRecord | None, slots: tuple[int, ...], long_mid: Decimal, short_mid: Decimal) -> GapOutlook:
    """The outlook of a pair, `slots` long first; mids in one unit, above 0."""
    gap = _WORKING.divide(short_mid - long_mid, long_mid)
    found = _NOT_RECORDED if gaps is None else gaps.reversion(slots[0], slots[1])
    if isinstance(found, str):
        return GapOutlook(gap, None, found)
    history = GapHistory(_decimal(found.mean), _decimal(found.half_life_h), _decimal(found.observed_h))
    return GapOutlook(gap, history, _words(found, history))


def _words(found: Reversion, history: GapHistory) -> str:
    within = "at most " if found.is_bound else ""
    return (
        f"its own gap over {found.observed_h:.0f} h came back to {figure(history.mean * 10_000)} bps with a "
        f"half-life of {within}{found.half_life_h:.2f} h"
    )


def _decimal(value: float) -> Decimal:
    """A statistic as evidence holds it: 12 digits."""
    return _KEPT.create_decimal(repr(value))
