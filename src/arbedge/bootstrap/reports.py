"""What recorded files say, for the command that asks: readers of storage joined with what is computed from them."""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path

from arbedge.errors import Invalid
from arbedge.opportunities.outcomes.holding import NAIVE_APR_MIN, Holding, HoldingRule, Together, add_up, hold_pairs
from arbedge.opportunities.outcomes.survival import SurvivalReport, SurvivalRule, measure_survival
from arbedge.storage.recorded.quotes import read_quotes
from arbedge.storage.recorded.settlements import read_settlements

__all__ = ["FundingAnswer", "SurvivalAnswer", "funding_report", "survival_report"]

_PROMISES = (NAIVE_APR_MIN, Decimal("0.1"), Decimal("0.3"), Decimal(1))
"""Naive carry a year, as fractions, from which on holdings are added up."""


@dataclass(frozen=True, slots=True)
class SurvivalAnswer:
    """The market looked at, rows of the record that could not be used, and the figures."""

    symbol: str
    unusable: int
    report: SurvivalReport


@dataclass(frozen=True, slots=True)
class FundingAnswer:
    """What the record holds, every holding of it, best cash first, and their sums by what they promised."""

    contracts: int
    settlements: int
    unusable: int
    holdings: tuple[Holding, ...]
    together: tuple[Together, ...]


def survival_report(
    path: Path, rule: SurvivalRule, *, symbols: Sequence[str] = (), venues: Sequence[str] = ()
) -> SurvivalAnswer:
    """How long gross edges between two venues lived. Raises Invalid or NotFound naming the fix."""
    record = read_quotes(path, symbols=symbols, venues=venues)
    return SurvivalAnswer(record.symbol, record.unusable, measure_survival(record.quotes, rule))


def funding_report(paths: Sequence[Path], rule: HoldingRule, *, coin: str = "") -> FundingAnswer:
    """What holding each pair paid in funding. Raises Invalid, NotFound or Conflict naming the fix."""
    record = read_settlements(paths)
    contracts = [each for each in record.contracts if not coin or each.coin.upper() == coin.upper()]
    if not contracts:
        raise Invalid(f"--coin {coin}: the record has no contract of it; see the coins without --coin")
    holdings = hold_pairs(contracts, rule)
    return FundingAnswer(
        contracts=len(contracts),
        settlements=sum(len(each.settlements) for each in contracts),
        unusable=record.unusable,
        holdings=holdings,
        together=tuple(add_up(holdings, promise) for promise in _PROMISES),
    )
