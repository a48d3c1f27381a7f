"""In the place of bench.night: a night whose steps, memory, processor seconds and spill are known.

python -m tests.bench.a_night <night>        with WAREHOUSE_HOME set; HOLDS is what `build models` takes of memory,
and CHILD_HOLDS what a program does that it starts
"""

from __future__ import annotations

import csv
import datetime as dt
import json
import os
import subprocess
import sys
import time
from pathlib import Path

import duckdb

HOLDS = 200_000_000
CHILD_HOLDS = 150_000_000
SPILLS = 3_000_000
STEP = 0.3


def run(night: dt.date) -> dict[str, object]:
    home = Path(os.environ["WAREHOUSE_HOME"])
    began = time.monotonic()
    laps: dict[str, float] = {}
    marks = 0
    for path in home.glob(f"inbox/*/education/{night}/attendance.csv"):
        with path.open(encoding="utf-8", newline="") as file:
            marks += sum(1 for _ in csv.reader(file)) - 1
    started = began
    for stage in ("land", "begin", "build models", "gate", "publish"):
        if stage == "build models":
            spill = home / "build" / "spill"
            spill.mkdir(parents=True)
            (spill / "duckdb_temp_storage-0.tmp").write_bytes(b"x" * SPILLS)
            held = bytearray(HOLDS)
            child = subprocess.Popen(
                [sys.executable, "-c", f"held = bytearray({CHILD_HOLDS}); print(flush=True); input()"],
                stdin=subprocess.PIPE, stdout=subprocess.PIPE,
            )  # fmt: skip
            assert child.stdout
            child.stdout.readline()
            while time.monotonic() - started < 3 * STEP:
                held[0] = 1
        elif stage == "publish":
            _publish(home, marks)
        time.sleep(STEP)
        if stage == "build models":
            del held
            child.communicate(b"\n")
            (spill / "duckdb_temp_storage-0.tmp").unlink()
            spill.rmdir()
        laps[stage] = time.monotonic() - started
        started = time.monotonic()
    return {
        "laps": laps, "rows": marks, "refused": ["annex_a.xlsx"], "began": began, "nodes": {"fct_attendance": 1.5},
    }  # fmt: skip


def _publish(home: Path, marks: int) -> None:
    published, release = home / "published", home / "releases" / "one"
    published.mkdir(exist_ok=True)
    release.mkdir(parents=True, exist_ok=True)
    with duckdb.connect(str(published / "marts.duckdb")) as connection:
        connection.execute(f"create or replace table fct_attendance_session as select * from range({marks})")
    # Two names of one file are one file on the disk.
    part = release / f"part-{marks}.parquet"
    part.write_bytes(b"x" * 1_000_000)
    os.link(part, release / f"linked-{marks}.parquet")


if __name__ == "__main__":
    print(json.dumps(run(dt.date.fromisoformat(sys.argv[1]))))
