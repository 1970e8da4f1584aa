"""What is really going on: plants opened and closed on schedule, and the list an examiner may read."""

from datetime import UTC, datetime
from typing import TypeAlias

from arbedge.lab.bait import bait
from arbedge.lab.books import LiveBook
from arbedge.lab.faults import parse_fault
from arbedge.lab.plants import Place, Plant
from arbedge.lab.scenarios import Scenario
from arbedge.lab.stage import StageSet
from arbedge.lab.turns import in_turns
from arbedge.lab.world import Bend

__all__ = ["Moved", "Planner"]

_LOOK_AHEAD_MS = 300_000
_LOOK_BACK_MS = 3_600_000
_HOUR_MS = 3_600_000
_SLIDE_STEP_BPS = 5.0

Moved: TypeAlias = dict[str, list[LiveBook]]
"""Books that moved, by venue."""


class _Running:
    __slots__ = ("closes_ms", "gross_bps", "is_open", "opens_ms", "plant", "slid_bps")

    def __init__(self, plant: Plant, start_ms: int) -> None:
        self.plant = plant
        self.opens_ms = start_ms + int(plant.at_s * 1000)
        self.closes_ms = self.opens_ms + int(plant.for_s * 1000)
        self.is_open = False
        self.gross_bps: float | None = None
        self.slid_bps = 0.0


