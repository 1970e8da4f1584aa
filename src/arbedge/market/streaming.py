"""Runs a venue's streams over what is watched now, and starts them over when the watch list has grown."""

from functools import partial

from arbedge.errors import Timeout
from arbedge.foundation.runtime.clock import Clock
from arbedge.foundation.runtime.supervision import race
from arbedge.market.ports import MarketSink, VenueStreams
from arbedge.market.refresh import MarketRefresher
from arbedge.market.view import LiveMarket

__all__ = ["StreamRunner"]

_POLL_S = 0.05
_LISTING_WAIT_S = 3.0
_SHORTEST_RUN_S = 30.0
_LONGEST_RUN_S = 7 * 86_400.0


class StreamRunner:
    """Joins streams, sink and watch list of the venues. `run` is one venue's task, until cancelled."""

    def __init__(self, market: LiveMarket, refresher: MarketRefresher, clock: Clock) -> None:
        self._market = market
        self._refresher = refresher
        self._clock = clock

    async def run(self, venue: str, streams: VenueStreams, sink: MarketSink) -> None:
        """Stream a venue once its listing is there; raises only what the streams themselves raise."""
        await self._first_listing(venue)
        while True:
            watched = self._market.universe.watched(venue)
            known = frozenset(each.slot for each in watched)
            self._market.desk.retell(venue)
            try:
                await race(
                    self._clock,
                    [partial(streams.run, watched, sink), partial(self._growth, venue, known)],
                    deadline_s=_LONGEST_RUN_S,
                )
            except Timeout:
                pass  # a week is long enough for one run: start over with a fresh watch list
            finally:
                self._market.drop_links(venue, "its streams were started over")
            await self._clock.sleep(_POLL_S)

    async def _first_listing(self, venue: str) -> None:
        """All kinds if they come soon, else what there is."""
        waited_s = 0.0
        while not self._refresher.is_listed(venue):
            if self._refresher.has_listed(venue):
                if waited_s >= _LISTING_WAIT_S:
                    return
                waited_s += _POLL_S
            await self._clock.sleep(_POLL_S)

    async def _growth(self, venue: str, known: frozenset[int]) -> None:
        """Ends when something new is listed, never before the streams have run a while."""
        await self._clock.sleep(_SHORTEST_RUN_S)
        while all(each.slot in known for each in self._market.universe.watched(venue)):
            await self._clock.sleep(1.0)
