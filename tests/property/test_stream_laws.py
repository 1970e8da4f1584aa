"""A stream against a plain model: order, bounds, and an account for every item."""

from hypothesis import given, settings
from hypothesis import strategies as st

from arbedge.foundation.runtime.clock import ManualClock
from arbedge.foundation.runtime.streams import BoundedStream, Overflow

STEPS = st.lists(st.one_of(st.integers(0, 5), st.just("read")), max_size=80)


@given(STEPS, st.integers(1, 4))
@settings(deadline=None)
def test_newest_wins_is_an_ordered_map_of_the_latest(steps: list[int | str], capacity: int) -> None:
    stream = BoundedStream[tuple[int, int]](
        "quotes", ManualClock(), capacity=capacity, overflow=Overflow.NEWEST_WINS, key=lambda item: item[0]
    )
    model: dict[int, int] = {}
    dropped = read = 0
    for number, step in enumerate(steps):
        if isinstance(step, int):
            if step not in model and len(model) == capacity:
                del model[next(iter(model))]
                dropped += 1
            model[step] = number
            stream.offer((step, number))
        else:
            assert stream.drain() == list(model.items())
            read += len(model)
            model.clear()
        assert stream.depth == len(model) <= capacity
    told = stream.snapshot()
    assert told.dropped == dropped
    assert told.offered == told.replaced + told.dropped + told.depth + read


@given(STEPS, st.integers(1, 4))
@settings(deadline=None)
def test_drop_oldest_keeps_the_last_ones_in_order(steps: list[int | str], capacity: int) -> None:
    stream = BoundedStream[int]("chat", ManualClock(), capacity=capacity, overflow=Overflow.DROP_OLDEST)
    model: list[int] = []
    for number, step in enumerate(steps):
        if isinstance(step, int):
            model = [*model, number][-capacity:]
            stream.offer(number)
        else:
            assert stream.drain() == model
            model = []
    told = stream.snapshot()
    assert stream.depth == len(model)
    assert told.deepest <= capacity
