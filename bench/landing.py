"""Land one file of register marks, timed in a process of its own, and the same night delivered again.

python -m bench.landing <night>        with WAREHOUSE_HOME set: prints seconds of both as JSON
python -m bench.landing --bare <file> <Parquet file>        DuckDB's bare CSV to Parquet, the yardstick
"""

from __future__ import annotations

import datetime as dt
import json
import sys
import time

import duckdb

# What start-up costs is left out of the comparison, so everything heavy is imported before the clock starts.
import expectations.arrivals  # noqa: F401
from childrens_warehouse.landing import night as landing
from childrens_warehouse.quality.judge import warm_up
from childrens_warehouse.settings import Settings
from childrens_warehouse.sql import literal


def bare(source: str, target: str) -> float:
    connection = duckdb.connect()
    started = time.perf_counter()
    connection.execute(f"copy (select * from read_csv({literal(source)})) to {literal(target)} (format parquet)")
    return time.perf_counter() - started


def land(night: dt.date) -> dict[str, object]:
    """Seconds to land the night's attendance, and to be told that it came again."""
    settings = Settings.from_environment()
    settings.home.create()
    warm_up()
    first = _land(settings, night, "bench")
    # The same night delivered again: every file has a new time, so that none is believed to be as it was.
    for path in settings.home.inbox.glob(f"*/education/{night}/*"):
        path.touch()
    again = _land(settings, night, "again")
    return {"seconds": first[0], "rows": first[1], "again": again[0]}


def _land(settings: Settings, night: dt.date, run_id: str) -> tuple[float, int]:
    started = time.perf_counter()
    rows = 0
    for delivery in landing.expect(settings, "education", night, "310", run_id):
        if delivery.file_name == "attendance.csv":
            outcomes = landing.land(settings, delivery, run_id)
            rows += sum(outcome.rows_loaded for outcome in outcomes)
    landing.close(settings, "education", night, run_id, [])
    return time.perf_counter() - started, rows


if __name__ == "__main__":
    if sys.argv[1] == "--bare":
        print(json.dumps({"seconds": bare(sys.argv[2], sys.argv[3])}))
    else:
        print(json.dumps(land(dt.date.fromisoformat(sys.argv[1]))))
