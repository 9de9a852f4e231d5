"""Who gets which of several things when every pairing has its price: the cheapest way for all together. Pure."""

import numpy as np
from numpy.typing import NDArray


def cheapest(price: NDArray[np.float64]) -> list[int]:
    """The column of each row, no column twice, with the least sum of prices; never more rows than columns.

    Shortest augmenting paths (Jonker and Volgenant 1987, after Crouse 2016): one row after the other finds its place,
    and those before it make room where that costs least. Every step looks at all columns at once.
    """
    n_rows, n_columns = price.shape
    if n_rows > n_columns:
        raise ValueError("more rows than columns")
    of_row, of_column = np.zeros(n_rows), np.zeros(n_columns)  # dual prices
    column_of = np.full(n_rows, -1)
    row_of = np.full(n_columns, -1)
    for row in range(n_rows):
        came_from, sink, least, seen_rows, seen, shortest = _path(price, of_row, of_column, row_of, row)
        of_row[row] += least
        others = seen_rows[1:]
        of_row[others] += least - shortest[column_of[others]]
        of_column[seen] -= least - shortest[seen]
        column = sink
        while True:
            before = came_from[column]
            row_of[column] = before
            column_of[before], column = column, column_of[before]
            if before == row:
                break
    return [int(column) for column in column_of]


def _path(
    price: NDArray[np.float64],
    of_row: NDArray[np.float64],
    of_column: NDArray[np.float64],
    row_of: NDArray[np.int64],
    row: int,
) -> tuple[NDArray[np.int64], int, float, list[int], NDArray[np.bool_], NDArray[np.float64]]:
    """The cheapest way from a row to a column that nobody has."""
    n_columns = len(of_column)
    shortest = np.full(n_columns, np.inf)
    open_to = np.full(n_columns, np.inf)  # the same, without the columns that have been seen
    came_from = np.full(n_columns, -1)
    seen = np.zeros(n_columns, bool)
    seen_rows = []
    least, at = 0.0, row
    while True:
        seen_rows.append(at)
        reached = least + price[at] - of_row[at] - of_column
        better = reached < open_to
        better &= ~seen
        came_from[better] = at
        shortest[better] = open_to[better] = reached[better]
        column = int(np.argmin(open_to))
        least = float(open_to[column])
        seen[column] = True
        open_to[column] = np.inf
        if row_of[column] == -1:
            return came_from, column, least, seen_rows, seen, shortest
        at = int(row_of[column])
