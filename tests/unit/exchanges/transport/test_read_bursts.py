"""Frames that come in one read count one by one: notices in their place, garbage in a row, proof of life."""

import pytest


@pytest.mark.parametrize(
    ("reads", "is_given_up"),
    [
        ([[b"??"] * 5], True),
        ([[b"??"] * 4, [b"data"], [b"??"] * 4], False),
        ([[b"??", b"??", b"data", b"??", b"??", b"??"]], False),
        ([[b"data", b"??", b"??"], [b"??", b"??", b"??"]], True),
        ([[b"??"] * 4 + [b"bye"], [b"??"] * 4], False),
        ([[b"??"] * 5 + [b"data"]], False),
    ],
)
async def test_garbage_in_a_row_is_counted_frame_by_frame_however_it_was_read(play, reads, is_given_up):
    for is_together in (True, False):
        scene = play()
        await scene.pass_time(2)
        link, now_ns = scene.link, scene.clock.monotonic_ns()
        before = scene.keeper.stats()
        for read in reads:
            for part in [read] if is_together else [[frame] for frame in read]:
                link.listener.on_frames(part, now_ns)
        after = scene.keeper.stats()
        assert after.frames - before.frames == sum(map(len, reads))
        assert after.garbage - before.garbage == sum(read.count(b"??") for read in reads)
        await scene.keeper.step(now_ns)
        assert link.is_open is not is_given_up


async def test_answers_between_market_frames_are_heard(play):
    scene = play(streams={"a": (1,)})
    await scene.pass_time(0.3, answering=False, talking=False)
    (request,) = scene.link.sent
    scene.link.listener.on_frames([b"data", b"ok %d" % request["id"], b"data"], scene.clock.monotonic_ns())
    await scene.keeper.step(scene.clock.monotonic_ns())
    assert scene.keeper.stats().is_subscribed
    assert scene.dialect.delivered == 2


async def test_a_read_of_garbage_alone_proves_no_life(play):
    scene = play()
    await scene.pass_time(2)
    scene.sink.alive.clear()
    await scene.clock.advance(1)
    scene.link.listener.on_frames([b"??", b"??"], scene.clock.monotonic_ns())
    assert scene.sink.alive == []
    scene.link.listener.on_frames([b"??", b"data"], scene.clock.monotonic_ns())
    assert len(scene.sink.alive) == 1
