"""The recorded files themselves: written aside and renamed, an hour joined into one, the oldest hours deleted.

One writer, on a thread that may wait for the disk. OSError means the disk refused; nothing half written is left
that a reader would take for data.
"""

import json
import os
import shutil
from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np
import pyarrow as pa
from pyarrow import parquet as pq

from arbedge.storage.recordings.layout import HOUR_FILE, SCHEMAS, Dataset, Hour, hours_of

__all__ = ["RecordingFolder", "files_of"]

_UNFINISHED = ".tmp-"
_DAMAGED = ".damaged-"
_PARTS_KEY = b"arbedge.parts"
_JOINED_AT_ONCE = 10
"""Parts sorted together and written as one row group: memory stays small however long the hour."""


def files_of(folder: Path) -> list[Path]:
    """The files of one hour and venue that hold its rows, each once, oldest first.

    A part that the hour's file has taken in and that a crash kept from being deleted is left out.
    """
    whole = folder / HOUR_FILE
    taken = _taken(whole) if whole.exists() else frozenset()
    parts = sorted(each for each in folder.glob("part-*.parquet") if each.name not in taken)
    return [whole, *parts] if whole.exists() else parts


class RecordingFolder:
    """What is recorded below `root`."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.damaged = 0

    def resume(self) -> int:
        """Make the folder, and remove what an interrupted write left; returns how many files went."""
        self.root.mkdir(mode=0o700, parents=True, exist_ok=True)
        left = list(self.root.rglob(f"{_UNFINISHED}*"))
        for path in left:
            path.unlink(missing_ok=True)
        return len(left)

    def write(self, dataset: Dataset, hour: Hour, venue: str, table: pa.Table, name: str) -> int:
        """Write one part; returns its bytes. `name` sorts by time and is not used twice."""
        folder = hour.folder(self.root, dataset) / f"venue={venue}"
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        target = folder / f"part-{name}.parquet"
        aside = folder / f"{_UNFINISHED}{target.name}"
        try:
            with _open(aside, dataset) as writer:
                writer.write_table(table)
            _finish(aside, target)
        finally:
            aside.unlink(missing_ok=True)
        return target.stat().st_size

    def join_hours(self, before: Hour) -> int:
        """Make one file of each hour and venue that is over; returns how many were made."""
        made = 0
        for dataset in Dataset:
            for hour in hours_of(self.root, dataset):
                if hour < before:
                    folders = sorted(hour.folder(self.root, dataset).glob("venue=*"))
                    made += sum(self._join(folder, dataset) for folder in folders)
        pa.default_memory_pool().release_unused()
        return made

    def bytes(self) -> int:
        """How much of the disk the recordings take."""
        return sum(path.stat().st_size for path in self.root.rglob("*") if path.is_file())

    def forget_oldest(self, most_bytes: float, current: Hour) -> tuple[int, int]:
        """Delete the oldest hours until no more than that is taken, never the current one.

        Returns what is left in bytes, and how many hours went.
        """
        left, gone = self.bytes(), 0
        hours = sorted({hour for dataset in Dataset for hour in hours_of(self.root, dataset)})
        for hour in hours:
            if left <= most_bytes or hour >= current:
                break
            for dataset in Dataset:
                folder = hour.folder(self.root, dataset)
                if folder.exists():
                    shutil.rmtree(folder)
                    if not any(folder.parent.iterdir()):
                        folder.parent.rmdir()
            left, gone = self.bytes(), gone + 1
        return left, gone

    def _join(self, folder: Path, dataset: Dataset) -> bool:
        whole = folder / HOUR_FILE
        sources = files_of(folder)
        taken = _taken(whole) if whole.exists() else frozenset()
        parts = [each for each in sources if each != whole]
        if parts:
            names = sorted(taken | {each.name for each in parts})
            aside = folder / f"{_UNFINISHED}{HOUR_FILE}"
            try:
                with _open(aside, dataset) as writer:
                    for table in self._sorted(whole, parts):
                        writer.write_table(table)
                    writer.add_key_value_metadata({_PARTS_KEY.decode(): json.dumps(names)})
                _finish(aside, whole)
            finally:
                aside.unlink(missing_ok=True)
            taken = frozenset(names)
        for path in folder.glob("part-*.parquet"):
            if path.name in taken:
                path.unlink(missing_ok=True)
        return bool(parts)

    def _sorted(self, whole: Path, parts: Sequence[Path]) -> Iterator[pa.Table]:
        """What the hour's file has already, row group by row group, then the parts, several at a time."""
        if whole.exists():
            with pq.ParquetFile(whole) as file:
                for number in range(file.num_row_groups):
                    yield file.read_row_group(number)
        for start in range(0, len(parts), _JOINED_AT_ONCE):
            tables = [table for each in parts[start : start + _JOINED_AT_ONCE] if (table := self._read(each))]
            if tables:
                yield _in_order(pa.concat_tables(tables).unify_dictionaries().combine_chunks())

    def _read(self, part: Path) -> pa.Table | None:
        """The rows of a part; one the disk has damaged is put aside under another name and counted."""
        try:
            with pq.ParquetFile(part) as file:
                return file.read()
        except pa.ArrowInvalid:
            self.damaged += 1
            part.rename(part.with_name(f"{_DAMAGED}{part.name}"))
            return None


def _in_order(table: pa.Table) -> pa.Table:
    """By kind, symbol and moment; rows of no instrument come first. Which symbol comes first matters to nobody."""
    texts = [table.column(name).combine_chunks() for name in ("symbol", "kind") if name in table.column_names]
    codes = [each.indices.fill_null(-1).to_numpy(zero_copy_only=False) for each in texts]
    return table.take(pa.array(np.lexsort([table.column("at").cast(pa.int64()).to_numpy(), *codes])))


def _taken(whole: Path) -> frozenset[str]:
    """The names of the parts an hour's file was made of."""
    metadata = pq.read_metadata(whole).metadata or {}
    return frozenset(json.loads(metadata.get(_PARTS_KEY, b"[]")))


def _open(path: Path, dataset: Dataset) -> pq.ParquetWriter:
    schema = SCHEMAS[dataset]
    texts = [field.name for field in schema if pa.types.is_dictionary(field.type)]
    moments = {field.name: "DELTA_BINARY_PACKED" for field in schema if pa.types.is_timestamp(field.type)}
    return pq.ParquetWriter(
        path, schema, compression="zstd", compression_level=3, use_dictionary=texts, column_encoding=moments
    )


def _finish(aside: Path, target: Path) -> None:
    """On the disk first, then under its name: a name never stands for less than the whole file."""
    with aside.open("rb+") as file:
        os.fsync(file.fileno())
    aside.replace(target)
