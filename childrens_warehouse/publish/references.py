"""Which columns of a public table point at rows of another: what its relationship tests in dbt name.

As with a grain, the tests are the one home, and a release takes along what they held for its rows.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

_TESTS = ("relationships", "relationships_of_columns")


def references(dbt_manifest: Path) -> dict[str, tuple[dict[str, Any], ...]]:
    """By name of the model: columns, the table they point at, and its columns in the same order.

    Only what held for every row: tests that warn, or look at some rows, say nothing. Empty where dbt left no manifest.
    """
    try:
        nodes = json.loads(dbt_manifest.read_text(encoding="utf-8"))["nodes"]
    except FileNotFoundError:
        return {}
    found: dict[str, list[dict[str, Any]]] = {}
    for node in nodes.values():
        test = (node.get("test_metadata") or {}) if node["resource_type"] == "test" else {}
        if test.get("name") not in _TESTS or not node.get("attached_node"):
            continue
        if node["config"]["severity"].lower() != "error" or node["config"].get("where"):
            continue
        found.setdefault(_model(node["attached_node"]), []).append(_reference(node, test["kwargs"]))
    return {model: tuple(sorted(each, key=json.dumps)) for model, each in found.items()}


def _reference(node: Mapping[str, Any], told: Mapping[str, Any]) -> dict[str, Any]:
    columns = told.get("columns") or [told["column_name"]]
    to_columns = told.get("to_columns") or ([told["field"]] if "field" in told else columns)
    # A table that points at itself depends on itself alone.
    others = [name for name in node["depends_on"]["nodes"] if name != node["attached_node"]]
    return {
        "columns": list(columns),
        "table": _model(others[0] if others else node["attached_node"]),
        "to_columns": list(to_columns),
    }


def _model(node: str) -> str:
    return node.rsplit(".", 1)[-1]
