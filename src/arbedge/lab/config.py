"""What a lab is asked to be: where it listens, what happens in it, and how it paces connections."""

from dataclasses import dataclass, field

from arbedge.errors import ConfigError

__all__ = ["DEFAULT_PORT_BASE", "VENUE_PORTS", "LabOptions", "Pace"]

DEFAULT_PORT_BASE = 28100
"""Below 32768, so that no ephemeral port of the machine is in the way."""

VENUE_PORTS = {"binance": 0, "bybit": 1, "okx": 2, "bitget": 3, "hyperliquid": 4}
"""Offset of each venue's port from the base."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Pace:
    """The clockwork of a connection, compressible so that a day's cut fits in a test. Seconds, all > 0.

    Defaults are Binance's: spot pings every 20 s and waits a minute for the pong; USD-M every 3 minutes and
    waits ten; both cut at 24 h, spot announcing it ten minutes before; an address that goes on after a 429 is
    banned for two minutes at first. OKX closes a connection on which nobody says anything for 30 s, and tells of
    a book that stood still for 60 s. Bybit closes one whose client says nothing for ten minutes, and shuts out an
    address that asks too often for as long. Bitget closes one that has heard no text `ping` for two minutes.
    """

    spot_ping_s: float = 20.0
    spot_pong_s: float = 60.0
    usdm_ping_s: float = 180.0
    usdm_pong_s: float = 600.0
    cut_s: float = 86_400.0
    cut_notice_s: float = 600.0
    ban_s: float = 120.0
    okx_idle_s: float = 30.0
    okx_quiet_s: float = 60.0
    bybit_idle_s: float = 600.0
    bybit_ban_s: float = 600.0
    bitget_idle_s: float = 120.0

    def __post_init__(self) -> None:
        for name in self.__slots__:
            if getattr(self, name) <= 0:
                raise ConfigError(f"lab pace {name} must be above 0, not {getattr(self, name)}")


@dataclass(frozen=True, slots=True, kw_only=True)
class LabOptions:
    """One lab: `port_base` 0 takes any free port; `changes_per_s` None is the universe's own rate of quotes.

    `scenario` and `universe` name entries of `lab.scenarios.scenarios()` and `lab.universe.UNIVERSES`; the same
    `seed` gives the same listings, prices and plants. `traps` are set beside those of every lab and the scenario's,
    `no_traps` are not; names are those of `lab.traps.TRAPS`, or `all`. Raises ConfigError for a value out of range.
    """

    port_base: int = DEFAULT_PORT_BASE
    scenario: str = "steady"
    seed: int = 1
    universe: str = "demo"
    host: str = "127.0.0.1"
    changes_per_s: float | None = None
    traps: tuple[str, ...] = ()
    no_traps: tuple[str, ...] = ()
    pace: Pace = field(default_factory=Pace)

    def __post_init__(self) -> None:
        last = self.port_base + max(VENUE_PORTS.values())
        if self.port_base != 0 and not (self.port_base >= 1024 and last < 32_768):
            raise ConfigError(f"--port-base {self.port_base}: expected 1024 to 32763 (or 0 for any free port)")
        if self.changes_per_s is not None and not 0 < self.changes_per_s <= 100_000:
            raise ConfigError(f"changes_per_s {self.changes_per_s}: expected above 0, at most 100000")
