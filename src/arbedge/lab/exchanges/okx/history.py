"""Candles and settled funding of a lab market in OKX's shape: newest first, paged by `before` and `after`."""

from arbedge.lab.books import LiveBook
from arbedge.lab.exchanges.okx.figures import plain
from arbedge.lab.exchanges.okx.shapes import enveloped, funding_row
from arbedge.lab.funding import FundingBook
from arbedge.lab.listing import Listing

__all__ = ["candles", "funding_history"]

_MINUTE_MS, _HOUR_MS, _DAY_MS = 60_000, 3_600_000, 86_400_000
_THREE_MONTHS_MS = 92 * _DAY_MS
_BARS_MS = {
    **{f"{n}m": n * _MINUTE_MS for n in (1, 3, 5, 15, 30)},
    **{f"{n}H": n * _HOUR_MS for n in (1, 2, 4, 6, 12)},
    **{f"{n}Hutc": n * _HOUR_MS for n in (6, 12)},
    "1D": _DAY_MS,
    "1Dutc": _DAY_MS,
}


def funding_history(funding: FundingBook, item: Listing, bounds: tuple[int, int], limit: int, now_ms: int) -> str:
    """Settled rounds of the last three months strictly between two stamps, at most `limit`, newest first.

    Stamps are whole settlement times.
    """
    after_ms, before_ms = bounds
    start_ms = max(after_ms + 1, now_ms - _THREE_MONTHS_MS)
    terms = item.funding
    assert terms is not None
    interval_ms = terms.interval_h * _HOUR_MS
    settled = funding.history(item, start_ms, now_ms, now_ms)
    # the world stamps a round a few milliseconds late, as some venues do; OKX tells the round hour
    told = [(round_.at_ms // interval_ms * interval_ms, round_.rate) for round_ in settled]
    rows = [(at_ms, rate) for at_ms, rate in told if after_ms < at_ms < before_ms]
    return enveloped([funding_row(item, at_ms, rate) for at_ms, rate in reversed(rows[-limit:])])


def candles(book: LiveBook, bar: str, bounds: tuple[int, int], limit: int, now_ms: int) -> str:
    """Candles opened strictly between two stamps, newest first, within one per cent of the price now.

    Volume is in contracts (swaps) or base (spot), then base (spot: quote), then quote. KeyError: no such bar.
    """
    length_ms, item = _BARS_MS[bar], book.listing
    after_ms, before_ms = bounds
    newest = min(now_ms, before_ms - 1) // length_ms
    price = book.last_ticks / 10**item.tick_dp
    base = item.volume_usd * length_ms / _DAY_MS / (item.start_price * item.quote_usd)
    volume = base / float(item.contract_size)
    middle = base if item.market != "spot" else base * price
    rows = []
    for number in range(newest, newest - limit, -1):
        if number * length_ms <= after_ms:
            break
        is_running = (number + 1) * length_ms > now_ms
        opened, closed = (price * (1 + ((number + k) * 7919 % 200 - 100) / 1e4) for k in (0, 1))
        closed = price if is_running else closed
        prices = ",".join(
            f'"{plain(value, item.tick_dp)}"'
            for value in (opened, max(opened, closed), min(opened, closed), closed)
        )
        rows.append(
            f'["{number * length_ms}",{prices},"{plain(volume, item.lot_dp)}","{plain(middle, 8)}",'
            f'"{plain(base * price, 8)}","{0 if is_running else 1}"]'
        )
    return enveloped(rows)
