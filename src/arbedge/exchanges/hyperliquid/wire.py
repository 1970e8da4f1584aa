"""Hyperliquid's messages as typed structs; what is not read is not named, unknown fields are ignored."""

from typing import Generic, TypeVar

import msgspec
from msgspec import Struct, field

from arbedge.exchanges.transport.payloads import UpdateId

__all__ = ["Asset", "BestRow", "BookRow", "Context", "Contracts", "Control", "Frame", "Level", "MarkRow", "Timed"]

T = TypeVar("T")


class Asset(Struct):
    """One contract of the universe; `places` are the decimals of its sizes."""

    name: str
    places: int = field(name="szDecimals")
    is_delisted: bool = field(name="isDelisted", default=False)


class Universe(Struct):
    """Every contract ever listed."""

    universe: list[Asset]


class Context(Struct, gc=False):
    """A contract now: its hourly rate, turnover in USDC, open interest in coins, mark and oracle price."""

    rate: str | None = field(name="funding", default=None)
    turnover: str | None = field(name="dayNtlVlm", default=None)
    open_interest: str | None = field(name="openInterest", default=None)
    mark: str | None = field(name="markPx", default=None)
    oracle: str | None = field(name="oraclePx", default=None)


class Contracts(Struct, array_like=True):
    """The answer of metaAndAssetCtxs: every contract, and the context of each in the same order."""

    listed: Universe
    contexts: list[Context]


class Level(Struct, gc=False):
    """A level as sent; the number of orders in it is not read."""

    price: str = field(name="px")
    qty: str = field(name="sz")


class BookRow(Struct):
    """A whole book of at most 20 levels a side, bids first."""

    coin: str
    levels: tuple[list[Level], list[Level]]
    at_ms: UpdateId = field(name="time")


class BestRow(Struct, gc=False):
    """Best bid and ask; null for a side nobody quotes."""

    coin: str
    best: tuple[Level | None, Level | None] = field(name="bbo")
    at_ms: UpdateId = field(name="time")


class MarkRow(Struct, gc=False):
    """One contract's context in the stream."""

    coin: str
    context: Context = field(name="ctx")


class Timed(Struct, gc=False):
    """One settled hour; also the venue's clock (exchangeStatus), which has no rate."""

    at_ms: int = field(name="time")
    rate: str = field(name="fundingRate", default="")


class Frame(Struct, Generic[T]):
    """What wraps every frame of market data."""

    data: T


class Control(Struct):
    """Any other frame, read by its channel."""

    channel: str
    data: msgspec.Raw = field(default_factory=msgspec.Raw)
