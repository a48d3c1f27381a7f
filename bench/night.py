"""One night of the warehouse, timed by stage in a process of its own: land, build, gate, publish.

python -m bench.night <night>        with WAREHOUSE_HOME set
"""

from __future__ import annotations

import datetime as dt
import json
import sys
import time

# What start-up costs is left out of the comparison, so everything heavy is imported before the clock starts.
import expectations.arrivals  # noqa: F401
from childrens_warehouse.build import steps as building
from childrens_warehouse.publish import steps as publishing
from childrens_warehouse.run import land_night
from childrens_warehouse.settings import Settings


def run(night: dt.date) -> dict[str, object]:
    """Seconds by stage, and what the night came to."""
    settings = Settings.from_environment()
    settings.home.create()
    laps: dict[str, float] = {}
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
    building.gate(settings, start.build_id)
    lap("gate")
    publishing.publish(settings, start.build_id)
    lap("publish")
    refused = [outcome.file_name for outcome in outcomes if outcome.status == "refused"]
    rows = sum(outcome.rows_loaded for outcome in outcomes if outcome.status == "accepted")
    return {"laps": laps, "rows": rows, "refused": refused}


if __name__ == "__main__":
    print(json.dumps(run(dt.date.fromisoformat(sys.argv[1]))))
