"""Venues put together from settings: the one place that knows which adapters exist."""

from collections.abc import AsyncIterator, Callable, Iterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from random import Random
from typing import Protocol

from arbedge.bootstrap.settings import LoadedSettings, Settings
from arbedge.domain.instrument import MarketKind
from arbedge.errors import ConfigError, Invalid
from arbedge.exchanges.binance import adapter as binance
from arbedge.exchanges.bitget import adapter as bitget
from arbedge.exchanges.bybit import adapter as bybit
from arbedge.exchanges.config import VENUE_NAMES, VenueConfig, VenueName
from arbedge.exchanges.hyperliquid import adapter as hyperliquid
from arbedge.exchanges.okx import adapter as okx
from arbedge.exchanges.spec import VenueSpec
from arbedge.exchanges.transport.http import PoolGauges
from arbedge.exchanges.transport.keeper import LinkStats
from arbedge.exchanges.transport.surroundings import Surroundings
from arbedge.foundation.resilience.guard import Guard, GuardHooks
from arbedge.foundation.resilience.weight import WeightBudget
from arbedge.foundation.runtime.clock import Clock, SystemClock
from arbedge.market.feeds.desk import DepthVenue
from arbedge.market.ports import (
    DepthSource,
    FundingSource,
    LimitSource,
    NetworkSource,
    VenueCatalogue,
    VenueStreams,
)

__all__ = ["ADAPTERS", "Adapter", "OpenVenue", "VenueSet", "build_venues", "open_venues"]


class _Pool(Protocol):
    def gauges(self) -> PoolGauges: ...
    async def close(self) -> None: ...


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenVenue:
    """One venue behind the market's ports; nothing here knows which one it is."""

    name: VenueName
    kinds: tuple[MarketKind, ...]
    catalogue: VenueCatalogue
    depth: DepthVenue
    funding: FundingSource
    networks: NetworkSource | None
    limits: LimitSource | None
    streams: VenueStreams
    guards: tuple[Guard, ...]
    pool: _Pool
    stats: Callable[[], tuple[LinkStats, ...]]
    budgets: Mapping[str, WeightBudget]
    is_loopback: bool


class _Streams(VenueStreams, Protocol):
    def stats(self) -> tuple[LinkStats, ...]: ...


class _Catalogue(VenueCatalogue, DepthSource, FundingSource, Protocol):
    """Every venue's catalogue also reads its books and its funding."""


class _Built(Protocol):
    """What each venue's `build` gives."""

    @property
    def spec(self) -> VenueSpec: ...
    @property
    def catalogue(self) -> _Catalogue: ...
    @property
    def streams(self) -> _Streams: ...
    @property
    def pool(self) -> _Pool: ...
    @property
    def guards(self) -> tuple[Guard, ...]: ...
    @property
    def budgets(self) -> Mapping[str, WeightBudget]: ...


@dataclass(frozen=True, slots=True)
class Adapter:
    """How a venue is built, and whether its depth streams begin with the whole book."""

    build: Callable[[VenueConfig, Surroundings], _Built]
    sends_books: bool


ADAPTERS: Mapping[VenueName, Adapter] = {
    "binance": Adapter(binance.build, sends_books=False),
    "bybit": Adapter(bybit.build, sends_books=True),
    "okx": Adapter(okx.build, sends_books=False),
    "bitget": Adapter(bitget.build, sends_books=True),
    "hyperliquid": Adapter(hyperliquid.build, sends_books=True),
}
"""Every venue ArbEdge can talk to; a new venue is a folder in `exchanges` and a line here."""


def _open(name: VenueName, config: VenueConfig, around: Surroundings) -> OpenVenue:
    adapter = ADAPTERS[name]
    venue = adapter.build(config, around)
    kinds = tuple(kind for kind in config.kinds if kind in venue.spec.rest)
    if not kinds:
        raise ConfigError(f"venues.{name}.kinds: {venue.spec.title} has only {', '.join(venue.spec.rest)}")
    return OpenVenue(
        name=name,
        kinds=kinds,
        catalogue=venue.catalogue,
        depth=DepthVenue(venue.catalogue, venue.streams.want_depth, adapter.sends_books),
        funding=venue.catalogue,
        networks=venue.catalogue if isinstance(venue.catalogue, NetworkSource) else None,
        limits=venue.catalogue if isinstance(venue.catalogue, LimitSource) else None,
        streams=venue.streams,
        guards=venue.guards,
        pool=venue.pool,
        stats=venue.streams.stats,
        budgets=venue.budgets,
        is_loopback=_is_loopback(config.base_url),
    )


class VenueSet:
    """The venues of one process, and those that were asked for but have no adapter."""

    def __init__(self, venues: tuple[OpenVenue, ...], without_adapter: tuple[str, ...]) -> None:
        self._venues = venues
        self.without_adapter = without_adapter

    def __iter__(self) -> Iterator[OpenVenue]:
        return iter(self._venues)

    def __len__(self) -> int:
        return len(self._venues)

    @property
    def is_simulated(self) -> bool:
        """Whether any venue is reached on this machine itself: a lab, so its figures are marked."""
        return any(venue.is_loopback for venue in self._venues)

    async def close(self) -> None:
        """Close every venue's connections."""
        for venue in self._venues:
            await venue.pool.close()


def build_venues(settings: Settings, clock: Clock, hooks: GuardHooks | None = None) -> VenueSet:
    """Every configured venue that has an adapter. Opens nothing: the first call does."""
    around = Surroundings(clock, Random(), hooks)  # noqa: S311 - jitter must differ between processes, not be secret
    known = [name for name in settings.exchanges if name in ADAPTERS]
    venues = tuple(_open(name, settings.venues.of(name), around) for name in known)
    return VenueSet(venues, tuple(name for name in settings.exchanges if name not in ADAPTERS))


@asynccontextmanager
async def open_venues(loaded: LoadedSettings, *, only: str | None = None) -> AsyncIterator[VenueSet]:
    """The configured venues (or `only` one of them) for a single question; closed afterwards."""
    settings = loaded.settings
    if only is not None:
        if only not in VENUE_NAMES:
            raise Invalid(f"--venue {only}: expected one of {', '.join(VENUE_NAMES)}")
        if only not in ADAPTERS:
            raise Invalid(f"--venue {only}: has no adapter yet; there are {', '.join(ADAPTERS)}")
        settings = settings.model_copy(update={"exchanges": (only,)})
    venues = build_venues(settings, SystemClock())
    try:
        yield venues
    finally:
        await venues.close()


def _is_loopback(base_url: str | None) -> bool:
    host = (base_url or "").partition("://")[2].rpartition(":")[0] or (base_url or "").partition("://")[2]
    return host.startswith("127.") or host in {"localhost", "[::1]"}
