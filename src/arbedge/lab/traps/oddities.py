"""Markets that only traps list: twins of a ticker, shares as tokens, odd settlement hours, what cannot be traded.

They come behind a universe's usual markets and are drawn from generators of their own, so that a trap changes
nothing else. Their coins have names no ordinary coin can have; a coin keyed `NAME.OTHER` is listed as NAME and is
another one.
"""

from dataclasses import replace

from arbedge.lab.assets import Coin
from arbedge.lab.drawing import Drawing
from arbedge.lab.listing import Funding, Listing
from arbedge.lab.naming import localised

__all__ = ["oddities"]

_RANK = 60
_USUAL = Funding(8, 0.02, -0.02, 1e-4, is_adjusted=False)
_PRICES = {"HICAP": 1.31, "LOCAP": 0.77, "SHIFTY": 2.4, "HOLLOW": 0.58, "HALTD": 3.3, "TWOHR": 0.92, "WIPER": 0.164}

_TERMS = {
    # at the cap from the start, and too low to pay: a week of it is less than a round of fees
    "HICAP": Funding(8, 0.0003, -0.0003, 1e-4, is_adjusted=True),
    "LOCAP": Funding(8, 0.0003, -0.0003, 1e-4, is_adjusted=True),
    "TWOHR": Funding(2, 0.02, -0.02, 2.5e-5, is_adjusted=True),
    "SHIFTY": Funding(8, 0.02, -0.02, 2.4e-4, is_adjusted=True),
}

_COINS = {
    "funding_cap": ("HICAP", "LOCAP"),
    "funding_change": ("SHIFTY",),
    "one_sided": ("HOLLOW",),
    "suspension": ("HALTD",),
    "funding_2h": ("TWOHR",),
}
"""Coins of a trap that every venue lists, spot and perp."""

_STOPPED = {"bybit": "SETTLING", "okx": "BREAK", "bitget": "MAINTENANCE"}
_OPENING = {"binance": "PENDING_TRADING", "bitget": "PRELAUNCH"}
_TWIN_TIMES = 25.0


def oddities(drawing: Drawing, venue: str) -> list[Listing]:
    """What a venue lists because of the drawing's traps, in its own names."""
    drawing.reseed(f"odd-{venue}")
    plain: list[Listing] = []
    for trap, names in _COINS.items():
        if trap in drawing.traps:
            for name in names:
                plain += _both(drawing, drawing.coin(name, _PRICES[name], _RANK))
    if "maintenance" in drawing.traps:
        plain += _stopped(drawing, venue)
    if "ticker_twins" in drawing.traps:
        plain += _twins(drawing, venue)
    if "opening_soon" in drawing.traps and venue in _OPENING:
        plain.append(drawing.perp(drawing.coin("SOON", 1.2, 300), "USDT", status=_OPENING[venue]))
    listed = plain if venue == "binance" else [localised(item, venue, drawing.traps) for item in plain]
    return listed + (_tokens(drawing, venue) if "tokenised_stocks" in drawing.traps else [])


def _both(drawing: Drawing, coin: Coin) -> list[Listing]:
    drawing.settle(coin, 0.0, _TERMS.get(coin.name, _USUAL))
    return [drawing.pair(coin, "USDT"), replace(drawing.perp(coin, "USDT"), has_spot=True)]


def _stopped(drawing: Drawing, venue: str) -> list[Listing]:
    """A coin whose perp trades on Binance and nowhere else, though all list it."""
    pair, perp = _both(drawing, drawing.coin("WIPER", _PRICES["WIPER"], _RANK))
    return [pair, replace(perp, status=_STOPPED.get(venue, "TRADING"))]


def _twins(drawing: Drawing, venue: str) -> list[Listing]:
    """TWIN's perp follows another coin's index wherever it is listed; JYNX is one coin here and another there."""
    listed = [] if venue == "binance" else _both(drawing, drawing.coin("TWIN", 0.84, _RANK))
    name, times = ("JYNX.OTHER", _TWIN_TIMES) if venue in {"bybit", "okx"} else ("JYNX", 1.0)
    other = _both(drawing, drawing.coin(name, 0.42 * times, _RANK))
    return listed + [
        replace(item, symbol="JYNXUSDT", base="JYNX", index_of="JYNXUSDT" if item.funding else None)
        for item in other
    ]


def _tokens(drawing: Drawing, venue: str) -> list[Listing]:
    """Shares as tokens on Bybit's spot, named with an X behind, and as swaps on OKX."""
    if venue == "okx":
        return [
            localised(drawing.share(name, price), venue, drawing.traps) for name, price in drawing.stocks.items()
        ]
    if venue != "bybit":
        return []
    tokens = []
    for name, price in drawing.stocks.items():
        pair = drawing.pair(Coin(f"{name}.STOCK", price, _RANK), "USDT")
        token = replace(pair, base=f"{name}X", underlying="EQUITY", margin=False)
        tokens.append(localised(token, venue, drawing.traps))
    return tokens
