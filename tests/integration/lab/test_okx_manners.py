"""The simulated OKX keeps the venue's manners: answers by argument, sequence ids, limits, pings, ends."""

import asyncio
import contextlib
import itertools
import json

import aiohttp
import pytest

from arbedge.lab.config import LabOptions, Pace
from arbedge.lab.server import running_lab

PUBLIC = "/ws/v5/public"


@contextlib.asynccontextmanager
async def okx(scenario="calm", **options):
    async with (
        asyncio.timeout(20),
        running_lab(LabOptions(port_base=0, universe="small", scenario=scenario, **options)) as lab,
        aiohttp.ClientSession(lab.url_of("okx")) as session,
    ):
        yield lab.stages["okx"], session


def arg(channel, inst_id="BTC-USDT"):
    return {"channel": channel, "instId": inst_id}


async def subscribe(socket, *args, op="subscribe"):
    await socket.send_json({"op": op, "args": list(args)})


async def frames(socket, count):
    return [json.loads((await socket.receive()).data) for _ in range(count)]


async def heard(socket, is_wanted):
    """The next frame that is wanted, others passed over."""
    while True:
        frame = (await frames(socket, 1))[0]
        if is_wanted(frame):
            return frame


async def until_closed(socket, seconds=5):
    async with asyncio.timeout(seconds):
        seen = [message.data async for message in socket]
    return seen, socket.close_code


async def stage(session, fault, seconds=10, **params):
    document = {"fault": fault, "seconds": seconds, "params": {"venue": "okx", **params}}
    answer = await session.post("/lab/faults", json=document)
    assert answer.status == 200, await answer.text()


async def ask(session, path):
    answer = await session.get(f"/api/v5/{path}")
    return answer.status, await answer.json()


async def test_every_argument_is_answered_by_itself():
    async with okx() as (_, session), session.ws_connect(PUBLIC) as socket:
        args = [arg("bbo-tbt"), arg("bbo-tbt", "NOPE-USDT"), arg("funding-rate"), arg("books-l2-tbt")]
        await socket.send_json({"id": "1512", "op": "subscribe", "args": args})
        answers = [frame for frame in await frames(socket, 5) if "event" in frame]
        assert [answer.get("code") for answer in answers] == [None, "60018", "60018", "64003"]
        assert {answer["id"] for answer in answers} == {"1512"}
        assert len({answer["connId"] for answer in answers}) == 1
        assert "channel:bbo-tbt,instId:NOPE-USDT" in answers[1]["msg"]


@pytest.mark.parametrize(
    ("text", "code"),
    [("{", "60012"), ('{"op":"shout","args":[]}', "60019"), ('{"op":"subscribe","args":[]}', "60013"),
     ('{"op":"subscribe","argss":[{}]}', "60013"), ('{"op":"login","args":[]}', "60032"),
     ('{"op":"subscribe","args":["bbo-tbt"]}', "60012")],
)  # fmt: skip
async def test_bad_requests_are_refused_with_the_venues_codes(text, code):
    async with okx() as (_, session), session.ws_connect(PUBLIC) as socket:
        await socket.send_str(text)
        answer = (await frames(socket, 1))[0]
        assert (answer["event"], answer["code"]) == ("error", code)


async def test_candles_live_on_the_business_path_only_and_the_private_one_wants_a_login():
    async with okx() as (_, session):
        for path, channel, code in (
            (PUBLIC, "candle1m", "60018"),
            ("/ws/v5/business", "candle1m", None),
            ("/ws/v5/business", "bbo-tbt", "60018"),
            ("/ws/v5/private", "bbo-tbt", "60011"),
        ):
            async with session.ws_connect(path) as socket:
                await subscribe(socket, arg(channel))
                assert (await frames(socket, 1))[0].get("code") == code
            await asyncio.sleep(0.35)  # three connections a second


async def test_each_channel_begins_with_its_present_state():
    channels = ("bbo-tbt", "tickers", "books", "books5", "funding-rate", "mark-price")
    async with okx(changes_per_s=1) as (stage_, session), session.ws_connect(PUBLIC) as socket:
        await subscribe(socket, *[arg(name, "BTC-USDT-SWAP") for name in channels], arg("index-tickers"))
        seen = {}
        while len(seen) < 7:
            frame = await heard(socket, lambda frame: "data" in frame)
            seen.setdefault(frame["arg"]["channel"], frame)
        live = stage_.world.books["usdm", "BTC-USDT-SWAP"]
        best = seen["bbo-tbt"]["data"][0]
        assert set(best) == {"asks", "bids", "ts", "seqId"}
        assert [len(level) for level in (*best["asks"], *best["bids"])] == [4, 4]
        book = seen["books"]
        assert book["action"] == "snapshot"
        assert (book["data"][0]["prevSeqId"], book["data"][0]["checksum"]) == (-1, 0)
        assert len(book["data"][0]["bids"]) == len(live.bids(400))
        assert len(seen["books5"]["data"][0]["asks"]) == 5
        assert "action" not in seen["books5"]
        assert seen["funding-rate"]["data"][0]["method"] == "current_period"
        assert float(seen["mark-price"]["data"][0]["markPx"]) > 0
        assert seen["index-tickers"]["data"][0]["instId"] == "BTC-USDT"


