"""The simulated Bybit keeps the venue's manners: pages, refusals, frame counts, repeats, limits, ends."""

import asyncio
import contextlib
import itertools
import json

import aiohttp
import pytest

from arbedge.lab.config import LabOptions, Pace
from arbedge.lab.server import running_lab

SPOT, LINEAR = "/v5/public/spot", "/v5/public/linear"


@contextlib.asynccontextmanager
async def bybit(universe="small", **options):
    async with (
        asyncio.timeout(20),
        running_lab(LabOptions(port_base=0, universe=universe, scenario="calm", **options)) as lab,
        aiohttp.ClientSession(lab.url_of("bybit")) as session,
    ):
        yield lab.stages["bybit"], session


async def ask(session, path, **params):
    answer = await session.get(f"/v5/{path}", params=params)
    return answer.status, await answer.json()


async def say(socket, op, *args, req_id="7"):
    await socket.send_json({"op": op, "args": list(args), "req_id": req_id})


async def frame(socket):
    return json.loads((await socket.receive()).data)


async def heard(socket, is_wanted):
    while True:
        seen = await frame(socket)
        if is_wanted(seen):
            return seen


async def stage(session, fault, seconds=10, **params):
    document = {"fault": fault, "seconds": seconds, "params": {"venue": "bybit", **params}}
    answer = await session.post("/lab/faults", json=document)
    assert answer.status == 200, await answer.text()


async def test_contracts_come_page_by_page_and_those_before_launch_by_their_status():
    async with bybit("demo") as (stage_, session):
        seen, cursor = [], ""
        while True:
            extra = {"cursor": cursor} if cursor else {}
            _, told = await ask(session, "market/instruments-info", category="linear", limit="30", **extra)
            seen += [row["symbol"] for row in told["result"]["list"]]
            cursor = told["result"]["nextPageCursor"]
            if not cursor:
                break
        listed = [i for i in stage_.universe.listings if i.market == "usdm"]
        assert seen == [i.symbol for i in listed if i.status != "PRELAUNCH"]
        _, told = await ask(session, "market/instruments-info", category="linear", status="PreLaunch")
        assert [row["symbol"] for row in told["result"]["list"]] == ["SOONUSDT"]
        _, told = await ask(session, "market/instruments-info", category="spot", limit="5")
        assert len(told["result"]["list"]) > 50
        assert "nextPageCursor" not in told["result"]


async def test_a_page_of_contracts_is_five_hundred_unless_asked_for():
    async with bybit("four") as (_, session):
        _, told = await ask(session, "market/instruments-info", category="linear")
        assert len(told["result"]["list"]) == 500
        _, told = await ask(session, "market/instruments-info", category="linear", limit="5000")
        assert len(told["result"]["list"]) >= 900


@pytest.mark.parametrize(
    ("path", "params", "words"),
    [
        ("market/tickers", {}, "Category"),
        ("market/tickers", {"category": "linear", "symbol": "NOPE"}, "Symbol"),
        ("market/orderbook", {"category": "spot"}, "Symbol"),
        ("market/funding/history", {"category": "linear", "symbol": "BTCUSDT", "startTime": "1"}, "startTime"),
        ("market/kline", {"category": "spot", "symbol": "BTCUSDT", "interval": "7"}, "period"),
        ("market/index-price-components", {"indexName": "NOPE"}, "indexName"),
        ("market/instruments-info", {"category": "linear", "cursor": "gone"}, "cursor"),
    ],
)
async def test_refusals_come_with_status_200_and_their_code(path, params, words):
    async with bybit() as (_, session):
        status, told = await ask(session, path, **params)
        assert (status, told["retCode"]) == (200, 10001)
        assert words in told["retMsg"]


async def test_an_index_in_usdc_is_named_by_its_quote_and_a_thousand_is_told_as_a_multiplier():
    async with bybit() as (_, session):
        _, told = await ask(session, "market/index-price-components", indexName="BTCUSDC")
        assert "Binance" in {row["exchange"] for row in told["result"]["components"]}
        _, told = await ask(session, "market/index-price-components", indexName="1000PEPEUSDT")
        assert {row["multiplier"] for row in told["result"]["components"]} == {"1000"}


