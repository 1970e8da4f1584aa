"""OKX's JSON for tickers, books, marks and funding, as text built straight from the moving books.

Field names follow the venue's v5 documentation of 2026: every figure is text, a book level is
`[price, size, "0", orders]`, `checksum` is a constant 0 (deprecated in June 2026).
"""

from collections.abc import Sequence

from arbedge.lab.books import LiveBook
from arbedge.lab.exchanges.okx.figures import plain, price, size
from arbedge.lab.funding import FundingBook
from arbedge.lab.listing import Listing
from arbedge.lab.world import World

__all__ = [
    "best_entry",
    "book_entry",
    "enveloped",
    "frame",
    "funding_entry",
    "funding_row",
    "index_entry",
    "inst_type",
    "mark_entry",
    "open_interest_row",
    "price_limit_row",
    "ticker_entry",
]

_DAY_MS = 86_400_000
_HOUR_MS = 3_600_000
_FINE_DP = 10
_SWAP_BAND = 0.05
_SPOT_BAND = 0.1


def inst_type(item: Listing) -> str:
    """`SPOT` or `SWAP`."""
    return "SPOT" if item.market == "spot" else "SWAP"


def enveloped(entries: Sequence[str]) -> str:
    """A REST answer that went well."""
    return f'{{"code":"0","msg":"","data":[{",".join(entries)}]}}'


def frame(arg: str, entry: str, action: str = "") -> str:
    """A pushed message: its subscription, for books also what it does, and one entry of data."""
    done = f'"action":"{action}",' if action else ""
    return f'{{"arg":{arg},{done}"data":[{entry}]}}'


def best_entry(book: LiveBook, made_ms: int, sequence: int) -> str:
    """`bbo-tbt`: one level a side; `made_ms` is the moment the matching engine made it, by the venue's clock."""
    item = book.listing
    bids = [(book.bid, book.bid_lots)] if book.bid else []
    asks = [(book.ask, book.ask_lots)] if book.ask else []
    return f'{{"asks":{_levels(item, asks)},"bids":{_levels(item, bids)},"ts":"{made_ms}","seqId":{sequence}}}'


def book_entry(
    item: Listing,
    sides: tuple[Sequence[tuple[int, int]], Sequence[tuple[int, int]]],
    now_ms: int,
    tail: str = "",
) -> str:
    """A book's bids and asks (ticks, lots), of which 0 lots delete; `tail` is what follows, from its comma on."""
    bids, asks = sides
    return f'{{"asks":{_levels(item, asks)},"bids":{_levels(item, bids)},"ts":"{now_ms}"{tail}}}'


