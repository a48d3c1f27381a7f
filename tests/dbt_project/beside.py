"""A compiled model on rows of one's own, without the build it belongs to."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import duckdb

from tests.dbt_project.conftest import Built

Rows = Sequence[Mapping[str, Any]]


def run(built: Built, model: str, tables: Mapping[str, tuple[str, Rows]]) -> list[dict[str, Any]]:
    """What a model makes of tables {schema.name: (columns with their types, rows)}."""
    (node,) = (node for node in built.models if node["name"] == model)
    with duckdb.connect() as connection:
        connection.execute(f'attach \':memory:\' as "{built.candidate.stem}"; use "{built.candidate.stem}"')
        for name, (columns, rows) in tables.items():
            connection.execute(f"create schema if not exists {name.split('.')[0]}; create table {name} ({columns})")
            for row in rows:
                connection.execute(
                    f"insert into {name} ({', '.join(row)}) values ({', '.join('?' * len(row))})", list(row.values())
                )
        found = connection.execute(built.compiled(node))
        names = [column[0] for column in found.description or ()]
        return [dict(zip(names, values, strict=True)) for values in found.fetchall()]