async def test_who_asks_too_often_is_shut_out_with_403():
    async with bybit(pace=Pace(bybit_ban_s=0.6)) as (_, session):
        statuses = [(await session.get("/v5/market/time")).status for _ in range(602)]
        assert statuses[:600] == [200] * 600
        assert statuses[600:] == [403, 403]
        answer = await session.get("/v5/market/time")
        assert (answer.status, "too frequent" in await answer.text()) == (403, True)
        status = 403
        while status == 403:
            await asyncio.sleep(0.8)
            status = (await session.get("/v5/market/time")).status
        assert status == 200


async def test_spot_takes_ten_topics_a_request_and_one_bad_topic_spoils_it():
    async with bybit() as (stage_, session), session.ws_connect(SPOT) as socket:
        names = [f"orderbook.1.{i.symbol}" for i in stage_.universe.listings if i.market == "spot" and i.is_trading]
        await say(socket, "subscribe", *names[:11])
        told = await frame(socket)
        assert (told["success"], told["req_id"]) == (False, "7")
        assert "10" in told["ret_msg"]
        await say(socket, "subscribe", names[0], "orderbook.1.NOPEUSDT", req_id="8")
        told = await frame(socket)
        assert told["success"] is False
        assert "orderbook.1.NOPEUSDT" in told["ret_msg"]
        await say(socket, "subscribe", *names[:10], req_id="9")
        told = await frame(socket)
        assert (told["success"], told["req_id"], told["op"]) == (True, "9", "subscribe")
        seen = {(await frame(socket))["data"]["s"] for _ in range(10)}
        assert len(seen) == 10
        await say(socket, "subscribe", names[0])
        told = await heard(socket, lambda seen: "success" in seen)
        assert "already" in told["ret_msg"]


async def test_the_best_is_always_whole_repeated_with_its_u_and_dated_before_its_type_on_spot():
    async with bybit(changes_per_s=0.01) as (_, session), session.ws_connect(SPOT) as socket:
        await say(socket, "subscribe", "orderbook.1.BTCUSDT")
        await frame(socket)
        text = (await socket.receive()).data
        assert text.index('"ts"') < text.index('"type"')
        first, again = json.loads(text), await frame(socket)
        assert (first["type"], again["type"]) == ("snapshot", "snapshot")
        assert again["data"]["u"] == first["data"]["u"]
        assert again["data"]["b"] == first["data"]["b"]
        assert 2_500 < again["ts"] - first["ts"] < 4_500


async def test_changes_count_one_by_one_and_lead_from_the_snapshot_to_the_book():
    async with bybit(changes_per_s=900) as (stage_, session), session.ws_connect(LINEAR) as socket:
        await say(socket, "subscribe", "orderbook.50.BTCUSDT")
        assert (await frame(socket))["success"] is True
        sides = {"b": {}, "a": {}}
        last, agreed, live = None, 0, stage_.world.books["usdm", "BTCUSDT"]
        for _ in range(40):
            seen = await frame(socket)
            assert seen["type"] == ("snapshot" if last is None else "delta")
            assert last is None or seen["data"]["u"] == last + 1
            last = seen["data"]["u"]
            for name, side in sides.items():
                for price, size in seen["data"][name]:
                    if float(size):
                        side[price] = size
                    else:
                        del side[price]
            assert len(sides["b"]) == len(sides["a"]) == 50
            assert max(map(float, sides["b"])) < min(map(float, sides["a"]))
            if seen["data"]["seq"] == live.update_id:
                item = live.listing
                assert sides["b"] == {item.price_text(p): item.qty_text(q) for p, q in live.bids(50)}
                agreed += 1
        assert agreed >= 5


