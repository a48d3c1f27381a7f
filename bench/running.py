"""Run a part of the benchmark in a process of its own, with its wall time and the peak memory of all it starts."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import threading
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from childrens_warehouse.settings import PROJECT


@dataclass(frozen=True)
class Timed:
    """One run of a process: what it printed, its wall time and the peak memory of it and its children."""

    printed: dict[str, Any]
    seconds: float
    peak_bytes: int


def timed(module: str, *arguments: str, home: Path | None = None) -> Timed:
    environment = {**os.environ, "PYTHONWARNINGS": "ignore"}
    if home:
        environment["WAREHOUSE_HOME"] = str(home)
    started = time.perf_counter()
    process = subprocess.Popen(
        [sys.executable, "-m", module, *arguments],
        cwd=PROJECT,
        env=environment,
        stdout=subprocess.PIPE,
        text=True,
    )
    peak = [0]
    done = threading.Event()
    watcher = threading.Thread(target=_watch, args=(process.pid, peak, done))
    watcher.start()
    output, _ = process.communicate()
    done.set()
    watcher.join()
    if process.returncode:
        raise SystemExit(f"{module} failed with {process.returncode}")
    return Timed(json.loads(output.strip().splitlines()[-1]), time.perf_counter() - started, peak[0])


def by_layer(target: Path) -> dict[str, float]:
    """Seconds that dbt's last nodes took, models and tests: of the indicators and their reports, and of all before."""
    nodes = json.loads((target / "manifest.json").read_text(encoding="utf-8"))["nodes"]
    results = json.loads((target / "run_results.json").read_text(encoding="utf-8"))["results"]
    seconds = {"core": 0.0, "indicators": 0.0}
    for result in results:
        node = nodes.get(result["unique_id"])
        if node is None or node["resource_type"] not in ("model", "test"):
            continue
        of = [result["unique_id"]] if node["resource_type"] == "model" else node["depends_on"]["nodes"]
        layers = {nodes[each]["fqn"][1] for each in of if each in nodes}
        seconds["indicators" if layers & {"indicators", "reports"} else "core"] += result["execution_time"]
    return seconds


def _watch(pid: int, peak: list[int], done: threading.Event) -> None:
    """Add up the resident memory of a process and its descendants, twenty times a second."""
    page = os.sysconf("SC_PAGE_SIZE")
    while not done.wait(0.05):
        total, pending = 0, [pid]
        while pending:
            each = pending.pop()
            try:
                total += int(Path(f"/proc/{each}/statm").read_text().split()[1]) * page
                pending += [
                    int(child)
                    for task in Path(f"/proc/{each}/task").iterdir()
                    for child in (task / "children").read_text().split()
                ]
            except (OSError, ValueError, IndexError):
                continue
        peak[0] = max(peak[0], total)
