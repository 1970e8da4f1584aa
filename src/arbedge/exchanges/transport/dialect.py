"""What a venue has to say about one kind of connection: how to subscribe, and what each frame means."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Protocol, TypeAlias, runtime_checkable

from arbedge.market.ports import BurstSink, MarketSink, TopRow

__all__ = [
    "BurstDialect",
    "DeliverAll",
    "LinkDialect",
    "Notice",
    "NoticeKind",
    "Payload",
    "ReadByRead",
    "deliver_all_of",
    "garbage",
    "tops_of",
]

_SHOWN_BYTES = 120

Payload: TypeAlias = bytes | memoryview


class NoticeKind(StrEnum):
    """What a frame was, when it was not market data.

    `ALIVE` answers our heartbeat; `RESYNC` says that a stream has lost its thread and is to be subscribed anew.
    """

    ALIVE = "alive"
    RESYNC = "resync"
    ACCEPTED = "accepted"
    REFUSED = "refused"
    SHUTDOWN = "shutdown"
    GARBAGE = "garbage"


@dataclass(frozen=True, slots=True)
class Notice:
    """A frame that was not market data: the answer to a request, a coming shutdown, or nothing we understand.

    An answer names its request, or, where the venue answers stream by stream, its `stream`.
    """

    kind: NoticeKind
    request_id: int | None = None
    words: str = ""
    stream: str = ""


def garbage(payload: bytes | memoryview) -> Notice:
    """The notice of a frame that makes no sense, with its beginning."""
    return Notice(NoticeKind.GARBAGE, words=repr(bytes(payload[:_SHOWN_BYTES])))


class LinkDialect(Protocol):
    """A venue's language on one logical link; shared by a connection and its successor while they overlap."""

    def subscribe(self, streams: Sequence[str], request_id: int) -> bytes:
        """The request that adds these streams."""
        ...

    def unsubscribe(self, streams: Sequence[str], request_id: int) -> bytes:
        """The request that drops these streams."""
        ...

    def deliver(self, payload: bytes | memoryview, received_ns: int) -> Notice | None:
        """Hand one frame's market data on; None when that was done. Never raises, keeps no reference."""
        ...

    def set_overlap(self, *, is_overlapping: bool) -> None:
        """Whether two connections deliver the same streams now, so that repeats are to be expected."""
        ...


DeliverAll = Callable[[Sequence[Payload], int], Sequence[tuple[int, Notice]]]
"""Hands the market data of several frames on; returns the places of the others among them, in order."""


@runtime_checkable
class BurstDialect(Protocol):
    """A dialect that takes all frames of one read in one call, to the same end as `deliver` of each in turn."""

    def deliver_all(self, payloads: Sequence[Payload], received_ns: int) -> Sequence[tuple[int, Notice]]:
        """As `DeliverAll`. Never raises, keeps no reference."""
        ...


class ReadByRead(BurstDialect, Protocol):
    """A dialect whose one way in is `deliver_all`."""

    def deliver(self, payload: Payload, received_ns: int) -> Notice | None:
        """A read of one frame."""
        notices = self.deliver_all((payload,), received_ns)
        return notices[0][1] if notices else None


def deliver_all_of(dialect: LinkDialect) -> DeliverAll:
    """How several frames go to a dialect: in one call where it takes that, else frame by frame."""
    if isinstance(dialect, BurstDialect):
        return dialect.deliver_all

    def frame_by_frame(payloads: Sequence[Payload], received_ns: int) -> list[tuple[int, Notice]]:
        told = ((place, dialect.deliver(payload, received_ns)) for place, payload in enumerate(payloads))
        return [(place, notice) for place, notice in told if notice is not None]

    return frame_by_frame


def tops_of(sink: MarketSink) -> Callable[[Iterator[TopRow], int], None]:
    """How the tops of several frames go to a sink: in one call where it takes that, else one by one."""
    if isinstance(sink, BurstSink):
        return sink.on_tops

    def one_by_one(rows: Iterator[TopRow], received_ns: int) -> None:
        for row in rows:
            sink.on_top(*row, received_ns)

    return one_by_one
