"""The lab as a process of its own for `arbedge demo`, so that simulating never takes time from detecting."""

import asyncio
import contextlib
import json
import sys
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass

from arbedge.bootstrap.records import demo_folder
from arbedge.bootstrap.settings import LoadedSettings
from arbedge.errors import ConfigError, Unavailable

__all__ = ["DemoLab", "lab_process"]

_READY_S = 20.0
_STOP_S = 2.0
_BORROW_RATES = "LINK=0.000004,ADA=0.000003"
"""The lab tells no borrow rates, as the venue tells none without a key; simulated like everything else here."""


@dataclass(frozen=True, slots=True)
class DemoLab:
    """A running lab: where each venue it plays listens."""

    base_urls: Mapping[str, str]

    def overrides(self, loaded: LoadedSettings) -> dict[str, str]:
        """Settings that point the main job at the lab, and keep its records apart from real ones.

        The configured venues are watched, as far as the lab plays them.
        """
        wanted: list[str] = [*loaded.settings.exchanges]
        played = [name for name in wanted if name in self.base_urls] or list(self.base_urls)
        simulated = {"exchanges": ",".join(played), "data_dir": str(demo_folder(loaded).path)}
        for venue in played:
            url = self.base_urls[venue]
            simulated[f"venues.{venue}.base_url"] = url
            simulated[f"venues.{venue}.borrow_rates_hourly"] = _BORROW_RATES
        return simulated


@asynccontextmanager
async def lab_process(scenario: str, seed: int, universe: str) -> AsyncIterator[DemoLab]:
    """Start a lab on a free port, give it, stop it. Raises `ConfigError` in the lab's own words."""
    words = ("--port-base", "0", "--scenario", scenario, "--seed", str(seed), "--universe", universe)
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        "arbedge",
        "lab",
        "serve",
        *words,
        "--until-input-ends",
        stdin=asyncio.subprocess.PIPE,  # held open for as long as we live: a lab never outlives a killed demo
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
        start_new_session=True,  # Ctrl-C reaches us alone; we stop the lab last
    )
    try:
        yield DemoLab(await _ready(process))
    finally:
        await _stop(process)


async def _ready(process: asyncio.subprocess.Process) -> dict[str, str]:
    assert process.stdout is not None
    assert process.stderr is not None
    try:
        async with asyncio.timeout(_READY_S):
            line = await process.stdout.readline()
            refusal = b"" if line else await process.stderr.read()
    except TimeoutError:
        raise Unavailable(
            f"the lab was not ready within {_READY_S:g} s; start it by hand: arbedge lab serve"
        ) from None
    if not line:
        words = refusal.decode(errors="replace").strip().removeprefix("arbedge: ")
        raise ConfigError(words or "the lab ended before it was ready; start it by hand: arbedge lab serve")
    return {name: venue["base_url"] for name, venue in json.loads(line)["venues"].items()}


async def _stop(process: asyncio.subprocess.Process) -> None:
    with contextlib.suppress(ProcessLookupError):
        process.terminate()
    try:
        async with asyncio.timeout(_STOP_S):
            await process.wait()
    except TimeoutError:
        with contextlib.suppress(ProcessLookupError):
            process.kill()
        await process.wait()
