{{ config(group='warehouse') }}

-- Every session, of whatever mark, is in its pupil's month; a partition that only one of the two holds fails too.
with

sessions as (

    select
        authority_code,
        session_month,
        count(*) as session_count

    from {{ ref('fct_attendance_session') }}
    group by authority_code, session_month

),

months as (

    select
        authority_code,
        session_month,
        sum(recorded_sessions + unknown_mark_sessions) as session_count

    from {{ ref('fct_attendance_pupil_month') }}
    group by authority_code, session_month

)

select
    authority_code,
    session_month,
    sessions.session_count,
    months.session_count as sessions_in_rollup

from sessions
full join months using (authority_code, session_month)
where sessions.session_count is distinct from months.session_count
