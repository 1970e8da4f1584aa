"""Structured logs: one JSON object a line in a file, one readable line on a console, no secret in either.

Everything logged in the process passes through here while `Logs` is open, also what libraries log with the standard
library. Keys of a line: `at` (UTC), `level`, `logger`, `event`, the fields, and `exception` where there was one.
"""

import json
import logging
from collections.abc import Callable, MutableMapping
from dataclasses import dataclass
from logging.handlers import RotatingFileHandler
from pathlib import Path
from types import TracebackType
from typing import Any, Literal, Self, TextIO, cast

import structlog
from structlog.stdlib import BoundLogger, ProcessorFormatter

from arbedge.errors import ConfigError
from arbedge.foundation.runtime.clock import Clock
from arbedge.foundation.telemetry.redaction import Redactor

__all__ = ["LogConfig", "Logs"]

_OURS = "arbedge"
_FIRST_KEYS = ("at", "level", "logger", "event")


@dataclass(frozen=True, slots=True, kw_only=True)
class LogConfig:
    """What is logged and how much of it is kept on disk: `kept_files` files of at most `file_mb` MiB each."""

    level: Literal["DEBUG", "INFO", "WARNING", "ERROR"] = "INFO"
    file_mb: int = 10
    kept_files: int = 5

    def __post_init__(self) -> None:
        if self.level not in {"DEBUG", "INFO", "WARNING", "ERROR"}:
            raise ConfigError(f"log level is {self.level!r}; expected DEBUG, INFO, WARNING or ERROR")
        if not 1 <= self.file_mb <= 1024 or not 1 <= self.kept_files <= 100:
            raise ConfigError("logs keep 1 to 100 files of 1 to 1024 MiB")


class _Lossy(logging.Handler):
    """Where a line cannot be written (disk full, terminal gone) it is counted and the program goes on.

    The standard library would print the raw record instead, secrets and all.
    """

    lost = 0

    def handleError(self, record: logging.LogRecord) -> None:  # noqa: N802, ARG002 - the standard library's name
        """Count the line as lost."""
        self.lost += 1


class _File(_Lossy, RotatingFileHandler):
    """Lines in a file."""


class _Console(_Lossy, logging.StreamHandler[TextIO]):
    """Lines on a stream."""


class Logs:
    """The process's logs while open: enter it once, at the program's edge; leaving restores what was before."""

    def __init__(self, config: LogConfig, clock: Clock, redactor: Redactor) -> None:
        self._config = config
        self._clock = clock
        self._redactor = redactor
        self._handlers: list[_Lossy] = []
        self._level_before = logging.NOTSET
        self._nowhere = logging.NullHandler()  # without any handler Python would print warnings raw

    def __enter__(self) -> Self:
        root = logging.getLogger()
        self._level_before = root.level
        root.setLevel(self._config.level)
        root.addHandler(self._nowhere)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        root = logging.getLogger()
        root.removeHandler(self._nowhere)
        for handler in self._handlers:
            root.removeHandler(handler)
            handler.close()
        self._handlers.clear()
        root.setLevel(self._level_before)

    @property
    def lost(self) -> int:
        """How many lines could not be written."""
        return sum(handler.lost for handler in self._handlers)

    def to_file(self, path: Path) -> None:
        """Write JSON lines to this file as well; its folder exists. Full files are renamed, the oldest dropped."""
        size = self._config.file_mb * 1024 * 1024
        self._attach(
            _File(path, maxBytes=size, backupCount=self._config.kept_files - 1, encoding="utf-8"),
            _as_json,
        )

    def to_console(self, stream: TextIO, *, as_json: bool = False) -> None:
        """Write lines to this stream as well."""
        self._attach(_Console(stream), _as_json if as_json else _as_line)

    def logger(self, name: str, **fields: Any) -> BoundLogger:
        """A structured logger: `log.warning("book rebuilt", venue="binance", reason="gap")`."""
        return cast(
            "BoundLogger",
            structlog.wrap_logger(
                logging.getLogger(name),
                processors=[
                    structlog.stdlib.filter_by_level,
                    structlog.contextvars.merge_contextvars,
                    structlog.stdlib.PositionalArgumentsFormatter(),
                    ProcessorFormatter.wrap_for_formatter,
                ],
                wrapper_class=BoundLogger,
                cache_logger_on_first_use=True,
                **fields,
            ),
        )

    def _attach(self, handler: _Lossy, render: Callable[[dict[str, Any]], str]) -> None:
        def finish(_: Any, __: str, event: MutableMapping[str, Any]) -> str:
            return render(self._redactor.value(dict(event)))

        formatter = ProcessorFormatter(
            processors=[
                self._stamp,
                ProcessorFormatter.remove_processors_meta,
                structlog.processors.format_exc_info,
                structlog.processors.StackInfoRenderer(),
                finish,
            ],
            use_get_message=True,
        )
        handler.setFormatter(formatter)
        handler.addFilter(self._is_wanted)
        self._handlers.append(handler)
        logging.getLogger().addHandler(handler)

    def _stamp(self, _: Any, __: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
        record: logging.LogRecord = event["_record"]
        event["at"] = self._clock.now().isoformat(timespec="milliseconds")
        event["level"] = record.levelname.lower()
        event["logger"] = record.name
        return event

    def _is_wanted(self, record: logging.LogRecord) -> bool:
        """Libraries speak up from warnings on; at DEBUG everything does."""
        is_ours = record.name == _OURS or record.name.startswith(_OURS + ".")
        return is_ours or record.levelno >= logging.WARNING or self._config.level == "DEBUG"


def _as_json(event: dict[str, Any]) -> str:
    ordered = {key: event.pop(key) for key in _FIRST_KEYS if key in event}
    return json.dumps(ordered | event, ensure_ascii=False)


def _as_line(event: dict[str, Any]) -> str:
    at, level, logger, text = (str(event.pop(key, "")) for key in _FIRST_KEYS)
    exception = event.pop("exception", None)
    fields = "".join(f" {key}={_plain(value)}" for key, value in event.items())
    line = f"{at[11:19]} {level:<7} {_plain(text)}{fields} ({logger.removeprefix(_OURS + '.')})"
    if not exception:
        return line
    return "\n".join([line, *(_plain(each) for each in str(exception).splitlines())])


def _plain(value: Any) -> str:
    """On one line, without control characters: what a venue sends must not draw on the terminal."""
    return "".join(char if char.isprintable() else repr(char)[1:-1] for char in str(value))
