"""Settling doubtful pairs from the terminal, beside a running process against the lab of four venues and without one."""

import contextlib
import json
import os
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

pytestmark = [pytest.mark.serial, pytest.mark.timeout(600)]

VENUES = ("binance", "bybit", "okx", "bitget")


def environment(home: Path, **more: str) -> dict[str, str]:
    ours = ("ARBEDGE", "EXCHANGES", "MONITORED_PAIRS", "ARBITRAGE_", "MIN_NET", "ENCRYPTION_KEY")
    kept = {name: value for name, value in os.environ.items() if not name.startswith(ours)}
    return {**kept, "HOME": str(home), "ARBEDGE_DATA_DIR": str(home / "data"), **more}


def arbedge(home: Path, *words: str, **more: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "arbedge", *words],
        cwd=home,
        env=environment(home, **more),
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


@contextlib.contextmanager
def program(home: Path, *words: str, **more: str) -> Iterator[Callable[[], list[dict[str, Any]]]]:
    """A running `arbedge`; calling what is given reads the JSON lines it has written so far."""
    written = home / f"{words[0]}.out"
    with written.open("wb") as output, (home / f"{words[0]}.err").open("wb") as errors:
        process = subprocess.Popen(
            [sys.executable, "-m", "arbedge", *words],
            cwd=home, env=environment(home, **more), stdin=subprocess.DEVNULL, stdout=output, stderr=errors,
        )  # fmt: skip
        try:
            yield lambda: [json.loads(line) for line in written.read_bytes().split(b"\n")[:-1]]
        finally:
            process.kill()
            process.wait(10)


def until(find: Callable[[], Any], within_s: float = 150.0) -> Any:
    ends_s = time.monotonic() + within_s
    while time.monotonic() < ends_s:
        found = find()
        if found:
            return found
        time.sleep(0.3)
    raise AssertionError(f"not seen within {within_s:g} s")


def legs(event: dict[str, Any]) -> set[str]:
    both = (event["opportunity"].get("long"), event["opportunity"].get("short"))
    return {f"{leg['venue']}:{leg['kind']}:{leg['symbol']}" for leg in both if leg}


@dataclass
class Town:
    """The lab of four venues, and commands pointed at it; patient with a busy machine."""

    home: Path
    truth: str
    around: dict[str, str]

    def ask(self, *words: str) -> Any:
        told = arbedge(self.home, *words, **self.around)
        return json.loads(told.stdout) if told.returncode == 0 else None

    def say(self, *words: str) -> str:
        told = arbedge(self.home, "quarantine", *words, **self.around)
        assert told.returncode == 0, told.stderr
        return told.stdout

    def planted(self) -> list[set[str]]:
        """Spot pairs that pay now and go on for a while."""
        with urllib.request.urlopen(self.truth, timeout=10) as answer:
            rows = json.loads(answer.read())
        rows = rows["plants"] if isinstance(rows, dict) else rows
        lasting = [row for row in rows if row["kind"] == "spot_spot" and row["is_open"] and not row["is_decoy"]]
        return [{f"{leg['venue']}:spot:{leg['symbol']}" for leg in row["legs"]} for row in lasting]

    def waiting(self) -> dict[str, Any] | None:
        """A planted pair that waits."""
        planted = self.planted()
        rows = self.ask("quarantine", "list", "--json") or []
        return next((row for row in rows if {row["first"], row["second"]} in planted), None)

    def held_back(self, case: dict[str, Any]) -> str:
        """Why candidates of this pair are not shown, in either direction."""
        rows = (self.ask("why", case["asset"], "--format", "json") or {"rejections": []})["rejections"]
        pair = (case["first"], case["second"])
        return " ".join(row["reason"] for row in rows if all(name in row["candidate"] for name in pair))


@pytest.fixture
def town(tmp_path: Path) -> Iterator[Town]:
    words = ("--port-base", "0", "--seed", "7", "--universe", "small", "--scenario", "cross")
    with program(tmp_path, "lab", "serve", *words) as lab:
        urls = {name: row["base_url"] for name, row in until(lab)[0]["venues"].items() if name in VENUES}
        patient = {"HEARTBEAT_S": "30", "DETAIL_CONFIRMATION_S": "20", "SKEW_S": "20"}
        around = {
            "EXCHANGES": ",".join(VENUES),
            "ARBEDGE_OPPORTUNITIES__KINDS": "spot_spot",
            **{f"ARBEDGE_VENUES__{name.upper()}__BASE_URL": url for name, url in urls.items()},
            **{f"ARBEDGE_MARKET__{name}": value for name, value in patient.items()},
        }
        yield Town(tmp_path, f"{urls['binance']}/lab/truth", around)


def test_a_pair_is_approved_and_rejected_while_the_program_runs(town: Town) -> None:
    with program(town.home, "run", "--format", "jsonl", **town.around) as events:
        case = until(town.waiting)
        pair = {case["first"], case["second"]}

        def lives(*kinds: str) -> list[dict[str, Any]]:
            return [each for each in events() if each["type"] in kinds and legs(each) == pair]

        assert (case["doubt"], case["is_simulated"], case["decision"]) == ("unproven", True, None)
        assert lives("opened") == []

        said = town.say("approve", case["id"][:8], "--reason", "one contract")
        assert said.startswith(f"{case['id']} approved: ")
        opened = until(lambda: lives("opened"))[0]["opportunity"]
        assert opened["identity"] == "ratio"
        told = until(lambda: town.ask("why", opened["id"], "--format", "json"))
        assert told["opportunity"]["identity_basis"].startswith("approved by hand on ")
        assert ": one contract; prices agree within" in told["opportunity"]["identity_basis"]

        town.say("reject", f"{case['second']},{case['first']}", "--reason", "a fork")
        until(lambda: "rejected by hand" in town.held_back(case))
        until(lambda: lives("opened", "closed")[-1]["type"] == "closed")

    rows = town.ask("quarantine", "list", "--all", "--json")
    decision = next(each for each in rows if each["id"] == case["id"])["decision"]
    assert (decision["verdict"], decision["reason"], bool(decision["by"])) == ("rejected", "a fork", True)
    looked = town.ask("scan", "--once", "--format", "json")
    assert pair not in [legs({"opportunity": each}) for each in looked["opportunities"]]


def test_words_are_kept_without_a_running_program_and_apart_from_simulated_ones(tmp_path: Path) -> None:
    pair = "binance:spot:PEPEUSDT,okx:spot:PEPE-USDT"
    said = arbedge(tmp_path, "quarantine", "approve", pair, "--reason", "both  on\nEthereum")
    assert said.returncode == 0, said.stderr
    name = said.stdout.split()[0]
    assert arbedge(tmp_path, "quarantine", "list").stdout.startswith("no pair waits in quarantine; 1 decided")
    (row,) = json.loads(arbedge(tmp_path, "quarantine", "list", "--all", "--json").stdout)
    assert (row["id"], row["doubt"], row["times"], row["is_simulated"]) == (name, "asked", 0, False)
    assert row["decision"]["reason"] == "both on Ethereum"
    simulated = {"ARBEDGE_VENUES__BINANCE__BASE_URL": "http://127.0.0.1:1"}
    assert json.loads(arbedge(tmp_path, "quarantine", "list", "--all", "--json", **simulated).stdout) == []
    assert arbedge(tmp_path, "quarantine", "list", "--demo").returncode == 2
    wrong = arbedge(tmp_path, "quarantine", "reject", "0000", "--reason", "x")
    assert (wrong.returncode, wrong.stdout) == (2, "")
    assert "no pair 0000 in quarantine" in wrong.stderr
