"""Hyperliquid's contracts to domain values, by the venue's own rules.

A contract is called by its coin; a small `k` before it means a thousand (kPEPE). Sizes are coins of `szDecimals`
places. A price has at most five significant digits and 6 - `szDecimals` places, so the tick depends on the price.
"""

from datetime import datetime, timedelta
from decimal import Decimal

from arbedge.domain.funding import FundingState
from arbedge.domain.instrument import Instrument, InstrumentId, InstrumentStatus, MarketKind, PriceBand
from arbedge.domain.money import ZERO
from arbedge.domain.quote import Book
from arbedge.errors import Invalid
from arbedge.exchanges.hyperliquid import wire
from arbedge.exchanges.hyperliquid.facts import SPEC
from arbedge.exchanges.reading.answers import book_of
from arbedge.exchanges.reading.figures import decimal_or_none, positive_or_none

__all__ = ["book_of_row", "contract_of", "instrument_id", "state_of"]

_MOST_PLACES, _DIGITS = 6, 5
_BAND = PriceBand(up=Decimal("0.8"), down=Decimal("0.8"))
_INTEREST_HOURLY = Decimal("0.0001") / 8
_CAP_HOURLY = Decimal("0.04")


def instrument_id(coin: str) -> InstrumentId:
    """The identity of a contract."""
    return InstrumentId(SPEC.name, MarketKind.PERP, coin)


def contract_of(asset: wire.Asset, context: wire.Context) -> Instrument:
    """A contract as listed; raises `Invalid` for rules that make no sense."""
    if not 0 <= asset.places <= _MOST_PLACES:
        raise Invalid(f"{asset.name} szDecimals: {asset.places} is no number of decimals")
    is_thousand = asset.name[:1] == "k" and asset.name[1:].isupper()
    mark = positive_or_none(context.mark)
    digits_left = _DIGITS - 1 - mark.adjusted() if mark is not None else _DIGITS
    return Instrument(
        id=instrument_id(asset.name),
        base=asset.name,
        quote="USDC",
        asset=asset.name[1:] if is_thousand else asset.name,
        settle="USDC",
        tick=Decimal(1).scaleb(-max(0, min(_MOST_PLACES - asset.places, digits_left))),
        lot=Decimal(1).scaleb(-asset.places),
        min_qty=ZERO,
        min_notional=Decimal(10),
        status=InstrumentStatus.DELISTED if asset.is_delisted else InstrumentStatus.TRADING,
        multiplier=Decimal(1000 if is_thousand else 1),
        band=_BAND,
    )


def state_of(coin: str, context: wire.Context, now: datetime, received_ns: int) -> FundingState | None:
    """Funding of a contract; None where it makes no sense. Its hour is counted by `now` (UTC): none is stated."""
    rate = decimal_or_none(context.rate)
    if rate is None:
        return None
    return FundingState(
        instrument=instrument_id(coin),
        rate=rate,
        next_at=now.replace(minute=0, second=0, microsecond=0) + timedelta(hours=1),
        interval_hours=Decimal(1),
        default_rate=_INTEREST_HOURLY,
        cap=_CAP_HOURLY,
        floor=-_CAP_HOURLY,
        mark=positive_or_none(context.mark),
        index=positive_or_none(context.oracle),
        venue_at_ms=None,
        received_ns=received_ns,
    )


def book_of_row(row: wire.BookRow, received_ns: int) -> Book:
    """A whole book; its sequence is its time (ms). Raises `IntegrityError` for what is no number."""
    bids, asks = ([(level.price, level.qty) for level in side] for side in row.levels)
    return book_of(instrument_id(row.coin), (bids, asks), row.at_ms, row.at_ms, received_ns)
