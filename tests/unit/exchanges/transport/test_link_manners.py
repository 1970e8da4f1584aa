"""What some venues ask of a link beyond the usual: pings of their own, answers a stream, few requests."""

from dataclasses import replace

import pytest

from arbedge.market.ports import LinkState

from .conftest import HOST

PAIR = {"a": (1,), "b": (2,)}


def asked(scene):
    return [(request.get("add"), request.get("drop")) for request in scene.link.sent]


async def test_a_text_ping_is_sent_all_the_time_where_the_venue_wants_it(play):
    scene = play(host=replace(HOST, heartbeat=b"beat", heartbeat_every_s=5.0))
    await scene.pass_time(16)
    gaps = [later - sooner for sooner, later in zip(scene.link.beats_ns, scene.link.beats_ns[1:], strict=False)]
    assert len(scene.link.beats_ns) == 3
    assert max(gaps) <= 5.1e9
    assert scene.link.pings == 0


async def test_a_silent_link_is_asked_sooner_and_given_up_where_no_answer_comes(play):
    scene = play(host=replace(HOST, heartbeat=b"beat", heartbeat_every_s=60.0))
    await scene.pass_time(1)
    first = scene.link
    await scene.pass_time(11, talking=False)
    assert len(first.beats_ns) >= 4
    (lost,) = [event for event in scene.sink.events if event.state is LinkState.LOST]
    assert lost.reason.startswith("silent for 10.")


async def test_a_request_is_done_when_each_of_its_streams_is_answered(play):
    scene = play(streams=PAIR)
    await scene.pass_time(0.5, answering=False)
    scene.link.receive(b"yes a")
    await scene.pass_time(0.2, answering=False)
    assert not scene.keeper.stats().is_subscribed
    assert scene.sink.events[-1].slots == (1,)
    scene.link.receive(b"yes b")
    scene.link.receive(b"yes b")
    scene.link.receive(b"yes c")
    await scene.pass_time(0.2, answering=False)
    assert scene.keeper.stats().is_subscribed
    assert scene.sink.events[-1].slots == (1, 2)
    scene.keeper.carry({"b": (2,)})
    await scene.pass_time(0.5, answering=False)
    scene.link.receive(b"yes a")
    await scene.pass_time(0.2, answering=False)
    assert scene.keeper.stats().is_subscribed
    assert scene.sink.events[-1].slots == (2,)


async def test_a_stream_left_unanswered_ends_the_link(play):
    scene = play(streams=PAIR)
    await scene.pass_time(0.5, answering=False)
    scene.link.receive(b"yes a")
    await scene.pass_time(11, answering=False)
    reasons = [event.reason for event in scene.sink.events if event.state is LinkState.LOST]
    assert reasons == ["a subscription request was not answered"]


async def test_pitfall_14_one_refused_stream_leaves_the_others_alone(play):
    scene = play(streams=PAIR)
    await scene.pass_time(0.5, answering=False)
    scene.link.receive(b"yes a")
    scene.link.receive(b"not b")
    await scene.pass_time(30, answering=False)
    assert asked(scene) == [(["a", "b"], None)]
    assert scene.sink.events[-1].slots == (1,)
    assert len(scene.connector.links) == 1
    assert scene.log.lines[0][1]["answer"] == "not"


async def test_a_stream_that_lost_its_thread_is_dropped_and_asked_for_again(play):
    scene = play(streams=PAIR)
    await scene.pass_time(1)
    scene.link.receive(b"anew a")
    scene.link.receive(b"anew a")
    scene.link.receive(b"anew c")
    await scene.pass_time(2)
    assert asked(scene) == [(["a", "b"], None), (None, ["a"]), (["a"], None)]
    assert scene.keeper.stats().is_subscribed
    assert set(scene.sink.events[-1].slots) == {1, 2}


async def test_dropped_and_wanted_again_at_once_begins_anew(play):
    scene = play(streams=PAIR)
    await scene.pass_time(1)
    scene.keeper.carry({"b": (2,)})
    scene.keeper.carry(PAIR)
    await scene.pass_time(2)
    assert asked(scene) == [(["a", "b"], None), (None, ["a"]), (["a"], None)]
    scene.keeper.carry(PAIR)
    scene.keeper.carry({"b": (2,)})
    await scene.pass_time(2)
    assert asked(scene)[3:] == [(None, ["a"])]


@pytest.mark.parametrize("most", [6, 9])
async def test_a_link_that_has_used_up_its_requests_is_renewed_without_a_gap(play, most):
    scene = play(streams=PAIR, host=replace(HOST, max_requests=most))
    await scene.pass_time(1)
    for _ in range(most):
        scene.link.receive(b"anew a")
        await scene.pass_time(2)
    assert len(scene.connector.links) > 1
    assert max(len(link.sent) for link in scene.connector.links) <= most + 2
    assert scene.keeper.stats().renewals >= 1
    assert not [event for event in scene.sink.events if event.state is LinkState.LOST]
