"""Real frames of 2024-08-08 through the adapter give the series somebody else derived from them, row for row."""

import lzma
import os
from decimal import Decimal
from pathlib import Path

import pyarrow.parquet as pq
import pytest

from arbedge.domain.instrument import Instrument, InstrumentId, InstrumentStatus, MarketKind
from arbedge.domain.quote import BookChange
from arbedge.exchanges.binance.recorded import LineKind, RecordedReader
from arbedge.market.ports import Watched

DATA = Path(os.environ.get("ARBEDGE_RECORDED_DATA") or Path(__file__).parents[2].parent / "shared" / "data")
FRAMES = DATA / "ws_raw_binance_spot_usdm_cm"

pytestmark = [
    pytest.mark.recorded,
    pytest.mark.skipif(not FRAMES.is_dir(), reason=f"no recorded frames at {FRAMES}"),
]

ONE = Decimal(1)


def instrument(kind: MarketKind, symbol: str) -> Instrument:
    return Instrument(
        id=InstrumentId("binance", kind, symbol),
        base=symbol[:3],
        quote="USDT",
        asset=symbol[:3],
        settle=None,
        tick=ONE,
        lot=ONE,
        min_qty=ONE,
        min_notional=ONE,
        status=InstrumentStatus.TRADING,
    )


class Series:
    """A sink that keeps every top as a row and every depth change."""

    def __init__(self) -> None:
        self.rows: list[tuple[int, int, float, float, float, float]] = []
        self.sequences: list[int] = []
        self.changes: list[BookChange] = []

    def on_top(self, slot, bid, bid_qty, ask, ask_qty, sequence, venue_at_ms, received_ns):
        assert slot == 0
        self.rows.append((received_ns, venue_at_ms, bid, bid_qty, ask, ask_qty))
        self.sequences.append(sequence)

    def on_book_change(self, slot, change):
        self.changes.append(change)


def read(name: str, kind: MarketKind, symbol: str):
    series, snapshots, kinds = Series(), [], dict.fromkeys(LineKind, 0)
    reader = RecordedReader([Watched(0, instrument(kind, symbol))], series)
    with lzma.open(FRAMES / f"{name}.jsonl.xz") as lines:
        for line in lines:
            told = reader.feed(line)
            kinds[told.kind] += 1
            if told.book is not None:
                snapshots.append(told.book)
    return series, snapshots, kinds


@pytest.mark.parametrize(
    ("name", "kind", "symbol"),
    [
        ("spot_btcusdt_20240808", MarketKind.SPOT, "BTCUSDT"),
        ("spot_ethusdt_20240808", MarketKind.SPOT, "ETHUSDT"),
        ("usdm_btcusdt_20240808", MarketKind.PERP, "BTCUSDT"),
        ("usdm_ethusdt_20240808", MarketKind.PERP, "ETHUSDT"),
    ],
)
def test_every_recorded_row_comes_out_of_the_adapter(name, kind, symbol):
    series, snapshots, kinds = read(name, kind, symbol)
    table = pq.read_table(FRAMES / f"{name}_bbo.parquet")
    columns = [table.column(c).to_pylist() for c in ("recv_ns", "exch_ts_ms", "bid", "bid_qty", "ask", "ask_qty")]
    assert series.rows == list(zip(*columns, strict=True))
    assert series.sequences == sorted(series.sequences)
    assert kinds[LineKind.GARBAGE] == 0
    assert kinds[LineKind.TOP] == len(series.rows)
    assert len(snapshots) >= 1
    assert snapshots[0].sequence > 0
    assert float(snapshots[0].bids[0][0]) < float(snapshots[0].asks[0][0])
    assert len(series.changes) == kinds[LineKind.DEPTH] > 100


@pytest.mark.parametrize("coin", ["btc", "eth"])
def test_the_coin_margined_market_is_none_of_ours(coin):
    series, _, kinds = read(f"cm_{coin}usd_perp_20240808", MarketKind.PERP, f"{coin.upper()}USDT")
    assert (series.rows, series.changes) == ([], [])
    assert kinds[LineKind.TOP] > 1000
    assert kinds[LineKind.GARBAGE] == 0
