"""A restart keeps its knowledge: gaps recorded for a day turn "if it closes" into an expected net, and say so."""

import json
import os
import subprocess
import sys
from collections import defaultdict
from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np
import pytest

from arbedge.domain.instrument import InstrumentId
from arbedge.market.history.samples import PriceSample
from arbedge.storage.recordings.files import RecordingFolder
from arbedge.storage.recordings.layout import Dataset, Hour
from arbedge.storage.recordings.reader import price_hours
from arbedge.storage.recordings.tables import tables_of

pytestmark = [pytest.mark.serial, pytest.mark.timeout(150)]

QUICK = ("--set", "recorder.every_s=0.5", "--set", "recorder.part_s=1", "--set", "exchanges=binance")
HOURS = 30


def demo(home: Path, seconds: int) -> list[dict]:
    """Run a simulated market for a while; its events."""
    ours = ("ARBEDGE", "EXCHANGES", "MONITORED_PAIRS", "ARBITRAGE_", "MIN_NET", "ENCRYPTION_KEY")
    kept = {name: value for name, value in os.environ.items() if not name.startswith(ours)}
    result = subprocess.run(
        [sys.executable, "-m", "arbedge", "demo", "--format", "jsonl", "--for", str(seconds), *QUICK],
        cwd=home,
        env={**kept, "HOME": str(home), "ARBEDGE_DATA_DIR": str(home / "data")},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=70,
        check=False,
    )
    assert result.returncode == 0, result.stderr
    return [json.loads(line) for line in result.stdout.splitlines()]


def record_a_past_without_gaps(root: Path) -> None:
    """Thirty hours in which all markets of one coin stood at one price, but for a little noise."""
    now = datetime.now(UTC)
    prices: dict[InstrumentId, float] = {}
    for hour in price_hours(root, "binance", now - timedelta(hours=1)):
        prices |= {hour.instruments[code]: price for code, price in zip(hour.codes, hour.prices, strict=True)}
    assert len(prices) > 100
    ids, coins = sorted(prices), defaultdict(list)
    for each in ids:
        coins[each.symbol].append(prices[each])
    level = np.asarray([coins[each.symbol][0] for each in ids])
    rng, folder = np.random.default_rng(1), RecordingFolder(root)
    slots = np.arange(len(ids), dtype=np.intp)
    for back in range(HOURS, 0, -1):
        begins_at = Hour.of(now - timedelta(hours=back)).begins_at
        samples = [
            PriceSample(begins_at + timedelta(minutes=5 * k), slots, level * (1 + 1e-4 * rng.normal(size=len(ids))))
            for k in range(12)
        ]
        (table,) = tables_of(samples, ids).values()
        folder.write(Dataset.PRICES, Hour(begins_at), "binance", table, f"{int(begins_at.timestamp() * 1000)}")


def test_a_planted_basis_is_expected_to_close_once_its_past_says_so(tmp_path: Path) -> None:
    def shown(events: list[dict]) -> dict[str, dict]:
        rows = [each["opportunity"] for each in events if each["type"] in {"opened", "updated"}]
        return {row["id"]: row for row in rows if row["kind"] in {"spot_perp", "perp_perp"}}

    before = shown(demo(tmp_path, 15))
    assert before
    assert all(row["half_life_s"] is None for row in before.values())
    if_closed = {row["asset"] for row in before.values() if row["qualifies_on"] == "net_close"}
    assert if_closed
    record_a_past_without_gaps(tmp_path / "data" / "demo" / "recordings-simulated")
    after = shown(demo(tmp_path, 25))
    proven = [row for row in after.values() if row["half_life_s"] is not None]
    assert {row["asset"] for row in proven} & if_closed
    assert all(row["qualifies_on"] == "net" for row in proven)
    assert all(row["half_life_s"] == 300 for row in proven)  # within one round: the bound is told
