"""The detector: from "these slots changed" to opened, updated and closed opportunities.

`touch` runs on the tick path and does a bounded, small piece of work; `sweep` runs a few times a second, screens
everything, re-appraises what is open and closes what is over. Both are synchronous, on one thread, and call the
listener before they return.
"""

from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass, field
from math import isnan

import numpy as np

from arbedge.domain.events import OpportunityChange, OpportunityEvent
from arbedge.domain.money import figure
from arbedge.domain.opportunity import Gate, Opportunity, Rejection
from arbedge.foundation.runtime.clock import Clock
from arbedge.opportunities.config import OpportunityConfig
from arbedge.opportunities.detection.agenda import Agenda, Pace
from arbedge.opportunities.detection.appraisal import Appraisal, Appraiser, Refusal
from arbedge.opportunities.detection.documents import Provenance
from arbedge.opportunities.detection.gates import Freshness
from arbedge.opportunities.detection.life import LegsKey, LifeTracker, closed_by_restart
from arbedge.opportunities.detection.rejections import RejectionLedger
from arbedge.opportunities.detection.routes import Routes
from arbedge.opportunities.detection.screen import Hits, Screen
from arbedge.opportunities.detection.sightings import SightingRoom
from arbedge.opportunities.ports import GapRecord, MarketView, OpportunityRecord
from arbedge.opportunities.ranking.conditions import ConditionsGauge
from arbedge.opportunities.ranking.lives import LifeTable, life_of

__all__ = ["DetectionSettings", "Detector", "DetectorCounts"]

_CONDITIONS_NS = 1_000_000_000

Listener = Callable[[OpportunityEvent], None]


@dataclass(frozen=True, slots=True, kw_only=True)
class DetectionSettings:
    """Everything a detector is told: what to look for, how fresh, how hard, and what to say it was made by."""

    config: OpportunityConfig
    provenance: Provenance
    freshness: Freshness = field(default_factory=Freshness)
    pace: Pace = field(default_factory=Pace)
    lives: LifeTable = field(default_factory=LifeTable)


@dataclass(slots=True)
class DetectorCounts:
    """Totals since the start: appraisals made, put off to a later pass, and events by kind."""

    appraised: int = 0
    deferred: int = 0
    opened: int = 0
    updated: int = 0
    closed: int = 0


