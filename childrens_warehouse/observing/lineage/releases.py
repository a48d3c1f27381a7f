"""Models to tables of a release, and these to the PostgreSQL server: what publishing and serving made."""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Iterator, Mapping
from typing import TYPE_CHECKING, Any

from openlineage.client.event_v2 import RunEvent

from childrens_warehouse.observing.lineage import datasets, runs
from childrens_warehouse.observing.lineage.datasets import Columns, From, Name
from childrens_warehouse.publish.current import read_manifest
from childrens_warehouse.settings import Settings

if TYPE_CHECKING:
    from childrens_warehouse.observing.steps import Step

_MARTS, _AGGREGATE = "marts", "marts_aggregate"


def published(settings: Settings, step: Step, release_id: str) -> Iterator[RunEvent]:
    """A run for each table of the release: of the model of that name, which the suppressed figures follow too."""
    home, manifest = settings.home, read_manifest(settings.home, release_id) or {"tables": {}}
    candidate = home.build / "candidate.duckdb"
    for database, name, table in _tables(manifest):
        model = manifest["tables"].get(name, {"columns": []})
        made_of = {column["name"] for column in model["columns"]}
        # DuckDB names a database after its file; its tables are in the schema that needs no name.
        to = datasets.table(home.published / f"{database}.duckdb", "main", name)
        of = datasets.table(candidate, _MARTS, name)
        is_same = database == _MARTS
        yield from _copied(step, f"publish.{database}.{name}", of, to, table, made_of, is_same=is_same)


def served(settings: Settings, step: Step, release_id: str) -> Iterator[RunEvent]:
    """A run for each table that the server shows of the release."""
    from childrens_warehouse.serving.connecting import where

    server, _, database = where(settings).partition("/")
    for schema, name, table in _tables(read_manifest(settings.home, release_id) or {"tables": {}}):
        of = datasets.table(settings.home.published / f"{schema}.duckdb", "main", name)
        to = Name(f"postgres://{server}", f"{database}.{schema}.{name}")
        made_of = {column["name"] for column in table["columns"]}
        yield from _copied(step, f"serve.{schema}.{name}", of, to, table, made_of, is_same=True)


def _tables(manifest: Mapping[str, Any]) -> Iterator[tuple[str, str, Mapping[str, Any]]]:
    suppressed = (manifest.get("aggregate") or {}).get("tables", {})
    for database, tables in ((_MARTS, manifest["tables"]), (_AGGREGATE, suppressed)):
        for name, table in tables.items():
            yield database, name, table


def _copied(
    step: Step, job: str, of: Name, to: Name, table: Mapping[str, Any], made_of: Collection[str], *, is_same: bool
) -> Iterator[RunEvent]:
    columns: Columns = [(column["name"], column["type"], column["comment"]) for column in table["columns"]]
    froms = {name: [From(of, name, is_same=is_same)] for name, _, _ in columns if name in made_of}
    written = datasets.written(
        to, columns, froms, rows=table["rows"], version=step.facts.get("release_id"), description=table["comment"] or ""
    )
    times = (step.began_at, dt.datetime.now(dt.UTC))
    yield from runs.of_dataset(step, job, [datasets.read(of)], written, times, kind="TABLE", parent=step.name)
