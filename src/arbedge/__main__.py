"""The `arbedge` command."""

import sys

from arbedge import __version__

__all__ = ["main"]


def main() -> int:
    """Run the command line; returns the exit code."""
    sys.stdout.write(f"arbedge {__version__}\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
