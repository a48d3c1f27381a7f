"""Write the answer of a query as the file a supplier would deliver: declared columns, declared formats, UTF-8.

No message from here holds a value: an answer is children's records.
"""

from __future__ import annotations

import csv
import datetime as dt
import io
import uuid
from collections.abc import Iterable, Sequence
from decimal import Decimal
from typing import Any, BinaryIO, cast
from zoneinfo import ZoneInfo

from childrens_warehouse.datasets import Column, Dataset, Kind
from childrens_warehouse.datasets.declaration import may_lack
from childrens_warehouse.errors import WayInFailed
from childrens_warehouse.landing.night_folder import Writer
from childrens_warehouse.reference import collection_year


def match(dataset: Dataset, names: Sequence[str], extract_date: dt.date) -> list[tuple[int, Column]]:
    """Which column of the answer is which of the dataset's, in the declared order. Letter case does not matter.

    Raises WayInFailed for a column that is missing, unknown or there twice.
    """
    spelt = {spelling.lower(): column for column in dataset.columns for spelling in (column.name, *column.spellings)}
    found: dict[str, int] = {}
    unknown, twice = [], []
    for position, name in enumerate(names):
        column = spelt.get(name.lower())
        if column is None:
            unknown.append(name)
        elif column.name in found:
            twice.append(column.name)
        else:
            found[column.name] = position
    year = collection_year(extract_date)
    missing = [
        column.name
        for column in dataset.columns
        if column.name not in found and not column.optional and not may_lack(column, year)
    ]
    parts = [
        f"column {', '.join(columns)} {what}"
        for columns, what in ((missing, "is missing"), (unknown, "is not known"), (twice, "comes twice"))
        if columns
    ]
    if parts:
        expected = ", ".join(column.name for column in dataset.columns)
        raise WayInFailed(f"the query of {dataset.name} does not fit: {'; '.join(parts)}. Expected: {expected}.")
    return [(found[column.name], column) for column in dataset.columns if column.name in found]


def write(
    target: Writer,
    dataset: Dataset,
    names: Sequence[str],
    chunks: Iterable[Iterable[Sequence[Any]]],
    extract_date: dt.date,
    timezone: ZoneInfo,
) -> int:
    """Write header and rows, a chunk at a time; the number of rows. Raises WayInFailed."""
    columns = match(dataset, names, extract_date)
    rows = 0
    with io.TextIOWrapper(cast(BinaryIO, target), encoding="utf-8", newline="") as text:
        writer = csv.writer(text, lineterminator="\n")
        writer.writerow(column.name for _, column in columns)
        for chunk in chunks:
            for row in chunk:
                writer.writerow([_cell(row[position], column, dataset, timezone) for position, column in columns])
                rows += 1
    return rows


def _cell(value: Any, column: Column, dataset: Dataset, timezone: ZoneInfo) -> str:
    if value is None:
        return ""
    if isinstance(value, str):
        return value
    if isinstance(value, bool):
        return str(int(value))
    if isinstance(value, int):
        return str(value)
    if isinstance(value, Decimal | float) and (number := Decimal(str(value))).is_finite():
        # What databases without whole numbers give for 12.
        is_whole = number == int(number) and column.kind is not Kind.DECIMAL
        return str(int(number)) if is_whole else format(number, "f")
    if isinstance(value, dt.datetime):
        local = value.astimezone(timezone) if value.tzinfo else value
        if column.kind is Kind.TIMESTAMP:
            return local.strftime("%Y-%m-%dT%H:%M:%S")
        return local.strftime(dataset.date_format)
    if isinstance(value, dt.date):
        return value.strftime(dataset.date_format)
    if isinstance(value, uuid.UUID):
        return str(value)
    raise WayInFailed(
        f"the query of {dataset.name} gives {type(value).__name__} in column {column.name}: make it text in the query."
    )
