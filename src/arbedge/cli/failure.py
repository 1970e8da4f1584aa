"""How errors reach a person: one line on stderr that names the fix, and an exit code."""

import logging
import sys
import traceback
import uuid

from arbedge.errors import ArbEdgeError, ConfigError, InputError, IntegrityError, Unavailable

__all__ = [
    "EXIT_BROKEN",
    "EXIT_INPUT",
    "EXIT_NO_VENUE",
    "EXIT_OK",
    "EXIT_UNAVAILABLE",
    "report_error",
    "report_unexpected",
]

EXIT_OK = 0
EXIT_BROKEN = 1
EXIT_INPUT = 2
EXIT_NO_VENUE = 3
EXIT_UNAVAILABLE = 4

_log = logging.getLogger("arbedge.cli")


def report_error(error: ArbEdgeError) -> int:
    """Print the error in one line (a start with several wrong settings: one line each); returns the exit code."""
    sys.stdout.flush()
    for line in str(error).splitlines() or [error.code]:
        sys.stderr.write(f"arbedge: {line}\n")
    match error:
        case ConfigError() | InputError():
            return EXIT_INPUT
        case Unavailable():
            return EXIT_UNAVAILABLE
        case IntegrityError():
            return EXIT_BROKEN
        case _:
            return EXIT_BROKEN


def report_unexpected(error: Exception) -> int:
    """Print one line with an error id; the traceback goes to the log under the same id."""
    error_id = uuid.uuid4().hex[:12]
    _log.error("unexpected error %s\n%s", error_id, "".join(traceback.format_exception(error)))
    sys.stderr.write(
        f"arbedge: something broke that should not have: {type(error).__name__}: {_one_line(error)} "
        f"(error {error_id}; please report it)\n"
    )
    return EXIT_BROKEN


def _one_line(error: Exception) -> str:
    text = " ".join(str(error).split())
    return text[:200]
