"""Bitget's messages (classic API, v2) as typed structs; unknown fields are ignored.

Figures are strings throughout, numbers in two places (levels of `merge-depth`, `seq`). Prices of best bid/ask
decode to floats inside the decoder (they feed the pre-filter only); book levels stay the venue's text. A message
that does not fit raises one of `payloads.GARBAGE`.
"""

from typing import Any, Generic, TypeVar

import msgspec
from msgspec import Struct, field

from arbedge.exchanges.transport.payloads import UpdateId, WireLevel

__all__ = [
    "SNAPSHOT",
    "Arg",
    "BookFrame",
    "BookRow",
    "Component",
    "Components",
    "Contract",
    "Control",
    "Envelope",
    "FundingRow",
    "LopsidedFrame",
    "LopsidedRow",
    "MarkFrame",
    "MarkRow",
    "Pair",
    "RestBook",
    "RestDay",
    "RestTop",
    "RestTopText",
    "ServerTime",
    "SettledRate",
    "Symbol",
    "TopFrame",
    "TopRow",
    "decode_book",
    "decode_control",
    "decode_lopsided",
    "decode_mark",
    "decode_refusal",
    "decode_top",
    "level_texts",
]

T = TypeVar("T")

SNAPSHOT = "snapshot"
"""`action` of a frame that holds the whole book; the others hold changes."""


class Arg(Struct, gc=False):
    """What a frame is about: product line, channel, symbol."""

    symbol: str = field(name="instId")
    line: str = field(name="instType", default="")
    channel: str = ""


class Symbol(Struct, gc=False):
    """The part of `Arg` that a link of a single channel and kind needs."""

    symbol: str = field(name="instId")


class TopRow(Struct, gc=False):
    """Best bid and ask (`books1`): exactly one level a side; `ts` is the venue's stamp (ms)."""

    asks: tuple[tuple[float, float]]
    bids: tuple[tuple[float, float]]
    venue_at_ms: int = field(name="ts", default=0)
    sequence: UpdateId = field(name="seq", default=0)


class TopFrame(Struct, gc=False):
    """A frame of `books1`."""

    arg: Symbol
    data: tuple[TopRow]


class LopsidedRow(Struct, gc=False):
    """The same where a side may be empty."""

    asks: tuple[tuple[float, float], ...]
    bids: tuple[tuple[float, float], ...]
    venue_at_ms: int = field(name="ts", default=0)
    sequence: UpdateId = field(name="seq", default=0)


class LopsidedFrame(Struct, gc=False):
    """A frame of `books1` of a symbol that nobody quotes on some side."""

    arg: Symbol
    data: tuple[LopsidedRow]


class BookRow(Struct, gc=False):
    """A frame of depth: levels to set, the checksum of the book after it (0: none sent), its number."""

    asks: tuple[WireLevel, ...]
    bids: tuple[WireLevel, ...]
    sequence: UpdateId = field(name="seq")
    checksum: int = 0
    venue_at_ms: int | None = field(name="ts", default=None)


class BookFrame(Struct, gc=False):
    """A frame of `books`."""

    action: str
    arg: Arg
    data: tuple[BookRow]


class MarkRow(Struct, gc=False):
    """What we read of a contract's `ticker`: funding now, its next time, mark and index."""

    rate: str = field(name="fundingRate")
    next_ms: int = field(name="nextFundingTime")
    mark: str = field(name="markPrice", default="")
    index: str = field(name="indexPrice", default="")
    venue_at_ms: int = field(name="ts", default=0)


class MarkFrame(Struct, gc=False):
    """A frame of `ticker` on contracts."""

    arg: Symbol
    data: tuple[MarkRow]


class Control(Struct):
    """Answers to requests, one a stream: `subscribe` and `unsubscribe` accept, `error` refuses."""

    event: str
    arg: Arg | None = None
    code: Any = None
    msg: str = ""


class Envelope(Struct, Generic[T]):
    """Every good REST answer: the data, under the code 00000."""

    data: T


class Refusal(Struct):
    """The code and words of a REST answer; 00000 is a good one."""

    code: str
    msg: str | None = None


class Pair(Struct):
    """One row of spot `symbols`; precisions are numbers of decimals."""

    symbol: str
    base: str = field(name="baseCoin")
    quote: str = field(name="quoteCoin")
    price_places: int = field(name="pricePrecision")
    size_places: int = field(name="quantityPrecision")
    status: str
    min_qty: str = field(name="minTradeAmount", default="0")
    min_usdt: str = field(name="minTradeUSDT", default="")
    open_ms: str | None = field(name="openTime", default=None)
    off_ms: str | None = field(name="offTime", default=None)
    taker_fee: str | None = field(name="takerFeeRate", default=None)


