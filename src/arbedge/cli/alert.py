"""`--alert-cmd`: runs a command for each opened opportunity, without ever slowing detection.

The command gets the opportunity as one JSON line on stdin and its id, kind, asset and net in ARBEDGE_ALERT_…
variables. At most `WORKERS` run at once, each with a deadline; when `QUEUE` events wait, the oldest is dropped.
"""

import asyncio
import contextlib
import json
import logging
import os
import shlex
import shutil
import signal
import tempfile
from collections.abc import Mapping
from typing import Any

from arbedge.cli.rows import opportunity_row
from arbedge.domain.events import OpportunityChange, OpportunityEvent
from arbedge.errors import Invalid
from arbedge.foundation.runtime.streams import BoundedStream

__all__ = ["QUEUE", "WORKERS", "AlertCommand"]

WORKERS = 4
QUEUE = 1000
DEADLINE_S = 10.0

_log = logging.getLogger("arbedge.cli.alert")


class AlertCommand:
    """Runs the given command line per opened opportunity; `work` is the coroutine each worker runs."""

    def __init__(self, command_line: str) -> None:
        try:
            self._words = shlex.split(command_line)
        except ValueError as error:
            raise Invalid(f"--alert-cmd: {error}; quote it as a shell would") from None
        if not self._words:
            raise Invalid("--alert-cmd: empty; give a command such as --alert-cmd 'notify-send arbedge'")
        if shutil.which(self._words[0]) is None:
            raise Invalid(f"--alert-cmd: no program {self._words[0]!r} found; give its path")
        self.failed = 0

    async def work(self, events: BoundedStream[OpportunityEvent]) -> None:
        """Alert openings until cancelled; any number of workers may share the stream."""
        async for event in events:
            if event.change is OpportunityChange.OPENED:
                await self._run(opportunity_row(event.opportunity))

    async def _run(self, row: Mapping[str, Any]) -> None:
        environment = {
            **os.environ,
            "ARBEDGE_ALERT_ID": row["id"],
            "ARBEDGE_ALERT_KIND": row["kind"],
            "ARBEDGE_ALERT_ASSET": row["asset"],
            "ARBEDGE_ALERT_NET": row["net"],
            "ARBEDGE_ALERT_NET_BPS": row["net_bps"],
        }
        try:
            # A file, not a pipe: a command that ends without reading it is nobody's fault.
            with tempfile.TemporaryFile() as line:
                line.write(json.dumps(row).encode() + b"\n")
                line.seek(0)
                process = await asyncio.create_subprocess_exec(
                    *self._words,
                    stdin=line,
                    stdout=asyncio.subprocess.DEVNULL,
                    stderr=asyncio.subprocess.DEVNULL,
                    env=environment,
                    start_new_session=True,  # what the command starts itself is ended with it
                )
        except OSError as error:
            self._count_failure(f"could not start: {error}")
            return
        try:
            async with asyncio.timeout(DEADLINE_S):
                await process.wait()
        except TimeoutError:
            _kill(process)
            await process.wait()
            self._count_failure(f"killed after {DEADLINE_S:g} s")
            return
        except asyncio.CancelledError:
            _kill(process)
            raise
        if process.returncode:
            self._count_failure(f"exit code {process.returncode}")

    def _count_failure(self, reason: str) -> None:
        self.failed += 1
        _log.warning("alert command failed: %s", reason)


def _kill(process: asyncio.subprocess.Process) -> None:
    with contextlib.suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)
