"""The simulated Binance keeps the venue's manners: routes, limits, pings, the daily cut, errors and faults."""

import asyncio
import contextlib
import itertools
import json
import time

import aiohttp
import pytest

from arbedge.lab.config import LabOptions, Pace
from arbedge.lab.server import running_lab


@contextlib.asynccontextmanager
async def lab_and_client(scenario="calm", **options):
    async with (
        asyncio.timeout(20),
        running_lab(LabOptions(port_base=0, universe="small", scenario=scenario, **options)) as lab,
        aiohttp.ClientSession(lab.base_url) as session,
    ):
        yield lab, session


async def frames(socket, count):
    return [json.loads((await socket.receive()).data) for _ in range(count)]


async def until_closed(socket, seconds=5):
    """Everything received until the venue ends the connection, and the close code."""
    async with asyncio.timeout(seconds):
        seen = [message.data async for message in socket]
    return seen, socket.close_code


async def stage(session, fault, seconds=10, **params):
    answer = await session.post("/lab/faults", json={"fault": fault, "seconds": seconds, "params": params})
    assert answer.status == 200, await answer.text()


async def test_subscriptions_are_answered_and_listed():
    async with lab_and_client() as (_, session), session.ws_connect("/ws") as socket:
        await socket.send_json(
            {"method": "SUBSCRIBE", "params": ["btcusdt@depth5@100ms", "solusdt@trade"], "id": 1}
        )
        assert await frames(socket, 1) == [{"result": None, "id": 1}]
        partial = (await frames(socket, 1))[0]
        assert set(partial) == {"lastUpdateId", "bids", "asks"}
        assert len(partial["bids"]) == 5
        await socket.send_json({"method": "UNSUBSCRIBE", "params": ["btcusdt@depth5@100ms"], "id": "x"})
        answer = (await frames(socket, 1))[0]
        while "id" not in answer:
            answer = (await frames(socket, 1))[0]
        assert answer == {"result": None, "id": "x"}
        await socket.send_json({"method": "LIST_SUBSCRIPTIONS", "id": 3})
        assert await frames(socket, 1) == [{"result": ["solusdt@trade"], "id": 3}]


@pytest.mark.parametrize(
    ("text", "code"),
    [("{", 3), ('{"method":"SHOUT","id":1}', 2), ('{"method":"SUBSCRIBE","params":["btcusdt@nothing"],"id":1}', 2)],
)
async def test_bad_requests_are_answered_with_the_venues_codes(text, code):
    async with lab_and_client() as (_, session), session.ws_connect("/ws") as socket:
        await socket.send_str(text)
        assert (await frames(socket, 1))[0]["error"]["code"] == code


async def test_combined_streams_wrap_and_bare_ones_do_not():
    async with lab_and_client() as (_, session):
        async with session.ws_connect("/stream?streams=btcusdt@bookTicker/ethusdt@bookTicker") as socket:
            frame = (await frames(socket, 1))[0]
            assert frame["stream"] in {"btcusdt@bookTicker", "ethusdt@bookTicker"}
            assert set(frame["data"]) == {"u", "s", "b", "B", "a", "A"}
        async with session.ws_connect("/public/ws/btcusdt@bookTicker") as socket:
            frame = (await frames(socket, 1))[0]
            assert frame["e"] == "bookTicker"
            assert (frame["st"], frame["ps"]) == (1, "BTCUSDT")


async def test_the_wrong_route_is_silent_not_an_error():
    async with lab_and_client() as (_, session):
        for right, wrong, stream in (
            ("market", "public", "btcusdt@markPrice@1s"),
            ("public", "market", "btcusdt@bookTicker"),
        ):
            async with session.ws_connect(f"/{wrong}/ws") as silent, session.ws_connect(f"/{right}/ws") as heard:
                for socket in (silent, heard):
                    await socket.send_json({"method": "SUBSCRIBE", "params": [stream], "id": 1})
                    assert await frames(socket, 1) == [{"result": None, "id": 1}]
                await frames(heard, 1)
                with pytest.raises(TimeoutError):
                    await socket.receive() if socket is silent else await silent.receive(timeout=0.3)


async def test_all_market_streams_mix_coin_margined_rows_in():
    async with lab_and_client() as (_, session), session.ws_connect("/public/ws/!bookTicker") as socket:
        rows = await frames(socket, 25)
        assert {row["st"] for row in rows} == {1, 2}
        assert all(row["s"].endswith("_PERP") == (row["st"] == 2) for row in rows)


async def test_marks_name_every_contract_and_deliveries_have_no_funding():
    async with (
        lab_and_client() as (lab, session),
        session.ws_connect("/market/stream?streams=!markPrice@arr@1s") as socket,
    ):
        rows = {row["s"]: row for row in (await frames(socket, 1))[0]["data"]}
        usdm = [i for i in lab.stage.universe.listings if i.market == "usdm" and i.is_trading]
        assert set(rows) == {item.symbol for item in usdm}
        for item in usdm:
            assert (rows[item.symbol]["r"] == "", rows[item.symbol]["T"] == 0) == (item.funding is None,) * 2


