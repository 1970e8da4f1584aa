"""Which streams go on which connection: pure planning within a venue's limits, no I/O."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

from arbedge.domain.instrument import MarketKind
from arbedge.exchanges.spec import StreamHost
from arbedge.market.ports import Watched

__all__ = ["LinkPlan", "LinkRole", "even_shares", "most_streams", "place_streams", "quiet_limit_s"]

_MANY_STREAMS = 30


class LinkRole(StrEnum):
    """What a connection is for."""

    TOP = "top"
    MARK = "mark"
    DEPTH = "depth"


@dataclass(frozen=True, slots=True)
class LinkPlan:
    """One logical link: its name, host and kind, the slots each stream carries, and the instruments it may name."""

    name: str
    role: LinkRole
    kind: MarketKind
    host: str
    streams: Mapping[str, tuple[int, ...]]
    watched: tuple[Watched, ...]


def most_streams(host: StreamHost, wanted: int | None) -> int:
    """Most streams a connection to `host` may carry; `wanted` lowers the venue's limit where it is set."""
    return host.max_streams if wanted is None else min(host.max_streams, wanted)


def even_shares(watched: tuple[Watched, ...], most: int) -> list[tuple[Watched, ...]]:
    """Even shares of at most `most`, in order."""
    count = -(-len(watched) // most)
    return [watched[len(watched) * at // count : len(watched) * (at + 1) // count] for at in range(count)]


def place_streams(
    wanted: Mapping[str, tuple[int, ...]], placed: Sequence[Mapping[str, tuple[int, ...]]], most: int
) -> tuple[dict[str, tuple[int, ...]], ...]:
    """The streams of each link: what is carried and still wanted stays where it is, the rest fills the gaps.

    `placed` is what the links carry now; new links are added at the end when all are full.
    """
    missing = dict(wanted)
    links = [{stream: missing.pop(stream) for stream in carried if stream in missing} for carried in placed]
    position = 0
    for stream, slots in missing.items():
        while position < len(links) and len(links[position]) >= most:
            position += 1
        if position == len(links):
            links.append({})
        links[position][stream] = slots
    return tuple(links)


def quiet_limit_s(role: LinkRole, streams: int) -> float | None:
    """How long a link may bring no market data before it counts as dead; None where quiet is normal.

    Marks come every second. Tops come on change only, yet among many symbols some change within half a minute.
    """
    if role is LinkRole.MARK:
        return 10.0
    return 30.0 if role is LinkRole.TOP and streams >= _MANY_STREAMS else None
