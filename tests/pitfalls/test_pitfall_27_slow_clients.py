"""Pitfall 27: who reads slowly loses what is old; nobody else waits, and nothing grows without end."""

from collections import deque

from arbedge.foundation.runtime.clock import ManualClock
from arbedge.foundation.runtime.streams import BoundedStream, Overflow

SENT = 10_000


async def test_the_sender_never_waits_and_the_backlog_ends():
    clock = ManualClock()
    endless: deque[int] = deque()
    quick, slow = (
        BoundedStream[int](name, clock, capacity=64, overflow=Overflow.DROP_OLDEST) for name in ("quick", "slow")
    )
    heard = []
    for number in range(SENT):
        endless.append(number)
        quick.offer(number)
        slow.offer(number)
        heard += quick.drain()
    assert len(endless) == SENT  # what a list for each client would have become
    assert heard == list(range(SENT))
    assert slow.depth == slow.snapshot().deepest == 64
    assert slow.dropped == SENT - 64
    assert quick.dropped == 0
    assert await slow.get(1) == SENT - 64  # the oldest went, and it was counted


def test_of_quotes_the_latest_of_each_symbol_is_kept():
    told = []
    stream = BoundedStream[tuple[str, int]](
        "quotes", ManualClock(), capacity=4, overflow=Overflow.NEWEST_WINS, key=lambda item: item[0],
        on_drop=told.append,
    )  # fmt: skip
    for number in range(SENT):
        stream.offer((f"S{number % 4}", number))
    assert sorted(stream.drain()) == [(f"S{n}", SENT - 4 + n) for n in range(4)]
    assert stream.dropped == 0
    assert told == []