def ticker_entry(book: LiveBook, now_ms: int) -> str:
    """One row of `market/tickers`, and what the `tickers` channel pushes; a stopped market's has empty prices.

    `vol24h` is base on spot and contracts on swaps; `volCcy24h` is quote on spot and base on swaps.
    """
    item = book.listing
    last = book.last_ticks / 10**item.tick_dp if book.is_open else item.start_price
    opened = item.start_price * (0.985 + (item.rank % 7) * 0.005)
    wander = 1 + 0.02 * ((now_ms // 60_000 + len(item.symbol) * 7) % 10 - 5) / 5
    base = item.volume_usd / (item.start_price * item.quote_usd) * wander if item.is_trading else 0.0
    contracts = base / float(item.contract_size)
    if item.market == "spot":
        volume, turnover = plain(base, item.lot_dp), plain(base * last, 8)
    else:
        volume, turnover = plain(contracts, item.lot_dp), plain(base, 8)
    dp = item.tick_dp
    return (
        f'{{"instType":"{inst_type(item)}","instId":"{item.symbol}","last":"{plain(last, dp)}",'
        f'"lastSz":"{size(item, max(1, book.bid_lots // 7))}",{_best(book)},"open24h":"{plain(opened, dp)}",'
        f'"high24h":"{plain(max(last, opened) * 1.012, dp)}","low24h":"{plain(min(last, opened) * 0.988, dp)}",'
        f'"volCcy24h":"{turnover}","vol24h":"{volume}","sodUtc0":"{plain(opened, dp)}",'
        f'"sodUtc8":"{plain(opened, dp)}","ts":"{now_ms}"}}'
    )


def mark_entry(world: World, item: Listing, now_ms: int) -> str:
    """A swap's mark price, as REST and the `mark-price` channel tell it."""
    mark = plain(world.mark(item), min(_FINE_DP, item.tick_dp + 1))
    return f'{{"instType":"{inst_type(item)}","instId":"{item.symbol}","markPx":"{mark}","ts":"{now_ms}"}}'


def index_entry(world: World, item: Listing, now_ms: int) -> str:
    """The index a swap follows, named `BASE-QUOTE` (`index-tickers`, and the channel of that name)."""
    index, dp = world.index(item), min(_FINE_DP, item.tick_dp + 1)
    opened = plain(item.start_price, dp)
    return (
        f'{{"instId":"{item.base}-{item.quote}","idxPx":"{plain(index, dp)}","high24h":"{plain(index * 1.02, dp)}",'
        f'"sodUtc0":"{opened}","open24h":"{opened}","low24h":"{plain(index * 0.98, dp)}","sodUtc8":"{opened}",'
        f'"ts":"{now_ms}"}}'
    )


def funding_entry(world: World, funding: FundingBook, item: Listing, now_ms: int) -> str:
    """A swap's funding: the running estimate, when it settles, and when the round after it does."""
    terms = item.funding
    assert terms is not None
    interval_ms = terms.interval_h * _HOUR_MS
    current = funding.now(item, now_ms)
    settled = funding.history(item, current.next_ms - 3 * interval_ms, now_ms, now_ms)
    last = plain(settled[-1].rate, _FINE_DP) if settled else ""
    premium = plain(world.mark(item) / world.index(item) - 1, 16)
    return (
        f'{{"formulaType":"withRate","fundingRate":"{plain(current.rate, _FINE_DP)}","fundingTime":'
        f'"{current.next_ms}","impactValue":"20000","instId":"{item.symbol}","instType":"SWAP",'
        f'"interestRate":"0.0001","maxFundingRate":"{plain(terms.cap, _FINE_DP)}","method":"current_period",'
        f'"minFundingRate":"{plain(terms.floor, _FINE_DP)}","nextFundingRate":"","nextFundingTime":'
        f'"{current.next_ms + interval_ms}","premium":"{premium}","settFundingRate":"{last}",'
        f'"settState":"settled","ts":"{now_ms}"}}'
    )


def funding_row(item: Listing, at_ms: int, rate: float) -> str:
    """One settled round of `funding-rate-history`; the estimate it ended on differs a little from what was paid."""
    return (
        f'{{"formulaType":"withRate","fundingRate":"{plain(rate * 1.01, _FINE_DP)}","fundingTime":"{at_ms}",'
        f'"instId":"{item.symbol}","instType":"SWAP","method":"current_period",'
        f'"realizedRate":"{plain(rate, _FINE_DP)}"}}'
    )


def price_limit_row(book: LiveBook, now_ms: int) -> str:
    """The highest buy and the lowest sell order allowed; empty where no limit is in force."""
    item, band = book.listing, _SPOT_BAND if book.listing.market == "spot" else _SWAP_BAND
    head = f'{{"instType":"{inst_type(item)}","instId":"{item.symbol}",'
    if not (book.bid and book.ask):
        return f'{head}"buyLmt":"","sellLmt":"","ts":"{now_ms}","enabled":false}}'
    return (
        f'{head}"buyLmt":"{price(item, int(book.ask * (1 + band)))}",'
        f'"sellLmt":"{price(item, max(1, int(book.bid * (1 - band))))}","ts":"{now_ms}","enabled":true}}'
    )


def open_interest_row(item: Listing, now_ms: int) -> str:
    """What is held open of a swap: contracts, base and USD."""
    base = item.volume_usd * 0.4 / (item.start_price * item.quote_usd)
    contracts = plain(base / float(item.contract_size), item.lot_dp)
    return (
        f'{{"instId":"{item.symbol}","instType":"SWAP","oi":"{contracts}","oiCcy":"{plain(base, 8)}",'
        f'"oiUsd":"{plain(item.volume_usd * 0.4, 2)}","ts":"{now_ms}"}}'
    )


def _best(book: LiveBook) -> str:
    item = book.listing
    ask, ask_lots = (price(item, book.ask), size(item, book.ask_lots)) if book.ask else ("", "")
    bid, bid_lots = (price(item, book.bid), size(item, book.bid_lots)) if book.bid else ("", "")
    return f'"askPx":"{ask}","askSz":"{ask_lots}","bidPx":"{bid}","bidSz":"{bid_lots}"'


def _levels(item: Listing, levels: Sequence[tuple[int, int]]) -> str:
    return (
        "["
        + ",".join(
            f'["{price(item, ticks)}","{size(item, lots)}","0","{1 + (ticks & 7) if lots else 0}"]'
            for ticks, lots in levels
        )
        + "]"
    )
