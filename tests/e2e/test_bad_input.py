"""Bad input of every command: one line that names the fix, a non-zero exit, never a traceback."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

EVIDENCE = {
    "schema": "arbedge.evidence/1",
    "kind": "spot_spot",
    "asset": "SOL",
    "as_of": "2026-11-22T12:00:00Z",
    "notional": "1000",
    "long": {
        "venue": "binance",
        "kind": "spot",
        "symbol": "SOLUSDT",
        "book": {"asks": [["100.00", "4"]], "bids": [["99.90", "10"]]},
        "lot": "0.01",
        "taker_fee": "0.001",
    },
    "short": {
        "venue": "okx",
        "kind": "spot",
        "symbol": "SOL-USDT",
        "book": {"bids": [["100.80", "30"]], "asks": [["100.90", "10"]]},
        "lot": "0.001",
        "taker_fee": "0.001",
    },
}


def arbedge(*words: str, home: Path, stdin: str = "", **environment: str) -> subprocess.CompletedProcess[str]:
    clean = {name: value for name, value in os.environ.items() if not name.startswith(("ARBEDGE", "EXCHANGES"))}
    return subprocess.run(
        [sys.executable, "-m", "arbedge", *words],
        cwd=home,
        env={**clean, "ARBEDGE_DATA_DIR": str(home / "data"), "HOME": str(home), **environment},
        input=stdin,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


def one_line(result: subprocess.CompletedProcess[str]) -> str:
    assert "Traceback" not in result.stderr + result.stdout
    lines = result.stderr.strip().splitlines()
    assert len(lines) == 1, result.stderr
    return lines[0]


BAD_WORDS = {
    "no command": ((), "command"),
    "unknown command": (("scna",), "scna"),
    "unknown option": (("scan", "--twice"), "--twice"),
    "abbreviated option": (("scan", "--form", "json"), "--form"),
    "bad format": (("scan", "--format", "xml"), "xml"),
    "price without file": (("price",), "FILE"),
    "price of a missing file": (("price", "nothing.json"), "nothing.json"),
    "price of a folder": (("price", "."), "."),
    "prove without id": (("prove",), "ID"),
    "prove with no records": (("prove", "abcdef123456"), "no records yet"),
    "why with no records": (("why", "BTC"), "no records yet"),
    "history with no records": (("history",), "no records yet"),
    "history from nowhen": (("history", "--since", "yesterday-ish"), "--since"),
    "history of nothing": (("history", "--limit", "0"), "--limit"),
    "history backwards": (("history", "--since", "1h", "--until", "2h"), "--since"),
    "export without file": (("export",), "FILE"),
    "export to a strange name": (("export", "out.xlsx"), ".csv"),
    "export of a strange kind": (("export", "out.csv", "--kind", "magic"), "magic"),
    "setting without value": (("config", "show", "--set", "opportunities.min_net_bps"), "PATH=VALUE"),
    "unknown setting": (("config", "show", "--set", "opportunities.min_net_bsp=2"), "min_net_bps"),
    "alert without program": (("run", "--alert-cmd", "no-such-program-here"), "no-such-program-here"),
    "alert unquoted": (("run", "--alert-cmd", "echo 'half"), "--alert-cmd"),
    "unknown venue": (("markets", "--venue", "mtgox"), "mtgox"),
    "quarantine without action": (("quarantine",), "action"),
    "quarantine with no records": (("quarantine", "list"), "no records yet"),
    "approval without a pair": (("quarantine", "approve", "--reason", "x"), "ID|PAIR"),
    "approval without a reason": (("quarantine", "approve", "1a2b3c4d5e6f"), "--reason"),
    "approval with an empty reason": (("quarantine", "approve", "1a2b3c4d5e6f", "--reason", " "), "--reason"),
    "approval with no records": (("quarantine", "approve", "1a2b3c4d5e6f", "--reason", "x"), "no records yet"),
    "approval of one": (("quarantine", "approve", "okx:spot:PEPE-USDT", "--reason", "x"), "two instruments"),
    "approval of itself": (("quarantine", "approve", "a:spot:B,a:spot:B", "--reason", "x"), "same instrument"),
    "rejection of no kind": (("quarantine", "reject", "okx:swap:A,bybit:spot:B", "--reason", "x"), "spot or perp"),
    "lab without action": (("lab",), "serve"),
    "lab of no scenario": (("lab", "serve", "--scenario", "utopia"), "utopia"),
    "lab of no universe": (("lab", "serve", "--universe", "multiverse"), "multiverse"),
    "lab on a bad port": (("lab", "serve", "--port-base", "70000"), "port"),
    "replay of nothing": (("replay", "frames.jsonl"), "frames.jsonl"),
    "services of no kind": (("services", "wealth"), "wealth"),
}


@pytest.mark.parametrize("case", BAD_WORDS)
def test_a_mistake_gets_one_line_that_names_it(case: str, tmp_path: Path) -> None:
    words, named = BAD_WORDS[case]
    result = arbedge(*words, home=tmp_path)
    assert result.returncode not in (0, None)
    assert named in one_line(result)


BAD_EVIDENCE = {
    "not json": ("{", "line 1"),
    "a list": ("[]", "object"),
    "nothing": ("", "JSON"),
    "number for a decimal": (json.dumps({**EVIDENCE, "notional": 1000}), "notional"),
    "nan": (json.dumps({**EVIDENCE, "notional": "NaN"}), "notional"),
    "unknown kind": (json.dumps({**EVIDENCE, "kind": "magic"}), "kind"),
    "no long leg": (json.dumps({name: EVIDENCE[name] for name in EVIDENCE if name != "long"}), "long"),
    "key twice": ('{"schema": "arbedge.evidence/1", "schema": "x"}', "schema"),
    "deep nesting": ("[" * 100_000, "nested"),
}


@pytest.mark.parametrize("case", BAD_EVIDENCE)
def test_bad_evidence_names_its_key(case: str, tmp_path: Path) -> None:
    text, named = BAD_EVIDENCE[case]
    result = arbedge("price", "-", home=tmp_path, stdin=text)
    assert result.returncode == 2
    assert named in one_line(result)


def test_a_binary_file_is_refused(tmp_path: Path) -> None:
    (tmp_path / "blob.json").write_bytes(bytes(range(256)))
    result = arbedge("price", "blob.json", home=tmp_path)
    assert result.returncode == 2
    assert "UTF-8" in one_line(result)


def test_a_bad_start_lists_every_problem_at_once_and_no_secret(tmp_path: Path) -> None:
    result = arbedge(
        "run",
        home=tmp_path,
        EXCHANGES="binance,mtgox",
        MIN_NET_BPS="lots",
        ARBITRAGE_THRESHOLD="7",
        ENCRYPTION_KEY="too-short-secret",
        MONITORED_PAIRS_CONFIG="not json",
        ARBEDGE_MARKET__SKEW_S="-1",
        ARBEDGE_NO_SUCH_THING="1",
    )
    assert result.returncode == 2
    assert "Traceback" not in result.stderr
    named = ("EXCHANGES", "MIN_NET_BPS", "ARBITRAGE_THRESHOLD", "ENCRYPTION_KEY", "MONITORED_PAIRS_CONFIG")
    for name in (*named, "ARBEDGE_MARKET__SKEW_S", "ARBEDGE_NO_SUCH_THING"):
        assert sum(name in line for line in result.stderr.splitlines()) >= 1, name
    assert "too-short-secret" not in result.stderr + result.stdout


def test_a_data_folder_that_cannot_be_made_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    result = arbedge("run", "--for", "1", home=tmp_path, ARBEDGE_DATA_DIR=str(tmp_path / "file" / "data"))
    assert result.returncode == 2
    assert "ARBEDGE_DATA_DIR" in one_line(result)
