"""Readers, one per file format: each splits a file into cells, as text, and judges nothing but the file's form.

A reader is told the file, the datasets it bears and the collection year it speaks of, and returns `TextRows` for
each dataset. What a cell means, and which rows are refused, is childrens_warehouse.landing.rows: the same for
every format.
"""

from __future__ import annotations

from importlib import import_module
from pathlib import Path

import duckdb

from childrens_warehouse.datasets import DeliveredFile
from childrens_warehouse.errors import FileRefused
from childrens_warehouse.landing.formats import csv_file
from childrens_warehouse.landing.formats.readable import as_utf8, check_text, unpack
from childrens_warehouse.landing.formats.text_rows import TextRows

# Ending -> module with `read(path, file, year, scratch)`, imported when the first such file comes.
_OF_SEVERAL = {".xml": "xml_document", ".xlsx": "workbook"}


def read(
    connection: duckdb.DuckDBPyConnection,
    path: Path,
    file_name: str,
    file: DeliveredFile,
    year: int,
    scratch: Path,
    encodings: tuple[str, ...],
    not_text: tuple[int, int] | None,
) -> dict[str, TextRows | FileRefused]:
    """The rows of every dataset the file bears, by the dataset's name, or why that part of it is refused.

    year: the collection year the file speaks of. not_text: what TextCheck found while the file was received.
    Raises FileRefused when the whole file is refused.
    """
    unpacked = unpack(path, file_name, scratch)
    if reader := _OF_SEVERAL.get(Path(file.name).suffix):
        parts = import_module(f"{__name__}.{reader}").read(unpacked, file, year, scratch)
        return {file.parts[part].name: rows for part, rows in parts.items()}
    (dataset,) = file.datasets
    if unpacked != path:
        not_text = check_text(unpacked)
    readable, encoding = as_utf8(unpacked, encodings, scratch, not_text)
    return {dataset.name: csv_file.read(connection, readable, dataset, year, scratch, encoding)}