class Contract(Struct):
    """One row of `contracts`: the price moves by `end_step` units of the last of `price_places` decimals."""

    symbol: str
    base: str = field(name="baseCoin")
    quote: str = field(name="quoteCoin")
    margins: list[str] = field(name="supportMarginCoins")
    price_places: int = field(name="pricePlace")
    end_step: str = field(name="priceEndStep")
    size_step: str = field(name="sizeMultiplier")
    min_qty: str = field(name="minTradeNum")
    kind: str = field(name="symbolType")
    status: str = field(name="symbolStatus")
    min_usdt: str = field(name="minTradeUSDT", default="")
    max_qty: str | None = field(name="maxOrderQty", default=None)
    max_market_qty: str | None = field(name="maxMarketOrderQty", default=None)
    launch_ms: str | None = field(name="launchTime", default=None)
    off_ms: str | None = field(name="offTime", default=None)
    real_world: str | None = field(name="isRwa", default=None)
    taker_fee: str | None = field(name="takerFeeRate", default=None)


class RestTop(Struct, gc=False):
    """Best bid and ask of one row of `tickers`; a side nobody quotes is 0 or null."""

    symbol: str
    bid: float | None = field(name="bidPr", default=None)
    ask: float | None = field(name="askPr", default=None)
    bid_qty: float | None = field(name="bidSz", default=None)
    ask_qty: float | None = field(name="askSz", default=None)
    venue_at_ms: int | None = field(name="ts", default=None)


class RestTopText(Struct, gc=False):
    """The same row where some figure is no number (an empty string): read one by one."""

    symbol: str
    bid: str | None = field(name="bidPr", default=None)
    ask: str | None = field(name="askPr", default=None)
    bid_qty: str | None = field(name="bidSz", default=None)
    ask_qty: str | None = field(name="askSz", default=None)
    venue_at_ms: str | None = field(name="ts", default=None)


class RestDay(Struct, gc=False):
    """The rest of what we read of a row of `tickers`: 24 h volume in quote currency; contracts add the others."""

    symbol: str
    quote_volume: str | None = field(name="quoteVolume", default=None)
    held: str | None = field(name="holdingAmount", default=None)
    mark: str | None = field(name="markPrice", default=None)
    index: str | None = field(name="indexPrice", default=None)


class RestBook(Struct, gc=False):
    """The answer of `orderbook` (levels as strings) and of `merge-depth` (levels as numbers)."""

    asks: tuple[tuple[msgspec.Raw, msgspec.Raw], ...]
    bids: tuple[tuple[msgspec.Raw, msgspec.Raw], ...]
    venue_at_ms: int = field(name="ts")


class FundingRow(Struct, gc=False):
    """One row of `current-fund-rate`: the running rate, hours between settlements, the next one, the clamps."""

    symbol: str
    rate: str = field(name="fundingRate")
    interval_hours: int = field(name="fundingRateInterval")
    next_ms: int = field(name="nextUpdate")
    floor: str | None = field(name="minFundingRate", default=None)
    cap: str | None = field(name="maxFundingRate", default=None)


class SettledRate(Struct, gc=False):
    """One row of `history-fund-rate`."""

    rate: str = field(name="fundingRate")
    at_ms: int = field(name="fundingTime")


class Component(Struct, gc=False):
    """One source of an index: which venue, its pair as `BTC/USDT`, its price."""

    exchange: str
    pair: str = field(name="spotPair")
    price: str = field(name="equivalentPrice", default="")


class Components(Struct, gc=False):
    """The data of `index-components`."""

    components: list[Component] = field(name="componentList")


class ServerTime(Struct, gc=False):
    """The data of `time`."""

    at_ms: int = field(name="serverTime")


decode_top = msgspec.json.Decoder(TopFrame, strict=False).decode
"""A frame of `books1` (bytes or memoryview)."""

decode_lopsided = msgspec.json.Decoder(LopsidedFrame, strict=False).decode
"""A frame of `books1` that is no `TopFrame`."""

decode_book = msgspec.json.Decoder(BookFrame, strict=False).decode
"""A frame of `books`."""

decode_mark = msgspec.json.Decoder(MarkFrame, strict=False).decode
"""A frame of `ticker` on contracts."""

decode_control = msgspec.json.Decoder(Control).decode
"""Any other frame."""

decode_refusal = msgspec.json.Decoder(Refusal, strict=False).decode
"""A REST body, for its code only."""


def level_texts(levels: tuple[tuple[msgspec.Raw, msgspec.Raw], ...]) -> tuple[WireLevel, ...]:
    """Levels as text, whether they were strings or numbers."""
    return tuple((_text(price), _text(size)) for price, size in levels)


def _text(raw: msgspec.Raw) -> str:
    return bytes(raw).strip(b' "').decode("ascii", "replace")
