"""What every DAG of this repository keeps to."""

from __future__ import annotations

import ast
import itertools
import json
import subprocess
import sys
import time

import pytest

from childrens_warehouse.datasets import Source
from childrens_warehouse.settings import PROJECT

LANDING = {f"land_{source}" for source in Source}
OURS = {*LANDING, "build_warehouse", "decide_on_gate", "publish_marts", "publish_report", "watch_deadlines"}
# Seconds to read all DAG files once Airflow itself is loaded; the DAG processor reads them twice a minute.
PARSE_SECONDS = 3.0


def test_exactly_our_dags_and_no_import_error(dag_bag):
    assert dag_bag.import_errors == {}
    assert set(dag_bag.dags) == OURS


def test_every_dag_has_one_tag_of_the_enum_by_its_name(dag_bag):
    from childrens_warehouse.orchestration.house import Tag

    for dag in dag_bag.dags.values():
        assert dag.tags == {Tag(dag.dag_id.split("_")[0])}, dag.dag_id


@pytest.mark.parametrize("dag_id", sorted(OURS))
def test_documentation_is_the_docstring_and_tells_what_to_do_when_red(dag_bag, dag_id):
    source = (PROJECT / "dags" / f"{dag_id}.py").read_text(encoding="utf-8")
    docs = dag_bag.dags[dag_id].doc_md
    assert docs == ast.get_docstring(ast.parse(source), clean=False)
    assert "**Triage**" in docs and "**By hand:**" in docs
    triage = docs.split("**Triage**")[1]
    named = {word for word in triage.split("`") if word in dag_bag.dags[dag_id].task_ids}
    assert named, "the triage notes name no task of the DAG"


def test_no_dag_runs_twice_at_once_or_catches_up(dag_bag):
    for dag in dag_bag.dags.values():
        assert dag.max_active_runs == 1, dag.dag_id
        assert dag.catchup is False, dag.dag_id
        # A start date in the past would start a run at once wherever the scheduler is first started.
        assert dag.start_date is None, dag.dag_id


def test_every_task_keeps_the_house_defaults(dag_bag):
    from childrens_warehouse.orchestration.house import HOUSE, LONG

    for dag in dag_bag.dags.values():
        assert dag.default_args == HOUSE, dag.dag_id
        for task in dag.tasks:
            name = f"{dag.dag_id}.{task.task_id}"
            assert task.execution_timeout is not None and task.execution_timeout <= LONG, name
            assert task.retries == HOUSE["retries"], name
            assert task.retry_delay == HOUSE["retry_delay"], name
            assert task.retry_policy is HOUSE["retry_policy"], name


def test_whatever_writes_the_candidate_or_a_release_is_in_the_one_slot_pool(dag_bag):
    from childrens_warehouse.orchestration.environment import POOLS_FILE
    from childrens_warehouse.orchestration.house import LANDING_POOL, WRITER_POOL

    pools = json.loads(POOLS_FILE.read_text(encoding="utf-8"))
    assert pools[WRITER_POOL]["slots"] == 1
    writers = {
        f"{dag.dag_id}.{task.task_id}"
        for dag in dag_bag.dags.values()
        for task in dag.tasks
        if task.pool == WRITER_POOL
    }
    assert writers == {
        "build_warehouse.begin_build",
        "build_warehouse.build_models",
        "build_warehouse.build_without_refused",
        "build_warehouse.judge",
        "publish_marts.publish",
    }
    used = {task.pool for dag in dag_bag.dags.values() for task in dag.tasks}
    assert used - {"default_pool"} == {LANDING_POOL, WRITER_POOL} == set(pools)


def test_the_three_landing_dags_differ_in_their_source_only(dag_bag):
    shapes = {
        dag_id: {
            (task.task_id, frozenset(task.downstream_task_ids), task.pool, str(task.trigger_rule))
            for task in dag_bag.dags[dag_id].tasks
        }
        for dag_id in LANDING
    }
    assert len(set(map(frozenset, shapes.values()))) == 1
    for source in Source:
        dag = dag_bag.dags[f"land_{source}"]
        assert [asset.name for asset in dag.task_dict["close_night"].outlets] == [f"landed_{source}"]


def test_the_dags_are_joined_by_assets(dag_bag):
    def schedule(dag_id):
        return {asset.name for asset in dag_bag.dags[dag_id].timetable.asset_condition.objects}

    def emitted(dag_id):
        return {asset.name for task in dag_bag.dags[dag_id].tasks for asset in task.outlets}

    assert schedule("build_warehouse") == {f"landed_{source}" for source in Source}
    assert type(dag_bag.dags["build_warehouse"].timetable.asset_condition).__name__ == "AssetAll"
    assert emitted("build_warehouse") == schedule("publish_marts") | schedule("decide_on_gate")
    assert (schedule("publish_marts"), schedule("decide_on_gate")) == ({"gated_build"}, {"held_build"})
    assert emitted("publish_marts") == schedule("publish_report") == {"published_marts"}


