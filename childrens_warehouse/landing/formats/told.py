"""What may be told of a header's cells that nobody declared: the names of columns, but no row that stands there."""

from __future__ import annotations

import re
from collections.abc import Sequence

from childrens_warehouse.datasets import Column

# At most one digit: dates, identifiers and postcodes have more, and every row has one of these.
_NAME_OF_COLUMN = re.compile(r"(?!.*\d.*\d)[A-Za-z_][\w ()/-]*", re.ASCII)


def told(cells: Sequence[str], columns: Sequence[Column | None]) -> tuple[str, ...]:
    """The cells as messages and the ledger may have them: those of undeclared columns by number, unless it is plain
    that the row is a header and no row of a child, nor runs into one where a line end was lost.
    """
    undeclared = [cell for cell, column in zip(cells, columns, strict=True) if column is None and cell]
    is_header = 2 * len(undeclared) <= len(cells) and all(map(_NAME_OF_COLUMN.fullmatch, undeclared))
    if is_header:
        return tuple(cells)
    return tuple(
        cell if column or not cell else f"number {number}"
        for number, (cell, column) in enumerate(zip(cells, columns, strict=True), start=1)
    )
