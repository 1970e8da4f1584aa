"""How far each venue's clock is from ours, from the sample that took least time on the way.

The estimate ties venue time to our monotonic clock, so a correction of this machine's wall clock moves nothing.
Of the latest samples the one with the shortest round trip counts: its error is at most half of that.
"""

from collections import deque
from datetime import UTC, datetime, timedelta
from math import inf

from arbedge.foundation.runtime.clock import Clock
from arbedge.market.ports import ClockSample

__all__ = ["VenueClocks"]

_KEPT_SAMPLES = 8
_REFUSED_OFFSET_MS = 30_000.0
"""Half of the settlement guard: beyond it our own stamps would put a settlement on the wrong side of now."""


class VenueClocks:
    """Offsets by venue. An offset above `max_offset_ms` is named; above 30 s the venue's legs are refused."""

    def __init__(self, clock: Clock, *, max_offset_ms: float) -> None:
        self._clock = clock
        self._max_offset_ms = max_offset_ms
        self._samples: dict[str, deque[tuple[float, float]]] = {}
        self._anchor_ms: dict[str, float] = {}
        self._error_ms: dict[str, float] = {}

    def learn(self, venue: str, sample: ClockSample) -> None:
        """Take a sample in, right after it was read. One with a negative round trip is ignored."""
        if sample.round_trip_ms < 0:
            return
        wall_to_mono_ms = self._clock.monotonic_ns() / 1e6 - self._wall_ms()
        middle_ms = (sample.sent_ms + sample.received_ms) / 2 + wall_to_mono_ms
        kept = self._samples.setdefault(venue, deque(maxlen=_KEPT_SAMPLES))
        kept.append((sample.round_trip_ms, sample.server_ms - middle_ms))
        round_trip_ms, anchor_ms = min(kept)
        self._anchor_ms[venue] = anchor_ms
        self._error_ms[venue] = round_trip_ms / 2

    def offset_ms(self, venue: str) -> float | None:
        """Venue clock minus our wall clock now; None before the first sample."""
        anchor_ms = self._anchor_ms.get(venue)
        if anchor_ms is None:
            return None
        return anchor_ms + self._clock.monotonic_ns() / 1e6 - self._wall_ms()

    def error_ms(self, venue: str) -> float:
        """How wrong the offset may be; infinite before the first sample."""
        return self._error_ms.get(venue, inf)

    def venue_now(self, venue: str) -> datetime:
        """What the venue's clock shows now; our own time while no sample is there."""
        offset_ms = self.offset_ms(venue)
        return self._clock.now() + timedelta(milliseconds=offset_ms or 0.0)

    def lag_ns(self, venue: str, venue_at_ms: int | None, received_ns: int) -> int:
        """How old a frame was on arrival, by the venue's stamp; 0 where stamp or offset is missing.

        What the offset itself may be wrong by is given to the frame.
        """
        anchor_ms = self._anchor_ms.get(venue)
        if not venue_at_ms or anchor_ms is None:
            return 0
        lag_ms = received_ns / 1e6 + anchor_ms - venue_at_ms - self._error_ms[venue]
        return max(0, int(lag_ms * 1e6))

    def warning(self, venue: str) -> str | None:
        """A sentence naming an offset above the limit, or None."""
        offset_ms = self.offset_ms(venue)
        if offset_ms is None or abs(offset_ms) <= self._max_offset_ms:
            return None
        side = "ahead of" if offset_ms > 0 else "behind"
        return (
            f"{venue}'s clock is {abs(offset_ms):.0f} ms {side} ours (limit {self._max_offset_ms:.0f} ms): "
            "times are corrected by that; check this machine's clock"
        )

    def refusal(self, venue: str) -> str | None:
        """Why nothing of the venue may be priced, or None."""
        offset_ms = self.offset_ms(venue)
        if offset_ms is None or abs(offset_ms) <= _REFUSED_OFFSET_MS:
            return None
        return f"{venue}'s clock and ours are {abs(offset_ms) / 1000:.0f} s apart: set this machine's clock"

    def _wall_ms(self) -> float:
        return (self._clock.now() - _EPOCH).total_seconds() * 1000


_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
