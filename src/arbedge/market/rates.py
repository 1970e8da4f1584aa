"""What a quote currency is worth in the reporting currency: a live market mid, never an assumed 1.

The best source is a spot market between the two (USDC/USDT, or USDT/TRY read the other way round). Of several that
quote now it is the one in the middle, so that a venue whose ETH stands apart does not move what ETH is worth
everywhere. The cost of turning one into the other is half that market's spread plus its taker fee. Columns get
floats, pricing gets decimals.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from decimal import ROUND_HALF_EVEN, Context, Decimal
from math import nan

import numpy as np
from numpy.typing import NDArray

from arbedge.domain.instrument import InstrumentStatus, MarketKind
from arbedge.domain.money import EXACT, ZERO
from arbedge.market.board import QuoteBoard
from arbedge.market.facts import ConversionRate
from arbedge.market.fees import FeeTable
from arbedge.market.universe.registry import Universe

__all__ = ["QuoteRates"]

_KEPT_DIGITS = Context(prec=28, rounding=ROUND_HALF_EVEN)


@dataclass(frozen=True, slots=True)
class _Source:
    """A spot market that tells a currency's rate; `is_inverse` when the reporting currency is its base."""

    slot: int
    is_inverse: bool


class QuoteRates:
    """Keeps the board's scale column and answers conversion rates.

    `is_live` says whether a slot's quote is known to be true now; a rate rests on live markets only.
    """

    def __init__(
        self,
        universe: Universe,
        board: QuoteBoard,
        fees: FeeTable,
        is_live: Callable[[int], bool],
        *,
        reporting: str = "USDT",
    ) -> None:
        self._universe = universe
        self._board = board
        self._fees = fees
        self._is_live = is_live
        self._reporting = reporting
        self._sources: dict[str, tuple[_Source, ...]] = {}
        self._currency_of: dict[int, str] = {}
        self._dependents: dict[str, tuple[NDArray[np.intp], NDArray[np.float64]]] = {}
        self._current: dict[str, float] = {}

    @property
    def currencies(self) -> Mapping[int, str]:
        """Which currency each of the spot markets rates rest on tells."""
        return self._currency_of

    @property
    def source_slots(self) -> frozenset[int]:
        """The spot markets rates rest on."""
        return frozenset(self._currency_of)

    def renew(self) -> None:
        """Find sources and dependents anew after a listing changed, and write the whole scale column."""
        self._sources.clear()
        self._currency_of.clear()
        by_quote: dict[str, list[int]] = {}
        for slot, each in enumerate(self._universe.instruments):
            by_quote.setdefault(each.quote, []).append(slot)
        for slot, each in enumerate(self._universe.instruments):
            if each.id.kind is not MarketKind.SPOT or each.status is not InstrumentStatus.TRADING:
                continue
            if each.quote == self._reporting and each.base in by_quote:
                self._add(each.base, _Source(slot, is_inverse=False))
            elif each.base == self._reporting and each.quote in by_quote:
                self._add(each.quote, _Source(slot, is_inverse=True))
        self._dependents = {
            currency: (
                np.asarray(slots, dtype=np.intp),
                np.asarray([1 / float(self._universe.instruments[slot].multiplier) for slot in slots]),
            )
            for currency, slots in by_quote.items()
        }
        for currency in self._dependents:
            self._write(currency, self._float_rate(currency))

    def on_quote(self, slot: int) -> None:
        """A slot's prices changed or were lost: renew the scales that rest on it. Cheap for every other slot."""
        currency = self._currency_of.get(slot)
        if currency is None:
            return
        rate = self._float_rate(currency)
        if rate != self._current.get(currency):
            self._write(currency, rate)

    def find(self, currency: str) -> ConversionRate | None:
        """One unit of `currency` in the reporting currency, exact; None where no live market tells it."""
        if currency == self._reporting:
            return ConversionRate(Decimal(1), ZERO)
        for _, source in self._middle_first(currency):
            best = self._board.best(source.slot)
            if best is None or not self._is_live(source.slot):
                continue
            bid, ask = (Decimal(repr(price)) for price in best)
            mid = EXACT.divide(EXACT.add(bid, ask), Decimal(2))
            half_spread = _KEPT_DIGITS.divide(EXACT.divide(EXACT.subtract(ask, bid), Decimal(2)), mid)
            fee = self._fees.of(self._universe.instruments[source.slot]).taker
            rate = _KEPT_DIGITS.divide(Decimal(1), mid) if source.is_inverse else mid
            return ConversionRate(rate, EXACT.add(half_spread, max(ZERO, fee)))
        return None

    def _add(self, currency: str, source: _Source) -> None:
        self._sources[currency] = (*self._sources.get(currency, ()), source)
        self._currency_of[source.slot] = currency

    def _write(self, currency: str, rate: float) -> None:
        self._current[currency] = rate
        if currency in self._dependents:
            slots, inverse_multipliers = self._dependents[currency]
            self._board.set_scale(slots, rate * inverse_multipliers)

    def _float_rate(self, currency: str) -> float:
        if currency == self._reporting:
            return 1.0
        ranked = self._middle_first(currency)
        return ranked[0][0] if ranked else nan

    def _middle_first(self, currency: str) -> list[tuple[float, _Source]]:
        """Rates that are quoted now, from the middle outwards: of an even number the lower of the two first."""
        quoted = []
        for source in self._sources.get(currency, ()):
            mid = self._board.mid(source.slot)
            if mid == mid:  # noqa: PLR0124 - not NaN, at a tenth of the cost of asking math
                quoted.append((1 / mid if source.is_inverse else mid, source))
        if len(quoted) < 2:
            return quoted
        quoted.sort(key=lambda each: each[0])
        middle = quoted[(len(quoted) - 1) // 2][0]
        return sorted(quoted, key=lambda each: abs(each[0] - middle))
