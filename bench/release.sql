-- The tables of an invented release (bench/postgresql.py); {changed} stands in the rows of May alone.
create schema marts; create schema raw;
create table raw.extract (authority_code varchar, source varchar, dataset varchar, scope varchar, source_file varchar,
    file_name varchar, extract_date date, generated_at timestamp, rows_in_force bigint);
create table months as select unnest({months}) as session_month;
create table marts.dim_placement_type as select 'T' || i as placement_type_code, 'Type ' || i as placement_type
    from range(30) as t (i);
create table marts.dim_date as select date '2000-01-01' + cast(i as integer) as date_day, i % 7 as weekday,
    2000 + i // 365 as financial_year from range(14610) as t (i);
create table marts.dim_child as select '310' as authority_code, cast(hash(i) >> 1 as bigint) as child_key, date '2010-01-01' as
    valid_from, 'x' as sex, 'A1' as ethnicity_code, i % 19 as age from range({children}) as t (i);
create table marts.fct_looked_after_child as select '310' as authority_code, cast(hash(c) >> 1 as bigint) as child_key,
    last_day(date '2014-06-01' + to_months(cast(m as integer))) as as_at, 'T' || c % 30 as placement_type_code, c % 2 = 0 as is_near,
    c % 17 as age, 'Team ' || c % 12 as team_name from range({children}) as t (c), range(36) as u (m);
create table marts.fct_review as select '310' as authority_code, cast(hash(c) >> 1 as bigint) as child_key,
    date '2014-06-01' + cast(30 * r + c % 30 as integer) as review_on, true as is_held, 'PN' || c % 7 as participation_code
    from range({children}) as t (c), range(12) as u (r);
create table marts.fct_attendance_pupil_month as select '310' as authority_code, cast(hash(p) >> 1 as bigint) as pupil_key, session_month,
    38 as possible_sessions, cast(p % 5 as integer) as missed_sessions, cast(p % 3 as integer) as authorised_sessions,
    cast(p % 2 as integer) as unauthorised_sessions, cast(p % 4 as integer) as late_sessions,
    cast(case session_month when date '2017-05-01' then {changed} end as integer) as other_sessions
    from range({pupils}) as t (p), months;
create table marts.fct_attendance_enrolment_month as select authority_code, pupil_key, 100000 + cast(pupil_key % 90 as integer) as school_urn,
    * exclude (authority_code, pupil_key) from marts.fct_attendance_pupil_month;
create table marts.indicator as select 'indicator_' || i as indicator_id, 1 as definition_version, 'Title ' || i as title,
    'percent' as unit from range(250) as t (i);
create table marts.dim_reporting_date as
    select last_day(date '2014-06-01' + to_months(cast(m as integer))) as as_at, true as is_month_end from range(36) as t (m);
create table marts.indicator_value as select '310' as authority_code, indicator_id, definition_version, as_at,
    'month' as period, case n when 0 then 'all' else 'dimension_' || n % 8 end as dimension,
    case n when 0 then 'all' else 'member_' || n end as member, 'Member ' || n as member_label, n * 7 % 90 as numerator,
    n * 11 % 97 + 90 as denominator, n * 7 % 90 / (n * 11 % 97 + 90.0) * 100 as value, '41.7' as display, 'percent' as unit,
    'final' as finality, 'open' as disclosure, cast(null as double) as target, 12.5 as statistical_neighbour,
    13.5 as england, 40.1 as previous
    from marts.indicator, marts.dim_reporting_date, range(70) as t (n);
create table marts.indicator_subject as select indicator_id, '310' as authority_code, as_at, 'month' as period,
    cast(hash(c) >> 1 as bigint) as subject_key, 1 as in_denominator, case as_at when date '2017-05-31' then {changed} else c % 2 end as
    in_numerator from (from marts.indicator limit 20), marts.dim_reporting_date, range({children}) as t (c);
create schema marts_aggregate; create schema disclosure;
create table marts_aggregate.indicator as from marts.indicator;
create table marts_aggregate.indicator_value as from marts.indicator_value;
create table disclosure.indicator_suppression as select authority_code, indicator_id, definition_version, as_at, period,
    dimension, member, 'primary' as reason from marts.indicator_value where member = 'member_3';

-- only with --sessions
create table marts.fct_attendance_session as select authority_code, pupil_key, 100000 + cast(pupil_key % 90 as integer) as school_urn,
    session_month, session_month + cast(d as integer) as session_date, h as session_code, 1 as attendance_code_key,
    other_sessions from marts.fct_attendance_pupil_month, range(19) as t (d), (values ('AM'), ('PM')) as u (h);
