"""Binance's messages as typed structs: what arrives is decoded straight into these, unknown fields are ignored.

Prices of best bid/ask decode from the venue's strings to floats inside the decoder (they feed the pre-filter
only); book levels stay the venue's strings. A message that does not fit raises one of `GARBAGE`.
"""

from typing import Any

import msgspec
from msgspec import Struct, field

from arbedge.exchanges.transport.payloads import GARBAGE, UpdateId, WireLevel, are_plain, decode

__all__ = [
    "COIN_MARGINED",
    "GARBAGE",
    "BareTop",
    "Constituent",
    "Constituents",
    "Control",
    "DepthDiff",
    "DepthFrame",
    "DepthSnapshot",
    "ExchangeListing",
    "FundingRule",
    "ListedSymbol",
    "MarkFrame",
    "MarkRow",
    "MarkSnapshot",
    "Problem",
    "RestTop",
    "ServerTime",
    "SettledRate",
    "SymbolFilter",
    "TopFrame",
    "Turnover24h",
    "are_plain",
    "decode",
    "decode_control",
    "decode_depth",
    "decode_mark",
    "decode_top",
    "decode_top_bare",
]

COIN_MARGINED = 2
"""`st` of rows of the coin-margined market, which fstream mixes into USD-M streams since 2026."""


class BareTop(Struct, gc=False):
    """Best bid and ask (`<symbol>@bookTicker`); `market` tells USD-M (1) from COIN-M (2).

    Spot sends no time. USD-M sends two: `T`, when the book changed, and `E`, when the message left; this is `T`.
    """

    sequence: UpdateId = field(name="u")
    symbol: str = field(name="s")
    bid: float = field(name="b")
    bid_qty: float = field(name="B")
    ask: float = field(name="a")
    ask_qty: float = field(name="A")
    venue_at_ms: int = field(name="T", default=0)
    market: int = field(name="st", default=1)


class TopFrame(Struct, gc=False):
    """A best bid/ask inside the combined stream's wrapper."""

    data: BareTop


class DepthDiff(Struct, gc=False):
    """A depth change (`<symbol>@depth@100ms`): first and last update id; USD-M adds the previous frame's last."""

    symbol: str = field(name="s")
    first: UpdateId = field(name="U")
    last: UpdateId = field(name="u")
    bids: tuple[WireLevel, ...] = field(name="b")
    asks: tuple[WireLevel, ...] = field(name="a")
    previous: UpdateId | None = field(name="pu", default=None)
    venue_at_ms: int | None = field(name="E", default=None)
    market: int = field(name="st", default=1)


class DepthFrame(Struct, gc=False):
    """A depth change inside the combined stream's wrapper."""

    data: DepthDiff


class MarkRow(Struct, gc=False):
    """One row of `!markPrice@arr@1s`: mark, index, running funding rate and the time of the next settlement."""

    symbol: str = field(name="s")
    mark: str = field(name="p")
    index: str = field(name="i", default="")
    rate: str = field(name="r", default="")
    next_ms: int = field(name="T", default=0)
    venue_at_ms: int = field(name="E", default=0)
    market: int = field(name="st", default=1)


class MarkFrame(Struct, gc=False):
    """All marks inside the combined stream's wrapper."""

    data: list[MarkRow]


class Problem(Struct):
    """A refusal: the venue's code and its words."""

    code: int = 0
    msg: str = ""


class Control(Struct):
    """Everything that is not market data: answers to requests, refusals, and the notice before a shutdown."""

    id: int | None = None
    error: Problem | None = None
    code: int | None = None
    msg: str = ""
    event: str = field(name="e", default="")
    data: Any = None

    @property
    def is_shutdown(self) -> bool:
        """Whether the server says that it is about to end this connection."""
        inner = self.data.get("e") if isinstance(self.data, dict) else None
        return "serverShutdown" in {self.event, inner}

    @property
    def refusal(self) -> Problem | None:
        """The refusal this message carries, if it does."""
        if self.error is not None:
            return self.error
        return Problem(self.code, self.msg) if self.code is not None else None


