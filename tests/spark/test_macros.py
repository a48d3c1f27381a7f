"""Spark says of each macro that engines write differently what DuckDB says (tests/dbt_project/test_macros.py)."""

from __future__ import annotations

import dataclasses
import os
import subprocess
import sys
from pathlib import Path

import pytest

from childrens_warehouse.build import dbt
from childrens_warehouse.build.candidate import Workspace
from childrens_warehouse.build.spark import steps
from childrens_warehouse.build.spark.program import OPTIONS, STATEMENTS
from childrens_warehouse.publish import files
from childrens_warehouse.settings import Settings, SparkSettings
from tests.dbt_project import macro_cases
from tests.spark.conftest import SMALL


def test_on_spark_every_case_says_what_it_must(tmp_path: Path) -> None:
    pytest.importorskip("pyspark", reason="make test-spark installs it, in an environment of its own")
    settings = dataclasses.replace(Settings.from_environment(), target="spark", spark=SparkSettings(options=SMALL))
    workspace = Workspace(tmp_path)
    for folder in ("warehouse", "scratch"):
        (workspace.lake / folder).mkdir(parents=True)
    options = steps.options(settings, workspace)
    files.write_json(workspace.lake / OPTIONS, options)
    files.write_json(workspace.lake / STATEMENTS, {"statements": []})
    finished = subprocess.run(
        [
            sys.executable, "-m", "childrens_warehouse.build.spark.program", str(workspace.lake),
            "--quiet", "show", "--inline", macro_cases.query(), "--output", "json", "--limit", "1000",
        ],
        cwd=dbt.DBT_PROJECT,
        env={
            **os.environ, **dbt.environment(workspace.candidate, workspace.dbt), "WAREHOUSE_TARGET": "spark",
            "WAREHOUSE_SPARK_PLACES": options["spark.sql.shuffle.partitions"],
        },
        text=True,
        capture_output=True,
        check=False,
    )  # fmt: skip
    assert finished.returncode == 0, finished.stdout[-2000:]
    assert macro_cases.said(finished.stdout) == macro_cases.expected()
