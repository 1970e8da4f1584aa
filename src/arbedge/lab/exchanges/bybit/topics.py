"""Names of Bybit's public topics: what a subscription's text asks for, by category of the connection."""

import re
from collections.abc import Collection
from dataclasses import dataclass

__all__ = ["CATEGORIES", "Topic", "parse_topic"]

CATEGORIES = {"spot": "spot", "linear": "usdm"}
"""The venue's categories with markets in the lab, and the host their faults are aimed at."""

_BOOK_EVERY_MS = {"1": 10, "50": 20, "200": 100, "1000": 200}
_TICKER_EVERY_MS = {"spot": 50, "linear": 100}
_NAME = re.compile(r"orderbook\.(?P<depth>\d+)\.(?P<booked>\w+)|(?P<kind>tickers)\.(?P<ticked>\w+)")
_QUIET = re.compile(r"(?:publicTrade|kline\.\w+|allLiquidation|insurance|priceLimit)\.(?P<symbol>\w+)")


@dataclass(frozen=True, slots=True)
class Topic:
    """One topic: `depth` 0 for tickers, its shortest milliseconds between frames; quiet ones carry nothing."""

    name: str
    symbol: str
    depth: int
    every_ms: int
    is_quiet: bool = False


def parse_topic(name: str, category: str, listed: Collection[str]) -> Topic | None:
    """The topic of that name; None where the category has none or does not list its symbol."""
    quiet = _QUIET.fullmatch(name)
    if quiet is not None:
        return Topic(name, quiet["symbol"], 0, 0, is_quiet=True) if quiet["symbol"] in listed else None
    match = _NAME.fullmatch(name)
    if match is None:
        return None
    symbol = match["booked"] or match["ticked"]
    if symbol not in listed:
        return None
    if match["kind"]:
        return Topic(name, symbol, 0, _TICKER_EVERY_MS[category])
    every_ms = _BOOK_EVERY_MS.get(match["depth"])
    return None if every_ms is None else Topic(name, symbol, int(match["depth"]), every_ms)
