"""v3's messages as typed structs: the classic ones under other names, books that chain, one row for every market.

Figures are strings, numbers in REST books; `seq` comes as either. A message that does not fit raises one of
`payloads.GARBAGE`.
"""

from typing import Any

import msgspec
from msgspec import Struct, field

from arbedge.exchanges.bitget import wire
from arbedge.exchanges.transport.payloads import UpdateId, WireLevel

__all__ = [
    "Arg",
    "BookFrame",
    "BookRow",
    "Control",
    "Listed",
    "MarkFrame",
    "RestBook",
    "RestDay",
    "RestTop",
    "RestTopText",
    "SettledPage",
    "decode_arg",
    "decode_book",
    "decode_control",
    "decode_lopsided",
    "decode_mark",
    "decode_top",
]


class Arg(Struct, gc=False):
    """What a frame is about: product line in lower case, topic, symbol."""

    symbol: str
    line: str = field(name="instType", default="")
    topic: str = ""


class Symbol(Struct, gc=False):
    """The part of `Arg` that a link of a single topic and kind needs."""

    symbol: str


class TopRow(Struct, gc=False):
    """Best bid and ask (`books1`): exactly one level a side; `ts` is the venue's stamp (ms)."""

    asks: tuple[tuple[float, float]] = field(name="a")
    bids: tuple[tuple[float, float]] = field(name="b")
    venue_at_ms: int = field(name="ts", default=0)
    sequence: UpdateId = field(name="seq", default=0)


class TopFrame(Struct, gc=False):
    """A frame of `books1`."""

    arg: Symbol
    data: tuple[TopRow]


class LopsidedRow(Struct, gc=False):
    """The same where a side may be empty."""

    asks: tuple[tuple[float, float], ...] = field(name="a")
    bids: tuple[tuple[float, float], ...] = field(name="b")
    venue_at_ms: int = field(name="ts", default=0)
    sequence: UpdateId = field(name="seq", default=0)


class LopsidedFrame(Struct, gc=False):
    """A frame of `books1` of a symbol that nobody quotes on some side."""

    arg: Symbol
    data: tuple[LopsidedRow]


class BookRow(Struct, gc=False):
    """A frame of depth: levels to set, its number, and that of the frame before it (0: the whole book)."""

    asks: tuple[WireLevel, ...] = field(name="a")
    bids: tuple[WireLevel, ...] = field(name="b")
    sequence: UpdateId = field(name="seq")
    previous: UpdateId = field(name="pseq")
    venue_at_ms: int | None = field(name="ts", default=None)


class BookFrame(Struct, gc=False):
    """A frame of `books`."""

    action: str
    arg: Arg
    data: tuple[BookRow]


class MarkFrame(Struct, gc=False):
    """A frame of `ticker` on contracts; only the frame has a time."""

    arg: Symbol
    data: tuple[wire.MarkRow]
    venue_at_ms: int = field(name="ts", default=0)


class Control(Struct):
    """Answers to requests, one a stream; a refusal names its stream in its words alone."""

    event: str
    arg: Arg | None = None
    code: Any = None
    msg: str = ""


class Listed(Struct):
    """One row of `instruments`, spot or contract: decimals of price and size; contracts add their steps."""

    symbol: str
    base: str = field(name="baseCoin")
    quote: str = field(name="quoteCoin")
    price_places: int = field(name="pricePrecision")
    size_places: int = field(name="quantityPrecision")
    status: str
    min_qty: str | None = field(name="minOrderQty", default=None)
    least_worth: str | None = field(name="minOrderAmount", default=None)
    price_step: str | None = field(name="priceMultiplier", default=None)
    size_step: str | None = field(name="quantityMultiplier", default=None)
    kind: str = field(name="type", default="")
    max_qty: str | None = field(name="maxOrderQty", default=None)
    max_market_qty: str | None = field(name="maxMarketOrderQty", default=None)
    launch_ms: str | None = field(name="launchTime", default=None)
    off_ms: str | None = field(name="offTime", default=None)
    taker_fee: str | None = field(name="takerFeeRate", default=None)
    is_share: str | None = field(name="isReality", default=None)
    real_world: str | None = field(name="isRwa", default=None)


class RestTop(wire.RestTop, gc=False):
    """Best bid and ask of one row of `tickers`."""

    bid: float | None = field(name="bid1Price", default=None)
    ask: float | None = field(name="ask1Price", default=None)
    bid_qty: float | None = field(name="bid1Size", default=None)
    ask_qty: float | None = field(name="ask1Size", default=None)


class RestTopText(wire.RestTopText, gc=False):
    """The same row where some figure is no number."""

    bid: str | None = field(name="bid1Price", default=None)
    ask: str | None = field(name="ask1Price", default=None)
    bid_qty: str | None = field(name="bid1Size", default=None)
    ask_qty: str | None = field(name="ask1Size", default=None)


class RestDay(wire.RestDay, gc=False):
    """The rest of what we read of a row of `tickers`."""

    quote_volume: str | None = field(name="turnover24h", default=None)
    held: str | None = field(name="openInterest", default=None)


class RestBook(wire.RestBook, gc=False):
    """The answer of `orderbook`."""

    asks: tuple[tuple[msgspec.Raw, msgspec.Raw], ...] = field(name="a")
    bids: tuple[tuple[msgspec.Raw, msgspec.Raw], ...] = field(name="b")


class SettledRate(wire.SettledRate, gc=False):
    """One row of `history-fund-rate`."""

    at_ms: int = field(name="fundingRateTimestamp")


class SettledPage(Struct, gc=False):
    """The data of `history-fund-rate`."""

    rows: list[SettledRate] = field(name="resultList")


decode_top = msgspec.json.Decoder(TopFrame, strict=False).decode
"""A frame of `books1` (bytes or memoryview)."""

decode_lopsided = msgspec.json.Decoder(LopsidedFrame, strict=False).decode
"""A frame of `books1` that is no `TopFrame`."""

decode_book = msgspec.json.Decoder(BookFrame, strict=False).decode
"""A frame of `books`."""

_decode_mark = msgspec.json.Decoder(MarkFrame, strict=False).decode

decode_control = msgspec.json.Decoder(Control).decode
"""Any other frame."""

decode_arg = msgspec.json.Decoder(Arg).decode
"""The stream a refusal names in its words."""


def decode_mark(payload: bytes | memoryview) -> MarkFrame:
    """A frame of `ticker` on contracts, its row stamped with the frame's time."""
    frame = _decode_mark(payload)
    frame.data[0].venue_at_ms = frame.venue_at_ms
    return frame
