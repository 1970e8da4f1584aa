"""What holding a pair of perpetuals really paid in funding: settled rates of a record, line by line.

The cash is the funding line of exact pricing, by the same function: only settlements count, and the guard decides
about those close to the entry. Notional is reporting currency at entry; the amount of coin it makes is held.
"""

from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from decimal import Decimal
from itertools import combinations, groupby, pairwise
from typing import NamedTuple

from arbedge.domain.funding import Settlement, SettlementStatus
from arbedge.domain.instrument import MarketKind
from arbedge.domain.money import ZERO
from arbedge.domain.opportunity import OpportunityKind
from arbedge.opportunities.evidence.model import LegEvidence, PairEvidence
from arbedge.opportunities.pricing.carry import HOUR_US, funding_until, payments
from arbedge.opportunities.pricing.exactness import exact_arithmetic

__all__ = [
    "HOLDINGS_MIN",
    "NAIVE_APR_MIN",
    "SETTLEMENTS_MIN",
    "ContractFunding",
    "Holding",
    "HoldingRule",
    "RecordedSettlement",
    "Together",
    "add_up",
    "hold_pairs",
]

SETTLEMENTS_MIN = 3
"""With fewer settlements on a side, cash is given, but no carry a year and no share of the naive carry."""

NAIVE_APR_MIN = Decimal("0.01")
"""Where the first rates promised less a year (as a fraction), a share of that promise says nothing."""

HOLDINGS_MIN = 10
"""Under so many holdings their sums are given, but no share."""

_HOURS_A_YEAR = 8760
_MICROSECOND = timedelta(microseconds=1)
_ONE_MOMENT = timedelta(minutes=1)
"""Settlements of one hour are stamped apart by so little: milliseconds to seconds after it."""
_LONGEST_INTERVAL_H = Decimal(8)
_ONE = Decimal(1)


@dataclass(frozen=True, slots=True)
class RecordedSettlement:
    """One settlement: when (UTC), the rate as a fraction per interval, the interval and the mark where known."""

    at: datetime
    rate: Decimal
    interval_hours: Decimal | None = None
    mark: Decimal | None = None


