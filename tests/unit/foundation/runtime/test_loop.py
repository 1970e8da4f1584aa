import asyncio
import logging
import time

import pytest

from arbedge.foundation.runtime import loop


def test_it_returns_what_the_program_returns_and_raises_what_it_raises():
    async def answer():
        await asyncio.sleep(0)
        return 42

    async def fail():
        raise ValueError("no")

    assert loop.run(answer()) == 42
    with pytest.raises(ValueError, match="no"):
        loop.run(fail())


def test_a_task_left_behind_is_ended(caplog):
    ended = []

    async def linger():
        try:
            await asyncio.sleep(60)
        finally:
            ended.append(True)

    async def main():
        main.kept = asyncio.create_task(linger())
        await asyncio.sleep(0)

    loop.run(main())
    assert ended == [True]
    assert caplog.records == []


@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
@pytest.mark.filterwarnings("ignore::ResourceWarning")
def test_a_task_that_will_not_end_is_abandoned_and_named(caplog, monkeypatch):
    monkeypatch.setattr(loop, "_END_S", 0.1)

    async def stubborn():
        while True:
            try:
                await asyncio.sleep(60)
            except asyncio.CancelledError:
                continue

    async def main():
        main.kept = asyncio.create_task(stubborn(), name="stubborn")
        await asyncio.sleep(0)

    began = time.monotonic()
    with caplog.at_level(logging.ERROR):
        loop.run(main())
    assert time.monotonic() - began < 2
    assert "stubborn" in caplog.text
