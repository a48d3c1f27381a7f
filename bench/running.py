"""Run a part of the benchmark in a process of its own, with its wall time and the peak memory of all it starts."""

from __future__ import annotations

import contextlib
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
class Sample:
    """What a process and its descendants have at one moment of the monotonic clock."""

    at: float
    resident_bytes: int
    processor_seconds: float
    spilled_bytes: int


@dataclass(frozen=True)
class Timed:
    """One run of a process: what it printed, its wall time and the peak memory of it and its children."""

    printed: dict[str, Any]
    seconds: float
    peak_bytes: int
    samples: tuple[Sample, ...] = ()


def timed(module: str, *arguments: str, home: Path | None = None, python: str = sys.executable, **more: str) -> Timed:
    """Run a module that prints JSON as its last line. more: variables of its environment."""
    environment = {**os.environ, "PYTHONWARNINGS": "ignore", **more}
    if home:
        environment["WAREHOUSE_HOME"] = str(home)
    started = time.perf_counter()
    process = subprocess.Popen(
        [python, "-m", module, *arguments],
        cwd=PROJECT,
        env=environment,
        stdout=subprocess.PIPE,
        text=True,
    )
    samples: list[Sample] = []
    done = threading.Event()
    watcher = threading.Thread(target=_watch, args=(process.pid, home, samples, done))
    watcher.start()
    try:
        output, _ = process.communicate()
    finally:
        # Nothing to do for one that has ended by itself.
        process.terminate()
        done.set()
        watcher.join()
    if process.returncode:
        raise SystemExit(f"{module} failed with {process.returncode}")
    peak = max((sample.resident_bytes for sample in samples), default=0)
    seconds = time.perf_counter() - started
    return Timed(json.loads(output.strip().splitlines()[-1]), seconds, peak, tuple(samples))


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


def seconds_of_nodes(target: Path, least: float = 0.2) -> dict[str, float]:
    """Seconds of dbt's last nodes by name, those that took that long at least."""
    results = json.loads((target / "run_results.json").read_text(encoding="utf-8"))["results"]
    return {
        result["unique_id"].split(".")[2]: round(result["execution_time"], 2)
        for result in results
        if result["execution_time"] >= least
    }


def _watch(pid: int, home: Path | None, samples: list[Sample], done: threading.Event) -> None:
    """Add up the resident memory of a process and its descendants, twenty times a second; their spill three times.

    Less often where there are threads by the hundred: the look must not take more than a tenth of a processor.
    """
    page, tick = os.sysconf("SC_PAGE_SIZE"), os.sysconf("SC_CLK_TCK")
    # Of processes that have ended the last that was seen counts on.
    processor: dict[int, float] = {}
    spilled, looked, pause = 0, 0.0, 0.05
    while not done.wait(pause):
        began = time.perf_counter()
        total, pending = 0, [pid]
        while pending:
            each = pending.pop()
            try:
                total += int(Path(f"/proc/{each}/statm").read_text().split()[1]) * page
                # A name may hold blanks and brackets; what follows the last bracket does not.
                numbers = Path(f"/proc/{each}/stat").read_text().rpartition(")")[2].split()
                processor[each] = (int(numbers[11]) + int(numbers[12])) / tick
                pending += [
                    int(child)
                    for task in Path(f"/proc/{each}/task").iterdir()
                    for child in (task / "children").read_text().split()
                ]
            except (OSError, ValueError, IndexError):
                continue
        if home and time.monotonic() - looked > 0.3:
            looked = time.monotonic()
            spilled = sum(_spilled(folder) for folder in _spills(home))
        samples.append(Sample(time.monotonic(), total, sum(processor.values()), spilled))
        pause = max(0.05, 9 * (time.perf_counter() - began))


def _spills(home: Path) -> list[Path]:
    """Where the engines put what does not fit into memory, and landing what it is at work on."""
    build, restricted = home / "build", home / "restricted"
    return [build / "spill", *build.glob("*.tmp"), build / "lake" / "scratch", restricted / "scratch"]


def _spilled(folder: Path) -> int:
    total = 0
    for parent, _, names in os.walk(folder):
        for name in names:
            # Gone again between the list and the look.
            with contextlib.suppress(OSError):
                total += (Path(parent) / name).stat().st_blocks * 512
    return total
