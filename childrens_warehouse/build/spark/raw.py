"""The schema `raw` of a candidate, said to Spark: lists as views on raw's own Parquet, the small tables as copies."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import duckdb
import sqlglot
from sqlglot import exp

from childrens_warehouse import sql

SCHEMA = "raw"


def statements(connection: duckdb.DuckDBPyConnection, folder: Path) -> list[str]:
    """Spark's statements that make the schema. The tables of the candidate are written to the folder first."""
    return [f"create schema if not exists {SCHEMA}", *_tables(connection, folder), *_views(connection)]


def _tables(connection: duckdb.DuckDBPyConnection, folder: Path) -> Iterator[str]:
    found = connection.execute(
        f"select table_name from duckdb_tables() where schema_name = '{SCHEMA}' order by table_name"
    )
    for (table,) in found.fetchall():
        path = folder / f"{table}.parquet"
        connection.execute(f"copy {SCHEMA}.{sql.name(table)} to {sql.literal(path)} (format parquet)")
        yield f"create or replace view {SCHEMA}.{table} as select * from {file(path)}"


def _views(connection: duckdb.DuckDBPyConnection) -> Iterator[str]:
    found = connection.execute(
        f"select view_name, sql from duckdb_views() where schema_name = '{SCHEMA}' order by view_name"
    )
    for view, statement in found.fetchall():
        yield f"create or replace view {SCHEMA}.{view} as {carried(statement)}"


def carried(statement: str) -> str:
    """The query of a DuckDB view on Parquet, in Spark's words."""
    query = sqlglot.parse_one(statement, read="duckdb").expression
    for table in [*query.find_all(exp.Table)]:
        if isinstance(reading := table.this, exp.ReadParquet):
            (path,) = reading.expressions
            name = exp.to_identifier(path.name, quoted=True)
            table.replace(exp.table_(name, db="parquet", alias=table.alias or None))
    return str(query.sql(dialect="spark", unsupported_level=sqlglot.ErrorLevel.RAISE))


def file(path: Path) -> str:
    """A Parquet file, or a folder of them, where Spark expects a table."""
    return f"parquet.`{str(path).replace('`', '``')}`"
