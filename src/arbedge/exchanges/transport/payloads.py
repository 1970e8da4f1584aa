"""What every venue's messages have in common: ids that fit, levels that are numbers, bodies decoded by shape."""

import re
from collections.abc import Sequence
from itertools import chain
from typing import Annotated, Any, TypeVar

import msgspec
from msgspec import Meta

__all__ = ["GARBAGE", "UpdateId", "WireLevel", "are_plain", "decode"]

GARBAGE = (msgspec.DecodeError, ValueError, RecursionError)
"""What decoding raises on a message that makes no sense."""

Shape = TypeVar("Shape")

UpdateId = Annotated[int, Meta(ge=0, le=2**62)]
"""A sequence number that fits a 64-bit column with room to spare."""

WireLevel = tuple[str, str]

_NUMBER = r"[0-9]{1,30}(?:\.[0-9]{1,30})?"
_PLAIN_NUMBERS = re.compile(f"{_NUMBER}(?:,{_NUMBER})*")

_DECODERS: dict[Any, msgspec.json.Decoder[Any]] = {}


def decode(body: bytes, shape: type[Shape]) -> Shape:
    """A REST body as `shape` (numbers may arrive as strings); raises one of `GARBAGE`."""
    decoder = _DECODERS.get(shape)
    if decoder is None:
        decoder = _DECODERS[shape] = msgspec.json.Decoder(shape, strict=False)
    return decoder.decode(body)  # type: ignore[no-any-return]


def are_plain(levels: Sequence[WireLevel]) -> bool:
    """Whether every price and size is a plain non-negative decimal number, as the venue writes them."""
    if not levels:
        return True
    joined = ",".join(chain.from_iterable(levels))
    # the count keeps a comma inside a string from passing as two numbers
    return _PLAIN_NUMBERS.fullmatch(joined) is not None and joined.count(",") == 2 * len(levels) - 1
