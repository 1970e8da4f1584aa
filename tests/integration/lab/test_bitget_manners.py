"""The simulated Bitget keeps the venue's manners: envelope, limits, text pings, the daily cut, errors and faults."""

import asyncio
import contextlib
import json
import time

import aiohttp
import pytest

from arbedge.lab.config import LabOptions, Pace
from arbedge.lab.exchanges.bitget import streams
from arbedge.lab.server import running_lab

WS = "/v2/ws/public"
SPOT_BTC = {"instType": "SPOT", "channel": "books1", "instId": "BTCUSDT"}


@contextlib.asynccontextmanager
async def lab_and_client(scenario="calm", **options):
    async with (
        asyncio.timeout(20),
        running_lab(LabOptions(port_base=0, universe="small", scenario=scenario, **options)) as lab,
        aiohttp.ClientSession(lab.url_of("bitget")) as session,
    ):
        yield lab.stages["bitget"], session


def arg(channel, symbol="BTCUSDT", line="SPOT"):
    return {"instType": line, "channel": channel, "instId": symbol}


async def subscribe(socket, *args, op="subscribe"):
    await socket.send_json({"op": op, "args": list(args)})


async def frame(socket):
    return json.loads((await socket.receive()).data)


async def until_closed(socket, seconds=5):
    """Everything received until the venue ends the connection, and the close code."""
    async with asyncio.timeout(seconds):
        seen = [message.data async for message in socket]
    return seen, socket.close_code


async def drained(socket):
    """Take what still comes, until half a second passes without a frame."""
    with contextlib.suppress(TimeoutError):
        while True:
            await socket.receive(timeout=0.5)


async def stage_fault(session, fault, seconds=10, **params):
    answer = await session.post("/lab/faults", json={"fault": fault, "seconds": seconds, "params": params})
    assert answer.status == 200, await answer.text()


async def test_answers_come_in_the_venues_envelope():
    async with lab_and_client() as (stage, session):
        answer = await (await session.get("/api/v2/public/time")).json()
        assert (answer["code"], answer["msg"]) == ("00000", "success")
        assert abs(int(answer["data"]["serverTime"]) - stage.true_ms()) < 2000
        assert abs(answer["requestTime"] - stage.true_ms()) < 2000


async def test_lines_without_contracts_are_empty_and_names_may_be_in_any_case():
    async with lab_and_client() as (stage, session):
        counts = {}
        for line in (
            "usdt-futures",
            "USDC-FUTURES",
            "COIN-FUTURES",
            "SUSDT-FUTURES",
            "SUSDC-FUTURES",
            "SCOIN-FUTURES",
        ):
            answer = await session.get("/api/v2/mix/market/contracts", params={"productType": line})
            counts[line] = len((await answer.json())["data"])
        perps = [item for item in stage.universe.listings if item.funding is not None]
        assert counts.pop("usdt-futures") == sum(item.quote == "USDT" for item in perps)
        assert counts.pop("USDC-FUTURES") == sum(item.quote == "USDC" for item in perps)
        assert set(counts.values()) == {0}


@pytest.mark.parametrize(
    ("path", "status", "code"),
    [
        ("/api/v2/mix/market/tickers", 400, "40019"),
        ("/api/v2/mix/market/tickers?productType=FUTURES", 400, "40020"),
        ("/api/v2/mix/market/merge-depth?productType=USDT-FUTURES&symbol=NOPE", 400, "40034"),
        ("/api/v2/mix/market/merge-depth?productType=USDT-FUTURES&symbol=BTCUSDT&limit=7", 400, "40020"),
        ("/api/v2/spot/market/orderbook", 400, "40019"),
        ("/api/v2/spot/market/orderbook?symbol=BTCUSDT&limit=x", 400, "40020"),
        ("/api/v2/spot/market/candles?symbol=BTCUSDT&granularity=7min", 400, "400171"),
        ("/api/v2/spot/trade/place-order", 404, "40404"),
    ],
)
async def test_refusals_use_the_venues_words(path, status, code):
    async with lab_and_client() as (_, session):
        answer = await session.get(path)
        assert answer.status == status
        assert (await answer.json())["code"] == code


async def test_an_endpoint_asked_too_often_answers_429_and_the_rest_go_on():
    async with lab_and_client() as (_, session):
        statuses = [(await session.get("/api/v2/spot/public/coins")).status for _ in range(4)]
        assert statuses == [200, 200, 200, 429]
        refused = await (await session.get("/api/v2/spot/public/coins")).json()
        assert (refused["code"], refused["data"]) == ("429", None)
        assert (await session.get("/api/v2/public/time")).status == 200
        await asyncio.sleep(1.05)
        assert (await session.get("/api/v2/spot/public/coins")).status == 200


