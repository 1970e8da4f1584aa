"""The one folder everything is kept in: its file names, and the lock that keeps a second process out."""

import fcntl
import os
from pathlib import Path
from types import TracebackType
from typing import Self

from arbedge.errors import ConfigError

__all__ = ["Datadir", "DatadirInUse", "DatadirLock", "DatadirUnusable"]


class DatadirUnusable(ConfigError):
    """The folder cannot be made or written to."""


class DatadirInUse(ConfigError):
    """Another process holds the folder's lock."""


class DatadirLock:
    """The lock while it is held. The kernel drops it when the process ends in any way, so none is ever stale."""

    def __init__(self, descriptor: int) -> None:
        self._descriptor: int | None = descriptor

    def release(self) -> None:
        """Let another process in; a second call does nothing."""
        if self._descriptor is not None:
            os.close(self._descriptor)
            self._descriptor = None

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.release()


class Datadir:
    """Names of what lies in the data folder. Only `create` and `lock` touch the disk."""

    def __init__(self, path: Path) -> None:
        self.path = path

    @property
    def database(self) -> Path:
        """The records database."""
        return self.path / "arbedge.db"

    @property
    def logs(self) -> Path:
        """Folder of log files."""
        return self.path / "logs"

    @property
    def log_file(self) -> Path:
        """Where logs go while a live view owns the terminal."""
        return self.logs / "arbedge.jsonl"

    @property
    def lock_file(self) -> Path:
        """Holds the process id of whoever has the lock; never deleted, the lock is the kernel's."""
        return self.path / "arbedge.lock"

    def create(self) -> None:
        """Make the folder and its log folder for this user alone (0700) where missing. Raises `DatadirUnusable`."""
        try:
            self.path.mkdir(mode=0o700, parents=True, exist_ok=True)
            self.logs.mkdir(mode=0o700, exist_ok=True)
        except OSError as error:
            raise self._unusable(error) from error

    def lock(self) -> DatadirLock:
        """Create the folder and take its lock, without waiting. Raises `DatadirInUse` or `DatadirUnusable`."""
        self.create()
        try:
            descriptor = os.open(self.lock_file, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        except OSError as error:
            raise self._unusable(error) from error
        held = DatadirLock(descriptor)
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            os.ftruncate(descriptor, 0)
            os.pwrite(descriptor, f"{os.getpid()}\n".encode(), 0)
        except BlockingIOError as error:
            owner = os.pread(descriptor, 32, 0).decode(errors="replace").strip()
            held.release()
            raise DatadirInUse(
                f"{self.path} is in use by another arbedge (process {owner or 'unknown'}); "
                "stop it, or set ARBEDGE_DATA_DIR to another folder"
            ) from error
        except OSError as error:
            held.release()
            raise self._unusable(error) from error
        return held

    def _unusable(self, error: OSError) -> DatadirUnusable:
        return DatadirUnusable(
            f"the data folder {self.path} cannot be used ({error.strerror}); "
            "set ARBEDGE_DATA_DIR to a folder you can write to"
        )
