"""Proof of life: a quote counts while its connection speaks and its own symbol was heard, however quiet it is.

Best-bid/ask streams push only on change, so silence of one symbol proves nothing and silence of a whole connection
proves the worst. The rule (opportunities.md, "Alive"): any frame on that connection within its heartbeat, and a
frame or matching snapshot of that symbol within the confirmation time.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field

from arbedge.market.ports import LinkEvent, LinkState

__all__ = ["LinkPurpose", "Liveness", "link_purpose"]

_NEVER = -(1 << 62)


class LinkPurpose:
    """What a connection carries, as the third word of its name says (`binance:spot:top:0`)."""

    TOP = "top"
    DEPTH = "depth"


def link_purpose(link: str) -> str:
    """The third word of a link's name; empty where it has none."""
    words = link.split(":")
    return words[2] if len(words) > 2 else ""


@dataclass(slots=True)
class _Link:
    """One connection as last heard."""

    state: LinkState = LinkState.CONNECTED
    reason: str = ""
    alive_ns: int = _NEVER
    slots: frozenset[int] = field(default_factory=frozenset)


class Liveness:
    """Links by name, symbols by slot. Times are monotonic nanoseconds and passed in."""

    def __init__(self, *, heartbeat_s: float, confirmation_s: float) -> None:
        self._heartbeat_ns = int(heartbeat_s * 1e9)
        self._confirmation_ns = int(confirmation_s * 1e9)
        self._links: dict[str, _Link] = {}
        self._carriers: dict[int, tuple[str, ...]] = {}
        self._heard_ns: list[int] = []
        self._since_ns: list[int] = []

    def extend(self, count: int) -> None:
        """Add slots, never heard."""
        self._heard_ns.extend([_NEVER] * count)
        self._since_ns.extend([_NEVER] * count)

    def hear(self, slot: int, at_ns: int) -> None:
        """A frame or a matching snapshot of the slot's own symbol was received at that time.

        Nothing heard before its connection was subscribed counts: a change in between went unseen.
        """
        if at_ns > self._heard_ns[slot] and at_ns >= self._since_ns[slot]:
            self._heard_ns[slot] = at_ns

    def open_times(self) -> tuple[list[int], list[int]]:
        """When each slot was last heard and since when that counts, for the intake's one loop (as `hear` does)."""
        return self._heard_ns, self._since_ns

    def forget(self, slots: Iterable[int]) -> None:
        """These symbols are unconfirmed until heard anew."""
        for slot in slots:
            self._heard_ns[slot] = _NEVER

    def heard_ns(self, slot: int) -> int:
        """When the symbol was last heard; far in the past when never."""
        return self._heard_ns[slot]

    def beat(self, link: str, at_ns: int) -> None:
        """Any frame at all arrived on a connection."""
        known = self._links.get(link)
        if known is None:
            known = self._links[link] = _Link()
        known.alive_ns = at_ns

    def on_link(self, event: LinkEvent) -> tuple[int, ...]:
        """Take a change of connection in; returns the slots no other connection carries any more.

        Only links that carry best bids and asks count; while a successor already carries the same symbols (the
        overlap before a venue's daily cut), the end of its predecessor loses nothing.
        """
        if link_purpose(event.link) != LinkPurpose.TOP:
            return ()
        link = self._links.setdefault(event.link, _Link())
        link.state, link.reason = event.state, event.reason
        if event.state is LinkState.LOST:
            return self._lose(event, link)
        link.alive_ns = max(link.alive_ns, event.at_ns)
        if event.state is LinkState.SUBSCRIBED:
            for slot in event.slots:
                carriers = self._carriers.get(slot, ())
                if event.link not in carriers:
                    self._carriers[slot] = (*carriers, event.link)
                if not carriers:
                    self._since_ns[slot] = event.at_ns
                    self._heard_ns[slot] = _NEVER
            link.slots |= frozenset(event.slots)
        return ()

    def problem(self, slot: int, now_ns: int) -> str | None:
        """Why a slot is not alive, in words, or None: it is."""
        carriers = self._carriers.get(slot)
        if not carriers:
            return "no stream connection carries it"
        latest_ns = max(self._links[link].alive_ns for link in carriers)
        if now_ns - latest_ns > self._heartbeat_ns:
            silence_s = (now_ns - latest_ns) / 1e9
            return f"{carriers[-1]} silent for {silence_s:.1f} s (heartbeat {self._heartbeat_ns / 1e9:g} s)"
        heard_ns = self._heard_ns[slot]
        if heard_ns == _NEVER:
            return "no frame or matching snapshot since its connection was made"
        if now_ns - heard_ns > self._confirmation_ns:
            limit_s = self._confirmation_ns / 1e9
            return f"not confirmed for {(now_ns - heard_ns) / 1e9:.0f} s (limit {limit_s:g} s)"
        return None

    def is_carried(self, slot: int) -> bool:
        """Whether a subscribed connection carries the slot."""
        return slot in self._carriers

    def is_alive(self, slot: int, now_ns: int) -> bool:
        """Whether a slot is alive."""
        return self.problem(slot, now_ns) is None

    def links(self, prefix: str) -> tuple[str, ...]:
        """Links whose name starts so and that are not down."""
        return tuple(
            name
            for name, link in sorted(self._links.items())
            if name.startswith(prefix) and link.state is not LinkState.LOST
        )

    def lost_links(self, prefix: str) -> tuple[tuple[str, str], ...]:
        """Links whose name starts so and that are down, with the reason of each."""
        return tuple(
            (name, link.reason)
            for name, link in sorted(self._links.items())
            if name.startswith(prefix) and link.state is LinkState.LOST
        )

    def silent_links(self, prefix: str, now_ns: int) -> tuple[str, ...]:
        """Links whose name starts so that are up but have been silent beyond the heartbeat."""
        return tuple(
            name
            for name, link in sorted(self._links.items())
            if name.startswith(prefix)
            and link.state is not LinkState.LOST
            and now_ns - link.alive_ns > self._heartbeat_ns
        )

    def has_link(self, prefix: str) -> bool:
        """Whether any link whose name starts so carries symbols now."""
        return any(
            name.startswith(prefix) and link.state is LinkState.SUBSCRIBED for name, link in self._links.items()
        )

    def _lose(self, event: LinkEvent, link: _Link) -> tuple[int, ...]:
        orphans = []
        for slot in link.slots | frozenset(event.slots):
            left = tuple(name for name in self._carriers.get(slot, ()) if name != event.link)
            if left:
                self._carriers[slot] = left
            else:
                self._carriers.pop(slot, None)
                orphans.append(slot)
        link.slots = frozenset()
        self.forget(orphans)
        return tuple(sorted(orphans))
