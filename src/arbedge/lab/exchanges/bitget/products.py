"""Bitget's product lines: which exist, which the lab lists markets in, and where a listing belongs.

A symbol is unique only within its line: `BTCUSDT` is a spot pair and a contract in USDT, and every contract in
USDC is called `<coin>PERP`. Requests name the line in any case.
"""

from collections.abc import Iterable, Mapping
from typing import TypeAlias

from arbedge.lab.books import LiveBook
from arbedge.lab.listing import Listing

__all__ = ["CONTRACT_LINES", "EMPTY_LINES", "SPOT", "Shelves", "instrument_line", "shelve"]

Shelves: TypeAlias = Mapping[str, Mapping[str, LiveBook]]
"""Books by product line and symbol."""

SPOT = "SPOT"
CONTRACT_LINES = ("USDT-FUTURES", "USDC-FUTURES")
"""Lines whose contracts are settled in the currency they are quoted in."""

EMPTY_LINES = ("COIN-FUTURES", "SUSDT-FUTURES", "SUSDC-FUTURES", "SCOIN-FUTURES")
"""Lines the venue knows and the lab lists nothing in: settled in the coin, and the demo ones."""


def instrument_line(item: Listing) -> str:
    """The line of a listing: `SPOT`, `USDT-FUTURES` or `USDC-FUTURES`."""
    return SPOT if item.market == "spot" else f"{item.quote}-FUTURES"


def shelve(books: Iterable[LiveBook]) -> Shelves:
    """The books by line and symbol, in listing order; quarterly contracts have no place in the lab's Bitget."""
    shelves: dict[str, dict[str, LiveBook]] = {line: {} for line in (SPOT, *CONTRACT_LINES)}
    for book in books:
        if book.listing.market == "spot" or book.listing.funding is not None:
            shelves[instrument_line(book.listing)][book.listing.symbol] = book
    return shelves
