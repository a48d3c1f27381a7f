"""Returns put into the raw schema as landing would leave them, and the quality models built on them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import duckdb

from childrens_warehouse.build import dbt, raw_schema

AUTHORITY = "310"
FILES = (
    "header", "episodes", "reviews", "uasc", "oc2", "oc3", "ad1", "placed_for_adoption", "previous_permanence",
    "missing", "sw_episodes", "dolo",
)  # fmt: skip
BESIDE = ("pupils", "enrolments")
MODELS = ("fct_data_quality_finding", "fct_data_quality_rule", "dim_data_quality_rule")

Rows = Sequence[Mapping[str, Any]]
# (file, year, row of the file) -> (child, row within what was said of the child)
Places = dict[tuple[str, int, int], tuple[int, int]]


@dataclass(frozen=True)
class Warehouse:
    """A candidate in which the quality models are built."""

    candidate: Path

    def query(self, statement: str) -> list[tuple[Any, ...]]:
        with duckdb.connect(str(self.candidate), read_only=True) as connection:
            return connection.execute(statement).fetchall()


def empty(path: Path, as_at: str) -> duckdb.DuckDBPyConnection:
    """An empty raw schema into which rows can be written."""
    connection = duckdb.connect(str(path))
    raw_schema.create_empty(connection)
    for dataset in (*(f"ssda903_{file}" for file in FILES), *BESIDE):
        connection.execute(f"create table kept as from raw.{dataset}; drop view raw.{dataset}")
        connection.execute(f"create table raw.{dataset} as from kept; drop table kept")
    connection.execute("update raw.night set as_at = ?", [as_at])
    return connection


def write(
    connection: duckdb.DuckDBPyConnection,
    dataset: str,
    year: int | None,
    rows: Rows,
    stamp: str = "2027-05-31",
    authority: str = AUTHORITY,
) -> None:
    """One file in force: its rows, the first of them row 2, and what landing says of it. No year is a whole list."""
    file = f"{dataset} {year or 'full'}"
    for number, cells in enumerate(rows, start=2):
        values = {
            **cells, "_authority_code": authority, "_stamp": stamp, "_source_file": file, "_source_row": number,
        }  # fmt: skip
        if year:
            values["_collection_year"] = year
        connection.execute(
            f"insert into raw.{dataset} ({', '.join(values)}) values ({', '.join('?' for _ in values)})",
            list(values.values()),
        )
    scope = f"collection_year:{year}" if year else "full"
    connection.execute(
        "insert into raw.extract (authority_code, dataset, scope, source_file, extract_date, generated_at, "
        "rows_in_force) values (?, ?, ?, ?, ?, ?, ?)",
        [authority, dataset, scope, file, stamp, stamp, len(rows)],
    )


def write_return(connection: duckdb.DuckDBPyConnection, year: int, told: Sequence[Mapping[str, Rows]]) -> Places:
    """All files of a year: what is told of each child (1, 2, …), one child after the other."""
    places: Places = {}
    for file in FILES:
        rows = []
        for child, files in enumerate(told, start=1):
            for index, cells in enumerate(files.get(file, ())):
                values = {**cells, "child_key": child}
                if values.get("pupil_key") == "own":
                    values["pupil_key"] = 1_000_000 + child
                rows.append(values)
                places[file, year, len(rows) + 1] = (child, index)
        write(connection, f"ssda903_{file}", year, rows)
    return places


def build(path: Path) -> Warehouse:
    """The public quality tables and all they need. The models' own tests are the whole project's business."""
    finished = dbt.run(
        ["build", "--select", *(f"+{model}" for model in MODELS), "--exclude-resource-type", "unit_test", "test"],
        path,
        path.parent / "target",
    )
    assert finished.returncode == 0, finished.stdout
    return Warehouse(path)
