"""Reads the slow facts of every venue and reads them again: listings, tops, turnover, funding, clocks, indexes.

Each venue, kind and fact has its own loop, so that what fails, fails alone: its error is kept in words, it is tried
again with doubling waits, and the others go on. At the start everything is asked for at once; what arrives before
the listing it belongs to waits for it.
"""

from collections.abc import Awaitable, Callable, Mapping
from functools import partial

from arbedge.domain.funding import FundingState
from arbedge.domain.instrument import InstrumentStatus, MarketKind
from arbedge.domain.quote import TopOfBook
from arbedge.errors import ArbEdgeError, RateLimited
from arbedge.foundation.runtime.clock import Clock
from arbedge.foundation.runtime.supervision import run_all
from arbedge.market.config import MarketConfig
from arbedge.market.ports import NetworkSource
from arbedge.market.venues import VenueCondition, VenueFaults, VenueSources, VenueState, is_restriction
from arbedge.market.view import LiveMarket

__all__ = ["MarketRefresher"]

_FIRST_RETRY_S = 1.0
_LONGEST_RETRY_S = 60.0
_RESTRICTED_RETRY_S = 120.0
_SHUT_OUT_RETRY_S = 10.0
"""What a venue has answered before it serves this location: refused now, it is had again once a ban ends."""
_POLL_S = 0.05
_TOPS_SPACING_S = 1.5
_GAINS_S = 0.5
_WISHED_INDEX_S = 0.1
_OTHER_INDEX_S = 0.5
_INDEX_RETRY_NS = 5_000_000_000


