"""Unmodified ccxt and ccxt.pro read the lab as they read OKX: every market, every call, books in sync."""

import asyncio
import contextlib
import itertools
import math

import ccxt.async_support as ccxt_async
import ccxt.pro as ccxt_pro
import pytest

from arbedge.lab.config import LabOptions
from arbedge.lab.faults import parse_fault
from arbedge.lab.server import running_lab

DEADLINE_S = 30


@contextlib.asynccontextmanager
async def judged(universe="small", scenario="calm", pro=False, changes_per_s=None, **config):
    """A lab, its OKX, and a ccxt exchange of which only the table of addresses changed."""
    options = LabOptions(port_base=0, universe=universe, scenario=scenario, changes_per_s=changes_per_s)
    async with running_lab(options) as lab:
        exchange = (ccxt_pro if pro else ccxt_async).okx({"enableRateLimit": False, **config})
        url = lab.url_of("okx")
        exchange.urls["api"]["rest"] = url
        if pro:
            exchange.urls["api"]["ws"] = url.replace("http://", "ws://") + "/ws/v5"
        exchange.options["fetchMarkets"] = {"types": ["spot", "swap"]}
        try:
            async with asyncio.timeout(DEADLINE_S):
                await exchange.load_markets()
                yield lab.stages["okx"], exchange
        finally:
            await exchange.close()


def trading(exchange, kind):
    return [m["symbol"] for m in exchange.markets.values() if m[kind] and m["active"] and m["linear"] is not False]


def listing_of(stage, market):
    return next(item for item in stage.universe.listings if item.symbol == market["id"])


@pytest.mark.parametrize("universe", ["small", "demo"])
async def test_rest_reads_every_instrument(universe):
    async with judged(universe) as (stage, exchange):
        listings = stage.universe.listings
        spot, swap = trading(exchange, "spot"), trading(exchange, "swap")
        assert len(spot) == sum(item.market == "spot" and item.is_trading for item in listings)
        assert len(swap) == sum(item.funding is not None and item.is_trading for item in listings)
        for symbols, kind in ((spot, "spot"), (swap, "swap")):
            tickers = await exchange.fetch_tickers(symbols, {"type": kind})
            for symbol in symbols:
                ticker = tickers[symbol]
                assert 0 < ticker["bid"] < ticker["ask"]
                assert ticker["bidVolume"] > 0
                assert ticker["baseVolume"] > 0
                assert ticker["last"] > 0
        rates, marks = await exchange.fetch_funding_rates(), await exchange.fetch_mark_prices()
        for symbol in swap:
            item = listing_of(stage, exchange.market(symbol))
            assert abs(rates[symbol]["fundingRate"]) <= item.funding.cap
            assert rates[symbol]["interval"] == f"{item.funding.interval_h}h"
            assert rates[symbol]["fundingTimestamp"] > stage.true_ms()
            assert marks[symbol]["markPrice"] > 0


async def test_precision_limits_and_contract_sizes_are_what_the_universe_says():
    async with judged("demo") as (stage, exchange):
        for item in stage.universe.listings:
            market = next(m for m in exchange.markets_by_id[item.symbol] if m["spot"] == (item.market == "spot"))
            assert math.isclose(market["precision"]["price"], 10**-item.tick_dp)
            assert math.isclose(market["precision"]["amount"], 10**-item.lot_dp)
            assert market["active"] == item.is_trading
            assert (market["base"], market["quote"]) == (item.base, item.quote)
            if item.market == "spot":
                assert market["contractSize"] is None
            else:
                assert market["linear"]
                assert market["settle"] == item.quote
                assert math.isclose(market["contractSize"], float(item.contract_size))


async def test_a_contract_holds_as_many_coins_as_its_size_says():
    async with judged() as (stage, exchange):
        swap = next(b for b in stage.world.books.values() if b.listing.symbol == "PEPE-USDT-SWAP")
        book = await exchange.fetch_order_book("PEPE/USDT:USDT", 400)
        size = exchange.market("PEPE/USDT:USDT")["contractSize"]
        assert size >= 1_000_000
        worth = sum(level[0] * level[1] * size for level in book["bids"])
        assert 0.2 < worth / swap.listing.depth_usd < 20


