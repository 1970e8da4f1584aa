"""What is planted between Hyperliquid and Binance is found over the whole job, and the trap beside it is not shown."""

import asyncio
import json
import urllib.request
from decimal import Decimal
from pathlib import Path

import pytest

from arbedge.bootstrap.application import running
from arbedge.bootstrap.demo import lab_process
from arbedge.bootstrap.settings import load_settings

pytestmark = pytest.mark.timeout(120)

PATIENCE_S = 60.0


async def truth(base_url):
    def read():
        with urllib.request.urlopen(f"{base_url}/lab/truth", timeout=5) as answer:
            return json.load(answer)

    return await asyncio.to_thread(read)


def legs_of(plant):
    return tuple((leg["side"], leg["venue"], leg["symbol"]) for leg in plant["legs"])


def shown(events):
    found = {}
    for event in events:
        legs = event.opportunity.candidate.legs
        key = tuple((leg.side.value, leg.instrument.venue, leg.instrument.symbol) for leg in legs)
        found[key] = event.evidence
    return found


async def test_funding_apart_from_binance_is_found_and_usdc_is_converted_by_its_live_rate(tmp_path: Path) -> None:
    events = []
    async with lab_process("fifth", 5, "demo") as lab:
        plain = load_settings({"HOME": str(tmp_path), "EXCHANGES": "binance,hyperliquid"}, folder=tmp_path)
        told = {"opportunities.kinds": "funding,perp_perp", "market.identity_seed": "DOGE,SOL,PEPE"}
        overrides = {**lab.overrides(plain), "exchanges": "binance,hyperliquid", **told}
        loaded = load_settings({"HOME": str(tmp_path)}, folder=tmp_path, overrides=overrides)
        async with running(loaded, is_simulated=True) as application:
            application.subscribe(events.append)
            plants = await truth(lab.base_urls["hyperliquid"])
            missing = {legs_of(plant) for plant in plants if not plant["is_decoy"] and plant["is_open"]}
            assert len(missing) == 3
            for _ in range(int(PATIENCE_S * 10)):
                if not missing - shown(events).keys():
                    break
                await asyncio.sleep(0.1)
            assert missing - shown(events).keys() == set()
            decoys = {legs_of(plant) for plant in plants if plant["is_decoy"]}
            assert shown(events).keys() & decoys == set()
            found = shown(events)[("buy", "hyperliquid", "kPEPE"), ("sell", "binance", "1000PEPEUSDT")]
    long, short = found["long"], found["short"]
    assert Decimal("0.99") < Decimal(long["quote_rate"]) < Decimal(1)
    assert short.get("quote_rate", "1") == "1"
    assert (long["multiplier"], long["taker_fee"]) == ("1000", "0.00045")
    hours = [settlement["at"] for settlement in long["settlements"]]
    assert len(hours) >= 8
