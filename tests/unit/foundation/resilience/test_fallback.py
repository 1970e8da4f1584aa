import pytest

from arbedge.errors import (
    Disconnected,
    IntegrityError,
    NotFound,
    Rejected,
    SequenceGap,
    Stale,
    Timeout,
)
from arbedge.foundation.resilience.fallback import AllSourcesFailed, Found, Source, first_answer


class Shelf:
    """A source that answers as told and counts how often it was asked."""

    def __init__(self, name: str, outcome: Found[int] | Exception | None, *, is_degraded: bool = False) -> None:
        self.outcome = outcome
        self.asked = 0
        self.source = Source(name, self.fetch, is_degraded)

    async def fetch(self) -> Found[int] | None:
        self.asked += 1
        if isinstance(self.outcome, Exception):
            raise self.outcome
        return self.outcome


async def test_the_first_good_answer_is_taken_and_nobody_else_is_asked() -> None:
    first, second = Shelf("ws", Found(1, 20.0)), Shelf("rest", Found(2))
    answer = await first_answer([first.source, second.source], "book")
    assert (answer.value, answer.source, answer.age_ms, answer.degraded) == (1, "ws", 20.0, False)
    assert second.asked == 0


async def test_empty_means_not_mine_and_does_not_degrade() -> None:
    answer = await first_answer([Shelf("ws", None).source, Shelf("rest", Found(2)).source], "book")
    assert (answer.value, answer.source, answer.degraded, answer.causes) == (2, "rest", False, ())


async def test_unavailable_goes_on_and_shows() -> None:
    cause = Disconnected("lost")
    answer = await first_answer([Shelf("ws", cause).source, Shelf("rest", Found(2)).source], "book")
    assert (answer.source, answer.degraded, answer.causes) == ("rest", True, (("ws", cause),))


async def test_a_place_of_last_resort_is_degraded_by_itself() -> None:
    answer = await first_answer(
        [Shelf("ws", None).source, Shelf("cache", Found(2, 9e5), is_degraded=True).source], "book"
    )
    assert (answer.degraded, answer.age_ms) == (True, 9e5)


@pytest.mark.parametrize("error", [Rejected("no"), IntegrityError("bad"), SequenceGap("gap"), ValueError("bug")])
async def test_refusals_and_broken_data_stop_the_chain(error: Exception) -> None:
    last = Shelf("rest", Found(2))
    with pytest.raises(type(error)):
        await first_answer([Shelf("ws", error).source, last.source], "book")
    assert last.asked == 0


async def test_all_failing_is_one_error_with_every_cause() -> None:
    lost, late = Disconnected("lost"), Timeout("late")
    with pytest.raises(AllSourcesFailed, match=r"book: no source answered \(ws: lost; rest: late\)") as caught:
        await first_answer(
            [Shelf("ws", lost).source, Shelf("empty", None).source, Shelf("rest", late).source], "book"
        )
    assert caught.value.causes == (("ws", lost), ("rest", late))
    assert caught.value.retryable


async def test_all_empty_is_not_found() -> None:
    with pytest.raises(NotFound, match="book: no source has it"):
        await first_answer([Shelf("ws", None).source], "book")
    with pytest.raises(NotFound):
        await first_answer([], "book")


async def test_an_answer_too_old_counts_as_stale() -> None:
    answer = await first_answer(
        [Shelf("ws", Found(1, 5001.0)).source, Shelf("rest", Found(2, 10.0)).source], "book", max_age_ms=5000
    )
    assert (answer.source, answer.degraded) == ("rest", True)
    assert isinstance(answer.causes[0][1], Stale)
    with pytest.raises(AllSourcesFailed, match="5001 ms old"):
        await first_answer([Shelf("ws", Found(1, 5001.0)).source], "book", max_age_ms=5000)
