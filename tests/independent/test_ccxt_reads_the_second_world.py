"""Unmodified ccxt is the first judge of the second world: what it reads is what the world means to say."""

import asyncio
import sys
from decimal import Decimal
from pathlib import Path

import ccxt.async_support as ccxt_async
import pytest

sys.path.insert(0, str(Path(__file__).parents[2]))

from tests.independent.serving import served
from tests.independent.world import VENUES, World

TYPES = {
    "binance": ["spot", "linear"],
    "bybit": ["spot", "linear"],
    "okx": ["spot", "swap"],
    "bitget": ["spot", "swap"],
}

ASKED = {
    ("binance", "perp"): ({"type": "swap", "subType": "linear"},),
    ("bybit", "perp"): ({"type": "swap", "category": "linear"},),
    ("bitget", "perp"): tuple({"type": "swap", "productType": f"{quote}-FUTURES"} for quote in ("USDT", "USDC")),
}
"""What ccxt wants to be told beside the type of market."""


def moved(urls, base_url: str):
    """ccxt's table of addresses with another scheme and host."""
    if isinstance(urls, dict):
        return {name: moved(url, base_url) for name, url in urls.items()}
    if not isinstance(urls, str) or not urls.startswith("http"):
        return urls
    return f"{base_url}/{urls.split('/', 3)[3]}" if urls.count("/") > 2 else base_url


def number(value) -> Decimal | None:
    return None if value is None else Decimal(str(value))


@pytest.mark.serial
@pytest.mark.timeout(240)
@pytest.mark.parametrize("venue", VENUES)
async def test_ccxt_reads_what_the_world_means(venue: str) -> None:
    read = 0
    for seed in (1, 2, 3):
        world = World(seed)
        async with served(world) as base_urls, asyncio.timeout(60):
            exchange = getattr(ccxt_async, venue)({"enableRateLimit": False, "number": str})
            exchange.urls["api"] = moved(exchange.urls["api"], base_urls[venue])
            exchange.options["fetchMarkets"] = {"types": TYPES[venue]}
            exchange.options["fetchCurrencies"] = False
            try:
                await exchange.load_markets()
                read += await judge(exchange, world, venue)
            finally:
                await exchange.close()
    assert read > 30


async def judge(exchange, world: World, venue: str) -> int:
    by_id = {(each["id"], each["spot"]): each for each in exchange.markets.values()}
    meant = world.of(venue, "spot", "perp")
    for each in meant:
        row = by_id[each.symbol, each.kind == "spot"]
        assert (row["baseId"], row["quoteId"], row["active"]) == (each.base, each.quote, each.is_trading), (
            each.symbol
        )
        assert number(row["precision"]["price"]) == each.tick, each.symbol
        assert number(row["precision"]["amount"]) == each.lot, each.symbol
        assert number(row["limits"]["amount"]["min"]) == each.min_qty, each.symbol
        assert (number(row["contractSize"]) or 1) == (each.contract if each.kind == "perp" else 1), each.symbol
        if each.kind == "perp":
            assert row["linear"]
    for kind, market_type in (("spot", "spot"), ("perp", "swap")):
        wanted = [each for each in meant if each.kind == kind and each.is_trading]
        unified = {each.symbol: by_id[each.symbol, kind == "spot"]["symbol"] for each in wanted}
        read = {}
        for params in ASKED.get((venue, kind), ({"type": market_type},)):
            ask = exchange.fetch_bids_asks if venue == "binance" else exchange.fetch_tickers
            read |= await ask(params=params)
        for each in wanted:
            ticker = read[unified[each.symbol]]
            for side, levels in (("bid", each.bids), ("ask", each.asks)):
                told = number(ticker[side]) or Decimal(0)
                assert told == (levels[0][0] if levels else 0), f"{venue} {each.symbol} {side}"
        for each in [each for each in wanted if each.is_whole][:4]:
            book = await exchange.fetch_order_book(unified[each.symbol])
            assert [(number(p), number(s)) for p, s, *_ in book["bids"]] == each.bids, each.symbol
            assert [(number(p), number(s)) for p, s, *_ in book["asks"]] == each.asks, each.symbol
    return len(meant)
