"""The program as a person runs it: whole processes against the lab, from the first screen to a killed machine."""

import contextlib
import csv
import json
import os
import selectors
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import Any, Self

import pytest
from pyarrow import parquet

from arbedge.cli.app import main

pytestmark = [pytest.mark.serial, pytest.mark.timeout(60)]

Event = dict[str, Any]
FIRST_SHOWN_S = 10.0
STOP_S = 2.0


def environment(home: Path, **more: str) -> dict[str, str]:
    ours = ("ARBEDGE", "EXCHANGES", "MONITORED_PAIRS", "ARBITRAGE_", "MIN_NET", "ENCRYPTION_KEY")
    kept = {name: value for name, value in os.environ.items() if not name.startswith(ours)}
    return {**kept, "HOME": str(home), "ARBEDGE_DATA_DIR": str(home / "data"), **more}


class Program:
    """A running `arbedge`, its JSON lines read as they come."""

    def __init__(self, *words: str, home: Path, **more: str) -> None:
        self.begun_s = time.monotonic()
        self.events: list[Event] = []
        self.process = subprocess.Popen(
            [sys.executable, "-m", "arbedge", *words],
            cwd=home,
            env=environment(home, **more),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
        )
        self._rest = b""
        self._selector = selectors.DefaultSelector()
        self._selector.register(self.process.stdout, selectors.EVENT_READ)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        with contextlib.suppress(ProcessLookupError):
            self.process.kill()
        self.process.communicate(timeout=10)
        self._selector.close()

    def until(self, condition: Callable[[Event], bool], within_s: float = 20.0) -> Event:
        """Read lines until one fits, and return it."""
        ends_s = time.monotonic() + within_s
        while (left_s := ends_s - time.monotonic()) > 0 and self._selector.select(left_s):
            chunk = os.read(self.process.stdout.fileno(), 1 << 16)
            if not chunk:
                break
            *lines, self._rest = (self._rest + chunk).split(b"\n")
            new = [json.loads(line) for line in lines]
            self.events += new
            found = next((event for event in new if condition(event)), None)
            if found is not None:
                return found
        message = f"never seen within {within_s:g} s; {len(self.events)} events, last {self.events[-1:]}"
        raise AssertionError(message)

    def interrupt(self) -> tuple[int, float, str]:
        """Ctrl-C: the exit code, how long it took, and what was left to say on stderr."""
        asked_s = time.monotonic()
        self.process.send_signal(signal.SIGINT)
        output, errors = self.process.communicate(timeout=10)
        took_s = time.monotonic() - asked_s
        self.events += [json.loads(line) for line in (self._rest + output).splitlines()]
        return self.process.returncode, took_s, errors.decode()

    def ids(self, kind: str = "opened") -> list[str]:
        return [event["opportunity"]["id"] for event in self.events if event["type"] == kind]


def is_type(*kinds: str) -> Callable[[Event], bool]:
    return lambda event: event["type"] in kinds


def once(*words: str, home: Path, **more: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "arbedge", *words],
        cwd=home,
        env=environment(home, **more),
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=50,
        check=False,
    )


