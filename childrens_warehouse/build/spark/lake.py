"""The lake of a build: the tables that Spark left as Parquet, and how the candidate takes them over.

    build/lake/warehouse/<schema>.db/<table>/*.parquet                                      Spark's own
    build/lake/warehouse/<schema>.db/<table>/authority_code=310/session_month=2017-05-01/   the large ones
    build/lake/raw/<table>.parquet                                                          the small tables of raw
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

import duckdb

from childrens_warehouse import sql
from childrens_warehouse.build.candidate import PARTITIONED, PartitionKey
from childrens_warehouse.errors import BuildFailed
from childrens_warehouse.publish import files
from childrens_warehouse.publish.tables import LARGE

_SCHEMA = "marts"
# What Spark calls otherwise.
_TYPES = {"VARCHAR": "string", "TIMESTAMP": "timestamp_ntz"}
_KEYS = "{'authority_code': varchar, 'session_month': date}"


def folder_of(lake: Path, table: str, schema: str = _SCHEMA) -> Path:
    return lake / "warehouse" / f"{schema}.db" / table


def kept(connection: duckdb.DuckDBPyConnection, lake: Path, rebuilt: Iterable[PartitionKey]) -> Iterator[str]:
    """Statements that tell Spark of the last build's partitions; those to be rebuilt are removed before.

    connection: to the candidate, whose tables of attendance are still those of the last build.
    """
    rebuilt = list(rebuilt)
    for table in PARTITIONED:
        folder = folder_of(lake, table)
        if not folder.exists():
            continue
        for authority, month in rebuilt:
            files.remove(folder / f"authority_code={authority}" / f"session_month={month}")
        relation = f"{_SCHEMA}.{table}"
        described = connection.execute(f"describe {relation}").fetchall()
        # Told, or Spark would take an authority in the name of a folder for a number.
        columns = ", ".join(f"`{name}` {_TYPES.get(kind, kind)}" for name, kind, *_ in described)
        yield f"create schema if not exists {_SCHEMA}"
        yield (
            f"create table {relation} ({columns}) using parquet partitioned by (authority_code, session_month)"
            f" location {sql.literal(folder)}"
        )
        yield f"alter table {relation} recover partitions"


def take_over(connection: duckdb.DuckDBPyConnection, lake: Path, manifest: Path) -> None:
    """Give the candidate its public tables: small ones with their rows, types and constraints, large ones as views."""
    models = [
        node
        for node in json.loads(manifest.read_text(encoding="utf-8"))["nodes"].values()
        if node["resource_type"] == "model" and node["schema"] == _SCHEMA
    ]
    connection.execute(f"drop schema if exists {_SCHEMA} cascade")
    connection.execute(f"create schema {_SCHEMA}")
    for model in models:
        _take(connection, lake, model)


def _take(connection: duckdb.DuckDBPyConnection, lake: Path, model: Mapping[str, Any]) -> None:
    name = model["name"]
    relation = f"{_SCHEMA}.{sql.name(name)}"
    columns = model["columns"]
    listed = ", ".join(map(sql.name, columns))
    pattern = folder_of(lake, name) / ("*/*/*.parquet" if name in PARTITIONED else "*.parquet")
    hive = f", hive_partitioning = true, hive_types = {_KEYS}" if name in PARTITIONED else ""
    rows = f"select {listed} from read_parquet({sql.literal(pattern)}{hive})"
    if not any(folder_of(lake, name).glob("**/*.parquet")):
        kinds = ", ".join(f"cast(null as {each['data_type']}) as {sql.name(each['name'])}" for each in columns.values())
        rows = f"select {listed} from (select {kinds}) where false"
    if name in LARGE:
        connection.execute(f"create view {relation} as {rows}")
    else:
        connection.execute(f"create table {relation} ({', '.join(_declared(model))})")
        try:
            connection.execute(f"insert into {relation} {rows}")
        except duckdb.ConstraintException:
            # DuckDB's own words quote the row.
            raise BuildFailed(
                f"{name} breaks its contract: a cell is empty that must not be, or a key comes twice. Its rows are in"
                f" {folder_of(lake, name)}."
            ) from None
    kind = "view" if name in LARGE else "table"
    connection.execute(f"comment on {kind} {relation} is {sql.literal(model['description'] or None)}")
    for each in columns.values():
        connection.execute(
            f"comment on column {relation}.{sql.name(each['name'])} is {sql.literal(each['description'] or None)}"
        )


def _declared(model: Mapping[str, Any]) -> Iterator[str]:
    """Columns as the contract has them, and what it demands of several together."""
    for each in model["columns"].values():
        demands = {constraint["type"] for constraint in each["constraints"]}
        needed = "".join(
            f" {word}" for demand, word in (("not_null", "not null"), ("primary_key", "primary key"))
            if demand in demands
        )  # fmt: skip
        yield f"{sql.name(each['name'])} {each['data_type']}{needed}"
    for constraint in model["constraints"]:
        if constraint["type"] in ("primary_key", "unique"):
            kind = constraint["type"].replace("_", " ")
            yield f"{kind} ({', '.join(map(sql.name, constraint['columns']))})"
