"""Datasets of raw to models, column by column: what one build made."""

from __future__ import annotations

import datetime as dt
import json
from collections import defaultdict
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

from openlineage.client.event_v2 import RunEvent

from childrens_warehouse.build import candidate
from childrens_warehouse.build.candidate import Workspace
from childrens_warehouse.observing.lineage import columns, datasets, runs
from childrens_warehouse.observing.lineage.datasets import Columns, From, Name
from childrens_warehouse.settings import Settings

if TYPE_CHECKING:
    from childrens_warehouse.observing.steps import Step

_KINDS = ("model", "seed")


def events(settings: Settings, step: Step) -> Iterator[RunEvent]:
    """A run for each model and seed that dbt built, with the times dbt took down."""
    workspace = Workspace.of(settings)
    manifest = json.loads((workspace.dbt / "manifest.json").read_text(encoding="utf-8"))
    results = json.loads((workspace.dbt / "run_results.json").read_text(encoding="utf-8"))["results"]
    with candidate.locked(settings):  # else the next build would find it open
        state = candidate.owned(workspace, step.facts["build_id"])
        schema = _schema(workspace, settings)
    nodes: dict[str, Mapping[str, Any]] = {**manifest["nodes"], **manifest["sources"]}
    built = [nodes[each["unique_id"]] for each in results if _kind(each["unique_id"]) in _KINDS]
    followed = columns.made_of(
        workspace.folder / "lineage", state.code, (node for node in built if node["resource_type"] == "model"), schema
    )
    names = {(node["schema"], _table(node)): _name(settings, workspace, node) for node in nodes.values()}
    for result in results:
        if _kind(result["unique_id"]) in _KINDS and result["status"] == "success":
            node = nodes[result["unique_id"]]
            where = (node["schema"], _table(node))
            read = [
                datasets.read(_name(settings, workspace, nodes[parent]))
                for parent in node["depends_on"].get("nodes", ())
                if parent in nodes
            ]
            made_of = {
                column: [From(names[origin[:2]], origin[2]) for origin in froms if origin[:2] in names]
                for column, froms in followed.get(node["unique_id"], {}).items()
            }
            written = datasets.written(
                names[where], _columns(schema.get(where, {}), node), made_of, version=state.build_id
            )
            yield from runs.of_dataset(
                step, f"build.{node['name']}", read, written, _times(result), kind=node["resource_type"].upper(),
                description=node["description"], parent="build",
            )  # fmt: skip


def _name(settings: Settings, workspace: Workspace, node: Mapping[str, Any]) -> Name:
    """The tables of schema raw are views over raw itself."""
    if node["resource_type"] == "source" and node["schema"] == "raw":
        return datasets.raw(settings.home, node["name"])
    return datasets.table(workspace.candidate, node["schema"], _table(node))


def _table(node: Mapping[str, Any]) -> str:
    return str(node.get("identifier") or node.get("alias") or node["name"])


def _schema(workspace: Workspace, settings: Settings) -> dict[tuple[str, str], dict[str, str]]:
    connection = candidate.connect(workspace, settings, read_only=True)
    try:
        rows = connection.execute(
            "select schema_name, table_name, column_name, data_type from duckdb_columns() where not internal"
            " and database_name = current_database() order by column_index"
        ).fetchall()
    finally:
        connection.close()
    found: dict[tuple[str, str], dict[str, str]] = defaultdict(dict)
    for schema, table, column, kind in rows:
        found[schema, table][column] = kind
    return dict(found)


def _columns(found: Mapping[str, str], node: Mapping[str, Any]) -> Columns:
    told = node["columns"]
    return tuple((name, kind, told.get(name, {}).get("description")) for name, kind in found.items())


def _times(result: Mapping[str, Any]) -> tuple[dt.datetime, dt.datetime]:
    times = [
        dt.datetime.fromisoformat(each[end]) for each in result["timing"] for end in ("started_at", "completed_at")
    ]
    return min(times), max(times)


def _kind(unique_id: str) -> str:
    return unique_id.split(".", 1)[0]
