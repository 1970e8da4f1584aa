"""Faults that strike the venues in turn: one at a time, each of them at every venue before it comes again."""

from collections.abc import Iterable

from arbedge.lab.faults import ScheduledFault
from arbedge.lab.naming import symbol_of
from arbedge.lab.traps.catalogue import TRAPS

__all__ = ["STRUCK", "in_turns"]

STRUCK = ("binance", "bybit", "okx", "bitget")
"""The venues that are struck, in turn."""

_FIRST_S = 20.0
_EVERY_S = 8.0
_LASTS_S = 6.0
_UNTIL_S = 14_400.0
_AIMED_AT = "DOGE"


def in_turns(names: Iterable[str]) -> tuple[ScheduledFault, ...]:
    """Four hours of those among the names that are faults; two quiet seconds lie between one and the next."""
    order = [trap.name for trap in TRAPS.values() if trap.sort == "fault" and trap.name in set(names)]
    faults: list[ScheduledFault] = []
    at_s, i = _FIRST_S, 0
    while order and at_s < _UNTIL_S:
        name = order[i % len(order)]
        venue = STRUCK[(i + i // len(order)) % len(STRUCK)] if len(order) % 4 == 0 else STRUCK[i % len(STRUCK)]
        faults.append(ScheduledFault(at_s, name, _LASTS_S, {"venue": venue, **_aim(name, venue)}))
        at_s, i = at_s + _EVERY_S, i + 1
    return tuple(faults)


def _aim(name: str, venue: str) -> dict[str, float | str]:
    """Faults of one symbol strike a busy perp."""
    if name not in {"stale", "crossed"}:
        return {}
    return {"symbol": symbol_of(venue, "perp", _AIMED_AT), "host": "usdm"}
