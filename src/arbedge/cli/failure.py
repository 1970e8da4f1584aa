"""How errors reach a person: one line on stderr that names the fix, and an exit code."""

import sys
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
    """Print one line with an error id; the traceback goes to the log file under the same id."""
    from arbedge.bootstrap.faults import keep_traceback  # noqa: PLC0415 - most starts never need it

    error_id = uuid.uuid4().hex[:12]
    kept = keep_traceback(error_id, error)
    where = f"; its traceback is in {kept}" if kept else ""
    sys.stderr.write(
        f"arbedge: something broke that should not have: {type(error).__name__}: {_one_line(error)} "
        f"(error {error_id}; please report it{where})\n"
    )
    return EXIT_BROKEN


def _one_line(error: Exception) -> str:
    text = " ".join(str(error).split())
    return text[:200]
