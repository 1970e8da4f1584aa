"""A restart keeps its knowledge: gaps recorded for a day turn "if it closes" into an expected net, and say so."""

import json
import os
import signal
import subprocess
import sys
import time
from collections import defaultdict
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

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
PATIENCE_S = 60
SAMPLED_S = 4
Event = dict[str, Any]


def demo(home: Path, is_enough: Callable[[Event], bool]) -> list[Event]:
    """Watch a simulated market until an opportunity is shown that is enough; all rows shown until then.

    It goes on for a few seconds more, so that the recorder has sampled every market at least once.
    """
    ours = ("ARBEDGE", "EXCHANGES", "MONITORED_PAIRS", "ARBITRAGE_", "MIN_NET", "ENCRYPTION_KEY")
    kept = {name: value for name, value in os.environ.items() if not name.startswith(ours)}
    rows: list[Event] = []
    with subprocess.Popen(
        [sys.executable, "-m", "arbedge", "demo", "--format", "jsonl", "--for", str(PATIENCE_S), *QUICK],
        cwd=home,
        env={**kept, "HOME": str(home), "ARBEDGE_DATA_DIR": str(home / "data")},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        text=True,
    ) as job:
        for line in job.stdout:
            event = json.loads(line)
            if event["type"] in {"opened", "updated"} and event["opportunity"]["kind"] in {
                "spot_perp",
                "perp_perp",
            }:
                rows.append(event["opportunity"])
                if is_enough(rows[-1]):
                    time.sleep(SAMPLED_S)
                    job.send_signal(signal.SIGINT)
                    job.communicate()
                    assert job.returncode == 0
                    return rows
    raise AssertionError(f"not within {PATIENCE_S} s; {len(rows)} rows, last {rows[-1:]}")


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
    def pays_by_closing(row: Event) -> bool:
        return row["qualifies_on"] == "net" and Decimal(row["net_stay"]) < 0 < Decimal(row["net"])

    before = demo(tmp_path, lambda row: row["qualifies_on"] == "net_close")
    assert all(row["half_life_s"] is None for row in before)
    assert not any(pays_by_closing(row) for row in before)
    record_a_past_without_gaps(tmp_path / "data" / "demo" / "recordings-simulated")
    after = demo(tmp_path, pays_by_closing)
    proven = [row for row in after if row["half_life_s"] is not None]
    assert after[-1] in proven
    assert all(row["qualifies_on"] == "net" for row in proven)
    assert all(row["half_life_s"] == 300 for row in proven)  # within one round: the bound is told
