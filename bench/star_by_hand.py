"""The yardstick of the star: hand-written DuckDB SQL that makes the main facts from raw, as somebody in a hurry would.

Reads the same Parquet as the warehouse's build, through the same views; no dbt, keys, contracts, tests or statistics.
Times itself, so that the start-up of its process is left out.

    python -m bench.star_by_hand <output folder>        with WAREHOUSE_HOME set to a home where files have landed
"""

from __future__ import annotations

import json
import shutil
import sys
import time
from pathlib import Path

import duckdb

from childrens_warehouse.raw.in_force import create_raw_schema, in_force
from childrens_warehouse.settings import PROJECT, Settings
from childrens_warehouse.sql import literal

# Table and statement, in building order.
TABLES: tuple[tuple[str, str], ...] = (
    (
        "several_suppliers",
        """
        select school_urn, session_date from raw.attendance
        group by all having min(supplier) <> max(supplier)
        """,
    ),
    (
        "second_marks",
        """
        select pupil_key, school_urn, session_date, session, supplier
        from raw.attendance semi join several_suppliers using (school_urn, session_date)
        qualify row_number() over (
            partition by pupil_key, school_urn, session_date, session order by mark is null, supplier
        ) > 1
        """,
    ),
    (
        "counted_elsewhere",
        """
        with several_schools as (
            select pupil_key, date_trunc('month', session_date) as month from raw.attendance
            group by all having min(school_urn) <> max(school_urn)
        )
        select a.pupil_key, a.school_urn, a.session_date, a.session
        from raw.attendance as a
        inner join several_schools as s on a.pupil_key = s.pupil_key and date_trunc('month', a.session_date) = s.month
        left join attendance_code as c on a.mark = c.mark
        qualify row_number() over (
            partition by a.pupil_key, a.session_date, a.session
            order by c.is_present = 'true' desc nulls last, c.is_possible = 'true' desc nulls last, a.school_urn
        ) > 1
        """,
    ),
    (
        "fct_attendance_session",
        """
        select a._authority_code as authority_code, a.pupil_key, a.school_urn, a.session_date,
            cast(date_trunc('month', a.session_date) as date) as session_month, a.session as session_code, a.supplier,
            coalesce(cast(c.attendance_code_key as integer), case when a.mark is null then 0 else -1 end)
                as attendance_code_key,
            e.pupil_key is null as is_counted_for_pupil
        from raw.attendance as a
        left join attendance_code as c on a.mark = c.mark
        left join counted_elsewhere as e using (pupil_key, school_urn, session_date, session)
        anti join second_marks as m using (pupil_key, school_urn, session_date, session, supplier)
        """,
    ),
    *(
        (
            table,
            f"""
            select s.authority_code, s.pupil_key, {school} s.session_month, count(*) as recorded_sessions,
                count(*) filter (where c.is_possible = 'true') as possible_sessions,
                count(*) filter (where c.is_present = 'true') as present_sessions,
                count(*) filter (where c.is_authorised_absence = 'true') as authorised_absence_sessions,
                count(*) filter (where c.is_unauthorised_absence = 'true') as unauthorised_absence_sessions,
                min(s.session_date) filter (where c.is_possible = 'true') as first_possible_on,
                max(s.session_date) filter (where c.is_possible = 'true') as last_possible_on
            from fct_attendance_session as s
            left join attendance_code as c on s.attendance_code_key = cast(c.attendance_code_key as integer)
            {condition}
            group by all
            """,
        )
        for table, school, condition in (
            ("fct_attendance_pupil_month", "", "where s.is_counted_for_pupil"),
            ("fct_attendance_enrolment_month", "s.school_urn,", ""),
        )
    ),
    (
        "absence_year_to_date",
        """
        select m.authority_code, m.pupil_key, d.as_at, sum(possible_sessions) as possible,
            sum(authorised_absence_sessions + unauthorised_absence_sessions) as missed,
            missed * 10 >= possible and possible > 0 as is_persistent
        from fct_attendance_pupil_month as m
        inner join month_ends as d
            on m.session_month <= d.as_at and m.session_month >= d.school_year_starts_on
        group by all
        """,
    ),
    (
        "absence_year_to_date_by_school",
        """
        select m.pupil_key, m.school_urn, d.as_at, sum(possible_sessions) as possible,
            sum(authorised_absence_sessions + unauthorised_absence_sessions) as missed
        from fct_attendance_enrolment_month as m
        inner join month_ends as d
            on m.session_month <= d.as_at and m.session_month >= d.school_year_starts_on
        group by all
        """,
    ),
    ("fct_enrolment", "select * from raw.enrolments"),
    (
        "bridge_pupil_child",
        """
        select p.pupil_key, coalesce(max(h.child_key), max(p.child_key), p.pupil_key) as child_key
        from raw.pupils as p left join raw.ssda903_header as h on p.pupil_key = h.pupil_key group by p.pupil_key
        """,
    ),
    (
        "episode",
        """
        select * from raw.ssda903_episodes
        qualify row_number() over (partition by child_key, decom order by _collection_year desc) = 1
        """,
    ),
    (
        "fct_placement",
        """
        with numbered as (
            select *, sum(case when rne = 'L' then 0 else 1 end) over (partition by child_key order by decom) as n
            from episode
        )
        select child_key, n, min(decom) as started_on, max(dec) as ended_on, any_value(place) as place,
            any_value(place_provider) as provider, count(*) as episodes
        from numbered group by all
        """,
    ),
    (
        "fct_care_period",
        """
        with starts as (
            select *, case when decom = lag(dec) over (partition by child_key order by decom) then 0 else 1 end
                as is_new
            from episode
        ),
        numbered as (select *, sum(is_new) over (partition by child_key order by decom) as n from starts)
        select child_key, n, min(decom) as started_on, case when count(dec) = count(*) then max(dec) end as ended_on
        from numbered group by all
        """,
    ),
    (
        "fct_legal_status_spell",
        """
        with changes as (
            select *, case when ls = lag(ls) over (partition by child_key order by decom) then 0 else 1 end as is_new
            from episode
        ),
        numbered as (select *, sum(is_new) over (partition by child_key order by decom) as n from changes)
        select child_key, n, any_value(ls) as ls, min(decom) as started_on, max(dec) as ended_on
        from numbered group by all
        """,
    ),
    (
        "fct_review",
        """
        select child_key, review as held_on, any_value(review_code) as code,
            lag(held_on) over (partition by child_key order by held_on) as previous,
            coalesce(previous + interval 6 month, null) as due_on
        from raw.ssda903_reviews group by child_key, review
        """,
    ),
    (
        "fct_looked_after_child",
        """
        select d.as_at, p.child_key, p.started_on, c.place
        from month_ends as d
        inner join fct_care_period as p on p.started_on <= d.as_at and coalesce(p.ended_on, date '9999-12-31') > d.as_at
        left join fct_placement as c
            on c.child_key = p.child_key and c.started_on <= d.as_at
                and coalesce(c.ended_on, date '9999-12-31') > d.as_at
        """,
    ),
    ("dim_child", "select distinct on (child_key) * from raw.ssda903_header order by child_key, _collection_year desc"),
    *(
        (table, f"select * from raw.{dataset}")
        for table, dataset in (
            ("fct_health_assessment", "health_assessments"),
            ("fct_dental_check", "dental_checks"),
            ("fct_immunisation_status", "immunisations"),
            ("fct_strengths_and_difficulties", "sdq"),
            ("fct_exclusion", "exclusions"),
            ("fct_personal_education_plan", "peps"),
            ("fct_attainment", "attainment"),
            ("fct_allocation", "allocations"),
            ("fct_return_interview", "return_interviews"),
            ("fct_care_leaver_contact", "care_leavers"),
            ("fct_missing_spell", "ssda903_missing"),
            ("fct_referral", "cin_details"),
            ("fct_assessment", "cin_assessment"),
            ("fct_section47_enquiry", "cin_section47"),
            ("fct_child_protection_plan", "cin_protection_plan"),
            ("fct_child_protection_review", "cin_protection_review"),
        )
    ),
)


