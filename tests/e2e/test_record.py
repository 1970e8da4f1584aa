"""`arbedge record` as a person runs it: against the lab, to its end, interrupted, beside another process, read back."""

import contextlib
import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from arbedge.domain.instrument import InstrumentId, MarketKind
from arbedge.storage.recordings.layout import Dataset, hours_of
from arbedge.storage.recordings.reader import price_hours, quote_spans

pytestmark = [pytest.mark.serial, pytest.mark.timeout(90)]

QUICK = ("--set", "recorder.every_s=0.5", "--set", "recorder.part_s=1", "--set", "recorder.funding_every_s=5")
PATIENCE_S = 60


def environment(home: Path, **more: str) -> dict[str, str]:
    ours = ("ARBEDGE", "EXCHANGES", "MONITORED_PAIRS", "ARBITRAGE_", "MIN_NET", "ENCRYPTION_KEY")
    kept = {name: value for name, value in os.environ.items() if not name.startswith(ours)}
    return {**kept, "HOME": str(home), "ARBEDGE_DATA_DIR": str(home / "data"), "EXCHANGES": "binance", **more}


def started(home: Path, *words: str, **more: str) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-m", "arbedge", *words],
        cwd=home,
        env=environment(home, **more),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


@pytest.fixture(scope="module")
def lab_url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    lab = started(tmp_path_factory.mktemp("lab"), "lab", "serve", "--port-base", "0", "--seed", "7")
    try:
        yield json.loads(lab.stdout.readline())["venues"]["binance"]["base_url"]
    finally:
        with contextlib.suppress(ProcessLookupError):
            lab.kill()
        lab.communicate(timeout=PATIENCE_S)


def test_it_records_what_the_venue_quotes_and_ends_by_itself(lab_url: str, tmp_path: Path) -> None:
    job = started(tmp_path, "record", "--for", "8s", "--json", *QUICK, ARBEDGE_VENUES__BINANCE__BASE_URL=lab_url)
    output, errors = job.communicate(timeout=PATIENCE_S)
    assert (job.returncode, errors) == (0, "")
    rows = [json.loads(line) for line in output.splitlines()]
    last = rows[-1]
    assert last["type"] == "stopped"
    assert last["simulated"] is True
    assert last["recorded"]["problem"] is None
    assert last["recorded"]["rows"] > last["venues"]["binance"]["quotes"] > 100
    assert last["recorded"]["disk_bytes"] == last["recorded"]["bytes"] > 0
    root = tmp_path / "data" / "recordings-simulated"
    assert all(hours_of(root, dataset) for dataset in Dataset)
    now = datetime.now(UTC)
    spot = InstrumentId("binance", MarketKind.SPOT, "BTCUSDT")
    spans = quote_spans(root, spot, now - timedelta(hours=1), now, longest_beat_s=2)
    assert spans
    assert all(0 < span.bid < span.ask for span in spans)
    priced = [each for hour in price_hours(root, "binance", now) for each in hour.instruments]
    assert spot in priced


def test_ctrl_c_writes_what_waits_and_a_second_recorder_is_refused(lab_url: str, tmp_path: Path) -> None:
    words = ("record", "--json", *QUICK, "--set", "recorder.part_s=600")
    job = started(tmp_path, *words, ARBEDGE_VENUES__BINANCE__BASE_URL=lab_url)
    for line in job.stdout:
        if json.loads(line)["venues"]["binance"]["quotes"] > 100:
            break
    second = started(tmp_path, "record", "--for", "1")
    _, errors = second.communicate(timeout=PATIENCE_S)
    assert second.returncode == 2
    assert "is in use by another arbedge" in errors
    for _ in range(3):
        job.stdout.readline()  # a sample or more since
    job.send_signal(signal.SIGINT)
    output, errors = job.communicate(timeout=PATIENCE_S)
    assert (job.returncode, errors) == (0, "")
    last = json.loads(output.splitlines()[-1])
    assert last["recorded"]["rows"] > 100
    assert list((tmp_path / "data" / "recordings-simulated").rglob("part-*.parquet"))


def test_a_bad_time_is_refused_in_one_line(tmp_path: Path) -> None:
    job = started(tmp_path, "record", "--for", "soon")
    _, errors = job.communicate(timeout=PATIENCE_S)
    assert job.returncode == 2
    assert errors.count("\n") == 1
    assert "'soon' is not a number of seconds" in errors