class MarketRefresher:
    """Keeps a `LiveMarket` supplied by `venues`; `run` until cancelled, `states` at any time."""

    def __init__(
        self, market: LiveMarket, venues: Mapping[str, VenueSources], config: MarketConfig, clock: Clock
    ) -> None:
        self._market = market
        self._venues = dict(venues)
        self._config = config
        self._clock = clock
        self._faults = {name: VenueFaults() for name in self._venues}
        self._answered: set[tuple[str, str]] = set()
        self._listed: set[tuple[str, MarketKind]] = set()
        self._early_tops: dict[tuple[str, MarketKind], tuple[tuple[TopOfBook, ...], int]] = {}
        self._early_funding: dict[str, tuple[FundingState, ...]] = {}
        self._index_due_ns: dict[int, int] = {}
        self._index_failures: dict[int, int] = {}

    async def run(self) -> None:
        """Serve until cancelled; no error of a venue gets out."""
        config = self._config
        jobs: list[Callable[[], Awaitable[None]]] = [self._gains]
        for name, venue in self._venues.items():
            jobs.append(partial(self._clock_loop, name))
            for kind in venue.kinds:
                jobs += [
                    partial(
                        self._every,
                        name,
                        f"{kind} instruments",
                        config.refresh_instruments_s,
                        partial(self._list, name, kind),
                    ),
                    partial(self._tops_loop, name, kind),
                    partial(self._turnover_loop, name, kind),
                ]
            if MarketKind.PERP in venue.kinds:
                jobs += [
                    partial(self._every, name, "funding", config.refresh_funding_s, partial(self._fund, name)),
                    partial(self._index_loop, name),
                ]
            if venue.limits is not None:
                self._market.limits.open(name)
                jobs.append(partial(self._market.limits.serve, name, venue.limits, self._attempt))
            if venue.networks is None:
                self._market.networks.explain(name, f"{name} tells them to key holders only")
            else:
                read = partial(self._read_networks, name, venue.networks)
                jobs.append(partial(self._every, name, "networks", config.refresh_networks_s, read))
        await run_all(jobs, limit=len(jobs))

    def is_listed(self, venue: str) -> bool:
        """Whether every kind of the venue was listed at least once."""
        return all((venue, kind) in self._listed for kind in self._venues[venue].kinds)

    def has_listed(self, venue: str) -> bool:
        """Whether any kind of the venue was listed."""
        return any((venue, kind) in self._listed for kind in self._venues[venue].kinds)

    def states(self) -> tuple[VenueState, ...]:
        """How every venue is doing, in the order they were given."""
        return tuple(self._state(name) for name in self._venues)

    def failures(self, venue: str) -> int:
        """How many reads of a venue have failed since the start."""
        return self._faults[venue].failures

    def _state(self, name: str) -> VenueState:
        universe, faults = self._market.universe, self._faults[name]
        slots = [
            slot
            for slot in universe.slots(name)
            if universe.instruments[slot].status is not InstrumentStatus.DELISTED
        ]
        quotes = self._market.board.count_quoted(slots)
        error = faults.text or self._stream_problem(name) or self._market.clocks.warning(name)
        if not slots:
            if faults.is_restricted:
                condition = VenueCondition.RESTRICTED
            else:
                condition = VenueCondition.CONNECTING if faults.text is None else VenueCondition.DOWN
        elif error is not None:
            condition = VenueCondition.DEGRADED if quotes else VenueCondition.DOWN
        elif not self._market.liveness.has_link(f"{name}:"):
            condition = VenueCondition.CONNECTING
        else:
            condition = VenueCondition.LIVE
        return VenueState(name, condition, len(slots), quotes, error)

    def _stream_problem(self, name: str) -> str | None:
        liveness = self._market.liveness
        for link, reason in liveness.lost_links(f"{name}:"):
            return f"{link} is down: {reason}"
        for link in liveness.silent_links(f"{name}:", self._clock.monotonic_ns()):
            return f"{link} is silent"
        return None

    # --- loops ---------------------------------------------------------------------------------------------------

    async def _every(self, venue: str, what: str, period_s: float, read: Callable[[], Awaitable[None]]) -> None:
        failures = 0
        while True:
            wait_s = await self._attempt(venue, what, read, failures)
            failures = 0 if wait_s is None else failures + 1
            await self._clock.sleep(period_s if wait_s is None else wait_s)

    async def _attempt(
        self, venue: str, what: str, read: Callable[[], Awaitable[None]], failures: int
    ) -> float | None:
        """Read once; None when it worked, else how long to wait before the next try."""
        try:
            await read()
        except ArbEdgeError as error:
            self._faults[venue].note(what, error)
            if isinstance(error, RateLimited) and error.retry_after_s is not None:
                return max(_FIRST_RETRY_S, error.retry_after_s)
            if is_restriction(error):
                first_s = _SHUT_OUT_RETRY_S if (venue, what) in self._answered else _RESTRICTED_RETRY_S
                return min(_RESTRICTED_RETRY_S, first_s * 2.0 ** min(failures, 10))
            return min(_LONGEST_RETRY_S, _FIRST_RETRY_S * 2.0 ** min(failures, 10))
        self._answered.add((venue, what))
        self._faults[venue].clear(what)
        return None

    async def _clock_loop(self, venue: str) -> None:
        """Three samples at the start, then one a period."""
        for _ in range(3):
            await self._attempt(venue, "clock", partial(self._read_clock, venue), 0)
            await self._clock.sleep(_POLL_S)
        await self._every(venue, "clock", self._config.refresh_clock_s, partial(self._read_clock, venue))

    async def _tops_loop(self, venue: str, kind: MarketKind) -> None:
        """At the start, every period, and soon after a connection was made."""
        failures = 0
        while True:
            wait_s = await self._attempt(venue, f"{kind} quotes", partial(self._top, venue, kind), failures)
            failures = 0 if wait_s is None else failures + 1
            await self._clock.sleep(_TOPS_SPACING_S if wait_s is None else max(wait_s, _TOPS_SPACING_S))
            waited_s = _TOPS_SPACING_S
            while wait_s is None and waited_s < self._config.refresh_tickers_s:
                if self._market.take_tops_due(venue, kind):
                    break
                await self._clock.sleep(_POLL_S)
                waited_s += _POLL_S

    async def _turnover_loop(self, venue: str, kind: MarketKind) -> None:
        while (venue, kind) not in self._listed:
            await self._clock.sleep(_POLL_S)
        await self._every(
            venue,
            f"{kind} turnover",
            self._config.refresh_turnover_s,
            partial(self._turn_over, venue, kind),
        )

    async def _index_loop(self, venue: str) -> None:
        """One perpetual at a time: those candidates wait for first, then the rest at a lower pace."""
        while True:
            slot = self._market.next_index_wish(venue)
            if slot is not None and self._clock.monotonic_ns() < self._index_due_ns.get(slot, 0):
                slot = None  # it was tried a moment ago
            is_wished = slot is not None
            if slot is None:
                slot = self._next_unread_index(venue)
            if slot is not None:
                await self._try_index(venue, slot)
            await self._clock.sleep(_WISHED_INDEX_S if is_wished else _OTHER_INDEX_S)

    async def _try_index(self, venue: str, slot: int) -> None:
        """Read one index; a failing one is tried again after 5 s, doubling to 80 s."""
        now_ns = self._clock.monotonic_ns()
        failures = self._index_failures.pop(slot, 0)
        self._index_due_ns[slot] = now_ns + (_INDEX_RETRY_NS << min(failures, 4))
        if await self._attempt(venue, "index", partial(self._read_index, venue, slot), 0) is None:
            self._index_due_ns[slot] = now_ns + int(self._config.refresh_index_s * 1e9)
        else:
            self._index_failures[slot] = failures + 1

    async def _gains(self) -> None:
        while True:
            self._market.funding.refresh()
            await self._clock.sleep(_GAINS_S)

    # --- reads ---------------------------------------------------------------------------------------------------

    async def _list(self, venue: str, kind: MarketKind) -> None:
        listed = await self._venues[venue].catalogue.fetch_instruments(kind)
        self._market.accept_listing(venue, kind, listed)
        self._listed.add((venue, kind))
        early = self._early_tops.pop((venue, kind), None)
        if early is not None:
            self._take_tops(*early)
        if kind is MarketKind.PERP:
            self._take_funding(self._early_funding.pop(venue, ()))

    async def _top(self, venue: str, kind: MarketKind) -> None:
        asked_ns = self._clock.monotonic_ns()
        tops = await self._venues[venue].catalogue.fetch_tops(kind)
        if (venue, kind) in self._listed:
            self._take_tops(tops, asked_ns)
        else:
            self._early_tops[venue, kind] = (tops, asked_ns)

    def _take_tops(self, tops: tuple[TopOfBook, ...], asked_ns: int) -> None:
        for top in tops:
            self._market.accept_snapshot_top(top, asked_ns)

    async def _turn_over(self, venue: str, kind: MarketKind) -> None:
        turnover = await self._venues[venue].catalogue.fetch_turnover(kind)
        self._market.accept_turnover(turnover)

    async def _fund(self, venue: str) -> None:
        states = await self._venues[venue].funding.fetch_funding()
        if (venue, MarketKind.PERP) in self._listed:
            self._take_funding(states)
        else:
            self._early_funding[venue] = states

    def _take_funding(self, states: tuple[FundingState, ...]) -> None:
        for state in states:
            slot = self._market.universe.slot_of(state.instrument)
            if slot is not None:
                self._market.accept_funding(slot, state)
        self._market.funding.refresh()

    async def _read_clock(self, venue: str) -> None:
        self._market.clocks.learn(venue, await self._venues[venue].catalogue.fetch_clock())

    async def _read_networks(self, venue: str, source: NetworkSource) -> None:
        self._market.networks.learn(venue, await source.fetch_networks())

    async def _read_index(self, venue: str, slot: int) -> None:
        perp = self._market.universe.instruments[slot].id
        components = await self._venues[venue].catalogue.fetch_index_components(perp)
        self._market.asset_identity.learn(slot, components)

    def _next_unread_index(self, venue: str) -> int | None:
        now_ns = self._clock.monotonic_ns()
        universe = self._market.universe
        for slot in universe.slots(venue, MarketKind.PERP):
            is_trading = universe.instruments[slot].status is InstrumentStatus.TRADING
            if is_trading and now_ns >= self._index_due_ns.get(slot, 0):
                return slot
        return None
