"""The simulated OKX answers REST as the venue does: its codes, its pages, its limits, its lists, staged faults."""

import asyncio
import contextlib
import json

import aiohttp
import pytest

from arbedge.lab.config import LabOptions
from arbedge.lab.server import running_lab


@contextlib.asynccontextmanager
async def okx(scenario="calm", **options):
    async with (
        asyncio.timeout(20),
        running_lab(LabOptions(port_base=0, universe="small", scenario=scenario, **options)) as lab,
        aiohttp.ClientSession(lab.url_of("okx")) as session,
    ):
        yield lab.stages["okx"], session


async def stage(session, fault, seconds=10, **params):
    document = {"fault": fault, "seconds": seconds, "params": {"venue": "okx", **params}}
    answer = await session.post("/lab/faults", json=document)
    assert answer.status == 200, await answer.text()


async def ask(session, path):
    answer = await session.get(f"/api/v5/{path}")
    return answer.status, await answer.json()


@pytest.mark.parametrize(
    ("path", "status", "code"),
    [
        ("public/instruments", 400, "50014"),
        ("public/instruments?instType=THINGS", 400, "51000"),
        ("market/ticker?instId=NOPE-USDT", 200, "51001"),
        ("market/books?instId=BTC-USDT&sz=401", 400, "51000"),
        ("market/books?instId=BTC-USDT&sz=x", 400, "51000"),
        ("market/books?instId=BTC-USDT&sz=400", 200, "0"),
        ("market/books-full?instId=BTC-USDT&sz=5000", 200, "0"),
        ("market/candles?instId=BTC-USDT&bar=2Y", 400, "51000"),
        ("market/index-tickers", 400, "50015"),
        ("market/index-components?index=NOPE-USDT", 200, "51001"),
        ("public/funding-rate", 400, "50014"),
        ("public/funding-rate?instId=BTC-USDT", 400, "51000"),
        ("asset/currencies", 401, "50103"),
        ("trade/order", 404, "404"),
    ],
)
async def test_refusals_use_the_venues_codes(path, status, code):
    async with okx() as (_, session):
        answered, body = await ask(session, path)
        assert (answered, body["code"]) == (status, code)


async def test_books_default_to_one_level():
    async with okx() as (_, session):
        _, body = await ask(session, "market/books?instId=BTC-USDT")
        assert [len(body["data"][0][side]) for side in ("bids", "asks")] == [1, 1]
        assert body["data"][0]["seqId"] > 0


async def test_funding_history_pages_by_before_and_after():
    async with okx() as (_, session):

        async def page(query):
            _, body = await ask(session, f"public/funding-rate-history?instId=BTC-USDT-SWAP&{query}")
            return [int(row["fundingTime"]) for row in body["data"]]

        newest = await page("limit=10")
        assert newest == sorted(newest, reverse=True)
        older = await page(f"limit=10&after={newest[-1]}")
        assert older[0] < newest[-1]
        assert await page(f"before={newest[4]}") == newest[:4]
        everything = await page("")
        assert len(everything) < 400
        span_ms = everything[0] - everything[-1]
        assert 80 * 86_400_000 < span_ms < 93 * 86_400_000


async def test_limits_are_counted_by_endpoint_and_some_by_instrument():
    async with okx() as (_, session):
        path = "public/funding-rate-history?limit=1&instId="
        statuses = [(await ask(session, f"{path}BTC-USDT-SWAP"))[0] for _ in range(11)]
        assert statuses == [200] * 10 + [429]
        status, body = await ask(session, f"{path}BTC-USDT-SWAP")
        assert (status, body) == (429, {"msg": "Too Many Requests", "code": "50011"})
        assert (await ask(session, f"{path}ETH-USDT-SWAP"))[0] == 200
        assert (await ask(session, "public/time"))[0] == 200
        await asyncio.sleep(2.05)
        assert (await ask(session, f"{path}BTC-USDT-SWAP"))[0] == 200


async def test_a_signed_request_off_the_venues_clock_is_refused():
    async with okx("clock_skew") as (stage_, session):
        headers = {f"OK-ACCESS-{name}": "x" for name in ("KEY", "SIGN", "PASSPHRASE")}

        async def sent(stamp):
            answer = await session.get(
                "/api/v5/asset/currencies", headers={**headers, "OK-ACCESS-TIMESTAMP": stamp}
            )
            return (await answer.json())["code"]

        now = stage_.clock.now()
        assert await sent(now.isoformat().replace("+00:00", "Z")) == "0"
        assert await sent("2020-12-08T09:08:57.715Z") == "50102"
        assert await sent("yesterday") == "50112"
        shown = int((await ask(session, "public/time"))[1]["data"][0]["ts"])
        assert 1900 < shown - stage_.true_ms() < 2100


async def test_faults_on_rest():
    async with okx() as (_, session):
        for fault, status in (("error_500", 500), ("rate_limit", 429), ("ban", 403), ("restricted", 451)):
            await stage(session, fault)
            assert (await session.get("/api/v5/public/time")).status == status
            await session.delete("/lab/faults")
        await stage(session, "truncated")
        with pytest.raises(json.JSONDecodeError):
            json.loads(await (await session.get("/api/v5/public/time")).read())
        await stage(session, "down")
        with pytest.raises(aiohttp.ClientError):
            await session.get("/api/v5/public/time")


async def test_a_suspended_instrument_is_listed_as_such():
    async with okx() as (stage_, session):

        async def state():
            _, body = await ask(session, "public/instruments?instType=SPOT")
            return {row["instId"]: row["state"] for row in body["data"]}["BTC-USDT"]

        assert await state() == "live"
        stage_.world.halt(("spot", "BTC-USDT"))
        assert await state() == "suspend"


async def test_inverse_swaps_stand_in_the_lists_and_nowhere_else():
    async with okx() as (_, session):
        rows = {row["instId"]: row for row in (await ask(session, "public/instruments?instType=SWAP"))[1]["data"]}
        inverse = {name for name, row in rows.items() if row["ctType"] == "inverse"}
        assert inverse == {"BTC-USD-SWAP", "ETH-USD-SWAP"}
        assert rows["BTC-USD-SWAP"]["settleCcy"] == "BTC"
        lists = (
            "market/tickers?instType=SWAP",
            "public/funding-rate?instId=ANY",
            "public/mark-price?instType=SWAP",
        )
        for path in lists:
            assert inverse <= {row["instId"] for row in (await ask(session, path))[1]["data"]}
        assert (await ask(session, "market/ticker?instId=BTC-USD-SWAP"))[1]["code"] == "51001"