@dataclass(frozen=True, slots=True)
class ContractFunding:
    """All settlements of one contract in a record, oldest first. `coin` is a spelling, not a proven identity."""

    venue: str
    symbol: str
    coin: str
    settlements: tuple[RecordedSettlement, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class HoldingRule:
    """What is held and when: reporting currency a leg at entry, and the guard in seconds (opportunities.md).

    Without `since` a pair is entered a guard and a minute after the first moment both legs have settled, so that
    no settlement of that moment counts, and left as long after the last one; with it, it is entered then, or
    later, where the record begins later. Likewise `until`.
    """

    notional: Decimal = Decimal(1000)
    guard_s: Decimal = Decimal(60)
    since: datetime | None = None
    until: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Holding:
    """One pair held over a stretch of the record without a hole; the long side is where the first rate is lower.

    Where first rates are equal the venue first in name is the long side. `cash` is the funding line (positive is
    gain). `naive_cash` is what the first rates, those last settled at entry, would have made held constant.
    `carry_apr` and `naive_apr` are fractions a year of the notional; `realised` is cash / naive_cash. None where
    the record is too short or the promise too small to say. `has_marks` tells whether settlements were paid on
    recorded marks, those of both legs, or on the one at entry.
    """

    coin: str
    long: ContractFunding
    short: ContractFunding
    entered_at: datetime
    left_at: datetime
    long_settlements: int
    short_settlements: int
    cash: Decimal
    naive_cash: Decimal
    carry_apr: Decimal | None
    naive_apr: Decimal
    realised: Decimal | None
    has_marks: bool


@dataclass(frozen=True, slots=True)
class Together:
    """All holdings whose first rates promised at least `naive_apr_from` a year: how many, how many gained, sums.

    `realised` is the sum of cash over the sum of naive cash; None under `HOLDINGS_MIN` holdings.
    """

    naive_apr_from: Decimal
    holdings: int
    gained: int
    cash: Decimal
    naive_cash: Decimal
    realised: Decimal | None


class _Run(NamedTuple):
    """A stretch of one contract's record without a hole."""

    contract: ContractFunding
    settlements: tuple[RecordedSettlement, ...]


def hold_pairs(contracts: Sequence[ContractFunding], rule: HoldingRule) -> tuple[Holding, ...]:
    """Every two contracts of one coin on two venues, held over each stretch both have; best cash first.

    A hole is a span between two settlements longer than one and a half times the longer interval stated beside
    it (8 h where none is stated): what was settled there is not known, so the holding ends and begins anew.
    """
    found = []
    with exact_arithmetic():
        ordered = sorted(contracts, key=lambda each: (each.coin, each.venue, each.symbol))
        for _, same in groupby(ordered, key=lambda each: each.coin):
            for one, other in combinations(same, 2):
                if one.venue != other.venue:
                    found += [_hold(a, b, rule) for a in _runs(one) for b in _runs(other)]
    held = [each for each in found if each is not None]
    held.sort(key=lambda each: (-each.cash, each.coin, each.long.venue, each.long.symbol, each.entered_at))
    return tuple(held)


def add_up(holdings: Sequence[Holding], naive_apr_from: Decimal) -> Together:
    """What the holdings that promised so much made together."""
    taken = [each for each in holdings if each.naive_apr >= naive_apr_from]
    with exact_arithmetic():
        cash = sum((each.cash for each in taken), ZERO)
        naive = sum((each.naive_cash for each in taken), ZERO)
        realised = cash / naive if naive and len(taken) >= HOLDINGS_MIN else None
    return Together(naive_apr_from, len(taken), sum(each.cash > 0 for each in taken), cash, naive, realised)


def _runs(contract: ContractFunding) -> list[_Run]:
    runs = []
    begin = 0
    every = contract.settlements
    for index, (before, after) in enumerate(pairwise(every), start=1):
        longest = max(before.interval_hours or _LONGEST_INTERVAL_H, after.interval_hours or _LONGEST_INTERVAL_H)
        if _hours(before.at, after.at) > longest * Decimal("1.5"):
            runs.append(_Run(contract, every[begin:index]))
            begin = index
    runs.append(_Run(contract, every[begin:]))
    return runs


def _hold(one: _Run, other: _Run, rule: HoldingRule) -> Holding | None:
    clear = _ONE_MOMENT + timedelta(seconds=float(rule.guard_s))
    entry = max(one.settlements[0].at, other.settlements[0].at) + clear
    leave = min(one.settlements[-1].at, other.settlements[-1].at) + clear
    entry = max(entry, rule.since) if rule.since else entry
    leave = min(leave, rule.until) if rule.until else leave
    if entry >= leave:
        return None
    first, second = _first_rate_per_hour(one, entry), _first_rate_per_hour(other, entry)
    if first is None or second is None:
        return None
    long, short = (one, other) if first <= second else (other, one)
    return _held(long, short, abs(second - first), (entry, leave), rule)


def _held(
    long: _Run, short: _Run, naive_per_hour: Decimal, span: tuple[datetime, datetime], rule: HoldingRule
) -> Holding | None:
    entry, leave = span
    has_marks = all(each.mark for run in (long, short) for each in run.settlements)
    evidence = PairEvidence(
        kind=OpportunityKind.FUNDING,
        as_of=entry,
        notional=rule.notional,
        settlement_guard_s=rule.guard_s,
        long=_leg(long, entry, has_marks=has_marks),
        short=_leg(short, entry, has_marks=has_marks),
    )
    span_us = (leave - entry) // _MICROSECOND
    # Rates are on the mark at entry, and what is held is worth the notional there.
    long_paid = payments(replace(evidence, short=_NO_LEG), rule.notional, rule.notional)
    short_paid = payments(replace(evidence, long=_NO_LEG), rule.notional, rule.notional)
    counts = [sum(each.after_us <= span_us for each in paid) for paid in (long_paid, short_paid)]
    if not any(counts):
        return None
    cash = funding_until(long_paid, span_us) + funding_until(short_paid, span_us)
    years = Decimal(span_us) / HOUR_US / _HOURS_A_YEAR
    naive_apr = naive_per_hour * _HOURS_A_YEAR
    naive_cash = naive_apr * years * rule.notional
    is_enough = min(counts) >= SETTLEMENTS_MIN
    return Holding(
        coin=long.contract.coin,
        long=long.contract,
        short=short.contract,
        entered_at=entry,
        left_at=leave,
        long_settlements=counts[0],
        short_settlements=counts[1],
        cash=cash,
        naive_cash=naive_cash,
        carry_apr=cash / rule.notional / years if is_enough else None,
        naive_apr=naive_apr,
        realised=cash / naive_cash if is_enough and naive_apr >= NAIVE_APR_MIN else None,
        has_marks=has_marks,
    )


def _leg(run: _Run, entry: datetime, *, has_marks: bool) -> LegEvidence:
    """The leg as evidence; on recorded marks each rate is scaled by its mark over the one last known at entry."""
    if not has_marks:
        settled = tuple(Settlement(each.at, each.rate, SettlementStatus.SETTLED) for each in run.settlements)
        return _perp(settled)
    at_entry = _last_before(run, entry).mark
    assert at_entry is not None
    return _perp(
        tuple(
            Settlement(each.at, each.rate * (each.mark or at_entry) / at_entry, SettlementStatus.SETTLED)
            for each in run.settlements
        )
    )


def _perp(settlements: tuple[Settlement, ...]) -> LegEvidence:
    return LegEvidence(kind=MarketKind.PERP, bids=(), asks=(), lot=_ONE, taker_fee=ZERO, settlements=settlements)


_NO_LEG = _perp(())


def _last_before(run: _Run, entry: datetime) -> RecordedSettlement:
    """The settlement last known at entry; a run is never entered before its first one."""
    return run.settlements[bisect_right(run.settlements, entry, key=lambda each: each.at) - 1]


def _first_rate_per_hour(run: _Run, entry: datetime) -> Decimal | None:
    """The rate last settled at entry, a fraction an hour; None where no interval is stated and none follows."""
    first = _last_before(run, entry)
    hours = first.interval_hours
    if hours is None:
        after = next((each for each in run.settlements if each.at > first.at), None)
        hours = None if after is None else Decimal(round(_hours(first.at, after.at)))
    return first.rate / hours if hours else None


def _hours(before: datetime, after: datetime) -> Decimal:
    return Decimal((after - before) // _MICROSECOND) / HOUR_US
