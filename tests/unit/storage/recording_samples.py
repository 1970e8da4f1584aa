"""Samples of a small market for tests of the recordings: two venues, a spot and a perpetual each."""

from datetime import UTC, datetime, timedelta
from math import nan

import numpy as np

from arbedge.domain.instrument import InstrumentId, MarketKind
from arbedge.market.history.samples import FundingSample, PriceSample, QuoteSample
from arbedge.opportunities.fakes import perp, spot

START = datetime(2026, 11, 22, 12, 0, 30, tzinfo=UTC)
INSTRUMENTS = [
    spot("BTCUSDT", "BTC"),
    perp("BTCUSDT", "BTC"),
    spot("ETHUSDT", "ETH"),
    perp("ETHUSDT", "ETH"),
]
VENUE = INSTRUMENTS[0].id.venue
BTC = InstrumentId(VENUE, MarketKind.SPOT, "BTCUSDT")


def at(seconds):
    return START + timedelta(seconds=seconds)


def quotes(seconds, rows, *, is_whole=False):
    """`rows` maps a slot to (bid, ask), or to None where it became unknown."""
    slots = np.asarray(sorted(rows), dtype=np.intp)
    figures = [rows[slot] or (nan, nan) for slot in sorted(rows)]
    bid, ask = (np.asarray([each[side] for each in figures], dtype=float) for side in (0, 1))
    return QuoteSample(at(seconds), slots, bid, ask, (VENUE,), is_whole)


def prices(seconds, rows):
    """`rows` maps a slot to its price."""
    slots = np.asarray(sorted(rows), dtype=np.intp)
    return PriceSample(at(seconds), slots, np.asarray([rows[slot] for slot in sorted(rows)], dtype=float))


def funding(seconds, rate=0.0001, mark=60000.1):
    """Funding of the BTC perpetual; its index is not known."""
    row = [rate, 8.0, at(3600).timestamp(), mark, nan]
    return FundingSample(at(seconds), np.asarray([1], dtype=np.intp), np.asarray([row]))
