"""The `arbedge` command."""

import sys

from arbedge.cli.app import main

__all__ = ["main"]

if __name__ == "__main__":
    sys.exit(main())
