"""Counters of the running services read into metrics, and frame rates for the screen."""

from collections import Counter, deque
from pathlib import Path

from arbedge.bootstrap.venues import VenueSet
from arbedge.foundation.runtime.clock import Clock
from arbedge.foundation.telemetry.metrics import Metrics
from arbedge.market.refresh import MarketRefresher
from arbedge.market.view import LiveMarket
from arbedge.opportunities.detection.detector import Detector

__all__ = ["Observer", "TickGauge"]

_RATE_WINDOW = 5
_FILE_EVERY = 15


class TickGauge:
    """`flow.ports.TickHooks` into the histogram of frame-to-appraisal times."""

    def __init__(self, metrics: Metrics) -> None:
        self._histogram = metrics.histogram("arbedge_tick_to_candidate_seconds")

    def batch_done(self, slots: int, candidate_after_s: float | None) -> None:
        """One batch of changed slots was looked at."""
        _ = slots
        if candidate_after_s is not None:
            self._histogram.observe(candidate_after_s)


class Observer:
    """Called once a second; `file` is where the metrics are written for a textfile collector, None for nowhere."""

    def __init__(  # noqa: PLR0913 - one reader of everything
        self,
        clock: Clock,
        metrics: Metrics,
        venues: VenueSet,
        market: LiveMarket,
        refresher: MarketRefresher,
        detector: Detector,
        file: Path | None,
    ) -> None:
        self._clock = clock
        self._metrics = metrics
        self._venues = venues
        self._market = market
        self._refresher = refresher
        self._detector = detector
        self._file = file
        self._counted: Counter[tuple[str, ...]] = Counter()
        self._frames: dict[str, deque[tuple[int, int]]] = {
            venue.name: deque(maxlen=_RATE_WINDOW + 1) for venue in venues
        }
        self._rounds = 0

    def frames_per_s(self, venue: str) -> float:
        """Stream frames a second over the last few seconds."""
        seen = self._frames.get(venue)
        if not seen or len(seen) < 2:
            return 0.0
        (first_ns, first), (last_ns, last) = seen[0], seen[-1]
        return max(0, last - first) / ((last_ns - first_ns) / 1e9)

    def observe(self) -> None:
        """Read everything once."""
        for venue in self._venues:
            total = sum(link.frames for link in venue.stats())
            self._frames[venue.name].append((self._clock.monotonic_ns(), total))
            offset_ms = self._market.clocks.offset_ms(venue.name)
            if offset_ms is not None:
                self._metrics.set("arbedge_clock_offset_seconds", offset_ms / 1000, venue=venue.name)
        open_by_kind = Counter(each.kind.value for each in self._detector.open_opportunities())
        for kind in {*open_by_kind, *(key[1] for key in self._counted if key[0] == "open")}:
            self._counted["open", kind] = 1
            self._metrics.set("arbedge_opportunities_open", open_by_kind[kind], kind=kind)
        self._rounds += 1
        if self._file is not None and self._rounds % _FILE_EVERY == 1:
            self._write(self._file)

    def _write(self, file: Path) -> None:
        part = file.with_suffix(".part")
        part.write_bytes(self._metrics.exposition())
        part.replace(file)