async def test_updates_chain_for_listeners_who_came_at_different_times():
    async with okx(changes_per_s=2000) as (_, session):
        async with session.ws_connect(PUBLIC) as first, session.ws_connect(PUBLIC) as second:
            await subscribe(first, arg("books"))
            early = [await heard(first, lambda frame: "data" in frame) for _ in range(4)]
            await subscribe(second, arg("books"))
            late = [await heard(second, lambda frame: "data" in frame) for _ in range(6)]
            early += [await heard(first, lambda frame: "data" in frame) for _ in range(6)]
        for run in (early, late):
            entries = [frame["data"][0] for frame in run]
            assert [frame["action"] for frame in run] == ["snapshot"] + ["update"] * (len(run) - 1)
            assert all(b["prevSeqId"] == a["seqId"] for a, b in itertools.pairwise(entries))
        shared = {e["data"][0]["seqId"] for e in early} & {e["data"][0]["seqId"] for e in late}
        assert shared


async def test_a_book_that_stands_still_says_so_with_its_own_id():
    pace = Pace(okx_quiet_s=0.3)
    async with okx(changes_per_s=0.01, pace=pace) as (_, session), session.ws_connect(PUBLIC) as socket:
        await subscribe(socket, arg("books"), arg("bbo-tbt"))
        beat = await heard(socket, lambda frame: frame.get("action") == "update" and not frame["data"][0]["asks"])
        entry = beat["data"][0]
        assert entry["bids"] == []
        assert entry["seqId"] == entry["prevSeqId"]
        await heard(socket, lambda frame: "data" in frame and frame["arg"]["channel"] == "bbo-tbt")


async def test_a_gap_breaks_the_chain():
    async with okx(changes_per_s=3000) as (_, session), session.ws_connect(PUBLIC) as socket:
        await stage(session, "gap", rate=0.5, symbol="BTC-USDT")
        await subscribe(socket, arg("books"))
        entries = [(await heard(socket, lambda frame: "data" in frame))["data"][0] for _ in range(9)]
        assert any(b["prevSeqId"] != a["seqId"] for a, b in itertools.pairwise(entries))


async def test_unsubscribing_ends_a_channel_and_subscribing_again_begins_with_a_snapshot():
    async with okx(changes_per_s=2000) as (stage_, session), session.ws_connect(PUBLIC) as socket:
        await subscribe(socket, arg("books"))
        await heard(socket, lambda frame: frame.get("action") == "update")
        await subscribe(socket, arg("books"), op="unsubscribe")
        await heard(socket, lambda frame: frame.get("event") == "unsubscribe")
        assert stage_.world.books["spot", "BTC-USDT"].tape is None
        await subscribe(socket, arg("books"))
        assert (await heard(socket, lambda frame: "action" in frame))["action"] == "snapshot"


async def test_ping_is_a_word_and_keeps_a_silent_connection():
    async with okx(pace=Pace(okx_idle_s=0.5)) as (_, session):
        async with session.ws_connect(PUBLIC) as socket:
            for _ in range(4):
                await asyncio.sleep(0.25)
                await socket.send_str("ping")
                assert (await socket.receive()).data == "pong"
            assert await until_closed(socket) == ([], 4004)
        async with session.ws_connect(PUBLIC) as socket:
            await subscribe(socket, arg("trades"))
            seen, code = await until_closed(socket)
            assert (len(seen), code) == (1, 4004)


async def test_data_keeps_a_connection_too():
    pace = Pace(okx_idle_s=0.4)
    async with okx(changes_per_s=2000, pace=pace) as (_, session), session.ws_connect(PUBLIC) as socket:
        await subscribe(socket, arg("bbo-tbt"))
        ends = asyncio.get_running_loop().time() + 1.2
        while asyncio.get_running_loop().time() < ends:
            assert (await socket.receive()).type is aiohttp.WSMsgType.TEXT


async def test_a_request_too_long_ends_the_connection():
    async with okx() as (_, session), session.ws_connect(PUBLIC) as socket:
        await subscribe(socket, *[arg("bbo-tbt", f"COIN{i}-USDT") for i in range(2000)])
        assert (await until_closed(socket))[1] == 1009


async def test_more_than_480_requests_an_hour_are_refused():
    async with okx() as (_, session), session.ws_connect(PUBLIC) as socket:
        for _ in range(481):
            await subscribe(socket, arg("trades"))
        answers = await frames(socket, 481)
        assert {answer["event"] for answer in answers[:480]} == {"subscribe"}
        assert answers[480]["code"] == "60014"


