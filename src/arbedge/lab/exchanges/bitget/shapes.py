"""Bitget's JSON for tickers, books and marks, as text built straight from the moving books.

Names and orders of fields follow the documentation of the classic API (v2) of 2026. Prices and sizes are strings
with a market's full decimals in books, and without trailing zeros in tickers; `merge-depth` alone prints numbers.
"""

import zlib

from arbedge.lab.books import Diff, LiveBook
from arbedge.lab.exchanges.bitget.products import SPOT, instrument_line
from arbedge.lab.funding import FundingBook
from arbedge.lab.listing import Listing
from arbedge.lab.world import World

__all__ = [
    "Day",
    "book_checksum",
    "books_frame",
    "depth_answer",
    "funding_time_row",
    "interest_row",
    "levels_of",
    "marks",
    "numbers_of",
    "plain",
    "price_of",
    "price_row",
    "rate_of",
    "rate_row",
    "size_of",
    "ticker_frame",
    "ticker_row",
    "top_frame",
]

_CHECKED_LEVELS = 25


def plain(text: str) -> str:
    """A decimal without trailing zeros: `27000.50` is `27000.5`, `27000.00` is `27000`."""
    return text.rstrip("0").rstrip(".") if "." in text else text


def ticker_row(world: World, funding: FundingBook, book: LiveBook, now_ms: int) -> str:
    """One row of `tickers`: contracts add mark, index, funding rate and what is held open, but no funding time."""
    item, day = book.listing, Day(book, now_ms)
    body = (
        f'{{"symbol":"{item.symbol}","lastPr":"{day.last}",{_best(book)},"high24h":"{day.high}","low24h":"{day.low}",'
        f'"ts":"{now_ms}","change24h":"{day.change}","baseVolume":"{day.volume}","quoteVolume":"{day.quote_volume}",'
        f'"usdtVolume":"{day.usdt_volume}","openUtc":"{day.open}","changeUtc24h":"{day.change}",'
    )
    if instrument_line(item) == SPOT:
        return f'{body}"open":"{day.open}"}}'
    return (
        f'{body}{marks(world, item)},"fundingRate":"{rate_of(funding, item, now_ms)}",'
        f'"holdingAmount":"{day.held}",'
        f'"deliveryStartTime":null,"deliveryTime":null,"deliveryStatus":"","open24h":"{day.open}"}}'
    )


def ticker_frame(world: World, funding: FundingBook, book: LiveBook, now_ms: int) -> str:
    """The `ticker` channel's payload: on contracts with funding, its next time, mark and index."""
    item, day = book.listing, Day(book, now_ms)
    body = (
        f'{{"instId":"{item.symbol}","lastPr":"{day.last}",{_best(book)},"open24h":"{day.open}",'
        f'"high24h":"{day.high}","low24h":"{day.low}","change24h":"{day.change}",'
    )
    tail = f'"baseVolume":"{day.volume}","quoteVolume":"{day.quote_volume}","openUtc":"{day.open}",'
    if instrument_line(item) == SPOT:
        spot = f'{body}{tail}"changeUtc24h":"{day.change}","ts":"{book.changed_ms}"}}'
        return _push(item, "ticker", spot, now_ms)
    next_ms = funding.now(item, now_ms).next_ms
    rest = (
        f'{body}"fundingRate":"{rate_of(funding, item, now_ms)}",'
        f'"nextFundingTime":"{next_ms}",{marks(world, item)},'
        f'"holdingAmount":"{day.held}",{tail}"symbolType":1,"symbol":"{item.symbol}","deliveryPrice":"0",'
        f'"ts":"{book.changed_ms}"}}'
    )
    return _push(item, "ticker", rest, now_ms)


def price_row(world: World, book: LiveBook, now_ms: int) -> str:
    """A row of `symbol-price`: last, index and mark price."""
    item = book.listing
    last = plain(price_of(item, book.bid))
    return f'{{"symbol":"{item.symbol}","price":"{last}",{marks(world, item)},"ts":"{now_ms}"}}'