async def test_funding_pages_reach_back_and_hold_at_most_a_hundred():
    async with lab_and_client() as (_, session):

        async def page(**params):
            asked = {"symbol": "BTCUSDT", "productType": "USDT-FUTURES", **params}
            return (await (await session.get("/api/v2/mix/market/history-fund-rate", params=asked)).json())["data"]

        assert len(await page()) == 20
        first, second = await page(pageSize=500), await page(pageSize=100, pageNo=2)
        assert len(first) == len(second) == 100
        assert int(second[0]["fundingTime"]) < int(first[-1]["fundingTime"])


async def test_subscriptions_are_answered_one_by_one_and_begin_with_the_present_state():
    async with lab_and_client() as (_, session), session.ws_connect(WS) as socket:
        await subscribe(socket, SPOT_BTC, arg("nothing"), arg("books1", "NOPEUSDT"))
        assert await frame(socket) == {"event": "subscribe", "arg": SPOT_BTC}
        first = await frame(socket)
        assert (first["action"], first["arg"]) == ("snapshot", SPOT_BTC)
        assert len(first["data"][0]["asks"]) == len(first["data"][0]["bids"]) == 1
        for missing in ("nothing", "books1"):
            error = await frame(socket)
            while error.get("event") != "error":
                error = await frame(socket)
            assert (error["code"], error["arg"]["channel"]) == (30001, missing)
        await subscribe(socket, SPOT_BTC, op="unsubscribe")
        answer = await frame(socket)
        while "event" not in answer:
            answer = await frame(socket)
        assert answer == {"event": "unsubscribe", "arg": SPOT_BTC}
        with pytest.raises(TimeoutError):
            await socket.receive(timeout=0.4)


@pytest.mark.parametrize(
    ("text", "code"), [("{", 30016), ('{"op":"shout"}', 30003), ('{"op":"subscribe","args":["x"]}', 30016)]
)
async def test_bad_requests_are_answered_with_the_venues_codes(text, code):
    async with lab_and_client() as (_, session), session.ws_connect(WS) as socket:
        await socket.send_str(text)
        answer = await frame(socket)
        assert (answer["event"], answer["code"]) == ("error", code)


async def test_a_request_over_four_kilobytes_is_refused_whole():
    async with lab_and_client() as (_, session), session.ws_connect(WS) as socket:
        await subscribe(socket, *[arg("ticker")] * 80)
        assert (await frame(socket))["code"] == 30016


async def test_books_begin_with_a_snapshot_and_sequences_rise():
    books = arg("books", "BTCUSDT", "USDT-FUTURES")
    async with lab_and_client(changes_per_s=2000) as (_, session), session.ws_connect(WS) as early:
        await subscribe(early, books)
        frames = [await frame(early) for _ in range(4)][1:]
        async with session.ws_connect(WS) as late:
            await subscribe(late, books)
            others = [await frame(late) for _ in range(4)][1:]
        frames += [await frame(early) for _ in range(5)]
        for heard in (frames, others):
            assert [f["action"] for f in heard] == ["snapshot"] + ["update"] * (len(heard) - 1)
            sequences = [f["data"][0]["seq"] for f in heard]
            assert sequences == sorted(set(sequences))
            assert [f["data"][0]["checksum"] == 0 for f in heard] == [True] + [False] * (len(heard) - 1)
            assert len(heard[0]["data"][0]["bids"]) > 25


async def test_a_channel_keeps_its_pace_however_fast_the_market_moves():
    async with lab_and_client(changes_per_s=20_000) as (_, session), session.ws_connect(WS) as socket:
        await subscribe(socket, arg("books5"))
        await frame(socket)
        began = time.monotonic()
        for _ in range(6):
            await frame(socket)
        assert time.monotonic() - began > 0.7


async def test_contract_tickers_carry_funding_and_spot_ones_do_not():
    async with lab_and_client(changes_per_s=2000) as (_, session), session.ws_connect(WS) as socket:
        for line, has_funding in (("SPOT", False), ("USDT-FUTURES", True)):
            await subscribe(socket, arg("ticker", "ETHUSDT", line))
            row = await frame(socket)
            while row.get("arg", {}).get("instType") != line or "data" not in row:
                row = await frame(socket)
            assert (
                {"fundingRate", "nextFundingTime", "markPrice", "indexPrice"} <= set(row["data"][0])
            ) == has_funding


async def test_pings_are_texts_and_who_sends_none_is_cut():
    pace = Pace(bitget_idle_s=0.6)
    async with (
        lab_and_client(pace=pace) as (_, session),
        session.ws_connect(WS) as polite,
        session.ws_connect(WS) as mute,
    ):
        await mute.send_json({"op": "subscribe", "args": []})
        for _ in range(4):
            await polite.send_str("ping")
            assert (await polite.receive()).data == "pong"
            await asyncio.sleep(0.25)
        assert (await until_closed(mute))[0] == []
        await stage_fault(session, "mute_pings")
        await polite.send_str("ping")
        with pytest.raises(TimeoutError):
            await polite.receive(timeout=0.3)


async def test_the_daily_cut_comes_unannounced():
    async with lab_and_client(pace=Pace(cut_s=0.5)) as (_, session), session.ws_connect(WS) as socket:
        assert await until_closed(socket) == ([], 1001)


