"""The whole job among every trap and every fault in turn: what pays is found, no decoy is ever shown.

Streams do not tell that a market stopped, so the lists are read as often as the lab's suspensions ask for.
"""

import asyncio
import json
import urllib.request
from pathlib import Path
from typing import Any

import pytest

from arbedge.bootstrap.application import running
from arbedge.bootstrap.demo import lab_process
from arbedge.bootstrap.settings import load_settings
from arbedge.domain.events import OpportunityChange, OpportunityEvent

pytestmark = [pytest.mark.serial, pytest.mark.timeout(180)]

LEAST_WATCH_S = 40.0
PATIENCE_S = 120.0
ENOUGH = 5
NAMED = {
    "exchanges": "binance,bybit,okx,bitget",
    "opportunities.kinds": "spot_spot,spot_perp,perp_spot,perp_perp,funding,triangular",
    "market.identity_seed": "ADA,APT,AVAX,BTC,DOGE,DOT,ETH,LINK,LTC,NEAR,PEPE,SOL,UNI,XRP",
    "market.refresh_instruments_s": "20",
}


async def truth(base_url: str) -> list[dict[str, Any]]:
    def read() -> list[dict[str, Any]]:
        with urllib.request.urlopen(f"{base_url}/lab/truth", timeout=20) as answer:
            return json.load(answer)

    return await asyncio.to_thread(read)


def planted(plant: dict[str, Any]) -> frozenset[tuple[str, ...]]:
    return frozenset((leg["side"], leg["kind"], leg["venue"], leg["symbol"]) for leg in plant["legs"])


def shown(event: OpportunityEvent) -> frozenset[tuple[str, ...]]:
    return frozenset(
        (leg.side.value, leg.instrument.kind.value, leg.instrument.venue, leg.instrument.symbol)
        for leg in event.opportunity.candidate.legs
    )


async def test_no_decoy_is_shown_among_every_trap(tmp_path: Path) -> None:
    events: list[OpportunityEvent] = []
    async with lab_process("traps", 4, "demo") as lab:
        plain = load_settings({"HOME": str(tmp_path)}, folder=tmp_path, overrides=NAMED)
        overrides = {**NAMED, **lab.overrides(plain)}
        loaded = load_settings({"HOME": str(tmp_path)}, folder=tmp_path, overrides=overrides)
        began_s = asyncio.get_running_loop().time()
        async with running(loaded, is_simulated=True) as application:
            application.subscribe(events.append)
            while True:
                await asyncio.sleep(2)
                plants = await truth(lab.base_urls["binance"])
                watched_s = asyncio.get_running_loop().time() - began_s
                opened = {shown(event) for event in events if event.change is OpportunityChange.OPENED}
                paying = {planted(each) for each in plants if not each["is_decoy"]}
                if (watched_s > LEAST_WATCH_S and len(opened & paying) >= ENOUGH) or watched_s > PATIENCE_S:
                    break
    decoys = {planted(each): each["trap"] for each in plants if each["is_decoy"]}
    assert {decoys[legs] for legs in opened & decoys.keys()} == set()
    assert len(decoys) >= 25
    bent = {
        (each["venue"], each["kind"], each["symbol"])
        for one in plants
        if not one["is_decoy"]
        for each in one["moved"]
    }
    strangers = [legs for legs in opened - paying if not {(v, kind, symbol) for _, kind, v, symbol in legs} & bent]
    assert strangers == []
    assert len(opened & paying) >= ENOUGH
