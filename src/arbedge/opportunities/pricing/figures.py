"""Printing a priced trade: exactly the fields of opportunities.md, in its order, as decimal strings."""

from decimal import Decimal

from arbedge.domain.money import figure
from arbedge.domain.priced import BelowMinimumSize, PricedPair, PricedTriangle

__all__ = ["render"]

_PAIR = (
    "order_qty",
    "qty",
    "residual_base",
    "long_vwap",
    "short_vwap",
    "entry_notional",
    "price",
    "fees_entry",
    "fees_exit",
    "funding",
    "borrow",
    "transfer",
    "conversion",
    "net",
    "net_bps",
    "capital",
    "return_on_capital",
)
_HEDGE = ("net_stay", "net_close", "carry_apr")
_TRIANGLE = ("spent", "end", "net", "net_bps")


def render(priced: PricedPair | PricedTriangle | BelowMinimumSize) -> dict[str, str]:
    """Field to figure; below the minimum size there is the verdict and nothing else."""
    shown = {"verdict": priced.verdict.value}
    if isinstance(priced, PricedPair):
        shown |= _figures(priced, _PAIR)
        if priced.hedge is not None:
            shown |= _figures(priced.hedge, _HEDGE)
    elif isinstance(priced, PricedTriangle):
        shown |= _figures(priced, _TRIANGLE)
    return shown


def _figures(priced: object, names: tuple[str, ...]) -> dict[str, str]:
    shown: dict[str, str] = {}
    for name in names:
        value = getattr(priced, name)
        assert isinstance(value, Decimal)
        shown[name] = figure(value)
    return shown
