"""Candles and settled funding of a lab market, for clients that ask."""

from arbedge.lab.books import LiveBook
from arbedge.lab.exchanges.bitget.products import SPOT, instrument_line
from arbedge.lab.exchanges.bitget.shapes import plain
from arbedge.lab.funding import FundingBook

__all__ = ["candles", "settled_funding", "settled_rounds"]

_KEPT_MS = 90 * 24 * 3_600_000
"""How far back the venue tells settled funding, in either generation."""

_HOUR_MS = 3_600_000
_SPOT_MS = {
    "1min": 60_000, "3min": 180_000, "5min": 300_000, "15min": 900_000, "30min": 1_800_000, "1h": _HOUR_MS,
    "4h": 4 * _HOUR_MS, "6h": 6 * _HOUR_MS, "12h": 12 * _HOUR_MS, "1day": 24 * _HOUR_MS, "6Hutc": 6 * _HOUR_MS,
    "12Hutc": 12 * _HOUR_MS, "1Dutc": 24 * _HOUR_MS,
}  # fmt: skip
_CONTRACT_MS = {
    "1m": 60_000, "3m": 180_000, "5m": 300_000, "15m": 900_000, "30m": 1_800_000, "1H": _HOUR_MS,
    "2H": 2 * _HOUR_MS, "4H": 4 * _HOUR_MS, "6H": 6 * _HOUR_MS, "12H": 12 * _HOUR_MS, "1D": 24 * _HOUR_MS,
    "6Hutc": 6 * _HOUR_MS, "12Hutc": 12 * _HOUR_MS, "1Dutc": 24 * _HOUR_MS,
}  # fmt: skip


def candles(book: LiveBook, granularity: str, limit: int, now_ms: int) -> str:
    """Candles up to now, oldest first, within one per cent of the price now; KeyError: no such granularity.

    Spot names minutes `1min` and adds the volume in USDT; contracts name them `1m`.
    """
    item = book.listing
    is_spot = instrument_line(item) == SPOT
    length_ms = (_SPOT_MS if is_spot else _CONTRACT_MS)[granularity]
    price = book.last_ticks / 10**item.tick_dp
    base = item.volume_usd * length_ms / (24 * _HOUR_MS) / (item.start_price * item.quote_usd)
    turnover = plain(f"{base * price:.6f}")
    tail = f'"{plain(f"{base:.{item.lot_dp}f}")}","{turnover}"' + (f',"{turnover}"' if is_spot else "")
    rows = []
    for age in range(limit - 1, -1, -1):
        number = now_ms // length_ms - age
        opened, closed = (price * (1 + ((number + k) * 6151 % 200 - 100) / 1e4) for k in (0, 1))
        closed = price if age == 0 else closed
        shown = (opened, max(opened, closed), min(opened, closed), closed)
        texts = ",".join(f'"{plain(f"{value:.{item.tick_dp}f}")}"' for value in shown)
        rows.append(f'["{number * length_ms}",{texts},{tail}]')
    return "[" + ",".join(rows) + "]"


def settled_funding(funding: FundingBook, book: LiveBook, size: int, page: int, now_ms: int) -> str:
    """A page of settled rounds, newest first; empty past the first."""
    texts = [
        f'{{"symbol":"{book.listing.symbol}","fundingRate":"{plain(f"{rate:.8f}")}","fundingTime":"{at_ms}"}}'
        for at_ms, rate in settled_rounds(funding, book, size, page, now_ms)
    ]
    return "[" + ",".join(texts) + "]"


def settled_rounds(
    funding: FundingBook, book: LiveBook, size: int, page: int, now_ms: int
) -> list[tuple[int, float]]:
    """(when due, on the whole hour in ms, and rate) of one page of settled rounds, newest first."""
    item = book.listing
    if item.funding is None:
        return []
    interval_ms = item.funding.interval_h * _HOUR_MS
    since_ms = now_ms - min(_KEPT_MS, (size * page + 2) * interval_ms)
    rounds = funding.history(item, since_ms, now_ms, now_ms)[::-1][size * (page - 1) : size * page]
    return [(settled.at_ms // interval_ms * interval_ms, settled.rate) for settled in rounds]
