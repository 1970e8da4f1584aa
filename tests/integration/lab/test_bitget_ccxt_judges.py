"""Unmodified ccxt and ccxt.pro read the lab as they read Bitget's classic API: lists, prices, funding, books."""

import asyncio
import contextlib
import math

import ccxt.async_support as ccxt_async
import ccxt.pro as ccxt_pro
import pytest

from arbedge.lab.config import LabOptions
from arbedge.lab.faults import parse_fault
from arbedge.lab.server import running_lab

DEADLINE_S = 25
LINES = {"USDT": "USDT-FUTURES", "USDC": "USDC-FUTURES"}


def point(exchange, base_url):
    """Aim a ccxt exchange at the lab: only its table of addresses changes."""
    addresses = exchange.urls["api"]
    addresses.update({key: base_url for key, value in addresses.items() if isinstance(value, str)})
    if "ws" in addresses:
        addresses["ws"]["public"] = base_url.replace("http://", "ws://") + "/v2/ws/public"
    return exchange


@contextlib.asynccontextmanager
async def judged(universe="small", scenario="steady", pro=False, changes_per_s=None, **config):
    options = LabOptions(port_base=0, universe=universe, scenario=scenario, changes_per_s=changes_per_s)
    async with running_lab(options) as lab:
        base_url = lab.url_of("bitget")
        exchange = point((ccxt_pro if pro else ccxt_async).bitget({"enableRateLimit": False, **config}), base_url)
        try:
            async with asyncio.timeout(DEADLINE_S):
                await exchange.load_markets()
                yield lab.stages["bitget"], exchange
        finally:
            await exchange.close()


def trading(exchange, kind, settle=None):
    return [
        market["symbol"]
        for market in exchange.markets.values()
        if market[kind] and market["active"] and settle in {None, market["settle"]}
    ]


def market_of(exchange, item):
    """The ccxt market that must have come of a listing."""
    settle = "" if item.market == "spot" else f":{item.quote}"
    return exchange.markets[f"{item.base}/{item.quote}{settle}"]


@pytest.mark.parametrize("universe", ["small", "demo"])
async def test_every_instrument_is_read_as_listed(universe):
    async with judged(universe) as (stage, exchange):
        listings = [item for item in stage.universe.listings if item.market == "spot" or item.funding is not None]
        assert len(exchange.markets) == len(listings)
        for item in listings:
            market = market_of(exchange, item)
            assert market["id"] == item.symbol
            assert market["active"] == item.is_trading
            assert math.isclose(market["precision"]["price"], 10**-item.tick_dp)
            assert math.isclose(market["precision"]["amount"], 10**-item.lot_dp)
            assert market["contractSize"] == (None if item.market == "spot" else 1)
            assert market["linear"] == (None if item.market == "spot" else True)
            assert market["taker"] == (0.001 if item.market == "spot" else 0.0006)


@pytest.mark.parametrize("universe", ["small", "demo"])
async def test_prices_and_funding_of_every_instrument(universe):
    async with judged(universe) as (stage, exchange):
        terms = {item.symbol: item.funding for item in stage.universe.listings if item.funding is not None}
        spot = await exchange.fetch_tickers()
        for symbol in trading(exchange, "spot"):
            assert 0 < spot[symbol]["bid"] < spot[symbol]["ask"]
            assert spot[symbol]["bidVolume"] > 0
            assert spot[symbol]["quoteVolume"] > 0
        for settle, line in LINES.items():
            asked = {"type": "swap", "productType": line}
            tickers = await exchange.fetch_tickers(params=asked)
            rates = await exchange.fetch_funding_rates(params=asked)
            dues = await exchange.fetch_funding_intervals(params=asked)
            symbols = trading(exchange, "swap", settle)
            assert symbols
            for symbol in symbols:
                funding = terms[exchange.market(symbol)["id"]]
                assert 0 < tickers[symbol]["bid"] < tickers[symbol]["ask"]
                assert math.isclose(tickers[symbol]["markPrice"], tickers[symbol]["indexPrice"], rel_tol=0.02)
                assert rates[symbol]["fundingRate"] == pytest.approx(dues[symbol]["fundingRate"], abs=1e-7)
                assert dues[symbol]["interval"] == f"{funding.interval_h}h"
                assert dues[symbol]["fundingTimestamp"] > stage.true_ms()
                assert float(dues[symbol]["info"]["maxFundingRate"]) == funding.cap
                assert float(dues[symbol]["info"]["minFundingRate"]) == funding.floor


