"""A build's layers on Spark: prepare the lake, run dbt, take over what it made."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections.abc import Mapping, Sequence

from childrens_warehouse.build import candidate, dbt
from childrens_warehouse.build.candidate import Workspace
from childrens_warehouse.build.spark import lake, raw
from childrens_warehouse.build.spark.program import OPTIONS, STATEMENTS
from childrens_warehouse.publish import files
from childrens_warehouse.settings import OWNER_ONLY_DIRECTORY, Settings

_THIS_MACHINE_ALONE = {"spark.driver.bindAddress": "127.0.0.1", "spark.driver.host": "127.0.0.1"}
# DuckDB writes 2GB, Java 2g.
_MEMORY = re.compile(r"([0-9]+) *([kmgt])i?b?")


def run(
    settings: Settings, workspace: Workspace, arguments: Sequence[str], pass_fds: Sequence[int] = ()
) -> subprocess.CompletedProcess[str]:
    """Run dbt on Spark and return the finished process; where all is well the candidate has what it made."""
    told = options(settings, workspace)
    _prepare(workspace, settings, told)
    finished = subprocess.run(
        [sys.executable, "-m", "childrens_warehouse.build.spark.program", str(workspace.lake), *arguments],
        cwd=dbt.DBT_PROJECT,
        env={
            **os.environ, **dbt.environment(workspace.candidate, workspace.dbt), "WAREHOUSE_TARGET": "spark",
            # So many tasks at once: no table needs more files.
            "WAREHOUSE_SPARK_PLACES": told["spark.sql.shuffle.partitions"],
        },
        text=True,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        check=False,
        pass_fds=tuple(pass_fds),
    )  # fmt: skip
    if finished.returncode == 0:
        with candidate.connect(workspace, settings, read_only=False) as connection:
            lake.take_over(connection, workspace.lake, workspace.dbt / "manifest.json")
    files.remove(workspace.lake / "scratch")
    return finished


def _prepare(workspace: Workspace, settings: Settings, options: Mapping[str, str]) -> None:
    """Everything of the last build goes but the partitions that are still good."""
    state = workspace.load()
    for folder in ("raw", "scratch"):
        files.remove(workspace.lake / folder)
        (workspace.lake / folder).mkdir(mode=OWNER_ONLY_DIRECTORY, parents=True)
    warehouse = workspace.lake / "warehouse"
    for table in warehouse.glob("*/*"):
        if table.name not in candidate.PARTITIONED or not (state and state.held):
            files.remove(table)
    with candidate.connect(workspace, settings, read_only=True) as connection:
        said = raw.statements(connection, workspace.lake / "raw")
        said += lake.kept(connection, workspace.lake, state.rebuilt if state else ())
    files.write_json(workspace.lake / STATEMENTS, {"statements": said})
    files.write_json(workspace.lake / OPTIONS, options)


def options(settings: Settings, workspace: Workspace) -> dict[str, str]:
    """What the session is told; whoever sets an option knows better."""
    return {
        "spark.app.name": "childrens-warehouse",
        "spark.master": settings.spark.master or f"local[{settings.threads}]",
        "spark.driver.memory": _MEMORY.sub(r"\1\2", settings.memory_limit.lower()),
        "spark.sql.warehouse.dir": str(workspace.lake / "warehouse"),
        "spark.local.dir": str(workspace.lake / "scratch"),
        # Everything here is made anew by each build: no catalogue has to outlive it.
        "spark.sql.catalogImplementation": "in-memory",
        "spark.ui.enabled": "false",
        "spark.ui.showConsoleProgress": "false",
        # Times are UTC without saying so, as on DuckDB.
        "spark.sql.session.timeZone": "UTC",
        "spark.sql.timestampType": "TIMESTAMP_NTZ",
        "spark.sql.sources.default": "parquet",
        "spark.sql.parquet.compression.codec": "zstd",
        "spark.sql.shuffle.partitions": str(settings.threads),
        # A plan with a thousand columns in an error helps nobody.
        "spark.sql.debug.maxToStringFields": "20",
        **({} if settings.spark.master else _THIS_MACHINE_ALONE),
        **settings.spark.options,
    }
