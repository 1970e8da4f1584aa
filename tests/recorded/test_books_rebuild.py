"""Recorded depth frames rebuild books whose best levels are those the venue's own best-bid/ask stream showed.

Frames are parsed here with the standard library only, so nothing but the book is under test.
"""

import json
import lzma
import os
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from arbedge.domain.instrument import InstrumentId, MarketKind
from arbedge.domain.quote import Book, BookChange
from arbedge.market.feeds.sync import BookSync, SnapshotOutcome
from arbedge.market.quality import TimedQuote, basis_summary

RECORDED = Path(
    os.environ.get("ARBEDGE_RECORDED_DATA", str(Path(__file__).resolve().parents[3] / "shared" / "data"))
)
FOLDER = RECORDED / "ws_raw_binance_spot_usdm_cm"
LEVELS = 1000

pytestmark = [
    pytest.mark.recorded,
    pytest.mark.skipif(not FOLDER.is_dir(), reason=f"no recorded frames in {FOLDER}"),
]


@dataclass
class Replay:
    """What one recording gave: quotes as the venue sent them, and the book's best after each depth frame, by id."""

    quotes: list[tuple[int, float, float]] = field(default_factory=list)
    timed: list[TimedQuote] = field(default_factory=list)
    bests: list[tuple[int, float, float]] = field(default_factory=list)
    outcome: SnapshotOutcome | None = None
    frames: int = 0


def sides(row, bids, asks):
    return (
        tuple((price, size) for price, size in row[bids]),
        tuple((price, size) for price, size in row[asks]),
    )


def replay(name: str, kind: MarketKind) -> Replay:
    seen = Replay()
    instrument = InstrumentId("binance", kind, name.split("_")[1].upper())
    sync = BookSync(instrument)
    sync.begin_snapshot()
    with lzma.open(FOLDER / name, "rt") as lines:
        for line in lines:
            stamp, text = line.split(" ", 1)
            at_ns, row = int(stamp), json.loads(text)
            if "lastUpdateId" in row:
                bids, asks = sides(row, "bids", "asks")
                book = Book(instrument, bids, asks, row["lastUpdateId"], None, at_ns)
                seen.outcome = sync.on_snapshot(book, levels_asked=LEVELS, asked_ns=at_ns, compared=50)
                continue
            body = row["data"]
            if "@depth" in row["stream"]:
                bids, asks = sides(body, "b", "a")
                change = BookChange(instrument, body["U"], body["u"], body.get("pu"), bids, asks, body["E"], at_ns)
                if sync.on_change(change, at_ns):
                    seen.frames += 1
                    bid, ask = sync.best()
                    seen.bests.append((body["u"], bid, ask))
                else:
                    assert seen.outcome is None, sync.problem
            elif "@bookTicker" in row["stream"]:
                bid, ask = float(body["b"]), float(body["a"])
                seen.quotes.append((body["u"], bid, ask))
                seen.timed.append(TimedQuote(at_ns, bid, ask))
    assert sync.problem is None
    return seen


def compare(seen: Replay) -> tuple[int, int]:
    """Books against the latest quote at or before the same update id: (compared, agreeing)."""
    quotes = sorted(seen.quotes)
    compared = agreed = 0
    at = 0
    for last, bid, ask in seen.bests:
        while at + 1 < len(quotes) and quotes[at + 1][0] <= last:
            at += 1
        if quotes[at][0] > last or at + 1 >= len(quotes):
            continue
        compared += 1
        agreed += quotes[at][1:] == (bid, ask)
    return compared, agreed


@pytest.mark.parametrize(
    ("name", "kind", "at_least"),
    [
        ("spot_btcusdt_20240808.jsonl.xz", MarketKind.SPOT, 3_000),
        ("spot_ethusdt_20240808.jsonl.xz", MarketKind.SPOT, 3_000),
        ("usdm_btcusdt_20240808.jsonl.xz", MarketKind.PERP, 6_000),
        ("usdm_ethusdt_20240808.jsonl.xz", MarketKind.PERP, 6_000),
    ],
)
def test_depth_frames_rebuild_the_books_the_venue_quoted(name, kind, at_least):
    seen = replay(name, kind)
    compared, agreed = compare(seen)
    print(f"{name}: {seen.frames} frames applied, {compared} books compared, {agreed} agree")
    assert seen.outcome is SnapshotOutcome.LOADED
    assert compared >= at_least
    assert agreed == compared


@pytest.mark.parametrize("coin", ["btcusdt", "ethusdt"])
def test_the_basis_of_those_minutes_survives_no_fees(coin):
    spot = replay(f"spot_{coin}_20240808.jsonl.xz", MarketKind.SPOT)
    perp = replay(f"usdm_{coin}_20240808.jsonl.xz", MarketKind.PERP)
    basis = basis_summary(spot.timed, perp.timed)
    print(f"{coin}: {basis}")
    assert basis is not None
    assert basis.span_s > 300
    assert basis.changes > 10_000
    assert abs(basis.mid_mean_bps) < 20
    assert basis.best_after_fees_bps(2 * (0.001 + 0.0005)) < 0
