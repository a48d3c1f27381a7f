"""The indicators: all of them, all slices and 36 month ends of a whole area, and what one more month end costs.

2,000 children in care with five years of history and 37,000 pupils. Their register marks are of one school year; the
months of the two before are the same months, moved, so that the marks need not land three times.

    python -m bench.indicators <night>       with WAREHOUSE_HOME set: the part that runs in a process of its own
"""

from __future__ import annotations

import argparse
import datetime as dt
import json
import shutil
import sys
from pathlib import Path

import duckdb

from bench.running import by_layer, timed
from childrens_warehouse.build import dbt, raw_schema
from childrens_warehouse.build import steps as building
from childrens_warehouse.build.candidate import Workspace
from childrens_warehouse.settings import Settings
from childrens_warehouse.simulate import Scenario, simulate

MONTH_ENDS = 36
RETURNS = 4
MOST_SECONDS = 20.0
MOST_SECONDS_MORE = 3.0
TURNS = 3
_FACTS_OF_MONTHS = ("fct_attendance_pupil_month", "fct_attendance_enrolment_month", "fct_attendance_partition")


def measure(options: argparse.Namespace, folder: Path, night: dt.date) -> bool:
    """Print the figures; is a bound missed?"""
    inbox = folder / "indicators-inbox"
    if not inbox.exists():
        print(f"Making extracts: {options.pupils:,} pupils, {options.children:,} children …", flush=True)
        simulate(
            inbox,
            Scenario(
                night=night, nights=1, pupils=options.pupils, children=options.children,
                attendance_days=options.days, dirt=False, returns=RETURNS,
            ),
        )  # fmt: skip
    home = folder / "indicators-home"
    shutil.rmtree(home, ignore_errors=True)
    home.mkdir()
    (home / "inbox").symlink_to(inbox)
    run = timed("bench.indicators", night.isoformat(), home=home)
    told = run.printed
    empty, now, more = (told[name] for name in ("empty", "now", "more"))
    seconds = now["indicators"] - empty["indicators"]
    seconds_more = more["indicators"] - now["indicators"]
    print(f"{told['indicators']} indicators, {told['values']:,} values, {told['subjects']:,} subjects behind them")
    print(f"core on reporting dates: {now['core']:.1f} s, on empty lists {empty['core']:.1f} s")
    print(f"indicators and reports: {now['indicators']:.1f} s, on empty lists {empty['indicators']:.1f} s")
    print(f"indicators above that: {seconds:.1f} s (bound {MOST_SECONDS:.0f} s)")
    print(f"one more month end: {seconds_more:.1f} s (bound {MOST_SECONDS_MORE:.0f} s)")
    print(f"peak memory: {run.peak_bytes / 1e9:.2f} GB")
    return seconds > MOST_SECONDS or seconds_more > MOST_SECONDS_MORE


def run(night: dt.date) -> dict[str, object]:
    """Seconds of dbt's nodes by layer: with the month ends of a night, with one more, and on empty lists."""
    # It imports the suites, which only a night needs.
    from childrens_warehouse.run import land_night

    settings = Settings.from_environment()
    settings.home.create()
    land_night(settings, night, f"bench-{night}")
    building.build_layers(settings, building.begin(settings, f"bench-{night}").build_id)
    workspace = Workspace.of(settings)
    _repeat_marks(workspace.candidate)
    once = [_build(workspace.candidate, workspace.dbt, MONTH_ENDS)]
    with duckdb.connect(str(workspace.candidate), read_only=True) as connection:
        counted = connection.execute(
            "select (select count(*) from marts.indicator), (select count(*) from marts.indicator_value),"
            " (select count(*) from marts.indicator_subject)"
        ).fetchone() or (0, 0, 0)
    # In turn, and the least of each: one month end more costs less than the same build differs from time to time.
    with_more = [_build(workspace.candidate, workspace.dbt, MONTH_ENDS + 1)]
    for _ in range(TURNS - 1):
        once.append(_build(workspace.candidate, workspace.dbt, MONTH_ENDS))
        with_more.append(_build(workspace.candidate, workspace.dbt, MONTH_ENDS + 1))
    empty = workspace.folder / "empty.duckdb"
    with duckdb.connect(str(empty)) as connection:
        raw_schema.create_empty(connection)
    finished = dbt.run(["build", "--exclude-resource-type", "unit_test", "test"], empty, workspace.dbt)
    if finished.returncode:
        raise SystemExit(finished.stdout)
    return {
        "now": _least(once), "more": _least(with_more), "empty": _build(empty, workspace.dbt, MONTH_ENDS),
        **dict(zip(("indicators", "values", "subjects"), counted, strict=True)),
    }  # fmt: skip


def _least(runs: list[dict[str, float]]) -> dict[str, float]:
    return {layer: min(run[layer] for run in runs) for layer in runs[0]}


def _repeat_marks(candidate: Path) -> None:
    with duckdb.connect(str(candidate)) as connection:
        for table in _FACTS_OF_MONTHS:
            for years in (1, 2):
                connection.execute(
                    f"insert into marts.{table} select * replace (cast(session_month - interval ({years}) year as date)"
                    f" as session_month) from marts.{table} where session_month >= date '2016-09-01'"
                )


def _build(candidate: Path, target: Path, month_ends: int) -> dict[str, float]:
    """Build all that rests on the reporting dates; return the seconds of core and of the indicators, tests included."""
    finished = dbt.run(
        [
            "build", "--select", "dim_reporting_date+", "--exclude-resource-type", "unit_test",
            "--indirect-selection", "buildable", "--vars", json.dumps({"indicator_month_ends": month_ends}),
        ],
        candidate,
        target,
    )  # fmt: skip
    if finished.returncode:
        raise SystemExit(finished.stdout)
    return by_layer(target)


if __name__ == "__main__":
    print(json.dumps(run(dt.date.fromisoformat(sys.argv[1]))))
