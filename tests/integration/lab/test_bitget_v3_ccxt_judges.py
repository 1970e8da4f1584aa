"""Unmodified ccxt and ccxt.pro, told that the account is unified, read the lab as they read Bitget's v3."""

import asyncio
import contextlib
import math

import ccxt.async_support as ccxt_async
import ccxt.pro as ccxt_pro
import pytest

from arbedge.lab.config import LabOptions
from arbedge.lab.faults import parse_fault
from arbedge.lab.server import running_lab

DEADLINE_S = 40
LINES = {"USDT": "USDT-FUTURES", "USDC": "USDC-FUTURES"}


@contextlib.asynccontextmanager
async def judged(universe="small", scenario="steady", pro=False, uta=True, changes_per_s=None):
    options = LabOptions(port_base=0, universe=universe, scenario=scenario, changes_per_s=changes_per_s)
    async with running_lab(options) as lab:
        base_url = lab.url_of("bitget")
        exchange = (ccxt_pro if pro else ccxt_async).bitget({"enableRateLimit": False, "options": {"uta": uta}})
        addresses = exchange.urls["api"]
        addresses.update({key: base_url for key, value in addresses.items() if isinstance(value, str)})
        if "ws" in addresses:
            addresses["ws"]["public"] = base_url.replace("http://", "ws://") + "/v2/ws/public"
            addresses["ws"]["utaPublic"] = base_url.replace("http://", "ws://") + "/v3/ws/public"
        try:
            async with asyncio.timeout(DEADLINE_S):
                await exchange.load_markets()
                yield lab, exchange
        finally:
            await exchange.close()


def trading(exchange, kind, settle=None):
    return [
        market["symbol"]
        for market in exchange.markets.values()
        if market[kind] and market["active"] and settle in {None, market["settle"]}
    ]


@pytest.mark.parametrize("universe", ["small", "demo"])
async def test_every_instrument_is_read_as_listed(universe):
    async with judged(universe) as (lab, exchange):
        listings = [
            item
            for item in lab.stages["bitget"].universe.listings
            if item.market == "spot" or item.funding is not None
        ]
        assert len(exchange.markets) == len(listings)
        for item in listings:
            settle = "" if item.market == "spot" else f":{item.quote}"
            market = exchange.markets[f"{item.base}/{item.quote}{settle}"]
            assert market["id"] == item.symbol
            assert market["active"] == item.is_trading
            assert math.isclose(market["precision"]["amount"], 10**-item.lot_dp)
            # ccxt takes the decimals for the step; some contracts' step is ten of them
            assert market["precision"]["price"] <= 10**-item.tick_dp * 1.000001
            assert market["limits"]["cost"]["min"] == (1 if item.market == "spot" else 5)
            assert market["taker"] == (None if item.market == "spot" else 0.0006)


async def test_prices_and_funding_of_every_instrument():
    async with judged("demo") as (lab, exchange):
        spot = await exchange.fetch_tickers(params={"productType": "SPOT"})
        for symbol in trading(exchange, "spot"):
            assert 0 < spot[symbol]["bid"] < spot[symbol]["ask"]
            assert spot[symbol]["quoteVolume"] > 0
        for settle, line in LINES.items():
            asked = {"type": "swap", "productType": line}
            tickers = await exchange.fetch_tickers(params=asked)
            dues = await exchange.fetch_funding_intervals(params=asked)
            symbols = trading(exchange, "swap", settle)
            assert symbols
            for symbol in symbols:
                assert 0 < tickers[symbol]["bid"] < tickers[symbol]["ask"]
                assert math.isclose(tickers[symbol]["markPrice"], tickers[symbol]["indexPrice"], rel_tol=0.02)
                assert dues[symbol]["fundingTimestamp"] > lab.stages["bitget"].true_ms()


