"""Attendance is rebuilt by authority and month: what is not rebuilt stays as it is, what should not exist goes."""

from __future__ import annotations

import datetime as dt
import shutil
from pathlib import Path

import duckdb
import pytest

from childrens_warehouse.build import dbt
from tests.dbt_project.conftest import Built, Judged

pytestmark = pytest.mark.slow

ATTENDANCE = (
    "insert into filled "
    "(_authority_code, pupil_key, school_urn, session_date, session, supplier, mark, _marks) "
)
MONTHS = tuple(dt.date(2017, month, 1) for month in (3, 4, 5))
TABLES = (
    "fct_attendance_session",
    "fct_attendance_enrolment_month",
    "fct_attendance_pupil_month",
    "fct_attendance_partition",
)


def deliver(candidate: Path, rows: str, partitions: dict[tuple[str, dt.date], bool]) -> None:
    """Fill raw: rows as ATTENDANCE names their columns, and partitions with whether they are rebuilt."""
    with duckdb.connect(str(candidate)) as connection:
        # a view in real life; a table is easier to fill
        connection.execute("create table if not exists filled as select * from raw.attendance")
        connection.execute("delete from filled")
        connection.execute("create or replace view raw.attendance as select * from filled")
        connection.execute(ATTENDANCE + rows)
        connection.execute("delete from raw.attendance_partition")
        connection.executemany(
            "insert into raw.attendance_partition (authority_code, session_month, is_rebuilt) values (?, ?, ?)",
            [[authority, month, is_rebuilt] for (authority, month), is_rebuilt in partitions.items()],
        )


def build(candidate: Path, target: Path) -> None:
    finished = dbt.run(
        [
            "run", "--select", "int_rows_landed", "int_attendance_ranked_by_supplier",
            "int_attendance_counted_elsewhere", "path:models/core/education/partitioned",
        ],
        candidate,
        target,
    )
    assert finished.returncode == 0, finished.stdout


def held(candidate: Path) -> dict[str, dict[tuple[str, dt.date], int]]:
    """Rows by table and partition."""
    with duckdb.connect(str(candidate), read_only=True) as connection:
        return {
            table: {
                (authority, month): rows
                for authority, month, rows in connection.execute(
                    f"select authority_code, session_month, count(*) from marts.{table} group by all"
                ).fetchall()
            }
            for table in TABLES
        }


def test_only_what_changed_is_rebuilt(empty_build: Built, tmp_path: Path):
    target = tmp_path / "target"
    candidate = Path(shutil.copy(empty_build.candidate, tmp_path / empty_build.candidate.name))
    every_month = " union all ".join(
        f"select '{authority}', 1, 100, date '{month}', 'AM', 'mis', '/', null"
        for authority in ("310", "311")
        for month in MONTHS
    )
    deliver(candidate, every_month, {(authority, month): True for authority in ("310", "311") for month in MONTHS})
    build(candidate, target)
    march, april, may = MONTHS
    assert held(candidate) == {
        table: {(authority, month): 1 for authority in ("310", "311") for month in MONTHS} for table in TABLES
    }

    # April of 310 has more rows now, one of them twice; March of 310 was withdrawn, May of 311 is empty
    deliver(
        candidate,
        "values ('310', 1, 100, date '2017-04-01', 'AM', 'mis', 'N', null), "
        "('310', 1, 100, date '2017-04-03', 'PM', 'mis', '/', 'KEY-DUPLICATE'), "
        "('310', 1, 100, date '2017-04-03', 'PM', 'mis', 'I', null), "
        "('310', 1, 200, date '2017-04-03', 'PM', 'mis', 'D', null), "
        "('310', 2, 100, date '2017-04-03', 'PM', 'mis', '/', null), "
        "('310', 2, 100, date '2017-04-03', 'PM', 'provider', 'B', null)",
        {
            ("310", april): True,
            ("310", may): False,
            ("311", march): False,
            ("311", april): False,
            ("311", may): True,
        },
    )
    build(candidate, target)
    assert held(candidate) == {
        "fct_attendance_session": {("310", april): 4, ("310", may): 1, ("311", march): 1, ("311", april): 1},
        "fct_attendance_enrolment_month": {("310", april): 3, ("310", may): 1, ("311", march): 1, ("311", april): 1},
        "fct_attendance_pupil_month": {("310", april): 2, ("310", may): 1, ("311", march): 1, ("311", april): 1},
        "fct_attendance_partition": {
            ("310", april): 1,
            ("310", may): 1,
            ("311", march): 1,
            ("311", april): 1,
            ("311", may): 1,
        },
    }
    with duckdb.connect(str(candidate), read_only=True) as connection:
        assert connection.execute(
            "select rows_in_force, rows_duplicate, rows_second_supplier from marts.fct_attendance_partition "
            "where authority_code = '310' order by session_month"
        ).fetchall() == [(6, 1, 1), (1, 0, 0)]
        # of the first pupil the new marks, once though at two schools; of the second the first supplier's mark
        assert connection.execute(
            "select pupil_key, possible_sessions, present_sessions, authorised_absence_sessions, "
            "unauthorised_absence_sessions from marts.fct_attendance_pupil_month "
            f"where authority_code = '310' and session_month = date '{april}' order by pupil_key"
        ).fetchall() == [(1, 2, 0, 1, 1), (2, 1, 1, 0, 0)]


