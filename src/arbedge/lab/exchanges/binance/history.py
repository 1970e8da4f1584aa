"""Recent trades and candles of a lab market: simple and consistent with the book now, for clients that ask."""

from arbedge.lab.books import LiveBook

__all__ = ["aggregate_trades", "candles", "recent_trades"]

_INTERVALS_MS = {
    "1m": 60_000, "3m": 180_000, "5m": 300_000, "15m": 900_000, "30m": 1_800_000, "1h": 3_600_000,
    "2h": 7_200_000, "4h": 14_400_000, "8h": 28_800_000, "1d": 86_400_000,
}  # fmt: skip


def aggregate_trades(book: LiveBook, limit: int, now_ms: int) -> str:
    """The same trades as `recent_trades` in the aggregate shape."""
    item = book.listing
    rows = []
    for age in range(min(limit, 100), 0, -1):
        is_sell, number = age % 2 == 0, now_ms // 1000 - age
        price = item.price_text(book.bid if is_sell else book.ask)
        rows.append(
            f'{{"a":{number},"p":"{price}","q":"{item.qty_text(1 + age)}","f":{number},"l":{number},'
            f'"T":{now_ms - age * 1000},"m":{"true" if is_sell else "false"},"M":true}}'
        )
    return "[" + ",".join(rows) + "]"


def recent_trades(book: LiveBook, limit: int, now_ms: int) -> str:
    """The last trades, oldest first: alternately at the bid and the ask, one a second."""
    item = book.listing
    rows = []
    for age in range(min(limit, 100), 0, -1):
        is_sell = age % 2 == 0
        price = item.price_text(book.bid if is_sell else book.ask)
        best = "" if item.market == "usdm" else ',"isBestMatch":true'
        rows.append(
            f'{{"id":{now_ms // 1000 - age},"price":"{price}","qty":"{item.qty_text(1 + age)}",'
            f'"quoteQty":"{float(price) * (1 + age) / 10**item.lot_dp:.8f}","time":{now_ms - age * 1000},'
            f'"isBuyerMaker":{"true" if is_sell else "false"}{best}}}'
        )
    return "[" + ",".join(rows) + "]"


def candles(book: LiveBook, interval: str, limit: int, now_ms: int) -> str:
    """Candles up to now, oldest first, within one per cent of the price now; KeyError: no such interval."""
    length_ms, item = _INTERVALS_MS[interval], book.listing
    price = book.last_ticks / 10**item.tick_dp
    volume = item.volume_usd * length_ms / 86_400_000 / (item.start_price * item.quote_usd)
    rows = []
    for age in range(limit - 1, -1, -1):
        opened_ms = (now_ms // length_ms - age) * length_ms
        opened, closed = (price * (1 + ((opened_ms // length_ms + k) * 7919 % 200 - 100) / 1e4) for k in (0, 1))
        closed = price if age == 0 else closed
        texts = [
            f"{value:.{item.price_dp}f}" for value in (opened, max(opened, closed), min(opened, closed), closed)
        ]
        prices = ",".join(f'"{text}"' for text in texts)
        rows.append(
            f'[{opened_ms},{prices},"{volume:.{item.qty_dp}f}",{opened_ms + length_ms - 1},'
            f'"{volume * price:.8f}",{1 + item.rank},"{volume / 2:.{item.qty_dp}f}","{volume * price / 2:.8f}","0"]'
        )
    return "[" + ",".join(rows) + "]"
