"""The recorder's files: what goes in comes out, gaps are rows, hours are joined, the disk is bounded and may refuse."""

import os
import time
from datetime import timedelta
from decimal import Decimal

import numpy as np
import pyarrow.parquet as pq
import pytest
from pyarrow import dataset as ds
from tests.unit.storage.recording_samples import BTC, INSTRUMENTS, START, VENUE, at, funding, prices, quotes

from arbedge.errors import Conflict, IntegrityError
from arbedge.market.history.samples import QuoteSample
from arbedge.opportunities.fakes import spot
from arbedge.storage.recordings.config import RecorderConfig
from arbedge.storage.recordings.files import RecordingFolder, files_of
from arbedge.storage.recordings.layout import HOUR_FILE, Dataset, Hour, hours_of
from arbedge.storage.recordings.reader import price_hours, quote_spans, venues_of
from arbedge.storage.recordings.recorder import Recorder
from arbedge.storage.recordings.tables import tables_of

IDS = [each.id for each in INSTRUMENTS]
HOUR = timedelta(hours=1)
FREE = {"min_free_gb": 0}


def record(root, samples, **settings):
    """Record these samples and end; the status."""
    recorder = Recorder(root, RecorderConfig(**FREE | settings), INSTRUMENTS)
    recorder.start()
    for sample in samples:
        assert recorder.offer(sample)
    assert recorder.close(20)
    return recorder.status


def spans(root, until=HOUR, instrument=BTC):
    found = quote_spans(root, instrument, START - HOUR, START + until, longest_beat_s=12)
    return [((s.since - START).total_seconds(), (s.until - START).total_seconds(), s.bid, s.ask) for s in found]


def test_what_was_recorded_is_read_back_to_the_last_digit(tmp_path):
    status = record(
        tmp_path,
        [
            quotes(0, {0: (59999.9, 60000.1), 2: (0.1 + 0.2, 0.30000000000000010)}, is_whole=True),
            prices(0, {0: 60000.0, 1: 60012.5}),
            funding(0),
            quotes(5, {0: (60000.0, 60000.1)}),
            quotes(10, {}),
        ],
    )
    assert status.problem is None
    assert status.rows == 9
    assert status.disk_bytes == status.bytes > 0
    assert spans(tmp_path) == [(0, 5, 59999.9, 60000.1), (5, 22, 60000.0, 60000.1)]
    (hour,) = hours_of(tmp_path, Dataset.FUNDING)
    assert venues_of(tmp_path, Dataset.FUNDING, hour) == (VENUE,)
    folder = hour.folder(tmp_path, Dataset.FUNDING) / f"venue={VENUE}"
    (row,) = pq.ParquetFile(files_of(folder)[0]).read().to_pylist()
    assert (row["symbol"], row["rate"], row["mark"], row["index"]) == ("BTCUSDT", 0.0001, 60000.1, None)
    assert Decimal(repr(row["rate"])) == Decimal("0.0001")
    assert (row["at"], row["next_at"]) == (START, at(3600))
    (priced,) = price_hours(tmp_path, VENUE, START)
    assert priced.moments() == [START]
    codes, found = priced.at(START)
    assert {priced.instruments[code]: price for code, price in zip(codes, found, strict=True)} == {
        IDS[0]: 60000.0,
        IDS[1]: 60012.5,
    }


def test_a_gap_is_a_row_and_a_pause_of_the_recorder_is_seen_by_its_missing_beats(tmp_path):
    record(
        tmp_path,
        [
            quotes(0, {0: (1.0, 2.0)}, is_whole=True),
            quotes(5, {0: None}),
            quotes(10, {}),
            quotes(15, {0: (1.0, 2.0)}),
            quotes(20, {}),
            quotes(600, {0: (1.5, 2.5)}),
            quotes(605, {}),
        ],
    )
    assert spans(tmp_path) == [(0, 5, 1.0, 2.0), (15, 32, 1.0, 2.0), (600, 617, 1.5, 2.5)]
    table = ds.dataset(tmp_path / "quotes", partitioning="hive").to_table().to_pylist()
    gap = next(row for row in table if row["state"] == "gap")
    assert (gap["at"], gap["symbol"], gap["bid"]) == (at(5), "BTCUSDT", None)
    assert sum(row["state"] == "beat" for row in table) == 6
    assert table[0]["venue"] == VENUE