async def test_one_contract_asked_for_alone():
    async with judged() as (stage, exchange):
        assert abs(await exchange.fetch_time() - stage.true_ms()) < 2000
        due = await exchange.fetch_funding_rate("BTC/USDT:USDT")
        timed = await exchange.fetch_funding_interval("BTC/USDT:USDT")
        assert (due["interval"], due["fundingTimestamp"]) == (timed["interval"], timed["fundingTimestamp"])
        assert (await exchange.fetch_ticker("BTC/USDC:USDC"))["bid"] > 0
        assert (await exchange.fetch_mark_price("BTC/USDT:USDT"))["markPrice"] > 0
        assert (await exchange.fetch_open_interest("BTC/USDT:USDT"))["openInterestAmount"] > 0
        history = await exchange.fetch_funding_rate_history("BTC/USDT:USDT", limit=50)
        assert len(history) == 50
        older = await exchange.fetch_funding_rate_history("BTC/USDT:USDT", limit=50, params={"pageNo": 2})
        assert older[-1]["timestamp"] < history[0]["timestamp"]
        for symbol in ("BTC/USDT", "BTC/USDT:USDT", "BTC/USDC:USDC"):
            book = await exchange.fetch_order_book(symbol, 50)
            assert len(book["bids"]) == len(book["asks"]) == 50
            assert book["bids"][0][0] < book["asks"][0][0]
            assert len(await exchange.fetch_ohlcv(symbol, "1h", limit=24)) == 24


async def test_coins_and_their_networks_are_public():
    async with judged() as (_, exchange):
        networks = [n for coin in exchange.currencies.values() for n in (coin.get("networks") or {}).values()]
        assert networks
        assert {network["deposit"] for network in networks} == {True, False}
        assert all(network["fee"] > 0 for network in networks)


async def test_loading_with_keys_when_told_the_account_is_classic():
    config = {"apiKey": "k", "secret": "s", "password": "p", "options": {"uta": False}}
    async with judged(**config) as (_, exchange):
        assert exchange.market("BTC/USDC:USDC")["id"] == "BTCPERP"


async def test_pro_watches_best_prices_of_every_instrument():
    async with judged(scenario="calm", pro=True, changes_per_s=900) as (_, exchange):
        for kind, settle in (("spot", None), ("swap", "USDT"), ("swap", "USDC")):
            symbols = trading(exchange, kind, settle)
            # one call wakes for one symbol; ccxt keeps every symbol's last in `bidsasks`
            while not set(symbols) <= set(exchange.bidsasks):
                await exchange.watch_bids_asks(symbols)
            for symbol in symbols:
                assert exchange.bidsasks[symbol]["bid"] < exchange.bidsasks[symbol]["ask"]


@pytest.mark.parametrize("symbol", ["BTC/USDT", "BTC/USDT:USDT", "PEPE/USDT", "BTC/USDC:USDC"])
async def test_pro_rebuilds_books_and_finds_every_checksum_right(symbol):
    async with judged(pro=True, changes_per_s=900) as (stage, exchange):
        market = exchange.market(symbol)
        live = stage.world.books["spot" if market["spot"] else "usdm", market["id"]]
        agreed = 0
        for _ in range(25):
            book = await exchange.watch_order_book(symbol)  # unsubscribes and raises when one is wrong
            if book["timestamp"] == live.changed_ms:
                item = live.listing
                for side, levels in (("bids", live.bids(200)), ("asks", live.asks(200))):
                    expected = [(ticks / 10**item.tick_dp, lots / 10**item.lot_dp) for ticks, lots in levels]
                    assert [tuple(level[:2]) for level in book[side]] == [pytest.approx(pair) for pair in expected]
                agreed += 1
        assert agreed >= 3


async def test_pro_notices_a_lost_update_by_its_checksum():
    async with judged(pro=True, changes_per_s=900) as (stage, exchange):
        await exchange.watch_order_book("BTC/USDT")
        stage.begin(
            parse_fault({"fault": "gap", "seconds": 60, "params": {"rate": 0.5}}, stage.clock.monotonic_ns())
        )
        # ccxt unsubscribes when a checksum is wrong, which may be the first whoever waits hears of it
        with pytest.raises((ccxt_pro.ChecksumError, ccxt_pro.UnsubscribeError)):
            await watched(exchange, "BTC/USDT", 60)


async def watched(exchange, symbol, times):
    for _ in range(times):
        await exchange.watch_order_book(symbol)


async def test_pro_watches_small_books_and_tickers():
    async with judged(pro=True, changes_per_s=900) as (_, exchange):
        for symbol, levels in (("ETH/USDT", 1), ("ETH/USDT:USDT", 5), ("BTC/USDC:USDC", 15)):
            book = await exchange.watch_order_book(symbol, levels)
            assert len(book["bids"]) == len(book["asks"]) == levels
        assert (await exchange.watch_ticker("ETH/USDT"))["last"] > 0
        info = (await exchange.watch_ticker("ETH/USDT:USDT"))["info"]
        assert int(info["nextFundingTime"]) > 0
        assert float(info["markPrice"]) > 0
        assert float(info["fundingRate"]) is not None
