"""What a venue has to say about one kind of connection: how to subscribe, and what each frame means."""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Protocol

__all__ = ["LinkDialect", "Notice", "NoticeKind", "garbage"]

_SHOWN_BYTES = 120


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
