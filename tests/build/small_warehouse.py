"""A warehouse small enough to build in a tenth of a second: real raw store, gate and publication, SQL instead of dbt.

`install` puts the SQL in dbt's place, here or in a process that a test is going to kill.
"""

from __future__ import annotations

import dataclasses
import datetime as dt
import hashlib
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import duckdb

from childrens_warehouse.build import candidate, gating, inputs, layers
from childrens_warehouse.build.layers import DbtRun, LayerResult
from childrens_warehouse.build.raw_schema import typed_columns
from childrens_warehouse.datasets import BY_NAME
from childrens_warehouse.errors import BuildFailed
from childrens_warehouse.quality.judge import Judgement, Verdict, judge, rule
from childrens_warehouse.raw import acceptance
from childrens_warehouse.settings import Home, Settings

AUTHORITY = "310"
MAY = dt.date(2017, 5, 1)
APRIL = dt.date(2017, 4, 1)
SESSION, PUPIL_MONTH = "fct_attendance_session", "fct_attendance_pupil_month"

# What the dbt project does, in little. `{rebuilt}` is whatever is_rebuilt says.
_CORE = """
create schema if not exists marts;
create or replace table marts.dim_extract as select * from raw.extract;
create or replace table marts.dim_child (
    authority_code varchar not null, child_key bigint not null, sex varchar, source_file varchar,
    primary key (authority_code, child_key)
);
insert into marts.dim_child select _authority_code, child_key, sex, _source_file from raw.ssda903_header;
comment on table marts.dim_child is 'One row per child.';
comment on column marts.dim_child.sex is 'Sex, as the return''s code has it.';
create or replace table marts.fct_review as
    select _authority_code as authority_code, child_key, review as held_on, _source_file as source_file
    from raw.ssda903_reviews;

create table if not exists marts.fct_attendance_session (
    authority_code varchar, pupil_key bigint, school_urn integer, session_date date, session_month date,
    session_code varchar, mark varchar
);
create table if not exists marts.fct_attendance_pupil_month (
    authority_code varchar, pupil_key bigint, session_month date, possible_sessions integer
);
create table if not exists marts.fct_attendance_partition (
    authority_code varchar, session_month date, rows_in_force bigint, rows_duplicate bigint, rows_second_supplier bigint
);
delete from marts.fct_attendance_session where not exists (select 1 from raw.attendance_partition as p where not
    is_rebuilt and p.authority_code = fct_attendance_session.authority_code
    and p.session_month = fct_attendance_session.session_month);
delete from marts.fct_attendance_pupil_month where not exists (select 1 from raw.attendance_partition as p where not
    is_rebuilt and p.authority_code = fct_attendance_pupil_month.authority_code
    and p.session_month = fct_attendance_pupil_month.session_month);
delete from marts.fct_attendance_partition where not exists (select 1 from raw.attendance_partition as p where not
    is_rebuilt and p.authority_code = fct_attendance_partition.authority_code
    and p.session_month = fct_attendance_partition.session_month);
insert into marts.fct_attendance_session
    select _authority_code, pupil_key, school_urn, session_date, date_trunc('month', session_date), session, mark
    from raw.attendance;
insert into marts.fct_attendance_pupil_month
    select _authority_code, pupil_key, date_trunc('month', session_date), count(*) from raw.attendance group by all;
insert into marts.fct_attendance_partition
    select _authority_code, date_trunc('month', session_date), count(*), 0, 0 from raw.attendance group by all;
"""
_INDICATORS = """
create or replace table marts.indicator_value as
    select authority_code, 'attendance' as indicator_id, 'all' as dimension, 'all' as member,
        cast(sum(possible_sessions) as bigint) as numerator
    from marts.fct_attendance_pupil_month group by authority_code;
"""
SQL: dict[str, str] = {"staging": "select 1", "core": _CORE, "indicators": _INDICATORS}

TABLES = (
    "dim_child",
    "dim_extract",
    "fct_attendance_partition",
    PUPIL_MONTH,
    SESSION,
    "fct_review",
    "indicator_value",
)


def settings_for(root: Path, **changes: Any) -> Settings:
    return dataclasses.replace(
        Settings.from_environment(), home=Home(root).create(), memory_limit="500MB", threads=1, **changes
    )


def install(patch: Callable[[Any, str, Any], Any] = setattr) -> None:
    """Build with SQL instead of dbt, and judge with suites of a few rules."""
    patch(inputs, "_CODE", ())  # the files of the project may be edited while its tests run
    patch(layers, "run", run_layers)
    patch(gating, "suites", lambda: Suites)
    patch(gating, "judge", judge_with_rules)


def run_layers(
    settings: Settings, workspace: candidate.Workspace, build_id: str, wanted: Sequence[str], pass_fds: Any = ()
) -> DbtRun:
    connection = candidate.connect(workspace, settings, read_only=False)
    try:
        for layer in wanted:
            connection.execute(SQL[layer])
    except duckdb.Error as error:
        raise BuildFailed(f"dbt failed ({type(error).__name__})") from None
    finally:
        connection.close()
    return DbtRun(tuple(LayerResult(layer, 0, 1, 0, 0, 0, 0.0) for layer in wanted), 0.0)