async def test_too_many_messages_a_second_end_the_connection():
    async with lab_and_client() as (_, session), session.ws_connect(WS) as socket:
        for _ in range(10):
            await socket.send_str("ping")
        assert [(await socket.receive()).data for _ in range(10)] == ["pong"] * 10
        await socket.send_str("ping")
        assert await until_closed(socket) == ([], 1008)


async def test_an_hour_holds_so_many_requests_and_a_connection_so_many_channels(monkeypatch):
    monkeypatch.setattr("arbedge.lab.exchanges.bitget.connection._REQUESTS_PER_HOUR", 3)
    monkeypatch.setattr(streams, "CHANNELS_MOST", 2)
    async with lab_and_client() as (_, session), session.ws_connect(WS) as socket:
        for _ in range(4):
            await subscribe(socket)
        assert (await frame(socket))["code"] == 30006
        async with session.ws_connect(WS) as greedy:
            await subscribe(greedy, arg("trade"), arg("candle1m"), arg("ticker"))
            seen, code = await until_closed(greedy)
            assert (json.loads(seen[-1])["code"], code) == (30007, 1008)


async def test_rest_faults():
    async with lab_and_client() as (_, session):
        for fault, status in (("error_500", 500), ("rate_limit", 429), ("ban", 429), ("restricted", 451)):
            await stage_fault(session, fault)
            assert (await session.get("/api/v2/public/time")).status == status
            await session.delete("/lab/faults")
        await stage_fault(session, "error_500", host="usdm")
        assert (await session.get("/api/v2/mix/market/tickers?productType=USDT-FUTURES")).status == 500
        assert (await session.get("/api/v2/spot/market/tickers")).status == 200
        await session.delete("/lab/faults")
        await stage_fault(session, "truncated")
        with pytest.raises(json.JSONDecodeError):
            json.loads(await (await session.get("/api/v2/spot/public/symbols")).read())
        await session.delete("/lab/faults")
        await stage_fault(session, "down")
        with pytest.raises(aiohttp.ClientError):
            await session.get("/api/v2/public/time")


@pytest.mark.parametrize("fault", ["disconnect", "down", "reconnect_storm", "cut"])
async def test_faults_that_end_connections(fault):
    async with lab_and_client() as (_, session), session.ws_connect(WS) as socket:
        await subscribe(socket, SPOT_BTC)
        await stage_fault(session, fault)
        await until_closed(socket)


async def test_a_fault_of_contracts_spares_a_connection_of_spot():
    async with (
        lab_and_client(changes_per_s=2000) as (_, session),
        session.ws_connect(WS) as spot,
        session.ws_connect(WS) as usdm,
    ):
        await subscribe(spot, SPOT_BTC)
        await subscribe(usdm, arg("books1", "BTCUSDT", "USDT-FUTURES"))
        await frame(usdm)
        await stage_fault(session, "disconnect", host="usdm")
        await until_closed(usdm)
        for _ in range(3):
            await frame(spot)


async def test_a_stale_market_is_silent_and_then_starts_anew():
    books = arg("books")
    async with lab_and_client(changes_per_s=2000) as (_, session), session.ws_connect(WS) as socket:
        await stage_fault(session, "stale", symbol="BTCUSDT")
        await subscribe(socket, books)
        assert (await frame(socket))["event"] == "subscribe"
        with pytest.raises(TimeoutError):
            await socket.receive(timeout=0.5)
        before = await (await session.get("/api/v2/spot/market/orderbook?symbol=BTCUSDT&limit=1")).json()
        assert before["data"]["bids"]
        await session.delete("/lab/faults")


async def test_after_silence_everybody_hears_the_whole_book_first():
    books = arg("books")
    async with (
        lab_and_client(changes_per_s=2000) as (_, session),
        session.ws_connect(WS) as early,
        session.ws_connect(WS) as late,
    ):
        await subscribe(early, books)
        await frame(early)
        await frame(early)
        await stage_fault(session, "stale", symbol="BTCUSDT")
        await drained(early)
        await subscribe(late, books)
        assert (await frame(late))["event"] == "subscribe"
        for socket in (early, late):
            with pytest.raises(TimeoutError):
                await socket.receive(timeout=0.3)
        await session.delete("/lab/faults")
        for socket in (early, late):
            assert [(await frame(socket))["action"] for _ in range(3)] == ["snapshot", "update", "update"]


async def test_a_halted_market_is_listed_as_such_from_then_on():
    async with lab_and_client() as (stage, session):

        async def status(query=""):
            rows = (await (await session.get(f"/api/v2/spot/public/symbols{query}")).json())["data"]
            return {row["symbol"]: row["status"] for row in rows}

        assert (await status())["ETHUSDT"] == "online"
        stage.world.halt(("spot", "ETHUSDT"))
        assert (await status())["ETHUSDT"] == "halt"
        assert await status("?symbol=ETHUSDT") == {"ETHUSDT": "halt"}
