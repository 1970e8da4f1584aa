"""Rows on a terminal: columns as wide as they need, numbers to the right."""

import re
import sys
from collections.abc import Mapping, Sequence

__all__ = ["print_table"]

_NUMBER = re.compile(r"[-+]?[\d,]*\.?\d+( (s|h|bps|%))?[* ]?")


def print_table(rows: Sequence[Mapping[str, object]]) -> None:
    """Print the rows under the first one's keys; None prints empty. A column of numbers alone is set right."""
    heads = list(rows[0])
    cells = [["" if value is None else str(value) for value in row.values()] for row in rows]
    widths = [max(len(head), *(len(line[place]) for line in cells)) for place, head in enumerate(heads)]
    rights = [all(_NUMBER.fullmatch(line[place]) for line in cells if line[place]) for place in range(len(heads))]
    for line in [heads, *cells]:
        text = "  ".join(
            cell.rjust(width) if is_right else cell.ljust(width)
            for cell, width, is_right in zip(line, widths, rights, strict=True)
        )
        sys.stdout.write(text.rstrip() + "\n")
