"""OKX's messages as typed structs: what arrives is decoded straight into these, unknown fields are ignored.

Every figure of OKX is text. Prices of best bid/ask decode to floats inside the decoder (they feed the pre-filter
only); book levels stay the venue's strings. A level is `[price, size, "0", orders]`, of which two are read.
"""

from typing import Annotated, Generic, TypeVar

import msgspec
from msgspec import Meta, Struct, field

from arbedge.exchanges.transport.payloads import GARBAGE, UpdateId, WireLevel, are_plain, decode

__all__ = [
    "GARBAGE",
    "BestFrame",
    "BestLevel",
    "BestRow",
    "BestRows",
    "BestSide",
    "BookFrame",
    "BookRow",
    "Component",
    "Control",
    "Envelope",
    "FundingRow",
    "IndexComponents",
    "IndexRow",
    "LimitRow",
    "ListedInstrument",
    "MarkRow",
    "OpenInterestRow",
    "PairLevel",
    "Refusal",
    "ServerTime",
    "SettledRow",
    "SlowFrame",
    "SlowRow",
    "TickerRow",
    "WireLevel",
    "are_plain",
    "decode",
    "decode_best",
    "decode_book",
    "decode_control",
    "decode_slow",
    "levels_of",
]


Shape = TypeVar("Shape")


class Channel(Struct, gc=False):
    """What a message belongs to."""

    channel: str
    symbol: str = field(name="instId", default="")


class BestLevel(Struct, array_like=True, gc=False):
    """The best level of a side."""

    price: float
    qty: float


class PairLevel(Struct, array_like=True, gc=False):
    """A level as sent; what follows the size (a constant, the number of orders) is not read."""

    price: str
    qty: str


class BestSide(Struct, array_like=True, gc=False):
    """A side of `bbo-tbt`: a list of one level, or an empty one where nobody quotes."""

    best: BestLevel | None = None


class BestRow(Struct, gc=False):
    """Best bid and ask (`bbo-tbt`). `ts` is the matching engine's."""

    asks: BestSide
    bids: BestSide
    venue_at_ms: int = field(name="ts")
    sequence: UpdateId = field(name="seqId", default=0)


class BestRows(Struct, array_like=True, forbid_unknown_fields=True, gc=False):
    """The list of one row every `bbo-tbt` frame holds."""

    row: BestRow


class Named(Struct, gc=False):
    """Of what a message belongs to, the instrument alone."""

    symbol: str = field(name="instId")


class BestFrame(Struct, gc=False):
    """A pushed best bid/ask: lists of one are structs here, which saves a quarter of decoding it."""

    arg: Named
    data: BestRows


class BookRow(Struct, gc=False):
    """A book or a change of it: where it ends, and where the one before it ended (-1: none, this is the whole)."""

    asks: list[PairLevel]
    bids: list[PairLevel]
    venue_at_ms: int = field(name="ts")
    last: UpdateId = field(name="seqId")
    previous: int = field(name="prevSeqId", default=-1)


class BookFrame(Struct, gc=False):
    """A pushed book (`books`): action `snapshot` or `update`. Its checksum is a constant 0 since June 2026."""

    arg: Channel
    action: str
    data: Annotated[list[BookRow], Meta(min_length=1)]


class FundingRow(Struct, gc=False):
    """Funding of one swap: the running rate settles at `at_ms`, the round after it at `next_ms`."""

    symbol: str = field(name="instId")
    rate: str = field(name="fundingRate", default="")
    at_ms: str = field(name="fundingTime", default="")
    next_ms: str = field(name="nextFundingTime", default="")
    previous_ms: str = field(name="prevFundingTime", default="")
    cap: str = field(name="maxFundingRate", default="")
    floor: str = field(name="minFundingRate", default="")
    interest: str = field(name="interestRate", default="")
    formula: str = field(name="formulaType", default="")
    venue_at_ms: str = field(name="ts", default="")


class SlowRow(FundingRow, gc=False):
    """One row of `funding-rate`, `mark-price` or `index-tickers`: which fields are there depends on the channel."""

    mark: str = field(name="markPx", default="")
    index: str = field(name="idxPx", default="")


class SlowFrame(Struct, gc=False):
    """A pushed funding rate, mark or index."""

    arg: Channel
    data: Annotated[list[SlowRow], Meta(min_length=1)]