def rate_row(funding: FundingBook, item: Listing, now_ms: int) -> str:
    """A row of `current-fund-rate`: estimate, hours between settlements, next settlement, cap and floor."""
    terms, current = item.funding, funding.now(item, now_ms)
    assert terms is not None
    return (
        f'{{"symbol":"{item.symbol}","fundingRate":"{plain(f"{current.rate:.8f}")}",'
        f'"fundingRateInterval":"{terms.interval_h}","nextUpdate":"{current.next_ms}",'
        f'"minFundingRate":"{plain(f"{terms.floor:.8f}")}","maxFundingRate":"{plain(f"{terms.cap:.8f}")}"}}'
    )


def funding_time_row(funding: FundingBook, item: Listing, now_ms: int) -> str:
    """A row of `funding-time`: next settlement and hours between settlements."""
    terms, current = item.funding, funding.now(item, now_ms)
    assert terms is not None
    return f'{{"symbol":"{item.symbol}","nextFundingTime":"{current.next_ms}","ratePeriod":"{terms.interval_h}"}}'


def interest_row(book: LiveBook) -> str:
    """A row of `open-interest`: what is held open, in units of the coin."""
    return f'{{"symbol":"{book.listing.symbol}","size":"{Day(book, book.changed_ms).held}"}}'


def top_frame(book: LiveBook, channel: str, levels: int, now_ms: int) -> str:
    """A payload of `books1`, `books5` or `books15`: always a snapshot; its checksum is 0."""
    item = book.listing
    if levels == 1 and book.is_open:  # the busiest channel: what lies behind the best is not worked out
        bids = [(book.bid, book.bid_lots)] if book.bid else []
        asks = [(book.ask, book.ask_lots)] if book.ask else []
    else:
        bids, asks = book.bids(levels), book.asks(levels)
    sides = f'"asks":{levels_of(item, asks)},"bids":{levels_of(item, bids)}'
    return _push(item, channel, _book(sides, 0, book.update_id, book.changed_ms), now_ms)


def books_frame(book: LiveBook, diff: Diff | None, now_ms: int) -> str:
    """A payload of `books`: the whole book without a diff (checksum 0), else an update with its checksum."""
    item = book.listing
    if diff is None:
        sides = f'"asks":{levels_of(item, book.asks(10_000))},"bids":{levels_of(item, book.bids(10_000))}'
        return _push(item, "books", _book(sides, 0, book.update_id, book.changed_ms), now_ms)
    sides = f'"asks":{levels_of(item, diff.asks)},"bids":{levels_of(item, diff.bids)}'
    body = _book(sides, book_checksum(book), diff.last, book.changed_ms)
    return _push(item, "books", body, now_ms, action="update")


def book_checksum(book: LiveBook) -> int:
    """CRC32 as a signed number over the first 25 levels, `bid:size:ask:size:…`, in the strings as sent."""
    item = book.listing
    bids, asks = book.bids(_CHECKED_LEVELS), book.asks(_CHECKED_LEVELS)
    parts = []
    for i in range(_CHECKED_LEVELS):
        parts += [
            f"{price_of(item, side[i][0])}:{size_of(item, side[i][1])}" for side in (bids, asks) if i < len(side)
        ]
    unsigned = zlib.crc32(":".join(parts).encode())
    return unsigned - 2**32 if unsigned >= 2**31 else unsigned


def depth_answer(book: LiveBook, limit: int, now_ms: int) -> str:
    """The data of `spot/market/orderbook` (strings) or `mix/market/merge-depth` (numbers, and their step)."""
    item = book.listing
    bids, asks = book.bids(limit), book.asks(limit)
    if instrument_line(item) == SPOT:
        return f'{{"asks":{levels_of(item, asks)},"bids":{levels_of(item, bids)},"ts":"{now_ms}"}}'
    scale = f"{10**-item.tick_dp:.{item.tick_dp}f}"
    return (
        f'{{"asks":{numbers_of(item, asks)},"bids":{numbers_of(item, bids)},"ts":"{now_ms}","scale":"{scale}",'
        f'"precision":"scale0","isMaxPrecision":"NO"}}'
    )


