"""What every simulated venue of one lab shares: the world, its funding, the faults, and the venue's clock."""

from arbedge.errors import Invalid
from arbedge.foundation.runtime.clock import Clock
from arbedge.lab.config import LabOptions
from arbedge.lab.faults import Fault, FaultBoard
from arbedge.lab.funding import FundingBook
from arbedge.lab.universe import build
from arbedge.lab.world import Bend, World

__all__ = ["Stage"]


class Stage:
    """One lab's state. Times are the venue's: wall milliseconds UTC, shifted while a clock_skew fault lasts."""

    def __init__(self, options: LabOptions, clock: Clock) -> None:
        self.options = options
        self.clock = clock
        self.faults = FaultBoard()
        self.universe = build(options.universe, options.seed, self.true_ms())
        self.world = World(self.universe, self.true_ms(), options.changes_per_s)
        self.funding = FundingBook(self.world)

    def true_ms(self) -> int:
        """The machine's wall clock in milliseconds."""
        return int(self.clock.now().timestamp() * 1000)

    def now_ms(self, host: str) -> int:
        """What the clock of `spot` or `usdm` shows."""
        skew = self.faults.active("clock_skew", host)
        return self.true_ms() + (int(skew.number("offset_ms", 2000)) if skew is not None else 0)

    def begin(self, fault: Fault) -> None:
        """Stage a fault; a crossed book is bent at once. Invalid: its symbol is not listed or not trading."""
        if fault.symbol is not None and not self._struck(fault):
            raise Invalid(f"params.symbol {fault.symbol!r}: no trading market of that name")
        self.faults.stage(fault)
        self._cross(fault, is_crossed=True)

    def end(self, fault: Fault) -> None:
        """Undo what a fault bent."""
        self._cross(fault, is_crossed=False)

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