class Control(Struct):
    """Everything that is not market data: answers to requests, refusals, notices."""

    event: str
    arg: Channel | None = None
    id: str = ""
    code: str = ""
    msg: str = ""


class Envelope(Struct, Generic[Shape], gc=False):
    """What wraps every REST answer: code 0 and data, or a code and words."""

    code: str
    data: Shape
    msg: str = ""


class Refusal(Struct):
    """A REST answer read only for whether it refuses."""

    code: str
    msg: str = ""


class ListedInstrument(Struct):
    """One row of public/instruments. A row of state preopen may hold nothing but its id."""

    symbol: str = field(name="instId")
    state: str = ""
    base: str = field(name="baseCcy", default="")
    quote: str = field(name="quoteCcy", default="")
    settle: str = field(name="settleCcy", default="")
    underlying: str = field(name="uly", default="")
    contract_type: str = field(name="ctType", default="")
    contract_value: str = field(name="ctVal", default="")
    contract_multiplier: str = field(name="ctMult", default="")
    contract_unit: str = field(name="ctValCcy", default="")
    category: str = field(name="instCategory", default="")
    rule: str = field(name="ruleType", default="")
    tick: str = field(name="tickSz", default="")
    lot: str = field(name="lotSz", default="")
    min_qty: str = field(name="minSz", default="")
    max_limit_qty: str = field(name="maxLmtSz", default="")
    max_market_qty: str = field(name="maxMktSz", default="")
    leverage: str = field(name="lever", default="")
    listed_ms: str = field(name="listTime", default="")
    trading_ms: str = field(name="contTdSwTime", default="")
    expires_ms: str = field(name="expTime", default="")


class TickerRow(Struct, gc=False):
    """One row of market/tickers; prices of a market without quotes are empty."""

    symbol: str = field(name="instId")
    last: str = ""
    bid: str = field(name="bidPx", default="")
    bid_qty: str = field(name="bidSz", default="")
    ask: str = field(name="askPx", default="")
    ask_qty: str = field(name="askSz", default="")
    currency_volume: str = field(name="volCcy24h", default="")
    venue_at_ms: int = field(name="ts", default=0)


class MarkRow(Struct, gc=False):
    """One row of public/mark-price."""

    symbol: str = field(name="instId")
    mark: str = field(name="markPx", default="")


class IndexRow(Struct, gc=False):
    """One row of market/index-tickers."""

    symbol: str = field(name="instId")
    index: str = field(name="idxPx", default="")


class OpenInterestRow(Struct, gc=False):
    """One row of public/open-interest: contracts, and the same in base units."""

    symbol: str = field(name="instId")
    base_units: str = field(name="oiCcy", default="")


class SettledRow(Struct, gc=False):
    """One row of public/funding-rate-history: what was paid is the realized rate."""

    at_ms: int = field(name="fundingTime")
    realized: str = field(name="realizedRate", default="")
    estimate: str = field(name="fundingRate", default="")

    @property
    def rate(self) -> str:
        """What was paid; the estimate where the venue has not said."""
        return self.realized or self.estimate


class Component(Struct, gc=False):
    """One source of an index."""

    exchange: str = field(name="exch")
    symbol: str = ""
    price: str = field(name="symPx", default="")


class IndexComponents(Struct, gc=False):
    """The data of market/index-components, an object where all others are lists."""

    components: list[Component]


class LimitRow(Struct, gc=False):
    """One row of public/price-limit; empty where `enabled` is false: no limit is in force."""

    symbol: str = field(name="instId")
    highest_buy: str = field(name="buyLmt", default="")
    lowest_sell: str = field(name="sellLmt", default="")
    is_enabled: bool = field(name="enabled", default=True)


class ServerTime(Struct, gc=False):
    """One row of public/time."""

    at_ms: int = field(name="ts")


decode_best = msgspec.json.Decoder(BestFrame, strict=False).decode
"""A best bid/ask frame (bytes or memoryview) to `BestFrame`."""

decode_book = msgspec.json.Decoder(BookFrame, strict=False).decode
"""A book frame to `BookFrame`."""

decode_slow = msgspec.json.Decoder(SlowFrame).decode
"""A frame of funding, mark or index to `SlowFrame`."""

decode_control = msgspec.json.Decoder(Control).decode
"""Any other frame to `Control`."""


def levels_of(side: list[PairLevel]) -> tuple[WireLevel, ...]:
    """Levels as price and size."""
    return tuple((level.price, level.qty) for level in side)
