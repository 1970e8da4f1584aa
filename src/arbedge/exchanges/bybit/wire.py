"""Bybit's messages as typed structs: what arrives is decoded straight into these, unknown fields are ignored.

Prices of best bid/ask decode from the venue's strings to floats inside the decoder (they feed the pre-filter
only); book levels stay the venue's strings. Keys may come in any order. A message that does not fit raises one of
`payloads.GARBAGE`.
"""

from typing import Generic, TypeVar

import msgspec
from msgspec import Struct, field

from arbedge.exchanges.transport.payloads import UpdateId, WireLevel

__all__ = [
    "Component",
    "Components",
    "Control",
    "DepthFields",
    "DepthFrame",
    "DepthSnapshot",
    "Envelope",
    "LevelFilter",
    "ListedSymbol",
    "Listing",
    "Page",
    "PriceFilter",
    "RiskLimits",
    "ServerTime",
    "SettledRate",
    "SparseTopFields",
    "SparseTopFrame",
    "TickerFields",
    "TickerFrame",
    "TickerRow",
    "TopFields",
    "TopFrame",
    "Verdict",
    "decode_control",
    "decode_depth",
    "decode_sparse_top",
    "decode_ticker",
    "decode_top",
    "decode_verdict",
]

T = TypeVar("T")

_FloatLevel = tuple[float, float]


class TopFields(Struct, gc=False):
    """The one level a side of `orderbook.1.<symbol>`. `u` counts this topic."""

    symbol: str = field(name="s")
    bids: tuple[_FloatLevel] = field(name="b")
    asks: tuple[_FloatLevel] = field(name="a")
    sequence: UpdateId = field(name="u")


class SparseTopFields(Struct, gc=False):
    """The same where a side is empty because nobody quotes it: read only when the usual shape does not fit."""

    symbol: str = field(name="s")
    bids: list[_FloatLevel] = field(name="b")
    asks: list[_FloatLevel] = field(name="a")
    sequence: UpdateId = field(name="u")


class SparseTopFrame(Struct, gc=False):
    """A best bid/ask with a side missing."""

    type: str
    venue_at_ms: int = field(name="ts")
    fields: SparseTopFields = field(name="data")


class TopFrame(Struct, gc=False):
    """A best bid/ask; always a snapshot. `ts` is when the frame was made, repeats of an old state included."""

    type: str
    venue_at_ms: int = field(name="ts")
    fields: TopFields = field(name="data")


class DepthFields(Struct, gc=False):
    """Levels of `orderbook.50.<symbol>`, whole or changed; `u` rises by one a frame, 1 is a restarted service."""

    symbol: str = field(name="s")
    bids: tuple[WireLevel, ...] = field(name="b")
    asks: tuple[WireLevel, ...] = field(name="a")
    last: UpdateId = field(name="u")


class DepthFrame(Struct, gc=False):
    """A book (`snapshot`) or its changes (`delta`)."""

    type: str
    topic: str
    venue_at_ms: int = field(name="ts")
    fields: DepthFields = field(name="data")


class TickerFields(Struct, gc=False):
    """What we read of `tickers.<symbol>` of a contract. In a delta an absent field has not changed."""

    symbol: str
    rate: str | None = field(name="fundingRate", default=None)
    next_ms: str | None = field(name="nextFundingTime", default=None)
    interval_hours: str | None = field(name="fundingIntervalHour", default=None)
    cap: str | None = field(name="fundingCap", default=None)
    mark: str | None = field(name="markPrice", default=None)
    index: str | None = field(name="indexPrice", default=None)


class TickerFrame(Struct, gc=False):
    """A contract's ticker, whole or changed."""

    type: str
    venue_at_ms: int = field(name="ts")
    fields: TickerFields = field(name="data")


class Control(Struct):
    """Everything that is not market data: answers to requests and to pings."""

    success: bool | None = None
    words: str = field(name="ret_msg", default="")
    request: str = field(name="req_id", default="")
    op: str = ""


class Verdict(Struct):
    """The head of every REST answer: 0 is a good one."""

    code: int = field(name="retCode")
    words: str = field(name="retMsg", default="")


class Envelope(Struct, Generic[T]):
    """A REST answer; `time` is when the venue gave it."""

    result: T
    time: int = 0


class Page(Struct, Generic[T]):
    """A list, and where the next page begins (empty or null: nowhere)."""

    rows: list[T] = field(name="list")
    cursor: str | None = field(name="nextPageCursor", default=None)


class PriceFilter(Struct):
    """Rules of the price."""

    tick: str = field(name="tickSize", default="")


