"""Read a file that a test wrote, and show what came of it."""

from __future__ import annotations

from pathlib import Path

import pyarrow.parquet as pq

from childrens_warehouse.datasets import DeliveredFile, files_of
from childrens_warehouse.errors import FileRefused
from childrens_warehouse.landing.formats import workbook, xml_document
from childrens_warehouse.landing.formats.text_rows import TextRows

FILES: dict[str, DeliveredFile] = {file.name: file for file in files_of("social_care")}


def read(path: Path, file: str, year: int, scratch: Path) -> dict[str, TextRows | FileRefused]:
    """Parts of the file by name."""
    reader = workbook if file.endswith(".xlsx") else xml_document
    return reader.read(path, FILES[file], year, scratch)


def rows(part: TextRows | FileRefused) -> list[dict[str, str | None]]:
    """Cells of the readable rows, by column."""
    assert isinstance(part, TextRows), part
    table = pq.read_table(part.path)
    assert table.column_names == ["_source_row", *part.columns] and table.num_rows == part.rows
    return table.drop_columns(["_source_row"]).to_pylist()


def numbers(part: TextRows | FileRefused) -> list[int]:
    """Row numbers of the readable rows."""
    assert isinstance(part, TextRows), part
    return pq.read_table(part.path)["_source_row"].to_pylist()


def refused(part: TextRows | FileRefused) -> FileRefused:
    assert isinstance(part, FileRefused), part
    return part
