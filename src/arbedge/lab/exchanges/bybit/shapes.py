"""Bybit's JSON for tickers, books, marks and funding, as text built straight from the moving books.

Field names follow the venue's v5 documentation of 2026: every figure is text, a side nobody quotes is empty. Spot
frames put `ts` before `type`, contracts' frames behind it.
"""

from collections.abc import Mapping, Sequence

from arbedge.lab.books import LiveBook
from arbedge.lab.funding import FundingBook
from arbedge.lab.listing import Listing
from arbedge.lab.world import World

__all__ = ["book_answer", "book_frame", "component_answer", "figures", "ticker_frame", "ticker_row"]

_FINE_DP = 2
_PARTNERS = (("Binance", "0.4"), ("Bybit", "0.35"), ("OKX", "0.25"))


def figures(
    world: World, funding: FundingBook, book: LiveBook, now_ms: int, *, is_streamed: bool
) -> dict[str, str]:
    """A ticker's fields; the stream's spot ticker has no best prices, REST's has."""
    item = book.listing
    fields = {"symbol": item.symbol, **_day(book, now_ms)}
    best = _best(book)
    if item.market == "spot":
        usd = f"{world.price(item.coin) * item.scale:.8f}"
        return {**fields, **({} if is_streamed else best), "usdIndexPrice": usd}
    fields |= best | {
        "markPrice": f"{world.mark(item):.{item.tick_dp + _FINE_DP}f}",
        "indexPrice": f"{world.index(item):.{item.tick_dp + _FINE_DP}f}",
        "prevPrice1h": fields["lastPrice"], "openInterest": _held(item), "openInterestValue": _held_worth(item),
    }  # fmt: skip
    if item.funding is not None:
        current = funding.now(item, now_ms)
        fields |= {
            "fundingRate": f"{current.rate:.8f}", "nextFundingTime": f"{current.next_ms}",
            "fundingIntervalHour": f"{item.funding.interval_h}", "fundingCap": f"{item.funding.cap:g}",
        }  # fmt: skip
    return fields


def ticker_row(fields: Mapping[str, str]) -> str:
    """The fields as an object."""
    return "{" + ",".join([f'"{name}":"{value}"' for name, value in fields.items()]) + "}"


def ticker_frame(topic: str, item: Listing, fields: Mapping[str, str], kind: str, stamps: tuple[int, int]) -> str:
    """A frame of `tickers`: `kind` is `snapshot` or `delta`; `stamps` are its time and cross sequence."""
    ts, cs = stamps
    row = ticker_row(fields)
    if item.market == "spot":
        return f'{{"topic":"{topic}","ts":{ts},"type":"{kind}","cs":{cs},"data":{row}}}'
    return f'{{"topic":"{topic}","type":"{kind}","data":{row},"cs":{cs},"ts":{ts}}}'


def book_frame(
    topic: str, book: LiveBook, sides: Sequence[Sequence[tuple[int, int]]], update: int, kind: str, ts: int
) -> str:
    """A frame of `orderbook`: whole levels or changed ones (0 lots delete), bids first."""
    item = book.listing
    levels = f'"b":{_levels(item, sides[0])},"a":{_levels(item, sides[1])}'
    data = f'{{"s":"{item.symbol}",{levels},"u":{update},"seq":{book.update_id}}}'
    head = f'"ts":{ts},"type":"{kind}"' if item.market == "spot" else f'"type":"{kind}","ts":{ts}'
    return f'{{"topic":"{topic}",{head},"data":{data},"cts":{book.changed_ms}}}'


def book_answer(book: LiveBook, limit: int, now_ms: int) -> str:
    """The result of `orderbook`."""
    item = book.listing
    return (
        f'{{"s":"{item.symbol}","a":{_levels(item, book.asks(limit))},"b":{_levels(item, book.bids(limit))},'
        f'"ts":{now_ms},"u":{book.update_id},"seq":{book.update_id},"cts":{book.changed_ms}}}'
    )


def component_answer(world: World, item: Listing, name: str, now_ms: int) -> str:
    """The result of `index-price-components`: sources quote the coin, the index is so many times that."""
    price = world.index(item)
    pair = item.index_of or f"{item.base}{item.quote}"
    parts = ",".join(
        f'{{"exchange":"{exchange}","spotPair":"{pair}","equivalentPrice":"{price:.12g}","multiplier":"{item.scale}",'
        f'"price":"{price:.12g}","weight":"{weight}"}}'
        for exchange, weight in _PARTNERS
    )
    return f'{{"indexName":"{name}","lastPrice":"{price:.12g}","updateTime":"{now_ms}","components":[{parts}]}}'


def _best(book: LiveBook) -> dict[str, str]:
    item = book.listing
    told = {"bid1Price": "", "bid1Size": "", "ask1Price": "", "ask1Size": ""}
    if book.bid:
        told |= {"bid1Price": item.price_text(book.bid), "bid1Size": item.qty_text(book.bid_lots)}
    if book.ask:
        told |= {"ask1Price": item.price_text(book.ask), "ask1Size": item.qty_text(book.ask_lots)}
    return told


def _day(book: LiveBook, now_ms: int) -> dict[str, str]:
    """Statistics of the last 24 hours, made up around the price now."""
    item = book.listing
    last = book.last_ticks / 10**item.tick_dp if book.is_open else item.start_price
    opened = item.start_price * (0.985 + (item.rank % 7) * 0.005)
    wander = 1 + 0.02 * ((now_ms // 60_000 + len(item.symbol) * 7) % 10 - 5) / 5
    base = item.volume_usd / (item.start_price * item.quote_usd) * wander if item.is_trading else 0.0
    high, low, dp = max(last, opened) * 1.012, min(last, opened) * 0.988, item.tick_dp
    return {
        "lastPrice": f"{last:.{dp}f}", "prevPrice24h": f"{opened:.{dp}f}",
        "price24hPcnt": f"{last / opened - 1:.6f}",
        "highPrice24h": f"{high:.{dp}f}", "lowPrice24h": f"{low:.{dp}f}", "turnover24h": f"{base * last:.4f}",
        "volume24h": f"{base:.{item.lot_dp}f}",
    }  # fmt: skip


def _held(item: Listing) -> str:
    return f"{item.volume_usd * 0.4 / (item.start_price * item.quote_usd):.{item.lot_dp}f}"


def _held_worth(item: Listing) -> str:
    return f"{item.volume_usd * 0.4:.2f}"


def _levels(item: Listing, levels: Sequence[tuple[int, int]]) -> str:
    return "[" + ",".join([f'["{item.price_text(p)}","{item.qty_text(q) if q else "0"}"]' for p, q in levels]) + "]"