def judge_with_rules(connection: duckdb.DuckDBPyConnection, suite: Any, query: str) -> Judgement:
    """Great Expectations for the two tables with rules of their own; the others would cost a second each night."""
    if isinstance(suite, str):
        return Judgement(suite, Verdict.PASS, ())
    return judge(connection, suite, query)


class Suites:
    """In the place of the module expectations.publication, which takes seconds to import."""

    @staticmethod
    def tables() -> tuple[str, ...]:
        return TABLES

    @staticmethod
    def Publication(*told: Any) -> Any:  # noqa: N802 - the name of a class
        from expectations.publication import Publication

        return Publication(*told)

    @staticmethod
    def suite_for(told: Any) -> Any:
        if told.table.name not in ("dim_child", SESSION):
            return told.table.name
        import great_expectations.expectations as gxe
        from great_expectations import ExpectationSuite

        from expectations import publication

        name = told.table.name
        rules = publication.derived(told)
        if name == "dim_child":
            rules.append(gxe.ExpectColumnValuesToBeInSet(column="sex", value_set=["1", "2"], meta=rule("TEST-SEX")))
        if name == SESSION:
            rules.append(gxe.ExpectColumnValuesToBeInSet(column="mark", value_set=["/", "O"], meta=rule("TEST-MARK")))
        return ExpectationSuite(name, rules)


def deliver(
    settings: Settings,
    dataset: str,
    rows: Sequence[Mapping[str, Any]],
    extract_date: dt.date = dt.date(2017, 5, 31),
    scope: str = "full",
    authority: str = AUTHORITY,
) -> acceptance.Acceptance:
    """Put rows into the raw store as landing would: content, registers and an acceptance."""
    stated = repr([extract_date, scope, authority, [sorted(row.items()) for row in rows]])
    accepted = acceptance.Acceptance(
        authority=authority,
        source=str(BY_NAME[dataset].source),
        dataset=dataset,
        scope=scope,
        extract_date=extract_date,
        generated_at=dt.datetime.combine(extract_date, dt.time(22), dt.UTC),
        file_name=BY_NAME[dataset].file,
        sha256=hashlib.sha256(stated.encode()).hexdigest(),
        rows_read=len(rows),
        rows_loaded=len(rows),
        rows_refused=0,
        key_id="test",
    )
    content = accepted.content(settings.home)
    content.parent.mkdir(parents=True, exist_ok=True)
    with duckdb.connect() as connection:
        columns = typed_columns(BY_NAME[dataset])
        connection.execute(f"create table t ({', '.join(f'{name} {kind}' for name, kind in columns)})")
        for number, row in enumerate(rows, start=2):
            values = {
                **row, "_source_row": number, "_source_file": accepted.file_id, "_authority_code": authority,
            }  # fmt: skip
            connection.execute(
                f"insert into t ({', '.join(values)}) values ({', '.join('?' for _ in values)})", list(values.values())
            )
        connection.execute(f"copy t to '{content}' (format parquet)")
        if dataset == "attendance":
            connection.execute(
                "copy (select _source_file as source_file, supplier, school_urn, session_date, count(*) as rows"
                f" from t group by all) to '{accepted.registers(settings.home)}' (format parquet)"
            )
    acceptance.commit(accepted, settings.home)
    return accepted


def marks(day: dt.date, pupils: int = 30, mark: str = "/", school: int = 100_001) -> list[Mapping[str, Any]]:
    """A register of one day, morning and afternoon."""
    return [
        {
            "pupil_key": pupil, "school_urn": school, "session_date": day, "session": session, "supplier": "mis",
            "mark": mark,
        }
        for pupil in range(pupils)
        for session in ("AM", "PM")
    ]  # fmt: skip


def deliver_night(
    settings: Settings,
    night: dt.date = dt.date(2017, 5, 31),
    children: int = 30,
    sex: str = "1",
    mark: str = "/",
    authority: str = AUTHORITY,
) -> None:
    """Children and reviews whole, and one day of attendance."""
    header = [{"child_key": child, "sex": sex} for child in range(children)]
    deliver(settings, "ssda903_header", header, night, "collection_year:2018", authority)
    reviews = [{"child_key": child, "review": dt.date(2017, 4, 3)} for child in range(children)]
    deliver(settings, "ssda903_reviews", reviews, night, "collection_year:2018", authority)
    deliver(settings, "attendance", marks(night, mark=mark), night, "school_date", authority)


def deliver_two_months(settings: Settings) -> None:
    """A day in April and one in May."""
    deliver(settings, "attendance", marks(dt.date(2017, 4, 28)), dt.date(2017, 4, 28), "school_date")
    deliver_night(settings)
