"""Recorded frames read back: files of lines `<receive nanoseconds> <raw JSON frame>`, plain, .gz or .xz.

A frame is a combined-stream one (`{"stream": …, "data": …}`) or a depth snapshot (`{"lastUpdateId": …}`), which
belongs to the file's symbol. Lines are read as they are needed, never a file at once.
"""

import gzip
import heapq
import lzma
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import IO, cast

import msgspec

from arbedge.errors import Invalid, NotFound

__all__ = ["RecordedFrame", "Recording", "merged", "open_recording", "recorded_frames"]


@dataclass(frozen=True, slots=True)
class RecordedFrame:
    """One line: when it was received (nanoseconds since 1970), its stream (empty for a snapshot), its payload."""

    received_ns: int
    stream: str
    payload: bytes


@dataclass(frozen=True, slots=True)
class Recording:
    """A file of one market: its path, symbol (upper case), and host (`spot`, `usdm` or `coinm`)."""

    path: Path
    symbol: str
    host: str


class _Line(msgspec.Struct):
    stream: str = ""
    data: msgspec.Raw = msgspec.Raw()


_DECODER = msgspec.json.Decoder(_Line)


def recorded_frames(path: Path) -> Iterator[RecordedFrame]:
    """Every frame of a file in order; Invalid names the line that is not one, NotFound a file that is not there."""
    try:
        with _open(path) as lines:
            for number, line in enumerate(lines, start=1):
                if line.strip():
                    yield _parse(line, path, number)
    except FileNotFoundError as error:
        raise NotFound(f"{path}: no such file") from error
    except (OSError, EOFError, lzma.LZMAError) as error:
        raise Invalid(f"{path}: cannot be read as a recording ({error})") from error


def open_recording(path: Path) -> Recording:
    """What a file holds, judged by its first hundred frames; Invalid when that is no Binance market."""
    for count, frame in enumerate(recorded_frames(path)):
        symbol, _, channel = frame.stream.partition("@")
        if symbol and channel.startswith(("depth", "bookTicker")):
            is_spot = b'"E"' not in frame.payload if channel == "bookTicker" else b'"pu"' not in frame.payload
            host = "coinm" if "_perp" in symbol else "spot" if is_spot else "usdm"
            return Recording(path, symbol.upper(), host)
        if count >= 100:
            break
    raise Invalid(f"{path}: no depth or bookTicker frame among its first hundred")


def merged(recordings: Iterable[Recording]) -> Iterator[tuple[Recording, RecordedFrame]]:
    """Frames of several files in the order they were received."""

    def tagged(recording: Recording) -> Iterator[tuple[int, int, Recording, RecordedFrame]]:
        for i, frame in enumerate(recorded_frames(recording.path)):
            yield frame.received_ns, i, recording, frame

    streams = [tagged(recording) for recording in recordings]
    for _, _, recording, frame in heapq.merge(*streams, key=lambda entry: entry[0]):
        yield recording, frame


def _open(path: Path) -> IO[bytes]:
    if path.suffix == ".xz":
        return lzma.open(path, "rb")
    if path.suffix == ".gz":
        return cast("IO[bytes]", gzip.open(path, "rb"))
    return path.open("rb")


def _parse(line: bytes, path: Path, number: int) -> RecordedFrame:
    stamp, _, frame = line.rstrip().partition(b" ")
    try:
        decoded = _DECODER.decode(frame)
        return RecordedFrame(int(stamp), decoded.stream, bytes(decoded.data) if decoded.stream else frame)
    except (msgspec.DecodeError, ValueError) as error:
        raise Invalid(f"{path}, line {number}: expected `<nanoseconds> <JSON frame>` ({error})") from error