class Detector:
    """Finds opportunities in one market and tells one listener; the listener must not call back."""

    def __init__(
        self,
        market: MarketView,
        settings: DetectionSettings,
        clock: Clock,
        listener: Listener,
        gaps: GapRecord | None = None,
    ) -> None:
        config, pace = settings.config, settings.pace
        self._market = market
        self._config = config
        self._pace = pace
        self._clock = clock
        self._listener = listener
        self._routes = Routes(config.kinds)
        self._screen = Screen(market, self._routes, float(config.threshold))
        self._appraiser = Appraiser(market, config, clock, settings.provenance, settings.freshness, gaps)
        self._agenda = Agenda(
            pace, lambda number: self._routes.route(number).slots, lambda number: self._routes.route(number).kind
        )
        self._life = LifeTracker(config.grace_s, is_simulated=settings.provenance.is_simulated)
        self._rejections = RejectionLedger(pace.kept_rejections)
        self._lives = settings.lives
        self._room = SightingRoom(config, pace.curve_s, settings.lives)
        self._gauge = ConditionsGauge()
        self._gauged_ns: int | None = None
        self._open_numbers: dict[int, LegsKey] = {}
        self._idle_until_ns = 0
        self._turned = 0
        self.counts = DetectorCounts()

    def touch(self, slots: Collection[int]) -> int:
        """Quotes of these slots changed: screen around them, appraise the best few; the rest wait for a sweep.

        Returns how many were appraised.
        """
        self._extend()
        known = [slot for slot in slots if slot < self._routes.slot_count]
        if not known:
            return 0
        numbers = self._offer(self._best_of(self._screen.touch(known)))
        now_ns = self._clock.monotonic_ns()
        if now_ns < self._idle_until_ns:
            return 0  # at most half of the thread's time goes into appraising between sweeps
        appraised = self._work(numbers, self._pace.touch_appraisals)
        ended_ns = self._clock.monotonic_ns()
        self._idle_until_ns = ended_ns + (ended_ns - now_ns)
        return appraised

    def sweep(self) -> None:
        """Screen everything, appraise what is due, close what is over. Call every 200 ms or so."""
        self._extend()
        now_ns = self._clock.monotonic_ns()
        self._read_conditions(now_ns)
        found = self._screen.scan()
        hits = set(found.numbers.tolist())
        for number in self._agenda.keep_only(hits | self._open_numbers.keys()):
            self._rejections.retire(self._routes.route(number).legs)
        self._miss_fallen(hits)
        looked_at = self._offer(self._share_of(found))
        self._work([*looked_at, *(self._open_numbers.keys() & hits)], self._pace.sweep_appraisals)
        self._tell(self._life.expire(self._clock.now(), self._clock.monotonic_ns()))

    def recover(self, records: Iterable[OpportunityRecord]) -> None:
        """Close what an earlier run left open, honestly: nobody watched it since."""
        at = self._clock.now()
        for record in records:
            if record.opportunity.closed_at is None:
                self._tell((closed_by_restart(record.opportunity, record.evidence, at),))

    def close(self, reason: str) -> None:
        """Watching ends: close everything open with this reason."""
        self._tell(self._life.close_all(reason, self._clock.now()))

    def open_opportunities(self) -> tuple[Opportunity, ...]:
        """What is open now, in the order it opened."""
        return self._life.open_ones()

    def rejected(self) -> Mapping[Gate, int]:
        """How many candidates each gate holds back now."""
        return self._rejections.counts()

    def rejections(self) -> tuple[Rejection, ...]:
        """The latest rejection of each candidate, oldest first."""
        return self._rejections.latest()

    def take_rejections(self) -> tuple[Rejection, ...]:
        """Rejections that are new since the last call: for whoever stores them."""
        return self._rejections.take_untold()

    def route_count(self) -> int:
        """How many candidates exist, priced or not."""
        return len(self._routes)

    def candidate_count(self) -> int:
        """How many candidates pass the screen now."""
        return len(self._agenda)

    def closest(self) -> Rejection | None:
        """The candidate nearest to being shown, and what it lacks.

        While none has reached the threshold it is the one with the largest gross edge, lacking `net`; None while
        nothing is quoted, or when that one is open.
        """
        rejected = self._rejections.closest()
        if rejected is not None:
            return rejected
        best = self._screen.best()
        if best is None or best[0] in self._open_numbers:
            return None
        number, gross = best
        return self._under_threshold(number, gross, "gross edge is")

    def _extend(self) -> None:
        instruments = self._market.instruments()
        if len(instruments) > self._routes.slot_count:
            self._routes.extend(instruments)

    def _best_of(self, hits: Hits) -> Hits:
        """Of many candidates round one turn's changes the best and those open; sweeps take the others in turn."""
        window = self._pace.touch_window
        if len(hits.numbers) <= window:
            return hits
        best = np.argpartition(-hits.gross, window)[:window]
        is_open = np.isin(hits.numbers, np.fromiter(self._open_numbers, dtype=hits.numbers.dtype))
        chosen = np.union1d(best, np.flatnonzero(is_open))
        return Hits(hits.numbers[chosen], hits.gross[chosen])

    def _share_of(self, hits: Hits) -> Hits:
        """Of very many candidates the best, and a share of the others with each sweep, all in turn."""
        window = self._pace.sweep_window
        if len(hits.numbers) <= 2 * window:
            return hits
        order = np.argsort(-hits.gross, kind="stable")
        others = order[window:]
        begin = self._turned % len(others)
        self._turned = begin + window
        chosen = np.concatenate([order[:window], others[begin : begin + window]])
        return Hits(hits.numbers[chosen], hits.gross[chosen])

    def _offer(self, hits: Hits) -> list[int]:
        numbers: list[int] = hits.numbers.tolist()
        for number, gross in zip(numbers, hits.gross.tolist(), strict=True):
            self._agenda.offer(number, gross)
        return numbers

    def _work(self, numbers: Collection[int], most: int) -> int:
        """Appraise what is due among these until the count or the time of one pass is used up, at least one.

        What is rejected at once leaves the focus to others, so the agenda is asked again until nothing is due.
        Returns how many were appraised.
        """
        ends_ns = self._clock.monotonic_ns() + int(self._pace.pass_budget_ms * 1e6)
        done = 0
        while due := self._agenda.due(numbers, self._open_numbers, self._clock.monotonic_ns()):
            for place, number in enumerate(due):
                if done >= most or (done and self._clock.monotonic_ns() > ends_ns):
                    self.counts.deferred += len(due) - place
                    return done
                self._appraise(number)
                done += 1
        return done

    def _appraise(self, number: int) -> None:
        route, gross = self._routes.route(number), self._screen.gross(number)
        self.counts.appraised += 1
        found = self._appraiser.appraise(route, gross)
        now_ns = self._clock.monotonic_ns()
        if isinstance(found, Appraisal):
            self._agenda.qualified(number, now_ns)
            self._qualify(number, found)
        else:
            lacking = None if found.lacking_bps is None else float(found.lacking_bps)
            self._agenda.rejected(number, found.rejection.gate, lacking, now_ns)
            self._reject(found, now_ns)

    def _qualify(self, number: int, found: Appraisal) -> None:
        key = found.candidate.legs
        self._rejections.forget(key)
        peak_bps, age_s = self._life.peak_and_age(key, found.as_of_ns)
        sighting = self._room.dress(found, peak_bps, age_s, self._gauge.latest)
        self._tell(self._life.sight(sighting))
        self._open_numbers[number] = key

    def _reject(self, refusal: Refusal, now_ns: int) -> None:
        self._rejections.keep(refusal)
        rejection = refusal.rejection
        reason = f"{rejection.gate}: {rejection.reason}"
        self._tell(self._life.miss(rejection.candidate.legs, reason, rejection.at, now_ns))

    def _miss_fallen(self, hits: Collection[int]) -> None:
        """Open ones the screen no longer lets through are not candidates now: say what they lack."""
        for number in [n for n in self._open_numbers if n not in hits]:
            rejection = self._under_threshold(number, self._screen.gross(number), "gross edge fell to")
            self._reject(Refusal(rejection, None), self._clock.monotonic_ns())

    def _under_threshold(self, number: int, gross: float, verb: str) -> Rejection:
        route = self._routes.route(number)
        gate, reason = Gate.BOOK, "a leg is not quoted"
        if not isnan(gross):
            needed = figure(self._config.threshold * 10_000)
            gate, reason = Gate.NET, f"{verb} {gross * 1e4:.2f} bps, {needed} needed to be priced"
        return Rejection(route.candidate(), route.asset, gate, reason, self._clock.now(), gross)

    def _read_conditions(self, now_ns: int) -> None:
        if self._gauged_ns is None or now_ns - self._gauged_ns >= _CONDITIONS_NS:
            self._gauged_ns = now_ns
            self._gauge.read(self._market.columns(), self._routes.slot_count)

    def _tell(self, events: Iterable[OpportunityEvent]) -> None:
        for event in events:
            if event.change is OpportunityChange.OPENED:
                self.counts.opened += 1
            elif event.change is OpportunityChange.UPDATED:
                self.counts.updated += 1
            else:
                self.counts.closed += 1
                self._lives.add(event.opportunity.candidate, life_of(event.opportunity))
                self._let_go(event.opportunity.candidate.legs)
            self._listener(event)

    def _let_go(self, key: LegsKey) -> None:
        self._room.forget(key)
        for number in [n for n, held in self._open_numbers.items() if held == key]:
            del self._open_numbers[number]
