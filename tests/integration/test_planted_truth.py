"""What the lab planted is found while it is open, and nothing else is shown: the whole job, frames to events."""

import asyncio
import json
import urllib.request
from pathlib import Path

import pytest

from arbedge.bootstrap.application import running
from arbedge.bootstrap.demo import lab_process
from arbedge.bootstrap.settings import load_settings
from arbedge.domain.events import OpportunityEvent

pytestmark = pytest.mark.timeout(120)

PATIENCE_S = 40.0


async def truth(base_url: str) -> list[dict[str, object]]:
    def read() -> list[dict[str, object]]:
        with urllib.request.urlopen(f"{base_url}/lab/truth", timeout=5) as answer:
            return json.load(answer)

    return await asyncio.to_thread(read)


@pytest.mark.parametrize("seed", [3, 8])
async def test_every_planted_opportunity_is_found_and_nothing_else_is_shown(seed: int, tmp_path: Path) -> None:
    events: list[OpportunityEvent] = []
    async with lab_process("steady", seed, "demo") as lab:
        plain = load_settings({"HOME": str(tmp_path)}, folder=tmp_path)
        overrides = {**lab.overrides(plain), "exchanges": "binance"}
        loaded = load_settings({"HOME": str(tmp_path)}, folder=tmp_path, overrides=overrides)
        base_url = lab.base_urls["binance"]
        async with running(loaded, is_simulated=True) as application:
            application.subscribe(events.append)
            plants = [plant for plant in await truth(base_url) if is_of_binance(plant)]
            missing = {legs_of(plant) for plant in plants if not plant["is_decoy"] and plant["is_open"]}
            assert len(missing) >= 8
            for _ in range(int(PATIENCE_S * 10)):
                if not missing - shown(events):
                    break
                await asyncio.sleep(0.1)
            assert missing - shown(events) == set()
            plants = [plant for plant in await truth(base_url) if is_of_binance(plant)]
    decoys = {legs_of(plant) for plant in plants if plant["is_decoy"]}
    assert shown(events) & decoys == set()
    planted = {leg[2] for plant in plants if not plant["is_decoy"] for leg in legs_of(plant)}
    assert [legs for legs in shown(events) if not any(symbol in planted for _, _, symbol in legs)] == []


def is_of_binance(plant) -> bool:
    return all(leg.get("venue", "binance") == "binance" for leg in plant["legs"])


def legs_of(plant) -> tuple[tuple[str, str, str], ...]:
    return tuple((leg["side"], leg["kind"], leg["symbol"]) for leg in plant["legs"])


def shown(events: list[OpportunityEvent]) -> set[tuple[tuple[str, str, str], ...]]:
    return {
        tuple(
            (leg.side.value, leg.instrument.kind.value, leg.instrument.symbol)
            for leg in each.opportunity.candidate.legs
        )
        for each in events
    }
