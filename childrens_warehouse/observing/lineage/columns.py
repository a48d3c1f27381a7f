"""Which columns each column of a model is made of, read from its compiled SQL by sqlglot.

That takes seconds for all models, so it is done once for each version of the code and kept beside the candidate.
"""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from childrens_warehouse.publish import files
from childrens_warehouse.settings import OWNER_ONLY_DIRECTORY

# (schema, table) -> column -> type, as the database says it
Schema = Mapping[tuple[str, str], Mapping[str, str]]
# column -> (schema, table, column) it is made of
MadeOf = Mapping[str, tuple[tuple[str, str, str], ...]]


def made_of(folder: Path, code: str, models: Iterable[Mapping[str, Any]], schema: Schema) -> dict[str, MadeOf]:
    """By unique id, what every model's columns are made of.

    folder: where it is kept. code: fingerprint of the code: with another one it is read anew. models: nodes of dbt's
    manifest, compiled. A model whose SQL cannot be followed has no columns here.
    """
    kept = folder / f"columns-{code}.json"
    try:
        return _plain(json.loads(kept.read_text(encoding="utf-8")))
    except (OSError, ValueError):
        pass
    found = _followed(models, schema)
    folder.mkdir(mode=OWNER_ONLY_DIRECTORY, parents=True, exist_ok=True)
    for old in folder.glob("columns-*.json"):
        old.unlink()
    files.write_json(kept, found)
    return found


def _plain(content: Mapping[str, Mapping[str, Any]]) -> dict[str, MadeOf]:
    return {
        model: {column: tuple((schema, table, name) for schema, table, name in froms) for column, froms in each.items()}
        for model, each in content.items()
    }


def _followed(models: Iterable[Mapping[str, Any]], schema: Schema) -> dict[str, MadeOf]:
    from sqlglot.errors import SqlglotError
    from sqlglot.lineage import lineage
    from sqlglot.schema import MappingSchema

    known: dict[str, dict[str, Mapping[str, str]]] = defaultdict(dict)
    for (name, table), columns in schema.items():
        known[name][table] = columns
    mapping = MappingSchema(dict(known), dialect="duckdb", normalize=False)
    found: dict[str, MadeOf] = {}
    for model in models:
        try:
            # Followed to the tables that the model itself names: those have runs of their own.
            by_column = lineage(None, model["compiled_code"], mapping, dialect="duckdb", trim_selects=False)
        except SqlglotError:
            continue
        found[model["unique_id"]] = {column: _leaves(node) for column, node in by_column.items()}
    return found


def _leaves(node: Any) -> tuple[tuple[str, str, str], ...]:
    from sqlglot import exp

    ends = {
        (each.expression.db, each.expression.name, each.name.rpartition(".")[2].strip('"'))
        for each in node.walk()
        if not each.downstream and isinstance(each.expression, exp.Table) and each.expression.db
    }
    return tuple(sorted(ends))
