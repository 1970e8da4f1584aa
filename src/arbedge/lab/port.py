"""A port of the lab: opened with a plain word when it is taken, and held until the process is told to stop."""

import asyncio
import errno
import signal
import sys
from collections.abc import Callable, Coroutine
from typing import Any

import msgspec
from aiohttp import web

from arbedge.errors import ArbEdgeError, ConfigError
from arbedge.foundation.runtime import loop
from arbedge.lab.config import LabOptions

__all__ = ["Port", "run_until_stopped", "until_stopped"]

_STOP_S = 1.0
_TAKEN = {errno.EADDRINUSE, errno.EACCES, errno.EADDRNOTAVAIL}


class Port:
    """One listening address of a lab."""

    def __init__(self, options: LabOptions) -> None:
        self._options = options
        self._runner: web.AppRunner | None = None
        self._number = 0

    @property
    def base_url(self) -> str:
        """The address clients put in the place of the venue's scheme and host."""
        return f"http://{self._options.host}:{self._number}"

    async def open(self, application: web.Application, offset: int) -> None:
        """Listen at the options' base plus `offset` (any free port for base 0); ConfigError when it is taken."""
        base, host = self._options.port_base, self._options.host
        wanted = base + offset if base else 0
        runner = web.AppRunner(application, access_log=None, shutdown_timeout=_STOP_S, handler_cancellation=True)
        await runner.setup()
        try:
            await web.TCPSite(runner, host, wanted).start()
        except OSError as error:
            await runner.cleanup()
            if error.errno not in _TAKEN:
                raise
            raise ConfigError(
                f"port {wanted} on {host} cannot be used ({error.strerror}): stop what listens there, "
                "or choose another --port-base"
            ) from error
        self._runner = runner
        self._number = runner.addresses[0][1]

    async def close(self) -> None:
        """Stop listening and end what is open, within a second or so; closing a closed port does nothing."""
        runner, self._runner = self._runner, None
        if runner is not None:
            await runner.cleanup()


async def until_stopped(ready: dict[str, object], announce: Callable[[str], None] | None = None) -> None:
    """Announce the ready line (default: on stdout) and wait for SIGINT or SIGTERM, which may take forever."""
    stopped = asyncio.Event()
    running = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        running.add_signal_handler(number, stopped.set)
    (announce or _print_line)(msgspec.json.encode(ready).decode())
    await stopped.wait()


def run_until_stopped(serve: Callable[[], Coroutine[Any, Any, None]]) -> int:
    """Run a server on an event loop of its own; 0 after a stop, 2 and one line on stderr when it cannot start."""
    try:
        loop.run(serve())
    except ArbEdgeError as error:
        sys.stderr.write(f"arbedge: {error}\n")
        return 2
    except KeyboardInterrupt:
        return 0
    return 0


def _print_line(line: str) -> None:
    sys.stdout.write(line + "\n")
    sys.stdout.flush()
