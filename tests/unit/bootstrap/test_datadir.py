"""The data folder: made for one user, and locked against a second process however the first one ends."""

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from arbedge.bootstrap.datadir import Datadir, DatadirInUse, DatadirUnusable
from arbedge.errors import ConfigError

HOLD = """
import sys, time
from pathlib import Path
from arbedge.bootstrap.datadir import Datadir
lock = Datadir(Path(sys.argv[1])).lock()
print("locked", flush=True)
sys.stdin.read()
"""


def hold(path: Path) -> subprocess.Popen[str]:
    process = subprocess.Popen(
        [sys.executable, "-c", HOLD, str(path)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    assert process.stdout is not None
    assert process.stdout.readline() == "locked\n"
    return process


def test_is_made_for_this_user_alone(tmp_path):
    folder = Datadir(tmp_path / "a" / "b")
    folder.create()
    folder.create()
    assert folder.path.stat().st_mode & 0o777 == 0o700
    assert folder.logs.is_dir()
    assert folder.database.parent == folder.path
    assert folder.log_file.parent == folder.logs


def test_second_lock_names_the_process_and_the_fix(tmp_path):
    folder = Datadir(tmp_path)
    with folder.lock(), pytest.raises(DatadirInUse, match=rf"process {os.getpid()}\).*ARBEDGE_DATA_DIR") as caught:
        folder.lock()
    assert isinstance(caught.value, ConfigError)
    assert "\n" not in str(caught.value)
    lock = folder.lock()
    lock.release()
    lock.release()
    folder.lock().release()


@pytest.mark.serial
def test_lock_of_a_killed_process_is_free(tmp_path):
    process = hold(tmp_path)
    try:
        with pytest.raises(DatadirInUse, match=f"process {process.pid}"):
            Datadir(tmp_path).lock()
    finally:
        process.send_signal(signal.SIGKILL)
        process.communicate(timeout=10)
    Datadir(tmp_path).lock_file.write_text("a longer text than any process id\n")
    with Datadir(tmp_path).lock():
        assert Datadir(tmp_path).lock_file.read_text() == f"{os.getpid()}\n"


def test_unusable_folders_are_one_line(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(DatadirUnusable, match="ARBEDGE_DATA_DIR"):
        Datadir(tmp_path / "file").create()
    with pytest.raises(DatadirUnusable, match="ARBEDGE_DATA_DIR"):
        Datadir(tmp_path / "file" / "below").create()
    (tmp_path / "d" / "arbedge.lock").mkdir(parents=True)
    with pytest.raises(DatadirUnusable, match="ARBEDGE_DATA_DIR"):
        Datadir(tmp_path / "d").lock()
