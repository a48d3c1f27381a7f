"""Every line bears what is known where it is said, as JSON where that is wanted, and no words of a foreign error."""

from __future__ import annotations

import ast
import json
import os
import subprocess
import sys

import pytest

from childrens_warehouse.errors import ConfigurationError
from childrens_warehouse.observing import logs
from childrens_warehouse.settings import PROJECT

HEADER = "CHILD,SEX,DOB,ETHNIC,UPN,MOTHER,MC_DOB\n1,1,05/06/2005,WBRI,UN3,,\n"
NIGHT = "2017-05-31"


def lines(text: str) -> list[dict]:
    return [json.loads(line) for line in text.splitlines()]


def run(settings, *arguments: str, **more: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "childrens_warehouse.cli", *arguments],
        env={**os.environ, "WAREHOUSE_HOME": str(settings.home.root), **more},
        capture_output=True, text=True, check=False, timeout=120,
    )  # fmt: skip


def test_every_line_of_a_command_is_an_object_that_names_run_and_night(supplier):
    supplier.deliver("social_care", NIGHT, {"header.csv": HEADER})
    done = run(supplier.settings, "land", "--night", NIGHT, WAREHOUSE_LOG_FORMAT="json")
    assert done.returncode == 0, done.stderr
    said = lines(done.stdout) + lines(done.stderr)
    assert any("header.csv" in line["event"] for line in said)
    assert {line["night"] for line in said} == {NIGHT}
    assert len({line["run_id"] for line in said}) == 1
    assert {line["level"] for line in said} == {"info"}


def test_without_the_setting_they_are_words(supplier):
    supplier.deliver("social_care", NIGHT, {"header.csv": HEADER})
    done = run(supplier.settings, "land", "--night", NIGHT)
    assert f"landing 310 header.csv {NIGHT}" in done.stdout.splitlines()


def test_an_error_of_ours_is_one_line_with_its_words(settings):
    done = run(settings, "publish", "no-such-build", WAREHOUSE_LOG_FORMAT="json")
    assert done.returncode == 1
    (said,) = lines(done.stderr)
    assert said["level"] == "error" and said["build_id"] == "no-such-build"
    assert said["event"].startswith("SupersededError: ")


def test_the_words_of_a_foreign_error_are_not_told(monkeypatch, capsys):
    monkeypatch.setenv("WAREHOUSE_LOG_FORMAT", "json")
    with pytest.raises(SystemExit) as ended, logs.spoken():
        raise ValueError("could not read Alfie Example, born 2010-02-01")
    assert ended.value.code == 1
    (said,) = lines(capsys.readouterr().err)
    assert said["event"] == "ValueError" and "test_logs.py" in said["raised"][0]


def test_a_line_written_in_pieces_is_one_object(monkeypatch, capsys):
    monkeypatch.setenv("WAREHOUSE_LOG_FORMAT", "json")
    with logs.spoken(), logs.about(run_id="one", build_id=None):
        print("half a", end="")
        print(" line\nand the next")
        logs.say("with facts", rows=3)
    said = lines(capsys.readouterr().out)
    assert [line["event"] for line in said] == ["half a line", "and the next", "with facts"]
    assert said[2]["rows"] == 3 and {line["run_id"] for line in said} == {"one"} and "build_id" not in said[0]


def test_what_is_known_ends_with_what_it_is_about():
    with logs.about(run_id="outer"):
        with logs.about(run_id="inner", step="gate"):
            assert logs.known() == {"run_id": "inner", "step": "gate"}
        assert logs.known() == {"run_id": "outer"}


def test_a_setting_that_is_neither_is_refused(monkeypatch):
    monkeypatch.setenv("WAREHOUSE_LOG_FORMAT", "xml")
    with pytest.raises(ConfigurationError, match="WAREHOUSE_LOG_FORMAT must be one of text, json"), logs.spoken():
        pass


TASK = """
import io, sys
from airflow.sdk.log import configure_logging
from types import SimpleNamespace
out = io.BytesIO()
configure_logging(json_output=True, output=out)
from structlog.contextvars import bind_contextvars
bind_contextvars(dag_id="publish_marts", task_id="publish", run_id="asset_triggered__1", try_number=1)
from childrens_warehouse.observing import logs
from childrens_warehouse.orchestration.telling import about_this_task
def judge(start, night=None): ...
run = SimpleNamespace(conf={"run_id": "run-2017-05-31-abc"}, run_id="asset_triggered__1")
start = {"build_id": "b1", "reason": "inputs changed"}
task = SimpleNamespace(python_callable=judge, op_args=(start,), op_kwargs={"night": "2017-05-31"})
about_this_task({"dag_run": run, "params": {}, "task": task})
logs.say("Gate: pass", evaluated=3)
task.op_args, task.op_kwargs = ({},), {}
about_this_task({"dag_run": run, "params": {}, "task": task})
logs.say("the next task")
sys.stdout.write(out.getvalue().decode())
"""


def test_a_tasks_lines_go_airflows_way_and_name_run_night_and_build(tmp_path):
    done = subprocess.run(
        [sys.executable, "-c", TASK],
        env={**os.environ, "AIRFLOW_HOME": str(tmp_path), "AIRFLOW__CORE__UNIT_TEST_MODE": "False"},
        capture_output=True, text=True, check=False, timeout=120,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    first, second = [line for line in lines(done.stdout) if line["logger"] == "childrens_warehouse"]
    assert first["event"] == "Gate: pass" and first["evaluated"] == 3 and first["task_id"] == "publish"
    assert (first["run_id"], first["night"], first["build_id"]) == ("run-2017-05-31-abc", "2017-05-31", "b1")
    assert "night" not in second and "build_id" not in second


def test_no_module_of_a_task_prints_past_the_log():
    for path in (PROJECT / "childrens_warehouse" / "orchestration").glob("*.py"):
        tree = ast.parse(path.read_text(encoding="utf-8"))
        is_of_tasks = any(
            isinstance(node, ast.ImportFrom)
            and node.module == "airflow.sdk"
            and "task" in {each.name for each in node.names}
            for node in ast.walk(tree)
        )
        printed = [
            node.lineno
            for node in ast.walk(tree)
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "print"
        ]
        assert not (is_of_tasks and printed), (path.name, printed)
