"""The layers of the real project, and what becomes of a layer that is right, wrong or empty in a tiny one."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections import Counter
from pathlib import Path
from typing import Any

import duckdb
import pytest

from childrens_warehouse.build import candidate, dbt, layers, raw_schema
from childrens_warehouse.build.candidate import Workspace
from childrens_warehouse.build.layers import LAYERS
from childrens_warehouse.errors import BuildFailed
from childrens_warehouse.publish import tables
from childrens_warehouse.settings import PROJECT, Settings
from expectations import publication
from tests.build import small_warehouse

pytestmark = pytest.mark.slow

_LIST = """
import json, sys
from dbt.cli.main import dbtRunner
from childrens_warehouse.build import layers
manifest = dbtRunner().invoke(["--quiet", "parse"]).result
listed = {
    layer: dbtRunner(manifest=manifest)
    .invoke(["--quiet", "ls", "--output", "json", "--output-keys", "unique_id", *layers.select([layer])])
    .result
    for layer in layers.LAYERS
}
nodes = {
    unique_id: {
        "type": str(node.resource_type), "name": node.name, "path": node.original_file_path,
        "access": str(getattr(node, "access", "")), "schema": node.schema, "parents": node.depends_on_nodes,
    }
    for unique_id, node in manifest.nodes.items()
}
json.dump({"listed": listed, "nodes": nodes}, open(sys.argv[1], "w"))
"""


class Project:
    """What dbt makes of the real project: the nodes, and which each layer selects."""

    def __init__(self, told: dict[str, Any]) -> None:
        self.nodes: dict[str, dict[str, Any]] = told["nodes"]
        self.listed = {
            # the folder of the declarations of sources is that of staging
            layer: [name for line in lines if not (name := json.loads(line)["unique_id"]).startswith("source.")]
            for layer, lines in told["listed"].items()
        }

    def ancestors(self, unique_id: str) -> set[str]:
        found: set[str] = set()
        todo = [unique_id]
        while todo:
            parents = set(self.nodes.get(todo.pop(), {}).get("parents", ())) - found
            found |= parents
            todo += parents
        return found

    def models(self, folder: str) -> dict[str, str]:
        return {
            unique_id: node["name"]
            for unique_id, node in self.nodes.items()
            if node["type"] == "model" and folder in node["path"]
        }


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Project:
    folder = tmp_path_factory.mktemp("listed")
    with duckdb.connect(str(folder / "candidate.duckdb")) as connection:
        raw_schema.create_empty(connection)
    environment = dbt.environment(folder / "candidate.duckdb", folder / "target")
    subprocess.run(
        [sys.executable, "-c", _LIST, str(folder / "told.json")],
        cwd=dbt.DBT_PROJECT,
        env={**os.environ, **environment, "PYTHONPATH": str(PROJECT)},
        check=True,
        capture_output=True,
    )
    return Project(json.loads((folder / "told.json").read_text()))


def test_every_seed_model_and_data_test_is_in_exactly_one_layer(project: Project) -> None:
    times = Counter(unique_id for listed in project.listed.values() for unique_id in listed)
    assert set(times) == set(project.nodes)
    assert {unique_id: times[unique_id] for unique_id in times if times[unique_id] > 1} == {}
    assert min(len(listed) for listed in project.listed.values()) > 5


def test_no_layer_reads_a_later_one(project: Project) -> None:
    layer_of = {unique_id: layer for layer, listed in project.listed.items() for unique_id in listed}
    backwards = [
        (unique_id, parent)
        for unique_id, layer in layer_of.items()
        for parent in project.nodes[unique_id]["parents"]
        if parent in layer_of and LAYERS.index(layer_of[parent]) > LAYERS.index(layer)
    ]
    assert backwards == []


def test_the_tables_kept_from_night_to_night_are_those_dbt_fills_by_partition(project: Project) -> None:
    partitioned = set(project.models("models/core/education/partitioned").values())
    assert set(candidate.PARTITIONED) == partitioned
    assert set(tables.LARGE) < partitioned


def test_months_of_attendance_rest_on_attendance_and_seeds_alone(project: Project) -> None:
    # Anything else could change while the month is kept, and the kept rows would be of another night. What counts
    # the landed rows of every dataset is read for its attendance lines only.
    others = {
        name: sorted(
            parent
            for parent in project.ancestors(unique_id) - project.ancestors("model.childrens_warehouse.int_rows_landed")
            if parent.startswith("source.") and ".raw.attendance" not in parent
        )
        for unique_id, name in project.models("models/core/education/partitioned").items()
    }
    assert others == {table: [] for table in candidate.PARTITIONED}


def test_every_public_table_has_a_publication_suite_and_a_public_name(project: Project) -> None:
    public = {node["name"] for node in project.nodes.values() if node["schema"] == "marts" and node["type"] == "model"}
    assert public == set(publication.tables())
    assert [name for name in public if not tables.PUBLIC_NAME.fullmatch(name)] == []


# A project of three models, in which one thing at a time goes wrong.

_TINY = {
    "models/staging/stg_mark.sql": "select 1 as n, 'SECRET-VALUE' as mark",
    "models/core/fct_mark.sql": "select n, mark from {{ ref('stg_mark') }}",
    "models/core/fct_mark.yml": """