def test_waiting_holds_no_worker(dag_bag):
    from childrens_warehouse.orchestration.house import SETTINGS

    for dag_id, name in itertools.product(LANDING, ("fetch", "wait_for_folder")):
        sensor = dag_bag.dags[dag_id].task_dict[name].unmap({"op_kwargs": {"authority": "000"}})
        assert sensor.mode == "reschedule"
        assert sensor.poke_interval == SETTINGS.poll.total_seconds()
        # The cut-off must come first: a sensor that times out fails, one that is cut off goes on.
        assert sensor.timeout > max(SETTINGS.cut_offs.values()).total_seconds()


def test_a_person_is_waited_for_without_a_worker_and_nobody_answers_for_them(dag_bag):
    ask = dag_bag.dags["decide_on_gate"].task_dict["ask"]
    assert ask.options == ["Publish with a waiver", "Keep the last release"]
    assert ask.defaults is None
    assert ask.response_timeout is not None


def test_the_deadlines_are_looked_at_four_times_an_hour_and_cheaply(dag_bag):
    dag = dag_bag.dags["watch_deadlines"]
    assert dag.timetable.expression == "*/15 * * * *"
    assert len(dag.tasks) == 2


def test_mapped_tasks_have_names_a_person_can_read(dag_bag):
    mapped = [task for dag in dag_bag.dags.values() for task in dag.tasks if task.is_mapped]
    assert {task.task_id for task in mapped} == {"fetch", "wait_for_folder", "land_files", "run_missed_nights"}
    assert all(task.partial_kwargs.get("map_index_template") for task in mapped)


def test_the_files_are_read_quickly():
    from airflow.dag_processing.dagbag import DagBag

    started = time.monotonic()
    DagBag(dag_folder=PROJECT / "dags")
    assert time.monotonic() - started < PARSE_SECONDS


def test_reading_a_dag_loads_neither_pandas_nor_dbt_nor_great_expectations():
    program = """
import sys
import childrens_warehouse.orchestration.building, childrens_warehouse.orchestration.landing
import childrens_warehouse.orchestration.ways_in, childrens_warehouse.orchestration.reporting
import childrens_warehouse.orchestration.deciding, childrens_warehouse.orchestration.watching
print("heavy:", sorted({"pandas", "duckdb", "dbt", "great_expectations", "paramiko", "s3fs"} & set(sys.modules)))
"""
    loaded = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert loaded.stdout.splitlines()[-1] == "heavy: []"


def _imports(path):
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            yield node.module


def test_only_the_orchestration_folder_imports_airflow():
    package = PROJECT / "childrens_warehouse"
    files = [path for path in package.rglob("*.py") if "orchestration" not in path.relative_to(package).parts]
    files += list((PROJECT / "expectations").rglob("*.py"))
    assert len(files) > 10
    guilty = {
        str(path.relative_to(PROJECT))
        for path in files
        if any(name.split(".")[0] == "airflow" for name in _imports(path))
    }
    assert guilty == set()


def test_dags_and_tasks_import_airflow_through_its_public_interface():
    folder = PROJECT / "childrens_warehouse" / "orchestration"
    # The runner drives Airflow from outside, as its own commands do.
    files = [*(PROJECT / "dags").glob("*.py"), *(path for path in folder.glob("*.py") if path.name != "runner.py")]
    imported = {name for path in files for name in _imports(path) if name.split(".")[0] == "airflow"}
    assert imported == {
        "airflow.providers.http.hooks.http",
        "airflow.providers.http.notifications.http",
        "airflow.providers.smtp.hooks.smtp",
        "airflow.providers.smtp.notifications.smtp",
        "airflow.providers.standard.operators.hitl",
        "airflow.providers.standard.operators.trigger_dagrun",
        "airflow.sdk",
        "airflow.sdk.exceptions",
        "airflow.sdk.execution_time.hitl",
    }


def test_dag_files_hold_no_sql_no_frames_and_no_clock():
    for path in (PROJECT / "dags").glob("*.py"):
        names = set(_imports(path))
        assert names <= {"__future__", "airflow.sdk"} | {n for n in names if n.startswith("childrens_warehouse.")}
        assert len(path.read_text(encoding="utf-8").splitlines()) < 80, path.name
