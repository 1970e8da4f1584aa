"""A logical link over the life of its connections, on a clock that moves when told to."""

from arbedge.errors import Disconnected, RateLimited
from arbedge.exchanges.transport.faults import restricted
from arbedge.market.ports import LinkState


async def test_subscribes_in_paced_requests_and_tells_each_step(play):
    scene = play()
    await scene.pass_time(2)
    assert [request["add"] for request in scene.link.sent] == [["s0", "s1", "s2"], ["s3", "s4", "s5"], ["s6"]]
    gaps = [later - sooner for sooner, later in zip(scene.link.sent_ns, scene.link.sent_ns[1:], strict=False)]
    assert min(gaps) >= 0.3e9
    states = [event.state for event in scene.sink.events]
    assert states == [LinkState.CONNECTED, *[LinkState.SUBSCRIBED] * 3]
    assert scene.sink.events[-1].slots == tuple(range(7))
    assert scene.keeper.stats().is_subscribed


async def test_changes_of_what_is_wanted_drop_first_and_then_add(play):
    scene = play(streams={"a": (1,), "b": (2,)})
    await scene.pass_time(1)
    scene.keeper.carry({"b": (2,), "c": (3,)})
    assert not scene.keeper.stats().is_subscribed
    await scene.pass_time(2)
    assert [(r.get("add"), r.get("drop")) for r in scene.link.sent] == [
        (["a", "b"], None),
        (None, ["a"]),
        (["c"], None),
    ]
    assert scene.sink.events[-1].slots == (2, 3)


async def test_a_lost_connection_is_told_and_comes_back(play):
    scene = play()
    await scene.pass_time(2)
    scene.link.end("closed by the venue: 1006")
    await scene.pass_time(3)
    lost = [event for event in scene.sink.events if event.state is LinkState.LOST]
    assert [(event.reason, event.slots) for event in lost] == [("closed by the venue: 1006", tuple(range(7)))]
    assert len(scene.connector.links) == 2
    assert scene.sink.events[-1].state is LinkState.SUBSCRIBED
    assert scene.keeper.stats().losses == 1


async def test_attempts_back_off_with_jitter_up_to_the_cap(play):
    scene = play(first_delay_s=1, max_delay_s=8)
    scene.connector.errors = [Disconnected("no route")] * 50
    await scene.pass_time(60)
    gaps = [
        (later - sooner) / 1e9
        for sooner, later in zip(scene.connector.attempts_ns, scene.connector.attempts_ns[1:], strict=False)
    ]
    for number, gap in enumerate(gaps):
        full = min(8, 2**number)
        assert full / 2 <= gap <= full + 0.3
    assert len({round(gap, 2) for gap in gaps[4:]}) > 1  # jittered
    assert {event.reason for event in scene.sink.events} == {"no route"}


async def test_a_restricted_place_is_tried_at_leisure(play):
    scene = play(restricted_delay_s=100)
    scene.connector.errors = [restricted("binance", 451)] * 9
    await scene.pass_time(49)
    assert len(scene.connector.attempts_ns) == 1
    assert "restricted from this location" in scene.sink.events[-1].reason
    await scene.pass_time(60)
    assert len(scene.connector.attempts_ns) == 2


async def test_a_wait_the_venue_asks_for_is_kept(play):
    scene = play()
    scene.connector.errors = [RateLimited("slow down", retry_after_s=20)]
    await scene.pass_time(19)
    assert len(scene.connector.attempts_ns) == 1
    await scene.pass_time(2)
    assert len(scene.connector.attempts_ns) == 2


async def test_silence_is_probed_and_then_given_up(play):
    scene = play()
    await scene.pass_time(2)
    await scene.pass_time(6, talking=False)
    assert 2 <= scene.link.pings <= 3
    assert scene.link.is_open
    await scene.pass_time(5, talking=False)
    assert [event.state for event in scene.sink.events].count(LinkState.LOST) == 1
    lost = next(event for event in scene.sink.events if event.state is LinkState.LOST)
    assert "silent for" in lost.reason


async def test_a_pong_is_life_enough(play):
    scene = play()
    await scene.pass_time(2)
    for _ in range(12):
        await scene.pass_time(2.5, talking=False)
        scene.link.listener.on_sign_of_life(scene.clock.monotonic_ns(), is_answered=False)
    assert LinkState.LOST not in [event.state for event in scene.sink.events]


async def test_an_unanswered_request_ends_the_connection(play):
    scene = play()
    await scene.pass_time(13, answering=False)
    assert "not answered" in next(event.reason for event in scene.sink.events if event.state is LinkState.LOST)


