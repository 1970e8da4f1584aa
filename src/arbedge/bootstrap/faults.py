"""Where the traceback of a fault of our own goes: the log file, secrets hidden; never the terminal."""

from pathlib import Path

from arbedge.bootstrap.application import redactor_of
from arbedge.bootstrap.datadir import Datadir
from arbedge.bootstrap.settings import load_settings
from arbedge.errors import ArbEdgeError
from arbedge.foundation.runtime.clock import SystemClock
from arbedge.foundation.telemetry.logs import LogConfig, Logs

__all__ = ["keep_traceback"]


def keep_traceback(error_id: str, error: Exception) -> Path | None:
    """Write it to the log under the id; the file, or None where the settings or the folder allow none."""
    try:
        loaded = load_settings()
        folder = Datadir(loaded.settings.data_dir)
        folder.create()
    except ArbEdgeError:
        return None
    with Logs(LogConfig(level="ERROR"), SystemClock(), redactor_of(loaded)) as logs:
        logs.to_file(folder.log_file)
        logs.logger("arbedge").error("unexpected error", error_id=error_id, exc_info=error)
    return folder.log_file
