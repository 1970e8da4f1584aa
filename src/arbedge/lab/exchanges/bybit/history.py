"""Candles, trades and settled funding of a lab market, newest first as Bybit tells them."""

from arbedge.lab.books import LiveBook
from arbedge.lab.funding import FundingBook

__all__ = ["candles", "recent_trades", "settled_rows"]

_MINUTE_MS = 60_000
_DAY_MS = 86_400_000
_LENGTHS_MS = {str(n): n * _MINUTE_MS for n in (1, 3, 5, 15, 30, 60, 120, 240, 360, 720)} | {"D": _DAY_MS}


def candles(book: LiveBook, interval: str, limit: int, now_ms: int) -> str:
    """Candles up to now, within one per cent of the price now; KeyError: no such interval."""
    item, length_ms = book.listing, _LENGTHS_MS[interval]
    price = book.last_ticks / 10**item.tick_dp
    base = item.volume_usd * length_ms / _DAY_MS / (item.start_price * item.quote_usd)
    rows = []
    for age in range(limit):
        number = now_ms // length_ms - age
        opened, closed = (price * (1 + ((number + k) * 5021 % 200 - 100) / 1e4) for k in (0, 1))
        closed = price if age == 0 else closed
        shown = (opened, max(opened, closed), min(opened, closed), closed)
        prices = ",".join(f'"{value:.{item.tick_dp}f}"' for value in shown)
        rows.append(f'["{number * length_ms}",{prices},"{base:.{item.lot_dp}f}","{base * price:.4f}"]')
    return "[" + ",".join(rows) + "]"


def recent_trades(book: LiveBook, category: str, limit: int, now_ms: int) -> str:
    """The last trades: alternately at the ask and the bid, one a second."""
    item = book.listing
    rows = [
        f'{{"execId":"{now_ms // 1000 - age}","symbol":"{item.symbol}",'
        f'"price":"{item.price_text(book.ask if age % 2 else book.bid)}","size":"{item.qty_text(1 + age)}",'
        f'"side":"{"Buy" if age % 2 else "Sell"}","time":"{now_ms - age * 1000}","isBlockTrade":false,'
        f'"isRPITrade":false}}'
        for age in range(1, limit + 1)
    ]
    return f'{{"category":"{category}","list":[{",".join(rows)}]}}'


def settled_rows(funding: FundingBook, book: LiveBook, start_ms: int, end_ms: int, limit: int) -> str:
    """The newest settled rounds with start <= at <= end, stamped with the whole hour they were due."""
    item = book.listing
    if item.funding is None:
        return "[]"
    interval_ms = item.funding.interval_h * 3_600_000
    start_ms = max(start_ms, end_ms - (limit + 1) * interval_ms)
    rounds = [
        (settled.at_ms // interval_ms * interval_ms, settled.rate)
        for settled in funding.history(item, start_ms, end_ms + 20, end_ms + 20)
    ]
    kept = [(at_ms, rate) for at_ms, rate in rounds if start_ms <= at_ms <= end_ms][::-1][:limit]
    texts = [
        f'{{"symbol":"{item.symbol}","fundingRate":"{rate:.8f}","fundingRateTimestamp":"{at_ms}"}}'
        for at_ms, rate in kept
    ]
    return "[" + ",".join(texts) + "]"
