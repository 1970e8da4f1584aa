"""Writes opportunities as fast as it can and says which are acknowledged; made to be killed.

Arguments: samples.py, the database, the first number. Prints `ack N` after event N is durable. Started without
a database size limit; with a fourth argument (bytes) every file is limited to that size, as a full disk would.
"""

import asyncio
import importlib.util
import resource
import signal
import sys
from pathlib import Path

from arbedge.errors import Unavailable
from arbedge.storage.config import StorageConfig
from arbedge.storage.records.engine import Records
from arbedge.storage.repositories.opportunities import SqliteOpportunityArchive


def load(path):
    spec = importlib.util.spec_from_file_location("storage_samples", path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


async def main(samples, database, first, limit=None) -> int:
    async with Records(database, StorageConfig()) as records:
        if limit is not None:
            signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
            resource.setrlimit(resource.RLIMIT_FSIZE, (limit, resource.RLIM_INFINITY))
        archive = SqliteOpportunityArchive(records)
        number = first
        while True:
            name = f"{number:08x}"
            batch = [samples.opened(name, at=number), samples.closed(name, at=number + 1)]
            try:
                await archive.record(batch)
            except Unavailable as refused:
                print("refused", refused, flush=True)
                return 0
            print("ack", number, flush=True)
            number += 1


arguments = sys.argv[1:]
numbers = [int(each) for each in arguments[2:]]
sys.exit(asyncio.run(main(load(arguments[0]), Path(arguments[1]), *numbers)))