class Planner:
    """Runs a scenario and the traps that are set on all stages of a lab.

    What the universe does not list is left out of the plants, and so are faults of venues it does not have.
    """

    def __init__(self, stages: StageSet, scenario: Scenario) -> None:
        self._stages = stages
        self._start_ms = stages.true_ms()
        plants = [*scenario.plants, *(each for each in bait(stages.traps) if each not in scenario.plants)]
        fitting = [plant for plant in plants if all(self._is_listed(leg.place) for leg in plant.legs)]
        self._plants = [_Running(plant, self._start_ms) for plant in fitting]
        symbols = {symbol for stage in stages.values() for _, symbol in stage.world.books}
        aimed = [
            fault for fault in (*scenario.faults, *in_turns(stages.traps))
            if fault.params.get("symbol", "BTCUSDT") in symbols and fault.params.get("venue", "binance") in stages
        ]  # fmt: skip
        self._waiting = sorted(aimed, key=lambda fault: fault.at_s)
        self._settles_ms = (self._start_ms // _HOUR_MS + 1) * _HOUR_MS

    def turn(self, true_ms: int) -> Moved:
        """Open and close what is due, stage due faults; returns the books that moved for it, by venue."""
        while true_ms >= self._settles_ms:
            self._keep_settled()
            self._settles_ms += _HOUR_MS
        while self._waiting and self._start_ms + self._waiting[0].at_s * 1000 <= true_ms:
            due = self._waiting.pop(0)
            document = {"fault": due.name, "params": due.params, "seconds": due.seconds}
            self._stages.begin(parse_fault(document, self._stages.monotonic_ns()))
        changed: Moved = {name: [] for name in self._stages}
        for running in self._plants:
            if running.is_open and true_ms >= running.closes_ms:
                self._close(running, true_ms, changed)
            elif not running.is_open and running.opens_ms <= true_ms < running.closes_ms:
                self._open(running, true_ms, changed)
            if running.is_open and running.plant.slide is not None:
                self._slide(running, true_ms, changed)
        return changed

    def truth(self, true_ms: int) -> list[dict[str, object]]:
        """Everything planted from an hour ago to five minutes ahead, soonest first."""
        told = [
            running for running in self._plants
            if running.opens_ms <= true_ms + _LOOK_AHEAD_MS and running.closes_ms >= true_ms - _LOOK_BACK_MS
        ]  # fmt: skip
        return [self._tell(running) for running in sorted(told, key=lambda running: running.opens_ms)]

    def _open(self, running: _Running, true_ms: int, changed: Moved) -> None:
        plant = running.plant
        for other in self._plants:
            if other.is_open and any(leg.place in plant.halts for leg in other.plant.legs):
                other.closes_ms = true_ms
                self._close(other, true_ms, changed)
        running.is_open = True
        if any(bend.is_muted for bend in plant.bends.values()):
            # the last thing its listeners hear is the quiet price, so let them hear it before the silence
            for place, bend in plant.bends.items():
                self._bends(place)[place[1:]] = bend
                self._book(place).is_muted = True
        self._bend(plant, true_ms)
        for place in plant.halts:
            self._stages[place[0]].world.halt(place[1:])
        if plant.news_bps:
            self._tell_news(plant, true_ms, changed)
        self._refresh(plant, true_ms, changed)
        running.gross_bps = self._gross_bps(plant)

    def _bend(self, plant: Plant, true_ms: int) -> None:
        """Set what a plant changes of its markets' prices, depth, hours and rates."""
        for place, bend in plant.bends.items():
            kept = self._bends(place).setdefault(place[1:], Bend())
            kept.shift_bps, kept.spread_bps = bend.shift_bps, bend.spread_bps
            kept.depth_scale, kept.is_muted, kept.missing = bend.depth_scale, bend.is_muted, bend.missing
        for place, hours in plant.intervals.items():
            if self._is_listed(place):
                stage = self._stages[place[0]]
                stage.funding.changes(self._book(place).listing, true_ms)
                stage.world.settle_every(place[1:], hours)
        for place, rate_8h in self._planted_rates(plant).items():
            if not self._is_listed(place):
                continue
            terms = self._book(place).listing.funding
            if terms is not None:
                bend = self._bends(place).setdefault(place[1:], Bend())
                bend.funding_rate = rate_8h * terms.interval_h / 8

    def _tell_news(self, plant: Plant, true_ms: int, changed: Moved) -> None:
        """Move the plant's coin everywhere at once."""
        self._stages[plant.legs[0].venue].world.nudge(plant.coin, plant.news_bps)
        for name, stage in self._stages.items():
            changed[name] += stage.world.move_coin(plant.coin, true_ms)

    def _slide(self, running: _Running, true_ms: int, changed: Moved) -> None:
        """Move a sliding currency on by what is due, and at once everything quoted in it, so that nothing lags."""
        slide = running.plant.slide
        assert slide is not None
        share = min(1.0, (true_ms - running.opens_ms) / 1000 / slide.over_s)
        due_bps = slide.bps * share - running.slid_bps
        if abs(due_bps) < _SLIDE_STEP_BPS and (share < 1.0 or not due_bps):
            return
        running.slid_bps += due_bps
        next(iter(self._stages.values())).world.nudge(slide.currency, due_bps)
        for name, stage in self._stages.items():
            changed[name] += stage.world.move_coin(slide.currency, true_ms)
            changed[name] += stage.world.requote(slide.currency, true_ms)

    def _close(self, running: _Running, true_ms: int, changed: Moved) -> None:
        plant = running.plant
        running.is_open = False
        for place in {*plant.bends, *self._planted_rates(plant), *(leg.place for leg in plant.legs)}:
            if place[0] not in self._stages:
                continue
            self._bends(place).pop(place[1:], None)
        self._refresh(plant, true_ms, changed)

    def _refresh(self, plant: Plant, true_ms: int, changed: Moved) -> None:
        for leg in plant.legs:
            changed[leg.venue] += self._stages[leg.venue].world.refresh([leg.place[1:]], true_ms)

    def _is_listed(self, place: Place) -> bool:
        return place[0] in self._stages and place[1:] in self._stages[place[0]].world.books

    def _book(self, place: Place) -> LiveBook:
        return self._stages[place[0]].world.books[place[1:]]

    def _bends(self, place: Place) -> dict[tuple[str, str], Bend]:
        return self._stages[place[0]].world.bends

    def _planted_rates(self, plant: Plant) -> dict[Place, float]:
        """The funding planted on each perp leg, a fraction per eight hours."""
        if plant.rates_8h:
            return plant.rates_8h
        return {} if plant.rate_8h is None else {leg.place: plant.rate_8h for leg in plant.legs}

    def _gross_bps(self, plant: Plant) -> float:
        """Edge at the best prices before fees, plus the next settlement's funding for a pair."""
        product = 1.0
        for leg in plant.legs:
            book = self._book(leg.place)
            if not (book.bid and book.ask):
                return 0.0
            unit = 10**book.listing.tick_dp * (book.listing.scale if len(plant.legs) == 2 else 1)
            product = product / (book.ask / unit) if leg.side == "buy" else product * (book.bid / unit)
        return (product - 1 + self._next_funding(plant)) * 1e4

    def _next_funding(self, plant: Plant) -> float:
        """What each leg's next settlement pays the holder, a fraction of the position."""
        paid = 0.0
        for leg in plant.legs:
            terms = self._book(leg.place).listing.funding
            rate_8h = self._planted_rates(plant).get(leg.place)
            if terms is not None and rate_8h is not None:
                rate = min(terms.cap, max(terms.floor, rate_8h * terms.interval_h / 8))
                paid += rate * (1 if leg.side == "sell" else -1)
        return paid

    def _tell(self, running: _Running) -> dict[str, object]:
        plant = running.plant
        gross_now = self._gross_bps(plant) if running.is_open else None
        return {
            "kind": plant.kind,
            "asset": plant.coin,
            "legs": [
                {"side": leg.side, "kind": leg.market, "symbol": leg.symbol, "venue": leg.venue}
                for leg in plant.legs
            ],
            "moved": [
                {"venue": venue, "kind": "spot" if market == "spot" else "perp", "symbol": symbol}
                for venue, market, symbol in sorted({*plant.bends, *self._planted_rates(plant)})
            ],
            "opens_at": _iso(running.opens_ms),
            "closes_at": _iso(running.closes_ms),
            "is_open": running.is_open,
            "expected_gross_bps": None if running.gross_bps is None else round(running.gross_bps, 2),
            "gross_bps_now": None if gross_now is None else round(gross_now, 2),
            "funding_rate_8h": plant.rate_8h,
            "is_decoy": plant.is_decoy,
            "trap": plant.trap or None,
            "reason": plant.reason,
        }

    def _keep_settled(self) -> None:
        """At a full hour, remember what each contract that settled then had announced."""
        for stage in self._stages.values():
            for book in stage.world.books.values():
                terms = book.listing.funding
                if terms is not None and self._settles_ms % (terms.interval_h * _HOUR_MS) == 0:
                    stage.funding.keep(book.listing, self._settles_ms)


def _iso(at_ms: int) -> str:
    return datetime.fromtimestamp(at_ms / 1000, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
