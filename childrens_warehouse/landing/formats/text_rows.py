"""What every reader returns: the cells of one dataset as text."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

# For files that are read whole a few times and then removed: dictionaries make them small enough, and nothing helps to
# find single rows in them.
SCRATCH_PARQUET = "format parquet, compression uncompressed, write_bloom_filter false"


@dataclass(frozen=True)
class TextRows:
    """The cells of one dataset, in the order of the file.

    path: a private Parquet file with a VARCHAR column per declared column the file has, under the declared name in
        lower case, and `_source_row` (BIGINT): the row of the sheet, or for XML how manieth record of its
        kind. CSV files have no such column: their rows are numbered by position (`is_numbered`).
        Dates and times are text in the dataset's own format, whatever the file spells them like.
    columns: the declared columns the file has, in lower case.
    header: the header as delivered, in its order: the ledger keeps it, to tell when a format drifts.
    unreadable: (row number, what is wrong) of rows that could not be split into cells.
    notes: what is worth saying of the file's form although it is accepted.
    """

    path: Path
    rows: int
    columns: tuple[str, ...]
    unreadable: tuple[tuple[int, str], ...] = ()
    notes: tuple[str, ...] = ()
    is_numbered: bool = True
    header: tuple[str, ...] = ()

    @property
    def rows_read(self) -> int:
        return self.rows + len(self.unreadable)
