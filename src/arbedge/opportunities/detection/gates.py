"""The gates a candidate passes, each a small pure question: None when it passes, else the reason in words.

Order and meaning: docs/reference/gates.md. A reason names the leg, the figure found and the figure asked for, so
that it can be acted on without looking anything up. Money is reporting currency, ages are monotonic.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal

from arbedge.domain.instrument import Instrument, InstrumentStatus, MarketKind
from arbedge.domain.money import figure
from arbedge.domain.opportunity import IdentityLevel, Side
from arbedge.domain.quote import Book
from arbedge.market.facts import IdentityFinding, LegFacts

__all__ = [
    "Freshness",
    "Order",
    "band",
    "book",
    "borrow",
    "fresh",
    "identity",
    "liquidity",
    "network",
    "plausible",
    "size",
    "trading",
]


@dataclass(frozen=True, slots=True)
class Freshness:
    """How close in time a candidate's books must be, in seconds: to now, and to each other."""

    detail_confirmation_s: float = 1.5
    skew_s: float = 1.0


@dataclass(frozen=True, slots=True)
class Order:
    """What one leg would send at entry: side, quantity and the worst price it reaches, all in venue units.

    `is_filled` is False when the book is too thin for the quantity; `reference` is the price the venue measures
    its band from.
    """

    leg: str
    side: Side
    quantity: Decimal
    worst_price: Decimal
    reference: Decimal
    is_filled: bool


def identity(finding: IdentityFinding) -> str | None:
    """The legs must be the same asset at level `ratio` or better."""
    if finding.level is IdentityLevel.UNKNOWN:
        held = f", in quarantine as {finding.case}" if finding.case else ""
        return f"not known to be the same asset{held}: {finding.basis}"
    return None


def trading(instruments: Sequence[Instrument], as_of: datetime, shortest_horizon_h: Decimal) -> str | None:
    """Every leg must be open for trading, and not about to be delisted within the shortest horizon."""
    for instrument in instruments:
        if instrument.status is not InstrumentStatus.TRADING:
            return f"{instrument.id} is {instrument.status}, not trading"
        ends = instrument.delists_at
        if ends is not None and ends <= as_of + timedelta(hours=float(shortest_horizon_h)):
            return f"{instrument.id} is delisted at {ends:%Y-%m-%d %H:%M} UTC"
    return None


def book(legs: Sequence[LegFacts]) -> str | None:
    """Every leg must have a book in sequence, with both sides and not crossed."""
    for leg in legs:
        name, held = leg.instrument.id, leg.book
        if held is None:
            return f"{name}: {leg.book_problem or 'no book'}"
        problem = _book_problem(held)
        if problem:
            return f"{name}: {problem}"
    return None


def fresh(legs: Sequence[LegFacts], limits: Freshness, now_ns: int) -> str | None:
    """Every leg must be alive, its book confirmed just now, and all books confirmed close together."""
    for leg in legs:
        if not leg.is_alive:
            return f"{leg.instrument.id}: {leg.alive_problem or 'not alive'}"
    for leg in legs:
        age_s = (now_ns - leg.book_confirmed_ns) / 1e9
        if age_s > limits.detail_confirmation_s:
            allowed = f"{limits.detail_confirmation_s:g} s allowed"
            return f"{leg.instrument.id}: book last confirmed {age_s:.2f} s ago, {allowed}"
    confirmed = sorted(leg.book_confirmed_ns for leg in legs)
    skew_s = (confirmed[-1] - confirmed[0]) / 1e9
    if skew_s > limits.skew_s:
        return f"the books lie {skew_s:.2f} s apart, {limits.skew_s:g} s allowed"
    return None


