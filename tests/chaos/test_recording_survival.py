"""The recorder's files after kill -9 and on a full disk: what was written is there once, nothing is damaged."""

import asyncio
import random
import signal
import sys
from datetime import timedelta
from pathlib import Path

import pytest
from pyarrow import parquet as pq
from tests.chaos.recording_writer import COINS, EVERY_S, START, sample

from arbedge.storage.recordings.config import RecorderConfig
from arbedge.storage.recordings.files import RecordingFolder, files_of
from arbedge.storage.recordings.layout import HOUR_FILE, Dataset, Hour, hours_of
from arbedge.storage.recordings.reader import quote_spans
from arbedge.storage.recordings.recorder import Recorder

HERE = Path(__file__).parent
SEED = 20261122
KILLS = 4
PATIENCE_S = 60


async def start_writer(folder, *numbers):
    return await asyncio.create_subprocess_exec(
        sys.executable,
        str(HERE / "recording_writer.py"),
        str(folder),
        *map(str, numbers),
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )


async def killed_after(writer, chance, parts):
    """Let it write some parts and a random while longer, kill it; the number of the last sample it said is written."""
    last = -1
    async with asyncio.timeout(PATIENCE_S):
        for _ in range(parts):
            line = await writer.stdout.readline()
            assert line.startswith(b"ack"), (await writer.stderr.read()).decode()
            last = int(line.split()[1])
        await asyncio.sleep(chance.random() * 0.05)
        writer.send_signal(signal.SIGKILL)
        rest, _ = await writer.communicate()
    whole = [line for line in rest.splitlines(keepends=True) if line.endswith(b"\n")]
    return max([last, *(int(line.split()[1]) for line in whole)])


def rows_of(folder, symbol):
    """Every quote of a coin as recorded, in order of time: (number of its sample, bid)."""
    found = []
    for hour in hours_of(folder, Dataset.QUOTES):
        for file in files_of(hour.folder(folder, Dataset.QUOTES) / "venue=binance"):
            with pq.ParquetFile(file) as opened:
                rows = opened.read().to_pylist()
            found += [((row["at"] - START) // timedelta(seconds=EVERY_S), row["bid"]) for row in rows
                      if row["symbol"] == symbol]  # fmt: skip
    return sorted(found)


@pytest.mark.serial
@pytest.mark.timeout(120)
async def test_kill_9_costs_at_most_the_part_being_filled(tmp_path) -> None:
    chance = random.Random(SEED)
    first, written = 0, []
    for _ in range(KILLS):
        writer = await start_writer(tmp_path, first)
        last = await killed_after(writer, chance, chance.randint(1, 80))
        written += range(first, last + 1)
        first = last + 1000  # the machine was down for a while
    folder = RecordingFolder(tmp_path)
    folder.resume()
    assert not list(tmp_path.rglob(".tmp-*"))
    for _ in range(2):
        rows = rows_of(tmp_path, COINS[0].id.symbol)
        numbers = [number for number, _ in rows]
        assert len(numbers) == len(set(numbers))
        assert set(written) <= set(numbers)
        assert all(bid == number + 1 for number, bid in rows)
        folder.join_hours(Hour(Hour.of(START + timedelta(days=30)).begins_at))
    assert folder.damaged == 0
    assert {each.name for each in tmp_path.rglob("*.parquet")} == {HOUR_FILE}
    last_at = START + timedelta(seconds=EVERY_S * (written[-1] + 100))
    spans = quote_spans(tmp_path, COINS[0].id, START, last_at, longest_beat_s=2.5 * EVERY_S)
    assert all(span.until - span.since <= timedelta(seconds=2.5 * EVERY_S) for span in spans)
    assert len(spans) >= len(written)


@pytest.mark.serial
async def test_a_full_disk_pauses_the_recorder_and_harms_nothing_written(tmp_path) -> None:
    recorder = Recorder(tmp_path, RecorderConfig(min_free_gb=0), COINS)
    recorder.start()
    for number in range(30):
        recorder.offer(sample(number, is_whole=number == 0))
    assert recorder.close(PATIENCE_S)
    before = {path: path.read_bytes() for path in tmp_path.rglob("*.parquet")}
    writer = await start_writer(tmp_path, 100, 600)
    async with asyncio.timeout(PATIENCE_S):
        output, errors = await writer.communicate()
    assert output.startswith(b"problem recording pauses, the disk is full: "), errors.decode()
    assert b"File too large" in output
    assert writer.returncode == 0
    assert {path: path.read_bytes() for path in tmp_path.rglob("*") if path.is_file()} == before
    again = Recorder(tmp_path, RecorderConfig(min_free_gb=0), COINS)
    again.start()
    again.offer(sample(200, is_whole=True))
    assert again.close(PATIENCE_S)
    assert again.status.problem is None
    assert [number for number, _ in rows_of(tmp_path, COINS[0].id.symbol)] == [*range(30), 200]
