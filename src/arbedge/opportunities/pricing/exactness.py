"""The arithmetic every exact figure is computed in: 60 digits, half-even, whatever the caller's context is."""

from collections.abc import Iterator
from contextlib import contextmanager
from decimal import DecimalException, localcontext

from arbedge.domain.money import EXACT
from arbedge.errors import Invalid

__all__ = ["exact_arithmetic"]


@contextmanager
def exact_arithmetic() -> Iterator[None]:
    """Compute in `domain.money.EXACT`; figures too far apart for it (1e30 over 1e-60) are `Invalid`."""
    with localcontext(EXACT):
        try:
            yield
        except DecimalException:
            raise Invalid(
                "notional: the figures are too far apart to be priced exactly; check lots, sizes and prices"
            ) from None