async def test_one_market_asked_for_alone():
    async with judged() as (_, exchange):
        for symbol in ("BTC/USDT", "BTC/USDT:USDT", "BTC/USDC:USDC"):
            book = await exchange.fetch_order_book(symbol, 50)
            assert len(book["bids"]) == len(book["asks"]) == 50
            assert book["bids"][0][0] < book["asks"][0][0]
            assert (await exchange.fetch_ticker(symbol))["bid"] > 0
        assert (await exchange.fetch_funding_rate("BTC/USDT:USDT"))["interval"] in {"1h", "2h", "4h", "8h"}
        assert (await exchange.fetch_open_interest("BTC/USDT:USDT"))["openInterestAmount"] > 0
        history = await exchange.fetch_funding_rate_history("BTC/USDT:USDT", limit=50)
        older = await exchange.fetch_funding_rate_history("BTC/USDT:USDT", limit=50, params={"cursor": 2})
        assert len(history) == len(older) == 50
        assert older[-1]["timestamp"] < history[0]["timestamp"]


async def test_both_generations_tell_the_same_at_once():
    async with judged(scenario="calm", pro=True, changes_per_s=400) as (lab, unified):
        classic = ccxt_pro.bitget({"enableRateLimit": False, "options": {"uta": False}})
        classic.urls["api"] = unified.urls["api"]
        try:
            await classic.load_markets()
            assert {market["id"] for market in classic.markets.values()} == {
                market["id"] for market in unified.markets.values()
            }
            for symbol in ("BTC/USDT", "BTC/USDC:USDC"):
                first = await classic.watch_order_book(symbol)
                second = await unified.watch_order_book(symbol)
                assert first["bids"][0][0] == pytest.approx(second["bids"][0][0], rel=0.01)
                assert (await unified.watch_ticker(symbol))["last"] > 0
                assert (await classic.watch_ticker(symbol))["last"] > 0
            assert lab.dialects["bitget"].open_count == 2
        finally:
            await classic.close()


@pytest.mark.parametrize("kind", [("spot", None), ("swap", "USDT"), ("swap", "USDC")], ids=lambda kind: f"{kind}")
async def test_pro_watches_best_prices(kind):
    async with judged(scenario="calm", pro=True, changes_per_s=900) as (_, exchange):
        symbols = trading(exchange, *kind)
        while not set(symbols) <= set(exchange.bidsasks):
            await exchange.watch_bids_asks(symbols)
        for symbol in symbols:
            assert exchange.bidsasks[symbol]["bid"] < exchange.bidsasks[symbol]["ask"]


@pytest.mark.parametrize("symbol", ["BTC/USDT", "BTC/USDT:USDT", "BTC/USDC:USDC"])
async def test_pro_rebuilds_books(symbol):
    async with judged(pro=True, changes_per_s=900) as (lab, exchange):
        market = exchange.market(symbol)
        live = lab.stages["bitget"].world.books["spot" if market["spot"] else "usdm", market["id"]]
        agreed = 0
        for _ in range(25):
            book = await exchange.watch_order_book(symbol)
            if book["timestamp"] == live.changed_ms:
                item = live.listing
                for side, levels in (("bids", live.bids(200)), ("asks", live.asks(200))):
                    expected = [(ticks / 10**item.tick_dp, lots / 10**item.lot_dp) for ticks, lots in levels]
                    assert [tuple(level[:2]) for level in book[side]] == [pytest.approx(pair) for pair in expected]
                agreed += 1
        assert agreed >= 3


async def test_a_lost_update_leaves_ccxts_book_wrong_because_nothing_but_pseq_tells():
    async with judged(pro=True, changes_per_s=900) as (lab, exchange):
        await exchange.watch_order_book("BTC/USDT")
        stage = lab.stages["bitget"]
        fault = {"fault": "gap", "seconds": 60, "params": {"rate": 0.5}}
        stage.begin(parse_fault(fault, stage.clock.monotonic_ns()))
        for _ in range(60):  # it never complains: there is no checksum, and it does not look at pseq
            await exchange.watch_order_book("BTC/USDT")
