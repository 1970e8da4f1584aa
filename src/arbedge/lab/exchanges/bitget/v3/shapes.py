"""v3's JSON for tickers and books, built straight from the moving books.

Fields as a live capture of 2026-09 shows them: books are `a` and `b` with `seq` and the `pseq` of the frame before
(0 on a snapshot) and carry no checksum; tickers have no time of their own, the frame has. `seq` comes as a number
on contracts and as a string on spot: both were seen.
"""

from arbedge.lab.books import Diff, LiveBook
from arbedge.lab.exchanges.bitget.products import SPOT, instrument_line
from arbedge.lab.exchanges.bitget.shapes import (
    Day,
    levels_of,
    marks,
    numbers_of,
    plain,
    price_of,
    rate_of,
    size_of,
)
from arbedge.lab.funding import FundingBook
from arbedge.lab.listing import Listing
from arbedge.lab.world import World

__all__ = ["books_frame", "components", "depth_answer", "interest_row", "ticker_frame", "ticker_row", "top_frame"]

_INDEX_VENUES = ("BINANCE", "OKX", "BYBIT")


def ticker_row(world: World, funding: FundingBook, book: LiveBook, now_ms: int) -> str:
    """One row of `tickers`."""
    item = book.listing
    head = f'{{"category":"{instrument_line(item)}","symbol":"{item.symbol}","ts":"{now_ms}",'
    return f"{head}{_body(world, funding, book, now_ms)}}}"


def ticker_frame(world: World, funding: FundingBook, book: LiveBook, now_ms: int) -> str:
    """The `ticker` topic's payload; on contracts with the next settlement, which REST leaves out."""
    item, body = book.listing, _body(world, funding, book, now_ms)
    if instrument_line(item) != SPOT:
        body += f',"nextFundingTime":"{funding.now(item, now_ms).next_ms}"'
    return _push(item, "ticker", f"{{{body}}}", now_ms)


def top_frame(book: LiveBook, topic: str, levels: int, now_ms: int) -> str:
    """A payload of `books1`, `books5` or `books50`: always a snapshot."""
    if levels == 1 and book.is_open:  # the busiest topic: what lies behind the best is not worked out
        bids = [(book.bid, book.bid_lots)] if book.bid else []
        asks = [(book.ask, book.ask_lots)] if book.ask else []
    else:
        bids, asks = book.bids(levels), book.asks(levels)
    return _push(book.listing, topic, _book(book, bids, asks, (book.update_id, 0)), now_ms)


def books_frame(book: LiveBook, diff: Diff | None, told: int, now_ms: int) -> str:
    """A payload of `books`: the whole book under the number `told` without a diff, else an update that chains."""
    if diff is None:
        whole = _book(book, book.bids(10_000), book.asks(10_000), (told, 0))
        return _push(book.listing, "books", whole, now_ms)
    change = _book(book, diff.bids, diff.asks, (diff.last, diff.previous))
    return _push(book.listing, "books", change, now_ms, action="update")


def depth_answer(book: LiveBook, limit: int, now_ms: int) -> str:
    """The data of `orderbook`: levels are numbers."""
    item = book.listing
    bids, asks = numbers_of(item, book.bids(limit)), numbers_of(item, book.asks(limit))
    return f'{{"a":{asks},"b":{bids},"ts":"{now_ms}"}}'


def interest_row(book: LiveBook) -> str:
    """A row of `open-interest`."""
    return f'{{"symbol":"{book.listing.symbol}","openInterest":"{Day(book, book.changed_ms).held}"}}'


def components(world: World, item: Listing) -> str:
    """The data of `index-components`: spot of other venues, and the contract itself.

    The pairs of a scaled contract are told in its own unit (`1000BONK/USDT`), whatever those venues list.
    """
    price = plain(f"{world.index(item):.{item.tick_dp + 2}f}")
    sources = [*_INDEX_VENUES, "BITGET_FUTURE"] if item.has_spot else ["BITGET_FUTURE"]
    named = item.base if item.scale > 1 else (item.index_of or item.base).removesuffix(item.quote)
    rows = [
        f'{{"exchange":"{venue}","spotPair":"{named}/{item.quote}","equivalentPrice":"{price}",'
        f'"weight":"{1 / len(sources):.4f}"}}'
        for venue in sources
    ]
    return f'{{"symbol":"{item.symbol}","componentList":[{",".join(rows)}]}}'


def _body(world: World, funding: FundingBook, book: LiveBook, now_ms: int) -> str:
    item, day = book.listing, Day(book, now_ms)
    body = (
        f'"highPrice24h":"{day.high}","lowPrice24h":"{day.low}","openPrice24h":"{day.open}","lastPrice":"{day.last}",'
        f'"turnover24h":"{day.quote_volume}","volume24h":"{day.volume}",'
        f'"bid1Price":"{plain(price_of(item, book.bid))}","ask1Price":"{plain(price_of(item, book.ask))}",'
        f'"bid1Size":"{plain(size_of(item, book.bid_lots))}",'
        f'"ask1Size":"{plain(size_of(item, book.ask_lots))}",'
        f'"price24hPcnt":"{day.change}"'
    )
    if instrument_line(item) == SPOT:
        return body
    return (
        f'{body},{marks(world, item)},"fundingRate":"{rate_of(funding, item, now_ms)}","openInterest":"{day.held}",'
        f'"deliveryTime":"","deliveryStartTime":"","deliveryStatus":""'
    )


def _push(item: Listing, topic: str, body: str, now_ms: int, action: str = "snapshot") -> str:
    arg = f'{{"instType":"{instrument_line(item).lower()}","topic":"{topic}","symbol":"{item.symbol}"}}'
    return f'{{"action":"{action}","arg":{arg},"data":[{body}],"ts":{now_ms}}}'


def _book(
    book: LiveBook, bids: list[tuple[int, int]], asks: list[tuple[int, int]], numbers: tuple[int, int]
) -> str:
    item, (seq, previous) = book.listing, numbers
    shown = f'"{seq}"' if instrument_line(item) == SPOT else str(seq)
    sides = f'"a":{levels_of(item, asks)},"b":{levels_of(item, bids)}'
    return f'{{{sides},"seq":{shown},"pseq":{previous},"ts":"{book.changed_ms}"}}'
