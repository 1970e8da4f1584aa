"""What a ticker claims: a coin under another name, or so many units of it. Claims only, never proof.

`1000PEPE`, `SHIB1000`, `1MBABYDOGE` and `kPEPE` claim a number of units, `LUNA2` another name of `LUNA`. A claim
decides which instruments are compared at all, by the ticker alone, so that no order of listing and no other
instrument can change it. Whether two of them are one asset, multiplier included, is for the identity to prove
from indexes and prices: `1000CAT` and `CAT` are compared, and stay apart unless a thousand of one is worth one of
the other.
"""

import re
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal

from arbedge.domain.instrument import AssetClass, Instrument, MarketKind

__all__ = ["RENAMES", "Rename", "as_claimed"]

_SCALED = (
    re.compile(r"1(?P<zeros>0{3,8})(?P<rest>[A-Z][A-Z0-9]*)"),
    re.compile(r"(?P<rest>[A-Z][A-Z0-9]*?[A-Z])1(?P<zeros>0{3,8})"),
)
_MILLION = re.compile(r"1M(?P<rest>[A-Z][A-Z0-9]{2,})")
_THOUSAND = re.compile(r"k(?P<rest>[A-Z][A-Z0-9]*)")
_SCALABLE = frozenset({AssetClass.COIN, AssetClass.PREMARKET, AssetClass.UNKNOWN})


@dataclass(frozen=True, slots=True)
class Rename:
    """One venue's own name of a coin others call `asset`; `checked_on` is when the prices of both were compared."""

    venue: str
    kind: MarketKind
    base: str
    asset: str
    checked_on: date


_2025_09_06 = date(2025, 9, 6)
_PERPS: tuple[tuple[str, str, str], ...] = (
    ("binance", "LUNA2", "LUNA"),
    ("binance", "DODOX", "DODO"),
    ("binance", "BEAMX", "BEAM"),
    ("binance", "RONIN", "RON"),
    ("binance", "RAYSOL", "RAY"),
    ("binance", "BROCCOLI714", "BROCCOLI"),
    ("bybit", "LUNA2", "LUNA"),
    ("bybit", "RONIN", "RON"),
    ("bybit", "RAYDIUM", "RAY"),
    ("bybit", "PUMPFUN", "PUMP"),
    ("bybit", "1000NEIROCTO", "1000NEIRO"),
    ("bitget", "NEIROCTO", "NEIRO"),
    ("bitget", "OMNI1", "OMNI"),
    ("bitget", "VELO", "VELODROME"),
)
_SPOTS: tuple[tuple[str, str, str], ...] = (("binance", "BEAMX", "BEAM"), ("binance", "RONIN", "RON"))

RENAMES: tuple[Rename, ...] = (
    *(Rename(venue, MarketKind.PERP, base, asset, _2025_09_06) for venue, base, asset in _PERPS),
    *(Rename(venue, MarketKind.SPOT, base, asset, _2025_09_06) for venue, base, asset in _SPOTS),
)
"""Source: listings and prices of all perpetuals of the venues on that day: names whose prices, after multipliers,
lay within 1 % of one another. Bitget's perpetual VELO stood at the price of the others' VELODROME and 3.7 times
that of Bybit's VELO, another coin. Spot names follow the venue's own perpetual of the coin."""

_BY_NAME = {(each.venue, each.kind, each.base): each.asset for each in RENAMES}


def as_claimed(listed: Instrument) -> Instrument:
    """The instrument with the asset and multiplier its ticker claims; a multiplier the venue states is kept.

    What the venue says is a stock, a commodity or an index is taken as listed.
    """
    if listed.asset_class not in _SCALABLE:
        return listed
    name = _BY_NAME.get((listed.id.venue, listed.id.kind, listed.base), listed.base)
    asset, multiplier = _split(name)
    if multiplier == 1 and listed.multiplier != 1:
        return listed
    if (asset, multiplier) == (listed.asset, listed.multiplier):
        return listed
    return replace(listed, asset=asset, multiplier=multiplier)


def _split(ticker: str) -> tuple[str, Decimal]:
    for pattern in _SCALED:
        found = pattern.fullmatch(ticker)
        if found:
            return found["rest"], Decimal(10) ** len(found["zeros"])
    found = _MILLION.fullmatch(ticker)
    if found:
        return found["rest"], Decimal(1_000_000)
    found = _THOUSAND.fullmatch(ticker)
    if found:
        return found["rest"], Decimal(1_000)
    return ticker, Decimal(1)
