"""Price limits that a venue tells for one instrument at a time: read for those a candidate wants, kept with an age.

A limit moves with the market, so one that is old says nothing: after `max_age_s` it is as if it had not been read.
What was not asked for lately is not read again.
"""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from functools import partial

from arbedge.domain.instrument import Instrument, InstrumentId
from arbedge.foundation.runtime.clock import Clock
from arbedge.market.ports import LimitSource, PriceLimits

__all__ = ["PriceLimitDesk"]

_EVERY_S = 0.2
"""Between two reads of one venue: five a second, half of what the strictest endpoint allows."""

_WANTED_NS = 30_000_000_000

Attempt = Callable[[str, str, Callable[[], Awaitable[None]], int], Awaitable[float | None]]
"""Reads once: (venue, what, read, failures in a row) to None, or how long to wait before the next try."""


@dataclass(slots=True)
class _Wish:
    """An instrument whose limits are wanted: when last, when they were read, what they are."""

    wanted_ns: int
    read_ns: int | None = None
    limits: PriceLimits | None = None


class PriceLimitDesk:
    """Limits of the venues that were `open`ed; everything but `serve` is synchronous."""

    def __init__(self, clock: Clock, *, max_age_s: float = 30.0) -> None:
        self._clock = clock
        self._max_age_ns = int(max_age_s * 1e9)
        self._wishes: dict[str, dict[InstrumentId, _Wish]] = {}

    def open(self, venue: str) -> None:
        """From now on wishes for this venue are kept, for `serve` to read."""
        self._wishes.setdefault(venue, {})

    def at(self, instrument: Instrument) -> PriceLimits | None:
        """The limits now, and a wish to know them; None where the venue is not read so, or they are not known."""
        wishes = self._wishes.get(instrument.id.venue)
        if wishes is None:
            return None
        now_ns = self._clock.monotonic_ns()
        wish = wishes.setdefault(instrument.id, _Wish(now_ns))
        wish.wanted_ns = now_ns
        is_fresh = wish.read_ns is not None and now_ns - wish.read_ns <= self._max_age_ns
        return wish.limits if is_fresh else None

    async def serve(self, venue: str, source: LimitSource, attempt: Attempt) -> None:
        """Read what is wanted of a venue, one after the other, for ever; the oldest reading first."""
        failures = 0
        while True:
            instrument = self._next(venue)
            wait_s = None
            if instrument is not None:
                wait_s = await attempt(venue, "price limits", partial(self._read, source, instrument), failures)
                failures = 0 if wait_s is None else failures + 1
            elif failures:  # what failed is wanted no more: it is no fault of the venue any more either
                failures = 0
                await attempt(venue, "price limits", _nothing, 0)
            await self._clock.sleep(_EVERY_S if wait_s is None else max(wait_s, _EVERY_S))

    async def _read(self, source: LimitSource, instrument: InstrumentId) -> None:
        asked_ns = self._clock.monotonic_ns()
        limits = await source.fetch_price_limits(instrument)
        wish = self._wishes[instrument.venue].get(instrument)
        if wish is not None:
            wish.limits, wish.read_ns = limits, asked_ns

    def _next(self, venue: str) -> InstrumentId | None:
        """The wish that waits longest: never read before read; read again at a third of the age that counts."""
        now_ns, wishes = self._clock.monotonic_ns(), self._wishes[venue]
        for instrument in [each for each, wish in wishes.items() if now_ns - wish.wanted_ns > _WANTED_NS]:
            del wishes[instrument]
        due = [
            (wish.read_ns if wish.read_ns is not None else -1, instrument)
            for instrument, wish in wishes.items()
            if wish.read_ns is None or now_ns - wish.read_ns > self._max_age_ns // 3
        ]
        return min(due)[1] if due else None


async def _nothing() -> None:
    """A read of nothing, which works."""
