"""Unmodified ccxt and ccxt.pro read the lab as they read Binance: every market, every call, books in sync."""

import asyncio
import contextlib
import itertools
import math

import ccxt.async_support as ccxt_async
import ccxt.pro as ccxt_pro
import pytest

from arbedge.lab.config import LabOptions
from arbedge.lab.server import running_lab

DEADLINE_S = 20


def point(exchange, base_url):
    """Aim a ccxt exchange at the lab: only its table of addresses changes."""
    ws_url = base_url.replace("http://", "ws://")
    paths = {
        "public": "/api/v3", "private": "/api/v3", "v1": "/api/v1", "sapi": "/sapi/v1", "sapiV2": "/sapi/v2",
        "sapiV3": "/sapi/v3", "sapiV4": "/sapi/v4", "fapiPublic": "/fapi/v1", "fapiPrivate": "/fapi/v1",
        "fapiPublicV2": "/fapi/v2", "fapiPrivateV2": "/fapi/v2", "fapiPublicV3": "/fapi/v3",
        "fapiPrivateV3": "/fapi/v3",
    }  # fmt: skip
    for key, path in paths.items():
        exchange.urls["api"][key] = base_url + path
    if "ws" in exchange.urls["api"]:
        exchange.urls["api"]["ws"].update(
            {"spot": f"{ws_url}/stream/ws", "margin": f"{ws_url}/stream/ws", "linear": f"{ws_url}/ws"}
        )
    exchange.options["fetchMarkets"] = {"types": ["spot", "linear"]}
    return exchange


@contextlib.asynccontextmanager
async def judged(universe="small", scenario="steady", pro=False, changes_per_s=None, **config):
    options = LabOptions(port_base=0, universe=universe, scenario=scenario, changes_per_s=changes_per_s)
    async with running_lab(options) as lab:
        exchange = point(
            (ccxt_pro if pro else ccxt_async).binance({"enableRateLimit": False, **config}), lab.base_url
        )
        try:
            async with asyncio.timeout(DEADLINE_S * (5 if universe == "binance" else 1)):
                await exchange.load_markets()
                yield lab, exchange
        finally:
            await exchange.close()


def trading(exchange, kind):
    return [m["symbol"] for m in exchange.markets.values() if m[kind] and m["active"]]


@pytest.mark.parametrize("universe", ["small", "demo", "binance"])
async def test_rest_reads_every_instrument(universe):
    async with judged(universe) as (lab, exchange):
        listings = lab.stage.universe.listings
        assert len(exchange.markets) == len(listings)
        spot, swap = trading(exchange, "spot"), trading(exchange, "swap")
        assert len(spot) == sum(item.market == "spot" and item.is_trading for item in listings)
        assert len(swap) == sum(item.funding is not None and item.is_trading for item in listings)

        for symbols in (spot, swap):
            kind = "spot" if symbols is spot else "swap"
            params = {} if kind == "spot" else {"type": "swap", "subType": "linear"}
            tickers = await exchange.fetch_tickers(params=params)
            bests = await exchange.fetch_bids_asks(params=params)
            for symbol in symbols:
                assert tickers[symbol]["last"] > 0
                assert tickers[symbol]["quoteVolume"] > 0
                assert 0 < bests[symbol]["bid"] < bests[symbol]["ask"]
                assert bests[symbol]["bidVolume"] > 0
                assert bests[symbol]["askVolume"] > 0

        rates = await exchange.fetch_funding_rates()
        marks = await exchange.fetch_mark_prices()
        intervals = await exchange.fetch_funding_intervals()
        for symbol in swap:
            assert abs(rates[symbol]["fundingRate"]) < 0.02
            assert rates[symbol]["fundingTimestamp"] > rates[symbol]["timestamp"]
            assert marks[symbol]["markPrice"] > 0
            expected = next(i for i in listings if exchange.market(symbol)["id"] == i.symbol and i.funding).funding
            assert intervals.get(symbol, {"interval": "8h"})["interval"] == f"{expected.interval_h}h"


