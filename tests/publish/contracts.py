"""Empty public tables as the models' contracts make them, to be filled by hand."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

import duckdb
import yaml

from childrens_warehouse.settings import PROJECT

_TYPES = {"string": "varchar", "timestamp": "timestamp"}


def columns(model: str) -> dict[str, str]:
    """Column -> type of a public model."""
    (path,) = (PROJECT / "dbt_project" / "models").rglob(f"{model}.yml")
    (entry,) = yaml.safe_load(path.read_text())["models"]
    return {column["name"]: _TYPES.get(column["data_type"], column["data_type"]) for column in entry["columns"]}


def create(connection: duckdb.DuckDBPyConnection, model: str, rows: Iterable[Mapping[str, Any]] = ()) -> None:
    """A table of that shape with these rows; what a row leaves out is null."""
    shape = columns(model)
    connection.execute(f"create table {model} ({', '.join(f'{name} {kind}' for name, kind in shape.items())})")
    for row in rows:
        assert row.keys() <= shape.keys(), (model, row.keys() - shape.keys())
        connection.execute(
            f"insert into {model} ({', '.join(row)}) values ({', '.join('?' for _ in row)})", list(row.values())
        )
