"""From a document of schema `arbedge.evidence/1` to evidence, strictly.

Absent keys take the defaults of opportunities.md; a missing required key, a number that is not a decimal string,
a crossed or badly ordered book is an `Invalid` that names the key (`long.book.asks[3]`). Unknown keys are ignored.
"""

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from arbedge.domain.fees import FeeAsset
from arbedge.domain.funding import Settlement, SettlementStatus
from arbedge.domain.instrument import MarketKind
from arbedge.domain.money import ZERO
from arbedge.domain.opportunity import OpportunityKind, Side
from arbedge.errors import Invalid
from arbedge.opportunities.evidence.fields import Fields, Range, read_number
from arbedge.opportunities.evidence.model import (
    LEG_KINDS,
    SCHEMA,
    BookSide,
    InventoryMode,
    LegEvidence,
    PairEvidence,
    PriceLevel,
    TriangleEvidence,
    TriangleLeg,
)

__all__ = ["parse"]

_ONE = Decimal(1)
_LEGS_OF_A_TRIANGLE = 3


def parse(document: Mapping[str, Any]) -> PairEvidence | TriangleEvidence:
    """Evidence from its document. Raises `Invalid`, naming the key at fault."""
    top = Fields(document)
    if top.value("schema") != SCHEMA:
        raise Invalid(f'schema: expected "{SCHEMA}", got {top.value("schema")!r}')
    kind = top.choice("kind", OpportunityKind)
    return _triangle(top) if kind is OpportunityKind.TRIANGULAR else _pair(top, kind)


def _pair(top: Fields, kind: OpportunityKind) -> PairEvidence:
    long_kind, short_kind = LEG_KINDS[kind]
    evidence = PairEvidence(
        kind=kind,
        asset=top.text("asset"),
        mode=top.choice("mode", InventoryMode, InventoryMode.PREFUNDED),
        as_of=top.moment("as_of"),
        notional=top.number("notional", Range.NOT_NEGATIVE),
        horizon_hours=top.number("horizon_hours", Range.NOT_NEGATIVE, ZERO),
        convergence=top.number("convergence", Range.ANY, ZERO),
        settlement_guard_s=top.number("settlement_guard_s", Range.NOT_NEGATIVE, Decimal(60)),
        leverage=top.number("leverage", Range.POSITIVE, Decimal(3)),
        margin_buffer=top.number("margin_buffer", Range.NOT_NEGATIVE, Decimal("0.1")),
        withdraw_fee_base=top.number("withdraw_fee_base", Range.NOT_NEGATIVE, ZERO),
        withdraw_fee_pct=top.number("withdraw_fee_pct", Range.NOT_NEGATIVE, ZERO),
        long=_leg(top.fields("long"), long_kind, kind),
        short=_leg(top.fields("short"), short_kind, kind),
    )
    _need(evidence.long.asks, "long.book.asks")
    _need(evidence.long.bids, "long.book.bids")
    _need(evidence.short.bids, "short.book.bids")
    if evidence.is_hedged or evidence.is_borrowed:
        _need(evidence.short.asks, "short.book.asks")
    return evidence


def _leg(leg: Fields, wanted: MarketKind, pair: OpportunityKind) -> LegEvidence:
    kind = leg.choice("kind", MarketKind)
    if kind is not wanted:
        raise Invalid(f"{leg.path('kind')}: expected {wanted.value} in a {pair.value} pair, got {kind.value!r}")
    bids, asks = _book(leg)
    return LegEvidence(
        kind=kind,
        venue=leg.text("venue"),
        symbol=leg.text("symbol"),
        bids=bids,
        asks=asks,
        multiplier=leg.number("multiplier", Range.POSITIVE, _ONE),
        contract_size=leg.number("contract_size", Range.POSITIVE, _ONE),
        quote_rate=leg.number("quote_rate", Range.POSITIVE, _ONE),
        conversion_cost=leg.number("conversion_cost", Range.FRACTION, ZERO),
        lot=leg.number("lot", Range.POSITIVE),
        min_qty=leg.number("min_qty", Range.NOT_NEGATIVE, ZERO),
        min_notional=leg.number("min_notional", Range.NOT_NEGATIVE, ZERO),
        taker_fee=leg.number("taker_fee", Range.FEE),
        fee_asset=leg.choice("fee_asset", FeeAsset, FeeAsset.QUOTE),
        mark=leg.number("mark", Range.POSITIVE) if leg.has("mark") else None,
        settlements=tuple(_settlement(Fields(item, path)) for path, item in leg.items("settlements", ())),
        borrow_rate_hourly=leg.number("borrow_rate_hourly", Range.NOT_NEGATIVE, ZERO),
    )


