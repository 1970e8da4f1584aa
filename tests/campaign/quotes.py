"""What the venues quote, read plainly off their REST pages: the second opinion on prices a shown row was made from.

Nothing of the product is used here: nine addresses, and the names of four fields at each.
"""

import asyncio
import contextlib
import json
import urllib.request
from collections.abc import Mapping
from typing import Any

from tests.campaign.judging import Market

Quote = tuple[float, float]

_PAGES = {
    "binance": (("spot", "/api/v3/ticker/bookTicker"), ("perp", "/fapi/v1/ticker/bookTicker")),
    "bybit": (("spot", "/v5/market/tickers?category=spot"), ("perp", "/v5/market/tickers?category=linear")),
    "okx": (
        ("spot", "/api/v5/market/tickers?instType=SPOT"),
        ("perp", "/api/v5/market/tickers?instType=SWAP"),
    ),
    "bitget": (
        ("spot", "/api/v2/spot/market/tickers"),
        ("perp", "/api/v2/mix/market/tickers?productType=USDT-FUTURES"),
        ("perp", "/api/v2/mix/market/tickers?productType=USDC-FUTURES"),
    ),
}
_FIELDS = {
    "binance": ("symbol", "bidPrice", "askPrice"),
    "bybit": ("symbol", "bid1Price", "ask1Price"),
    "okx": ("instId", "bidPx", "askPx"),
    "bitget": ("symbol", "bidPr", "askPr"),
}


async def read_quotes(base_urls: Mapping[str, str]) -> dict[Market, Quote]:
    """Best bid and ask of every market, in the venue's own units; a market without both sides is left out."""
    return await asyncio.to_thread(_read_all, base_urls)


async def read_truth(base_url: str) -> list[dict[str, Any]]:
    """What the lab planted."""
    return await asyncio.to_thread(_read, f"{base_url}/lab/truth")


def _read_all(base_urls: Mapping[str, str]) -> dict[Market, Quote]:
    quotes: dict[Market, Quote] = {}
    for venue, base_url in ((name, url) for name, url in base_urls.items() if name in _PAGES):
        name, bid, ask = _FIELDS[venue]
        for kind, path in _PAGES[venue]:
            with contextlib.suppress(OSError, ValueError, LookupError):  # a venue in trouble tells nothing just now
                for row in _rows(_read(base_url + path)):
                    if float(row[bid] or 0) > 0 and float(row[ask] or 0) > 0:
                        quotes[Market(venue, kind, row[name])] = (float(row[bid]), float(row[ask]))
    return quotes


def _rows(document: Any) -> list[dict[str, Any]]:
    if isinstance(document, list):
        return document
    return document["result"]["list"] if "result" in document else document["data"]


def _read(url: str) -> Any:
    with urllib.request.urlopen(url, timeout=10) as answer:
        return json.load(answer)