class SymbolFilter(Struct):
    """One trading rule of a symbol; which fields are there depends on `kind`."""

    kind: str = field(name="filterType")
    tick: str = field(name="tickSize", default="")
    step: str = field(name="stepSize", default="")
    min_qty: str = field(name="minQty", default="")
    max_qty: str = field(name="maxQty", default="")
    min_notional: str = field(name="minNotional", default="")
    notional: str = ""
    up: str = field(name="multiplierUp", default="")
    down: str = field(name="multiplierDown", default="")
    bid_up: str = field(name="bidMultiplierUp", default="")
    ask_down: str = field(name="askMultiplierDown", default="")


class ListedSymbol(Struct):
    """One symbol of exchangeInfo, spot or USD-M; contract fields are empty on spot."""

    symbol: str
    status: str
    base: str = field(name="baseAsset")
    quote: str = field(name="quoteAsset")
    filters: list[SymbolFilter]
    margin_asset: str = field(name="marginAsset", default="")
    contract_type: str = field(name="contractType", default="")
    underlying_type: str = field(name="underlyingType", default="")
    onboard_ms: int = field(name="onboardDate", default=0)
    delivery_ms: int = field(name="deliveryDate", default=0)
    is_margin_allowed: bool = field(name="isMarginTradingAllowed", default=False)
    is_spot_allowed: bool = field(name="isSpotTradingAllowed", default=True)


class ExchangeListing(Struct):
    """The answer of exchangeInfo; its rows are read one by one as `ListedSymbol`."""

    symbols: list[msgspec.Raw]


class RestTop(Struct, gc=False):
    """One row of ticker/bookTicker; a side nobody quotes is 0."""

    symbol: str
    bid: float = field(name="bidPrice")
    bid_qty: float = field(name="bidQty")
    ask: float = field(name="askPrice")
    ask_qty: float = field(name="askQty")
    venue_at_ms: int | None = field(name="time", default=None)
    sequence: UpdateId = field(name="lastUpdateId", default=0)


class Turnover24h(Struct, gc=False):
    """What we read of one row of ticker/24hr."""

    symbol: str
    quote_volume: str = field(name="quoteVolume")


class DepthSnapshot(Struct, gc=False):
    """The answer of depth; only USD-M says when."""

    last: UpdateId = field(name="lastUpdateId")
    bids: tuple[WireLevel, ...]
    asks: tuple[WireLevel, ...]
    venue_at_ms: int | None = field(name="E", default=None)


class MarkSnapshot(Struct, gc=False):
    """One row of premiumIndex."""

    symbol: str
    mark: str = field(name="markPrice")
    index: str = field(name="indexPrice", default="")
    rate: str = field(name="lastFundingRate", default="")
    interest: str = field(name="interestRate", default="")
    next_ms: int = field(name="nextFundingTime", default=0)
    venue_at_ms: int = field(name="time", default=0)


class FundingRule(Struct, gc=False):
    """One row of fundingInfo: contracts whose interval, cap or floor were set apart from the default."""

    symbol: str
    cap: str = field(name="adjustedFundingRateCap", default="")
    floor: str = field(name="adjustedFundingRateFloor", default="")
    interval_hours: int = field(name="fundingIntervalHours", default=8)


class SettledRate(Struct, gc=False):
    """One row of fundingRate, the history of settlements."""

    symbol: str
    at_ms: int = field(name="fundingTime")
    rate: str = field(name="fundingRate")


class Constituent(Struct, gc=False):
    """One source of an index; price is -1 where the venue hides it."""

    exchange: str
    symbol: str
    price: str = ""


class Constituents(Struct, gc=False):
    """The answer of constituents."""

    symbol: str
    constituents: list[Constituent]


class ServerTime(Struct, gc=False):
    """The answer of time."""

    at_ms: int = field(name="serverTime")


_TOP = msgspec.json.Decoder(TopFrame, strict=False)
_BARE_TOP = msgspec.json.Decoder(BareTop, strict=False)
_DEPTH = msgspec.json.Decoder(DepthFrame)
_MARK = msgspec.json.Decoder(MarkFrame)
_CONTROL = msgspec.json.Decoder(Control)

decode_top = _TOP.decode
"""A combined best bid/ask frame (bytes or memoryview) to `TopFrame`."""

decode_top_bare = _BARE_TOP.decode
"""A best bid/ask frame without wrapper to `BareTop`."""

decode_depth = _DEPTH.decode
"""A combined depth frame to `DepthFrame`."""

decode_mark = _MARK.decode
"""A combined frame of all marks to `MarkFrame`."""

decode_control = _CONTROL.decode
"""Any other frame to `Control`."""