@pytest.mark.parametrize(("path", "messages"), [("/ws", 5), ("/public/ws", 10)])
async def test_too_many_messages_a_second_end_the_connection(path, messages):
    async with lab_and_client() as (_, session), session.ws_connect(path) as socket:
        for i in range(messages):
            await socket.send_json({"method": "LIST_SUBSCRIPTIONS", "id": i})
        assert [answer["id"] for answer in await frames(socket, messages)] == list(range(messages))
        await socket.send_json({"method": "LIST_SUBSCRIPTIONS", "id": 99})
        assert await until_closed(socket) == ([], 1008)


async def test_too_many_streams_end_the_connection():
    async with lab_and_client() as (_, session), session.ws_connect("/public/ws") as socket:
        await socket.send_json(
            {"method": "SUBSCRIBE", "params": [f"a{i}usdt@bookTicker" for i in range(200)], "id": 1}
        )
        assert await frames(socket, 1) == [{"result": None, "id": 1}]
        await socket.send_json({"method": "SUBSCRIBE", "params": ["onemoreusdt@bookTicker"], "id": 2})
        assert (await until_closed(socket))[1] == 1008


async def test_pings_carry_a_payload_and_must_be_answered():
    pace = Pace(spot_ping_s=0.3, spot_pong_s=0.4)
    async with lab_and_client(pace=pace) as (_, session):
        async with session.ws_connect("/ws", autoping=False) as deaf:
            began = time.monotonic()
            ping = await deaf.receive()
            assert ping.type is aiohttp.WSMsgType.PING
            assert ping.data
            _, code = await until_closed(deaf)
            assert code == 1008
            assert time.monotonic() - began < 3
        async with session.ws_connect("/ws", autoping=False) as polite:
            for _ in range(5):
                ping = await polite.receive()
                assert ping.type is aiohttp.WSMsgType.PING
                await polite.pong(ping.data)


async def test_the_daily_cut_is_announced_on_spot_and_made_on_both():
    async with (
        lab_and_client(pace=Pace(cut_s=0.6, cut_notice_s=0.3)) as (_, session),
        session.ws_connect("/stream?streams=nothing@bookTicker") as spot,
        session.ws_connect("/public/ws") as usdm,
    ):
        seen, code = await until_closed(spot)
        assert [json.loads(text)["data"]["e"] for text in seen] == ["serverShutdown"]
        assert code == 1001
        assert await until_closed(usdm) == ([], 1001)


@pytest.mark.parametrize(
    ("path", "status", "code"),
    [
        ("/api/v3/depth?symbol=NOPE", 400, -1121),
        ("/api/v3/depth", 400, -1102),
        ("/api/v3/depth?symbol=BTCUSDT&limit=x", 400, -1100),
        ("/api/v3/ticker/24hr?symbols=oops", 400, -1100),
        ("/api/v3/klines?symbol=BTCUSDT&interval=2y", 400, -1120),
        ("/fapi/v1/depth?symbol=BTCUSDT&limit=7", 400, -4021),
        ("/fapi/v1/depth?symbol=BTCUSDT&limit=0", 400, -1130),
        ("/fapi/v1/order", 404, -5000),
        ("/sapi/v1/capital/config/getall", 400, -2014),
    ],
)
async def test_refusals_use_the_venues_words(path, status, code):
    async with lab_and_client() as (_, session):
        answer = await session.get(path)
        assert answer.status == status
        assert (await answer.json())["code"] == code


async def test_weight_is_counted_told_and_enforced():
    async with lab_and_client(pace=Pace(ban_s=1)) as (_, session):
        paths = ("/api/v3/ticker/24hr", "/api/v3/ticker/bookTicker", "/api/v3/depth?symbol=BTCUSDT&limit=5000")
        used = [int((await session.get(path)).headers["X-MBX-USED-WEIGHT-1M"]) for path in paths]
        if used[0] < used[1] < used[2]:  # the three fell into one minute
            assert used == [80, 84, 334]
        statuses = []
        for _ in range(40):
            answer = await session.get("/api/v3/depth?symbol=BTCUSDT&limit=5000")
            statuses.append(answer.status)
            if answer.status != 200:
                assert int(answer.headers["Retry-After"]) > 0
                assert (await answer.json())["code"] == -1003
        assert statuses.index(429) < statuses.index(418)
        assert (await session.get("/fapi/v1/ping")).status == 200


async def test_a_signed_request_off_the_venues_clock_is_refused():
    async with lab_and_client("clock_skew") as (lab, session):

        async def ask(timestamp):
            answer = await session.get("/sapi/v1/margin/allPairs", headers={"X-MBX-APIKEY": "k"},
                                       params={"timestamp": timestamp, "signature": "s"})  # fmt: skip
            return await answer.json()

        true_ms = lab.stage.true_ms()
        assert isinstance(await ask(true_ms), list)
        assert (await ask(true_ms + 5000))["code"] == -1021
        assert (await ask(true_ms - 9000))["code"] == -1021
        shown = (await (await session.get("/api/v3/time")).json())["serverTime"]
        assert 1900 < shown - lab.stage.true_ms() < 2100


