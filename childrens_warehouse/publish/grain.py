"""What one row of each public table is: the columns that its uniqueness test in dbt names.

The test is the one home of a grain; a release takes it along, so that whoever reads the release later (a comparison
with another one, a database with primary keys) need not have the project of its time.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path

# A table of sessions names pupil and month; the session is in the columns that the test assumes.
_TESTS: Mapping[str, tuple[str, ...]] = {
    "unique": (),
    "unique_combination_of_columns": (),
    "unique_sessions": ("session_date", "session_code"),
    "unique_subjects": (),
}


def grains(dbt_manifest: Path) -> dict[str, tuple[str, ...]]:
    """Columns of the key by name of the model; empty where dbt left no manifest."""
    try:
        nodes = json.loads(dbt_manifest.read_text(encoding="utf-8"))["nodes"]
    except FileNotFoundError:
        return {}
    found: dict[str, tuple[str, ...]] = {}
    for node in nodes.values():
        test = (node.get("test_metadata") or {}) if node["resource_type"] == "test" else {}
        if test.get("name") not in _TESTS or not node.get("attached_node"):
            continue
        columns = test["kwargs"].get("columns") or [test["kwargs"]["column_name"]]
        model = node["attached_node"].rsplit(".", 1)[-1]
        # A table may also have an alternative key; the one of most columns is the grain its description tells.
        if len(columns) > len(found.get(model, ())):
            found[model] = (*columns, *_TESTS[test["name"]])
    return found
