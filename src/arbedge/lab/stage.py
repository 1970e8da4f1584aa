"""What a simulated venue stands on: its world and funding, its faults, its clock; and all venues of a lab."""

from collections.abc import Iterator, Mapping

from arbedge.errors import Invalid
from arbedge.foundation.runtime.clock import Clock
from arbedge.lab.config import LabOptions
from arbedge.lab.faults import Fault, FaultBoard
from arbedge.lab.funding import FundingBook
from arbedge.lab.motion import Motion, raise_worlds
from arbedge.lab.scenarios import find_scenario
from arbedge.lab.traps.catalogue import STANDING, chosen
from arbedge.lab.universe import build_all
from arbedge.lab.world import Bend, World

__all__ = ["Stage", "StageSet"]


class Stage:
    """One venue's state. Times are the venue's: wall milliseconds UTC, shifted while a clock_skew fault lasts.

    `traps` are those set in this lab: dialects look there how to say things.
    """

    def __init__(
        self, name: str, options: LabOptions, clock: Clock, world: World, traps: frozenset[str] = STANDING
    ) -> None:
        self.name = name
        self.options = options
        self.traps = traps
        self.clock = clock
        self.faults = FaultBoard()
        self.world = world
        self.universe = world.universe
        self.funding = FundingBook(world)

    def true_ms(self) -> int:
        """The machine's wall clock in milliseconds."""
        return int(self.clock.now().timestamp() * 1000)

    def now_ms(self, host: str) -> int:
        """What the clock of `spot` or `usdm` shows."""
        skew = self.faults.active("clock_skew", host)
        return self.true_ms() + (int(skew.number("offset_ms", 2000)) if skew is not None else 0)

    def begin(self, fault: Fault) -> None:
        """Stage a fault; a crossed book is bent at once. Invalid: its symbol is not listed or not trading."""
        if not self.is_struck(fault):
            raise Invalid(f"params.symbol {fault.symbol!r}: no trading market of that name")
        self.faults.stage(fault)
        self._cross(fault, is_crossed=True)

    def end(self, fault: Fault) -> None:
        """Undo what a fault bent."""
        self._cross(fault, is_crossed=False)

    def is_struck(self, fault: Fault) -> bool:
        """Whether a fault is meant for this venue, and its symbol, where it names one, trades here."""
        is_meant = fault.venue in {None, self.name}
        return is_meant and (fault.symbol is None or bool(self._struck(fault)))

    def _cross(self, fault: Fault, *, is_crossed: bool) -> None:
        if fault.name != "crossed":
            return
        keys = self._struck(fault)
        for key in keys:
            self.world.bends.setdefault(key, Bend()).is_crossed = is_crossed
        self.world.refresh(keys, self.true_ms())

    def _struck(self, fault: Fault) -> list[tuple[str, str]]:
        hosts = ("spot", "usdm") if fault.host is None else (fault.host,)
        keys = [(host, fault.symbol or "") for host in hosts]
        return [key for key in keys if key in self.world.books and self.world.books[key].listing.is_trading]


class StageSet(Mapping[str, Stage]):
    """The stages of one lab by venue, sharing coins and their prices, what moves them, and the `traps` set."""

    def __init__(self, options: LabOptions, clock: Clock) -> None:
        self._clock = clock
        now_ms = self.true_ms()
        self.traps = chosen(find_scenario(options.scenario).traps, options.traps, options.no_traps)
        worlds = raise_worlds(build_all(options.universe, options.seed, now_ms, self.traps), now_ms)
        self._stages = {name: Stage(name, options, clock, world, self.traps) for name, world in worlds.items()}
        self.motion = Motion(worlds, now_ms, options.changes_per_s)

    def __getitem__(self, name: str) -> Stage:
        return self._stages[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._stages)

    def __len__(self) -> int:
        return len(self._stages)

    def true_ms(self) -> int:
        """The machine's wall clock in milliseconds."""
        return int(self._clock.now().timestamp() * 1000)

    def monotonic_ns(self) -> int:
        """The machine's monotonic clock, which times faults."""
        return self._clock.monotonic_ns()

    def begin(self, fault: Fault) -> None:
        """Stage a fault at every venue it is meant for; Invalid when it is meant for none that can be struck."""
        struck = [stage for stage in self._stages.values() if stage.is_struck(fault)]
        if not struck and fault.symbol is not None:
            raise Invalid(f"params.symbol {fault.symbol!r}: no trading market of that name")
        if not struck:
            raise Invalid(f"params.venue {fault.venue!r}: expected one of {', '.join(self._stages)}")
        for stage in struck:
            stage.begin(fault)

    def expire(self, now_ns: int) -> None:
        """End what is over everywhere."""
        for stage in self._stages.values():
            for fault in stage.faults.expire(now_ns):
                stage.end(fault)

    def clear(self) -> None:
        """End every fault everywhere."""
        for stage in self._stages.values():
            for fault in stage.faults.staged():
                stage.end(fault)
            stage.faults.clear()

    def staged(self) -> list[Fault]:
        """Every fault that lasts somewhere, each told once."""
        return list(dict.fromkeys(fault for stage in self._stages.values() for fault in stage.faults.staged()))
