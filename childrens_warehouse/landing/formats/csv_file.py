"""Read a CSV file: one dataset, comma-separated, UTF-8, a header row; columns in any order and letter case."""

from __future__ import annotations

import csv
import difflib
import io
from dataclasses import dataclass
from pathlib import Path

import duckdb

from childrens_warehouse import sql
from childrens_warehouse.datasets import Column, Dataset
from childrens_warehouse.datasets.declaration import may_lack
from childrens_warehouse.errors import FileRefused
from childrens_warehouse.landing.formats.text_rows import SCRATCH_PARQUET, TextRows
from childrens_warehouse.landing.formats.told import told

_OTHER_SEPARATORS = ((";", "semicolons"), ("\t", "tabs"), ("|", "bars"))


@dataclass(frozen=True)
class Header:
    """The header row: cells as they may be told, and for each the declared column it is, or None."""

    cells: tuple[str, ...]
    columns: tuple[Column | None, ...]
    notes: tuple[str, ...]


def read(
    connection: duckdb.DuckDBPyConnection, path: Path, dataset: Dataset, year: int, scratch: Path, encoding: str
) -> TextRows:
    """Split the file into cells. Rows that cannot be split are listed, not lost.

    year: the collection year the file speaks of; it decides which columns the format has.
    encoding: the one it was delivered in; what `path` holds is UTF-8.
    Raises FileRefused when the file as a whole cannot be split.
    """
    header = read_header(path, dataset, year)
    text = scratch / "text.parquet"
    names = [
        column.name.lower() if column else f"undeclared {position}" for position, column in enumerate(header.columns)
    ]
    declared = tuple(column.name.lower() for column in header.columns if column)
    columns = ", ".join(f"{sql.literal(name)}: 'VARCHAR'" for name in names)
    try:
        connection.execute(
            f"copy (select {', '.join(map(sql.name, declared))} from read_csv({sql.literal(path)}, header = true, "
            f"auto_detect = false, columns = {{{columns}}}, delim = ',', quote = '\"', escape = '\"', "
            f"strict_mode = true, null_padding = false, store_rejects = true, "
            f"rejects_limit = {dataset.ceiling_rows + 1}, rejects_table = 'refused_text', "
            f"rejects_scan = 'refused_scan', nullstr = '')) "
            f"to {sql.literal(text)} ({SCRATCH_PARQUET})"
        )
    except duckdb.Error as error:
        # DuckDB quotes the offending text in its message: children's data, so only the kind is passed on.
        raise FileRefused(
            "FILE-UNREADABLE", f"the file cannot be split into rows and columns ({type(error).__name__})."
        ) from None
    unreadable = _unreadable(connection, path)
    found = connection.execute(f"select count(*) from read_parquet({sql.literal(text)})").fetchone()
    rows = int(found[0]) if found else 0
    notes = header.notes
    if encoding != "utf-8":
        notes = (*notes, f"read as {encoding}, as WAREHOUSE_ENCODINGS allows")
    return TextRows(text, rows, declared, unreadable, notes, is_numbered=False, header=header.cells)


def _unreadable(connection: duckdb.DuckDBPyConnection, path: Path) -> tuple[tuple[int, str], ...]:
    """(row number, what is wrong) of the rows that could not be split; refuses the file where that casts doubt on
    its other rows."""
    refused = connection.execute(
        "select distinct on (line) line, lower(replace(cast(error_type as varchar), '_', ' ')), byte_position "
        "from refused_text order by line"
    ).fetchall()
    for line, what, _ in refused:
        if what == "unquoted value":
            # Everything after an open quote may have been swallowed by it: none of it can be believed.
            raise FileRefused(
                "FILE-QUOTES", f"a quotation mark opened in row {line} is never closed: ask for the file again."
            )
    if refused and _ends_within(path, int(refused[-1][2] or 0)):
        raise FileRefused(
            "FILE-TRUNCATED",
            f"the last row ({refused[-1][0]}) is incomplete and has no line end: the file was cut short, and what "
            "followed is not known. Ask for it again.",
        )
    return tuple((int(line), str(what)) for line, what, _ in refused)


def _ends_within(path: Path, position: int) -> bool:
    """Is there no line end after that byte?"""
    with path.open("rb") as handle:
        handle.seek(max(position - 1, 0))
        rest = handle.read(65536)
    return len(rest) < 65536 and b"\n" not in rest and b"\r" not in rest


def read_header(path: Path, dataset: Dataset, year: int) -> Header:
    """The header row and notes worth saying. Raises FileRefused for missing columns.

    A column nobody declared is left in the archive, and said.
    """
    with path.open(encoding="utf-8-sig", newline="") as handle:
        line = handle.readline()
    cells = tuple(cell.strip() for cell in next(csv.reader(io.StringIO(line)), []))
    spelt = {_squeezed(spelling): column for column in dataset.columns for spelling in (column.name, *column.spellings)}
    columns = tuple(spelt.get(_squeezed(cell)) for cell in cells)
    if not any(columns):
        for separator, word in _OTHER_SEPARATORS:
            if separator in line:
                raise FileRefused("FILE-SEPARATOR", f"the columns are separated by {word}: a comma is expected.")
        raise FileRefused("FILE-HEADER", "the first line is not a header: none of the declared columns is in it.")
    cells = told(cells, columns)
    _check_columns(dataset, cells, columns, year)
    return Header(cells, columns, _notes(dataset, cells, columns, year))


def _check_columns(dataset: Dataset, cells: tuple[str, ...], columns: tuple[Column | None, ...], year: int) -> None:
    missing = [
        column.name
        for column in dataset.columns
        if column not in columns and not column.optional and not may_lack(column, year)
    ]
    twice = sorted({column.name for column in columns if column and columns.count(column) > 1})
    if not missing and not twice:
        return
    unknown = [cell for cell, column in zip(cells, columns, strict=True) if column is None and cell]
    parts = []
    for name in missing:
        near = difflib.get_close_matches(name.lower(), [cell.lower() for cell in unknown], n=1, cutoff=0.6)
        renamed = next((f" (renamed to {cell}?)" for cell in unknown if near and cell.lower() == near[0]), "")
        parts.append(f"column {name} is missing{renamed}")
    if unknown:
        parts.append(f"column {', '.join(unknown)} is not known")
    if twice:
        parts.append(f"column {', '.join(twice)} comes twice")
    expected = ", ".join(column.name for column in dataset.columns if not may_lack(column, year))
    raise FileRefused("FILE-COLUMNS", f"{'; '.join(parts)}. Expected: {expected}.")


def _notes(dataset: Dataset, cells: tuple[str, ...], columns: tuple[Column | None, ...], year: int) -> tuple[str, ...]:
    notes = []
    if unknown := [cell for cell, column in zip(cells, columns, strict=True) if column is None]:
        notes.append(f"column {', '.join(unknown)} is not declared: not loaded, kept in the archive")
    if lacking := [column.name for column in dataset.columns if column not in columns]:
        notes.append(f"column {', '.join(lacking)} is not there: blank")
    if early := [column.name for column in columns if column and may_lack(column, year)]:
        notes.append(f"column {', '.join(early)} is no part of the format of {year}: read all the same")
    here = [column for column in columns if column]
    if here != sorted(here, key=dataset.columns.index):
        notes.append("columns come in another order")
    return tuple(notes)


def _squeezed(cell: str) -> str:
    return " ".join(cell.lower().split())
