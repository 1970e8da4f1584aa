"""From the facts of a leg to its evidence: the venue's own figures, with everything needed to read them."""

from datetime import datetime, timedelta
from decimal import Decimal

from arbedge.domain.funding import Settlement
from arbedge.domain.instrument import MarketKind
from arbedge.domain.money import ZERO
from arbedge.domain.opportunity import Side
from arbedge.domain.quote import Book
from arbedge.market.facts import ConversionRate, LegFacts
from arbedge.opportunities.evidence import LegEvidence, TriangleLeg
from arbedge.opportunities.evidence.model import BookSide, book_side
from arbedge.opportunities.ports import MarketView

__all__ = ["LegReader", "rate_8h"]

_LEAST_OUTLOOK = timedelta(hours=24)
"""Every contract settles within a day; one without a settlement by then has funding nobody knows."""


class LegReader:
    """Reads legs of one market; keeps each slot's last parsed book and settlements (bounded by the slots)."""

    def __init__(self, market: MarketView, guard_s: float) -> None:
        self._market = market
        self._guard = timedelta(seconds=guard_s)
        self._parsed: dict[int, tuple[Book, BookSide, BookSide]] = {}
        self._expected: dict[int, tuple[Settlement, ...]] = {}

    def pair_leg(
        self, facts: LegFacts, conversion: ConversionRate, settlements: tuple[Settlement, ...]
    ) -> LegEvidence:
        """One leg of a pair."""
        instrument, (bids, asks) = facts.instrument, self._sides(facts)
        is_spot = instrument.id.kind is MarketKind.SPOT
        return LegEvidence(
            kind=instrument.id.kind,
            venue=instrument.id.venue,
            symbol=instrument.id.symbol,
            bids=bids,
            asks=asks,
            multiplier=instrument.multiplier,
            contract_size=instrument.contract_size,
            quote_rate=conversion.rate,
            conversion_cost=conversion.cost if is_spot else ZERO,
            lot=instrument.lot,
            min_qty=instrument.min_qty,
            min_notional=instrument.min_notional,
            taker_fee=facts.fee.taker,
            fee_asset=facts.fee.asset,
            mark=facts.mark,
            settlements=settlements,
            borrow_rate_hourly=facts.borrow_rate_hourly or ZERO,
        )

    def triangle_leg(self, facts: LegFacts, side: Side) -> TriangleLeg:
        """One trade of a triangle."""
        instrument, (bids, asks) = facts.instrument, self._sides(facts)
        return TriangleLeg(
            side=side,
            venue=instrument.id.venue,
            symbol=instrument.id.symbol,
            bids=bids,
            asks=asks,
            lot=instrument.lot,
            min_qty=instrument.min_qty,
            min_notional=instrument.min_notional,
            taker_fee=facts.fee.taker,
            fee_asset=facts.fee.asset,
        )

    def settlements(self, facts: LegFacts, as_of: datetime, longest_h: Decimal) -> tuple[Settlement, ...] | None:
        """Settlements of a perpetual up to the longest horizon; empty for spot, None where funding is not known.

        One that fell due within the guard is kept although the market no longer expects it: a payment just past
        still counts.
        """
        if facts.instrument.id.kind is MarketKind.SPOT:
            return ()
        longest = timedelta(hours=float(longest_h))
        expected = self._market.settlements(facts.slot, as_of + max(longest, _LEAST_OUTLOOK))
        if not expected:
            return None
        known = {settlement.at for settlement in expected}
        just_past = tuple(
            settlement
            for settlement in self._expected.get(facts.slot, ())
            if as_of - self._guard < settlement.at <= as_of and settlement.at not in known
        )
        expected = just_past + expected
        self._expected[facts.slot] = expected
        return tuple(settlement for settlement in expected if settlement.at <= as_of + longest)

    def _sides(self, facts: LegFacts) -> tuple[BookSide, BookSide]:
        book = facts.book
        assert book is not None, "the gate `book` comes first"
        known = self._parsed.get(facts.slot)
        if known is None or known[0] is not book:
            known = self._parsed[facts.slot] = (book, book_side(book.bids), book_side(book.asks))
        return known[1], known[2]


def rate_8h(settlements: tuple[Settlement, ...]) -> float | None:
    """The next rate in its comparable form, from the interval to the one after it; None for fewer than two."""
    if len(settlements) < 2:
        return None
    first, second = settlements[0], settlements[1]
    interval_h = (second.at - first.at).total_seconds() / 3600
    return float(first.rate) / interval_h * 8