def test_a_whole_sample_ends_what_it_does_not_name(tmp_path):
    record(tmp_path, [quotes(0, {0: (1.0, 2.0)}, is_whole=True), quotes(5, {2: (1.0, 2.0)}, is_whole=True)])
    assert spans(tmp_path) == [(0, 5, 1.0, 2.0)]


def test_an_hour_that_is_over_becomes_one_file_with_the_same_rows(tmp_path):
    samples = [quotes(k * 5, {0: (k + 1.0, k + 2.0)}, is_whole=k == 0) for k in range(240)]
    later = quotes(3700, {0: (500.0, 501.0)}, is_whole=True)
    record(tmp_path, [*samples, later], part_s=10)
    first, second = hours_of(tmp_path, Dataset.QUOTES)
    folder = first.folder(tmp_path, Dataset.QUOTES) / f"venue={VENUE}"
    assert [each.name for each in folder.iterdir()] == [HOUR_FILE]
    assert len(spans(tmp_path)) == 240
    assert (second.folder(tmp_path, Dataset.QUOTES) / f"venue={VENUE}").exists()
    rows = pq.ParquetFile(folder / HOUR_FILE).read().to_pylist()
    assert len(rows) == 480


def test_a_crash_between_joining_and_deleting_leaves_no_row_twice(tmp_path):
    folder, hour = RecordingFolder(tmp_path), Hour.of(START)
    folder.resume()
    for second in (0, 60):
        (table,) = tables_of([quotes(second, {0: (1.0, 2.0)}, is_whole=True)], IDS).values()
        folder.write(Dataset.QUOTES, hour, VENUE, table, f"{second}")
    place = hour.folder(tmp_path, Dataset.QUOTES) / f"venue={VENUE}"
    kept = {each.name: each.read_bytes() for each in place.iterdir()}
    assert folder.join_hours(Hour(hour.ends_at)) == 1
    for name, content in kept.items():
        (place / name).write_bytes(content)
    assert [each.name for each in files_of(place)] == [HOUR_FILE]
    assert spans(tmp_path) == [(0, 12, 1.0, 2.0), (60, 72, 1.0, 2.0)]
    (table,) = tables_of([quotes(90, {0: (3.0, 4.0)}, is_whole=True)], IDS).values()
    folder.write(Dataset.QUOTES, hour, VENUE, table, "90")
    assert folder.join_hours(Hour(hour.ends_at)) == 1
    assert [each.name for each in place.iterdir()] == [HOUR_FILE]
    assert spans(tmp_path) == [(0, 12, 1.0, 2.0), (60, 72, 1.0, 2.0), (90, 102, 3.0, 4.0)]


def test_resuming_removes_unfinished_files_and_puts_damaged_parts_aside(tmp_path):
    record(tmp_path, [quotes(0, {0: (1.0, 2.0)}, is_whole=True)])
    (part,) = tmp_path.rglob("part-*.parquet")
    (part.parent / ".tmp-part-9.parquet").write_bytes(b"half")
    (part.parent / "part-5.parquet").write_bytes(b"PAR1 no more")
    with pytest.raises(IntegrityError, match=r"part-5\.parquet: damaged"):
        spans(tmp_path)
    folder = RecordingFolder(tmp_path)
    assert folder.resume() == 1
    assert folder.join_hours(Hour(Hour.of(START).ends_at)) == 1
    assert folder.damaged == 1
    assert spans(tmp_path) == [(0, 12, 1.0, 2.0)]


