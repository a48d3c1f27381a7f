"""Tables for people who open them in a spreadsheet: no cell of them is taken for a formula.

A text that begins with = + - @, a tab or a carriage return is run by a spreadsheet when the file is opened, with the
rights of whoever opens it. Such a text gets an apostrophe in front, which spreadsheets take for "this is text".
Numbers stay as they are. What a supplier delivered is never changed: only what is written for people is.
"""

from __future__ import annotations

import csv
import re
from collections.abc import Iterable, Sequence
from typing import Any, TextIO

import duckdb

from childrens_warehouse import sql

_BEGINNINGS = "=+-@\t\r"
_NUMBER = r"[+-]?[0-9]+([.][0-9]+)?( ?%)?"


def is_formula(text: str) -> bool:
    """Would a spreadsheet run this text?"""
    return text.startswith(tuple(_BEGINNINGS)) and not re.fullmatch(_NUMBER, text)


def cell(value: Any) -> Any:
    """The value as a cell that is only shown."""
    return f"'{value}" if isinstance(value, str) and is_formula(value) else value


def write(stream: TextIO, head: Sequence[str], rows: Iterable[Iterable[Any]]) -> None:
    """Write a head and rows as comma-separated values; None is an empty cell."""
    writer = csv.writer(stream, lineterminator="\n")
    writer.writerow(head)
    writer.writerows([cell(value) for value in row] for row in rows)


def is_formula_sql(text: str) -> str:
    """SQL of `is_formula`. text: SQL of a varchar; null where it is null."""
    # The first look is cheap, and the end of nearly every row.
    return (
        f"(left({text}, 1) in ({sql.literals(_BEGINNINGS)}) and not regexp_full_match({text}, {sql.literal(_NUMBER)}))"
    )


def select_sql(connection: duckdb.DuckDBPyConnection, query: str) -> str:
    """SQL of the same rows with every text as a cell that is only shown. query: a select without order."""
    described = connection.execute(f"describe {query}").fetchall()
    cells = [
        f"case when {is_formula_sql(sql.name(name))} then '''' || {sql.name(name)} else {sql.name(name)} end"
        f" as {sql.name(name)}"
        if kind == "VARCHAR"
        else sql.name(name)
        for name, kind, *_ in described
    ]
    return f"select {', '.join(cells)} from ({query}) as told"