def _push(item: Listing, channel: str, body: str, now_ms: int, action: str = "snapshot") -> str:
    arg = f'{{"instType":"{instrument_line(item)}","channel":"{channel}","instId":"{item.symbol}"}}'
    return f'{{"action":"{action}","arg":{arg},"data":[{body}],"ts":{now_ms}}}'


def _book(sides: str, checksum: int, seq: int, at_ms: int) -> str:
    return f'{{{sides},"checksum":{checksum},"seq":{seq},"ts":"{at_ms}"}}'


def _best(book: LiveBook) -> str:
    item = book.listing
    return (
        f'"askPr":"{plain(price_of(item, book.ask))}","bidPr":"{plain(price_of(item, book.bid))}",'
        f'"bidSz":"{plain(size_of(item, book.bid_lots))}","askSz":"{plain(size_of(item, book.ask_lots))}"'
    )


def marks(world: World, item: Listing) -> str:
    """Index and mark price as two fields."""
    places = max(8, item.tick_dp + 2)
    index, mark = (plain(f"{price:.{places}f}") for price in (world.index(item), world.mark(item)))
    return f'"indexPrice":"{index}","markPrice":"{mark}"'


def rate_of(funding: FundingBook, item: Listing, now_ms: int) -> str:
    """The running rate."""
    return plain(f"{funding.now(item, now_ms).rate:.8f}")


def price_of(item: Listing, ticks: int) -> str:
    """A price with the market's full decimals."""
    return f"{ticks / 10**item.tick_dp:.{item.tick_dp}f}"


def size_of(item: Listing, lots: int) -> str:
    """A size with the market's full decimals."""
    return f"{lots / 10**item.lot_dp:.{item.lot_dp}f}"


def levels_of(item: Listing, levels: list[tuple[int, int]]) -> str:
    """Levels as pairs of strings."""
    return "[" + ",".join(f'["{price_of(item, p)}","{size_of(item, q)}"]' for p, q in levels) + "]"


def numbers_of(item: Listing, levels: list[tuple[int, int]]) -> str:
    """Levels as pairs of numbers."""
    return "[" + ",".join(f"[{plain(price_of(item, p))},{plain(size_of(item, q))}]" for p, q in levels) + "]"


class Day:
    """Statistics of the last 24 hours, made up around the price now; a halted market's volume is zero."""

    __slots__ = ("change", "held", "high", "last", "low", "open", "quote_volume", "usdt_volume", "volume")

    def __init__(self, book: LiveBook, now_ms: int) -> None:
        item = book.listing
        # who looks twice sees volume wander, not jump
        wander = 1 + 0.02 * ((now_ms // 60_000 + len(item.symbol) * 3) % 10 - 5) / 5
        last = book.last_ticks / 10**item.tick_dp if book.is_open else item.start_price
        opened = item.start_price * (0.987 + (item.rank % 5) * 0.006)
        usd = item.volume_usd * wander if item.is_trading else 0.0
        base = usd / (item.start_price * item.quote_usd)
        self.last, self.open = (plain(f"{price:.{item.tick_dp}f}") for price in (last, opened))
        self.high = plain(f"{max(last, opened) * 1.011:.{item.tick_dp}f}")
        self.low = plain(f"{min(last, opened) * 0.989:.{item.tick_dp}f}")
        self.change = f"{last / opened - 1:.5f}"
        self.volume = plain(f"{base:.{item.lot_dp}f}")
        self.quote_volume = plain(f"{base * (last + opened) / 2:.6f}")
        self.usdt_volume = plain(f"{usd:.6f}")
        self.held = plain(f"{base * 0.4:.{item.lot_dp}f}")
