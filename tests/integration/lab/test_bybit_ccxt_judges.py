"""Unmodified ccxt and ccxt.pro read the lab's Bybit as they read Bybit: the judge of the dialect."""

import asyncio
import contextlib
import itertools
import math

import ccxt.async_support as ccxt_async
import ccxt.pro as ccxt_pro
import pytest

from arbedge.lab.config import LabOptions
from arbedge.lab.server import running_lab

DEADLINE_S = 20.0


def point(exchange, base_url):
    """An exchange of ccxt's whose every address is the lab's; the spot stream's must hold the word `spot`."""
    ws_url = base_url.replace("http", "ws", 1)
    for key in ("spot", "futures", "v2", "public", "private"):
        exchange.urls["api"][key] = base_url
    if "ws" in exchange.urls["api"]:
        exchange.urls["api"]["ws"]["public"].update(
            {"spot": f"{ws_url}/v5/public/spot", "linear": f"{ws_url}/v5/public/linear"}
        )
    exchange.options["fetchMarkets"] = {"types": ["spot", "linear"]}
    return exchange


@contextlib.asynccontextmanager
async def judged(universe="small", scenario="calm", pro=False, changes_per_s=None, **config):
    options = LabOptions(port_base=0, universe=universe, scenario=scenario, changes_per_s=changes_per_s)
    async with running_lab(options) as lab:
        made = (ccxt_pro if pro else ccxt_async).bybit({"enableRateLimit": False, **config})
        exchange = point(made, lab.url_of("bybit"))
        try:
            async with asyncio.timeout(DEADLINE_S * (3 if universe == "four" else 1)):
                await exchange.load_markets()
                yield lab.stages["bybit"], exchange
        finally:
            await exchange.close()


def trading(exchange, kind):
    return [market["symbol"] for market in exchange.markets.values() if market[kind] and market["active"]]


def shown(listings):
    """Spot lists what trades; contracts before launch come by their own status."""
    return [item for item in listings if item.market == "usdm" or item.is_trading]


@pytest.mark.parametrize("universe", ["small", "demo", "four"])
async def test_every_instrument_is_read_as_listed(universe):
    async with judged(universe) as (stage, exchange):
        listings = shown(stage.universe.listings)
        assert len(exchange.markets) == len(listings)
        for item in listings:
            market = next(m for m in exchange.markets_by_id[item.symbol] if m["spot"] == (item.market == "spot"))
            assert math.isclose(market["precision"]["price"], 10**-item.tick_dp)
            assert math.isclose(market["precision"]["amount"], 10**-item.lot_dp)
            assert (market["base"], market["quote"]) == (item.base, item.quote)
            assert market["active"] == item.is_trading
            if item.market == "usdm":
                assert market["swap"]
                assert market["linear"]
                assert market["contractSize"] == 1


async def test_tickers_of_every_symbol_hold_best_prices_and_funding():
    async with judged("demo") as (stage, exchange):
        spot = await exchange.fetch_tickers(params={"type": "spot"})
        swap = await exchange.fetch_tickers(params={"type": "swap", "subType": "linear"})
        assert set(trading(exchange, "spot")) <= set(spot)
        assert set(trading(exchange, "swap")) <= set(swap)
        for ticker in (*spot.values(), *swap.values()):
            assert 0 < ticker["bid"] < ticker["ask"]
            assert ticker["bidVolume"] > 0
            assert ticker["quoteVolume"] > 0
        rates = await exchange.fetch_funding_rates()
        for item in stage.universe.listings:
            if item.funding is not None and item.is_trading:
                market = next(m for m in exchange.markets_by_id[item.symbol] if m["swap"])
                rate = rates[market["symbol"]]
                assert abs(rate["fundingRate"]) < 0.02
                assert rate["interval"] == f"{item.funding.interval_h}h"
                assert rate["markPrice"] > 0
                assert rate["indexPrice"] > 0


async def test_books_history_time_and_candles():
    async with judged() as (stage, exchange):
        assert abs(await exchange.fetch_time() - stage.true_ms()) < 2000
        for symbol in ("BTC/USDT", "BTC/USDT:USDT", "BTC/USDC:USDC", "1000PEPE/USDT:USDT"):
            book = await exchange.fetch_order_book(symbol, 50)
            assert len(book["bids"]) == len(book["asks"]) == 50
            assert book["bids"][0][0] < book["asks"][0][0]
        history = await exchange.fetch_funding_rate_history("BTC/USDT:USDT", limit=30)
        assert len(history) == 30
        assert len({b["timestamp"] - a["timestamp"] for a, b in itertools.pairwise(history)}) == 1
        since = history[10]["timestamp"]
        later = await exchange.fetch_funding_rate_history("BTC/USDT:USDT", since, 100)
        assert [row["timestamp"] for row in later] == [row["timestamp"] for row in history[10:]]
        assert len(await exchange.fetch_ohlcv("BTC/USDT", "1h", limit=24)) == 24
        assert len(await exchange.fetch_trades("BTC/USDT:USDT", limit=10)) == 10


async def test_loading_with_keys_reads_coins():
    async with judged(apiKey="k", secret="s") as (_, exchange):
        assert exchange.currencies["SOL"]["networks"]


async def test_pro_watches_best_prices_of_every_instrument():
    async with judged(pro=True) as (_, exchange):
        for kind in ("spot", "swap"):
            symbols = trading(exchange, kind)
            for some in chunks(symbols):
                while not set(some) <= set(exchange.bidsasks):
                    await exchange.watch_bids_asks(some)
            for symbol in symbols:
                assert exchange.bidsasks[symbol]["bid"] < exchange.bidsasks[symbol]["ask"]


def chunks(symbols):
    """Ten at a time: the most one spot request may name."""
    return [symbols[i : i + 10] for i in range(0, len(symbols), 10)]


@pytest.mark.parametrize("symbol", ["BTC/USDT", "BTC/USDT:USDT", "PEPE/USDT", "1000PEPE/USDT:USDT"])
async def test_pro_rebuilds_books_that_stay_exact(symbol):
    async with judged(pro=True, changes_per_s=900) as (stage, exchange):
        market = exchange.market(symbol)
        live = stage.world.books["spot" if market["spot"] else "usdm", market["id"]]
        agreed = 0
        for _ in range(40):
            book = await exchange.watch_order_book(symbol, 50)
            item = live.listing
            assert len(book["bids"]) == len(book["asks"]) == 50
            expected = [
                [(float(item.price_text(price)), float(item.qty_text(lots))) for price, lots in levels]
                for levels in (live.bids(50), live.asks(50))
            ]
            agreed += [[tuple(level[:2]) for level in book[side]] for side in ("bids", "asks")] == expected
        assert agreed >= 10


async def test_pro_merges_tickers_whose_changes_leave_fields_out():
    async with judged(pro=True, changes_per_s=900) as (_, exchange):
        assert (await exchange.watch_ticker("BTC/USDT"))["last"] > 0
        for _ in range(6):
            ticker = await exchange.watch_ticker("ETH/USDT:USDT")
            assert 0 < ticker["bid"] < ticker["ask"]
            assert float(ticker["info"]["fundingRate"]) != 0
            assert ticker["info"]["fundingIntervalHour"] in {"1", "4", "8"}
