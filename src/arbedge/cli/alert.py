"""`--alert-cmd`: runs a command for each opened opportunity, without ever slowing detection.

The command gets the opportunity as one JSON line on stdin and its id, kind, asset and net in ARBEDGE_ALERT_…
variables. At most `WORKERS` run at once, each with a deadline; when `QUEUE` events wait, the oldest is dropped.
"""

import asyncio
import json
import logging
import os
import shlex
import shutil
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
        line = json.dumps(row).encode() + b"\n"
        try:
            process = await asyncio.create_subprocess_exec(
                *self._words,
                stdin=asyncio.subprocess.PIPE,
                stdout=asyncio.subprocess.DEVNULL,
                stderr=asyncio.subprocess.DEVNULL,
                env=environment,
            )
        except OSError as error:
            self._count_failure(f"could not start: {error}")
            return
        try:
            async with asyncio.timeout(DEADLINE_S):
                await process.communicate(line)
        except TimeoutError:
            process.kill()
            await process.wait()
            self._count_failure(f"killed after {DEADLINE_S:g} s")
            return
        except asyncio.CancelledError:
            process.kill()
            raise
        if process.returncode:
            self._count_failure(f"exit code {process.returncode}")

    def _count_failure(self, reason: str) -> None:
        self.failed += 1
        _log.warning("alert command failed: %s", reason)
