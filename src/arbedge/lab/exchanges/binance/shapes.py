"""Binance's JSON for markets, tickers, books and marks, as text built straight from the moving books.

Field names, orders and decimals follow the venue's documentation of 2026 (USD-M payloads carry `st`, 1 for
USD-M and 2 for COIN-M, and `ps`, the pair). Text is built by hand because a lab of 3,000 markets sends thousands
of frames a second.
"""

from arbedge.lab.books import Diff, LiveBook
from arbedge.lab.funding import FundingBook
from arbedge.lab.listing import Listing
from arbedge.lab.world import World

__all__ = [
    "book_ticker_frame",
    "book_ticker_row",
    "coin_margined_frame",
    "day_row",
    "day_stream_frame",
    "depth_answer",
    "depth_frame",
    "mark_entry",
    "mini_ticker_entry",
    "partial_depth_frame",
    "premium_row",
]

_DAY_MS = 86_400_000


def book_ticker_frame(book: LiveBook, now_ms: int) -> str:
    """`<symbol>@bookTicker`: spot carries no event name and no time, USD-M both."""
    item = book.listing
    best = (
        f'"b":"{item.price_text(book.bid)}","B":"{item.qty_text(book.bid_lots)}",'
        f'"a":"{item.price_text(book.ask)}","A":"{item.qty_text(book.ask_lots)}"'
    )
    if item.market == "spot":
        return f'{{"u":{book.update_id},"s":"{item.symbol}",{best}}}'
    return (
        f'{{"e":"bookTicker","u":{book.update_id},"s":"{item.symbol}",{best},'
        f'"T":{book.changed_ms},"E":{now_ms},"st":1,"ps":"{item.pair}"}}'
    )


def coin_margined_frame(book: LiveBook, now_ms: int) -> str:
    """The COIN-M sibling of a contract as all-market streams mix it in: `st` 2, sizes in contracts of 100 USD."""
    item = book.listing
    pair = f"{item.base}USD"
    return (
        f'{{"e":"bookTicker","u":{book.update_id},"s":"{pair}_PERP","b":"{item.price_text(book.bid)}","B":"120",'
        f'"a":"{item.price_text(book.ask)}","A":"95","T":{book.changed_ms},"E":{now_ms},"st":2,"ps":"{pair}"}}'
    )


def book_ticker_row(book: LiveBook) -> str:
    """One row of `ticker/bookTicker`: spot without a time, USD-M with time and last update id."""
    item = book.listing
    row = (
        f'{{"symbol":"{item.symbol}",'
        f'"bidPrice":"{item.price_text(book.bid)}","bidQty":"{item.qty_text(book.bid_lots)}",'
        f'"askPrice":"{item.price_text(book.ask)}","askQty":"{item.qty_text(book.ask_lots)}"'
    )
    if item.market == "spot":
        return row + "}"
    return f'{row},"time":{book.changed_ms},"lastUpdateId":{book.update_id}}}'


def depth_answer(book: LiveBook, limit: int, now_ms: int) -> str:
    """The answer of `depth`: USD-M adds the times of the message and of the last transaction."""
    item = book.listing
    times = "" if item.market == "spot" else f'"E":{now_ms},"T":{book.changed_ms},'
    bids, asks = _levels(item, book.bids(limit)), _levels(item, book.asks(limit))
    return f'{{"lastUpdateId":{book.update_id},{times}"bids":{bids},"asks":{asks}}}'


def depth_frame(book: LiveBook, diff: Diff, now_ms: int) -> str:
    """`<symbol>@depth…`: spot chains by `U` = last `u` + 1, USD-M by `pu`."""
    item = book.listing
    levels = f'"b":{_levels(item, diff.bids)},"a":{_levels(item, diff.asks)}'
    if item.market == "spot":
        return f'{{"e":"depthUpdate","E":{now_ms},"s":"{item.symbol}","U":{diff.first},"u":{diff.last},{levels}}}'
    return (
        f'{{"e":"depthUpdate","E":{now_ms},"T":{book.changed_ms},"s":"{item.symbol}","ps":"{item.pair}",'
        f'"U":{diff.first},"u":{diff.last},"pu":{diff.previous},{levels},"st":1}}'
    )


def partial_depth_frame(book: LiveBook, levels: int, previous: int, now_ms: int) -> str:
    """`<symbol>@depth5|10|20`: on spot the REST shape without a symbol, on USD-M a depthUpdate of whole levels."""
    if book.listing.market == "spot":
        return depth_answer(book, levels, now_ms)
    diff = Diff(book.update_id, book.update_id, previous, book.bids(levels), book.asks(levels))
    return depth_frame(book, diff, now_ms)


def day_row(book: LiveBook, now_ms: int) -> str:
    """One row of `ticker/24hr`; USD-M's has no bid and ask, a halted market's has zeros."""
    item, day = book.listing, _Day(book, now_ms)
    head = (
        f'{{"symbol":"{item.symbol}","priceChange":"{day.change}","priceChangePercent":"{day.change_pct:.3f}",'
        f'"weightedAvgPrice":"{day.average}",'
    )
    body = f'"lastPrice":"{day.last}","lastQty":"{item.qty_text(max(1, book.bid_lots // 7))}",'
    if item.market == "spot":
        body = (
            f'"prevClosePrice":"{day.open}",{body}'
            f'"bidPrice":"{item.price_text(book.bid)}","bidQty":"{item.qty_text(book.bid_lots)}",'
            f'"askPrice":"{item.price_text(book.ask)}","askQty":"{item.qty_text(book.ask_lots)}",'
        )
    return (
        f'{head}{body}"openPrice":"{day.open}","highPrice":"{day.high}","lowPrice":"{day.low}",'
        f'"volume":"{day.volume}","quoteVolume":"{day.quote_volume}","openTime":{now_ms - _DAY_MS},'
        f'"closeTime":{now_ms},"firstId":{day.first_id},"lastId":{day.first_id + day.count},"count":{day.count}}}'
    )


