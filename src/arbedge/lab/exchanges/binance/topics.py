"""Names of Binance's streams: what a subscription's text asks for, on which host and route it is served."""

import re
from dataclasses import dataclass

__all__ = ["DEPTH_DEFAULT_MS", "ROUTES", "Topic", "parse_topic"]

DEPTH_DEFAULT_MS = {"spot": 1000, "usdm": 250}
"""Interval of `@depth` without one, by host."""

ROUTES = {"public", "market", "private"}
"""Routes of the USD-M host since 2026: each serves only its own kinds; the wrong one is silent, not an error."""

_NAME = re.compile(r"(?P<symbol>[a-z0-9_]{2,40})@(?P<channel>[a-zA-Z0-9]{2,24})(?:@(?P<speed>[0-9a-z]{1,6}))?\Z")
_ALL = {"!markPrice@arr": 3000, "!markPrice@arr@1s": 1000, "!miniTicker@arr": 1000, "!bookTicker": 5000}
_USDM_ONLY = {"!markPrice@arr", "!markPrice@arr@1s", "!bookTicker"}
_DEPTH = re.compile(r"depth(?P<levels>5|10|20)?\Z")
_SPEEDS = {"spot": {"100ms": 100, "1000ms": 1000}, "usdm": {"0ms": 0, "100ms": 100, "250ms": 250, "500ms": 500}}


@dataclass(frozen=True, slots=True)
class Topic:
    """One stream: `kind` is book, depth, partial, mark, ticker, mark_all, mini_all or book_all.

    `symbol` is upper case, empty for all-market streams; `every_ms` the interval, 0 for every change;
    `levels` of a partial depth; `route` where USD-M serves it (`public` or `market`).
    """

    name: str
    kind: str
    symbol: str
    every_ms: int
    levels: int
    route: str


def parse_topic(name: str, host: str) -> Topic | None:
    """The stream of that name on `spot` or `usdm`; None where the host has no such stream."""
    if name in _ALL:
        if host == "spot" and name in _USDM_ONLY:
            return None
        kind = {"!ma": "mark_all", "!mi": "mini_all", "!bo": "book_all"}[name[:3]]
        return Topic(name, kind, "", _ALL[name], 0, "public" if kind == "book_all" else "market")
    match = _NAME.match(name)
    if match is None:
        return None
    symbol, channel, speed = match["symbol"].upper(), match["channel"], match["speed"]
    depth = _DEPTH.match(channel)
    if depth is not None:
        every_ms = DEPTH_DEFAULT_MS[host] if speed is None else _SPEEDS[host].get(speed)
        if every_ms is None:
            return None
        levels = int(depth["levels"] or 0)
        return Topic(name, "partial" if levels else "depth", symbol, every_ms, levels, "public")
    if channel == "bookTicker" and speed is None:
        return Topic(name, "book", symbol, 0, 0, "public")
    if channel == "ticker" and speed is None:
        return Topic(name, "ticker", symbol, 1000, 0, "market")
    if channel == "markPrice" and host == "usdm" and speed in {None, "1s"}:
        return Topic(name, "mark", symbol, 1000 if speed else 3000, 0, "market")
    return None
