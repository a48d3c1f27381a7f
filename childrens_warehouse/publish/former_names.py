"""Names that tables and columns of the marts had before: readable under them until a day that was told.

    dbt_project/former_names.csv        by hand: table, column (blank: the table itself), successor, gone_after
    dbt_project/published_names.csv     generated: what readers were promised, with types (upkeep.published_names)

A release carries them: former columns beside its tables, former tables as views, so that each engine that serves it
makes them alike. The day is judged by the night of the release, not by the clock.
"""

from __future__ import annotations

import csv
import datetime as dt
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from childrens_warehouse import sql
from childrens_warehouse.errors import ConfigurationError
from childrens_warehouse.settings import PROJECT

PATH = PROJECT / "dbt_project" / "former_names.csv"
PUBLISHED = PROJECT / "dbt_project" / "published_names.csv"

# As every engine that serves the marts calls them.
_PORTABLE = {
    "TINYINT": "smallint",
    "FLOAT": "real",
    "DOUBLE": "double precision",
    "VARCHAR": "text",
}


@dataclass(frozen=True)
class Former:
    """One declared name. column: blank for a table. successor: blank where there is none; the name itself where only
    its type changed. gone_after: the last night whose release has it."""

    table: str
    column: str
    successor: str
    gone_after: dt.date

    @property
    def name(self) -> str:
        return f"{self.table}.{self.column}" if self.column else self.table


def declared(path: Path | None = None) -> dict[tuple[str, str], Former]:
    """By table and column. Raises ConfigurationError for a line that cannot be."""
    found: dict[tuple[str, str], Former] = {}
    with (path or PATH).open(encoding="utf-8", newline="") as handle:
        for number, row in enumerate(csv.DictReader(handle), start=2):
            try:
                gone_after = dt.date.fromisoformat(row["gone_after"])
            except ValueError:
                raise ConfigurationError(f"{PATH.name}, line {number}: gone_after must be a date.") from None
            found[row["table"], row["column"]] = Former(row["table"], row["column"], row["successor"], gone_after)
    return found


def promised(path: Path | None = None) -> dict[str, dict[str, str]]:
    """Table -> column -> type, as readers were promised."""
    found: dict[str, dict[str, str]] = {}
    with (path or PUBLISHED).open(encoding="utf-8", newline="") as handle:
        for row in csv.DictReader(handle):
            found.setdefault(row["table"], {})[row["column"]] = row["type"]
    return found


def columns_of(table: str, columns: Iterable[Mapping[str, Any]], as_at: dt.date) -> list[dict[str, str]]:
    """The former columns of a table of a release, as its manifest keeps them: name, type, column, gone_after."""
    there = {column["name"]: column["type"] for column in columns}
    names = [
        each
        for each in declared().values()
        if each.table == table and each.column not in there and each.successor in there and as_at <= each.gone_after
    ]
    types = promised().get(table, {}) if names else {}
    return [
        {
            "name": each.column,
            "type": types.get(each.column, there[each.successor]),
            "column": each.successor,
            "gone_after": each.gone_after.isoformat(),
        }
        for each in names
    ]


def views(tables: Mapping[str, Mapping[str, Any]], as_at: dt.date) -> dict[str, dict[str, Any]]:
    """Views under former names of tables, as a manifest keeps views; with the columns that the table had."""
    names = declared()
    types = promised() if names else {}
    found = {}
    for former in names.values():
        if former.column or former.table in tables or former.successor not in tables or as_at > former.gone_after:
            continue
        content = tables[former.successor]
        there = {column["name"]: column["type"] for column in content["columns"]}
        there |= {column["name"]: column["type"] for column in content.get("former", ())}
        shown = {}
        for column, kind in types.get(former.table, {}).items():
            told = names.get((former.table, column))
            of = column if column in there or told is None else told.successor
            if of in there:
                shown[column] = renamed(of, there[of], column, kind)
        comment = f"{former.successor} under its former name, until {former.gone_after}."
        found[former.table] = {
            "query": f"select {', '.join(shown.values())} from {former.successor}",
            "comment": comment,
            "columns": dict.fromkeys(shown, comment),
        }
    return found


def renamed(column: str, its_type: str, name: str, kind: str) -> str:
    """SQL of a column under another name, with the type that was promised under it; in any engine."""
    return f"{cast(column, its_type, kind)} as {sql.name(name)}"


def cast(column: str, its_type: str, kind: str) -> str:
    """SQL of a column in another type, of the type it has: as it is."""
    if kind == its_type:
        return sql.name(column)
    return f"cast({sql.name(column)} as {_PORTABLE.get(kind, kind.lower().replace('decimal', 'numeric'))})"