async def test_lost_changes_leave_a_hole_and_a_restart_begins_at_one():
    async with bybit(changes_per_s=900) as (_, session), session.ws_connect(LINEAR) as socket:
        await say(socket, "subscribe", "orderbook.50.ETHUSDT")
        await stage(session, "gap", rate=0.5)
        seen = [(await heard(socket, lambda seen: "data" in seen))["data"]["u"] for _ in range(12)]
        assert any(later != earlier + 1 for earlier, later in itertools.pairwise(seen))
        await session.delete("/lab/faults")
        await stage(session, "sequence_reset")
        told = await heard(socket, lambda seen: seen.get("type") == "snapshot")
        assert told["data"]["u"] == 1
        after = [await frame(socket) for _ in range(2)]
        assert [(each["type"], each["data"]["u"]) for each in after] == [("delta", 2), ("delta", 3)]


async def test_contracts_tickers_leave_out_what_did_not_change():
    async with bybit(changes_per_s=900) as (_, session), session.ws_connect(LINEAR) as socket:
        await say(socket, "subscribe", "tickers.ETHUSDT")
        first = await heard(socket, lambda seen: "data" in seen)
        assert first["type"] == "snapshot"
        assert {"fundingRate", "nextFundingTime", "fundingIntervalHour", "fundingCap", "bid1Price"} <= set(
            first["data"]
        )
        later = [await frame(socket) for _ in range(5)]
        assert {each["type"] for each in later} == {"delta"}
        assert all("fundingIntervalHour" not in each["data"] for each in later)
        assert all(each["data"]["symbol"] == "ETHUSDT" for each in later)


async def test_a_stale_symbol_is_silent_while_rest_goes_on():
    async with bybit(changes_per_s=900) as (_, session), session.ws_connect(LINEAR) as socket:
        await stage(session, "stale", symbol="BTCUSDT")
        await say(socket, "subscribe", "orderbook.1.BTCUSDT", "orderbook.1.ETHUSDT")
        seen = {(await heard(socket, lambda told: "data" in told))["data"]["s"] for _ in range(8)}
        assert seen == {"ETHUSDT"}
        _, told = await ask(session, "market/tickers", category="linear", symbol="BTCUSDT")
        assert float(told["result"]["list"][0]["bid1Price"]) > 0


async def test_pings_are_answered_and_who_says_nothing_is_let_go():
    async with bybit(pace=Pace(bybit_idle_s=1.0)) as (_, session), session.ws_connect(SPOT) as socket:
        await say(socket, "ping")
        told = await frame(socket)
        assert (told["ret_msg"], told["op"], told["success"]) == ("pong", "ping", True)
        message = await socket.receive()
        assert message.type in {aiohttp.WSMsgType.CLOSE, aiohttp.WSMsgType.CLOSED}
        assert socket.close_code == 1001


@pytest.mark.parametrize(
    ("fault", "status", "words"),
    [
        ("ban", 403, "too frequent"),
        ("rate_limit", 200, "10006"),
        ("restricted", 403, "country"),
        ("error_500", 500, ""),
    ],
)
async def test_staged_refusals_are_the_venues_own(fault, status, words):
    async with bybit() as (_, session):
        await stage(session, fault)
        answer = await session.get("/v5/market/time")
        assert answer.status == status
        assert words in await answer.text()


async def test_keys_are_asked_for_and_their_clock_is_checked():
    async with bybit() as (stage_, session):
        status, told = await ask(session, "user/query-api")
        assert (status, told["retCode"]) == (401, 10003)
        late = {"X-BAPI-API-KEY": "k", "X-BAPI-SIGN": "s", "X-BAPI-TIMESTAMP": f"{stage_.true_ms() - 9_000}"}
        answer = await session.get("/v5/user/query-api", headers=late)
        assert (await answer.json())["retCode"] == 10002
        fresh = {**late, "X-BAPI-TIMESTAMP": f"{stage_.true_ms()}"}
        answer = await session.get("/v5/asset/coin/query-info", headers=fresh, params={"coin": "SOL"})
        rows = (await answer.json())["result"]["rows"]
        assert [row["coin"] for row in rows] == ["SOL"]
        assert rows[0]["chains"][0]["chainDeposit"] in {"0", "1"}
