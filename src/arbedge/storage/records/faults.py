"""SQLite's faults in our words: one clear line each, filed under the family that says whether a retry helps."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from sqlalchemy.exc import DBAPIError
from sqlalchemy.exc import TimeoutError as PoolTimeoutError

from arbedge.errors import ArbEdgeError, ConfigError, Disconnected, IntegrityError, Timeout, Unavailable

__all__ = ["StorageFull", "opening", "translated"]

_CORRUPT_ADVICE = "stop ArbEdge, move the file away (sqlite3 FILE .recover may read it) and start again"


class StorageFull(Unavailable):
    """The disk (or the file's size limit) is full: nothing of this write was kept, all earlier rows are intact."""

    code = "storage_full"


@contextmanager
def translated(path: Path, deadline_s: float) -> Iterator[None]:
    """Turn database faults inside the block into ArbEdge errors; other exceptions pass unchanged."""
    try:
        yield
    except PoolTimeoutError as fault:
        raise Timeout(f"records {path}: no free database connection within {deadline_s:g} s") from fault
    except TimeoutError as fault:
        raise Timeout(f"records {path}: no answer within {deadline_s:g} s") from fault
    except DBAPIError as fault:
        error = _error_of(fault, path, deadline_s)
        if error is None:
            raise
        raise error from fault


@contextmanager
def opening(path: Path, deadline_s: float) -> Iterator[None]:
    """As `translated`, for opening the file: what only the operator can mend becomes ConfigError."""
    try:
        with translated(path, deadline_s):
            yield
    except (Disconnected, IntegrityError) as fault:
        raise ConfigError(str(fault)) from fault


def _error_of(fault: DBAPIError, path: Path, deadline_s: float) -> ArbEdgeError | None:
    name = str(getattr(fault.orig, "sqlite_errorname", ""))
    for prefix, family, words in _WORDS:
        if name.startswith(prefix):
            return family(f"records {path}: " + words.format(deadline_s=deadline_s, name=name))
    return None


_WORDS: tuple[tuple[str, type[ArbEdgeError], str], ...] = (
    ("SQLITE_FULL", StorageFull, "the disk is full; free some space (nothing stored before is lost)"),
    # A file size limit (ulimit -f) looks like a failing disk from here, so the words name both.
    ("SQLITE_IOERR", Unavailable, "the disk refused to read or write ({name}); check its free space and health"),
    ("SQLITE_BUSY", Unavailable, "locked by another process for longer than the busy timeout"),
    ("SQLITE_LOCKED", Unavailable, "locked by another statement for longer than the busy timeout"),
    ("SQLITE_INTERRUPT", Timeout, "no answer within {deadline_s:g} s"),
    ("SQLITE_READONLY", Disconnected, "cannot be written: read-only disk or file; check its permissions"),
    ("SQLITE_CANTOPEN", Disconnected, "cannot be opened; check that its folder exists and may be written"),
    ("SQLITE_PERM", Disconnected, "cannot be opened; check its permissions"),
    ("SQLITE_NOTADB", IntegrityError, "not a SQLite database; move that file away or set another data directory"),
    ("SQLITE_CORRUPT", IntegrityError, "damaged; " + _CORRUPT_ADVICE),
)