async def test_precision_and_limits_are_what_the_universe_says():
    async with judged("demo") as (lab, exchange):
        for item in lab.stage.universe.listings:
            market = exchange.markets_by_id[item.symbol]
            market = next(m for m in market if m["spot"] == (item.market == "spot"))
            assert math.isclose(market["precision"]["price"], 10**-item.tick_dp)
            assert math.isclose(market["precision"]["amount"], 10**-item.lot_dp)
            assert market["limits"]["cost"]["min"] == float(item.min_notional)
            assert market["active"] == item.is_trading
            assert market["base"] == item.base
            assert market["quote"] == item.quote
            assert market["contractSize"] == (None if item.market == "spot" else 1)
            assert bool(market["future"]) == ("QUARTER" in item.contract)


async def test_time_history_and_books():
    async with judged("small") as (lab, exchange):
        assert abs(await exchange.fetch_time() - lab.stage.true_ms()) < 2000
        history = await exchange.fetch_funding_rate_history("BTC/USDT:USDT", limit=30)
        assert len(history) == 30
        gaps = {round((b["timestamp"] - a["timestamp"]) / 3_600_000) for a, b in itertools.pairwise(history)}
        assert len(gaps) == 1
        since = history[10]["timestamp"]
        later = await exchange.fetch_funding_rate_history("BTC/USDT:USDT", since=since, limit=5)
        assert [row["timestamp"] for row in later] == [row["timestamp"] for row in history[10:15]]
        for symbol in ("BTC/USDT", "BTC/USDT:USDT", "1000PEPE/USDT:USDT"):
            book = await exchange.fetch_order_book(symbol, 100)
            assert len(book["bids"]) == len(book["asks"]) == 100
            assert book["bids"][0][0] < book["asks"][0][0]
            assert book["nonce"] > 0
        assert (await exchange.fetch_open_interest("BTC/USDT:USDT"))["openInterestAmount"] > 0
        assert len(await exchange.fetch_ohlcv("BTC/USDT", "1h", limit=24)) == 24
        assert len(await exchange.fetch_trades("BTC/USDT:USDT", limit=10)) == 10


async def test_loading_with_keys_reads_coins_and_margin_pairs():
    config = {"apiKey": "k", "secret": "s", "options": {"fetchMargins": True}}
    async with judged("small", **config) as (_, exchange):
        assert exchange.market("BTC/USDT")["marginModes"]["cross"] is True
        assert exchange.currencies["SOL"]["networks"]


async def test_pro_watches_best_prices_of_every_instrument():
    async with judged("small", "calm", pro=True) as (_, exchange):
        for kind in ("spot", "swap"):
            symbols = trading(exchange, kind)
            # one call wakes for one symbol; ccxt keeps every symbol's last in `bidsasks`
            while not set(symbols) <= set(exchange.bidsasks):
                await exchange.watch_bids_asks(symbols)
            for symbol in symbols:
                assert exchange.bidsasks[symbol]["bid"] < exchange.bidsasks[symbol]["ask"]


@pytest.mark.parametrize("symbol", ["BTC/USDT", "BTC/USDT:USDT", "PEPE/USDT", "ETH/USDT:USDT"])
async def test_pro_rebuilds_books_that_stay_in_sync(symbol):
    async with judged("small", pro=True, changes_per_s=900) as (lab, exchange):
        market = exchange.market(symbol)
        live = lab.stage.world.books["spot" if market["spot"] else "usdm", market["id"]]
        agreed = 0
        for _ in range(30):
            book = await exchange.watch_order_book(symbol)
            if book["nonce"] == live.update_id:
                item = live.listing
                for side, levels in (("bids", live.bids(200)), ("asks", live.asks(200))):
                    assert [tuple(level[:2]) for level in book[side]] == [
                        (float(item.price_text(price)), float(item.qty_text(lots))) for price, lots in levels
                    ]
                agreed += 1
        assert agreed >= 10


async def test_pro_watches_tickers_and_marks():
    async with judged("small", pro=True) as (_, exchange):
        assert (await exchange.watch_ticker("BTC/USDT"))["last"] > 0
        assert (await exchange.watch_ticker("ETH/USDT", {"name": "ticker"}))["bid"] > 0
        assert (await exchange.watch_ticker("BTC/USDT:USDT"))["last"] > 0
        assert (await exchange.watch_mark_price("ETH/USDT:USDT"))["markPrice"] > 0
        marks = await exchange.watch_mark_prices()
        assert set(trading(exchange, "swap")) <= set(marks)
