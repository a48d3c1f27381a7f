"""Quoting for the SQL we compose: names as identifiers, values as literals. Nothing else is spliced in."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from pathlib import Path


def name(identifier: str) -> str:
    return '"' + identifier.replace('"', '""') + '"'


def literal(value: str | int | dt.date | dt.datetime | Path | None) -> str:
    if value is None:
        return "null"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int):
        return str(value)
    if isinstance(value, dt.datetime):
        naive = value.astimezone(dt.UTC).replace(tzinfo=None) if value.tzinfo else value
        return f"timestamp '{naive.isoformat(sep=' ')}'"
    if isinstance(value, dt.date):
        return f"date '{value.isoformat()}'"
    return "'" + str(value).replace("'", "''") + "'"


def literals(values: Iterable[str | int | dt.date | Path]) -> str:
    return ", ".join(literal(value) for value in values)


def file_list(paths: Iterable[Path]) -> str:
    """A DuckDB list of file names for read_parquet."""
    return "[" + literals(paths) + "]"