models:
  - name: fct_mark
    columns:
      - name: mark
        data_tests:
          - not_null
          - accepted_values: {name: marks_are_known, arguments: {values: ['SECRET-VALUE']}}
          - accepted_values: {name: marks_are_short, arguments: {values: ['/']}, config: {severity: warn}}
""",
    "models/indicators/ind_mark.sql": "select count(*) as n from {{ ref('fct_mark') }}",
    "tests/nothing_is_lost.sql": "select s.n from {{ ref('stg_mark') }} as s left join {{ ref('fct_mark') }} as f"
    " on s.n = f.n where f.n is null",
}


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return small_warehouse.settings_for(tmp_path / "home")


@pytest.fixture
def tiny(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    folder = tmp_path / "dbt_project"
    for name, text in _TINY.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text)
    shutil.copy(dbt.DBT_PROJECT / "profiles.yml", folder)
    (folder / "dbt_project.yml").write_text(
        "name: tiny\nprofile: childrens_warehouse\nflags: {send_anonymous_usage_stats: false}\n"
        "models: {tiny: {+materialized: table}}\n"
    )
    monkeypatch.setattr(dbt, "DBT_PROJECT", folder)
    return folder


def run(settings: Settings, wanted: tuple[str, ...] = LAYERS) -> layers.DbtRun:
    return layers.run(settings, Workspace.of(settings).create(), "build-1", wanted)


def test_a_layer_that_is_right_is_told_in_counts(settings: Settings, tiny: Path) -> None:
    staging, core, indicators = run(settings).layers

    assert [(each.layer, each.models) for each in (staging, core, indicators)] == [
        ("staging", 1), ("core", 1), ("indicators", 1),
    ]  # fmt: skip
    # The test that looks at staging and core is core's.
    assert (staging.tests_passed, core.tests_passed, core.tests_warned) == (0, 3, 1)
    assert core.warned == ("marks_are_short",)
    kept = json.loads((settings.home.logs / "build" / "build-1" / "core.json").read_text())
    assert {(node["node"].split(".")[2], node["status"], node["failures"]) for node in kept["nodes"]} == {
        ("fct_mark", "success", None), ("not_null_fct_mark_mark", "pass", 0), ("marks_are_known", "pass", 0),
        ("marks_are_short", "warn", 1), ("nothing_is_lost", "pass", 0),
    }  # fmt: skip
    assert (settings.home.logs / "build" / "build-1" / "core.json").stat().st_mode & 0o777 == 0o600
    assert layers.LayerResult.from_dict(json.loads(json.dumps(core.to_dict()))) == core


def test_a_data_test_that_fails_is_named_with_its_rows_and_no_value(settings: Settings, tiny: Path) -> None:
    yml = tiny / "models/core/fct_mark.yml"
    yml.write_text(yml.read_text().replace("['SECRET-VALUE']", "['other']"))
    with pytest.raises(BuildFailed) as failed:
        run(settings)
    said = str(failed.value)
    assert "dbt failed in core: marks_are_known (1 rows); 1 nodes behind them were skipped" in said
    assert "SECRET" not in said
    assert str(Workspace.of(settings).dbt / "logs" / "dbt.log") in said


def test_a_model_that_breaks_on_a_value_is_named_without_it(settings: Settings, tiny: Path) -> None:
    (tiny / "models/core/fct_mark.sql").write_text("select n, cast(mark as integer) as mark from {{ ref('stg_mark') }}")
    with pytest.raises(BuildFailed) as failed:
        run(settings)
    assert "dbt failed in core: fct_mark (error)" in str(failed.value)
    assert "SECRET" not in str(failed.value)
    assert "SECRET" in (Workspace.of(settings).dbt / "logs" / "dbt.log").read_text(), "the log must help"


def test_a_model_that_dbt_cannot_read_says_what_dbt_says(settings: Settings, tiny: Path) -> None:
    (tiny / "models/core/fct_mark.sql").write_text("select * from {{ ref('stg_nowhere') }}")
    with pytest.raises(BuildFailed, match="dbt could not start on staging, core, indicators") as failed:
        run(settings)
    assert "stg_nowhere" in str(failed.value)


def test_a_layer_in_which_nothing_was_built_is_no_success(settings: Settings, tiny: Path) -> None:
    (tiny / "models/indicators/ind_mark.sql").unlink()
    with pytest.raises(BuildFailed, match="dbt found no model in indicators"):
        run(settings)