@pytest.fixture
def ask(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Callable[..., tuple[int, str, str]]:
    """Run a short command in this process, which spares it a start of its own."""

    def run(home: Path, *words: str) -> tuple[int, str, str]:
        for name in list(os.environ):
            if name not in (wanted := environment(home)):
                monkeypatch.delenv(name)
        for name, value in wanted.items():
            monkeypatch.setenv(name, value)
        monkeypatch.chdir(home)
        capsys.readouterr()
        code = main(words)
        shown = capsys.readouterr()
        return code, shown.out, shown.err

    return run


def stored(answer: tuple[int, str, str]) -> dict[str, Event]:
    code, output, errors = answer
    assert code == 0, errors
    return {row["id"]: row for row in json.loads(output)}


ALL = ("history", "--demo", "--limit", "1000", "--format", "json")


@dataclass(frozen=True)
class Shown:
    """One demo from start to Ctrl-C, and what happened beside it."""

    home: Path
    program: Program
    first_s: float
    second: subprocess.CompletedProcess[str]
    ended: tuple[int, float, str]


@pytest.fixture(scope="module")
def shown(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Shown]:
    home = tmp_path_factory.mktemp("shown")
    alert = home / "alert.sh"
    alert.write_text(f'#!/bin/sh\ncat > "{home}/alert-$ARBEDGE_ALERT_ID.json"\n')
    alert.chmod(0o755)
    with Program("demo", "--alert-cmd", str(alert), home=home) as program:
        program.until(is_type("opened"))
        first_s = time.monotonic() - program.begun_s
        second = once("demo", "--for", "1", home=home)
        program.until(is_type("status"))
        yield Shown(home, program, first_s, second, program.interrupt())


def test_the_first_opportunity_is_shown_soon_and_everything_is_marked_simulated(shown: Shown) -> None:
    assert shown.first_s < FIRST_SHOWN_S
    started = next(event for event in shown.program.events if event["type"] == "started")
    assert started["simulated"] is True
    rows = [event["opportunity"] for event in shown.program.events if "opportunity" in event]
    assert rows
    assert all(row["simulated"] is True for row in rows)


def test_ctrl_c_ends_it_with_0_in_time_and_without_a_word(shown: Shown) -> None:
    code, took_s, errors = shown.ended
    assert (code, errors) == (0, "")
    assert took_s < STOP_S
    assert shown.program.events[-1]["type"] == "stopped"


def test_a_second_process_on_the_same_folder_is_refused_in_one_line(shown: Shown) -> None:
    assert shown.second.returncode == 2
    assert shown.second.stdout == ""
    (line,) = shown.second.stderr.splitlines()
    assert "in use" in line
    assert "ARBEDGE_DATA_DIR" in line


def test_the_alert_command_gets_each_opened_opportunity_as_json(shown: Shown) -> None:
    told = {path.stem.removeprefix("alert-"): path for path in shown.home.glob("alert-*.json")}
    opened = {event["opportunity"]["id"]: event["opportunity"] for event in shown.program.events
              if event["type"] == "opened"}  # fmt: skip
    # Those of the last moment may wait for a command when the program ends, or be told of after the last line.
    whole = [json.loads(text) for text in (path.read_text() for path in told.values()) if text]
    both = [row for row in whole if row["id"] in opened]
    assert both
    assert all(row == opened[row["id"]] for row in both)


def test_everything_shown_is_stored_closed_with_a_reason_and_proves(shown: Shown, ask: Any) -> None:
    rows = stored(ask(shown.home, *ALL))
    assert set(shown.program.ids()) <= set(rows)
    assert all(row["closed_at"] and row["close_reason"] for row in rows.values())
    for known in rows:
        code, output, errors = ask(shown.home, "prove", known)
        assert code == 0, errors
        assert "proved" in output


def test_why_names_the_lines_of_an_opportunity_and_the_gate_of_a_candidate(shown: Shown, ask: Any) -> None:
    known = shown.program.ids()[0]
    code, output, _ = ask(shown.home, "why", known)
    assert code == 0
    assert "fees_entry" in output or "spent" in output
    candidates = [event["closest"] for event in shown.program.events if event.get("closest")]
    code, output, _ = ask(shown.home, "why", candidates[-1]["asset"])
    assert code == 0
    assert "gate" in output


def test_csv_and_parquet_agree_row_for_row(shown: Shown, ask: Any) -> None:
    for name in ("all.csv", "all.parquet"):
        code, _, errors = ask(shown.home, "export", "--demo", name)
        assert code == 0, errors
    with (shown.home / "all.csv").open(newline="") as file:
        sheet = list(csv.DictReader(file))
    table = parquet.read_table(shown.home / "all.parquet").to_pylist()
    assert len(sheet) == len(table) >= len(shown.program.ids()) > 0
    for left, right in zip(sheet, table, strict=True):
        assert list(left) == list(right)
        assert left["id"] == right["id"]
        for name in ("leg1_symbol", "leg2_symbol", "close_reason", "evidence_hash", "kind"):
            assert left[name] == (right[name] or "")
        for name in ("net", "net_bps", "capacity_usd", "peak_net_bps", "notional"):
            assert Decimal(left[name]) == Decimal(right[name])


def test_a_killed_run_loses_nothing_stored_and_the_next_closes_what_was_open(tmp_path: Path, ask: Any) -> None:
    with Program("demo", home=tmp_path) as program:
        program.until(is_type("opened"))
        program.until(is_type("status"))
        program.until(is_type("status"))
        lab = children(program.process.pid)
        program.process.kill()
    before = stored(ask(tmp_path, *ALL))
    still_open = {known for known, row in before.items() if row["closed_at"] is None}
    assert still_open
    gone(lab)
    assert once("demo", "--for", "0.5", home=tmp_path).returncode == 0
    after = stored(ask(tmp_path, *ALL))
    assert set(before) <= set(after)
    for known in still_open:
        assert after[known]["closed_at"]
        assert "restart" in after[known]["close_reason"]
        assert ask(tmp_path, "prove", known)[0] == 0


def children(parent: int) -> list[int]:
    found = []
    for status in Path("/proc").glob("[0-9]*/status"):
        with contextlib.suppress(OSError):
            if f"\nPPid:\t{parent}\n" in status.read_text():
                found.append(int(status.parent.name))
    return found


def gone(processes: list[int]) -> None:
    assert processes
    ends_s = time.monotonic() + 5
    while [pid for pid in processes if Path(f"/proc/{pid}/cmdline").exists()] and time.monotonic() < ends_s:
        time.sleep(0.05)
    assert [pid for pid in processes if Path(f"/proc/{pid}/cmdline").exists()] == []


@pytest.fixture(scope="module")
def lab_url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    home = tmp_path_factory.mktemp("lab")
    with Program("lab", "serve", "--port-base", "0", "--seed", "7", home=home) as lab:
        yield lab.until(lambda event: event["ready"])["venues"]["binance"]["base_url"]
        assert lab.interrupt()[0] == 0


FIGURES = ("notional", "horizon_hours", "net", "net_bps")
OF_PAIRS = ("long_vwap", "short_vwap", "price", "fees_entry", "fees_exit", "funding", "borrow", "transfer",
            "conversion", "capital", "return_on_capital", "net_stay", "net_close", "carry_apr")  # fmt: skip


def test_scan_prints_exactly_the_promised_shape_best_first(lab_url: str, tmp_path: Path) -> None:
    rates = "LINK=0.000004,ADA=0.000003"
    result = once(
        "scan", "--once", "--format", "json", home=tmp_path,
        EXCHANGES="binance", ARBEDGE_VENUES__BINANCE__BASE_URL=lab_url,
        ARBEDGE_VENUES__BINANCE__BORROW_RATES_HOURLY=rates,
    )  # fmt: skip
    assert result.returncode == 0, result.stderr
    document = json.loads(result.stdout)
    assert {"as_of", "simulated", "venues", "opportunities", "rejected"} <= set(document)
    assert document["simulated"] is True
    venue = document["venues"]["binance"]
    assert venue["state"] == "live"
    assert venue["error"] is None
    assert venue["instruments"] >= venue["quotes"] > 100
    assert all(isinstance(count, int) and count > 0 for count in document["rejected"].values())
    rows = document["opportunities"]
    assert rows
    for row in rows:
        assert isinstance(row["score"], float)
        figures = FIGURES if row["kind"] == "triangular" else FIGURES + OF_PAIRS
        assert all(isinstance(row[name], str) and Decimal(row[name]).is_finite() for name in figures)
        legs = row["legs"] if row["kind"] == "triangular" else [row["long"], row["short"]]
        assert all({"venue", "kind", "symbol"} <= set(leg) for leg in legs)
        assert ("legs" in row) != ("long" in row)
    ranks = [(row["qualifies_on"] == "net", row["score"]) for row in rows]
    assert ranks == sorted(ranks, reverse=True)


def test_scan_exits_with_3_and_still_prints_its_document_when_no_venue_answers(tmp_path: Path) -> None:
    result = once(
        "scan", "--once", "--format", "json", "--within", "5", home=tmp_path,
        EXCHANGES="binance", ARBEDGE_VENUES__BINANCE__BASE_URL="http://127.0.0.1:9",
    )  # fmt: skip
    assert result.returncode == 3
    document = json.loads(result.stdout)
    assert document["opportunities"] == []
    assert document["venues"]["binance"]["state"] == "down"
    assert document["venues"]["binance"]["error"]
    (line,) = result.stderr.splitlines()
    assert "demo" in line


def test_with_no_venue_in_reach_run_says_so_once_and_names_the_demo(tmp_path: Path) -> None:
    with Program(
        "run", home=tmp_path, EXCHANGES="binance", ARBEDGE_VENUES__BINANCE__BASE_URL="http://127.0.0.1:9"
    ) as program:
        notice = program.until(is_type("notice"))
        assert "make demo" in notice["text"]
        program.until(is_type("status"))
        code, took_s, errors = program.interrupt()
    assert (code, errors) == (0, "")
    assert took_s < STOP_S
    assert len([event for event in program.events if event["type"] == "notice"]) == 1


@pytest.mark.parametrize("after_s", [0.2, 0.6, 1.1])
def test_ctrl_c_while_it_still_loads_ends_it_quietly(after_s: float, tmp_path: Path) -> None:
    with Program("demo", home=tmp_path) as program:
        time.sleep(after_s)
        code, took_s, errors = program.interrupt()
    assert (code, errors) == (0, "")
    assert took_s < STOP_S


def test_it_ends_when_the_reader_of_its_lines_has_left(tmp_path: Path) -> None:
    with Program(
        "run", home=tmp_path, EXCHANGES="binance", ARBEDGE_VENUES__BINANCE__BASE_URL="http://127.0.0.1:9"
    ) as program:
        program.until(is_type("started"))
        program._selector.unregister(program.process.stdout)
        program.process.stdout.close()
        assert program.process.wait(timeout=10) == 0
        assert program.process.stderr.read() == b""
        program.process.stdout = None


def test_a_small_recording_is_served_and_read_by_the_main_job(tmp_path: Path) -> None:
    recording = tmp_path / "abc.jsonl"
    recording.write_text("\n".join(recorded_lines()) + "\n")
    with Program("replay", str(recording), "--port-base", "0", home=tmp_path) as lab:
        base_url = lab.until(lambda event: event["ready"])["venues"]["binance"]["base_url"]
        with Program(
            "run", home=tmp_path, EXCHANGES="binance", ARBEDGE_VENUES__BINANCE__BASE_URL=base_url
        ) as program:
            venue = program.until(lambda event: event["type"] == "venue" and event["quotes"] > 0)
            assert venue["instruments"] == 1
            assert program.interrupt()[0] == 0
    assert next(event for event in program.events if event["type"] == "started")["simulated"] is True
    assert program.ids() == []


def recorded_lines() -> Iterator[str]:
    """Four seconds of one spot symbol: a depth snapshot and a best price every tenth of a second."""
    start_ns, start_ms = 1_723_161_253_000_000_000, 1_723_161_253_000
    yield f'{start_ns} {{"lastUpdateId": 99, "bids": [["1.5000", "10.0"]], "asks": [["1.5010", "7.0"]]}}'
    for step in range(40):
        best = {"u": 100 + step, "s": "ABCUSDT", "b": "1.5000", "B": "10.0", "a": "1.5010", "A": f"{7 + step}.0"}
        diff = {"e": "depthUpdate", "E": start_ms + step * 100, "s": "ABCUSDT", "U": 100 + step, "u": 100 + step,
                "b": [], "a": [["1.5010", f"{7 + step}.0"]]}  # fmt: skip
        for stream, body in (("bookTicker", best), ("depth@100ms", diff)):
            yield f"{start_ns + step * 100_000_000} " + json.dumps({"stream": f"abcusdt@{stream}", "data": body})
