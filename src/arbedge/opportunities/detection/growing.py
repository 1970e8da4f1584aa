"""Flat index columns that grow by doubling, so that a listing refresh does not copy every route again."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

__all__ = ["GrowingColumns"]

_FIRST_CAPACITY = 1024


class GrowingColumns:
    """Rows of `width` integers, stored column by column; `column(k)` is a view that stays valid until `append`."""

    def __init__(self, width: int) -> None:
        self._cells: NDArray[np.intp] = np.zeros((width, _FIRST_CAPACITY), dtype=np.intp)
        self._count = 0

    def __len__(self) -> int:
        return self._count

    def append(self, row: Sequence[int]) -> int:
        """Add one row; returns its position."""
        position = self._count
        if position == self._cells.shape[1]:
            self._cells = np.concatenate([self._cells, np.zeros_like(self._cells)], axis=1)
        self._cells[:, position] = row
        self._count = position + 1
        return position

    def column(self, index: int) -> NDArray[np.intp]:
        """One column over all rows."""
        return self._cells[index, : self._count]

    def rows(self, positions: NDArray[np.intp]) -> NDArray[np.intp]:
        """The rows at these positions, as columns (width x len(positions))."""
        rows: NDArray[np.intp] = self._cells.take(positions, axis=1, mode="clip")
        return rows
