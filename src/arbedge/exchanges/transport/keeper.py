"""One logical link kept alive: reconnects with jittered backoff, and changes over before the venue cuts.

A logical link keeps its name while connections come and go. Before a connection reaches the venue's lifetime, or
when the venue announces a shutdown, a successor is opened and subscribed while the old one still delivers; for a
moment both do, then the old one is closed and nobody is told `lost`.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from random import Random

from arbedge.errors import RateLimited
from arbedge.exchanges.transport.dialect import LinkDialect
from arbedge.exchanges.transport.faults import Restricted
from arbedge.exchanges.transport.session import LinkAddress, Session, SessionPorts, SessionState
from arbedge.foundation.runtime.supervision import Supervisor
from arbedge.market.ports import LinkEvent, LinkState, MarketSink

__all__ = ["Keeper", "KeeperPace", "LinkStats"]


@dataclass(frozen=True, slots=True)
class KeeperPace:
    """When to come back and when to change over, in seconds.

    The n-th attempt in a row waits between half and all of `first_delay_s` * 2 ** n, at most `max_delay_s`; where
    the venue does not serve this location, `restricted_delay_s`. A connection is renewed `renew_margin_s`, and up
    to `renew_jitter_s` more, before its lifetime ends; both deliver for `overlap_s`. A connection that lasted
    `steady_s` starts the count of attempts anew.
    """

    rng: Random
    first_delay_s: float = 0.5
    max_delay_s: float = 30.0
    restricted_delay_s: float = 120.0
    renew_margin_s: float = 300.0
    renew_jitter_s: float = 300.0
    overlap_s: float = 1.0
    steady_s: float = 20.0


@dataclass(frozen=True, slots=True)
class LinkStats:
    """Counts of one logical link since it exists, and whether it is subscribed now."""

    link: str
    streams: int
    frames: int
    garbage: int
    losses: int
    renewals: int
    is_subscribed: bool


class Keeper:
    """Keeps one logical link; `step` it many times a second from one task."""

    def __init__(
        self,
        address: LinkAddress,
        dialect: LinkDialect,
        ports: SessionPorts,
        sink: MarketSink,
        supervisor: Supervisor,
        pace: KeeperPace,
    ) -> None:
        self.name = address.name
        self.host = address.host
        self._address = address
        self._dialect = dialect
        self._ports = ports
        self._sink = sink
        self._supervisor = supervisor
        self._pace = pace
        self._slots: Mapping[str, tuple[int, ...]] = {}
        self._current: Session | None = None
        self._successor: Session | None = None
        self._retired: list[Session] = []
        self._attempts = 0
        self._retry_ns = 0
        self._renew_ns = 0
        self._overlap_until_ns = 0
        self._announced: tuple[str, ...] = ()
        self._has_told_connected = False
        self._started = 0
        self._losses = 0
        self._renewals = 0
        self._frames = 0
        self._garbage = 0

    @property
    def streams(self) -> Mapping[str, tuple[int, ...]]:
        """What the link shall carry: the slots of each stream."""
        return self._slots

    def stats(self) -> LinkStats:
        """Counts so far."""
        living = [session for session in (self._current, self._successor, *self._retired) if session is not None]
        return LinkStats(
            link=self.name,
            streams=len(self._slots),
            frames=self._frames + sum(session.frames for session in living),
            garbage=self._garbage + sum(session.garbage for session in living),
            losses=self._losses,
            renewals=self._renewals,
            is_subscribed=self._current is not None and self._current.is_subscribed,
        )

    def carry(self, slots: Mapping[str, tuple[int, ...]]) -> None:
        """Carry exactly these streams from now on."""
        self._slots = dict(slots)
        for session in (self._current, self._successor):
            if session is not None:
                session.want(self._slots)

    async def step(self, now_ns: int) -> None:
        """Move on: open what is missing, tell what happened, change over when it is time."""
        for session in (self._current, self._successor, *self._retired):
            if session is not None:
                await session.step(now_ns)
        self._bury()
        if self._current is None:
            if now_ns >= self._retry_ns:
                self._current = self._open(now_ns)
        elif self._current.state is SessionState.ENDED:
            self._lose(self._current, now_ns)
        elif self._current.state is SessionState.OPEN:
            self._tell(self._current, now_ns)
            await self._renew(self._current, now_ns)

    def _open(self, now_ns: int) -> Session:
        self._started += 1
        session = Session(self._address, self._dialect, self._ports, self._heard)
        session.want(self._slots)
        pace, lifetime_s = self._pace, self.host.lifetime_s
        margin_s = min(pace.renew_margin_s + pace.rng.random() * pace.renew_jitter_s, lifetime_s / 2)
        self._renew_ns = now_ns + int((lifetime_s - margin_s) * 1e9)
        self._supervisor.start(f"{self.name}#{self._started}", session.run)
        return session

    def _heard(self, at_ns: int) -> None:
        self._sink.on_alive(self.name, at_ns)

    def _tell(self, session: Session, now_ns: int) -> None:
        """Announce a connection once, and every change of what it has been accepted to carry."""
        if not self._has_told_connected:
            self._has_told_connected = True
            self._emit(LinkState.CONNECTED, "opened", tuple(self._slots), now_ns)
        active = session.active
        if active != self._announced:
            self._announced = active
            self._emit(LinkState.SUBSCRIBED, "accepted", active, now_ns)
        if session.is_subscribed and now_ns - session.opened_ns > self._pace.steady_s * 1e9:
            self._attempts = 0

    async def _renew(self, current: Session, now_ns: int) -> None:
        successor = self._successor
        if successor is None:
            if now_ns >= self._retry_ns and (now_ns >= self._renew_ns or current.is_renewal_due):
                self._dialect.set_overlap(is_overlapping=True)
                self._overlap_until_ns = 0
                self._successor = self._open(now_ns)
        elif successor.state is SessionState.ENDED:
            self._successor = None
            self._count(successor)
            self._back_off(successor, now_ns)
            self._renew_ns = now_ns
        elif successor.is_subscribed and self._overlap_until_ns == 0:
            self._overlap_until_ns = now_ns + int(self._pace.overlap_s * 1e9)
        elif successor.is_subscribed and now_ns >= self._overlap_until_ns:
            await self._change_over(current, successor, now_ns)

    async def _change_over(self, current: Session, successor: Session, now_ns: int) -> None:
        self._current, self._successor = successor, None
        self._announced = successor.active
        self._renewals += 1
        self._retired.append(current)
        await current.close("replaced by its successor")
        self._emit(LinkState.SUBSCRIBED, "renewed without a gap", successor.active, now_ns)

    def _lose(self, session: Session, now_ns: int) -> None:
        """A connection ended or was never made: a successor under way takes its place, else wait and try again."""
        self._current, self._successor = self._successor, None
        self._count(session)
        self._losses += 1
        self._announced = ()
        self._has_told_connected = False
        if self._current is None:
            self._back_off(session, now_ns)
        if not self._retired:
            self._dialect.set_overlap(is_overlapping=False)
        self._ports.log.warning("link lost", link=self.name, reason=session.reason)
        self._emit(LinkState.LOST, session.reason, tuple(self._slots), now_ns)

    def _back_off(self, session: Session, now_ns: int) -> None:
        pace = self._pace
        full_s = min(pace.max_delay_s, pace.first_delay_s * 2.0 ** min(self._attempts, 30))
        delay_s = full_s * (0.5 + pace.rng.random() / 2)
        if isinstance(session.error, Restricted):
            delay_s = pace.restricted_delay_s * (0.5 + pace.rng.random() / 2)
        elif isinstance(session.error, RateLimited) and session.error.retry_after_s is not None:
            delay_s = max(delay_s, session.error.retry_after_s)
        self._attempts += 1
        self._retry_ns = now_ns + int(delay_s * 1e9)

    def _bury(self) -> None:
        """Forget replaced connections that have ended."""
        if not self._retired:
            return
        for session in self._retired:
            if session.state is SessionState.ENDED:
                self._count(session)
        self._retired = [session for session in self._retired if session.state is not SessionState.ENDED]
        if not self._retired and self._successor is None:
            self._dialect.set_overlap(is_overlapping=False)

    def _count(self, session: Session) -> None:
        self._frames += session.frames
        self._garbage += session.garbage

    def _emit(self, state: LinkState, reason: str, streams: tuple[str, ...], now_ns: int) -> None:
        slots = {slot: None for stream in streams for slot in self._slots.get(stream, ())}
        self._sink.on_link(LinkEvent(self.name, state, reason, tuple(slots), now_ns))