SESSION = (
    "insert into marts.fct_attendance_session (authority_code, pupil_key, school_urn, session_date, session_month, "
    "session_code, attendance_code_key, supplier, is_counted_for_pupil) values "
)
REBUILT = "insert into raw.attendance_partition values ('310', date '2017-05-01', 'x', {})"


def test_a_session_that_comes_twice_is_found(judged: Judged):
    judged.connection.execute(REBUILT.format("true"))
    judged.connection.execute(
        SESSION + "('310', 1, 100, '2017-05-31', '2017-05-01', 'AM', 1, 'a', true), "
        "('310', 1, 100, '2017-05-31', '2017-05-01', 'PM', 1, 'a', true), "
        "('310', 1, 100, '2017-05-01', '2017-05-01', 'AM', 1, 'a', true), "
        "('310', 1, 200, '2017-05-31', '2017-05-01', 'AM', 1, 'a', true), "
        "('310', 2, 100, '2017-05-31', '2017-05-01', 'PM', 1, 'a', true)"
    )
    assert judged.failures("fct_attendance_session_grain") == 0
    judged.connection.execute(SESSION + "('310', 2, 100, '2017-05-31', '2017-05-01', 'PM', 2, 'b', true)")
    assert judged.failures("fct_attendance_session_grain") == 1


def test_a_session_of_no_half_day_is_found(judged: Judged):
    judged.connection.execute(REBUILT.format("true"))
    judged.connection.execute(SESSION + "('310', 2, 100, '2017-05-31', '2017-05-01', 'EV', 1, 'a', true)")
    assert judged.failures("fct_attendance_session_grain") == 1


def test_the_grain_is_judged_where_it_was_rebuilt(judged: Judged):
    judged.connection.execute(REBUILT.format("false"))
    judged.connection.execute(
        SESSION + "('310', 2, 100, '2017-05-31', '2017-05-01', 'PM', 1, 'a', true), "
        "('310', 2, 100, '2017-05-31', '2017-05-01', 'PM', 1, 'b', true)"
    )
    assert judged.failures("fct_attendance_session_grain") == 0


def test_a_session_that_is_not_in_the_rollup_is_found(judged: Judged):
    judged.connection.execute(SESSION + "('310', 1, 100, '2017-05-31', '2017-05-01', 'AM', 0, 'a', true)")
    assert judged.failures("attendance_rollup_is_complete") == 1
    judged.connection.execute(
        "insert into marts.fct_attendance_enrolment_month "
        "values ('310', 1, 100, '2017-05-01', 0, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, null, null)"
    )
    assert judged.failures("attendance_rollup_is_complete") == 1
    judged.connection.execute(
        "insert into marts.fct_attendance_pupil_month values ('310', 1, '2017-05-01', 0, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0)"
    )
    assert judged.failures("attendance_rollup_is_complete") == 0


def test_a_row_that_nothing_explains_is_found(judged: Judged):
    row = "insert into marts.fct_reconciliation values ('310', 'pupils', 10, 9, 0, 0, 0, 0, 0, 0, {})"
    judged.connection.execute(row.format(0))
    assert judged.failures("fct_reconciliation_leaves_nothing_unexplained") == 0
    judged.connection.execute(row.format(1))
    assert judged.failures("fct_reconciliation_leaves_nothing_unexplained") == 1


def test_a_group_without_a_member_is_found(judged: Judged):
    assert judged.failures("groups_are_members_of_a_slice") == 0
    judged.connection.execute("delete from marts.dim_indicator_member where source_value = 'Residential schools'")
    assert judged.failures("groups_are_members_of_a_slice") == 1


def test_slices_that_do_not_add_up_are_found(judged: Judged):
    value = (
        "insert into marts.indicator_value (authority_code, indicator_id, definition_version, as_at, period, "
        "dimension, member, member_label, numerator, denominator, unit, finality, disclosure, direction) values "
        "('310', 'x', 1, '2017-03-31', 'snapshot', '{}', '{}', '', {}, {}, 'percent', 'final', 'open', 'high')"
    )
    for row in (("all", "all", 3, 9), ("sex", "male", 1, 4), ("sex", "female", 2, 5)):
        judged.connection.execute(value.format(*row))
    assert judged.failures("slices_add_up_to_the_whole") == 0
    judged.connection.execute(value.format("sex", "unknown", 0, 1))
    assert judged.failures("slices_add_up_to_the_whole") == 1