def day_stream_frame(book: LiveBook, now_ms: int) -> str:
    """`<symbol>@ticker`: on spot with best bid and ask."""
    item, day = book.listing, _Day(book, now_ms)
    best = (
        f'"x":"{day.open}","b":"{item.price_text(book.bid)}","B":"{item.qty_text(book.bid_lots)}",'
        f'"a":"{item.price_text(book.ask)}","A":"{item.qty_text(book.ask_lots)}",'
        if item.market == "spot"
        else '"st":1,'
    )
    return (
        f'{{"e":"24hrTicker","E":{now_ms},"s":"{item.symbol}","p":"{day.change}","P":"{day.change_pct:.3f}",'
        f'"w":"{day.average}",{best}"c":"{day.last}","Q":"{item.qty_text(max(1, book.bid_lots // 7))}",'
        f'"o":"{day.open}","h":"{day.high}","l":"{day.low}","v":"{day.volume}","q":"{day.quote_volume}",'
        f'"O":{now_ms - _DAY_MS},"C":{now_ms},"F":{day.first_id},"L":{day.first_id + day.count},"n":{day.count}}}'
    )


def mini_ticker_entry(book: LiveBook, now_ms: int) -> str:
    """One entry of `!miniTicker@arr`: no bid, no ask."""
    day = _Day(book, now_ms)
    return (
        f'{{"e":"24hrMiniTicker","E":{now_ms},"s":"{book.listing.symbol}","c":"{day.last}","o":"{day.open}",'
        f'"h":"{day.high}","l":"{day.low}","v":"{day.volume}","q":"{day.quote_volume}"}}'
    )


def premium_row(world: World, funding: FundingBook, item: Listing, now_ms: int) -> str:
    """One row of `premiumIndex`; a delivery contract has no funding: empty rates and time 0."""
    rate, interest, next_ms = "", "", 0
    if item.funding is not None:
        current = funding.now(item, now_ms)
        rate, interest, next_ms = f"{current.rate:.8f}", "0.00010000", current.next_ms
    index = item.raw_price_text(world.index(item))
    return (
        f'{{"symbol":"{item.symbol}","markPrice":"{item.raw_price_text(world.mark(item))}","indexPrice":"{index}",'
        f'"estimatedSettlePrice":"{index}","lastFundingRate":"{rate}","interestRate":"{interest}",'
        f'"nextFundingTime":{next_ms},"time":{now_ms}}}'
    )


def mark_entry(world: World, funding: FundingBook, item: Listing, now_ms: int) -> str:
    """A markPriceUpdate; a delivery contract's has an empty rate and time 0."""
    rate, next_ms = "", 0
    if item.funding is not None:
        current = funding.now(item, now_ms)
        rate, next_ms = f"{current.rate:.8f}", current.next_ms
    mark, index = item.raw_price_text(world.mark(item)), item.raw_price_text(world.index(item))
    return (
        f'{{"e":"markPriceUpdate","E":{now_ms},"s":"{item.symbol}","p":"{mark}","ap":"{mark}","P":"{index}",'
        f'"i":"{index}","r":"{rate}","T":{next_ms},"st":1,"ps":"{item.pair}"}}'
    )


def _levels(item: Listing, levels: list[tuple[int, int]]) -> str:
    return "[" + ",".join(f'["{item.price_text(p)}","{item.qty_text(q)}"]' for p, q in levels) + "]"


class _Day:
    """Statistics of the last 24 hours, made up around the price now; a halted market's are zero."""

    def __init__(self, book: LiveBook, now_ms: int) -> None:
        item = book.listing
        # who looks twice sees volume wander, not jump
        wander = 1 + 0.02 * ((now_ms // 60_000 + len(item.symbol) * 7) % 10 - 5) / 5
        worth = item.start_price * item.quote_usd
        last = book.last_ticks / 10**item.tick_dp if book.is_open else item.start_price
        opened = item.start_price * (0.985 + (item.rank % 7) * 0.005)
        base = item.volume_usd / worth * wander if item.is_trading else 0.0
        self.last, self.open = f"{last:.{item.price_dp}f}", f"{opened:.{item.price_dp}f}"
        self.high = f"{max(last, opened) * 1.012:.{item.price_dp}f}"
        self.low = f"{min(last, opened) * 0.988:.{item.price_dp}f}"
        self.average = f"{(last + opened) / 2:.8f}"
        self.change = f"{last - opened:.{item.price_dp}f}"
        self.change_pct = (last / opened - 1) * 100 if opened else 0.0
        self.volume = f"{base:.{item.qty_dp}f}"
        self.quote_volume = f"{base * (last + opened) / 2:.8f}"
        self.count = int(item.volume_usd / 900) if item.is_trading else 0
        self.first_id = 10_000_000 + item.rank * 1000
