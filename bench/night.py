"""One night of the warehouse, timed by stage in a process of its own: land, build, gate, publish.

python -m bench.night <night>        with WAREHOUSE_HOME set
"""

from __future__ import annotations

import datetime as dt
import json
import sys
import time
from pathlib import Path

# What start-up costs is left out of the comparison, so everything heavy is imported before the clock starts.
import expectations.arrivals  # noqa: F401
from bench.running import by_layer, seconds_of_nodes
from childrens_warehouse.build import steps as building
from childrens_warehouse.build.candidate import Workspace
from childrens_warehouse.publish import steps as publishing
from childrens_warehouse.run import land_night
from childrens_warehouse.settings import Settings


def run(night: dt.date) -> dict[str, object]:
    """Seconds by stage, and what the night came to."""
    settings = Settings.from_environment()
    settings.home.create()
    laps: dict[str, float] = {}
    began = time.monotonic()
    started = time.perf_counter()

    def lap(stage: str) -> None:
        nonlocal started
        laps[stage] = time.perf_counter() - started
        started = time.perf_counter()

    outcomes = land_night(settings, night, f"bench-{night}")
    lap("land")
    start = building.begin(settings, f"bench-{night}")
    lap("begin")
    building.build_layers(settings, start.build_id)
    lap("build models")
    core_models = _seconds_of_core_models(Workspace.of(settings).dbt)
    indicators = by_layer(Workspace.of(settings).dbt)["indicators"]
    nodes = seconds_of_nodes(Workspace.of(settings).dbt)
    building.gate(settings, start.build_id)
    lap("gate")
    publishing.publish(settings, start.build_id)
    lap("publish")
    refused = [outcome.file_name for outcome in outcomes if outcome.status == "refused"]
    rows = sum(outcome.rows_loaded for outcome in outcomes if outcome.status == "accepted")
    return {
        "laps": laps, "rows": rows, "refused": refused, "dbt": laps["build models"], "core_models": core_models,
        "indicators": indicators, "began": began, "nodes": nodes,
    }  # fmt: skip


def _seconds_of_core_models(target: Path) -> float:
    """What dbt's nodes of intermediate, quality and core took, without tests."""
    nodes = json.loads((target / "manifest.json").read_text(encoding="utf-8"))["nodes"]
    results = json.loads((target / "run_results.json").read_text(encoding="utf-8"))["results"]
    return sum(
        result["execution_time"]
        for result in results
        if (node := nodes[result["unique_id"]])["resource_type"] == "model"
        and node["fqn"][1] in ("intermediate", "quality", "core")
    )


if __name__ == "__main__":
    print(json.dumps(run(dt.date.fromisoformat(sys.argv[1]))))
