"""The recorder: takes samples on the event loop's thread, writes them from a thread of its own.

Overflow: at most 256 samples wait for the disk; beyond it the newest is refused and counted, and whoever samples is
asked for a whole one next. A disk that refuses costs the part being written; recording goes on with a whole sample
as soon as there is room again, and nothing else of the program notices.
"""

import errno
import queue
import shutil
import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from functools import partial
from pathlib import Path

import pyarrow as pa

from arbedge.domain.instrument import Instrument
from arbedge.errors import Conflict
from arbedge.market.history.samples import QuoteSample, Sample
from arbedge.storage.recordings.config import RecorderConfig
from arbedge.storage.recordings.files import RecordingFolder
from arbedge.storage.recordings.layout import Dataset, Hour
from arbedge.storage.recordings.tables import dataset_of, tables_of

__all__ = ["Recorder", "RecorderStatus"]

_WAITING = 256
_GB = 1e9
_FULL = {errno.ENOSPC, errno.EDQUOT, errno.EFBIG}


@dataclass(frozen=True, slots=True)
class RecorderStatus:
    """What was recorded since the start, and what keeps it from recording now (None: nothing).

    `refused` samples found the queue full, `lost` were in parts the disk did not take; `hours_deleted` made room.
    """

    rows: int = 0
    bytes: int = 0
    parts: int = 0
    refused: int = 0
    lost: int = 0
    hours_deleted: int = 0
    disk_bytes: int = 0
    written_at: datetime | None = None
    problem: str | None = None


class Recorder:
    """Start it, offer samples, close it. `instruments` by slot; the list may grow meanwhile."""

    def __init__(self, root: Path, config: RecorderConfig, instruments: Sequence[Instrument]) -> None:
        self._folder = RecordingFolder(root)
        self._config = config
        self._instruments = instruments
        self._queue: queue.Queue[Sample | None] = queue.Queue(_WAITING)
        self._thread: threading.Thread | None = None
        self._status = RecorderStatus()
        self._wanted = {Dataset.QUOTES, Dataset.FUNDING}
        self._broken: set[Dataset] = set()
        self._pending: dict[Dataset, list[Sample]] = {each: [] for each in Dataset}
        self._refused = 0
        self._is_closing = False

    @property
    def status(self) -> RecorderStatus:
        """How it is doing."""
        status = replace(self._status, refused=self._refused)
        has_died = self._thread is not None and not self._is_closing and not self._thread.is_alive()
        return replace(status, problem="the recorder's thread ended; start again") if has_died else status

    def start(self) -> None:
        """Begin to write. Raises `Conflict` when it has begun before."""
        if self._thread is not None:
            raise Conflict("the recorder was started already")
        self._thread = threading.Thread(target=self._work, name="recorder", daemon=True)
        self._thread.start()

    def takes_whole(self, dataset: Dataset) -> bool:
        """Whether the next sample of this dataset must hold everything; asking is a promise to send one."""
        if dataset not in self._wanted:
            return False
        self._wanted.discard(dataset)
        return True

    def offer(self, sample: Sample) -> bool:
        """Hand a sample over; False when too many wait, and then the next must be whole."""
        try:
            self._queue.put_nowait(sample)
        except queue.Full:
            self._refused += 1
            self._wanted.add(dataset_of(sample))
            return False
        return True

    def close(self, deadline_s: float) -> bool:
        """Write what waits and end; False when the disk did not let it within the deadline."""
        if self._thread is None:
            return True
        self._is_closing = True
        try:
            self._queue.put(None, timeout=deadline_s)
        except queue.Full:
            return False
        self._thread.join(deadline_s)
        return not self._thread.is_alive()

    # --- on the recorder's thread --------------------------------------------------------------------------------

    def _work(self) -> None:
        self._attempt(self._resume)
        latest: Hour | None = None
        while (sample := self._queue.get()) is not None:
            hour = Hour.of(sample.at)
            if hour != latest:
                self._flush_all()
                self._attempt(partial(self._folder.join_hours, hour))
            latest = hour
            self._take(sample)
        self._flush_all()

    def _resume(self) -> None:
        self._folder.resume()
        self._status = replace(self._status, disk_bytes=self._folder.bytes())

    def _take(self, sample: Sample) -> None:
        dataset = dataset_of(sample)
        pending = self._pending[dataset]
        if dataset in self._broken:
            if isinstance(sample, QuoteSample) and not sample.is_whole:
                self._status = replace(self._status, lost=self._status.lost + 1)
                return
            self._broken.discard(dataset)
        if pending and (sample.at - pending[0].at).total_seconds() >= self._config.part_s:
            self._flush(dataset)
        self._pending[dataset].append(sample)

    def _flush_all(self) -> None:
        for dataset in Dataset:
            self._flush(dataset)

    def _flush(self, dataset: Dataset) -> None:
        samples, self._pending[dataset] = self._pending[dataset], []
        if not samples:
            return
        if self._attempt(partial(self._write, dataset, samples)):
            return
        self._status = replace(self._status, lost=self._status.lost + len(samples))
        self._broken.add(dataset)
        self._wanted.add(dataset)

    def _write(self, dataset: Dataset, samples: list[Sample]) -> None:
        self._make_room(Hour.of(samples[0].at))
        ids = [each.id for each in tuple(self._instruments)]
        name = f"{int(samples[0].at.timestamp() * 1000)}"
        rows = size = parts = 0
        for venue, table in tables_of(samples, ids).items():
            size += self._folder.write(dataset, Hour.of(samples[0].at), venue, table, name)
            rows, parts = rows + table.num_rows, parts + 1
        before = self._status
        self._status = replace(
            before,
            rows=before.rows + rows,
            bytes=before.bytes + size,
            parts=before.parts + parts,
            disk_bytes=before.disk_bytes + size,
            written_at=samples[-1].at,
        )

    def _make_room(self, current: Hour) -> None:
        """Delete the oldest hours where the recordings take too much. OSError where there is no room to write."""
        most = self._config.max_disk_gb * _GB
        left, gone = self._folder.forget_oldest(most, current)
        deleted = self._status.hours_deleted + gone
        self._status = replace(self._status, disk_bytes=left, hours_deleted=deleted)
        if left > most:
            text = f"this hour alone takes more than recorder.max_disk_gb ({self._config.max_disk_gb:g})"
            raise OSError(errno.EDQUOT, text)
        if shutil.disk_usage(self._folder.root).free < self._config.min_free_gb * _GB:
            text = f"less than recorder.min_free_gb ({self._config.min_free_gb:g}) is left on the disk"
            raise OSError(errno.ENOSPC, text)

    def _attempt(self, step: Callable[[], object]) -> bool:
        """Do it; False where the disk refused, which is said until it takes something again."""
        try:
            step()
        except (OSError, pa.ArrowException) as fault:
            number = fault.errno if isinstance(fault, OSError) else None
            what = "the disk is full" if number in _FULL else "the disk refuses"
            words = (fault.strerror if isinstance(fault, OSError) else None) or str(fault)
            text = f"recording pauses, {what}: {words} ({self._folder.root})"
            self._status = replace(self._status, problem=text)
            return False
        self._status = replace(self._status, problem=None)
        return True
