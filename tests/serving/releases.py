"""Releases of a few dozen rows, written and published as a night's are, without a night: tenths of a second each.

One release, one number `says` that every table bears, so that a test can see whether an answer is of one release.
"""

from __future__ import annotations

import datetime as dt
import hashlib
from collections.abc import Mapping
from typing import Any

import duckdb

from childrens_warehouse.build.candidate import Held, Stage, State
from childrens_warehouse.disclosure.profiles import LOCAL
from childrens_warehouse.publish import release
from childrens_warehouse.publish.current import current_manifest
from childrens_warehouse.publish.steps import switch_to
from childrens_warehouse.settings import Settings

MAY = dt.date(2017, 5, 31)
APRIL_MONTH, MAY_MONTH = dt.date(2017, 4, 1), dt.date(2017, 5, 1)
SUMS = ("fct_attendance_enrolment_month", "fct_attendance_pupil_month", "fct_attendance_session")

_SQL = """
create schema marts;
create schema raw;
create table raw.extract (
    authority_code varchar, source varchar, dataset varchar, scope varchar, source_file varchar, file_name varchar,
    extract_date date, generated_at timestamp, rows_in_force bigint
);
insert into raw.extract values
    ('310', 'social_care', 'ssda903_header', 'full', 'a', 'header.csv', '2017-05-31', '2017-06-01 02:10', 60),
    ('310', 'education', 'pupils', 'full', 'b', 'pupils.csv', '2017-05-30', '2017-05-31 02:10', 20);
create table marts.dim_placement_type (placement_type_code varchar not null, placement_type varchar);
insert into marts.dim_placement_type values ('U1', 'Foster care'), ('K2', 'Children''s home');
create table marts.dim_child (authority_code varchar not null, child_key bigint not null, valid_from date not null,
    sex varchar, says integer);
insert into marts.dim_child select '310', c, date '2016-04-01', case c % 2 when 0 then '1' else '2' end, {says}
    from range({children}) as t (c);
create table marts.fct_placement (authority_code varchar not null, child_key bigint not null,
    started_on date not null, placement_type_code varchar, distance decimal(6, 1), is_near boolean, says integer);
insert into marts.fct_placement select '310', c, date '2016-05-01' + cast(c as integer),
    case c % 3 when 0 then 'U1' when 1 then 'K2' end, c / 10, c % 5 = 0, {says} from range({children}) as t (c);
create table marts.fct_review (authority_code varchar not null, child_key bigint not null, review_on date,
    is_held boolean not null);
insert into marts.fct_review select '310', c, case when c % 4 > 0 then date '2017-04-03' end, true
    from range(30) as t (c);
create table marts.fct_attendance_pupil_month (authority_code varchar not null, pupil_key bigint not null,
    session_month date not null, possible_sessions tinyint, says integer);
insert into marts.fct_attendance_pupil_month select '310', p, m, 40, case m when date '2017-05-01' then {may} else 0 end
    from range(20) as t (p), (values (date '2017-04-01'), (date '2017-05-01')) as months (m);
create table marts.fct_attendance_session as
    select authority_code, pupil_key, session_month, session_month as session_date, 'AM' as session_code, '/' as mark
    from marts.fct_attendance_pupil_month;
create table marts.indicator as select unnest(['a_count', 'a_pct']) as indicator_id, 1 as definition_version,
    1 as decimals, unnest(['count', 'percent']) as unit, 'on_day' as counted;
create table marts.dim_reporting_date as select unnest([date '2017-04-30', date '2017-05-31']) as as_at,
    true as is_month_end;
create table marts.indicator_value (authority_code varchar not null, indicator_id varchar not null,
    definition_version integer not null, as_at date not null, period varchar not null, dimension varchar not null,
    member varchar not null, numerator bigint, denominator bigint, value double, display varchar, unit varchar,
    disclosure varchar, finality varchar, target double, previous double);
insert into marts.indicator_value
    select '310', 'a_count', 1, as_at, 'snapshot', dimension, member, n, null, n, cast(n as varchar), 'count', 'open',
        'final', {says}, null
    from marts.dim_reporting_date, (values ('all', 'all', 60 + {says}), ('sex', 'male', 57 + {says}),
        ('sex', 'female', 3)) as t (dimension, member, n);
create table marts.indicator_subject (indicator_id varchar not null, authority_code varchar not null,
    as_at date not null, period varchar not null, subject_key bigint not null, in_denominator bigint);
insert into marts.indicator_subject
    select 'a_count', '310', as_at, 'snapshot', c, case as_at when date '2017-05-31' then {may} else 1 end
    from marts.dim_reporting_date, range(25) as t (c);
create schema marts_aggregate;
create table marts_aggregate.indicator as from marts.indicator;
create table marts_aggregate.indicator_value as
    select * replace (case when numerator > 5 then numerator end as numerator,
        case when numerator > 5 then value end as value, case when numerator > 5 then display else 'c' end as display,
        case when numerator > 5 then 'open' else 'suppressed' end as disclosure)
    from marts.indicator_value;
create schema disclosure;
create table disclosure.indicator_suppression as
    select authority_code, indicator_id, definition_version, as_at, period, dimension, member, 'primary' as reason
    from marts.indicator_value where numerator <= 5;
comment on table marts.dim_child is 'One row per child and stretch of time; a child''s name is nowhere.';
comment on column marts.dim_child.sex is 'Sex, as the return has it.';
comment on table marts.indicator_value is 'One row per figure.';
"""
GRAINS = {
    "dim_placement_type": ("placement_type_code",),
    "dim_child": ("authority_code", "child_key", "valid_from"),
    "fct_placement": ("authority_code", "child_key", "started_on"),
    "fct_review": ("authority_code", "child_key", "review_on", "is_held"),
    "fct_attendance_pupil_month": ("authority_code", "pupil_key", "session_month"),
    "indicator": ("indicator_id", "definition_version"),
    "indicator_value": (
        "authority_code", "indicator_id", "definition_version", "as_at", "period", "dimension", "member",
    ),
    "indicator_subject": ("indicator_id", "authority_code", "as_at", "period", "subject_key"),
}  # fmt: skip
REFERENCES: Mapping[str, tuple[dict[str, Any], ...]] = {
    "fct_placement": (
        {
            "columns": ["placement_type_code"], "table": "dim_placement_type",
            "to_columns": ["placement_type_code"],
        },
        {
            "columns": ["authority_code", "child_key"], "table": "dim_child",
            "to_columns": ["authority_code", "child_key"],
        },
    )
}  # fmt: skip


