"""Hyperliquid's JSON for contracts, books and contexts, as text built straight from the moving books.

Figures are text, levels are objects with price, size and number of orders; a side nobody quotes is null in `bbo`,
an empty list in `l2Book`.
"""

from collections.abc import Iterable

from arbedge.lab.books import LiveBook
from arbedge.lab.stage import Stage

__all__ = ["LEVELS", "asset_row", "best_frame", "book_answer", "context_row", "middle"]

LEVELS = 20


def asset_row(book: LiveBook) -> str:
    """One contract of the universe."""
    item = book.listing
    gone = "" if item.is_trading else ',"isDelisted":true'
    return f'{{"szDecimals":{item.lot_dp},"name":"{item.symbol}","maxLeverage":20,"marginTableId":20{gone}}}'


def context_row(stage: Stage, book: LiveBook, now_ms: int) -> str:
    """A contract now; prices at which an order of some size would fill stand a little off the best."""
    item, world = book.listing, stage.world
    mark, oracle = world.mark(item), world.index(item)
    held = item.volume_usd * 0.4 / (item.start_price * item.quote_usd)
    middle_text = middle(book)
    if middle_text is None:
        quoted = '"midPx":null,"impactPxs":null'
    else:
        impact = item.price_text(book.bid), item.price_text(book.ask)
        quoted = f'"midPx":"{middle_text}","impactPxs":["{impact[0]}","{impact[1]}"]'
    rate = stage.funding.now(item, now_ms).rate
    return (
        f'{{"funding":"{rate:.10f}","openInterest":"{held:.{item.qty_dp}f}","prevDayPx":"{item.start_price:.{item.price_dp}f}",'
        f'"dayNtlVlm":"{item.volume_usd:.4f}","premium":"{mark / oracle - 1:.10f}",'
        f'"oraclePx":"{oracle:.{item.price_dp}f}","markPx":"{mark:.{item.price_dp}f}",{quoted},'
        f'"dayBaseVlm":"{item.volume_usd / (item.start_price * item.quote_usd):.{item.qty_dp}f}"}}'
    )


def middle(book: LiveBook) -> str | None:
    """The middle of a book as text; None where a side is missing."""
    if not (book.bid > 0 and book.ask > 0):
        return None
    item = book.listing
    return f"{(book.bid + book.ask) / 2 / 10**item.tick_dp:.{item.price_dp + 1}f}"


def best_frame(book: LiveBook, now_ms: int) -> str:
    """A frame of `bbo`."""
    sides = ((book.bid, book.bid_lots), (book.ask, book.ask_lots))
    best = ",".join(_level(book, ticks, lots) if ticks > 0 else "null" for ticks, lots in sides)
    return f'{{"channel":"bbo","data":{{"coin":"{book.listing.symbol}","time":{now_ms},"bbo":[{best}]}}}}'


def book_answer(book: LiveBook, now_ms: int) -> str:
    """A whole book, the answer of `l2Book` and what its frames hold."""
    sides = ",".join(f"[{_levels(book, side)}]" for side in (book.bids(LEVELS), book.asks(LEVELS)))
    return f'{{"coin":"{book.listing.symbol}","time":{now_ms},"levels":[{sides}]}}'


def _levels(book: LiveBook, levels: Iterable[tuple[int, int]]) -> str:
    return ",".join([_level(book, ticks, lots) for ticks, lots in levels])


def _level(book: LiveBook, ticks: int, lots: int) -> str:
    item = book.listing
    return f'{{"px":"{item.price_text(ticks)}","sz":"{item.qty_text(lots)}","n":{1 + lots % 7}}}'
