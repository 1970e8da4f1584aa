"""Records a made-up market as fast as the disk takes it and says which samples are written; made to be killed.

Arguments: folder, the first sample's number. Prints `ack N` when sample N is on the disk, `problem …` and ends when
the disk refuses. With a third argument (bytes) every file is limited to that size, as a full disk would.
"""

import resource
import signal
import sys
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np

from arbedge.domain.instrument import MarketKind
from arbedge.market.fakes import instrument_of
from arbedge.market.history.samples import QuoteSample
from arbedge.storage.recordings.config import RecorderConfig
from arbedge.storage.recordings.layout import Dataset, Hour
from arbedge.storage.recordings.recorder import Recorder

START = datetime(2026, 11, 22, 12, tzinfo=UTC)
EVERY_S = 5
COINS = [instrument_of("binance", MarketKind.SPOT, f"C{number}") for number in range(50)]


def sample(number: int, *, is_whole: bool) -> QuoteSample:
    """Sample `number`: every coin quotes its number + 1."""
    slots = np.arange(len(COINS), dtype=np.intp)
    bid = np.full(len(COINS), number + 1.0)
    return QuoteSample(START + timedelta(seconds=EVERY_S * number), slots, bid, bid + 0.5, ("binance",), is_whole)


def main(folder: Path, first: int, limit: int | None = None) -> None:
    if limit is not None:
        signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
        resource.setrlimit(resource.RLIMIT_FSIZE, (limit, resource.RLIM_INFINITY))
    recorder = Recorder(folder, RecorderConfig(min_free_gb=0), COINS)
    recorder.start()
    number, told, hour = first, None, None
    while True:
        at = START + timedelta(seconds=EVERY_S * number)
        is_whole = recorder.takes_whole(Dataset.QUOTES) or Hour.of(at) != hour
        hour = Hour.of(at)
        while not recorder.offer(sample(number, is_whole=is_whole)):
            time.sleep(0.001)
        status = recorder.status
        if status.problem is not None:
            sys.stdout.write(f"problem {status.problem}\n")
            sys.stdout.flush()
            return
        if status.written_at != told:
            told = status.written_at
            sys.stdout.write(f"ack {(told - START) // timedelta(seconds=EVERY_S)}\n")
            sys.stdout.flush()
        number += 1
        time.sleep(0.0005)


if __name__ == "__main__":
    folder, *numbers = sys.argv[1:]
    main(Path(folder), *map(int, numbers))
