"""The `arbedge` command."""

import sys

from arbedge.cli import interrupt

__all__ = ["main"]


def main() -> int:
    """Run the command line; returns the exit code. Loading it takes a moment, in which Ctrl-C must work too."""
    interrupt.leave_at_once()
    from arbedge.cli import app  # noqa: PLC0415 - only after Ctrl-C is heard

    code = app.main()
    interrupt.ignore()
    return code


if __name__ == "__main__":
    sys.exit(main())
