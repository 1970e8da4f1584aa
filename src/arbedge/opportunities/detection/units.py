"""Bringing the legs of a candidate to one unit: reporting currency for one base unit of the asset."""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

from arbedge.domain.money import ZERO
from arbedge.market.facts import ConversionRate, LegFacts
from arbedge.opportunities.detection.orders import mid_price
from arbedge.opportunities.detection.routes import REPORTING_CURRENCY
from arbedge.opportunities.ports import MarketView

__all__ = ["PairUnits", "pair_units", "triangle_rates"]

_AT_PAR = ConversionRate(Decimal(1), ZERO)


@dataclass(frozen=True, slots=True)
class PairUnits:
    """Both legs' conversion rates and mids, and the top-of-book gap (short bid / long ask - 1, a fraction)."""

    long_rate: ConversionRate
    short_rate: ConversionRate
    long_mid: Decimal
    short_mid: Decimal
    gap: Decimal


def pair_units(market: MarketView, long: LegFacts, short: LegFacts) -> PairUnits | str:
    """The units of a pair whose books are there; or in words which rate is missing."""
    rates = []
    for leg in (long, short):
        currency = leg.instrument.quote
        rate = _AT_PAR if currency == REPORTING_CURRENCY else market.conversion(currency)
        if rate is None:
            return f"{leg.instrument.id}: no live {currency}/{REPORTING_CURRENCY} rate"
        rates.append(rate)
    assert long.book is not None
    assert short.book is not None
    long_scale = rates[0].rate / long.instrument.multiplier
    short_scale = rates[1].rate / short.instrument.multiplier
    ask, bid = Decimal(long.book.asks[0][0]) * long_scale, Decimal(short.book.bids[0][0]) * short_scale
    return PairUnits(
        rates[0], rates[1], mid_price(long.book) * long_scale, mid_price(short.book) * short_scale, bid / ask - 1
    )


def triangle_rates(legs: Sequence[LegFacts]) -> list[tuple[Decimal, Decimal]]:
    """(quote currency in reporting currency, base in reporting currency) of each leg, from the legs' own mids.

    Two of the three legs touch the reporting currency; the third is valued through them.
    """
    worth = {REPORTING_CURRENCY: Decimal(1)}
    for leg in legs:
        assert leg.book is not None
        if leg.instrument.quote == REPORTING_CURRENCY:
            worth[leg.instrument.base] = mid_price(leg.book)
        elif leg.instrument.base == REPORTING_CURRENCY:
            worth[leg.instrument.quote] = 1 / mid_price(leg.book)
    return [(worth[leg.instrument.quote], worth[leg.instrument.base]) for leg in legs]