async def test_rest_faults():
    async with lab_and_client() as (_, session):
        for fault, status in (("error_500", 500), ("rate_limit", 429), ("ban", 418), ("restricted", 451)):
            await stage(session, fault)
            answer = await session.get("/fapi/v1/time")
            assert answer.status == status
            assert ("Retry-After" in answer.headers) == (status in {429, 418})
            await session.delete("/lab/faults")
        await stage(session, "restricted", status=403, host="usdm")
        assert (await session.get("/fapi/v1/time")).status == 403
        assert (await session.get("/api/v3/time")).status == 200
        with pytest.raises(aiohttp.WSServerHandshakeError):
            await session.ws_connect("/public/ws")
        await session.delete("/lab/faults")
        await stage(session, "truncated")
        with pytest.raises(json.JSONDecodeError):
            json.loads(await (await session.get("/api/v3/exchangeInfo")).read())
        await session.delete("/lab/faults")
        await stage(session, "slow", delay_ms=300)
        began = time.monotonic()
        await session.get("/api/v3/time")
        assert time.monotonic() - began >= 0.3
        await stage(session, "down")
        with pytest.raises(aiohttp.ClientError):
            await session.get("/api/v3/time")
        assert (await (await session.get("/lab/faults")).json())["active"]
        assert (await session.post("/lab/faults", json={"fault": "?"})).status == 400


@pytest.mark.parametrize("fault", ["disconnect", "down", "reconnect_storm"])
async def test_faults_that_drop_connections(fault):
    async with lab_and_client() as (_, session), session.ws_connect("/public/ws/btcusdt@bookTicker") as socket:
        await frames(socket, 1)
        await stage(session, fault)
        await until_closed(socket)


async def test_frame_faults():
    async with (
        lab_and_client(changes_per_s=2000) as (_, session),
        session.ws_connect("/ws/btcusdt@bookTicker") as socket,
    ):
        await frames(socket, 2)
        await stage(session, "garbage", rate=1.0)
        seen = b""
        while b"html" not in seen:
            seen = (await socket.receive()).data.encode()
        await session.delete("/lab/faults")
        await stage(session, "crossed", symbol="BTCUSDT", host="spot")
        best = {"b": "0", "a": "1"}
        while float(best["b"]) < float(best["a"]):
            message = (await socket.receive()).data
            best = best if "html" in message else json.loads(message)
        crossed = await (await session.get("/api/v3/ticker/bookTicker?symbol=BTCUSDT")).json()
        assert float(crossed["bidPrice"]) > float(crossed["askPrice"])
        await session.delete("/lab/faults")
        await asyncio.sleep(0.1)
        healed = await (await session.get("/api/v3/ticker/bookTicker?symbol=BTCUSDT")).json()
        assert float(healed["bidPrice"]) < float(healed["askPrice"])
        await stage(session, "stale", symbol="BTCUSDT")
        await asyncio.sleep(0.1)
        while socket._reader._buffer:
            await socket.receive()
        with pytest.raises(TimeoutError):
            await socket.receive(timeout=0.4)


async def test_a_gap_breaks_the_chain_of_diffs():
    async with lab_and_client(changes_per_s=2000) as (_, session):
        await stage(session, "gap", rate=0.5, symbol="BTCUSDT")
        async with session.ws_connect("/ws/btcusdt@depth@100ms") as socket:
            diffs = await frames(socket, 8)
            assert any(b["U"] != a["u"] + 1 for a, b in itertools.pairwise(diffs))


async def test_a_slow_reader_is_cut_off_and_the_rest_go_on():
    async with lab_and_client(changes_per_s=50_000) as (lab, session):
        names = "/".join(
            f"{i.symbol.lower()}@bookTicker" for i in lab.stage.universe.listings if i.market == "spot"
        )
        async with (
            session.ws_connect(f"/stream?streams={names}") as slow,
            session.ws_connect("/ws/btcusdt@bookTicker") as fast,
        ):
            slow._conn.transport.pause_reading()
            while lab.venue.streams.open_count == 2:
                await fast.receive()
            assert (await fast.receive()).type is aiohttp.WSMsgType.TEXT


async def test_a_halted_market_is_listed_as_such_from_then_on():
    async with lab_and_client() as (lab, session):

        async def status(query=""):
            listed = (await (await session.get(f"/api/v3/exchangeInfo{query}")).json())["symbols"]
            return {row["symbol"]: row["status"] for row in listed}

        assert (await status())["SOLBTC"] == "TRADING"
        lab.stage.world.halt(("spot", "SOLBTC"))
        assert (await status())["SOLBTC"] == "BREAK"
        assert await status("?symbol=SOLBTC") == {"SOLBTC": "BREAK"}
        assert len(await status('?symbols=["BTCUSDT","SOLBTC"]')) == 2
        assert (await session.get("/api/v3/exchangeInfo?symbol=NOPE")).status == 400
