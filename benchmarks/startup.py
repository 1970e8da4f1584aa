"""From starting the program to a full board of one venue in the lab (3,000 instruments), against ccxt's way."""

import json
import os
import re
import signal
import subprocess
import sys
import tempfile
import urllib.request
from pathlib import Path
from typing import Any

from benchmarks.harness import Case

__all__ = ["cases"]

STARTED = """
import asyncio, pathlib, sys
from arbedge.bootstrap.application import running
from arbedge.bootstrap.settings import load_settings
from arbedge.foundation.runtime import loop

async def main(base_url, folder, wanted):
    settings = load_settings(
        {"HOME": folder, "ARBEDGE_DATA_DIR": folder, "ARBEDGE_VENUES__BINANCE__BASE_URL": base_url},
        folder=pathlib.Path(folder),
    )
    async with running(settings) as application:
        while application.snapshot().venues[0].quotes < wanted:
            await asyncio.sleep(0.01)
        print("full", flush=True)
        await asyncio.sleep(60)

loop.run(main(sys.argv[1], sys.argv[2], int(sys.argv[3])))
"""

CCXT = """
import asyncio, sys
import ccxt.async_support as ccxt

def moved(urls, base):
    if isinstance(urls, dict):
        return {name: moved(url, base) for name, url in urls.items()}
    return base + "/" + urls.split("/", 3)[3] if isinstance(urls, str) and urls.count("/") > 2 else urls

async def main(base):
    exchange = ccxt.binance({"options": {"fetchMarkets": {"types": ["spot", "linear"]}, "fetchCurrencies": False}})
    exchange.urls["api"] = moved(exchange.urls["api"], base)
    await exchange.load_markets()
    await exchange.fetch_bids_asks(params={"type": "spot"})
    await exchange.fetch_bids_asks(params={"type": "swap"})
    print("full", flush=True)
    await exchange.close()

asyncio.run(main(sys.argv[1]))
"""


class _Lab:
    """A lab of 3,000 instruments in a process of its own, started at the first use."""

    def __init__(self) -> None:
        words = ["lab", "serve", "--port-base", "0", "--universe", "binance", "--scenario", "calm"]
        self.process = subprocess.Popen(
            [sys.executable, "-m", "arbedge", *words], stdout=subprocess.PIPE, text=True
        )
        assert self.process.stdout is not None
        self.base_url = json.loads(self.process.stdout.readline())["venues"]["binance"]["base_url"]
        self.quoting = self._count("/api/v3", is_spot=True) + self._count("/fapi/v1", is_spot=False)

    def _count(self, path: str, *, is_spot: bool) -> int:
        """Listed spot markets or perpetuals with both a bid and an ask."""
        listed = {
            row["symbol"]
            for row in self._read(f"{path}/exchangeInfo")["symbols"]
            if is_spot or re.fullmatch(r"(TRADIFI_)?PERPETUAL", row.get("contractType", ""))
        }
        tops = self._read(f"{path}/ticker/bookTicker")
        return sum(
            1 for top in tops if top["symbol"] in listed and float(top["bidQty"]) > 0 and float(top["askQty"]) > 0
        )

    def _read(self, path: str) -> Any:
        with urllib.request.urlopen(self.base_url + path, timeout=10) as answer:
            return json.load(answer)

    def close(self) -> None:
        self.process.send_signal(signal.SIGTERM)
        self.process.wait(10)


def cases() -> list[Case]:
    lab: list[_Lab] = []

    def venue() -> _Lab:
        if not lab:
            lab.append(_Lab())
        return lab[0]

    def until_full(program: str, *arguments: str) -> int:
        process = subprocess.Popen(
            [sys.executable, "-c", program, venue().base_url, *arguments],
            stdout=subprocess.PIPE,
            text=True,
            env={**os.environ},
        )
        assert process.stdout is not None
        assert process.stdout.readline() == "full\n"
        process.kill()
        process.wait()
        return 1

    def ours() -> int:
        with tempfile.TemporaryDirectory() as folder:
            return until_full(STARTED, str(Path(folder)), str(venue().quoting - 2))

    return [
        Case(
            "startup.full_board",
            ours,
            lambda: until_full(CCXT),
            unit="start",
            bar_text="program start to every quoting instrument on the board, 3,000 instruments, under 4 s",
            reference_name="ccxt load_markets + fetch_bids_asks of both kinds",
            close=lambda: [each.close() for each in lab],
        )
    ]
