"""Names of Binance's streams: what a subscription's text asks for, on which host and route it is served."""

import re
from dataclasses import dataclass

__all__ = ["ROUTES", "Topic", "parse_topic"]

ROUTES = {"public", "market", "private"}
"""Routes of the USD-M host since 2026: each serves only its own kinds; the wrong one is silent, not an error."""

_NAME = re.compile(
    r"(?P<symbol>[a-z0-9_]{2,40})@(?P<channel>[a-zA-Z]{2,12})(?P<levels>5|10|20)?(?:@(?P<speed>[0-9a-z]{1,6}))?\Z"
)
_QUIET = re.compile(r"[a-z0-9_]{2,40}@(?:trade|aggTrade|forceOrder|kline_\w{2,3})\Z")

# channel -> kind, USD-M route, milliseconds between payloads by the speed's text, by host
_CHANNELS: dict[str, tuple[str, str, dict[str, dict[str | None, int]]]] = {
    "bookTicker": ("book", "public", {"spot": {None: 0}, "usdm": {None: 0}}),
    "ticker": ("ticker", "market", {"spot": {None: 1000}, "usdm": {None: 1000}}),
    "miniTicker": ("mini", "market", {"spot": {None: 1000}, "usdm": {None: 1000}}),
    "markPrice": ("mark", "market", {"usdm": {None: 3000, "1s": 1000}}),
    "depth": (
        "depth",
        "public",
        {
            "spot": {None: 1000, "1000ms": 1000, "100ms": 100},
            "usdm": {None: 250, "250ms": 250, "500ms": 500, "100ms": 100, "0ms": 0},
        },
    ),
}
_ALL: dict[str, tuple[str, str, int, set[str]]] = {
    "!markPrice@arr": ("mark_all", "market", 3000, {"usdm"}),
    "!markPrice@arr@1s": ("mark_all", "market", 1000, {"usdm"}),
    "!miniTicker@arr": ("mini_all", "market", 1000, {"spot", "usdm"}),
    "!ticker@arr": ("ticker_all", "market", 1000, {"usdm"}),  # spot's was retired in March 2026
    "!bookTicker": ("book_all", "public", 5000, {"usdm"}),  # spot's in December 2022
}


@dataclass(frozen=True, slots=True)
class Topic:
    """One stream: `kind` is book, depth, partial, mark, ticker, mini, quiet, or mark_all, mini_all, ….

    `symbol` is upper case, empty for all-market streams; `every_ms` the interval, 0 for every change;
    `levels` of a partial depth; `route` where USD-M serves it (`public` or `market`). A quiet stream exists at
    the venue and carries nothing in the lab: trades, candles and liquidations.
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
        kind, route, every_ms, hosts = _ALL[name]
        return Topic(name, kind, "", every_ms, 0, route) if host in hosts else None
    if _QUIET.match(name):
        return Topic(name, "quiet", name.partition("@")[0].upper(), 1000, 0, "market")
    match = _NAME.match(name)
    if match is None or match["channel"] not in _CHANNELS:
        return None
    kind, route, speeds = _CHANNELS[match["channel"]]
    every = speeds.get(host, {}).get(match["speed"])
    if every is None or (match["levels"] and kind != "depth"):
        return None
    levels = int(match["levels"] or 0)
    return Topic(name, "partial" if levels else kind, match["symbol"].upper(), every, levels, route)
