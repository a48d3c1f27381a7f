"""dbt's own share: the whole project with all data tests on lists without rows, parsed the night before.

python -m bench.empty <folder>
"""

from __future__ import annotations

import json
import shutil
import sys
import time
from pathlib import Path

import duckdb

from bench.running import by_layer
from childrens_warehouse.build import dbt, raw_schema

_BUILD = ("build", "--indirect-selection", "buildable", "--exclude-resource-type", "unit_test")


def run(folder: Path) -> dict[str, object]:
    """Seconds of the second build, and how many nodes it had."""
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    seconds = 0.0
    for _ in range(2):
        candidate = folder / "candidate.duckdb"
        candidate.unlink(missing_ok=True)
        with duckdb.connect(str(candidate)) as connection:
            raw_schema.create_empty(connection)
        started = time.perf_counter()
        finished = dbt.run(_BUILD, candidate, folder / "target")
        seconds = time.perf_counter() - started
        if finished.returncode:
            raise SystemExit(finished.stdout)
    results = json.loads((folder / "target" / "run_results.json").read_text(encoding="utf-8"))["results"]
    return {
        "seconds": seconds, "indicators": by_layer(folder / "target")["indicators"], "nodes": len(results),
        "in_nodes": sum(each["execution_time"] for each in results),
    }  # fmt: skip


if __name__ == "__main__":
    print(json.dumps(run(Path(sys.argv[1]))))
