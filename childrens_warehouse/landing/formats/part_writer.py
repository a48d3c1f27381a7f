"""Write the cells of one part, batch by batch, so that no part is ever in memory as a whole."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from childrens_warehouse.landing.formats.text_rows import TextRows

BATCH = 10_000


class PartWriter:
    """Rows of one part on their way into its private Parquet file."""

    def __init__(self, path: Path, columns: Sequence[str]) -> None:
        self.path = path
        self.columns = tuple(name.lower() for name in columns)
        self.unreadable: list[tuple[int, str]] = []
        self._rows: list[tuple[object, ...]] = []
        self._written = 0
        self._schema = pa.schema([("_source_row", pa.int64()), *((name, pa.string()) for name in self.columns)])
        self._writer = pq.ParquetWriter(path, self._schema, compression="snappy")

    def add(self, row: tuple[object, ...]) -> None:
        """One row: its number, then its cells in the order of the columns."""
        self._rows.append(row)
        if len(self._rows) >= BATCH:
            self._flush()

    def refuse(self, row: int, what: str) -> None:
        """A row that cannot be read, and why."""
        self.unreadable.append((row, what))

    def close(self, notes: Sequence[str] = ()) -> TextRows:
        self._flush()
        self._writer.close()
        return TextRows(self.path, self._written, self.columns, tuple(sorted(self.unreadable)), tuple(notes))

    def _flush(self) -> None:
        if self._rows:
            columns = zip(*self._rows, strict=True)
            arrays = [pa.array(column, field.type) for column, field in zip(columns, self._schema, strict=True)]
            self._writer.write_batch(pa.RecordBatch.from_arrays(arrays, schema=self._schema))
            self._written += len(self._rows)
            self._rows = []
