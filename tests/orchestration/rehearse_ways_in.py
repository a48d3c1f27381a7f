"""Run the real landing DAG of health, scene by scene, and print what happened as JSON. A program of its own, because
Airflow wants a process, a home and a database to itself; test_ways_in_nights.py writes the scenes and reads the rest.

    python rehearse_ways_in.py scenes.json results.json
"""

from __future__ import annotations

import datetime as dt
import io
import json
import sys
from pathlib import Path

from childrens_warehouse.orchestration import house
from childrens_warehouse.settings import Settings

house.HOUSE["retry_delay"] = dt.timedelta(seconds=0)

from airflow.sdk.listener import get_listener_manager  # noqa: E402

from childrens_warehouse.orchestration import runner  # noqa: E402


def rehearse(toml: str, conf: dict[str, object]) -> dict[str, object]:
    Settings.from_environment().ways_in.write_text(toml)
    stream = io.StringIO()
    manager = get_listener_manager()
    manager.clear()
    manager.add_listener(runner.Events(stream))
    finished = runner.run_dag("land_health", {"extract_date": "2017-05-31", **conf}, runner.Events(stream))
    told = [json.loads(line) for line in stream.getvalue().splitlines()]
    return {
        "state": finished.state,
        "emitted": finished.emitted,
        "tasks": [
            (event["event"], event["task"], event["label"], event.get("reason"))
            for event in told
            if "task" in event and event["event"] != "started"
        ],
    }


if __name__ == "__main__":
    scenes = json.loads(Path(sys.argv[1]).read_text())
    results = {name: rehearse(**scene) for name, scene in scenes.items()}
    Path(sys.argv[2]).write_text(json.dumps(results))
