"""The one rule by which a ticker like 1000PEPE or SHIB1000 is read as so many units of an asset.

A hypothesis only: the price ratio and the index components have to confirm it before it counts as identity.
"""

from collections.abc import Set as AbstractSet
from decimal import Decimal

__all__ = ["split_multiplier"]

_PREFIXES: tuple[tuple[str, int], ...] = (
    ("1000000", 1_000_000),
    ("1M", 1_000_000),
    ("10000", 10_000),
    ("1000", 1_000),
    ("k", 1_000),
)
"""Prefixes that scale a ticker, longest number first so that 1000000MOG is not read as 1000 of 000MOG."""

_SUFFIXES: tuple[tuple[str, int], ...] = (("1000000", 1_000_000), ("10000", 10_000), ("1000", 1_000))
"""The same behind the ticker (SHIB1000), longest first for the same reason."""


def split_multiplier(base: str, spot_bases: AbstractSet[str]) -> tuple[str, Decimal]:
    """The asset behind a perp's ticker and how many units of it one unit of the ticker is.

    1000PEPE is 1000 PEPE only where PEPE is a spot base of the venue and 1000PEPE itself is not. Which part is
    tried first is fixed, so that the answer does not depend on any order of listing.
    """
    if base not in spot_bases:
        for prefix, factor in _PREFIXES:
            rest = base.removeprefix(prefix)
            if rest != base and rest in spot_bases:
                return rest, Decimal(factor)
        for suffix, factor in _SUFFIXES:
            rest = base.removesuffix(suffix)
            if rest != base and rest in spot_bases:
                return rest, Decimal(factor)
    return base, Decimal(1)