async def test_time_history_and_books():
    async with judged() as (stage, exchange):
        assert abs(await exchange.fetch_time() - stage.true_ms()) < 2000
        assert (await exchange.fetch_status())["status"] == "ok"
        history = await exchange.fetch_funding_rate_history("BTC/USDT:USDT", limit=30)
        assert len(history) == 30
        assert len({b["timestamp"] - a["timestamp"] for a, b in itertools.pairwise(history)}) == 1
        since = history[10]["timestamp"]
        later = await exchange.fetch_funding_rate_history("BTC/USDT:USDT", since=since)
        assert [row["timestamp"] for row in later[:20]] == [row["timestamp"] for row in history[10:]]
        for symbol in ("BTC/USDT", "BTC/USDT:USDT", "PEPE/USDT"):
            book = await exchange.fetch_order_book(symbol, 100)
            assert len(book["bids"]) == len(book["asks"]) == 100
            assert book["bids"][0][0] < book["asks"][0][0]
        full = await exchange.fetch_order_book("BTC/USDT:USDT", 500)
        assert len(full["bids"]) > 100
        assert (await exchange.fetch_open_interest("BTC/USDT:USDT"))["openInterestAmount"] > 0
        candles = await exchange.fetch_ohlcv("BTC/USDT", "1h", limit=24)
        assert {b[0] - a[0] for a, b in itertools.pairwise(candles)} == {3_600_000}
        assert (await exchange.fetch_funding_rate("BTC/USDT:USDT"))["fundingRate"] is not None
        assert (await exchange.fetch_mark_price("BTC/USDT:USDT"))["markPrice"] > 0


async def test_loading_with_keys_reads_coins_and_networks():
    async with judged(apiKey="k", secret="s", password="p") as (_, exchange):
        networks = exchange.currencies["SOL"]["networks"]
        assert networks
        assert all(network["deposit"] in {True, False} for network in networks.values())
        closed = [coin for coin in exchange.currencies.values() if coin["deposit"] is False]
        assert closed


async def test_pro_watches_best_prices_of_every_instrument():
    async with judged(pro=True, changes_per_s=600) as (stage, exchange):
        for kind in ("spot", "swap"):
            symbols = trading(exchange, kind)
            while not set(symbols) <= set(exchange.bidsasks):
                await exchange.watch_bids_asks(symbols)
            for symbol in symbols:
                best, item = exchange.bidsasks[symbol], listing_of(stage, exchange.market(symbol))
                assert best["bid"] < best["ask"]
                assert math.isclose(best["bidVolume"] * 10**item.lot_dp, round(best["bidVolume"] * 10**item.lot_dp))


@pytest.mark.parametrize("symbol", ["BTC/USDT", "BTC/USDT:USDT", "PEPE/USDT", "ETH/USDT:USDT"])
async def test_pro_rebuilds_books_that_stay_in_sync(symbol):
    async with judged(pro=True, changes_per_s=900) as (stage, exchange):
        market = exchange.market(symbol)
        live = stage.world.books["spot" if market["spot"] else "usdm", market["id"]]
        agreed = 0
        for _ in range(30):
            book = await exchange.watch_order_book(symbol)
            if book["nonce"] == live.update_id:
                item = live.listing
                for side, levels in (("bids", live.bids(400)), ("asks", live.asks(400))):
                    assert [tuple(level[:2]) for level in book[side]] == [
                        (float(item.price_text(price)), float(item.qty_text(lots))) for price, lots in levels
                    ]
                agreed += 1
        assert agreed >= 10


async def test_pro_watches_tickers_marks_and_funding():
    async with judged(pro=True) as (_, exchange):
        assert (await exchange.watch_ticker("BTC/USDT"))["last"] > 0
        assert (await exchange.watch_ticker("BTC/USDT:USDT"))["bid"] > 0
        assert (await exchange.watch_mark_price("ETH/USDT:USDT"))["markPrice"] > 0
        rate = await exchange.watch_funding_rate("ETH/USDT:USDT")
        assert rate["fundingTimestamp"] < rate["nextFundingTimestamp"]
        book = await exchange.watch_order_book("BTC/USDT:USDT", 5)
        assert len(book["bids"]) == 5


async def test_pro_notices_a_gap_and_finds_back():
    async with judged(pro=True, changes_per_s=900) as (stage, exchange):
        await exchange.watch_order_book("BTC/USDT")
        stage.begin(
            parse_fault(
                {"fault": "gap", "seconds": 30, "params": {"rate": 0.5, "symbol": "BTC-USDT"}},
                stage.clock.monotonic_ns(),
            )
        )

        async def watch_on():
            while True:
                await exchange.watch_order_book("BTC/USDT")

        with pytest.raises(ccxt_pro.InvalidNonce):
            await watch_on()
        stage.faults.clear()
        live = stage.world.books["spot", "BTC-USDT"]
        for _ in range(40):
            book = await exchange.watch_order_book("BTC/USDT")
            if book["nonce"] == live.update_id:
                best = float(live.listing.price_text(live.bid))
                assert book["bids"][0][0] == best
                return
        pytest.fail("never in sync again")
