"""Ctrl-C before the event loop hears it: while the program still loads it ends at once, without a word.

Reads: nothing but the first word of the command line. Commands that run until stopped end with 0, others with 130.
"""

import os
import signal
import sys
from types import FrameType

__all__ = ["exit_code", "ignore", "leave_at_once", "raise_again"]

_UNTIL_STOPPED = frozenset({"run", "demo", "record", "lab", "replay"})
_INTERRUPTED = 130


def exit_code() -> int:
    """What a Ctrl-C means for this command: its proper end, or a question left unanswered."""
    return 0 if _UNTIL_STOPPED.intersection(sys.argv[1:2]) else _INTERRUPTED


def leave_at_once() -> None:
    """From now on Ctrl-C ends the process where it is; nothing is open yet that would have to be closed.

    A process started with the signal ignored (as in the background of a script) goes on ignoring it.
    """
    if signal.getsignal(signal.SIGINT) is signal.default_int_handler:
        signal.signal(signal.SIGINT, _leave)


def raise_again() -> None:
    """Back to Python's own way: from now on Ctrl-C cancels what runs, and that closes what it opened."""
    if signal.getsignal(signal.SIGINT) is _leave:
        signal.signal(signal.SIGINT, signal.default_int_handler)


def ignore() -> None:
    """All is done and the exit code known: from now on Ctrl-C changes nothing."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)


def _leave(_number: int, _frame: FrameType | None) -> None:
    os._exit(exit_code())
