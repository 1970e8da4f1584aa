import asyncio
import os
import signal
import subprocess
import sys
from collections.abc import Callable, Coroutine
from typing import Any

import pytest
import uvloop

from arbedge.foundation.runtime.signals import StopSignal

LOOPS: list[Callable[[Coroutine[Any, Any, None]], None]] = [asyncio.run, uvloop.run]


@pytest.mark.parametrize("run", LOOPS, ids=["asyncio", "uvloop"])
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_the_first_signal_asks_and_the_second_forces(
    run: Callable[[Coroutine[Any, Any, None]], None], number: signal.Signals
) -> None:
    forced: list[int] = []

    async def main() -> None:
        with StopSignal(forced.append) as stop:
            assert not await stop.wait(0.01)
            asyncio.get_running_loop().call_later(0.01, os.kill, os.getpid(), number)
            assert await stop.wait(10)
            assert stop.is_set
            assert stop.received is number
            assert forced == []
            os.kill(os.getpid(), number)
            for _ in range(500):
                if forced:
                    break
                await asyncio.sleep(0.01)
            assert forced == [number]

    before = [signal.getsignal(each) for each in (signal.SIGINT, signal.SIGTERM)]
    run(main())
    assert [signal.getsignal(each) for each in (signal.SIGINT, signal.SIGTERM)] == before


async def test_a_stop_can_be_asked_for_from_inside() -> None:
    with StopSignal() as stop:
        asyncio.get_running_loop().call_later(0.01, stop.ask)
        assert await stop.wait(10)
        assert await stop.wait()
        assert stop.received is None


def test_the_second_signal_ends_a_process_that_hangs() -> None:
    program = """
import asyncio, time
from arbedge.foundation.runtime.signals import StopSignal
async def main():
    with StopSignal() as stop:
        print("ready", flush=True)
        await stop.wait()
        print("asked", flush=True)
        await asyncio.sleep(60)
asyncio.run(main())
"""
    with subprocess.Popen([sys.executable, "-c", program], stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "ready\n"
        process.send_signal(signal.SIGINT)
        assert process.stdout.readline() == "asked\n"
        process.send_signal(signal.SIGINT)
        assert process.wait(20) == 130