def release_of(settings: Settings, says: int = 1, may: int = 1, children: int = 30, more: str = "") -> str:
    """Write and publish a release. says: in most tables; may: in May's partitions alone. more: SQL that spoils it."""
    settings.home.create()
    built_of = settings.home.build / "built_of"
    built_of.write_bytes(b"")
    with duckdb.connect() as connection:
        connection.execute(_SQL.format(says=says, may=may, children=children) + more)
        current = current_manifest(settings.home)
        inputs = hashlib.sha256(repr((says, may, children, more)).encode()).hexdigest()
        rows = dict.fromkeys(SUMS, 20)
        held = {("310", month): Held(f"{inputs}{month}", rows) for month in (APRIL_MONTH, MAY_MONTH)}
        state = State(f"build-{says}-{may}", "run", Stage.GATED, MAY, None, inputs, "code", held=held)
        gate = {
            "verdict": "pass", "judgements": [], "waived": [], "partitions_judged": 0, "partitions_carried": 0,
            "members": [],
        }  # fmt: skip
        manifest = release.write(
            connection, settings.home, state, release.plan(connection, state, current), gate, current, None, GRAINS,
            REFERENCES, built_of, LOCAL,
        )  # fmt: skip
    return switch_to(settings, manifest["release_id"]).release_id
