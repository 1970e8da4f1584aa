import sqlite3
from pathlib import Path

import pytest
from sqlalchemy.exc import DBAPIError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeoutError

from arbedge.errors import ConfigError, Disconnected, IntegrityError, Timeout, Unavailable
from arbedge.storage.records.faults import StorageFull, opening, translated

PATH = Path("folder/records.db")


def fault(name) -> DBAPIError:
    original = sqlite3.OperationalError("words of SQLite")
    original.sqlite_errorname = name
    return OperationalError("SELECT 1", {}, original)


@pytest.mark.parametrize(
    ("name", "family", "words"),
    [
        ("SQLITE_FULL", StorageFull, "disk is full"),
        ("SQLITE_IOERR_WRITE", Unavailable, "SQLITE_IOERR_WRITE"),
        ("SQLITE_BUSY", Unavailable, "locked by another process"),
        ("SQLITE_BUSY_SNAPSHOT", Unavailable, "locked by another process"),
        ("SQLITE_LOCKED", Unavailable, "locked"),
        ("SQLITE_INTERRUPT", Timeout, "within 3 s"),
        ("SQLITE_READONLY_DBMOVED", Disconnected, "read-only"),
        ("SQLITE_CANTOPEN", Disconnected, "folder exists"),
        ("SQLITE_NOTADB", IntegrityError, "not a SQLite database"),
        ("SQLITE_CORRUPT", IntegrityError, "damaged"),
    ],
)
def test_each_fault_has_its_family_and_one_clear_line(name, family, words) -> None:
    with pytest.raises(family, match=words) as caught, translated(PATH, 3.0):
        raise fault(name)
    assert str(PATH) in str(caught.value)
    assert "\n" not in str(caught.value)
    assert isinstance(caught.value.__cause__, DBAPIError)


@pytest.mark.parametrize("name", ["SQLITE_READONLY", "SQLITE_CANTOPEN", "SQLITE_NOTADB", "SQLITE_CORRUPT"])
def test_what_only_the_operator_can_mend_is_a_wrong_start(name) -> None:
    with pytest.raises(ConfigError, match=r"records\.db"), opening(PATH, 3.0):
        raise fault(name)


def test_a_full_disk_at_the_start_may_be_tried_again() -> None:
    with pytest.raises(StorageFull), opening(PATH, 3.0):
        raise fault("SQLITE_FULL")


@pytest.mark.parametrize("late", [TimeoutError(), PoolTimeoutError("pool")])
def test_late_is_a_timeout(late) -> None:
    with pytest.raises(Timeout, match="3 s"), translated(PATH, 3.0):
        raise late


def test_our_own_mistakes_pass_unchanged() -> None:
    with pytest.raises(OperationalError), translated(PATH, 3.0):
        raise fault("SQLITE_ERROR")
    with pytest.raises(KeyError), translated(PATH, 3.0):
        raise KeyError