def _settlement(item: Fields) -> Settlement:
    return Settlement(
        at=item.moment("at"),
        rate=item.number("rate"),
        status=item.choice("status", SettlementStatus, SettlementStatus.FORECAST),
    )


def _triangle(top: Fields) -> TriangleEvidence:
    items = top.items("legs")
    if len(items) != _LEGS_OF_A_TRIANGLE:
        raise Invalid(f"legs: expected three legs, got {len(items)}")
    first, second, third = (_triangle_leg(Fields(item, path)) for path, item in items)
    return TriangleEvidence(
        asset=top.text("asset"),
        as_of=top.moment("as_of"),
        notional=top.number("notional", Range.NOT_NEGATIVE),
        legs=(first, second, third),
    )


def _triangle_leg(leg: Fields) -> TriangleLeg:
    side = leg.choice("side", Side)
    if leg.choice("kind", MarketKind, MarketKind.SPOT) is not MarketKind.SPOT:
        raise Invalid(f"{leg.path('kind')}: a triangle trades spot, got {leg.value('kind')!r}")
    bids, asks = _book(leg)
    _need(asks if side is Side.BUY else bids, leg.path("book.asks" if side is Side.BUY else "book.bids"))
    return TriangleLeg(
        side=side,
        venue=leg.text("venue"),
        symbol=leg.text("symbol"),
        bids=bids,
        asks=asks,
        multiplier=leg.number("multiplier", Range.POSITIVE, _ONE),
        contract_size=leg.number("contract_size", Range.POSITIVE, _ONE),
        lot=leg.number("lot", Range.POSITIVE),
        min_qty=leg.number("min_qty", Range.NOT_NEGATIVE, ZERO),
        min_notional=leg.number("min_notional", Range.NOT_NEGATIVE, ZERO),
        taker_fee=leg.number("taker_fee", Range.FEE),
        fee_asset=leg.choice("fee_asset", FeeAsset, FeeAsset.RECEIVED),
    )


def _need(side: BookSide, path: str) -> None:
    if not side:
        raise Invalid(f"{path}: required, and missing or empty")


def _book(leg: Fields) -> tuple[BookSide, BookSide]:
    book = leg.fields("book")
    bids, asks = _side(book, "bids", is_rising=False), _side(book, "asks", is_rising=True)
    if bids and asks and bids[0][0] >= asks[0][0]:
        raise Invalid(f"{leg.path('book')}: crossed, best bid {bids[0][0]} is not below best ask {asks[0][0]}")
    return bids, asks


def _side(book: Fields, key: str, *, is_rising: bool) -> BookSide:
    levels: list[PriceLevel] = []
    for path, item in book.items(key, ()):
        if not isinstance(item, list | tuple) or len(item) != 2:
            raise Invalid(f"{path}: expected [price, size], got {item!r}")
        price = read_number(item[0], f"{path}[0]", Range.POSITIVE)
        size = read_number(item[1], f"{path}[1]", Range.POSITIVE)
        if levels and (price < levels[-1][0] if is_rising else price > levels[-1][0]):
            raise Invalid(f"{path}: best level first, but {price} is better than {levels[-1][0]} before it")
        levels.append((price, size))
    return tuple(levels)
