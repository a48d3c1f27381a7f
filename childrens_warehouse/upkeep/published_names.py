"""The names that readers were promised, committed as dbt_project/published_names.csv, and what breaks the promise.

`warehouse generate` adds what is new. It takes nothing away and changes no type: a name that vanished from the models
stays in the file, and `warehouse check-models` fails until dbt_project/former_names.csv says what became of it.
"""

from __future__ import annotations

import csv
import datetime as dt
import io
from collections.abc import Mapping
from pathlib import Path

import duckdb

from childrens_warehouse.datasets.data_dictionary import public_models
from childrens_warehouse.publish import former_names, history, marts, release_tables, views
from childrens_warehouse.publish.former_names import Former

Names = Mapping[str, Mapping[str, str]]  # table -> column -> type
_COLUMNS = ("table", "column", "type", "since", "gone_after")


def current() -> dict[str, dict[str, str]]:
    """What the models, the views and the tables beside them publish now: table -> column -> DuckDB's type."""
    found = {
        str(entry["name"]): {column["name"]: column["data_type"] for column in entry["columns"]}  # type: ignore[attr-defined]
        for entry in (*public_models(), *views.described())
    }
    found[history.TABLE] = {name: kind for name, kind, _ in history.COLUMNS}
    found["release"] = {name: kind for name, kind, _ in marts.RELEASE_COLUMNS}
    for table in release_tables.ALL:
        found[table.name] = {name: kind for name, kind, _ in table.columns}
    kinds = _as_duckdb_calls_them({kind for columns in found.values() for kind in columns.values()})
    return {table: {name: kinds[kind] for name, kind in columns.items()} for table, columns in found.items()}


def render(today: dt.date | None = None) -> str:
    """The whole file: what is there stays, with what is new from today on."""
    now, declared = current(), former_names.declared()
    there = {(row["table"], row["column"]): row for row in _rows(former_names.PUBLISHED)}
    rows = []
    for table, column in sorted({*there, *((name, column) for name in now for column in now[name])}):
        was = there.get((table, column), {})
        kind = now.get(table, {}).get(column, "")
        told = declared.get((table, column)) or declared.get((table, ""))
        is_retyped = told is not None and told.column == told.successor == column
        rows.append(
            (
                table,
                column,
                kind if is_retyped else was.get("type") or kind,
                was.get("since") or (today or dt.date.today()).isoformat(),
                told.gone_after.isoformat() if told and not is_retyped else "",
            )
        )
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerows([_COLUMNS, *rows])
    return text.getvalue()


def write() -> Path:
    """Write the file and return its path."""
    former_names.PUBLISHED.write_text(render(), encoding="utf-8")
    return former_names.PUBLISHED


def offences(
    now: Names | None = None,
    promised: Names | None = None,
    declared: Mapping[tuple[str, str], Former] | None = None,
    today: dt.date | None = None,
) -> list[str]:
    """Every name that is no longer what readers were promised, as `published names: what`; by default the project's."""
    now = current() if now is None else now
    promised = former_names.promised() if promised is None else promised
    declared = former_names.declared() if declared is None else declared
    today = today or dt.date.today()
    found = []
    for table, columns in promised.items():
        for column, kind in columns.items():
            found.append(_broken(table, column, kind, now, declared, today))
    for table in now:
        missing = [column for column in now[table] if column not in promised.get(table, {})]
        if missing:
            found.append(f"{table}.{missing[0]} is not in published_names.csv: run `warehouse generate`")
    for former in declared.values():
        is_there = former.column in now.get(former.table, {}) if former.column else former.table in now
        if is_there and former.successor and former.successor != former.column:
            found.append(f"{former.name} is there, and former_names.csv says that it is called {former.successor}")
    return [f"published names: {each}" for each in dict.fromkeys(found) if each]


def _broken(
    table: str, column: str, kind: str, now: Names, declared: Mapping[tuple[str, str], Former], today: dt.date
) -> str | None:
    """Why readers no longer find a column as promised, in words; None where they do, or were told."""
    is_table = table not in now
    name = table if is_table else f"{table}.{column}"
    if not is_table and column in now[table]:
        told = declared.get((table, column))
        if now[table][column] == kind or (told and told.successor == column):
            return None
        return (
            f"{name} was {kind} and is {now[table][column]}: give it another name and declare it in former_names.csv,"
            " or the name itself as its successor, where every reader can take the new type"
        )
    former = declared.get((table, "" if is_table else column))
    if former is None:
        return f"{name} is gone: say in former_names.csv what it is called now, and until when the old name is readable"
    if today > former.gone_after:
        return None
    if not former.successor:
        return f"{name} was promised until {former.gone_after}: leave it in until then"
    if is_table:
        if former.successor not in now:
            return f"{name} is to be {former.successor}, which is not published"
        renamed = declared.get((table, column))
        columns = {
            *now[former.successor],
            *(each.column for each in declared.values() if each.table == former.successor),
        }
        if column not in columns and (renamed is None or renamed.successor not in columns):
            return f"{table}.{column} is not in {former.successor}: declare what it is called there"
    elif former.successor not in now[table]:
        return f"{name} is to be {former.successor}, which {table} does not have"
    return None


def _rows(path: Path) -> list[dict[str, str]]:
    if not path.exists():
        return []
    with path.open(encoding="utf-8", newline="") as handle:
        return list(csv.DictReader(handle))


def _as_duckdb_calls_them(kinds: set[str]) -> dict[str, str]:
    with duckdb.connect() as connection:
        return {
            kind: connection.execute(f"describe select cast(null as {kind}) as it").fetchall()[0][1] for kind in kinds
        }
