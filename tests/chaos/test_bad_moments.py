"""Bad moments of a venue: whatever it sends or does not send, nothing false is shown, and it recovers by itself.

Each test runs the main job against a lab in a process of its own and stages faults through the lab's own page.
"""

import asyncio
import json
import urllib.request
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from arbedge.bootstrap.application import Application, running
from arbedge.bootstrap.demo import lab_process
from arbedge.bootstrap.settings import LoadedSettings, load_settings
from arbedge.domain.events import OpportunityChange, OpportunityEvent

pytestmark = pytest.mark.timeout(90)


def settings(folder: Path, base_url: str, **more: str) -> LoadedSettings:
    environment = {
        "HOME": str(folder),
        "ARBEDGE_DATA_DIR": str(folder / "data"),
        "ARBEDGE_VENUES__BINANCE__BASE_URL": base_url,
        **more,
    }
    return load_settings(environment, folder=folder)


class Watch:
    """The job under test and everything it said."""

    def __init__(self, application: Application, base_url: str) -> None:
        self.application = application
        self.base_url = base_url
        self.events: list[OpportunityEvent] = []
        application.subscribe(self.events.append)

    def opened(self) -> list[str]:
        return [str(each.opportunity.candidate) for each in self.events if each.change is OpportunityChange.OPENED]

    @property
    def venue(self):
        return self.application.snapshot().venues[0]

    async def stage(self, fault: str, seconds: float, **params: object) -> None:
        document = json.dumps({"fault": fault, "seconds": seconds, "params": params}).encode()
        request = urllib.request.Request(f"{self.base_url}/lab/faults", data=document, method="POST")
        await asyncio.to_thread(lambda: urllib.request.urlopen(request, timeout=5).close())

    async def truth(self) -> list[dict[str, object]]:
        def read() -> list[dict[str, object]]:
            with urllib.request.urlopen(f"{self.base_url}/lab/truth", timeout=5) as answer:
                return json.load(answer)

        return await asyncio.to_thread(read)

    async def until(self, condition: Callable[[], bool], within_s: float = 25.0) -> None:
        async with asyncio.timeout(within_s):
            while not condition():  # noqa: ASYNC110 - the condition is read off another program's screen
                await asyncio.sleep(0.05)


@asynccontextmanager
async def watching(folder: Path, scenario: str, universe: str = "small", **more: str) -> AsyncIterator[Watch]:
    async with lab_process(scenario, 11, universe) as lab:
        base_url = lab.base_urls["binance"]
        async with running(settings(folder, base_url, **more)) as application:
            watch = Watch(application, base_url)
            await watch.until(lambda: watch.venue.state == "live")
            yield watch


FAULTS = {
    "garbage": {"rate": 0.5},
    "truncated": {"rate": 0.5},
    "out_of_order": {"rate": 0.5},
    "duplicate": {"rate": 0.5},
    "gap": {"rate": 0.5},
    "crossed": {"symbol": "BTCUSDT"},
    "stale": {"symbol": "ETHUSDT"},
    "clock_skew": {"offset_ms": 2000},
    "silent": {},
    "error_500": {},
    "disconnect": {},
    "reconnect_storm": {"every_s": 1},
    "down": {},
    "slow": {"delay_ms": 1500},
    "cut": {"notice_s": 1},
}


@pytest.mark.parametrize("fault", FAULTS)
async def test_in_a_calm_market_a_fault_makes_no_opportunity_and_passes(fault: str, tmp_path: Path) -> None:
    async with watching(tmp_path, "calm") as watch:
        before = watch.venue.quotes
        await watch.stage(fault, 3, **FAULTS[fault])
        await asyncio.sleep(3.2)
        await watch.until(lambda: watch.venue.state == "live" and watch.venue.quotes >= before - 1)
        assert watch.opened() == []


@pytest.mark.parametrize(("scenario", "offset_ms"), [("clock_skew", 2000), ("clock_behind", -2000)])
async def test_a_clock_two_seconds_off_is_measured_and_named_and_only_what_is_true_is_shown(
    scenario: str, offset_ms: float, tmp_path: Path
) -> None:
    async with (
        lab_process(scenario, 11, "demo") as lab,
        running(settings(tmp_path, lab.base_urls["binance"])) as job,
    ):
        watch = Watch(job, lab.base_urls["binance"])
        await watch.until(lambda: watch.venue.clock_offset_ms is not None and watch.venue.quotes > 0)
        await asyncio.sleep(4)
        assert watch.venue.clock_offset_ms == pytest.approx(offset_ms, abs=150)
        assert watch.venue.error is not None
        assert "clock" in watch.venue.error
        planted = {leg["symbol"] for plant in await watch.truth() if not plant["is_decoy"] for leg in plant["legs"]}
        assert planted
        for each in watch.events:
            assert any(leg.instrument.symbol in planted for leg in each.opportunity.candidate.legs)


async def test_a_cut_network_closes_what_was_open_and_its_return_opens_it_again(tmp_path: Path) -> None:
    async with watching(tmp_path, "steady", "demo") as watch:
        await watch.until(lambda: len(watch.application.snapshot().opportunities) > 0)
        await watch.stage("down", 6)
        await watch.until(lambda: watch.application.snapshot().opportunities == (), within_s=12)
        assert watch.venue.state in {"down", "degraded"}
        assert watch.venue.error
        closed = [each.opportunity for each in watch.events if each.change is OpportunityChange.CLOSED]
        assert all(each.close_reason for each in closed)
        seen = len(watch.opened())
        await watch.until(lambda: watch.venue.state == "live" and len(watch.opened()) > seen, within_s=40)


@pytest.mark.parametrize(("scenario", "named"), [("restricted", "restricted from this location"), ("down", "")])
async def test_a_venue_that_does_not_answer_is_named_with_the_reason(
    scenario: str, named: str, tmp_path: Path
) -> None:
    async with (
        lab_process(scenario, 11, "small") as lab,
        running(settings(tmp_path, lab.base_urls["binance"])) as job,
    ):
        watch = Watch(job, lab.base_urls["binance"])
        await watch.until(lambda: watch.venue.error is not None)
        assert watch.venue.state == ("restricted" if scenario == "restricted" else "down")
        assert named in watch.venue.error
        if scenario == "restricted":
            assert "ARBEDGE_VENUES__BINANCE__" in watch.venue.error


async def test_decoys_alone_show_nothing(tmp_path: Path) -> None:
    async with watching(tmp_path, "decoys", "demo") as watch:
        await asyncio.sleep(8)
        assert watch.opened() == []
        assert sum(watch.application.snapshot().rejected.values()) > 0