async def test_a_refused_subscription_ends_the_connection_and_says_why(play):
    scene = play()
    await scene.pass_time(0.2, answering=False)
    scene.link.receive(b"no 1")
    await scene.pass_time(0.3, answering=False)
    assert "refused" in next(event.reason for event in scene.sink.events if event.state is LinkState.LOST)


async def test_garbage_is_counted_logged_once_and_ends_the_connection_when_it_goes_on(play):
    scene = play()
    await scene.pass_time(2)
    for _ in range(4):
        scene.link.receive(b"???")
    await scene.pass_time(0.2)
    assert scene.link.is_open
    for _ in range(5):
        scene.link.receive(b"???")
    await scene.pass_time(0.1, talking=False)
    assert not scene.connector.links[0].is_open
    assert [event for event, _ in scene.log.lines].count("a frame made no sense") == 1
    assert scene.keeper.stats().garbage == 9
    assert "made no sense" in next(event.reason for event in scene.sink.events if event.state is LinkState.LOST)


async def test_garbage_is_no_proof_of_life(play):
    scene = play()
    await scene.pass_time(2)
    await scene.clock.advance(1)
    before = len(scene.sink.alive)
    scene.link.receive(b"???")
    assert len(scene.sink.alive) == before
    scene.link.receive(b"data")
    assert len(scene.sink.alive) == before + 1


async def test_before_its_lifetime_ends_a_successor_takes_over_without_a_loss(play):
    scene = play(renew_margin_s=100, renew_jitter_s=50, overlap_s=1)
    await scene.pass_time(840)
    assert len(scene.connector.links) == 1
    await scene.pass_time(70)
    first, second = scene.connector.links
    assert not first.is_open
    assert second.is_open
    assert [event.state for event in scene.sink.events].count(LinkState.LOST) == 0
    assert scene.sink.events[-1].reason == "renewed without a gap"
    assert scene.keeper.stats().renewals == 1
    assert scene.dialect.overlaps == [True, False]


async def test_an_announced_shutdown_changes_over_at_once(play):
    scene = play()
    await scene.pass_time(2)
    scene.link.receive(b"bye")
    await scene.pass_time(0.2)
    assert [link.is_open for link in scene.connector.links] == [True, True]  # both deliver for a moment
    await scene.pass_time(4)
    assert [link.is_open for link in scene.connector.links] == [False, True]
    assert [event.state for event in scene.sink.events].count(LinkState.LOST) == 0


async def test_a_successor_that_cannot_be_made_is_tried_again_before_the_cut(play):
    scene = play(renew_margin_s=100, renew_jitter_s=0)
    await scene.pass_time(899)
    scene.connector.errors = [Disconnected("no route")] * 2
    await scene.pass_time(20)
    assert scene.keeper.stats().renewals == 1
    assert scene.keeper.stats().losses == 0


async def test_when_the_old_one_dies_first_its_successor_takes_its_place(play):
    scene = play()
    await scene.pass_time(2)
    scene.link.receive(b"bye")
    await scene.pass_time(0.15, answering=False)
    scene.connector.links[0].end("gone")
    await scene.pass_time(2)
    assert [event.state for event in scene.sink.events].count(LinkState.LOST) == 1
    assert len(scene.connector.links) == 2
    assert scene.sink.events[-1].state is LinkState.SUBSCRIBED
    assert scene.dialect.overlaps == [True, False]


async def test_a_steady_connection_starts_the_count_of_attempts_anew(play):
    scene = play(first_delay_s=1, max_delay_s=64, steady_s=20)
    scene.connector.errors = [Disconnected("no route")] * 5
    await scene.pass_time(60)
    assert len(scene.connector.links) == 1
    await scene.pass_time(25)
    scene.link.end("gone")
    await scene.pass_time(1.3)
    assert len(scene.connector.links) == 2


async def test_a_stream_that_only_answers_pings_is_given_up(play):
    scene = play(quiet_limit_s=4)
    await scene.pass_time(2)
    for _ in range(6):
        await scene.pass_time(1, talking=False)
        if scene.connector.links[0].is_open:
            scene.link.listener.on_sign_of_life(scene.clock.monotonic_ns(), is_answered=False)
    lost = next(event for event in scene.sink.events if event.state is LinkState.LOST)
    assert "no market data for" in lost.reason


async def test_a_fault_of_our_own_ends_one_connection_and_is_reported(play):
    scene = play()
    await scene.pass_time(1)
    scene.link.fail(RuntimeError("a bug behind the sink"))
    await scene.pass_time(3)
    lost = next(event for event in scene.sink.events if event.state is LinkState.LOST)
    assert lost.reason == "ended by a fault of our own"
    assert "task failed" in [event for event, _ in scene.log.lines]
    assert len(scene.connector.links) == 2
