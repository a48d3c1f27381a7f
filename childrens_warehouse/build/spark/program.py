"""dbt on Spark, in a process of its own: python -m childrens_warehouse.build.spark.program LAKE <any dbt command>

LAKE/options.json is how the session is made. LAKE/statements.json is said to it first: schema `raw`, and the tables of
the last build that are still good.
The process ends as dbt ends: 0 when all is well, 1 when a node failed, 2 when dbt could not do its work.
"""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Sequence
from pathlib import Path

OPTIONS, STATEMENTS = "options.json", "statements.json"


def session(lake: Path) -> None:
    """Begin the session that dbt-spark's method `session` finds."""
    from pyspark.sql import SparkSession

    builder = SparkSession.builder
    for name, value in json.loads((lake / OPTIONS).read_text(encoding="utf-8")).items():
        builder = builder.config(name, value)
    builder.getOrCreate().sparkContext.setLogLevel("ERROR")


def main(argv: Sequence[str]) -> int:
    from dbt.cli.main import dbtRunner

    lake = Path(argv[0])
    session(lake)
    dbt = dbtRunner()
    said = (lake / STATEMENTS).read_text(encoding="utf-8")
    prepared = dbt.invoke(["--quiet", "run-operation", "say_to_spark", "--args", said])
    if not prepared.success:
        return 2
    done = dbt.invoke(list(argv[1:]))
    return 0 if done.success else 2 if done.exception else 1


if __name__ == "__main__":
    # Spark's own threads would keep the process; what is on disk is complete.
    code = main(sys.argv[1:])
    sys.stdout.flush()
    os._exit(code)
