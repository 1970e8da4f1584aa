import io
import json
import logging
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import structlog

from arbedge.errors import ConfigError
from arbedge.foundation.runtime.clock import ManualClock
from arbedge.foundation.telemetry.logs import LogConfig, Logs
from arbedge.foundation.telemetry.redaction import Redactor

SECRET = "correct horse/battery+staple"


@pytest.fixture
def redactor() -> Redactor:
    redactor = Redactor()
    redactor.register(SECRET)
    return redactor


@pytest.fixture
def logs(redactor: Redactor) -> Iterator[Logs]:
    with Logs(LogConfig(), ManualClock(), redactor) as opened:
        yield opened


@pytest.fixture
def path(logs: Logs, tmp_path: Path) -> Path:
    path = tmp_path / "arbedge.jsonl"
    logs.to_file(path)
    return path


def lines(path: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]


def test_a_line_is_one_json_object_with_its_fields(logs: Logs, path: Path) -> None:
    log = logs.logger("arbedge.market", venue="binance")
    log.info("book rebuilt", reason="gap", levels=50, share=0.5, none=None, bad=float("nan"))
    assert lines(path) == [
        {
            "at": "2026-01-01T00:00:00.000+00:00",
            "level": "info",
            "logger": "arbedge.market",
            "event": "book rebuilt",
            "venue": "binance",
            "reason": "gap",
            "levels": 50,
            "share": 0.5,
            "none": None,
            "bad": "nan",
        }
    ]


def test_what_libraries_log_comes_out_the_same_way(logs: Logs, path: Path) -> None:
    logging.getLogger("aiohttp.client").warning("retry %d of %s", 2, SECRET)
    logging.getLogger("aiohttp.client").info("chatter")
    logging.getLogger("arbedge.cli").info("ours %s", "too")
    assert [(line["logger"], line["event"]) for line in lines(path)] == [
        ("aiohttp.client", "retry 2 of ***"),
        ("arbedge.cli", "ours too"),
    ]


def test_the_level_is_kept_and_debug_opens_the_libraries(redactor: Redactor, tmp_path: Path) -> None:
    for level, expected in (("WARNING", []), ("DEBUG", ["ours", "theirs"])):
        path = tmp_path / level
        with Logs(LogConfig(level=level), ManualClock(), redactor) as logs:
            logs.to_file(path)
            logs.logger("arbedge.x").debug("ours")
            logging.getLogger("library").debug("theirs")
        assert [line["event"] for line in lines(path)] == expected


def test_exceptions_are_told_with_their_causes_and_without_their_secrets(logs: Logs, path: Path) -> None:
    def fail() -> None:
        try:
            raise OSError(f"connect with {SECRET}")
        except OSError as error:
            raise ValueError(f"wss://user:{len(SECRET)}pass@host/") from error

    try:
        fail()
    except ValueError as error:
        error.add_note(f"tried password={SECRET}")
        logs.logger("arbedge.x").error("failed", exc_info=error)
        logging.getLogger("aiohttp").exception("failed too")
    told = lines(path)
    for line in told:
        assert "OSError: connect with ***" in line["exception"]
        assert "ValueError: wss://***@host/" in line["exception"]
        assert "tried password=***" in line["exception"]
        assert "correct horse" not in line["exception"]
    assert len(told) == 2


def test_context_travels_with_the_task(logs: Logs, path: Path) -> None:
    with structlog.contextvars.bound_contextvars(request="r-1"):
        logs.logger("arbedge.x").info("inside %s", "it")
    logs.logger("arbedge.x").info("outside")
    assert [(line["event"], line.get("request")) for line in lines(path)] == [
        ("inside it", "r-1"),
        ("outside", None),
    ]


def test_a_console_line_is_readable_and_cannot_draw(logs: Logs) -> None:
    console = io.StringIO()
    logs.to_console(console)
    try:
        raise ValueError("bad \x1b[2J answer")
    except ValueError as error:
        logs.logger("arbedge.market.book").warning("odd\nname \x1b[31m", api_key="x", symbol="BTC", exc_info=error)
    text = console.getvalue()
    assert text.startswith("00:00:00 warning odd\\nname \\x1b[31m api_key=*** symbol=BTC (market.book)\nTraceback")
    assert "\x1b" not in text
    assert text.endswith("ValueError: bad \\x1b[2J answer\n")


def test_two_places_get_the_same_line(logs: Logs, path: Path) -> None:
    stream = io.StringIO()
    logs.to_console(stream, as_json=True)
    logs.logger("arbedge.x").info("once", token="abc")
    assert [json.loads(stream.getvalue())] == lines(path)


class FullDisk(io.StringIO):
    def write(self, text: str) -> int:
        raise OSError(28, "No space left on device")


def test_a_line_that_cannot_be_written_is_counted_and_never_printed(
    logs: Logs, capfd: pytest.CaptureFixture[str]
) -> None:
    logs.to_console(FullDisk())
    logs.logger("arbedge.x").info(f"with {SECRET}")
    assert logs.lost == 1
    assert capfd.readouterr() == ("", "")


def test_files_are_bounded(redactor: Redactor, tmp_path: Path) -> None:
    path = tmp_path / "a.jsonl"
    with Logs(LogConfig(file_mb=1, kept_files=2), ManualClock(), redactor) as logs:
        logs.to_file(path)
        log = logs.logger("arbedge.x")
        for _ in range(40):
            log.info("x" * 100_000)
    assert sorted(each.name for each in tmp_path.iterdir()) == ["a.jsonl", "a.jsonl.1"]
    assert sum(each.stat().st_size for each in tmp_path.iterdir()) <= 2 * 1024 * 1024


def test_closing_restores_what_was_before(redactor: Redactor, tmp_path: Path) -> None:
    root = logging.getLogger()
    before = (root.level, list(root.handlers))
    with Logs(LogConfig(level="DEBUG"), ManualClock(), redactor) as logs:
        logs.to_file(tmp_path / "a")
        assert root.level == logging.DEBUG
    assert (root.level, list(root.handlers)) == before


@pytest.mark.parametrize("bad", [{"level": "LOUD"}, {"file_mb": 0}, {"kept_files": 0}])
def test_settings_out_of_range_are_refused(bad: dict[str, Any]) -> None:
    with pytest.raises(ConfigError):
        LogConfig(**bad)
