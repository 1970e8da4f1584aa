"""What is really going on: plants opened and closed on schedule, and the list an examiner may read."""

from datetime import UTC, datetime

from arbedge.lab.books import LiveBook
from arbedge.lab.faults import parse_fault
from arbedge.lab.plants import Plant
from arbedge.lab.scenarios import Scenario
from arbedge.lab.stage import Stage
from arbedge.lab.world import Bend

__all__ = ["Planner"]

_LOOK_AHEAD_MS = 300_000
_LOOK_BACK_MS = 3_600_000
_HOUR_MS = 3_600_000


class _Running:
    __slots__ = ("closes_ms", "gross_bps", "is_open", "opens_ms", "plant")

    def __init__(self, plant: Plant, start_ms: int) -> None:
        self.plant = plant
        self.opens_ms = start_ms + int(plant.at_s * 1000)
        self.closes_ms = self.opens_ms + int(plant.for_s * 1000)
        self.is_open = False
        self.gross_bps: float | None = None


class Planner:
    """Runs a scenario on a stage; what the universe does not list is left out of its plants."""

    def __init__(self, stage: Stage, scenario: Scenario) -> None:
        self._stage = stage
        self._start_ms = stage.true_ms()
        books = stage.world.books
        fitting = [plant for plant in scenario.plants if all(leg.key in books for leg in plant.legs)]
        self._plants = [_Running(plant, self._start_ms) for plant in fitting]
        symbols = {symbol for _, symbol in books}
        aimed = [fault for fault in scenario.faults if fault.params.get("symbol", "BTCUSDT") in symbols]
        self._waiting = sorted(aimed, key=lambda fault: fault.at_s)
        self._settles_ms = (self._start_ms // _HOUR_MS + 1) * _HOUR_MS

    def turn(self, true_ms: int) -> list[LiveBook]:
        """Open and close what is due, stage due faults; returns the books that moved for it."""
        while true_ms >= self._settles_ms:
            self._keep_settled()
            self._settles_ms += _HOUR_MS
        while self._waiting and self._start_ms + self._waiting[0].at_s * 1000 <= true_ms:
            due = self._waiting.pop(0)
            document = {"fault": due.name, "params": due.params, "seconds": due.seconds}
            self._stage.begin(parse_fault(document, self._stage.clock.monotonic_ns()))
        changed: list[LiveBook] = []
        for running in self._plants:
            if running.is_open and true_ms >= running.closes_ms:
                changed += self._close(running, true_ms)
            elif not running.is_open and running.opens_ms <= true_ms < running.closes_ms:
                changed += self._open(running, true_ms)
        return changed

    def truth(self, true_ms: int) -> list[dict[str, object]]:
        """Everything planted from an hour ago to five minutes ahead, soonest first."""
        told = [
            running for running in self._plants
            if running.opens_ms <= true_ms + _LOOK_AHEAD_MS and running.closes_ms >= true_ms - _LOOK_BACK_MS
        ]  # fmt: skip
        return [self._tell(running) for running in sorted(told, key=lambda running: running.opens_ms)]

    def _open(self, running: _Running, true_ms: int) -> list[LiveBook]:
        plant, world = running.plant, self._stage.world
        for other in self._plants:
            if other.is_open and any(leg.key in plant.halts for leg in other.plant.legs):
                other.closes_ms = true_ms
                self._close(other, true_ms)
        running.is_open = True
        if any(bend.is_muted for bend in plant.bends.values()):
            # the last thing its listeners hear is the quiet price, so let them hear it before the silence
            for key, bend in plant.bends.items():
                world.bends[key] = bend
                world.books[key].is_muted = True
        for key, bend in plant.bends.items():
            kept = world.bends.setdefault(key, Bend())
            kept.shift_bps, kept.spread_bps = bend.shift_bps, bend.spread_bps
            kept.depth_scale, kept.is_muted = bend.depth_scale, bend.is_muted
        for leg in plant.legs:
            terms = world.books[leg.key].listing.funding
            if terms is not None and plant.rate_8h is not None:
                bend = world.bends.setdefault(leg.key, Bend())
                bend.funding_rate = plant.rate_8h * terms.interval_h / 8
        for key in plant.halts:
            world.halt(key)
        if plant.news_bps:
            world.nudge(plant.coin, plant.news_bps)
        moved = world.refresh([leg.key for leg in plant.legs], true_ms)
        running.gross_bps = self._gross_bps(plant)
        return moved

    def _close(self, running: _Running, true_ms: int) -> list[LiveBook]:
        plant, world = running.plant, self._stage.world
        running.is_open = False
        for key in {*plant.bends, *(leg.key for leg in plant.legs)}:
            world.bends.pop(key, None)
        return world.refresh([leg.key for leg in plant.legs], true_ms)

    def _gross_bps(self, plant: Plant) -> float:
        """Edge at the best prices before fees, plus the next settlement's funding for a pair."""
        product = 1.0
        for leg in plant.legs:
            book = self._stage.world.books[leg.key]
            if not book.is_open:
                return 0.0
            unit = 10**book.listing.tick_dp * (book.listing.scale if len(plant.legs) == 2 else 1)
            product = product / (book.ask / unit) if leg.side == "buy" else product * (book.bid / unit)
        funding = abs(plant.rate_8h) * self._interval_share(plant) if plant.rate_8h is not None else 0.0
        return (product - 1 + funding) * 1e4

    def _interval_share(self, plant: Plant) -> float:
        for leg in plant.legs:
            terms = self._stage.world.books[leg.key].listing.funding
            if terms is not None:
                return terms.interval_h / 8
        return 1.0

    def _tell(self, running: _Running) -> dict[str, object]:
        plant = running.plant
        gross_now = self._gross_bps(plant) if running.is_open else None
        return {
            "kind": plant.kind,
            "asset": plant.coin,
            "legs": [{"side": leg.side, "kind": leg.market, "symbol": leg.symbol} for leg in plant.legs],
            "opens_at": _iso(running.opens_ms),
            "closes_at": _iso(running.closes_ms),
            "is_open": running.is_open,
            "expected_gross_bps": None if running.gross_bps is None else round(running.gross_bps, 2),
            "gross_bps_now": None if gross_now is None else round(gross_now, 2),
            "funding_rate_8h": plant.rate_8h,
            "is_decoy": plant.is_decoy,
            "reason": plant.reason,
        }

    def _keep_settled(self) -> None:
        """At a full hour, remember what each contract that settled then had announced."""
        for book in self._stage.world.books.values():
            terms = book.listing.funding
            if terms is not None and self._settles_ms % (terms.interval_h * _HOUR_MS) == 0:
                self._stage.funding.keep(book.listing, self._settles_ms)


def _iso(at_ms: int) -> str:
    return datetime.fromtimestamp(at_ms / 1000, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