def band(orders: Sequence[Order], legs: Sequence[LegFacts]) -> str | None:
    """Every order must stay inside its venue's price band or price limits, and its maximum order size."""
    for order, leg in zip(orders, legs, strict=True):
        most = leg.instrument.max_qty
        if most is not None and order.quantity > most:
            return (
                f"{order.leg}: an order of {figure(order.quantity)} is over the venue's maximum of {figure(most)}"
            )
        ceiling, floor = _band_edges(order, leg)
        if order.side is Side.BUY and ceiling is not None and order.worst_price > ceiling:
            return (
                f"{order.leg}: buying reaches {figure(order.worst_price)}, the price band ends at {figure(ceiling)}"
            )
        if order.side is Side.SELL and floor is not None and order.worst_price < floor:
            return (
                f"{order.leg}: selling reaches {figure(order.worst_price)}, the price band ends at {figure(floor)}"
            )
    return None


def _band_edges(order: Order, leg: LegFacts) -> tuple[Decimal | None, Decimal | None]:
    """The highest buy and the lowest sell price: as the venue states them, else by its band about the reference."""
    if leg.limits is not None:
        return leg.limits.highest_buy, leg.limits.lowest_sell
    allowed = leg.instrument.band
    if allowed is None:
        return None, None
    return order.reference * (1 + allowed.up), order.reference * (1 - allowed.down)


def size(entry_notional: Decimal, reference: Decimal, least_share: Decimal) -> str | None:
    """What can be traded must be a fair part of the reference notional (minima and lots are priced before)."""
    if entry_notional < reference * least_share:
        return (
            f"only {figure(entry_notional)} USDT can be traded, {figure(reference * least_share)} needed"
            f" ({figure(least_share * 100)} % of {figure(reference)})"
        )
    return None


def liquidity(
    leg: LegFacts, quote_rate: Decimal, price: Decimal, *, least_volume: Decimal, least_open_interest: Decimal
) -> str | None:
    """A leg must have traded enough in 24 h, and a perpetual hold enough open interest.

    `price` is reporting currency for one base unit.
    """
    name, turnover = leg.instrument.id, leg.turnover
    if turnover is None:
        return None if least_volume == 0 and least_open_interest == 0 else f"{name}: 24 h volume not known"
    volume = turnover.quote_volume * quote_rate
    if volume < least_volume:
        return f"{name}: 24 h volume {volume:,.0f} USDT, {least_volume:,.0f} needed"
    if leg.instrument.id.kind is not MarketKind.PERP or least_open_interest == 0:
        return None
    if turnover.open_interest is None:
        return f"{name}: open interest not known, {least_open_interest:,.0f} USDT needed"
    held = turnover.open_interest * price
    if held < least_open_interest:
        return f"{name}: open interest {held:,.0f} USDT, {least_open_interest:,.0f} needed"
    return None


def borrow(short: LegFacts) -> str | None:
    """A spot leg that is sold must be borrowable at a known rate; unknown is not borrowable."""
    if short.instrument.id.kind is not MarketKind.SPOT:
        return None
    name = short.instrument.id
    if short.instrument.is_borrowable is False:
        return f"{name}: the venue does not lend {short.instrument.base}"
    if short.borrow_rate_hourly is None:
        setting = f"venues.{name.venue}.borrow_rates_hourly"
        return f"{name}: no borrow rate known for {short.instrument.base} (setting: {setting})"
    return None


def network(problem: str | None) -> str | None:
    """A coin that has to move needs one network open both ways; `problem` says why it has none."""
    return problem


def plausible(edges_bps: Sequence[tuple[str, Decimal]], cap_bps: Decimal) -> str | None:
    """No edge may be too good to be true: beyond the cap it is for a person to look at, not to show."""
    for name, edge in edges_bps:
        if edge > cap_bps:
            return f"{name} of {figure(edge)} bps is beyond the {figure(cap_bps)} bps cap"
    return None


def _book_problem(held: Book) -> str | None:
    if not held.bids or not held.asks:
        return f"no {'bids' if not held.bids else 'asks'} in the book"
    bid, ask = Decimal(held.bids[0][0]), Decimal(held.asks[0][0])
    if bid >= ask:
        return f"crossed book, bid {figure(bid)} at or over ask {figure(ask)}"
    return None
