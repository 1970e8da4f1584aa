"""Exact decimals: parsing, lots and the one way figures are printed.

Money, prices and sizes are `Decimal`; binary floats appear only in pre-filters and scores, marked there.
"""

from decimal import ROUND_HALF_EVEN, Context, Decimal, DecimalException
from math import lcm

from arbedge.errors import Invalid

__all__ = ["EXACT", "ZERO", "decimal_of", "figure", "floor_to", "is_multiple", "least_common_lot"]

EXACT = Context(prec=60, rounding=ROUND_HALF_EVEN)
"""The context every exact computation runs in: 60 digits, far over the 28 the arithmetic asks for."""

_SHOWN = Context(prec=12, rounding=ROUND_HALF_EVEN)
ZERO = Decimal(0)


def decimal_of(text: object, name: str) -> Decimal:
    """Parse a decimal string; `name` is the key an error names. Floats, NaN and infinities are refused."""
    if not isinstance(text, str):
        raise Invalid(f'{name}: expected a decimal string such as "0.001", got {text!r}')
    try:
        value = Decimal(text.strip())
    except DecimalException:
        raise Invalid(f"{name}: {text!r} is not a decimal number") from None
    if not value.is_finite():
        raise Invalid(f"{name}: {text!r} is not a finite number")
    return value


def figure(value: Decimal) -> str:
    """Print a figure half-even to 12 significant digits, plain notation, trailing zeros dropped."""
    rounded = _SHOWN.plus(value)
    if rounded == 0:
        return "0"
    text = format(rounded, "f")
    return text.rstrip("0").rstrip(".") if "." in text else text


def floor_to(value: Decimal, lot: Decimal) -> Decimal:
    """The largest multiple of `lot` (> 0) not above `value` (>= 0)."""
    return EXACT.multiply(EXACT.divide_int(value, lot), lot)


def is_multiple(value: Decimal, lot: Decimal) -> bool:
    """Whether `value` is a whole number of lots."""
    return EXACT.remainder(value, lot) == 0


def least_common_lot(first: Decimal, second: Decimal) -> Decimal:
    """The least common multiple of two positive lots, exact: lcm(0.001, 0.01) = 0.01, lcm(0.4, 0.6) = 1.2."""
    scale = max(_places(first), _places(second))
    unit = Decimal(1).scaleb(scale)
    return Decimal(lcm(int(first * unit), int(second * unit))).scaleb(-scale)


def _places(value: Decimal) -> int:
    exponent = value.normalize(EXACT).as_tuple().exponent
    assert isinstance(exponent, int)
    return max(0, -exponent)
