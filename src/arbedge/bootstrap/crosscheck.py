"""The second opinion on instruments: what ccxt reads of a venue, held against what we read."""

from random import Random

from arbedge.bootstrap.settings import Settings
from arbedge.bootstrap.venues import OpenVenue, VenueSet
from arbedge.errors import ArbEdgeError
from arbedge.exchanges.config import BitgetConfig, VenueConfig
from arbedge.exchanges.crosscheck import GUARD_POLICY, Difference, compare, load_markets
from arbedge.foundation.resilience.guard import Guard
from arbedge.foundation.runtime.clock import Clock

__all__ = ["CrossCheck", "crosscheck"]

_FIRST_AFTER_S = 20.0
_NAMED = 3


async def crosscheck(venue: OpenVenue, config: VenueConfig, clock: Clock) -> tuple[Difference, ...]:
    """Every disagreement about the venue's instruments. ccxt loads in a process of its own that ends afterwards.

    Raises what reading the venue raises, and what `load_markets` does.
    """
    guard = Guard(f"{venue.name}:ccxt", GUARD_POLICY, clock, Random(0))  # noqa: S311 - one attempt, no jitter
    proxy = config.proxy.get_secret_value() if config.proxy is not None else None
    is_unified = isinstance(config, BitgetConfig) and config.api == "v3"
    theirs = await load_markets(venue.name, guard, base_url=config.base_url, proxy=proxy, is_unified=is_unified)
    ours = [each for kind in venue.kinds for each in await venue.catalogue.fetch_instruments(kind)]
    return compare(ours, [each for each in theirs if each.kind in venue.kinds])


class CrossCheck:
    """Checks every venue now and then while the main job runs; `notices` says what was found, in words."""

    def __init__(self, venues: VenueSet, settings: Settings, clock: Clock) -> None:
        self._venues = venues
        self._settings = settings
        self._clock = clock
        self._found: dict[str, str] = {}

    @property
    def notices(self) -> tuple[str, ...]:
        """One line a venue about which the two readings differ, or whose check failed."""
        return tuple(self._found.values())

    async def run(self) -> None:
        """Check for ever, the first time a little after the start; one venue at a time."""
        await self._clock.sleep(_FIRST_AFTER_S)
        while True:
            for venue in self._venues:
                await self._check(venue)
            await self._clock.sleep(self._settings.market.crosscheck_s)

    async def _check(self, venue: OpenVenue) -> None:
        try:
            differences = await crosscheck(venue, self._settings.venues.of(venue.name), self._clock)
        except ArbEdgeError as error:
            self._found[venue.name] = f"{venue.name}: instruments not checked against ccxt: {error}"
            return
        self._found.pop(venue.name, None)
        if differences:
            first = "; ".join(
                f"{each.symbol} {each.what} {each.ours}, not {each.theirs}" for each in differences[:_NAMED]
            )
            more = f" and {len(differences) - _NAMED} more" if len(differences) > _NAMED else ""
            self._found[venue.name] = f"{venue.name}: ccxt reads instruments differently: {first}{more}"
