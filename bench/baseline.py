"""The yardstick: hand-written DuckDB SQL that reads the same files and writes the same tables.

No keys, hashes, pseudonyms, gates or tests: what somebody in a hurry would write. Times itself, so that the
start-up of its process is left out.

    python -m bench.baseline <inbox/authority> <output folder>
"""

from __future__ import annotations

import json
import shutil
import sys
import time
from pathlib import Path

import duckdb

from childrens_warehouse.settings import PROJECT
from childrens_warehouse.sql import literal

# (source, file) of what the yardstick reads.
FILES = (
    ("social_care", "header"), ("social_care", "episodes"), ("social_care", "reviews"), ("social_care", "uasc"),
    ("health", "health_assessments"), ("education", "pupils"), ("education", "schools"),
    ("education", "enrolments"), ("education", "attendance"),
)  # fmt: skip


def run(inbox: Path, output: Path) -> dict[str, float]:
    """Write the tables; return seconds by stage."""
    shutil.rmtree(output, ignore_errors=True)
    output.mkdir(parents=True)
    laps: dict[str, float] = {}
    started = time.perf_counter()

    def lap(stage: str) -> None:
        nonlocal started
        laps[stage] = time.perf_counter() - started
        started = time.perf_counter()

    connection = duckdb.connect(str(output / "baseline.duckdb"))
    connection.execute("set memory_limit = '2GB'; set preserve_insertion_order = false")
    for source, file in FILES:
        day_first = ", dateformat = '%d/%m/%Y'" if source == "social_care" else ""
        files = literal(inbox / source / "*" / f"{file}.csv")
        connection.execute(
            f"create table {file} as select * from read_csv({files}, header = true, union_by_name = true{day_first}, "
            "ignore_errors = true)"
        )
        lap(f"read {file}")
    seeds = PROJECT / "seeds"
    connection.execute(
        f"create table attendance_code as from read_csv({literal(seeds / 'attendance_code.csv')}, "
        "all_varchar = true, quote = '\"', escape = '\"')"
    )
    connection.execute(
        """
        create table fct_attendance_session as
        select
            a.upn, a.school_urn, a.date as session_date, cast(date_trunc('month', a.date) as date) as session_month,
            a.session as session_code, a.supplier, cast(c.attendance_code_key as integer) as attendance_code_key
        from attendance as a
        left join attendance_code as c on a.mark = c.mark
        """
    )
    lap("sessions")
    connection.execute(
        """
        create table fct_attendance_enrolment_month as
        select
            s.upn, s.school_urn, s.session_month, count(*) as recorded_sessions,
            count(*) filter (where c.is_possible = 'true') as possible_sessions,
            count(*) filter (where c.is_present = 'true') as present_sessions,
            count(*) filter (where c.is_authorised_absence = 'true') as authorised_absence_sessions,
            count(*) filter (where c.is_unauthorised_absence = 'true') as unauthorised_absence_sessions
        from fct_attendance_session as s
        left join attendance_code as c on s.attendance_code_key = cast(c.attendance_code_key as integer)
        group by all
        """
    )
    connection.execute(
        """
        create table fct_attendance_pupil_month as
        select
            upn, session_month, sum(possible_sessions) as possible_sessions,
            sum(present_sessions) as present_sessions,
            sum(authorised_absence_sessions) as authorised_absence_sessions,
            sum(unauthorised_absence_sessions) as unauthorised_absence_sessions
        from fct_attendance_enrolment_month
        group by all
        """
    )
    lap("months")
    connection.execute(
        """
        create table fct_placement as
        with ordered as (
            select distinct on ("CHILD", "DECOM") * from episodes order by "CHILD", "DECOM"
        ),
        numbered as (
            select *, sum(case when "RNE" in ('L') then 0 else 1 end) over (partition by "CHILD" order by "DECOM") as n
            from ordered
        )
        select "CHILD", n, min("DECOM") as started_on, max("DEC") as ended_on, any_value("PLACE") as placement_type,
            any_value("PLACE_PROVIDER") as provider, count(*) as episode_count
        from numbered group by all
        """
    )
    connection.execute(
        """
        create table fct_review as
        select r.*, lag("REVIEW") over (partition by r."CHILD" order by "REVIEW") as previous_review
        from (select distinct "CHILD", "REVIEW", "REVIEW_CODE" from reviews) as r
        """
    )
    connection.execute('create table dim_child as select distinct on ("CHILD") * from header order by "CHILD"')
    connection.execute("create table fct_health_assessment as select * from health_assessments")
    lap("small tables")
    for (table,) in connection.execute(
        "select table_name from duckdb_tables() where table_name like 'fct_%' or table_name like 'dim_%'"
    ).fetchall():
        target = output / f"{table}.parquet"
        connection.execute(f"copy {table} to {literal(target)} (format parquet, compression zstd)")
    lap("write Parquet")
    connection.close()
    lap("close")
    return laps


if __name__ == "__main__":
    print(json.dumps(run(Path(sys.argv[1]), Path(sys.argv[2]))))