async def test_a_fourth_connection_within_a_second_is_turned_away():
    async with okx() as (_, session), contextlib.AsyncExitStack() as stack:
        for _ in range(3):
            await stack.enter_async_context(session.ws_connect(PUBLIC))
        with pytest.raises(aiohttp.WSServerHandshakeError) as refused:
            await session.ws_connect(PUBLIC)
        assert refused.value.status == 429
        await asyncio.sleep(1.05)
        await stack.enter_async_context(session.ws_connect(PUBLIC))


async def test_the_end_of_a_connection_is_announced():
    async with okx(pace=Pace(cut_s=0.6, cut_notice_s=0.3)) as (_, session), session.ws_connect(PUBLIC) as socket:
        seen, code = await until_closed(socket)
        assert [json.loads(text)["code"] for text in seen] == ["64008"]
        assert code == 1001


async def test_a_stale_instrument_is_silent_while_rest_goes_on_and_catches_up_in_chain():
    async with okx(changes_per_s=3000) as (_, session), session.ws_connect(PUBLIC) as socket:
        await subscribe(socket, arg("books"))
        last = (await heard(socket, lambda frame: "data" in frame))["data"][0]
        await stage(session, "stale", symbol="BTC-USDT")
        with contextlib.suppress(TimeoutError):
            for _ in range(100):
                last = json.loads((await socket.receive(timeout=0.4)).data)["data"][0]
            pytest.fail("it goes on")
        ahead = (await ask(session, "market/books?instId=BTC-USDT"))[1]["data"][0]["seqId"]
        assert ahead > last["seqId"]
        await session.delete("/lab/faults")
        healed = (await heard(socket, lambda frame: "data" in frame))["data"][0]
        assert healed["prevSeqId"] == last["seqId"]


async def test_maintenance_makes_a_book_count_from_low_ids_again_without_breaking_its_chain():
    async with okx(changes_per_s=3000) as (_, session), session.ws_connect(PUBLIC) as socket:
        await subscribe(socket, arg("books"))
        last = (await heard(socket, lambda frame: "data" in frame))["data"][0]
        await stage(session, "sequence_reset")
        while True:
            entry = (await heard(socket, lambda frame: "data" in frame))["data"][0]
            assert entry["prevSeqId"] == last["seqId"]
            if entry["seqId"] < entry["prevSeqId"]:
                break
            last = entry
        assert entry["seqId"] < 100_000
        after = (await heard(socket, lambda frame: "data" in frame))["data"][0]
        assert after["prevSeqId"] == entry["seqId"] < after["seqId"]
        snapshot = (await ask(session, "market/books?instId=BTC-USDT&sz=400"))[1]["data"][0]
        assert after["seqId"] <= snapshot["seqId"] < 1_000_000


async def test_books_without_a_snapshot_meet_the_one_asked_for():
    async with okx(changes_per_s=3000) as (_, session), session.ws_connect(PUBLIC) as socket:
        await stage(session, "no_snapshot")
        await subscribe(socket, arg("books"), arg("books5"))
        first = await heard(socket, lambda frame: "data" in frame and frame["arg"]["channel"] == "books")
        assert first["action"] == "update"
        snapshot = (await ask(session, "market/books?instId=BTC-USDT&sz=400"))[1]["data"][0]
        bids = {level[0]: level[1] for level in snapshot["bids"]}
        assert bids
        entry = first["data"][0]
        while entry["seqId"] <= snapshot["seqId"]:
            assert entry["prevSeqId"] <= snapshot["seqId"]
            frame = await heard(socket, lambda frame: "data" in frame and frame["arg"]["channel"] == "books")
            entry = frame["data"][0]


async def test_who_comes_while_a_book_is_silent_begins_with_a_snapshot_all_the_same():
    async with okx(changes_per_s=3000) as (_, session), session.ws_connect(PUBLIC) as socket:
        await stage(session, "stale", symbol="BTC-USDT")
        await subscribe(socket, arg("books"))
        assert (await frames(socket, 1))[0]["event"] == "subscribe"
        with pytest.raises(TimeoutError):
            await socket.receive(timeout=0.4)
        await session.delete("/lab/faults")
        run = [await heard(socket, lambda frame: "data" in frame) for _ in range(3)]
        assert [frame["action"] for frame in run] == ["snapshot", "update", "update"]
        assert run[1]["data"][0]["prevSeqId"] == run[0]["data"][0]["seqId"]


async def test_leaving_and_coming_back_at_once_takes_no_change_from_the_new_listener():
    async with okx(changes_per_s=3000) as (_, session), session.ws_connect(PUBLIC) as socket:
        for _ in range(20):
            await subscribe(socket, {**arg("books"), "instFamily": "BTC-USDT"})
            await subscribe(socket, arg("books"), op="unsubscribe")
        await subscribe(socket, arg("books"))
        seen = [frame for frame in await frames(socket, 80) if "event" not in frame]
        last = max(i for i, frame in enumerate(seen) if frame["action"] == "snapshot")
        entries = [frame["data"][0] for frame in seen[last:]]
        entries += [(await heard(socket, lambda frame: "data" in frame))["data"][0] for _ in range(5)]
        assert all(b["prevSeqId"] == a["seqId"] for a, b in itertools.pairwise(entries))