class LevelFilter(Struct):
    """Rules of the size: spot states `base_step` and `min_amount`, contracts `step` and `min_notional`."""

    base_step: str = field(name="basePrecision", default="")
    step: str = field(name="qtyStep", default="")
    min_qty: str = field(name="minOrderQty", default="")
    max_qty: str = field(name="maxOrderQty", default="")
    max_market_qty: str = field(name="maxMktOrderQty", default="")
    max_limit_spot: str = field(name="maxLimitOrderQty", default="")
    max_market_spot: str = field(name="maxMarketOrderQty", default="")
    min_amount: str = field(name="minOrderAmt", default="")
    min_notional: str = field(name="minNotionalValue", default="")


class RiskLimits(Struct):
    """How far an order's price may lie from the reference: two ratios, of which the smaller is safe."""

    ratio_x: str = field(name="priceLimitRatioX", default="")
    ratio_y: str = field(name="priceLimitRatioY", default="")


class ListedSymbol(Struct):
    """One row of instruments-info, spot or linear; what a kind does not have is absent, empty or null."""

    symbol: str
    status: str
    base: str = field(name="baseCoin")
    quote: str = field(name="quoteCoin")
    price: PriceFilter = field(name="priceFilter")
    size: LevelFilter = field(name="lotSizeFilter")
    contract_type: str | None = field(name="contractType", default=None)
    settle: str | None = field(name="settleCoin", default=None)
    symbol_type: str | None = field(name="symbolType", default=None)
    market_region: str | None = field(name="marketRegion", default=None)
    is_prelisted: bool | None = field(name="isPreListing", default=None)
    stock_multiplier: str | None = field(name="xstockMultiplier", default=None)
    margin_trading: str | None = field(name="marginTrading", default=None)
    launch_ms: str | None = field(name="launchTime", default=None)
    delivery_ms: str | None = field(name="deliveryTime", default=None)
    interval_minutes: int | None = field(name="fundingInterval", default=None)
    upper_rate: str | None = field(name="upperFundingRate", default=None)
    lower_rate: str | None = field(name="lowerFundingRate", default=None)
    risk: RiskLimits | None = field(name="riskParameters", default=None)


class TickerRow(Struct, gc=False):
    """One row of tickers, spot or linear; a side nobody quotes is empty, what a kind does not have is absent."""

    symbol: str
    bid: str | None = field(name="bid1Price", default=None)
    bid_qty: str | None = field(name="bid1Size", default=None)
    ask: str | None = field(name="ask1Price", default=None)
    ask_qty: str | None = field(name="ask1Size", default=None)
    turnover: str | None = field(name="turnover24h", default=None)
    open_interest: str | None = field(name="openInterest", default=None)
    rate: str | None = field(name="fundingRate", default=None)
    next_ms: str | None = field(name="nextFundingTime", default=None)
    interval_hours: str | None = field(name="fundingIntervalHour", default=None)
    cap: str | None = field(name="fundingCap", default=None)
    mark: str | None = field(name="markPrice", default=None)
    index: str | None = field(name="indexPrice", default=None)


class DepthSnapshot(Struct, gc=False):
    """The answer of orderbook; its `u` counts another depth than the one we stream, so the two do not chain."""

    bids: tuple[WireLevel, ...] = field(name="b")
    asks: tuple[WireLevel, ...] = field(name="a")
    last: UpdateId = field(name="u")
    venue_at_ms: int | None = field(name="ts", default=None)


class SettledRate(Struct, gc=False):
    """One row of funding/history; newest first."""

    at_ms: int = field(name="fundingRateTimestamp")
    rate: str = field(name="fundingRate")


class Component(Struct, gc=False):
    """One source of an index. `price` is already times `multiplier`."""

    exchange: str
    pair: str = field(name="spotPair")
    price: str = ""
    multiplier: str = ""


class Components(Struct, gc=False):
    """The answer of index-price-components."""

    components: list[Component] | None = None


class ServerTime(Struct, gc=False):
    """The answer of time."""

    at_ns: int = field(name="timeNano")


Listing = Envelope[Page[msgspec.Raw]]

_TOP = msgspec.json.Decoder(TopFrame, strict=False)
_SPARSE_TOP = msgspec.json.Decoder(SparseTopFrame, strict=False)
_DEPTH = msgspec.json.Decoder(DepthFrame)
_TICKER = msgspec.json.Decoder(TickerFrame)
_CONTROL = msgspec.json.Decoder(Control)
_VERDICT = msgspec.json.Decoder(Verdict)

decode_top = _TOP.decode
"""A best bid/ask frame (bytes or memoryview) to `TopFrame`."""

decode_sparse_top = _SPARSE_TOP.decode
"""A best bid/ask frame with any number of levels to `SparseTopFrame`."""

decode_depth = _DEPTH.decode
"""A depth frame to `DepthFrame`."""

decode_ticker = _TICKER.decode
"""A contract's ticker frame to `TickerFrame`."""

decode_control = _CONTROL.decode
"""Any other frame to `Control`."""

decode_verdict = _VERDICT.decode
"""The head of a REST answer."""
