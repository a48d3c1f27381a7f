"""One case: its deliveries, a first load and one more night, each in a process of its own, and what is on disk then."""

from __future__ import annotations

import datetime as dt
import json
import os
import shutil
import sys
import time
from collections.abc import Callable, Generator
from pathlib import Path

import duckdb

from bench.running import Timed, timed
from bench.scale import results
from bench.scale.cases import NIGHT, Case
from bench.scale.results import Measurement, Phase
from childrens_warehouse.settings import PROJECT

SPARK_PYTHON = PROJECT / ".venv-spark" / "bin" / "python"
# What runs a night, with WAREHOUSE_HOME set.
PROGRAM = "bench.night"
# As delivered twice (inbox and archive), candidate, release and what engines spill: seen, and half as much again.
BYTES_A_ROW = 220
# Where each folder of the home belongs; what is not named is `other`.
AREAS = {
    "archive": "archive", "inbox": "inbox", "raw": "raw", "restricted": "restricted", "build": "candidate",
    "releases": "published", "published": "published",
}  # fmt: skip

Say = Callable[[str], None]


def measure(case: Case, folder: Path, memory_limit: str, say: Say) -> Generator[Measurement, None, None]:
    """Both nights; the folder is emptied before and after."""
    shutil.rmtree(folder, ignore_errors=True)
    home = folder / "home"
    home.mkdir(parents=True)
    try:
        say("making extracts")
        timed("bench.scale.extracts", str(home / "inbox"), json.dumps(case.to_dict()))
        for number, night in enumerate(results.NIGHTS):
            say("first load" if night == "first" else "one more night")
            yield _night(case, night, NIGHT + dt.timedelta(days=number), home, memory_limit)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def room(case: Case, folder: Path) -> bool:
    """Is there disk enough for the case?"""
    existing = next(each for each in (folder, *folder.parents) if each.exists())
    return shutil.disk_usage(existing).free > case.millions * 1e6 * BYTES_A_ROW + 2e9


def _night(case: Case, night: str, day: dt.date, home: Path, memory_limit: str) -> Measurement:
    # Spark has an environment of its own; DuckDB is measured in ours.
    python = str(SPARK_PYTHON) if case.engine == "spark" else sys.executable
    busy, began = _busy_seconds(), time.monotonic()
    run = timed(
        PROGRAM, day.isoformat(), home=home, python=python, WAREHOUSE_TARGET=case.engine,
        WAREHOUSE_MEMORY_LIMIT=memory_limit,
    )  # fmt: skip
    elapsed = time.monotonic() - began
    if "attendance.csv" in run.printed["refused"]:
        raise SystemExit(f"{case.key}: register marks were refused")
    phases = phases_of(run)
    ours = run.samples[-1].processor_seconds if run.samples else 0.0
    return Measurement(
        case=case,
        night=night,
        marks=_marks(home),
        rows=run.printed["rows"],
        phases=phases,
        disk=_disk(home),
        others=round(max(0.0, _busy_seconds() - busy - ours) / elapsed, 2),
        memory_limit=memory_limit,
        processors=os.cpu_count() or 0,
        memory_bytes=os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES"),
        day=dt.datetime.now(dt.UTC).date().isoformat(),
        nodes=run.printed["nodes"],
    )


def phases_of(run: Timed) -> dict[str, Phase]:
    """What each step took and had at most. The steps follow each other without a gap from `began` on."""
    found = {}
    start = float(run.printed["began"])
    for name, seconds in run.printed["laps"].items():
        end = start + seconds
        before = [sample for sample in run.samples if sample.at <= start][-1:]
        within = [sample for sample in run.samples if start < sample.at <= end] or before
        used = (within[-1].processor_seconds if within else 0.0) - (before[-1].processor_seconds if before else 0.0)
        found[name] = Phase(
            seconds=round(seconds, 2),
            processor_seconds=round(used, 2),
            peak_bytes=max((sample.resident_bytes for sample in within), default=0),
            spilled_bytes=max((sample.spilled_bytes for sample in within), default=0),
        )
        start = end
    return found


def _busy_seconds() -> float:
    """What all processors together have been busy since the machine started."""
    user, nice, system = map(int, Path("/proc/stat").read_text().split(maxsplit=4)[1:4])
    return (user + nice + system) / os.sysconf("SC_CLK_TCK")


def _marks(home: Path) -> int:
    with duckdb.connect(str(home / "published" / "marts.duckdb"), read_only=True) as connection:
        (counted,) = connection.execute("select count(*) from fct_attendance_session").fetchone() or (0,)
    return int(counted)


def _disk(home: Path) -> dict[str, int]:
    """Bytes on disk by folder of the home; a file with two names counts where it is met first."""
    found = dict.fromkeys((*AREAS.values(), "other"), 0)
    seen: set[int] = set()
    for parent, _, names in os.walk(home):
        below = Path(parent).relative_to(home).parts
        area = AREAS.get(below[0], "other") if below else "other"
        for name in names:
            status = (Path(parent) / name).lstat()
            if status.st_ino not in seen:
                seen.add(status.st_ino)
                found[area] += status.st_blocks * 512
    return found
