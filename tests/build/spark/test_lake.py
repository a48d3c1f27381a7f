"""What Spark left as Parquet becomes the candidate's public tables, with the types and demands of their contracts."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import duckdb
import pytest

from childrens_warehouse.build.spark import lake
from childrens_warehouse.errors import BuildFailed
from childrens_warehouse.publish.tables import public_tables

CONTRACTS: dict[str, dict[str, str]] = {
    "dim_child": {"child_key": "bigint", "sex_code": "string"},
    "fct_attendance_session": {"authority_code": "string", "session_month": "date", "pupil_key": "bigint"},
}


def model(name: str, schema: str = "marts") -> dict[str, Any]:
    columns = {
        column: {
            "name": column, "data_type": kind, "description": f"The {column}.",
            "constraints": [{"type": "not_null"}] if column.endswith("_key") else [],
        }
        for column, kind in CONTRACTS[name].items()
    }  # fmt: skip
    keys = [{"type": "primary_key", "columns": ["child_key"]}] if name == "dim_child" else []
    return {
        "resource_type": "model", "name": name, "schema": schema, "description": f"One row per {name}.",
        "columns": columns, "constraints": keys,
    }  # fmt: skip


@pytest.fixture
def left(tmp_path: Path) -> Path:
    """A lake with a child and two months of attendance, and the manifest of what made it."""
    child = lake.folder_of(tmp_path, "dim_child")
    child.mkdir(parents=True)
    duckdb.execute(f"copy (select 1::bigint as child_key, 'F' as sex_code) to '{child / 'part-0.parquet'}'")
    sessions = lake.folder_of(tmp_path, "fct_attendance_session")
    for month, pupil in (("2017-04-01", 1), ("2017-05-01", 2)):
        folder = sessions / "authority_code=310" / f"session_month={month}"
        folder.mkdir(parents=True)
        duckdb.execute(f"copy (select {pupil}::bigint as pupil_key) to '{folder / 'part-0.parquet'}'")
    nodes = {name: model(name) for name in CONTRACTS}
    nodes["int_children"] = {**model("dim_child", "intermediate"), "name": "int_children"}
    (tmp_path / "manifest.json").write_text(json.dumps({"nodes": nodes}))
    return tmp_path


def taken_over(left: Path) -> duckdb.DuckDBPyConnection:
    connection = duckdb.connect()
    lake.take_over(connection, left, left / "manifest.json")
    return connection


def test_small_tables_are_taken_with_their_contract_and_large_ones_are_read_in_place(left: Path):
    connection = taken_over(left)
    child, session = public_tables(connection)
    assert (child.name, child.primary_key, child.comment) == ("dim_child", ("child_key",), "One row per dim_child.")
    assert [(each.name, each.type, each.nullable) for each in child.columns] == [
        ("child_key", "BIGINT", False), ("sex_code", "VARCHAR", True),
    ]  # fmt: skip
    assert session.columns[2].comment == "The pupil_key."
    assert connection.execute("select * from marts.dim_child").fetchall() == [(1, "F")]
    assert connection.execute(
        "select authority_code, session_month::varchar, pupil_key from marts.fct_attendance_session order by all"
    ).fetchall() == [("310", "2017-04-01", 1), ("310", "2017-05-01", 2)]
    views = connection.execute("select view_name from duckdb_views() where schema_name = 'marts'").fetchall()
    assert views == [("fct_attendance_session",)]


def test_a_row_that_breaks_the_contract_is_not_taken(left: Path):
    part = lake.folder_of(left, "dim_child") / "part-1.parquet"
    duckdb.execute(f"copy (select null::bigint as child_key, 'M' as sex_code) to '{part}'")
    with pytest.raises(BuildFailed, match="dim_child breaks its contract"):
        taken_over(left)


def test_a_table_without_a_row_is_a_table(left: Path):
    for name in CONTRACTS:
        for part in lake.folder_of(left, name).rglob("*.parquet"):
            part.unlink()
    connection = taken_over(left)
    assert [len(table.columns) for table in public_tables(connection)] == [2, 3]
    assert connection.execute("select count(*) from marts.fct_attendance_session").fetchone() == (0,)


def test_months_to_be_rebuilt_go_before_spark_is_told_of_the_others(left: Path):
    month = duckdb.execute("select date '2017-05-01'").fetchone()[0]
    said = list(lake.kept(taken_over(left), left, [("310", month)]))
    folder = lake.folder_of(left, "fct_attendance_session")
    assert [path.name for path in folder.glob("*/*")] == ["session_month=2017-04-01"]
    assert said == [
        "create schema if not exists marts",
        "create table marts.fct_attendance_session (`authority_code` string, `session_month` DATE, `pupil_key` BIGINT)"
        f" using parquet partitioned by (authority_code, session_month) location '{folder}'",
        "alter table marts.fct_attendance_session recover partitions",
    ]