def busy_hours(count, coins):
    """Samples of `count` hours, a quarter of a megabyte each, nothing in them like anything else."""
    rng, slots = np.random.default_rng(3), np.arange(len(coins), dtype=np.intp)
    for k in range(count * 30):
        bid = rng.random(len(coins))
        yield QuoteSample(at(120 * k), slots, bid, bid + rng.random(len(coins)), (VENUE,), k % 30 == 0)


def test_the_oldest_hours_go_when_the_share_of_the_disk_is_used_up(tmp_path):
    coins = [spot(f"C{number}USDT", f"C{number}") for number in range(500)]
    recorder = Recorder(tmp_path, RecorderConfig(**FREE, max_disk_gb=0.001), coins)
    recorder.start()
    for sample in busy_hours(8, coins):
        while not recorder.offer(sample):
            time.sleep(0.01)
    assert recorder.close(30)
    status = recorder.status
    assert status.problem is None
    assert status.bytes > 1_500_000
    assert status.hours_deleted >= 3
    assert status.disk_bytes < 1_300_000  # a thousandth of a GB, and the part written last
    hours = hours_of(tmp_path, Dataset.QUOTES)
    assert hours[-1] == Hour.of(at(120 * 239))
    assert hours[0] > Hour.of(at(0))


def test_an_hour_that_alone_takes_too_much_is_kept_and_recording_waits_for_the_next(tmp_path):
    coins = [spot(f"C{number}USDT", f"C{number}") for number in range(3000)]
    recorder = Recorder(tmp_path, RecorderConfig(**FREE, max_disk_gb=0.001), coins)
    recorder.start()
    for sample in busy_hours(1, coins):
        assert recorder.offer(sample)
    assert recorder.close(30)
    assert "this hour alone takes more than recorder.max_disk_gb" in recorder.status.problem
    assert hours_of(tmp_path, Dataset.QUOTES)


def test_a_disk_that_refuses_is_named_once_and_recording_goes_on_with_a_whole_sample(tmp_path):
    root = tmp_path / "recordings"
    root.write_text("in the way")
    recorder = Recorder(root, RecorderConfig(**FREE, part_s=1), INSTRUMENTS)
    recorder.start()
    assert recorder.takes_whole(Dataset.QUOTES)
    assert not recorder.takes_whole(Dataset.QUOTES)
    recorder.offer(quotes(0, {0: (1.0, 2.0)}, is_whole=True))
    recorder.offer(quotes(5, {0: (1.1, 2.0)}))
    recorder.close(20)
    assert "recording pauses, the disk refuses" in recorder.status.problem
    assert recorder.status.lost == 2
    assert recorder.takes_whole(Dataset.QUOTES)
    root.unlink()
    again = record(root, [quotes(10, {0: (1.2, 2.0)}, is_whole=True)])
    assert again.problem is None
    assert spans(root) == [(10, 22, 1.2, 2.0)]


def test_a_disk_with_little_left_is_left_alone(tmp_path):
    status = record(tmp_path, [quotes(0, {0: (1.0, 2.0)}, is_whole=True)], min_free_gb=100_000)
    assert "recording pauses, the disk is full: less than recorder.min_free_gb" in status.problem
    assert not list(tmp_path.rglob("*.parquet"))


def test_a_full_queue_refuses_the_newest_and_asks_for_a_whole_sample(tmp_path):
    recorder = Recorder(tmp_path, RecorderConfig(**FREE), INSTRUMENTS)  # not started: nothing is taken out
    recorder.takes_whole(Dataset.QUOTES)
    taken = [recorder.offer(quotes(k, {0: (1.0, 2.0)})) for k in range(300)]
    assert taken == [True] * 256 + [False] * 44
    assert recorder.status.refused == 44
    assert recorder.takes_whole(Dataset.QUOTES)
    recorder.start()
    with pytest.raises(Conflict):
        recorder.start()
    assert recorder.close(20)


def test_the_folder_is_for_this_user_alone(tmp_path):
    record(tmp_path / "recordings", [quotes(0, {0: (1.0, 2.0)}, is_whole=True)])
    assert os.stat(tmp_path / "recordings").st_mode & 0o077 == 0  # noqa: PTH116
