"""Watches settlements pass: the last estimate before each, and the mark then, of perpetuals held on paper."""

from collections.abc import Iterable
from datetime import datetime, timedelta
from decimal import Decimal
from typing import NamedTuple

from arbedge.domain.funding import Settlement
from arbedge.domain.money import EXACT
from arbedge.flow.ports import FundingView
from arbedge.opportunities.detection.routes import REPORTING_CURRENCY
from arbedge.opportunities.ports import MarketView

__all__ = ["Passing", "SettlementWatch"]

_OUTLOOK = timedelta(hours=25)


class Passing(NamedTuple):
    """A settlement that passed: the last rate estimated for it, the mark last seen before it (per base unit)."""

    slot: int
    at: datetime
    rate: Decimal
    mark: Decimal | None


class SettlementWatch:
    """Looks at the next settlement of each slot held; bounded by the slots there are."""

    def __init__(self, market: MarketView, funding: FundingView) -> None:
        self._market = market
        self._funding = funding
        self._next: dict[int, Passing] = {}

    def look(self, slots: Iterable[int], now: datetime) -> list[Passing]:
        """What has passed since the last look, of these slots; the others are forgotten."""
        passed, watched = [], dict[int, Passing]()
        for slot in slots:
            known = self._next.get(slot)
            if known is not None and known.at <= now:
                passed.append(known)
            ahead = [each for each in self._funding.settlements(slot, now + _OUTLOOK) if each.at > now]
            if ahead:
                watched[slot] = self._reading(slot, ahead[0])
        self._next = watched
        return passed

    def _reading(self, slot: int, settlement: Settlement) -> Passing:
        instrument, mark = self._market.instruments()[slot], self._funding.mark(slot)
        if mark is not None and instrument.quote != REPORTING_CURRENCY:
            rate = self._market.conversion(instrument.quote)
            mark = None if rate is None else EXACT.multiply(mark, rate.rate)
        if mark is not None:
            mark = EXACT.divide(mark, instrument.multiplier)
        return Passing(slot, settlement.at, settlement.rate, mark)
