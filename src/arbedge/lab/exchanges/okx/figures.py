"""How OKX writes numbers: decimal text without trailing zeros, times as text, prices by the tick, sizes by the lot.

A swap's sizes are contracts everywhere (tickers, books, volumes); a contract holds `contract_size` units of the
base. Spot sizes are units of the base.
"""

from decimal import Decimal

from arbedge.lab.listing import Listing

__all__ = ["decimals", "plain", "price", "size", "step"]


def plain(value: float, places: int) -> str:
    """A number rounded to `places` decimals, zeros at the end left out."""
    text = f"{value:.{places}f}"
    return text.rstrip("0").rstrip(".") if places else text


def decimals(value: Decimal) -> str:
    """A decimal written out, never with an exponent."""
    text = f"{value:f}"
    return text.rstrip("0").rstrip(".") if "." in text else text


def step(places: int) -> str:
    """The smallest step of that many decimals: 2 is `0.01`, 0 is `1`."""
    return f"{10.0**-places:.{places}f}"


def price(item: Listing, ticks: int) -> str:
    """A price in the quote currency."""
    return plain(ticks / 10**item.tick_dp, item.tick_dp)


def size(item: Listing, lots: float) -> str:
    """A size in the venue's own unit: base on spot, contracts on swaps."""
    return plain(lots / 10**item.lot_dp, item.lot_dp)