def run(output: Path) -> dict[str, float]:
    """Make the tables in a database of their own; return seconds by table."""
    shutil.rmtree(output, ignore_errors=True)
    output.mkdir(parents=True)
    settings = Settings.from_environment()
    night = in_force(settings)
    connection = duckdb.connect(str(output / "by_hand.duckdb"))
    connection.execute("set memory_limit = '2GB'; set preserve_insertion_order = false")
    create_raw_schema(connection, settings, night, [(each.authority, each.month) for each in night.partitions])
    codes = literal(PROJECT / "seeds" / "attendance_code.csv")
    laps: dict[str, float] = {}
    started = time.perf_counter()

    def lap(stage: str) -> None:
        nonlocal started
        laps[stage] = time.perf_counter() - started
        started = time.perf_counter()

    connection.execute(
        f"create table attendance_code as from read_csv({codes}, all_varchar = true, quote = '\"', escape = '\"')"
    )
    connection.execute(
        """
        create table month_ends as
        select last_day(m) as as_at, cast(m as date) as month,
            make_date(year(m) - case when month(m) < 9 then 1 else 0 end, 9, 1) as school_year_starts_on
        from generate_series(
            date_trunc('month', (select as_at from raw.night)) - interval 15 month,
            date_trunc('month', (select as_at from raw.night)), interval 1 month
        ) as t(m)
        """
    )
    for table, statement in TABLES:
        connection.execute(f"create table {table} as {statement}")
        lap(table)
    connection.execute("checkpoint")
    connection.close()
    lap("close")
    return laps


if __name__ == "__main__":
    print(json.dumps(run(Path(sys.argv[1]))))
