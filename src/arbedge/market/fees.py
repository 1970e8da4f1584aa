"""What a taker pays: the user's own rate, else what the venue lists for that instrument, else its public schedule.

Fractions (0.001 = 10 bps). Own rates and schedules are by venue and kind of market; a market without a schedule is
refused, never priced as free.
"""

from collections.abc import Mapping
from dataclasses import replace
from datetime import date
from decimal import Decimal

from arbedge.domain.fees import FeeAsset, FeeRate
from arbedge.domain.instrument import Instrument, MarketKind
from arbedge.errors import NotFound

__all__ = ["PUBLIC_SCHEDULE", "FeeTable"]

Market = tuple[str, MarketKind]
_READ_ON = date(2026, 11, 22)


def _public(taker: str, asset: FeeAsset, source: str) -> FeeRate:
    return FeeRate(Decimal(taker), asset, source, _READ_ON)


_BINANCE = "binance.com/en/fee, regular user, no discount"
_BYBIT = "bybit.com fee structure, non-VIP"
_OKX = "okx.com/fees, regular user level 1"
_BITGET = "bitget.com/fee, regular user"
_HYPERLIQUID = "hyperliquid docs, trading/fees, perps tier 0, no staking or referral"

PUBLIC_SCHEDULE: Mapping[Market, FeeRate] = {
    ("binance", MarketKind.SPOT): _public("0.001", FeeAsset.RECEIVED, _BINANCE),
    ("binance", MarketKind.PERP): _public("0.0005", FeeAsset.QUOTE, _BINANCE),
    ("bybit", MarketKind.SPOT): _public("0.001", FeeAsset.RECEIVED, _BYBIT),
    ("bybit", MarketKind.PERP): _public("0.00055", FeeAsset.QUOTE, _BYBIT),
    ("okx", MarketKind.SPOT): _public("0.001", FeeAsset.RECEIVED, _OKX),
    ("okx", MarketKind.PERP): _public("0.0005", FeeAsset.QUOTE, _OKX),
    ("bitget", MarketKind.SPOT): _public("0.001", FeeAsset.RECEIVED, _BITGET),
    ("bitget", MarketKind.PERP): _public("0.0006", FeeAsset.QUOTE, _BITGET),
    ("hyperliquid", MarketKind.PERP): _public("0.00045", FeeAsset.QUOTE, _HYPERLIQUID),
}
"""The venues' ordinary tier without any discount; spot fees are taken from whatever the trade received.

Binance and Bybit as their help pages repeat it; OKX and Bitget as third parties quote it, so unverified.
"""


class FeeTable:
    """Looks up a taker fee. `schedule` is read by (venue, kind), `own_rates` are the user's, by the same key.

    Raises `NotFound` at construction when an own rate is given for a market the schedule does not know: which asset
    the fee is taken from would be a guess.
    """

    def __init__(
        self,
        schedule: Mapping[Market, FeeRate] = PUBLIC_SCHEDULE,
        own_rates: Mapping[Market, Decimal] | None = None,
        *,
        as_of: date = _READ_ON,
    ) -> None:
        self._rates = dict(schedule)
        self._own = frozenset(own_rates or ())
        self._as_of = as_of
        for market, taker in (own_rates or {}).items():
            if market not in self._rates:
                raise NotFound(f"a taker fee is set for {market[0]} {market[1]}, which has no fee schedule")
            self._rates[market] = replace(self._rates[market], taker=taker, source="your settings", as_of=as_of)

    def of(self, instrument: Instrument) -> FeeRate:
        """The taker fee of an instrument. Raises `NotFound` for a market without a schedule."""
        venue, kind = instrument.id.venue, instrument.id.kind
        rate, listed = self.of_market(venue, kind), instrument.taker_fee
        if listed is None or (venue, kind) in self._own:
            return rate
        return replace(rate, taker=listed, source=f"{venue}'s list of instruments", as_of=self._as_of)

    def of_market(self, venue: str, kind: MarketKind) -> FeeRate:
        """The taker fee of a venue's kind of market. Raises `NotFound` where there is no schedule."""
        rate = self._rates.get((venue, kind))
        if rate is None:
            raise NotFound(f"no fee schedule for {venue} {kind}")
        return rate
