"""Unmodified ccxt, sync and async, and ccxt.pro read the lab's Hyperliquid as they read Hyperliquid."""

import asyncio
import contextlib
import itertools
import math

import ccxt
import ccxt.async_support as ccxt_async
import ccxt.pro as ccxt_pro
import pytest

from arbedge.lab.config import LabOptions
from arbedge.lab.server import running_lab

DEADLINE_S = 25.0


def point(exchange, base_url):
    """An exchange of ccxt's whose every address is the lab's."""
    exchange.urls["api"].update(public=base_url, private=base_url)
    if "ws" in exchange.urls["api"]:
        exchange.urls["api"]["ws"]["public"] = base_url.replace("http", "ws", 1) + "/ws"
    return exchange


@contextlib.asynccontextmanager
async def judged(universe="small", scenario="calm", pro=False, changes_per_s=None):
    options = LabOptions(port_base=0, universe=universe, scenario=scenario, changes_per_s=changes_per_s)
    async with running_lab(options) as lab:
        made = (ccxt_pro if pro else ccxt_async).hyperliquid({"enableRateLimit": False})
        exchange = point(made, lab.url_of("hyperliquid"))
        try:
            async with asyncio.timeout(DEADLINE_S):
                await exchange.load_markets()
                yield lab.stages["hyperliquid"], exchange
        finally:
            await exchange.close()


def trading(exchange):
    return [market["symbol"] for market in exchange.markets.values() if market["active"]]


@pytest.mark.parametrize("universe", ["small", "demo"])
async def test_every_contract_is_read_as_listed(universe):
    async with judged(universe) as (stage, exchange):
        markets = {market["baseName"]: market for market in exchange.markets.values()}
        assert len(markets) == len(stage.universe.listings) > 10
        for item in stage.universe.listings:
            market = markets[item.base]
            assert market["swap"]
            assert market["linear"]
            assert (market["quote"], market["settle"]) == ("USDC", "USDC")
            assert market["active"] == item.is_trading
            assert market["contractSize"] == 1
            assert math.isclose(market["precision"]["amount"], 10**-item.lot_dp)


async def test_the_synchronous_client_loads_the_same():
    async with running_lab(LabOptions(port_base=0, universe="small", scenario="calm")) as lab:
        exchange = point(ccxt.hyperliquid({"enableRateLimit": False}), lab.url_of("hyperliquid"))
        async with asyncio.timeout(DEADLINE_S):
            await asyncio.to_thread(exchange.load_markets)
            book = await asyncio.to_thread(exchange.fetch_order_book, "BTC/USDC:USDC")
        assert len(exchange.markets) == len(lab.stages["hyperliquid"].universe.listings)
        assert book["bids"][0][0] < book["asks"][0][0]


async def test_tickers_rates_and_open_interest_of_every_contract():
    async with judged("demo") as (_, exchange):
        tickers = await exchange.fetch_tickers(params={"type": "swap"})
        rates = await exchange.fetch_funding_rates()
        held = await exchange.fetch_open_interests()
        for symbol in trading(exchange):
            assert 0 < tickers[symbol]["bid"] < tickers[symbol]["ask"]
            assert tickers[symbol]["quoteVolume"] > 0
            assert rates[symbol]["interval"] == "1h"
            assert abs(rates[symbol]["fundingRate"]) < 0.001
            assert rates[symbol]["markPrice"] > 0
            assert rates[symbol]["indexPrice"] > 0
            assert held[symbol]["openInterestAmount"] > 0


async def test_books_history_and_time():
    async with judged() as (stage, exchange):
        assert abs(await exchange.fetch_time() - stage.true_ms()) < 2000
        book = await exchange.fetch_order_book("KPEPE/USDC:USDC" if "KPEPE/USDC:USDC" in exchange.markets
                                               else "kPEPE/USDC:USDC")  # fmt: skip
        assert len(book["bids"]) == len(book["asks"]) == 20
        since = exchange.milliseconds() - 40 * 3_600_000
        history = await exchange.fetch_funding_rate_history("BTC/USDC:USDC", since)
        assert 39 <= len(history) <= 40
        steps = {later["timestamp"] - row["timestamp"] for row, later in itertools.pairwise(history)}
        assert all(abs(step - 3_600_000) < 100 for step in steps)


async def test_pro_watches_books_that_are_exact():
    async with judged(pro=True, changes_per_s=600) as (stage, exchange):
        live = stage.world.books["usdm", "BTC"]
        item, agreed = live.listing, 0
        for _ in range(8):
            book = await exchange.watch_order_book("BTC/USDC:USDC")
            expected = [
                [(float(item.price_text(price)), float(item.qty_text(lots))) for price, lots in levels]
                for levels in (live.bids(20), live.asks(20))
            ]
            agreed += [[tuple(level[:2]) for level in book[side]] for side in ("bids", "asks")] == expected
        assert agreed >= 2


async def test_pro_watches_contexts_and_middles():
    async with judged(pro=True, changes_per_s=600) as (_, exchange):
        for _ in range(2):
            ticker = await exchange.watch_ticker("ETH/USDC:USDC")
            assert 0 < ticker["bid"] < ticker["ask"]
            assert float(ticker["info"]["funding"]) != 0
        tickers = await exchange.watch_tickers(["BTC/USDC:USDC", "SOL/USDC:USDC"])
        assert all(each["last"] or each["close"] for each in tickers.values())
