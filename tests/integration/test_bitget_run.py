"""The whole job over Bitget and Bybit, by either generation: what was planted is found, rows tell the networks."""

import asyncio
import json
import urllib.request
from pathlib import Path

import pytest

from arbedge.bootstrap.application import running
from arbedge.bootstrap.demo import lab_process
from arbedge.bootstrap.settings import load_settings
from arbedge.cli.rows import opportunity_row
from arbedge.domain.events import OpportunityEvent
from arbedge.domain.network import NetworkState

pytestmark = [pytest.mark.timeout(120), pytest.mark.serial]

PATIENCE_S = 50.0


async def planted(base_url: str) -> list[dict[str, object]]:
    def read() -> list[dict[str, object]]:
        with urllib.request.urlopen(f"{base_url}/lab/truth", timeout=5) as answer:
            return json.load(answer)

    plants = await asyncio.to_thread(read)
    return [plant for plant in plants if {leg.get("venue") for leg in plant["legs"]} == {"bitget", "bybit"}]


def legs_of(plant):
    return tuple((leg["side"], leg["kind"], leg["symbol"]) for leg in plant["legs"])


def shown(events):
    return {
        tuple((leg.side.value, leg.instrument.kind.value, leg.instrument.symbol) for leg in each.candidate.legs)
        for each in (event.opportunity for event in events)
    }


@pytest.mark.parametrize("api", ["v2", "v3"])
async def test_what_was_planted_is_found_and_its_rows_tell_the_networks(api: str, tmp_path: Path) -> None:
    events: list[OpportunityEvent] = []
    async with lab_process("cross", 3, "demo") as lab:
        plain = load_settings({"HOME": str(tmp_path)}, folder=tmp_path)
        overrides = lab.overrides(plain) | {
            "exchanges": "bitget,bybit",
            "venues.bitget.api": api,
            "opportunities.kinds": "spot_spot,perp_perp,funding",
            "market.identity_seed": "ADA,AVAX,BTC,ETH,LINK",
        }
        loaded = load_settings({"HOME": str(tmp_path)}, folder=tmp_path, overrides=overrides)
        base_url = lab.base_urls["bitget"]
        async with running(loaded, is_simulated=True) as application:
            application.subscribe(events.append)
            plants = await planted(base_url)
            missing = {legs_of(plant) for plant in plants if not plant["is_decoy"] and plant["is_open"]}
            assert missing
            for _ in range(int(PATIENCE_S * 10)):
                if not missing - shown(events):
                    break
                await asyncio.sleep(0.1)
            plants = await planted(base_url)
    assert missing - shown(events) == set()
    assert shown(events) & {legs_of(plant) for plant in plants if plant["is_decoy"]} == set()
    told = [each for event in events for each in event.opportunity.networks]
    states = {venue: {each.deposit for each in told if each.venue == venue} for venue in ("bitget", "bybit")}
    assert states["bybit"] == {NetworkState.UNKNOWN}
    assert states["bitget"] - {NetworkState.UNKNOWN}
    row = opportunity_row(events[-1].opportunity)
    assert {each["source"] for each in row["networks"]} == {
        "bitget's public list of coins",
        "bybit tells them to key holders only",
    }
    assert "networks" in row["score_parts"]
