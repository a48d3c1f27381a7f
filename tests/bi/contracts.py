"""Empty tables of `marts_aggregate`, made from the contracts of the models, and rows to put into them."""

from __future__ import annotations

from typing import Any

import yaml

from childrens_warehouse.modelling.exposures import MODELS

TABLES = ("indicator", "indicator_value")


def columns(table: str) -> dict[str, str]:
    """Column -> type, of one of TABLES."""
    document = yaml.safe_load((MODELS / "reports" / f"{table}.yml").read_text(encoding="utf-8"))
    (model,) = document["models"]
    return {column["name"]: column["data_type"] for column in model["columns"]}


def creation() -> list[str]:
    """Statements that DuckDB and PostgreSQL both understand."""
    types = {"double": "double precision", "string": "varchar"}
    tables = [
        f"create table marts_aggregate.{table} ("
        + ", ".join(f"{name} {types.get(kind.lower(), kind)}" for name, kind in columns(table).items())
        + ")"
        for table in TABLES
    ]
    return ["create schema marts_aggregate", *tables]


def insertion(table: str, **values: Any) -> str:
    """A statement that writes one row; what is not given is null."""
    known = columns(table)
    assert values.keys() <= known.keys()
    literals = ["null" if value is None else str(value) if isinstance(value, int | float) else f"'{value}'"
                for value in values.values()]  # fmt: skip
    return f"insert into marts_aggregate.{table} ({', '.join(values)}) values ({', '.join(literals)})"
